/* celsync recordings: what waits, what failed and why; nothing is looked for on the disk. */
#include "sync/app.h"
#include "sync/log.h"

#include "store/recordings.h"
#include "sync/screen.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define LISTED_MOST 1000 /* of each kind, unless more is asked for */

struct listing {
	gboolean json, all;
	int most;
	gint64 counts[RECORDING_STATES];
	gint64 shown; /* of those asked for */
};

static json_t *
text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *
time_or_null(gint64 us)
{
	char buffer[TEXT_TIME];

	return us == 0 || us == RECORDING_NEVER ? json_null()
	                                        : json_string(text_time(us, NULL, buffer));
}

static void
print_json(const struct recording *r)
{
	const gboolean waits = r->state == RECORDING_WAITING;
	json_t *o = json_object();

	json_object_set_new(o, "callid", json_string(r->callid));
	json_object_set_new(o, "file", json_string(r->file));
	json_object_set_new(o, "path", json_string(r->path));
	json_object_set_new(o, "state", json_string(recording_state_name(r->state)));
	json_object_set_new(o, "reason", text_or_null(r->reason));
	json_object_set_new(o, "since", time_or_null(r->since));
	json_object_set_new(o, "call_ended", time_or_null(r->call_ended));
	json_object_set_new(o, "again", time_or_null(waits ? r->not_before : 0));
	json_object_set_new(o, "tries", json_integer(r->attempts));
	json_object_set_new(
	    o, "seconds", r->duration_ms ? json_real((double)r->duration_ms / 1000) : json_null());
	json_object_set_new(o, "mp3", text_or_null(r->mp3));
	json_object_set_new(o, "link", text_or_null(r->link));
	json_object_set_new(o, "wav_removed", time_or_null(r->wav_gone));
	g_autofree char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(10));
	json_decref(o);
	puts(line);
}

/* The reason's second line, what to do, stands below the first. */
static void
print_text(const struct recording *r)
{
	g_autofree char *callid = text_clean(r->callid), *path = text_clean(r->path);
	g_auto(GStrv) reasons = g_strsplit(r->reason ? r->reason : "", "\n", -1);
	char when[TEXT_TIME];

	g_autofree char *state = words_pad(words_recording(r->state), 10);
	screen_print(4, "%s  %s  %s", state, callid, path);
	for (char **line = reasons; *line; line++) {
		g_autofree char *clean = text_clean(*line);
		if (*clean)
			screen_print(12, "            %s", clean);
	}
	if (r->state == RECORDING_WAITING && r->attempts > 0)
		screen_print(12, _("            tries: %" PRId64 "; the next at %s"), r->attempts,
		    text_time(r->not_before, NULL, when));
}

static gboolean
print_some(GArray *found, struct listing *l)
{
	for (guint i = 0; found && i < found->len; i++)
		(l->json ? print_json : print_text)(&g_array_index(found, struct recording, i));
	l->shown += found ? found->len : 0;
	return found != NULL;
}

static gboolean
print_state(store *db, enum recording_state state, struct listing *l, GError **error)
{
	g_autoptr(GArray) found = recordings_of(db, NULL, state, l->most, error);

	return print_some(found, l);
}

/* What needs somebody's attention comes last, next to the prompt. */
static gboolean
print_all(store *db, struct listing *l, GError **error)
{
	static const enum recording_state order[] = { RECORDING_DONE, RECORDING_NONE,
		RECORDING_CONVERTING, RECORDING_WAITING, RECORDING_FAILED };
	gint64 asked = 0;

	if (!recordings_counts(db, l->counts, error))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(order); i++) {
		if (!l->all && (order[i] == RECORDING_DONE || order[i] == RECORDING_NONE))
			continue;
		asked += l->counts[order[i]];
		if (!print_state(db, order[i], l, error))
			return FALSE;
	}
	if (l->all)
		return TRUE;
	g_autoptr(GArray) noted = recordings_noted(db, l->most, error);
	if (!print_some(noted, l))
		return FALSE;
	l->shown -= noted->len;
	if (l->shown < asked)
		log_say(LOG_LEVEL_INFO,
		    ngettext("%" PRId64 " more is not shown\n--all shows it.",
			"%" PRId64 " more are not shown\n--all shows them.",
			(gulong)(asked - l->shown)),
		    asked - l->shown);
	return TRUE;
}

static void
print_counts(const struct listing *l)
{
	for (int i = 0; i < RECORDING_STATES; i++)
		g_print("%s%" G_GINT64_FORMAT " %s", i > 0 ? ", " : "", l->counts[i],
		    words_recording((enum recording_state)i));
	g_print("\n");
}

int
cmd_recordings(struct app *app, int argc, char **argv)
{
	struct listing l = { .most = LISTED_MOST };
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &l.json, N_("One JSON object a line"), NULL },
		{ "all", 0, 0, G_OPTION_ARG_NONE, &l.all,
		    N_("Also those that are done and those without sound"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;

	if (!app_options(app, entries, argc, argv, &status) ||
	    !app_config(app, CONFIG_NEEDS_STORE, &status))
		return status;
	const char *path = app->config->store.path;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		log_say(LOG_LEVEL_ERROR,
		    "there is no store %s yet\nIt is made by the first `celsync sync`.", path);
		return EXIT_PARTLY;
	}
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(path, STORE_READ, &error);
	if (l.all)
		l.most = G_MAXINT;
	/* One view of the file: a pass may be at work. */
	if (!db || !store_begin(db, &error) || !print_all(db, &l, &error))
		return app_fail(NULL, error);
	store_rollback(db);
	if (!l.json)
		print_counts(&l);
	return EXIT_DONE;
}
