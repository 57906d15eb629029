/* Names of channels, of every technology met. */
#include "poller/channame.h"

#include <string.h>

struct expected {
	const char *name;
	enum channame_kind kind;
	const char *peer;
	int half;
};

static void
check(const struct expected *cases, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		struct channame parts;
		channame_parse(cases[i].name, &parts);
		g_autofree char *peer = g_strndup(parts.peer, parts.peer_len);
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(parts.kind, ==, cases[i].kind);
		g_assert_cmpstr(peer, ==, cases[i].peer);
		g_assert_cmpint(parts.half, ==, cases[i].half);
		g_assert_cmpuint(parts.base_len, <=, strlen(cases[i].name));
		struct channame same;
		channame_parse_n(cases[i].name, strlen(cases[i].name), &same);
		g_assert_cmpint(same.kind, ==, parts.kind);
		g_assert_true(same.peer == parts.peer);
		g_assert_cmpuint(same.peer_len, ==, parts.peer_len);
		g_assert_cmpuint(same.base_len, ==, parts.base_len);
		g_assert_cmpint(same.half, ==, parts.half);
	}
}

static void
test_endpoints(void)
{
	static const struct expected cases[] = {
		{ "PJSIP/101-0000001a", CHANNAME_ENDPOINT, "101", 0 },
		{ "SIP/101-0000001a", CHANNAME_ENDPOINT, "101", 0 },
		{ "PJSIP/mango-00000000", CHANNAME_ENDPOINT, "mango", 0 },
		/* Names with dashes, and such whose last part looks like a suffix. */
		{ "PJSIP/mango-office-00000001", CHANNAME_ENDPOINT, "mango-office", 0 },
		{ "PJSIP/trunk-7495-0000000f", CHANNAME_ENDPOINT, "trunk-7495", 0 },
		{ "PJSIP/cafe-0000000f", CHANNAME_ENDPOINT, "cafe", 0 },
		{ "PJSIP/alice-0000001a", CHANNAME_ENDPOINT, "alice", 0 },
		{ "PJSIP/иван-0000001a", CHANNAME_ENDPOINT, "иван", 0 },
		{ "PJSIP/101@home-0000001a", CHANNAME_ENDPOINT, "101@home", 0 },
		{ "IAX2/provider-1234", CHANNAME_ENDPOINT, "provider", 0 },
		{ "DAHDI/i1/79161234567-1", CHANNAME_ENDPOINT, "i1", 0 },
		{ "DAHDI/4-1", CHANNAME_ENDPOINT, "4", 0 },
		{ "SIP/101-0000001a<ZOMBIE>", CHANNAME_ENDPOINT, "101", 0 },
		{ "Dongle/dongle0-0100000001", CHANNAME_ENDPOINT, "dongle0", 0 },
		{ "PJSIP/101-deadbeef", CHANNAME_ENDPOINT, "101", 0 },
		{ "PJSIP/101-DEADBEEF", CHANNAME_ENDPOINT, "101", 0 },
		{ "PJSIP/101-0000001g", CHANNAME_ENDPOINT, "101-0000001g", 0 },
		{ "PJSIP/101-0000001a;2", CHANNAME_ENDPOINT, "101", 2 },
		{ "PJSIP/101-0000001a;3", CHANNAME_ENDPOINT, "101-0000001a;3", 0 },
		{ "PJSIP/79161112233-0000001a", CHANNAME_ENDPOINT, "79161112233", 0 },
		{ "SIP/mango/89161112233-0000001a", CHANNAME_ENDPOINT, "mango", 0 },
		{ "SIP/1-0000001a", CHANNAME_ENDPOINT, "1", 0 },
		{ "SIP/-0000001a", CHANNAME_ENDPOINT, "-0000001a", 0 },
	};
	check(cases, G_N_ELEMENTS(cases));
}

static void
test_local(void)
{
	static const struct expected cases[] = {
		{ "Local/101@from-queue-00000006;1", CHANNAME_LOCAL, "101", 1 },
		{ "Local/101@from-queue-00000006;2", CHANNAME_LOCAL, "101", 2 },
		{ "Local/FMPR-105@from-internal-0000000a;1", CHANNAME_LOCAL, "FMPR-105", 1 },
		{ "Local/FMGL-89031112233#@from-internal-0000000b;2", CHANNAME_LOCAL,
		    "FMGL-89031112233#", 2 },
		{ "Local/101@from-queue-00000006", CHANNAME_LOCAL, "101", 0 },
		{ "Local/101-00000006;1", CHANNAME_LOCAL, "101", 1 },
		{ "Local/a/b@c-00000006;1", CHANNAME_LOCAL, "a/b", 1 },
	};
	check(cases, G_N_ELEMENTS(cases));
	struct channame one, two;
	channame_parse("Local/101@from-queue-00000006;1", &one);
	channame_parse("Local/101@from-queue-00000006;2", &two);
	g_assert_cmpuint(one.base_len, ==, two.base_len);
	g_assert_cmpuint(one.base_len, ==, strlen("Local/101@from-queue-00000006"));
	/* What is left of a masqueraded half is no half any more that could be paired twice. */
	channame_parse("Local/101@from-queue-00000006;1<ZOMBIE>", &one);
	g_assert_cmpint(one.kind, ==, CHANNAME_LOCAL);
	g_assert_cmpuint(one.base_len, ==, strlen("Local/101@from-queue-00000006"));
}

static void
test_plumbing(void)
{
	static const struct expected cases[] = {
		{ "CBAnn/800-0000001b;1", CHANNAME_PLUMBING, "800", 1 },
		{ "CBRec/800-0000001b;2", CHANNAME_PLUMBING, "800", 2 },
		{ "Message/ast_msg_queue", CHANNAME_PLUMBING, "ast_msg_queue", 0 },
		{ "ConfBridgeRecorder/conf-800-uid-1", CHANNAME_PLUMBING, "conf-800-uid", 0 },
		{ "Announcer/ARI-00000001;1", CHANNAME_PLUMBING, "ARI", 1 },
		{ "Surrogate/PJSIP/101-00000001", CHANNAME_PLUMBING, "PJSIP/101", 0 },
		{ "Snoop/1763900900.1-00000000", CHANNAME_PLUMBING, "1763900900.1", 0 },
		/* A name that only begins so is somebody's technology. */
		{ "Messages/101-00000001", CHANNAME_ENDPOINT, "101", 0 },
		{ "CB/101-00000001", CHANNAME_ENDPOINT, "101", 0 },
		{ "Locals/101-00000001", CHANNAME_ENDPOINT, "101", 0 },
	};
	check(cases, G_N_ELEMENTS(cases));
}

static void
test_odd(void)
{
	static const struct expected cases[] = {
		{ "", CHANNAME_ENDPOINT, "", 0 },
		{ "/", CHANNAME_ENDPOINT, "", 0 },
		{ "PJSIP/", CHANNAME_ENDPOINT, "", 0 },
		{ "nothing", CHANNAME_ENDPOINT, "nothing", 0 },
		{ "<ZOMBIE>", CHANNAME_ENDPOINT, "", 0 },
		{ "PJSIP/101", CHANNAME_ENDPOINT, "101", 0 },
		{ "PJSIP/-1", CHANNAME_ENDPOINT, "-1", 0 },
		{ "PJSIP/101-", CHANNAME_ENDPOINT, "101-", 0 },
		{ "Local/;1", CHANNAME_LOCAL, "", 1 },
		{ "Local/@;2", CHANNAME_LOCAL, "", 2 },
		{ ";1", CHANNAME_ENDPOINT, ";1", 0 },
		{ "PJSIP;1/", CHANNAME_ENDPOINT, "", 0 },
		{ "/;1", CHANNAME_ENDPOINT, "", 1 },
	};
	check(cases, G_N_ELEMENTS(cases));
}

/* A row's length may go beyond a NUL byte; the text ends at it. */
static void
test_nul_within(void)
{
	static const char name[] = "PJSIP/10\0001-0000001a";
	struct channame parts;
	channame_parse_n(name, sizeof name - 1, &parts);
	g_assert_cmpuint(parts.peer_len, ==, strlen("10"));
	g_assert_cmpuint(parts.base_len, ==, strlen("PJSIP/10"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/channame/endpoints", test_endpoints);
	g_test_add_func("/channame/local", test_local);
	g_test_add_func("/channame/plumbing", test_plumbing);
	g_test_add_func("/channame/odd", test_odd);
	g_test_add_func("/channame/nul-within", test_nul_within);
	return g_test_run();
}
