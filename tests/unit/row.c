/*
 * Event names and times as Asterisk and the databases write them.
 */
#include "poller/row.h"

#include <string.h>

static void
test_every_event_is_found_by_its_name(void)
{
	for (int event = CEL_OTHER; event <= CEL_STREAM_END; event++) {
		const char *name = cel_event_name((enum cel_event)event);
		g_assert_nonnull(name);
		g_assert_cmpint(cel_event_from_name(name, strlen(name)), ==, event);
		/* One letter more, less or other is another event. */
		if (event == CEL_OTHER)
			continue;
		g_autofree char *longer = g_strconcat(name, "X", NULL);
		g_autofree char *shorter = g_strndup(name, strlen(name) - 1);
		g_autofree char *lower = g_ascii_strdown(name, -1);
		g_assert_cmpint(cel_event_from_name(longer, strlen(longer)), ==, CEL_OTHER);
		g_assert_cmpint(cel_event_from_name(shorter, strlen(shorter)), ==, CEL_OTHER);
		g_assert_cmpint(cel_event_from_name(lower, strlen(lower)), ==, CEL_OTHER);
	}
}

static void
test_unknown_events(void)
{
	static const char *const names[] = { "", "DTMF", "USER_DEFINED", "MY_EVENT", "CHAN_STARZ",
		"ATTENDEDTRANSFER_ATTENDEDTRANSFER",
		"\xd0\xb7\xd0\xb2\xd0\xbe\xd0\xbd\xd0\xbe\xd0\xba" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(cel_event_from_name(names[i], strlen(names[i])), ==, CEL_OTHER);
	/* A name with one letter changed, wherever it is, in memory of its own size. */
	for (int event = CEL_CHAN_START; event <= CEL_STREAM_END; event++) {
		const char *name = cel_event_name((enum cel_event)event);
		const gsize n = strlen(name);
		g_autofree char *other = g_memdup2(name, n);
		g_assert_cmpint(cel_event_from_name(other, n), ==, event);
		for (gsize at = 0; at < n; at++) {
			other[at] ^= 1;
			g_assert_cmpint(cel_event_from_name(other, n), ==, CEL_OTHER);
			other[at] = name[at];
		}
	}
}

static void
test_times(void)
{
	static const struct {
		const char *text;
		gint64 us;
		gboolean utc;
	} cases[] = {
		{ "1970-01-01 00:00:00", 0, FALSE },
		{ "2025-11-23 12:28:20", 1763900900000000, FALSE },
		{ "2025-11-23T12:28:20", 1763900900000000, FALSE },
		{ "2025-11-23 12:28:20.280376", 1763900900280376, FALSE },
		{ "2025-11-23 12:28:20.5", 1763900900500000, FALSE },
		{ "2025-11-23 12:28:20.999999999", 1763900900999999, FALSE },
		{ "2000-02-29 23:59:59", 951868799000000, FALSE },
		{ "2100-02-28 00:00:00", 4107456000000000, FALSE },
		{ "2016-12-31 23:59:60", 1483228800000000, FALSE },
		{ "9999-12-31 23:59:59", G_GINT64_CONSTANT(253402300799000000), FALSE },
		{ "1763900900.280376", 1763900900280376, TRUE },
		{ "1763900900.000001", 1763900900000001, TRUE },
		{ "1763900900", 1763900900000000, TRUE },
		{ "1.5", 1500000, TRUE },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct wall wall = wall_parse(cases[i].text);
		g_assert_cmpint(wall.us, ==, cases[i].us);
		g_assert_cmpint(wall.utc, ==, cases[i].utc);
	}
}

static void
test_every_day_of_two_centuries(void)
{
	gint64 seconds = 0;
	for (g_autoptr(GDateTime) day = g_date_time_new_utc(1970, 1, 1, 13, 14, 15);
	     g_date_time_get_year(day) < 2170;) {
		g_autofree char *text = g_date_time_format(day, "%Y-%m-%d %H:%M:%S");
		g_assert_cmpint(wall_parse(text).us, ==, g_date_time_to_unix(day) * G_USEC_PER_SEC);
		seconds = g_date_time_to_unix(day);
		GDateTime *next = g_date_time_add_days(day, 1);
		g_date_time_unref(day);
		day = next;
	}
	g_assert_cmpint(seconds, >, G_GINT64_CONSTANT(6300000000));
}

static void
test_what_is_no_time(void)
{
	static const char *const texts[] = { "", " ", "0", "0.000000", "0000-00-00 00:00:00",
		"1000-01-01 00:00:00", "1969-12-31 23:59:59", "2025-02-29 00:00:00",
		"2100-02-29 00:00:00", "2025-13-01 00:00:00", "2025-00-10 00:00:00",
		"2025-11-00 00:00:00", "2025-11-31 00:00:00", "2025-11-23 24:00:00",
		"2025-11-23 12:60:00", "2025-11-23 12:28:61", "2025-11-23", "2025-11-23 12:28",
		"2025-11-23 12:28:2", "2025-11-23 12:28:20.", "2025-11-23 12:28:20 ",
		"2025-11-23 12:28:20.5x", "2025-11-23 12:28:20+03:00", "2025-11-23x12:28:20",
		"2025-1-23 12:28:20", "25-11-23 12:28:20", " 2025-11-23 12:28:20", "1763900900.",
		".5", "-5", "1763900900 ", "1763900900.28x", "12345678901234", "2025-", "2025-11-2",
		"now", "\xff\xfe" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		const struct wall wall = wall_parse(texts[i]);
		g_assert_cmpint(wall.us, ==, WALL_NONE);
		g_assert_false(wall.utc);
	}
	/* Every beginning of a good time, each in memory of its own size, so that a sanitizer sees it. */
	const char *good = "2025-11-23 12:28:20.280376";
	for (gsize n = 5; n < 19; n++) {
		g_autofree char *part = g_strndup(good, n);
		g_assert_cmpint(wall_parse(part).us, ==, WALL_NONE);
	}
}

/* Every second of a day, and with any other byte in it none. */
static void
test_times_of_day(void)
{
	gint64 us;
	for (int s = 0; s < 86400; s++) {
		g_autofree char *text =
		    g_strdup_printf("%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
		g_assert_true(wall_time_of_day(text, &us));
		g_assert_cmpint(us, ==, s * (gint64)G_USEC_PER_SEC);
	}
	for (guint at = 0; at < 8; at++) {
		for (int c = 0; c < 256; c++) {
			char text[] = "11:11:11";
			text[at] = (char)c;
			const int highest = at == 0 ? '2' : at == 3 ? '5' : at == 6 ? '6' : '9';
			/* A leap second is written as 60; 61 is none. */
			const gboolean good =
			    at == 2 || at == 5
				? c == ':'
				: g_ascii_isdigit(c) && c <= highest && !(at == 6 && c == '6');
			g_assert_true(wall_time_of_day(text, &us) == good);
		}
	}
	g_assert_true(wall_time_of_day("23:59:60", &us));
	g_assert_false(wall_time_of_day("24:00:00", &us));
	g_assert_false(wall_time_of_day("23:60:00", &us));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func(
	    "/row/every-event-is-found-by-its-name", test_every_event_is_found_by_its_name);
	g_test_add_func("/row/unknown-events", test_unknown_events);
	g_test_add_func("/row/times", test_times);
	g_test_add_func("/row/every-day-of-two-centuries", test_every_day_of_two_centuries);
	g_test_add_func("/row/what-is-no-time", test_what_is_no_time);
	g_test_add_func("/row/times-of-day", test_times_of_day);
	return g_test_run();
}
