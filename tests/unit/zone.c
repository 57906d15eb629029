/* From the wall clock of a table to UTC, in every zone a table was met in, through changes of clocks. */
#include "poller/zone.h"

#define MINUTE ((gint64)60 * G_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define WINTER                                                                                     \
	G_GINT64_CONSTANT(                                                                         \
	    1761440400) /* 2025-10-26 01:00 UTC: Berlin goes from 03:00 back to 02:00 */
#define SUMMER                                                                                     \
	G_GINT64_CONSTANT(1743296400) /* 2025-03-30 01:00 UTC: Berlin goes from 02:00 to 03:00 */
#define NOON G_GINT64_CONSTANT(1763900900) /* 2025-11-23 12:28:20 UTC */

static struct wall
written(GTimeZone *clock, gint64 utc)
{
	gint interval =
	    g_time_zone_find_interval(clock, G_TIME_TYPE_UNIVERSAL, utc / G_USEC_PER_SEC);
	return (struct wall){ .us = utc + g_time_zone_get_offset(clock, interval) *
		                              (gint64)G_USEC_PER_SEC };
}

static void
test_offset(void)
{
	static const gint64 offsets[] = { 0, 3 * HOUR, -5 * HOUR, 5 * HOUR + 45 * MINUTE,
		-3 * HOUR - 30 * MINUTE, 14 * HOUR, -12 * HOUR, 12 * HOUR + 45 * MINUTE };
	for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
		gint64 wall = NOON * G_USEC_PER_SEC + offsets[i];
		g_assert_cmpint(zone_offset(wall, NOON), ==, offsets[i]);
		/* A row may be late, and a clock with fractions a moment before the second. */
		g_assert_cmpint(zone_offset(wall + 7 * MINUTE, NOON), ==, offsets[i]);
		g_assert_cmpint(zone_offset(wall - 999999, NOON), ==, offsets[i]);
	}
}

/* The zone in which a table was written comes out of each group's own uniqueids. */
static void
test_derived(void)
{
	static const char *const clocks[] = { "UTC", "+03:00", "-03:30", "+05:45", "Europe/Moscow",
		"America/New_York" };
	g_autoptr(GTimeZone) elsewhere = g_time_zone_new_identifier("Asia/Tokyo");
	GTimeZone *machines[] = { NULL, elsewhere };
	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		g_autoptr(GTimeZone) clock = g_time_zone_new_identifier(clocks[i]);
		for (gsize m = 0; m < G_N_ELEMENTS(machines); m++) {
			struct zone zone;
			struct zone_run run;
			zone_init(&zone, machines[m], FALSE);
			gint64 utc = NOON * G_USEC_PER_SEC;
			zone_begin(&run, &zone, written(clock, utc).us, NOON);
			g_assert_true(zone.known);
			g_assert_cmpint(zone_utc(&run, written(clock, utc), NOON), ==, utc);
			/* Four hours of a call, in steps of every size. */
			for (gint64 step = 0, at = utc; at < utc + 4 * HOUR;
			     step += 37 * G_USEC_PER_SEC, at += step)
				g_assert_cmpint(zone_utc(&run, written(clock, at), 0), ==, at);
			g_assert_cmpint(
			    zone_utc_once(&zone, written(clock, utc + HOUR)), ==, utc + HOUR);
			g_assert_cmpint(zone_wall(&zone, utc), ==, written(clock, utc).us);
		}
	}
}

/* A call from an hour and a half before a change of clocks to as long after it. */
static void
go_through(struct zone *zone, GTimeZone *clock, gint64 change, gint64 step)
{
	struct zone_run run;
	gint64 from = change * G_USEC_PER_SEC - 90 * MINUTE,
	       to = change * G_USEC_PER_SEC + 90 * MINUTE;
	zone_begin(&run, zone, written(clock, from).us, from / G_USEC_PER_SEC);
	for (gint64 at = from; at <= to; at += step) {
		/* Now and then a new channel begins, and brings its epoch. */
		gint64 epoch = (at - from) / step % 7 == 0 ? at / G_USEC_PER_SEC : 0;
		g_assert_cmpint(zone_utc(&run, written(clock, at), epoch), ==, at);
	}
}

static void
test_change_of_clocks(void)
{
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	for (gint64 step = 5; step < 10 * 60; step += 61) {
		struct zone zone;
		zone_init(&zone, berlin, TRUE);
		go_through(&zone, berlin, WINTER, step * G_USEC_PER_SEC);
		go_through(&zone, berlin, SUMMER, step * G_USEC_PER_SEC);
		/* The machine's own zone happens to be that of the table. */
		zone_init(&zone, berlin, FALSE);
		go_through(&zone, berlin, WINTER, step * G_USEC_PER_SEC);
		go_through(&zone, berlin, SUMMER, step * G_USEC_PER_SEC);
		/* No rules are known: a jump back is taken for the change. */
		zone_init(&zone, NULL, FALSE);
		go_through(&zone, berlin, WINTER, step * G_USEC_PER_SEC);
		zone_init(&zone, moscow, FALSE);
		go_through(&zone, berlin, WINTER, step * G_USEC_PER_SEC);
	}
}

/* Every call of the night of the change that is shorter than the hour, by rules, wherever it begins. */
static void
test_short_calls_of_the_night(void)
{
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	const gint64 changes[] = { WINTER, SUMMER };
	for (gsize c = 0; c < G_N_ELEMENTS(changes); c++) {
		for (gboolean fixed = FALSE; fixed <= TRUE; fixed++) {
			struct zone zone;
			zone_init(&zone, berlin, fixed);
			for (gint64 begin = changes[c] - 3 * 3600; begin < changes[c] + 3 * 3600;
			     begin += 97) {
				struct zone_run run;
				gint64 utc = begin * G_USEC_PER_SEC;
				zone_begin(&run, &zone, written(berlin, utc).us, begin);
				g_assert_cmpint(
				    zone_utc(&run, written(berlin, utc), begin), ==, utc);
				utc += 8 * MINUTE;
				g_assert_cmpint(zone_utc(&run, written(berlin, utc), 0), ==, utc);
			}
		}
	}
}

/* By rules, every day of three years, there and back: a change of clocks is never overlooked. */
static void
test_years_by_rules(void)
{
	static const char *const names[] = { "Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe", "Africa/Casablanca", "UTC" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GTimeZone) tz = g_time_zone_new_identifier(names[i]);
		struct zone zone;
		zone_init(&zone, tz, TRUE);
		for (int day = -800; day < 800; day++) {
			gint64 utc = (NOON + (day < 0 ? -day : day) * 40007) * G_USEC_PER_SEC;
			struct zone_run run;
			zone_begin(&run, &zone, WALL_NONE, 0);
			struct wall wall = written(tz, utc);
			/* Of an hour that is written twice the first is taken. */
			gint64 got = zone_utc(&run, wall, 0);
			g_assert_cmpint(written(tz, got).us, ==, wall.us);
			g_assert_cmpint(got, <=, utc);
			g_assert_cmpint(got, >=, utc - HOUR);
			g_assert_cmpint(zone_utc_once(&zone, wall), ==, got);
		}
	}
}

/* Rows close behind one another are a subtraction; what stands among them is not always. */
static void
test_close_rows(void)
{
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	gint64 utc = NOON * G_USEC_PER_SEC;
	struct zone zone;
	struct zone_run run;
	zone_init(&zone, berlin, FALSE);
	zone_begin(&run, &zone, utc + HOUR, NOON);
	g_assert_cmpint(zone_utc(&run, written(berlin, utc), NOON), ==, utc);
	/* No time, and a time that is UTC already. */
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = WALL_NONE }, 0), ==, utc);
	g_assert_cmpint(
	    zone_utc(&run, (struct wall){ .us = utc + 7, .utc = TRUE }, 0), ==, utc + 7);
	/* A bit late, a bit early, much later. */
	g_assert_cmpint(zone_utc(&run, written(berlin, utc + 9 * MINUTE), 0), ==, utc + 9 * MINUTE);
	g_assert_cmpint(zone_utc(&run, written(berlin, utc + 8 * MINUTE), 0), ==, utc + 8 * MINUTE);
	g_assert_cmpint(zone_utc(&run, written(berlin, utc + 9 * HOUR), 0), ==, utc + 9 * HOUR);
	/* Where no rules are known, a uniqueid that proves another offset counts from there on. */
	zone_init(&zone, NULL, FALSE);
	zone_begin(&run, &zone, utc + HOUR, NOON);
	g_assert_cmpint(
	    zone_utc(&run, (struct wall){ .us = utc + HOUR }, NOON - 900), ==, utc - 15 * MINUTE);
	g_assert_cmpint(
	    zone_utc(&run, (struct wall){ .us = utc + HOUR + MINUTE }, 0), ==, utc - 14 * MINUTE);
}

/* A group whose ids tell no time: by what others told, or by the zone to be tried. */
static void
test_no_epoch(void)
{
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	gint64 utc = NOON * G_USEC_PER_SEC;
	struct zone zone;
	struct zone_run run;
	zone_init(&zone, moscow, FALSE);
	zone_begin(&run, &zone, WALL_NONE, 0);
	g_assert_cmpint(zone_utc(&run, written(moscow, utc), 0), ==, utc);
	g_assert_cmpint(zone_utc(&run, written(moscow, utc + MINUTE), 0), ==, utc + MINUTE);

	/* Another group proved the table to be in UTC: that counts for this one too. */
	zone_begin(&run, &zone, utc, NOON);
	zone_begin(&run, &zone, WALL_NONE, 0);
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = utc }, 0), ==, utc);
	g_assert_cmpint(zone_utc_once(&zone, (struct wall){ .us = utc }), ==, utc);

	/* Nothing at all is known. */
	zone_init(&zone, NULL, FALSE);
	zone_begin(&run, &zone, WALL_NONE, 0);
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = utc }, 0), ==, utc);
}

/* An id that somebody chose may look like an epoch and be none: no zone is days away. */
static void
test_false_epoch(void)
{
	struct zone zone;
	struct zone_run run;
	gint64 utc = NOON * G_USEC_PER_SEC;
	zone_init(&zone, NULL, FALSE);
	zone_begin(&run, &zone, utc + 3 * HOUR, NOON);
	zone_begin(&run, &zone, utc + 3 * HOUR, NOON - 40 * 86400);
	g_assert_cmpint(
	    zone_utc(&run, (struct wall){ .us = utc + 3 * HOUR }, NOON - 40 * 86400), ==, utc);
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = utc + 4 * HOUR }, 0), ==, utc + HOUR);
	g_assert_cmpint(zone_utc_once(&zone, (struct wall){ .us = utc + 3 * HOUR }), ==, utc);
}

static void
test_epoch_in_the_table(void)
{
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	gint64 utc = NOON * G_USEC_PER_SEC;
	struct zone zone;
	struct zone_run run;
	zone_init(&zone, moscow, TRUE);
	zone_begin(&run, &zone, WALL_NONE, NOON);
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = utc, .utc = TRUE }, NOON), ==, utc);
	g_assert_cmpint(zone_utc_once(&zone, (struct wall){ .us = utc, .utc = TRUE }), ==, utc);
	/* A row without a readable time stands where the one before it stands. */
	g_assert_cmpint(zone_utc(&run, (struct wall){ .us = WALL_NONE }, 0), ==, utc);
	g_assert_cmpint(zone_utc_once(&zone, (struct wall){ .us = WALL_NONE }), ==, 0);
}

/* Fixed by the configuration: an id that lies, or a clock that was wrong, moves nothing. */
static void
test_fixed(void)
{
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	gint64 utc = NOON * G_USEC_PER_SEC;
	struct zone zone;
	struct zone_run run;
	zone_init(&zone, moscow, TRUE);
	zone_begin(&run, &zone, utc + 3 * HOUR, NOON - 3600);
	g_assert_cmpint(zone_utc(&run, written(moscow, utc), NOON - 3600), ==, utc);
	g_assert_cmpint(zone_wall(&zone, utc), ==, utc + 3 * HOUR);
	g_assert_cmpint(zone_utc_once(&zone, written(moscow, utc)), ==, utc);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/zone/offset", test_offset);
	g_test_add_func("/zone/derived", test_derived);
	g_test_add_func("/zone/change-of-clocks", test_change_of_clocks);
	g_test_add_func("/zone/short-calls-of-the-night", test_short_calls_of_the_night);
	g_test_add_func("/zone/years-by-rules", test_years_by_rules);
	g_test_add_func("/zone/close-rows", test_close_rows);
	g_test_add_func("/zone/no-epoch", test_no_epoch);
	g_test_add_func("/zone/false-epoch", test_false_epoch);
	g_test_add_func("/zone/epoch-in-the-table", test_epoch_in_the_table);
	g_test_add_func("/zone/fixed", test_fixed);
	return g_test_run();
}
