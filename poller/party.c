#include "poller/party.h"

#include "poller/bytes.h"

#include <string.h>

/* How long a text the expression can match at all. */

/* What stands behind the piece at p that matches one character: a digit, \d or a plain class. NULL: it is something else. */
static const char *
behind_character(const char *p)
{
	if (g_ascii_isdigit(*p))
		return p + 1;
	if (p[0] == '\\' && p[1] == 'd')
		return p + 2;
	if (p[0] != '[' || p[1] == '^')
		return NULL;
	/* Within a class a [ or a \ may mean more than itself, and so does a ] at its beginning. */
	const gsize n = strcspn(p + 1, "[]\\");
	return n > 0 && p[1 + n] == ']' ? p + n + 2 : NULL;
}

/* What stands behind {n} or {m,n} at p; *times is n. NULL: it is something else. */
static const char *
behind_times(const char *p, gsize *times)
{
	char *end;
	if (!g_ascii_isdigit(p[1]))
		return NULL;
	*times = (gsize)g_ascii_strtoull(p + 1, &end, 10);
	if (end[0] == ',' && g_ascii_isdigit(end[1]))
		*times = (gsize)g_ascii_strtoull(end + 1, &end, 10);
	return *end == '}' ? end + 1 : NULL;
}

/* Characters of the longest text between ^ and $; G_MAXSIZE: more than this can tell. */
static gsize
longest_match(const GRegex *expression)
{
	const char *p = g_regex_get_pattern(expression);
	gsize longest = 0;
	if (*p++ != '^' || (g_regex_get_compile_flags(expression) & G_REGEX_MULTILINE) != 0)
		return G_MAXSIZE;
	while (*p != '$') {
		gsize times = 1;
		p = behind_character(p);
		if (p != NULL && *p == '{')
			p = behind_times(p, &times);
		if (p == NULL)
			return G_MAXSIZE;
		longest += times;
	}
	return p[1] == '\0' ? longest : G_MAXSIZE;
}

/* Most numbers are a client's, and need no expression to say so. Of what is not ASCII it is not told. */
static gboolean
is_too_long(const char *number, gsize longest)
{
	/* $ matches before a line end too, which is one character or two. */
	const gsize too_long = longest + 3;
	for (gsize i = 0; i < too_long; i++) {
		if (number[i] == '\0' || (guchar)number[i] >= 0x80)
			return FALSE;
	}
	return TRUE;
}

/* What was answered before. */

/* The last 1 to 8 of n bytes, at the low end of a word; n is that many or at least 8. */
static inline guint64
last_bytes(const char *text, gsize n, gsize last)
{
	if (n >= 8)
		return GUINT64_FROM_LE(bytes_8(text + (n - 8))) >> (8 * (8 - last));
	if (n >= 4)
		return (guint64)GUINT32_FROM_LE(bytes_4(text)) |
		       (guint64)GUINT32_FROM_LE(bytes_4(text + (n - 4))) << (8 * (n - 4));
	guint64 word = 0;
	for (gsize i = n; i > 0; i--)
		word = word << 8 | (guchar)text[i - 1];
	return word;
}

/* A text of 1 to CALL_MEMO_TEXT bytes as words. */
struct key {
	guint64 word[CALL_MEMO_TEXT / 8];
};

static inline struct key
key_of(const char *text, gsize n)
{
	if (n <= 8)
		return (struct key){ { last_bytes(text, n, n), 0, 0 } };
	const guint64 first = GUINT64_FROM_LE(bytes_8(text));
	if (n <= 16)
		return (struct key){ { first, last_bytes(text, n, n - 8), 0 } };
	return (struct key){ { first, GUINT64_FROM_LE(bytes_8(text + 8)),
	    last_bytes(text, n, n - 16) } };
}

static inline gboolean
is_of(const struct call_memo_answer *a, const struct key *key)
{
	return ((a->text[0] ^ key->word[0]) | (a->text[1] ^ key->word[1]) |
		   (a->text[2] ^ key->word[2])) == 0;
}

/*
 * Where the answer for a text of n bytes stands, or (its `answer` is 0) is to be put; NULL: nothing is kept of it. A text has no
 * NUL byte, so that it is not the same as another that is filled up with them. It has two places: what asks for it in
 * turn with another of the same place is not forgotten each time.
 */
static inline struct call_memo_answer *
answer_for(struct call_memo_answer *answers, const char *text, gsize n)
{
	if (n == 0 || n > CALL_MEMO_TEXT)
		return NULL;
	const struct key key = key_of(text, n);
	guint64 hash = key.word[0] ^ key.word[1] * 31 ^ key.word[2] * 961;
	/* Names differ in their last bytes, which are the highest of a word: the product alone would show them in its highest only. */
	hash = (hash ^ hash >> 32) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	struct call_memo_answer *a = &answers[(hash >> 32) % (CALL_MEMO_ANSWERS / 2) * 2];
	if (is_of(&a[0], &key))
		return &a[0];
	if (is_of(&a[1], &key))
		return &a[1];
	a[1] = a[0];
	memcpy(a[0].text, key.word, sizeof key.word);
	a[0].answer = 0;
	return &a[0];
}

/* Extensions. */

enum match {
	MATCH_UNKNOWN,
	MATCH_NO,
	MATCH_YES
};

static gboolean
matches(const struct call_rules *rules, const char *number)
{
	struct call_memo *memo = rules->memo;
	if (memo == NULL)
		return g_regex_match(rules->extension, number, 0, NULL);
	if (memo->measured != rules->extension) {
		memo->measured = rules->extension;
		memo->longest = longest_match(rules->extension);
	}
	if (memo->longest != G_MAXSIZE && is_too_long(number, memo->longest))
		return FALSE;
	struct call_memo_answer *kept =
	    answer_for(memo->number, number, strnlen(number, CALL_MEMO_TEXT + 1));
	if (kept == NULL)
		return g_regex_match(rules->extension, number, 0, NULL);
	if (kept->answer == MATCH_UNKNOWN)
		kept->answer =
		    g_regex_match(rules->extension, number, 0, NULL) ? MATCH_YES : MATCH_NO;
	return kept->answer == MATCH_YES;
}

gboolean
party_is_extension(const struct call_rules *rules, const char *number)
{
	if (number[0] == '\0')
		return FALSE;
	if (rules->extension != NULL)
		return matches(rules, number);
	if (number[0] < '1' || number[0] > '9')
		return FALSE;
	gsize n = 1;
	while (n <= 5 && g_ascii_isdigit(number[n]))
		n++;
	return number[n] == '\0' && n >= 2 && n <= 5;
}

const char *
party_alias(const struct call_rules *rules, const char *number)
{
	const char *other = rules->alias != NULL ? g_hash_table_lookup(rules->alias, number) : NULL;
	return other != NULL ? other : number;
}

/* Channels. */

enum peer {
	PEER_UNKNOWN,
	PEER_TRUNK,
	PEER_EXTENSION,
	PEER_OTHER
};

/* name is TECHNOLOGY/PEER, not ended by NUL. */
static gboolean
is_listed(GHashTable *trunk, const char *name, gsize n, gsize peer_len)
{
	g_autofree char *text = g_strndup(name, n);
	return g_hash_table_contains(trunk, text + n - peer_len) ||
	       g_hash_table_contains(trunk, text);
}

static G_GNUC_NO_INLINE enum peer
judge_peer(const struct call_rules *rules, const char *name, gsize n, gsize peer_len)
{
	if (rules->trunk != NULL && is_listed(rules->trunk, name, n, peer_len))
		return PEER_TRUNK;
	g_autofree char *peer = g_strndup(name + n - peer_len, peer_len);
	return party_is_extension(rules, peer) ? PEER_EXTENSION : PEER_OTHER;
}

static inline enum peer
peer_of(const struct call_rules *rules, const struct lane *lane)
{
	const char *name = lane->channel->name;
	const gsize peer_len = lane->name.peer_len, n = (gsize)(lane->name.peer - name) + peer_len;
	struct call_memo *memo = rules->memo;
	struct call_memo_answer *kept = memo != NULL ? answer_for(memo->peer, name, n) : NULL;
	if (kept == NULL)
		return judge_peer(rules, name, n, peer_len);
	if (kept->answer == PEER_UNKNOWN)
		kept->answer = (guint8)judge_peer(rules, name, n, peer_len);
	return (enum peer)kept->answer;
}

static struct party
employee(const struct call_rules *rules, const char *number)
{
	return (struct party){ .kind = PARTY_EMPLOYEE, .ext = party_alias(rules, number) };
}

struct party
party_of(const struct call_rules *rules, const struct lane *lane, struct arena *arena)
{
	if (lane->name.kind == CHANNAME_LOCAL)
		return (struct party){ .kind = PARTY_LOCAL };
	if (lane->name.kind == CHANNAME_PLUMBING)
		return (struct party){ .kind = PARTY_PLUMBING };
	const enum peer peer = peer_of(rules, lane);
	if (peer == PEER_EXTENSION)
		return employee(rules, arena_string_n(arena, lane->name.peer, lane->name.peer_len));
	if (peer == PEER_OTHER && party_is_extension(rules, lane->channel->cid_num))
		return employee(rules, lane->channel->cid_num);
	return (struct party){ .kind = PARTY_OUTSIDE };
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
