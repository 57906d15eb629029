#include "poller/party.h"

#include <string.h>

/* Where the answer for a text of n bytes stands, or is to stand; NULL: nothing is kept of it. */
static struct call_memo_answer *
answer_for(struct call_memo_answer *answers, guint size, const char *text, gsize n)
{
	guint64 low = 0, high = 0;
	struct call_memo_answer wanted = { 0 };
	if (n == 0 || n >= sizeof wanted.text)
		return NULL;
	memcpy(wanted.text, text, n);
	memcpy(&low, wanted.text, 8);
	memcpy(&high, wanted.text + 8, 8);
	guint64 hash = (low ^ high * 31) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	struct call_memo_answer *answer = &answers[(hash >> 48) % size];
	if (memcmp(answer->text, wanted.text, sizeof wanted.text) != 0) {
		*answer = wanted;
		answer->yes = -1;
	}
	return answer;
}

static gboolean
matches(const struct call_rules *rules, const char *number)
{
	struct call_memo *memo = rules->memo;
	struct call_memo_answer *answer = memo != NULL
	                                      ? answer_for(memo->number, G_N_ELEMENTS(memo->number),
						    number, strnlen(number, sizeof answer->text))
	                                      : NULL;
	if (answer != NULL && answer->yes >= 0)
		return answer->yes;
	gboolean yes = g_regex_match(rules->extension, number, 0, NULL);
	if (answer != NULL)
		answer->yes = (gint8)yes;
	return yes;
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

/* name is TECHNOLOGY/PEER, not ended by NUL. */
static gboolean
is_listed(GHashTable *trunk, const char *name, gsize n, gsize peer_len)
{
	g_autofree char *text = g_strndup(name, n);
	return g_hash_table_contains(trunk, text + n - peer_len) ||
	       g_hash_table_contains(trunk, text);
}

static gboolean
is_trunk(const struct call_rules *rules, const struct lane *lane)
{
	const char *name = lane->channel->name;
	const gsize peer_len = lane->name.peer_len, n = (gsize)(lane->name.peer - name) + peer_len;
	struct call_memo *memo = rules->memo;
	if (rules->trunk == NULL)
		return FALSE;
	struct call_memo_answer *answer =
	    memo != NULL ? answer_for(memo->peer, G_N_ELEMENTS(memo->peer), name, n) : NULL;
	if (answer == NULL)
		return is_listed(rules->trunk, name, n, peer_len);
	if (answer->yes < 0)
		answer->yes = (gint8)is_listed(rules->trunk, name, n, peer_len);
	return answer->yes;
}

struct party
party_of(const struct call_rules *rules, const struct lane *lane, struct arena *arena)
{
	if (lane->name.kind == CHANNAME_LOCAL)
		return (struct party){ .kind = PARTY_LOCAL };
	if (lane->name.kind == CHANNAME_PLUMBING)
		return (struct party){ .kind = PARTY_PLUMBING };
	if (is_trunk(rules, lane))
		return (struct party){ .kind = PARTY_OUTSIDE };
	const char *peer = arena_string_n(arena, lane->name.peer, lane->name.peer_len);
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
