#include "poller/party.h"

#include <string.h>

/* Asked of every channel, and there are few extensions: what the expression said of a short number is kept. */
static gboolean
matches(const struct call_rules *rules, const char *number)
{
	guint64 key = 0;
	gsize n = strnlen(number, sizeof key);
	if (rules->memo == NULL || n == sizeof key)
		return g_regex_match(rules->extension, number, 0, NULL);
	memcpy(&key, number, n);
	guint at = (guint)((key * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)) >> 56);
	if (rules->memo->key[at] != key) {
		rules->memo->key[at] = key;
		rules->memo->matches[at] = g_regex_match(rules->extension, number, 0, NULL);
	}
	return rules->memo->matches[at];
}

gboolean
party_is_extension(const struct call_rules *rules, const char *number)
{
	if (number[0] == '\0')
		return FALSE;
	if (rules->extension != NULL)
		return matches(rules, number);
	gsize n = strlen(number);
	return number[0] >= '1' && number[0] <= '9' && n >= 2 && n <= 5 &&
	       strspn(number, "0123456789") == n;
}

const char *
party_alias(const struct call_rules *rules, const char *number)
{
	const char *other = rules->alias != NULL ? g_hash_table_lookup(rules->alias, number) : NULL;
	return other != NULL ? other : number;
}

static gboolean
is_trunk(const struct call_rules *rules, const char *name, const char *peer)
{
	if (rules->trunk == NULL)
		return FALSE;
	if (g_hash_table_contains(rules->trunk, peer))
		return TRUE;
	const char *slash = strchr(name, '/');
	if (slash == NULL)
		return FALSE;
	char full[128];
	const gsize technology = (gsize)(slash + 1 - name), n = strlen(peer) + 1;
	if (technology + n > sizeof full)
		return FALSE;
	memcpy(full, name, technology);
	memcpy(full + technology, peer, n);
	return g_hash_table_contains(rules->trunk, full);
}

struct party
party_of(const struct call_rules *rules, const struct lane *lane, struct arena *arena)
{
	if (lane->name.kind == CHANNAME_LOCAL)
		return (struct party){ .kind = PARTY_LOCAL };
	if (lane->name.kind == CHANNAME_PLUMBING)
		return (struct party){ .kind = PARTY_PLUMBING };
	const char *peer = arena_string_n(arena, lane->name.peer, lane->name.peer_len);
	if (is_trunk(rules, lane->channel->name, peer))
		return (struct party){ .kind = PARTY_OUTSIDE };
	const char *number = party_is_extension(rules, peer) ? peer : lane->channel->cid_num;
	if (!party_is_extension(rules, number))
		return (struct party){ .kind = PARTY_OUTSIDE };
	return (struct party){ .kind = PARTY_EMPLOYEE, .ext = party_alias(rules, number) };
}

const char *
party_of_local(const struct call_rules *rules, const struct lane *lane, struct arena *arena)
{
	/* FreePBX marks members: FMPR-101, LC-101, RG-600-101 are dialled for 101. */
	const char *peer = arena_string_n(arena, lane->name.peer, lane->name.peer_len);
	if (party_is_extension(rules, peer))
		return party_alias(rules, peer);
	const char *dash = strrchr(peer, '-');
	return dash != NULL && party_is_extension(rules, dash + 1) ? party_alias(rules, dash + 1)
	                                                           : NULL;
}
