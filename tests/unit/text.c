/* Times, spans and names as they are printed. */
#include "sync/text.h"

#include <string.h>

#define US G_USEC_PER_SEC

static void
test_time(void)
{
	char buffer[TEXT_TIME];
	g_assert_cmpstr(
	    text_time(1763900900 * (gint64)US, NULL, buffer), ==, "2025-11-23T12:28:20Z");
	g_assert_cmpstr(
	    text_time(1763900900 * (gint64)US + 999999, NULL, buffer), ==, "2025-11-23T12:28:20Z");
	g_assert_cmpstr(text_time(0, NULL, buffer), ==, "1970-01-01T00:00:00Z");
	g_assert_cmpstr(text_time(-1, NULL, buffer), ==, "1969-12-31T23:59:59Z");
	/* A fact that is absent, and one no calendar has. */
	g_assert_cmpstr(text_time(G_MININT64, NULL, buffer), ==, "");
	g_assert_cmpstr(text_time(G_MAXINT64, NULL, buffer), ==, "");
}

static void
test_time_in_a_zone(void)
{
	char buffer[TEXT_TIME];
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	g_autoptr(GTimeZone) newfoundland = g_time_zone_new_identifier("America/St_Johns");
	g_assert_cmpstr(
	    text_time(1763900900 * (gint64)US, moscow, buffer), ==, "2025-11-23T15:28:20+03:00");
	g_assert_cmpstr(text_time(1763900900 * (gint64)US, newfoundland, buffer), ==,
	    "2025-11-23T08:58:20-03:30");
	/* Both passes of the repeated hour: 2025-10-26 00:30 and 01:30 UTC. */
	g_assert_cmpstr(
	    text_time(1761438600 * (gint64)US, berlin, buffer), ==, "2025-10-26T02:30:00+02:00");
	g_assert_cmpstr(
	    text_time(1761442200 * (gint64)US, berlin, buffer), ==, "2025-10-26T02:30:00+01:00");
}

static void
test_seconds(void)
{
	g_assert_cmpint(text_seconds(0), ==, 0);
	g_assert_cmpint(text_seconds(499999), ==, 0);
	g_assert_cmpint(text_seconds(500000), ==, 1);
	g_assert_cmpint(text_seconds(5 * US), ==, 5);
	g_assert_cmpint(text_seconds(-499999), ==, 0);
	g_assert_cmpint(text_seconds(-500000), ==, -1);
}

static void
test_clean(void)
{
	static const struct {
		const char *dirty, *clean;
	} cases[] = {
		{ "", "" },
		{ "ООО «Рога и копыта»", "ООО «Рога и копыта»" },
		{ "\x1b[31mred\x07", "?[31mred?" },
		{ "a\nb\tc\x7f", "a?b?c?" },
		/* C1: CSI as one character of two bytes. */
		{ "a\xc2\x9b"
		  "31m",
		    "a??31m" },
		{ "half \xd0", "half \xef\xbf\xbd" },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *clean = text_clean(cases[i].dirty);
		g_assert_cmpstr(clean, ==, cases[i].clean);
	}
	/* Every byte there is, in every pair: what comes out is text without controls. */
	for (int c = 1; c < 256; c++) {
		for (int d = 1; d < 256; d++) {
			char dirty[] = { (char)c, (char)d, '\0' };
			g_autofree char *clean = text_clean(dirty);
			g_assert_true(g_utf8_validate(clean, -1, NULL));
			for (const char *p = clean; *p != '\0'; p = g_utf8_next_char(p))
				g_assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/time", test_time);
	g_test_add_func("/text/time-in-a-zone", test_time_in_a_zone);
	g_test_add_func("/text/seconds", test_seconds);
	g_test_add_func("/text/clean", test_clean);
	return g_test_run();
}
