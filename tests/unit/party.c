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
	g_assert_false(party_is_extension(&kept, "79161112233"));
	g_assert_false(party_is_extension(&kept, "7916111223344556677"));
	g_assert_false(party_is_extension(&kept, ""));
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
		for (int i = 0; i < 3000; i++) {
			static const char *const shapes[] = { "PJSIP/%d-00000001",
				"SIP/%d-00000001", "PJSIP/mango-%08x",
				"SIP/a-provider-with-a-long-name-%08x",
				"SIP/another-provider-with-a-long-name-%08x", "%d" };
			char name[64];
			g_snprintf(name, sizeof name, shapes[i % 6], 101 + i / 6);
			const struct lane *lane = lane_of(b, name, "101");
			g_assert_cmpint(party_of(&kept, lane, &b->arena).kind, ==,
			    party_of(&plain, lane, &b->arena).kind);
		}
	}
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
	g_test_add(
	    "/party/memo-of-trunks", struct bench, NULL, set_up, test_memo_of_trunks, tear_down);
	return g_test_run();
}
