/* Uniqueids of every form Asterisk and its users give. */
#include "poller/uniqueid.h"

#include <string.h>

static void
test_plain(void)
{
	struct uniqueid id;
	g_assert_true(uniqueid_parse("1763900900.12", &id));
	g_assert_cmpint(id.epoch, ==, 1763900900);
	g_assert_cmpint(id.number, ==, 12);
	g_assert_cmpuint(id.system_len, ==, 0);
	g_assert_true(uniqueid_parse("1763900900.0", &id));
	g_assert_cmpint(id.number, ==, 0);
}

static void
test_systemname(void)
{
	static const struct {
		const char *text;
		gsize system_len;
	} cases[] = {
		{ "pbx-1763900900.12", 3 },
		{ "pbx-north-2-1763900900.12", 11 },
		/* asterisk.conf takes any text. */
		{ "a.b-1763900900.12", 3 },
		{ "офис-1763900900.12", strlen("офис") },
		{ "7-1763900900.12", 1 },
		{ "1763900900.1-1763900900.12", 12 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct uniqueid id;
		g_assert_true(uniqueid_parse(cases[i].text, &id));
		g_assert_cmpuint(id.system_len, ==, cases[i].system_len);
		g_assert_cmpint(id.epoch, ==, 1763900900);
		g_assert_cmpint(id.number, ==, 12);
	}
}

/* An id that AMI or ARI was given: it tells no time, and must not be read as if it did. */
static void
test_other_forms(void)
{
	static const char *const texts[] = { "", ".", "12", "1763900900", "1763900900.", ".12",
		"a.12", "call-17", "550e8400-e29b-41d4-a716-446655440000", "click.1763900900.12x",
		"-1763900900.12", "1.2", "pbx1763900900.12", "99999999.12", "100000000000.12",
		"1763900900.1234567890123456789", "1234567890123456789.1", "crm-42.7" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct uniqueid id;
		if (uniqueid_parse(texts[i], &id))
			g_error("\"%s\" was taken for a uniqueid of Asterisk's own", texts[i]);
	}
}

static void
test_order(void)
{
	/* As numbers, not as text: .9 before .10, and a shorter epoch before a longer one. */
	static const char *const ordered[] = { "999999999.5", "1763900900.9", "1763900900.10",
		"pbx-1763900900.11", "1763900901.0", "a-1763900901.0", "b-1763900901.0", "",
		"crm-1", "crm-2" };
	for (gsize i = 0; i < G_N_ELEMENTS(ordered); i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(ordered); j++) {
			int order = uniqueid_compare(ordered[i], ordered[j]);
			g_assert_cmpint((order > 0) - (order < 0), ==, (i > j) - (i < j));
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/uniqueid/plain", test_plain);
	g_test_add_func("/uniqueid/systemname", test_systemname);
	g_test_add_func("/uniqueid/other-forms", test_other_forms);
	g_test_add_func("/uniqueid/order", test_order);
	return g_test_run();
}
