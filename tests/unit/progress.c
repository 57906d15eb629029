/* sync/progress.c: what is shown, and when. */
#include "sync/progress.h"

#include <stdlib.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define FROM (G_GINT64_CONSTANT(1735689600) * SECOND) /* 2025-01-01 */
#define DAY (86400 * SECOND)

static char *text;
static size_t length;

static struct progress *
begin(FILE **out, gboolean terminal)
{
	*out = open_memstream(&text, &length);
	return progress_new(*out, terminal, FROM, FROM + 100 * DAY, 0);
}

static void
end(struct progress *p, FILE *out, const char *expected)
{
	progress_free(p);
	fclose(out);
	g_assert_cmpstr(text, ==, expected);
	free(text);
}

/* In a log: a line every ten seconds, and none before. */
static void
test_lines(void)
{
	FILE *out;
	struct progress *p = begin(&out, FALSE);
	for (int second = 1; second < 30; second++)
		progress_reading(
		    p, second * SECOND, FROM + second * DAY, (guint64)second * 50, second * 70);
	end(p, out,
	    "[###...........................] reading 2025-01-11, 500 calls, 50/s, 700 waiting, 90 "
	    "s "
	    "left\n"
	    "[######........................] reading 2025-01-21, 1000 calls, 50/s, 1400 waiting, "
	    "80 s left\n");
}

/* On a terminal: one line that is written over, five times a second, and gone at the end. */
static void
test_bar(void)
{
	FILE *out;
	struct progress *p = begin(&out, TRUE);
	progress_reading(p, SECOND / 4, FROM + DAY, 1, 1);
	progress_reading(p, SECOND, FROM + 50 * DAY, 10, 12);
	progress_reading(p, SECOND + SECOND / 10, FROM + 60 * DAY, 12, 14);
	end(p, out,
	    "\r[###############...............] reading 2025-02-20, 10 calls, 10/s, 12 waiting, 1 "
	    "s "
	    "left\033[K\r\033[K");
}

/* Sending counts from its own beginning; hours are told as such. */
static void
test_sending(void)
{
	FILE *out;
	struct progress *p = begin(&out, FALSE);
	progress_sending(p, 5 * SECOND, 0, 100000);
	progress_sending(p, 15 * SECOND, 50, 100000);
	progress_sending(p, 25 * SECOND, 200, 100000);
	end(p, out,
	    "[..............................] sending, 50 sent, 5.0/s, 99950 waiting\n"
	    "[..............................] sending, 200 sent, 10.0/s, 99800 waiting, 2 h 46 min "
	    "left\n");
}

/* Without any row shown before nothing is cleaned up, and a group without a time shows nothing. */
static void
test_nothing(void)
{
	FILE *out;
	struct progress *p = begin(&out, TRUE);
	progress_reading(p, 20 * SECOND, G_MININT64, 1, 1);
	end(p, out, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/progress/lines", test_lines);
	g_test_add_func("/progress/bar", test_bar);
	g_test_add_func("/progress/sending", test_sending);
	g_test_add_func("/progress/nothing", test_nothing);
	return g_test_run();
}
