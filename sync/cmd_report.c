/*
 * celsync report: every call of a period as the source has it, each in exactly one class: what was told of it, what waits, or why nothing
 * is told. The classes sum to the calls.
 */
#include "sync/app.h"
#include "sync/late_facts.h"
#include "sync/log.h"
#include "sync/pbx.h"
#include "sync/place.h"
#include "sync/screen.h"
#include "sync/text.h"
#include "sync/words.h"

#include "store/announced.h"
#include "store/checkpoint.h"
#include "store/outbox.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum class {
	CLASS_SENT,
	CLASS_WAITING,
	CLASS_UNKNOWN,
	CLASS_REJECTED,
	CLASS_EXPIRED,
	CLASS_SKIPPED,
	CLASS_BEFORE_START,
	CLASS_OPEN,
	CLASS_UNTOLD
};
#define CLASSES (CLASS_UNTOLD + 1)

static const char *const class_names[CLASSES] = { NC_("call", "sent"), NC_("call", "waiting"),
	NC_("call", "unknown"), NC_("call", "rejected"), NC_("call", "expired"),
	NC_("call", "skipped"), NC_("call", "before start"), NC_("call", "open"),
	NC_("call", "not told") };

/* For people: JSON and CSV have the name. */
static const char *class_words(enum class class)
{
	return g_dpgettext2(NULL, "call", class_names[class]);
}

enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_CSV
};

struct report {
	struct app *app;
	store *db; /* NULL: nothing was ever told */
	struct checkpoint checkpoint;
	gint64 from, to, now;
	enum format format;
	guint64 total, classes[CLASSES];
	guint64 late;          /* calls of which facts came too late to be told */
	GHashTable *reasons;   /* why skipped -> count */
	GHashTable *strangers; /* extensions that are not among [pbx] employees */
};

/* All requests of a call, under the id it has or the one under which the hook announced it. */
static GArray *
requests_of(const struct report *r, const struct call *call, GError **error)
{
	g_autoptr(GPtrArray) callids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct outbox_item));
	g_array_set_clear_func(all, (GDestroyNotify)outbox_item_clear);
	if (r->db == NULL)
		return g_steal_pointer(&all);
	g_ptr_array_add(callids, g_strdup(call->callid));
	if (!announced_callids(r->db, call->aliases, callids, error))
		return NULL;
	for (guint i = 0; i < callids->len; i++) {
		g_autoptr(GArray) items = outbox_of_call(r->db, callids->pdata[i], error);
		if (items == NULL)
			return NULL;
		g_array_append_vals(all, items->data, items->len);
		/* The strings went along. */
		g_array_set_clear_func(items, NULL);
	}
	return g_steal_pointer(&all);
}

/* The state that decides: of several requests the one that needs attention. */
static enum class class_of_requests(const GArray *items) {
	static const enum class by_state[OUTBOX_STATES] = { [OUTBOX_READY] = CLASS_WAITING,
		[OUTBOX_SENDING] = CLASS_WAITING,
		[OUTBOX_SENT] = CLASS_SENT,
		[OUTBOX_REJECTED] = CLASS_REJECTED,
		[OUTBOX_UNKNOWN] = CLASS_UNKNOWN,
		[OUTBOX_EXPIRED] = CLASS_EXPIRED };
	    static const int weight[CLASSES] = { [CLASS_SENT] = 1,
		    [CLASS_EXPIRED] = 2,
		    [CLASS_WAITING] = 3,
		    [CLASS_UNKNOWN] = 4,
		    [CLASS_REJECTED] = 5 };
	    enum class class = CLASS_UNTOLD; for (guint i = 0; i < items->len; i++){
		    const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		    /* An announcement that came to nothing is no loss: the call itself is told. */
		    if (item->rank == OUTBOX_ANNOUNCE) continue;
		    enum class its = by_state[item->state];
		    if (class == CLASS_UNTOLD || weight[its] > weight[class]) class = its;
}
return class;
}

static enum class classify(const struct report *r, const struct call *call, const GArray *items) {
	if (call->settled == SETTLED_OPEN) return CLASS_OPEN;
	    enum class class = class_of_requests(items); if (class != CLASS_UNTOLD) return class;
	    if (call->skip != NULL) return CLASS_SKIPPED;
	    return r->db == NULL || call->start < r->checkpoint.start ? CLASS_BEFORE_START
	                                                              : CLASS_UNTOLD;
}

static void
note_strangers(struct report *r, const struct call *call)
{
	GHashTable *employees = r->app->config->pbx.employees;
	if (employees == NULL || g_hash_table_size(employees) == 0)
		return;
	for (guint i = 0; i < call->n_legs; i++) {
		const char *ext = call->legs[i].ext;
		if (ext != NULL && !g_hash_table_contains(employees, ext))
			g_hash_table_add(r->strangers, g_strdup(ext));
	}
}

/* A field as RFC 4180 wants it; what a spreadsheet would take for a formula is kept from it. */
static void
print_csv_field(const char *text, const char *before)
{
	g_autofree char *clean = text_clean(text);
	printf("%s\"%s", before, *clean != '\0' && strchr("=+-@", *clean) ? "'" : "");
	for (const char *p = clean; *p != '\0'; p++)
		printf(*p == '"' ? "\"\"" : "%c", *p);
	putchar('"');
}

static void
print_json_line(const struct call *call, const char *start, const char *class, const char *why,
    const GPtrArray *late)
{
	json_t *facts = json_array();
	for (guint i = 0; i < late->len; i++)
		json_array_append_new(facts, json_string(late->pdata[i]));
	g_autofree char *client = call->client != NULL ? text_clean(call->client) : NULL;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:I, s:s, s:s?, s:o}", "callid",
	    call->callid, "start", start, "direction", direction_name(call->direction), "client",
	    client, "result", result_name(call->result), "talk",
	    (json_int_t)text_seconds(call->talk), "class", class, "reason", why, "late", facts);
	g_autofree char *line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	printf("%s\n", line);
}

static void
print_call(const struct report *r, const struct call *call, enum class class, const GPtrArray *late)
{
	char start[TEXT_TIME];
	text_time(call->start, NULL, start);
	const char *why = class == CLASS_SKIPPED ? call->skip : NULL;
	if (r->format == FORMAT_JSON) {
		print_json_line(call, start, class_names[class], why, late);
		return;
	}
	if (r->format == FORMAT_CSV) {
		g_ptr_array_add((GPtrArray *)late, NULL);
		g_autofree char *facts = g_strjoinv("; ", (char **)late->pdata);
		g_autofree char *talk =
		    g_strdup_printf("%" G_GINT64_FORMAT, text_seconds(call->talk));
		const char *const fields[] = { start, call->callid, direction_name(call->direction),
			call->client != NULL ? call->client : "", result_name(call->result), talk,
			class_names[class], why != NULL ? why : "", facts };
		for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
			print_csv_field(fields[i], i > 0 ? "," : "");
		putchar('\n');
		return;
	}
	/* As text only what is not simply done. */
	if ((class == CLASS_SENT || class == CLASS_SKIPPED) && late->len == 0)
		return;
	g_autofree char *client = text_clean(call->client != NULL ? call->client : "");
	g_autofree char *direction = words_pad(words_direction(call->direction), 8);
	g_autofree char *result = words_pad(words_result(call->result), 8);
	screen_print(4, "%-20s  %-22s  %s  %-15s  %s  %s", start, call->callid, direction, client,
	    result, class_words(class));
	for (guint i = 0; i < late->len; i++) {
		g_autofree char *fact = words_note(late->pdata[i]);
		screen_print(6, _("    too late: %s"), fact);
	}
}

static gboolean
take_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	struct report *r = data;
	struct call_patience patience = pbx_patience(r->app->config);
	(void)group;
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (call->start < r->from || call->start >= r->to)
			continue;
		call_settle(
		    call, t, &patience, t->last != TIME_NONE ? r->now - t->last : patience.stale);
		g_autoptr(GArray) items = requests_of(r, call, error);
		if (items == NULL)
			return FALSE;
		enum class class = classify(r, call, items);
		g_autoptr(GPtrArray) late = late_facts(call, items);
		r->late += late->len > 0;
		r->total++;
		r->classes[class]++;
		if (class == CLASS_SKIPPED) {
			gpointer n = g_hash_table_lookup(r->reasons, call->skip);
			g_hash_table_insert(r->reasons, (gpointer)call->skip,
			    GSIZE_TO_POINTER(GPOINTER_TO_SIZE(n) + 1));
		}
		note_strangers(r, call);
		print_call(r, call, class, late);
	}
	return TRUE;
}

/* Classes, their sum, and whom PlanFix does not know. On stderr where stdout is for programs. */
static void
print_sum(const struct report *r)
{
	FILE *out = r->format == FORMAT_TEXT ? stdout : stderr;
	for (int i = 0; i < CLASSES; i++) {
		if (r->classes[i] > 0)
			fprintf(out, "%8" G_GUINT64_FORMAT "  %s\n", r->classes[i],
			    class_words((enum class)i));
	}
	GHashTableIter iter;
	gpointer key, value;
	g_hash_table_iter_init(&iter, r->reasons);
	while (g_hash_table_iter_next(&iter, &key, &value))
		fprintf(out, _("%16zu  skipped: %s\n"), GPOINTER_TO_SIZE(value), words_skip(key));
	fprintf(out, _("%8" PRIu64 "  calls in the source\n"), r->total);
	if (r->late > 0)
		fprintf(out,
		    _("of %" PRIu64
		      " calls facts came too late to be told; what was sent is never corrected\n"),
		    r->late);
	g_hash_table_iter_init(&iter, r->strangers);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		fprintf(out,
		    _("extension %s rang or talked and is not among [pbx] employees: PlanFix drops "
		      "its calls without a word\n"),
		    (const char *)key);
}

static int
run(struct report *r)
{
	g_autoptr(GError) error = NULL;
	gboolean found;
	const char *path = r->app->config->store.path;
	if (g_file_test(path, G_FILE_TEST_EXISTS)) {
		r->db = store_open(path, STORE_READ, &error);
		if (r->db == NULL || !checkpoint_get(r->db, &r->checkpoint, &found, &error))
			return app_fail(NULL, error);
	}
	struct pbx pbx;
	if (!pbx_open(&pbx, r->app->config, &error))
		return app_fail(NULL, error);
	r->now = g_get_real_time();
	if (r->format == FORMAT_CSV)
		printf("start,callid,direction,client,result,talk,class,reason,late\n");
	struct rebuild_options options = pbx_rebuild_options(&pbx, r->app->config);
	options.open = TRUE;
	g_autoptr(rebuild) rows = rebuild_new(pbx.source, &options, take_group, NULL, r);
	gint64 low, high;
	gboolean ok =
	    place_range(pbx.source, &pbx.zone, r->from, r->to, &low, &high, &error) &&
	    rebuild_scan(rows, low - 1, high, &app_stop, &error) &&
	    (app_stop || (rebuild_orphans(rows, r->from, MIN(r->to, r->now), &app_stop, &error) &&
			     rebuild_finish(rows, &error)));
	g_clear_pointer(&rows, rebuild_free);
	pbx_close(&pbx);
	if (!ok)
		return app_fail(NULL, error);
	if (!app_stop)
		print_sum(r);
	return EXIT_DONE;
}

int
cmd_report(struct app *app, int argc, char **argv)
{
	g_autofree char *from = NULL, *to = NULL;
	gboolean json = FALSE, csv = FALSE;
	const GOptionEntry entries[] = {
		{ "from", 0, 0, G_OPTION_ARG_STRING, &from,
		    N_("Calls that began at T or later (default: a day ago)"), "T" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &to,
		    N_("Calls that began before T (default: now)"), "T" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("Every call, one JSON object a line"),
		    NULL },
		{ "csv", 0, 0, G_OPTION_ARG_NONE, &csv, N_("Every call, as CSV"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	struct report r = { .app = app, .to = g_get_real_time() };
	g_autoptr(GError) error = NULL;
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (json && csv) {
		log_say(LOG_LEVEL_ERROR, "--json or --csv, not both");
		return EXIT_USAGE;
	}
	r.from = r.to - 24 * 3600 * (gint64)G_USEC_PER_SEC;
	if ((from != NULL && !config_parse_time(from, NULL, &r.from, &error)) ||
	    (to != NULL && !config_parse_time(to, NULL, &r.to, &error))) {
		log_say(LOG_LEVEL_ERROR, "%s", error->message);
		return EXIT_USAGE;
	}
	if (!app_config(app, CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_STORE, &status))
		return status;
	r.format = csv ? FORMAT_CSV : json ? FORMAT_JSON : FORMAT_TEXT;
	r.reasons = g_hash_table_new(g_str_hash, g_str_equal);
	r.strangers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	status = run(&r);
	g_clear_pointer(&r.db, store_close);
	g_hash_table_destroy(r.reasons);
	g_hash_table_destroy(r.strangers);
	return status;
}
