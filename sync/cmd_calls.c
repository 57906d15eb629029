/* celsync calls: calls rebuilt straight from the source; nothing is changed anywhere. */
#include "sync/app.h"
#include "sync/call_json.h"
#include "sync/find.h"
#include "sync/log.h"
#include "sync/pbx.h"
#include "sync/place.h"
#include "sync/screen.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>
#include <stdio.h>

struct listing {
	gint64 from, to; /* calls that began in this time; TIME_NONE: no bound */
	const char *id;  /* only the call with this id; NULL: all */
	gboolean json, summary;
	struct call_patience patience;
	gint64 newest; /* the table's own time, µs UTC */
	guint64 by_direction[3], by_result[3], skipped, total;
	guint64 talk;
};

static gboolean
has_id(const struct call *call, const char *id)
{
	if (id == NULL || strcmp(call->callid, id) == 0)
		return TRUE;
	for (const char *const *l = call->linkedids; *l != NULL; l++) {
		if (strcmp(*l, id) == 0)
			return TRUE;
	}
	return FALSE;
}

static void
print_row(const struct call *call)
{
	char start[TEXT_TIME];
	g_autoptr(GString) legs = g_string_new(NULL);
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		if (leg->ext == NULL && leg->outside == NULL)
			continue;
		g_string_append_printf(legs, "%s%s%s%s", legs->len > 0 ? ", " : "",
		    leg->ext != NULL ? leg->ext : leg->outside,
		    leg->status != STATUS_NONE ? " " : "",
		    leg->status != STATUS_NONE ? status_name(leg->status) : "");
	}
	if (call->skip != NULL)
		g_string_append_printf(
		    legs, "%s(%s)", legs->len > 0 ? " " : "", words_skip(call->skip));
	g_autofree char *client = text_clean(call->client != NULL ? call->client : "-");
	g_autofree char *direction = words_pad(words_direction(call->direction), 8);
	g_autofree char *result = words_pad(words_result(call->result), 8);
	screen_print(4, "%-20s  %s  %-15s  %s  %5" G_GINT64_FORMAT "  %-22s  %s",
	    text_time(call->start, NULL, start), direction, client, result,
	    text_seconds(call->talk), call->callid, legs->str);
}

static void
count(struct listing *l, const struct call *call)
{
	l->total++;
	l->by_direction[call->direction]++;
	l->by_result[call->result]++;
	l->skipped += call->skip != NULL;
	l->talk += (guint64)text_seconds(call->talk);
}

static gboolean
list_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	(void)group;
	(void)error;
	struct listing *l = data;
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if ((l->from != TIME_NONE && call->start < l->from) ||
		    (l->to != TIME_NONE && call->start >= l->to) || !has_id(call, l->id))
			continue;
		call_settle(call, t, &l->patience,
		    t->last != TIME_NONE ? l->newest - t->last : l->patience.stale);
		count(l, call);
		if (l->summary)
			continue;
		if (!l->json) {
			print_row(call);
			continue;
		}
		json_t *object = call_to_json(call);
		g_autofree char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
		json_decref(object);
		printf("%s\n", line);
	}
	return TRUE;
}

static gboolean
list_found(const struct call *call, const struct timeline *t, const GPtrArray *calls, gpointer data,
    GError **error)
{
	(void)call;
	return list_group(NULL, t, (GPtrArray *)calls, data, error);
}

/* Calls across the edges come whole: rows a little outside are read as well. */
#define MARGIN (60 * G_USEC_PER_SEC)

static gboolean
first_time(struct pbx *pbx, gint64 first, gint64 *utc, GError **error)
{
	gint64 at;
	struct wall time;
	gboolean found = FALSE;
	if (first != 0 && !source_probe(pbx->source, first, &at, &time, &found, error))
		return FALSE;
	*utc = found ? zone_utc_once(&pbx->zone, time)
	             : g_get_real_time() - 3660 * 24 * 3600 * (gint64)G_USEC_PER_SEC;
	return TRUE;
}

static gboolean
read_range(struct pbx *pbx, rebuild *r, struct listing *l, GError **error)
{
	gint64 first, last;
	if (!source_bounds(pbx->source, &first, &last, error))
		return FALSE;
	gint64 low = first, high = last + 1;
	if (first != 0 && l->from != TIME_NONE &&
	    !place_bisect(pbx->source, &pbx->zone, l->from - MARGIN, &low, error))
		return FALSE;
	if (first != 0 && l->to != TIME_NONE &&
	    !place_bisect(pbx->source, &pbx->zone, l->to + MARGIN, &high, error))
		return FALSE;
	if (!rebuild_scan(r, low - 1, high - 1, &app_stop, error) || app_stop)
		return !app_stop;
	gint64 from = l->from;
	if (from == TIME_NONE && !first_time(pbx, first, &from, error))
		return FALSE;
	return rebuild_orphans(
		   r, from, l->to != TIME_NONE ? l->to : g_get_real_time(), &app_stop, error) &&
	       (app_stop || rebuild_finish(r, error));
}

static gboolean
newest_time(struct pbx *pbx, gint64 *utc, GError **error)
{
	gint64 first, last, at;
	struct wall time = { 0 };
	gboolean found = FALSE;
	*utc = g_get_real_time();
	if (!source_has_cel(pbx->source))
		return TRUE;
	if (!source_bounds(pbx->source, &first, &last, error) ||
	    !source_probe(pbx->source, last, &at, &time, &found, error))
		return FALSE;
	if (found && time.us != WALL_NONE)
		*utc = MAX(*utc, zone_utc_once(&pbx->zone, time));
	return TRUE;
}

static void
print_summary(const struct listing *l)
{
	printf(_("%" PRIu64 " calls: %" PRIu64 " in, %" PRIu64 " out, %" PRIu64 " internal; "
		 "%" PRIu64 " answered, %" PRIu64 " missed, %" PRIu64 " failed; %" PRIu64
		 " skipped; %" PRIu64 " s of talk\n"),
	    l->total, l->by_direction[0], l->by_direction[1], l->by_direction[2], l->by_result[0],
	    l->by_result[1], l->by_result[2], l->skipped, l->talk);
}

static int
run(struct app *app, struct listing *l)
{
	g_autoptr(GError) error = NULL;
	struct pbx pbx;
	if (!pbx_open(&pbx, app->config, &error))
		return app_fail(NULL, error);
	struct rebuild_options options = pbx_rebuild_options(&pbx, app->config);
	options.open = TRUE;
	l->patience = pbx_patience(app->config);
	g_autoptr(rebuild) r = rebuild_new(pbx.source, &options, list_group, NULL, l);
	if (!l->json && !l->summary)
		screen_print(4, "%s",
		    _("start (UTC)                     client           result     talk  call      "
		      "              employees"));
	gboolean found, ok = newest_time(&pbx, &l->newest, &error);
	if (ok && l->id != NULL)
		ok = find_call(&pbx, app->config, l->id, l->newest, list_found, l, &found, &error);
	else if (ok)
		ok = read_range(&pbx, r, l, &error);
	g_clear_pointer(&r, rebuild_free);
	pbx_close(&pbx);
	if (!ok)
		return app_fail(NULL, error);
	if (l->summary)
		print_summary(l);
	if (l->id != NULL && l->total == 0) {
		log_say(LOG_LEVEL_ERROR,
		    "no call %s in the source\n"
		    "Give a callid as `celsync calls` prints it, or any linkedid of the call.",
		    l->id);
		return EXIT_PARTLY;
	}
	return EXIT_DONE;
}

static gboolean
bound(const char *option, const char *text, gint64 *us)
{
	g_autoptr(GError) error = NULL;
	*us = TIME_NONE;
	if (text == NULL || config_parse_time(text, NULL, us, &error))
		return TRUE;
	log_say(LOG_LEVEL_ERROR, "%s: %s", option, error->message);
	return FALSE;
}

int
cmd_calls(struct app *app, int argc, char **argv)
{
	g_autofree char *from = NULL, *to = NULL, *id = NULL;
	struct listing l = { 0 };
	const GOptionEntry entries[] = {
		{ "from", 0, 0, G_OPTION_ARG_STRING, &from, N_("Calls that began at T or later"),
		    "T" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &to, N_("Calls that began before T"), "T" },
		{ "call", 0, 0, G_OPTION_ARG_STRING, &id,
		    N_("One call, by callid or any linkedid of it"), "ID" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &l.json, N_("One JSON object a line"), NULL },
		{ "summary", 0, 0, G_OPTION_ARG_NONE, &l.summary, N_("Only how many there are"),
		    NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (!bound("--from", from, &l.from) || !bound("--to", to, &l.to))
		return EXIT_USAGE;
	if (id == NULL && from == NULL && to == NULL) {
		log_say(LOG_LEVEL_ERROR,
		    "calls wants --from T and --to T, or --call ID\n"
		    "For example: celsync calls --from 2026-10-01 --to 2026-10-02");
		return EXIT_USAGE;
	}
	l.id = id;
	if (!app_config(app, CONFIG_NEEDS_SOURCE, &status))
		return status;
	return run(app, &l);
}
