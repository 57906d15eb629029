/*
 * celsync report: every call of a period as the source has it, each in exactly one class: what was told of it, what waits, or why nothing
 * is told. The classes sum to the calls.
 */
#include "sync/app.h"
#include "sync/pbx.h"
#include "sync/text.h"

#include "store/checkpoint.h"
#include "store/outbox.h"

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

static const char *const class_names[CLASSES] = { "sent", "waiting", "unknown", "rejected",
	"expired", "skipped", "before start", "open", "not told" };

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
	GHashTable *reasons;   /* why skipped -> count */
	GHashTable *strangers; /* extensions that are not among [pbx] employees */
};

/* The state that decides: of several requests the one that needs attention. */
static gboolean
class_of_requests(const struct report *r, const char *callid, enum class *class, GError **error)
{
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
	*class = CLASS_UNTOLD;
	if (r->db == NULL)
		return TRUE;
	g_autoptr(GArray) items = outbox_of_call(r->db, callid, error);
	if (items == NULL)
		return FALSE;
	for (guint i = 0; i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		/* An announcement that came to nothing is no loss: the call itself is told. */
		if (item->rank == OUTBOX_ANNOUNCE)
			continue;
		enum class its = by_state[item->state];
		if (*class == CLASS_UNTOLD || weight[its] > weight[*class])
			*class = its;
	}
	return TRUE;
}

static gboolean
classify(const struct report *r, const struct call *call, enum class *class, GError **error)
{
	if (call->settled == SETTLED_OPEN) {
		*class = CLASS_OPEN;
		return TRUE;
	}
	if (!class_of_requests(r, call->callid, class, error))
		return FALSE;
	if (*class != CLASS_UNTOLD)
		return TRUE;
	if (call->skip != NULL)
		*class = CLASS_SKIPPED;
	else if (r->db == NULL || call->start < r->checkpoint.start)
		*class = CLASS_BEFORE_START;
	return TRUE;
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

static void
print_call(const struct report *r, const struct call *call, enum class class)
{
	char start[TEXT_TIME];
	text_time(call->start, NULL, start);
	g_autofree char *client = text_clean(call->client != NULL ? call->client : "");
	const char *why = class == CLASS_SKIPPED ? call->skip : "";
	if (r->format == FORMAT_CSV) {
		printf("%s,%s,%s,\"%s\",%s,%" G_GINT64_FORMAT ",%s,\"%s\"\n", start, call->callid,
		    direction_name(call->direction), client, result_name(call->result),
		    text_seconds(call->talk), class_names[class], why);
		return;
	}
	if (r->format == FORMAT_JSON) {
		json_t *o = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:I, s:s, s:s?}", "callid",
		    call->callid, "start", start, "direction", direction_name(call->direction),
		    "client", call->client != NULL ? client : NULL, "result",
		    result_name(call->result), "talk", (json_int_t)text_seconds(call->talk),
		    "class", class_names[class], "reason", *why != '\0' ? why : NULL);
		g_autofree char *line = json_dumps(o, JSON_COMPACT);
		json_decref(o);
		printf("%s\n", line);
		return;
	}
	/* As text only what is not simply done. */
	if (class != CLASS_SENT && class != CLASS_SKIPPED)
		printf("%-20s  %-22s  %-8s  %-15s  %-8s  %s\n", start, call->callid,
		    direction_name(call->direction), client, result_name(call->result),
		    class_names[class]);
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
		enum class class;
		if (call->start < r->from || call->start >= r->to)
			continue;
		call_settle(
		    call, t, &patience, t->last != TIME_NONE ? r->now - t->last : patience.stale);
		if (!classify(r, call, &class, error))
			return FALSE;
		r->total++;
		r->classes[class]++;
		if (class == CLASS_SKIPPED) {
			gpointer n = g_hash_table_lookup(r->reasons, call->skip);
			g_hash_table_insert(r->reasons, (gpointer)call->skip,
			    GSIZE_TO_POINTER(GPOINTER_TO_SIZE(n) + 1));
		}
		note_strangers(r, call);
		print_call(r, call, class);
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
			fprintf(out, "%8" G_GUINT64_FORMAT "  %s\n", r->classes[i], class_names[i]);
	}
	GHashTableIter iter;
	gpointer key, value;
	g_hash_table_iter_init(&iter, r->reasons);
	while (g_hash_table_iter_next(&iter, &key, &value))
		fprintf(out, "%16" G_GSIZE_FORMAT "  skipped: %s\n", GPOINTER_TO_SIZE(value),
		    (const char *)key);
	fprintf(out, "%8" G_GUINT64_FORMAT "  calls in the source\n", r->total);
	g_hash_table_iter_init(&iter, r->strangers);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		fprintf(out,
		    "extension %s rang or talked and is not among [pbx] employees: PlanFix drops "
		    "its calls without a word\n",
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
		printf("start,callid,direction,client,result,talk,class,reason\n");
	struct rebuild_options options = pbx_rebuild_options(&pbx, r->app->config);
	options.open = TRUE;
	g_autoptr(rebuild) rows = rebuild_new(pbx.source, &options, take_group, NULL, r);
	gint64 low, high;
	gboolean ok =
	    rebuild_range(pbx.source, &pbx.zone, r->from, r->to, &low, &high, &error) &&
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
		    "Calls that began at T or later (default: a day ago)", "T" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &to, "Calls that began before T (default: now)",
		    "T" },
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "Every call, one JSON object a line",
		    NULL },
		{ "csv", 0, 0, G_OPTION_ARG_NONE, &csv, "Every call, as CSV", NULL },
		G_OPTION_ENTRY_NULL,
	};
	struct report r = { .app = app, .to = g_get_real_time() };
	g_autoptr(GError) error = NULL;
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	r.from = r.to - 24 * 3600 * (gint64)G_USEC_PER_SEC;
	if ((from != NULL && !config_parse_time(from, NULL, &r.from, &error)) ||
	    (to != NULL && !config_parse_time(to, NULL, &r.to, &error))) {
		g_printerr("celsync: %s\n", error->message);
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
