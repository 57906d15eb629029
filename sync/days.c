#include "sync/days.h"

#include "sync/spool.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

struct day {
	char date[11];
	guint64 in, out, answered, missed, failed, found, missing;
	gint64 requests;
};

struct days {
	GTimeZone *tz;
	const struct recordings_settings *recordings;
	GArray *list; /* struct day, in order */
	struct day sum;
};

struct days *
days_new(GTimeZone *tz, const struct recordings_settings *recordings)
{
	struct days *days = g_new0(struct days, 1);
	days->tz = tz;
	days->recordings = recordings;
	days->list = g_array_new(FALSE, FALSE, sizeof(struct day));
	return days;
}

void
days_free(struct days *days)
{
	g_array_unref(days->list);
	g_free(days);
}

/* Calls come nearly in order of time: the day is the last one, or just before it. */
static struct day *
day_of(struct days *days, gint64 start)
{
	char text[TEXT_TIME];
	guint at = days->list->len;
	text_time(start, days->tz, text);
	text[10] = '\0';
	for (; at > 0; at--) {
		struct day *day = &g_array_index(days->list, struct day, at - 1);
		int order = strcmp(day->date, text);
		if (order == 0)
			return day;
		if (order < 0)
			break;
	}
	struct day day = { .in = 0 };
	g_strlcpy(day.date, text, sizeof day.date);
	g_array_insert_val(days->list, at, day);
	return &g_array_index(days->list, struct day, at);
}

/* The recording itself, or the MP3 that was made of it. */
static gboolean
is_there(const struct days *days, const char *said)
{
	const char *spool = days->recordings->spool;
	g_autofree char *path = spool_path(spool, said);
	if (path == NULL)
		return FALSE;
	g_autofree char *mp3 = spool_mp3_path(path), *there = g_build_filename(spool, path, NULL),
			*made = g_build_filename(spool, mp3, NULL);
	return g_file_test(there, G_FILE_TEST_IS_REGULAR) ||
	       g_file_test(made, G_FILE_TEST_IS_REGULAR);
}

static void
add(struct day *day, const struct call *call, guint64 found, gint64 requests)
{
	day->in += call->direction == DIRECTION_IN;
	day->out += call->direction == DIRECTION_OUT;
	day->answered += call->result == RESULT_ANSWERED;
	day->missed += call->result == RESULT_MISSED;
	day->failed += call->result == RESULT_FAILED;
	day->found += found;
	day->missing += call->n_recordings - found;
	day->requests += requests;
}

void
days_add(struct days *days, const struct call *call, gint64 requests)
{
	guint64 found = 0;
	for (guint i = 0; i < call->n_recordings; i++)
		found += is_there(days, call->recordings[i].path);
	add(day_of(days, call->start), call, found, requests);
	add(&days->sum, call, found, requests);
}

static void
print_day(const struct day *d, const char *name, FILE *out)
{
	g_autofree char *first = words_pad(name, 10);
	fprintf(out,
	    "%s %6" G_GUINT64_FORMAT " %6" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT
	    " %7" G_GUINT64_FORMAT " %7" G_GUINT64_FORMAT " %10" G_GUINT64_FORMAT
	    " %7" G_GUINT64_FORMAT " %8" G_GINT64_FORMAT "\n",
	    first, d->in, d->out, d->answered, d->missed, d->failed, d->found, d->missing,
	    d->requests);
}

void
days_print(const struct days *days, FILE *out, double rate)
{
	fputs(_("day            in    out answered  missed  failed recordings missing requests\n"),
	    out);
	for (guint i = 0; i < days->list->len; i++) {
		const struct day *day = &g_array_index(days->list, struct day, i);
		print_day(day, day->date, out);
	}
	print_day(&days->sum, _("all"), out);
	fprintf(out, _("%" PRId64 " requests"), days->sum.requests);
	if (rate > 0) {
		const gint64 minutes = (gint64)((double)days->sum.requests / rate / 60 + 0.5);
		fprintf(out, _(", about %" PRId64 " h %02" PRId64 " min at %g a second"),
		    minutes / 60, minutes % 60, rate);
	}
	fputc('\n', out);
}
