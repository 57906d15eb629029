/* The JSON of a CEL row: whole, escaped, odd, and cut off at every length. */
#include "poller/extra.h"

#include <string.h>

static void
test_pairs(void)
{
	const char *text =
	    "{\"bridge_id\":\"b1\",\"hangupcause\": 16, \"empty\":\"\",\"last\":true}";
	static const char *const expected[][2] = { { "bridge_id", "b1" }, { "hangupcause", "16" },
		{ "empty", "" }, { "last", "true" } };
	struct extra_pair pair;
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_true(extra_next(&text, &pair));
		g_assert_true(extra_key_is(&pair, expected[i][0]));
		g_autofree char *value = g_strndup(pair.value, pair.value_len);
		g_assert_cmpstr(value, ==, expected[i][1]);
	}
	g_assert_false(extra_next(&text, &pair));
}

static void
test_keys_are_whole(void)
{
	const char *text = "{\"bridge_id\":\"b1\"}";
	struct extra_pair pair;
	g_assert_true(extra_next(&text, &pair));
	g_assert_false(extra_key_is(&pair, "bridge_i"));
	g_assert_false(extra_key_is(&pair, "bridge_id2"));
	g_assert_false(extra_key_is(&pair, ""));
}

static void
check_value(const char *text, const char *key, const char *expected)
{
	g_autofree char *value = extra_dup(text, key);
	g_assert_cmpstr(value, ==, expected);
}

static void
test_escapes(void)
{
	check_value("{\"a\":\"x\\\"y\\\\z\\/\"}", "a", "x\"y\\z/");
	check_value("{\"a\":\"1\\n2\\r3\\t4\\b5\\f6\"}", "a", "1\n2\r3\t4\b5\f6");
	check_value("{\"a\":\"\\u0418\\u0432\\u0430\\u043d\"}", "a", "Иван");
	check_value("{\"a\":\"Иван\"}", "a", "Иван");
	/* No NUL, no half of a pair, no letters where digits should be: all are marked as unreadable. */
	check_value("{\"a\":\"x\\u0000y\"}", "a", "x\xef\xbf\xbdy");
	check_value("{\"a\":\"\\ud83d\\ude00\"}", "a", "\xef\xbf\xbd\xef\xbf\xbd");
	check_value("{\"a\":\"\\uzzzz!\"}", "a", "\xef\xbf\xbd!");
	check_value("{\"a\":\"\\u12\"}", "a", "u12");
	/* A key in a value is not a key. */
	check_value("{\"a\":\"\\\"b\\\":\\\"no\",\"b\":\"yes\"}", "b", "yes");
	check_value("{\"x\":\"b\",\"b\":\"yes\"}", "b", "yes");
}

static void
test_nothing(void)
{
	static const char *const texts[] = { "", "{", "{}", "\"", "\"a", "\"a\"",
		"\"a\":", "\"a\":\"", "\"a\":\"\\", "null", "[]", "{\"a\\", "garbage", "{\"a\":1" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		check_value(texts[i], "a", NULL);
	check_value("{\"a\":1}", "b", NULL);
}

/* Every cut gives some of the pairs, in order, each of them whole. */
static void
test_cut_off_at_every_length(void)
{
	const char *whole = "{\"hangupcause\":16,\"hangupsource\":\"PJSIP/"
			    "1\\\"01\\\\-1\",\"dialstatus\":\"ANSWER\",\"n\":7}";
	gsize pairs_before = 0;
	for (gsize n = 0; n <= strlen(whole); n++) {
		g_autofree char *text = g_strndup(whole, n);
		const char *at = text, *reference = whole;
		struct extra_pair pair, same;
		gsize pairs = 0;
		while (extra_next(&at, &pair)) {
			g_assert_true(extra_next(&reference, &same));
			g_assert_cmpmem(pair.key, pair.key_len, same.key, same.key_len);
			g_assert_cmpmem(pair.value, pair.value_len, same.value, same.value_len);
			pairs++;
		}
		g_assert_cmpuint(pairs, >=, pairs_before);
		pairs_before = pairs;
	}
	g_assert_cmpuint(pairs_before, ==, 4);
}

/* HANGUP: the short way says what the long one does, whoever hung up. */
static void
test_hangup(void)
{
	static const struct extra_name names[] = { { "PJSIP/101-00000001", 18 },
		{ "PJSIP/mango-00000002", 20 } };
	static const char *const sources[] = { "", "PJSIP/101-00000001", "PJSIP/mango-00000002",
		"PJSIP/101-0000000", "PJSIP/101-000000011", "dialplan/handler" };
	static const char *const statuses[] = { "", "ANSWER", "CHANUNAVAIL" };
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		for (guint k = 0; k < G_N_ELEMENTS(statuses); k++) {
			for (guint form = 0; form < 3; form++) {
				/* As Asterisk writes it; with a space; with another pair before it. */
				static const char *const forms[] = {
					"{\"hangupcause\":%d,\"hangupsource\":\"%s\","
					"\"dialstatus\":\"%s\"}",
					"{\"hangupcause\": "
					"%d,\"hangupsource\":\"%s\",\"dialstatus\":\"%s\"}",
					"{\"x\":1,\"hangupcause\":%d,\"hangupsource\":\"%s\","
					"\"dialstatus\":\"%s\"}"
				};
				for (int cause = 0; cause < 1000; cause += 127) {
					struct extra_hangup hangup;
					g_autofree char *text = g_strdup_printf(
					    forms[form], cause, sources[i], statuses[k]);
					extra_hangup(text, strlen(text), names, G_N_ELEMENTS(names),
					    &hangup);
					g_assert_cmpint(hangup.cause, ==, cause);
					g_assert_cmpmem(hangup.source, hangup.source_len,
					    sources[i], strlen(sources[i]));
					g_assert_cmpmem(hangup.dialstatus, hangup.dialstatus_len,
					    statuses[k], strlen(statuses[k]));
					if (form == 0 && (i == 1 || i == 2))
						g_assert_true(hangup.source == names[i - 1].text);
				}
			}
		}
	}
	/* Cut off, or nothing at all: what is whole is told. */
	const char *whole = "{\"hangupcause\":16,\"hangupsource\":\"PJSIP/"
			    "101-00000001\",\"dialstatus\":\"ANSWER\"}";
	for (gsize n = 0; n < strlen(whole); n++) {
		g_autofree char *text = g_strndup(whole, n);
		struct extra_hangup hangup;
		extra_hangup(text, n, names, G_N_ELEMENTS(names), &hangup);
		g_assert_true(hangup.cause == (n > 17 ? 16 : -1));
		g_assert_true(hangup.dialstatus_len == 0 || hangup.dialstatus_len == 6);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/extra/pairs", test_pairs);
	g_test_add_func("/extra/keys-are-whole", test_keys_are_whole);
	g_test_add_func("/extra/escapes", test_escapes);
	g_test_add_func("/extra/nothing", test_nothing);
	g_test_add_func("/extra/hangup", test_hangup);
	g_test_add_func("/extra/cut-off-at-every-length", test_cut_off_at_every_length);
	return g_test_run();
}
