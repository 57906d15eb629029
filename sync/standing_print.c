/* What `status` prints. Pure: everything was gathered before. */
#include "sync/standing.h"

#include "sync/text.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <jansson.h>

/* Spans, for people. */
static void
append_age(GString *out, gint64 us)
{
	const gint64 s = us / G_USEC_PER_SEC;
	if (s < 120)
		g_string_append_printf(out, "%" G_GINT64_FORMAT " s", s);
	else if (s < 2 * 3600)
		g_string_append_printf(out, _("%" PRId64 " min"), s / 60);
	else if (s < 48 * 3600)
		g_string_append_printf(out, "%" G_GINT64_FORMAT " h", s / 3600);
	else
		g_string_append_printf(out, "%" G_GINT64_FORMAT " d", s / 86400);
}

static void
append_since(GString *out, const struct standing *s, gint64 at)
{
	char when[TEXT_TIME];
	if (at == 0) {
		g_string_append(out, "never");
		return;
	}
	g_string_append_printf(out, "%s, ", text_time(at, NULL, when));
	append_age(out, MAX(0, s->now - at));
	g_string_append(out, _(" ago"));
}

static void
append_line(GString *out, const struct standing *s, const char *name, gint64 at)
{
	g_string_append_printf(out, "%-12s ", name);
	append_since(out, s, at);
	g_string_append_c(out, '\n');
}

static void
append_source(GString *out, const struct standing *s)
{
	if (!s->reached) {
		g_string_append(out, _("source       cannot be reached, see below\n"));
		return;
	}
	g_string_append_printf(out, _("source       %s\n"), s->source);
	append_line(out, s, _("newest row"), s->newest);
	g_string_append_printf(out, _("lag          %" PRId64 " rows"), s->lag_rows);
	if (s->lag > 0) {
		g_string_append(out, _(", the first of them waits for "));
		append_age(out, s->lag);
	}
	g_string_append_c(out, '\n');
}

static void
append_outbox(GString *out, const struct standing *s)
{
	for (int i = 0; i < OUTBOX_STATES; i++) {
		g_string_append_printf(out, "%-12s %8" G_GINT64_FORMAT " %-8s",
		    i == 0 ? "requests" : "", s->outbox[i].n,
		    outbox_state_name((enum outbox_state)i));
		if (s->outbox[i].n > 0) {
			g_string_append(out, _("  the oldest is "));
			append_age(out, MAX(0, s->now - s->outbox[i].oldest));
			g_string_append(out, _(" old"));
		}
		if (i == OUTBOX_READY && s->history > 0)
			g_string_append_printf(
			    out, "; %" G_GINT64_FORMAT " of them history", s->history);
		g_string_append_c(out, '\n');
	}
}

static void
append_recordings(GString *out, const struct standing *s)
{
	g_string_append(out, _("recordings  "));
	for (int i = 0; i < RECORDING_STATES; i++)
		g_string_append_printf(out, " %" G_GINT64_FORMAT " %s%s", s->recordings[i],
		    recording_state_name((enum recording_state)i),
		    i + 1 < RECORDING_STATES ? "," : "\n");
}

static void
append_job(GString *out, const struct standing *s, const struct job *job)
{
	char from[TEXT_TIME], to[TEXT_TIME];
	g_string_append_printf(out, _("backfill     %s to %s: "), text_time(job->from, NULL, from),
	    text_time(job->to, NULL, to));
	if (job->finished != 0)
		g_string_append_printf(out, _("read; %" PRId64 " calls, %" PRId64 " requests; "),
		    job->calls, job->events);
	else
		g_string_append_printf(out,
		    _("at row %" PRId64 " of %" PRId64 "; %" PRId64 " calls, %" PRId64
		      " requests; "),
		    job->next, job->last, job->calls, job->events);
	append_since(out, s, job->finished != 0 ? job->finished : job->changed);
	g_string_append_c(out, '\n');
}

static void
append_warning(GString *out, const struct warning *warning)
{
	g_auto(GStrv) lines = g_strsplit(warning->text, "\n", -1);
	for (int i = 0; lines[i] != NULL; i++) {
		g_autofree char *clean = text_clean(lines[i]);
		g_string_append_printf(out, "%s%s\n",
		    i > 0                                    ? "    "
		    : warning->severity == SEVERITY_CRITICAL ? _("CRITICAL: ")
							     : _("warning: "),
		    clean);
	}
}

char *
standing_text(const struct standing *s)
{
	GString *out = g_string_new(NULL);
	g_string_append_printf(out, _("store        %s\n"), s->path);
	append_line(out, s, _("last pass"), s->checkpoint.last_pass);
	append_source(out, s);
	g_string_append_printf(out, _("cursor       row %" PRId64 "\n"), s->checkpoint.cursor);
	g_string_append_printf(out, _("open calls   %" PRId64 "\n"), s->open);
	append_outbox(out, s);
	append_recordings(out, s);
	append_line(out, s, "retention", s->retained);
	for (guint i = 0; i < s->jobs->len; i++)
		append_job(out, s, &g_array_index(s->jobs, struct job, i));
	if (s->trouble.at != 0) {
		g_autofree char *words = text_clean(s->trouble.words);
		g_string_append_printf(
		    out, _("last error   status %" PRId64 ", "), s->trouble.status);
		append_since(out, s, s->trouble.at);
		g_string_append_printf(out, ": %s\n", words);
	}
	for (guint i = 0; i < s->warnings->len; i++)
		append_warning(out, &g_array_index(s->warnings, struct warning, i));
	return g_string_free(out, FALSE);
}

/* JSON. */

static json_t *
time_json(gint64 us)
{
	char buffer[TEXT_TIME];
	return us == 0 ? json_null() : json_string(text_time(us, NULL, buffer));
}

static json_t *
words_json(const char *text)
{
	g_autofree char *clean = text_clean(text);
	return json_string(clean);
}

static json_t *
outbox_json(const struct standing *s)
{
	json_t *outbox = json_object();
	for (int i = 0; i < OUTBOX_STATES; i++) {
		json_t *state = json_object();
		json_object_set_new(state, "count", json_integer(s->outbox[i].n));
		json_object_set_new(
		    state, "oldest", time_json(s->outbox[i].n > 0 ? s->outbox[i].oldest : 0));
		json_object_set_new(outbox, outbox_state_name((enum outbox_state)i), state);
	}
	return outbox;
}

static json_t *
recordings_json(const struct standing *s)
{
	json_t *recordings = json_object();
	for (int i = 0; i < RECORDING_STATES; i++)
		json_object_set_new(recordings, recording_state_name((enum recording_state)i),
		    json_integer(s->recordings[i]));
	return recordings;
}

static json_t *
jobs_json(const struct standing *s)
{
	json_t *jobs = json_array();
	for (guint i = 0; i < s->jobs->len; i++) {
		const struct job *job = &g_array_index(s->jobs, struct job, i);
		json_t *o = json_object();
		json_object_set_new(o, "from", time_json(job->from));
		json_object_set_new(o, "to", time_json(job->to));
		json_object_set_new(o, "next_row", json_integer(job->next));
		json_object_set_new(o, "last_row", json_integer(job->last));
		json_object_set_new(o, "began", time_json(job->began));
		json_object_set_new(o, "changed", time_json(job->changed));
		json_object_set_new(o, "finished", time_json(job->finished));
		json_object_set_new(o, "calls", json_integer(job->calls));
		json_object_set_new(o, "requests", json_integer(job->events));
		json_array_append_new(jobs, o);
	}
	return jobs;
}

static json_t *
warnings_json(const struct standing *s)
{
	json_t *warnings = json_array();
	for (guint i = 0; i < s->warnings->len; i++) {
		const struct warning *w = &g_array_index(s->warnings, struct warning, i);
		g_auto(GStrv) lines = g_strsplit(w->text, "\n", 2);
		json_t *o = json_object();
		json_object_set_new(o, "code", json_string(warning_name(w->kind)));
		json_object_set_new(o, "severity",
		    json_string(w->severity == SEVERITY_CRITICAL ? "critical" : "warning"));
		json_object_set_new(o, "text", words_json(lines[0]));
		json_object_set_new(o, "hint",
		    lines[0] != NULL && lines[1] != NULL ? words_json(lines[1]) : json_null());
		json_array_append_new(warnings, o);
	}
	return warnings;
}

static json_t *
source_json(const struct standing *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "reached", json_boolean(s->reached));
	json_object_set_new(
	    o, "newest_row", s->reached && s->last > 0 ? json_integer(s->last) : json_null());
	json_object_set_new(o, "newest_time", time_json(s->newest));
	json_object_set_new(o, "lag_rows", s->reached ? json_integer(s->lag_rows) : json_null());
	json_object_set_new(
	    o, "lag_seconds", s->reached ? json_integer(s->lag / G_USEC_PER_SEC) : json_null());
	return o;
}

static json_t *
trouble_json(const struct standing *s)
{
	if (s->trouble.at == 0)
		return json_null();
	json_t *o = json_object();
	json_object_set_new(o, "at", time_json(s->trouble.at));
	json_object_set_new(o, "status", json_integer(s->trouble.status));
	json_object_set_new(o, "text", words_json(s->trouble.words));
	return o;
}

char *
standing_json(const struct standing *s)
{
	json_t *o = json_object();
	json_object_set_new(o, "last_pass", time_json(s->checkpoint.last_pass));
	json_object_set_new(o, "cursor", json_integer(s->checkpoint.cursor));
	json_object_set_new(o, "start", time_json(s->checkpoint.start));
	json_object_set_new(o, "source", source_json(s));
	json_object_set_new(o, "open_calls", json_integer(s->open));
	json_object_set_new(o, "outbox", outbox_json(s));
	json_object_set_new(o, "waiting_live", json_integer(s->live));
	json_object_set_new(o, "waiting_history", json_integer(s->history));
	json_object_set_new(o, "recordings", recordings_json(s));
	json_object_set_new(o, "hook_heard", time_json(s->heard));
	json_object_set_new(o, "retention", time_json(s->retained));
	json_object_set_new(o, "jobs", jobs_json(s));
	json_object_set_new(o, "last_error", trouble_json(s));
	json_object_set_new(o, "warnings", warnings_json(s));
	g_autofree char *text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	return g_strconcat(text, "\n", NULL);
}

/* Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/, for node_exporter's textfile collector. */

static void
metric(GString *out, const char *name, const char *help)
{
	g_string_append_printf(
	    out, "# HELP celsync_%s %s\n# TYPE celsync_%s gauge\n", name, help, name);
}

static void
single(GString *out, const char *name, const char *help, gint64 value)
{
	metric(out, name, help);
	g_string_append_printf(out, "celsync_%s %" G_GINT64_FORMAT "\n", name, value);
}

/* Absent where it is not known: a zero would be a time in 1970. */
static void
moment(GString *out, const char *name, const char *help, gint64 us)
{
	if (us != 0)
		single(out, name, help, us / G_USEC_PER_SEC);
}

static void
labelled(GString *out, const char *name, const char *label, const char *value, gint64 number)
{
	g_string_append_printf(
	    out, "celsync_%s{%s=\"%s\"} %" G_GINT64_FORMAT "\n", name, label, value, number);
}

static void
outbox_metrics(GString *out, const struct standing *s)
{
	metric(out, "outbox_requests", "Requests to PlanFix by state.");
	for (int i = 0; i < OUTBOX_STATES; i++)
		labelled(out, "outbox_requests", "state", outbox_state_name((enum outbox_state)i),
		    s->outbox[i].n);
	metric(out, "outbox_oldest_age_seconds",
	    "Age of the oldest request in each state; 0 where there is none.");
	for (int i = 0; i < OUTBOX_STATES; i++)
		labelled(out, "outbox_oldest_age_seconds", "state",
		    outbox_state_name((enum outbox_state)i),
		    s->outbox[i].n > 0 ? MAX(0, s->now - s->outbox[i].oldest) / G_USEC_PER_SEC : 0);
	single(out, "outbox_live_waiting", "Requests of live calls that wait to be sent.", s->live);
	single(out, "outbox_history_waiting", "Requests of past calls that wait to be sent.",
	    s->history);
}

static void
job_metrics(GString *out, const struct standing *s)
{
	gint64 unfinished = 0, rows = 0;
	for (guint i = 0; i < s->jobs->len; i++) {
		const struct job *job = &g_array_index(s->jobs, struct job, i);
		if (job->finished != 0)
			continue;
		unfinished++;
		rows += MAX(0, job->last + 1 - job->next);
	}
	single(out, "backfill_jobs_unfinished",
	    "Backfills that were begun and not read to the end.", unfinished);
	single(out, "backfill_rows_remaining", "Rows that unfinished backfills have still to read.",
	    rows);
}

static void
warning_metrics(GString *out, const struct standing *s)
{
	enum severity worst[WARNINGS] = { SEVERITY_OK };
	for (guint i = 0; i < s->warnings->len; i++) {
		const struct warning *w = &g_array_index(s->warnings, struct warning, i);
		worst[w->kind] = MAX(worst[w->kind], w->severity);
	}
	metric(out, "warning", "What is wrong: 0 nothing, 1 warning, 2 critical.");
	for (int i = 0; i < WARNINGS; i++)
		labelled(out, "warning", "code", warning_name((enum warning_kind)i), worst[i]);
}

char *
standing_prometheus(const struct standing *s)
{
	GString *out = g_string_new(NULL);
	metric(out, "build_info", "The version of celsync.");
	g_string_append(out, "celsync_build_info{version=\"" CELSYNC_VERSION "\"} 1\n");
	moment(out, "status_timestamp_seconds", "When this was gathered.", s->now);
	moment(out, "last_pass_timestamp_seconds", "When a pass last ended well.",
	    s->checkpoint.last_pass);
	single(out, "source_up", "Whether the source could be asked.", s->reached);
	if (s->reached) {
		moment(out, "source_newest_row_timestamp_seconds", "Time of the newest CEL row.",
		    s->newest);
		single(out, "lag_rows", "CEL rows behind the cursor.", s->lag_rows);
		single(out, "lag_seconds", "Age of the first CEL row behind the cursor.",
		    s->lag / G_USEC_PER_SEC);
	}
	single(out, "open_calls", "Calls that are not over yet.", s->open);
	outbox_metrics(out, s);
	metric(out, "recordings", "Recordings by state.");
	for (int i = 0; i < RECORDING_STATES; i++)
		labelled(out, "recordings", "state", recording_state_name((enum recording_state)i),
		    s->recordings[i]);
	job_metrics(out, s);
	moment(out, "last_error_timestamp_seconds", "When a run last ended badly.", s->trouble.at);
	moment(out, "hook_timestamp_seconds", "When the hook last announced a call.", s->heard);
	moment(out, "retention_timestamp_seconds", "When retention last came to its end.",
	    s->retained);
	warning_metrics(out, s);
	return g_string_free(out, FALSE);
}
