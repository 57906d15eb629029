/* Who is at the end of a channel, by its name, its number and the rules of the PBX. */
#include "poller/party.h"

#include <string.h>

struct bench {
	arena_pool *pool;
	struct arena arena;
	struct channel channel;
	struct lane lane;
};

static void
set_up(struct bench *b, gconstpointer data)
{
	(void)data;
	b->pool = arena_pool_new();
	arena_init(&b->arena, b->pool);
}

static void
tear_down(struct bench *b, gconstpointer data)
{
	(void)data;
	arena_clear(&b->arena);
	arena_pool_free(b->pool);
}

static const struct lane *
lane_of(struct bench *b, const char *name, const char *number)
{
	b->channel = (struct channel){ .name = name, .cid_num = number };
	b->lane = (struct lane){ .channel = &b->channel };
	channame_parse(name, &b->lane.name);
	return &b->lane;
}

static void
test_extension(struct bench *b, gconstpointer data)
{
	(void)b;
	(void)data;
	static const char *const yes[] = { "10", "101", "12345", "99" };
	static const char *const no[] = { "", "1", "0", "012", "123456", "79161112233", "10a",
		"1 0", "+101", "anonymous" };
	struct call_rules rules = { 0 };
	for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
		g_assert_true(party_is_extension(&rules, yes[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
		g_assert_false(party_is_extension(&rules, no[i]));
	/* The pattern that stands in the header says the same. */
	g_autoptr(GRegex) pattern = g_regex_new("^[1-9][0-9]{1,4}$", 0, 0, NULL);
	rules.extension = pattern;
	for (gsize i = 0; i < G_N_ELEMENTS(yes); i++)
		g_assert_true(party_is_extension(&rules, yes[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(no); i++)
		g_assert_false(party_is_extension(&rules, no[i]));
	/* What a caller ID may hold is not UTF-8 always. */
	g_assert_false(party_is_extension(&rules, "10\xff"));
}

static void
test_parties(struct bench *b, gconstpointer data)
{
	(void)data;
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) alias = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(trunk, (gpointer) "mango-msk");
	g_hash_table_add(trunk, (gpointer) "SIP/4951");
	g_hash_table_insert(alias, (gpointer) "9101", (gpointer) "101");
	const struct call_rules rules = { .trunk = trunk, .alias = alias };
	static const struct {
		const char *name, *number;
		enum party_kind kind;
		const char *ext;
	} cases[] = {
		{ "PJSIP/101-0000001a", "", PARTY_EMPLOYEE, "101" },
		/* The peer's own number goes before what the phone says. */
		{ "PJSIP/101-0000001a", "102", PARTY_EMPLOYEE, "101" },
		{ "PJSIP/9101-0000001a", "9101", PARTY_EMPLOYEE, "101" },
		{ "PJSIP/alice-0000001a", "101", PARTY_EMPLOYEE, "101" },
		{ "PJSIP/alice-0000001a", "9101", PARTY_EMPLOYEE, "101" },
		{ "PJSIP/alice-0000001a", "79161112233", PARTY_OUTSIDE, NULL },
		{ "PJSIP/mango-msk-0000001a", "101", PARTY_OUTSIDE, NULL },
		{ "SIP/4951-0000001a", "4951", PARTY_OUTSIDE, NULL },
		{ "PJSIP/4951-0000001a", "4951", PARTY_EMPLOYEE, "4951" },
		{ "SIP/other-0000001a", "anonymous", PARTY_OUTSIDE, NULL },
		{ "Local/101@from-queue-00000001;1", "101", PARTY_LOCAL, NULL },
		{ "CBAnn/800-00000001;1", "101", PARTY_PLUMBING, NULL },
		{ "", "", PARTY_OUTSIDE, NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct party party =
		    party_of(&rules, lane_of(b, cases[i].name, cases[i].number), &b->arena);
		g_test_message("%s %s", cases[i].name, cases[i].number);
		g_assert_cmpint(party.kind, ==, cases[i].kind);
		g_assert_cmpstr(party.ext, ==, cases[i].ext);
	}
}

static void
test_local(struct bench *b, gconstpointer data)
{
	(void)data;
	static const char *const cases[][2] = {
		{ "Local/101@from-queue-00000001;1", "101" },
		{ "Local/FMPR-105@from-internal-00000001;1", "105" },
		{ "Local/RG-600-101@from-internal-00000001;2", "101" },
		{ "Local/FMGL-89031112233#@from-internal-00000001;2", NULL },
		{ "Local/89031112233@from-internal-00000001;2", NULL },
		{ "Local/s@from-internal-00000001;2", NULL },
	};
	const struct call_rules rules = { 0 };
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(party_of_local(&rules, lane_of(b, cases[i][0], ""), &b->arena), ==,
		    cases[i][1]);
}

/* What was kept of the expression says what the expression says, for more numbers than there is room for. */
static void
test_memo(void)
{
	g_autoptr(GRegex) pattern = g_regex_new("^[1-9][0-9]{1,4}$", 0, 0, NULL);
	struct call_memo memo = { 0 };
	struct call_rules kept = { .extension = pattern, .memo = &memo },
			  plain = { .extension = pattern };
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3000; i++) {
			char number[16];
			g_snprintf(number, sizeof number, "%d%s", i * 37, i % 3 == 0 ? "x" : "");
			g_assert_cmpint(party_is_extension(&kept, number), ==,
			    party_is_extension(&plain, number));
		}
	}
	/* Of every length that is kept, and one more; the same but for one character. */
	g_autoptr(GRegex) odd = g_regex_new("[13579]$", 0, 0, NULL);
	kept.extension = plain.extension = odd;
	memo = (struct call_memo){ 0 };
	for (gsize n = 1; n <= CALL_MEMO_TEXT + 1; n++) {
		for (gsize at = 0; at < n; at++) {
			g_autofree char *number = g_strnfill(n, '2');
			number[at] = '3';
			g_assert_cmpint(party_is_extension(&kept, number), ==, at == n - 1);
			g_assert_cmpint(party_is_extension(&kept, number), ==, at == n - 1);
		}
	}
	kept.extension = plain.extension = pattern;
	memo = (struct call_memo){ 0 };
	g_assert_false(party_is_extension(&kept, "79161112233"));
	g_assert_false(party_is_extension(&kept, "7916111223344556677"));
	g_assert_false(party_is_extension(&kept, ""));
}

/*
 * An expression whose length is bounded is not asked about a longer number; what is answered is what it says, line ends, bytes
 * beyond ASCII and all. `longest` is that of the memo, -1: it does not tell.
 * Tried: no room for the line end, or for one character of it only; bytes for characters; [^ for a class; no end asked for;
 * the flag left out.
 */
static void
test_longest(void)
{
	static const struct {
		const char *pattern;
		GRegexCompileFlags flags;
		int longest;
	} cases[] = { { "^[1-9]\\d{1,3}$", 0, 4 }, { "^\\d{3}$", G_REGEX_CASELESS, 3 },
		{ "^101$", 0, 3 }, { "^[1-5]0[0-9]{2}$", G_REGEX_RAW, 4 }, { "^$", 0, 0 },
		{ "^[a-z]\\d$", 0, 2 }, { "^[\u0661-\u0668]{8}$", 0, 8 },
		{ "^\\d{3}$", G_REGEX_MULTILINE, -1 }, { "^\\d{2,}$", 0, -1 },
		{ "^\\d{,3}$", 0, -1 }, { "^\\d+$", 0, -1 }, { "^\\d{2}+$", 0, -1 },
		{ "^1\\d*$", 0, -1 }, { "^1?01$", 0, -1 }, { "^101$|^7\\d{10}$", 0, -1 },
		{ "^(101|7\\d{10})$", 0, -1 }, { "^.{3}$", 0, -1 }, { "\\d{3}", 0, -1 },
		{ "\\d{3}$", 0, -1 }, { "^\\d{3}", 0, -1 }, { "^[^0]{3}$", 0, -1 },
		{ "^[]1]{3}$", 0, -1 }, { "^[[:digit:]]{3}$", 0, -1 }, { "^[\\d]{3}$", 0, -1 },
		{ "^\\x31$", 0, -1 }, { "^1\\$", 0, -1 }, { "^1{a}$", 0, -1 }, { "^1{2$", 0, -1 },
		{ "(?m)^\\d{3}$", 0, -1 }, { "^\\d{3}(?#three)$", 0, -1 }, { "^\\D$", 0, -1 },
		{ "", 0, -1 } };
	static const char *const ends[] = { "", "\n", "\r\n", "\n\n", "\r\n\n", "\n79161112233",
		"x", "\xff", "\u0661", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668" };
	static const char digits[] = "1012345678901234567890123456789";
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GRegex) pattern = g_regex_new(cases[i].pattern, cases[i].flags, 0, NULL);
		struct call_memo memo = { 0 };
		const struct call_rules kept = { .extension = pattern, .memo = &memo },
					plain = { .extension = pattern };
		g_assert_nonnull(pattern);
		g_test_message("%s", cases[i].pattern);
		for (gsize j = 0; j < 2 * G_N_ELEMENTS(ends) * sizeof digits; j++) {
			g_autofree char *start = g_strndup(digits, j / 2 % sizeof digits);
			g_autofree char *number =
			    g_strconcat(start, ends[j / 2 / sizeof digits], NULL);
			g_assert_cmpint(party_is_extension(&kept, number), ==,
			    party_is_extension(&plain, number));
		}
		g_assert_cmpint((gssize)memo.longest, ==,
		    cases[i].longest < 0 ? (gssize)G_MAXSIZE : cases[i].longest);
	}
}

/* Another expression with the same memo: its length is its own. What is kept of numbers is not: each has a memo of its own. */
static void
test_longest_of_another(void)
{
	g_autoptr(GRegex) three = g_regex_new("^\\d{3}$", 0, 0, NULL),
			  five = g_regex_new("^\\d{5}$", 0, 0, NULL);
	struct call_memo memo = { 0 };
	struct call_rules rules = { .extension = three, .memo = &memo };
	g_assert_false(party_is_extension(&rules, "1012345"));
	g_assert_cmpuint(memo.longest, ==, 3);
	rules.extension = five;
	g_assert_true(party_is_extension(&rules, "10123"));
	g_assert_cmpuint(memo.longest, ==, 5);
}

/* The same of trunks: by peer or by technology and peer, short names and those too long to be kept. */
static void
test_memo_of_trunks(struct bench *b, gconstpointer data)
{
	(void)data;
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	struct call_memo memo = { 0 };
	struct call_rules kept = { .trunk = trunk, .memo = &memo }, plain = { .trunk = trunk };
	g_hash_table_add(trunk, (gpointer) "mango");
	g_hash_table_add(trunk, (gpointer) "PJSIP/201");
	g_hash_table_add(trunk, (gpointer) "a-provider-with-a-long-name");
	for (int round = 0; round < 2; round++) {
		/* More extensions than there is room to keep their numbers. */
		for (int i = 0; i < 6000; i++) {
			static const char *const shapes[] = { "PJSIP/%d-00000001",
				"SIP/%d-00000001", "PJSIP/mango-%08x",
				"SIP/a-provider-with-a-long-name-%08x",
				"SIP/another-provider-with-a-long-name-%08x", "%d" };
			char name[64];
			g_snprintf(name, sizeof name, shapes[i % 6], 101 + i / 6);
			const struct lane *lane = lane_of(b, name, "101");
			const struct party known = party_of(&kept, lane, &b->arena),
					   asked = party_of(&plain, lane, &b->arena);
			g_assert_cmpint(known.kind, ==, asked.kind);
			g_assert_cmpstr(known.ext, ==, asked.ext);
		}
	}
	g_assert_cmpuint(memo.used, <, sizeof memo.numbers);
	g_assert_cmpint(
	    party_of(&kept, lane_of(b, "PJSIP/201-1", "101"), &b->arena).kind, ==, PARTY_OUTSIDE);
	g_assert_cmpint(
	    party_of(&kept, lane_of(b, "SIP/201-1", "101"), &b->arena).kind, ==, PARTY_EMPLOYEE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/party/extension", struct bench, NULL, set_up, test_extension, tear_down);
	g_test_add("/party/parties", struct bench, NULL, set_up, test_parties, tear_down);
	g_test_add("/party/local", struct bench, NULL, set_up, test_local, tear_down);
	g_test_add_func("/party/memo", test_memo);
	g_test_add_func("/party/longest", test_longest);
	g_test_add_func("/party/longest-of-another", test_longest_of_another);
	g_test_add(
	    "/party/memo-of-trunks", struct bench, NULL, set_up, test_memo_of_trunks, tear_down);
	return g_test_run();
}
