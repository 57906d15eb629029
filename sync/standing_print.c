/* What `status` prints. Pure: everything was gathered before. */
#include "sync/standing.h"

#include "sync/screen.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <jansson.h>

/* Where a line's facts begin; what does not fit on a line goes on there. */
#define FACTS 13
/* And the second line of a warning. */
#define HINT 4

/* Text for people is made line by line. */
struct page {
	const struct standing *s;
	guint width; /* columns; 0: lines are not broken */
	GString *out;
};

static void
add_line(struct page *page, const char *line, guint indent)
{
	g_autofree char *fitting = page->width > 0 ? screen_fit(line, page->width, indent) : NULL;
	g_string_append_printf(page->out, "%s\n", fitting != NULL ? fitting : line);
}

/* A line of facts; it takes `facts` away. */
static void
add_facts(struct page *page, const char *name, GString *facts)
{
	g_autofree char *first = words_pad(name, FACTS - 1);
	g_autofree char *line = g_strdup_printf("%s %s", first, facts->str);
	add_line(page, line, FACTS);
	g_string_free(facts, TRUE);
}

/* Spans, for people. */
static void
append_age(GString *out, gint64 us)
{
	const gint64 s = us / G_USEC_PER_SEC;
	if (s < 120)
		g_string_append_printf(out, _("%" PRId64 " s"), s);
	else if (s < 2 * 3600)
		g_string_append_printf(out, _("%" PRId64 " min"), s / 60);
	else if (s < 48 * 3600)
		g_string_append_printf(out, _("%" PRId64 " h"), s / 3600);
	else
		g_string_append_printf(out, _("%" PRId64 " d"), s / 86400);
}

static void
append_since(GString *out, const struct standing *s, gint64 at)
{
	char when[TEXT_TIME];
	if (at == 0) {
		g_string_append(out, _("never"));
		return;
	}
	g_string_append_printf(out, "%s, ", text_time(at, NULL, when));
	append_age(out, MAX(0, s->now - at));
	g_string_append(out, _(" ago"));
}

static void
add_since(struct page *page, const char *name, gint64 at)
{
	GString *facts = g_string_new(NULL);
	append_since(facts, page->s, at);
	add_facts(page, name, facts);
}

static void
add_number(struct page *page, const char *name, gint64 number)
{
	GString *facts = g_string_new(NULL);
	g_string_append_printf(facts, "%" PRId64, number);
	add_facts(page, name, facts);
}

static void
add_source(struct page *page)
{
	const struct standing *s = page->s;
	add_facts(page, _("source"),
	    g_string_new(s->reached ? s->source : _("cannot be reached, see below")));
	if (!s->reached)
		return;
	add_since(page, _("newest row"), s->newest);
	GString *lag = g_string_new(NULL);
	g_string_append_printf(
	    lag, ngettext("%" PRId64 " row", "%" PRId64 " rows", (gulong)s->lag_rows), s->lag_rows);
	if (s->lag > 0) {
		g_string_append(lag, _(", the first of them waits for "));
		append_age(lag, s->lag);
	}
	add_facts(page, _("lag"), lag);
}

static void
add_outbox(struct page *page)
{
	const struct standing *s = page->s;
	for (int i = 0; i < OUTBOX_STATES; i++) {
		GString *facts = g_string_new(NULL);
		g_autofree char *state = words_pad(words_request((enum outbox_state)i), 8);
		g_string_append_printf(facts, "%8" PRId64 " %s", s->outbox[i].n, state);
		if (s->outbox[i].n > 0) {
			g_string_append(facts, _("  the oldest is "));
			append_age(facts, MAX(0, s->now - s->outbox[i].oldest));
			g_string_append(facts, _(" old"));
		}
		if (i == OUTBOX_READY && s->history > 0)
			g_string_append_printf(
			    facts, _("; %" PRId64 " of them history"), s->history);
		add_facts(page, i == 0 ? _("requests") : "", facts);
	}
}

static void
add_recordings(struct page *page)
{
	GString *facts = g_string_new(NULL);
	for (int i = 0; i < RECORDING_STATES; i++)
		g_string_append_printf(facts, "%s%" PRId64 " %s", i > 0 ? ", " : "",
		    page->s->recordings[i], words_recording((enum recording_state)i));
	add_facts(page, _("recordings"), facts);
}

static void
add_job(struct page *page, const struct job *job)
{
	char from[TEXT_TIME], to[TEXT_TIME];
	GString *facts = g_string_new(NULL);
	g_string_append_printf(
	    facts, _("%s to %s: "), text_time(job->from, NULL, from), text_time(job->to, NULL, to));
	if (job->finished != 0)
		g_string_append_printf(facts, _("read; %" PRId64 " calls, %" PRId64 " requests; "),
		    job->calls, job->events);
	else
		g_string_append_printf(facts,
		    _("at row %" PRId64 " of %" PRId64 "; %" PRId64 " calls, %" PRId64
		      " requests; "),
		    job->next, job->last, job->calls, job->events);
	append_since(facts, page->s, job->finished != 0 ? job->finished : job->changed);
	add_facts(page, _("backfill"), facts);
}

static void
add_warning(struct page *page, const struct warning *warning)
{
	g_auto(GStrv) lines = g_strsplit(warning->text, "\n", -1);
	for (int i = 0; lines[i] != NULL; i++) {
		g_autofree char *clean = text_clean(lines[i]);
		g_autofree char *line =
		    g_strconcat(i > 0                                    ? "    "
				: warning->severity == SEVERITY_CRITICAL ? _("CRITICAL: ")
									 : _("warning: "),
			clean, NULL);
		add_line(page, line, HINT);
	}
}

static void
add_trouble(struct page *page)
{
	const struct trouble *trouble = &page->s->trouble;
	if (trouble->at == 0)
		return;
	g_autofree char *words = text_clean(trouble->words);
	GString *facts = g_string_new(NULL);
	g_string_append_printf(facts, _("status %" PRId64 ", "), trouble->status);
	append_since(facts, page->s, trouble->at);
	g_string_append_printf(facts, ": %s", words);
	add_facts(page, _("last error"), facts);
}

char *
standing_text(const struct standing *s, guint width)
{
	struct page page = { .s = s, .width = width, .out = g_string_new(NULL) };
	add_facts(&page, _("store"), g_string_new(s->path));
	add_since(&page, _("last pass"), s->checkpoint.last_pass);
	add_source(&page);
	add_number(&page, _("cursor row"), s->checkpoint.cursor);
	add_number(&page, _("open calls"), s->open);
	add_outbox(&page);
	add_recordings(&page);
	add_since(&page, _("retention"), s->retained);
	for (guint i = 0; i < s->jobs->len; i++)
		add_job(&page, &g_array_index(s->jobs, struct job, i));
	add_trouble(&page);
	for (guint i = 0; i < s->warnings->len; i++)
		add_warning(&page, &g_array_index(s->warnings, struct warning, i));
	return g_string_free(page.out, FALSE);
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
