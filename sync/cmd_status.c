/* celsync status: what the store knows; nothing is asked of the source or of PlanFix. */
#include "sync/app.h"

#include "store/checkpoint.h"
#include "store/outbox.h"
#include "store/recordings.h"
#include "sync/text.h"

#include <jansson.h>
#include <stdio.h>

struct summary {
	struct checkpoint checkpoint;
	gboolean used;
	gint64 open;
	struct outbox_count outbox[OUTBOX_STATES];
	gint64 recordings[RECORDING_STATES];
};

static gboolean
look(store *db, struct summary *s, GError **error)
{
	return checkpoint_get(db, &s->checkpoint, &s->used, error) &&
	       checkpoint_open_count(db, &s->open, error) && outbox_counts(db, s->outbox, error) &&
	       recordings_counts(db, s->recordings, error);
}

static json_t *
time_json(gint64 us)
{
	char buffer[TEXT_TIME];
	return us == 0 ? json_null() : json_string(text_time(us, NULL, buffer));
}

static void
print_json(const struct summary *s)
{
	json_t *o = json_object(), *outbox = json_object(), *recordings = json_object();
	json_object_set_new(o, "last_pass", time_json(s->checkpoint.last_pass));
	json_object_set_new(o, "cursor", json_integer(s->checkpoint.cursor));
	json_object_set_new(o, "start", time_json(s->checkpoint.start));
	json_object_set_new(o, "open_calls", json_integer(s->open));
	for (int i = 0; i < OUTBOX_STATES; i++) {
		json_t *state = json_object();
		json_object_set_new(state, "count", json_integer(s->outbox[i].n));
		json_object_set_new(
		    state, "oldest", time_json(s->outbox[i].n > 0 ? s->outbox[i].oldest : 0));
		json_object_set_new(outbox, outbox_state_name((enum outbox_state)i), state);
	}
	json_object_set_new(o, "outbox", outbox);
	for (int i = 0; i < RECORDING_STATES; i++)
		json_object_set_new(recordings, recording_state_name((enum recording_state)i),
		    json_integer(s->recordings[i]));
	json_object_set_new(o, "recordings", recordings);
	g_autofree char *text = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	printf("%s\n", text);
}

static void
print_text(const struct summary *s, const char *path)
{
	char when[TEXT_TIME];
	printf("store        %s\n", path);
	printf("last pass    %s\n", s->checkpoint.last_pass != 0
					? text_time(s->checkpoint.last_pass, NULL, when)
					: "never");
	printf("cursor       row %" G_GINT64_FORMAT "\n", s->checkpoint.cursor);
	printf("open calls   %" G_GINT64_FORMAT "\n", s->open);
	printf("requests    ");
	for (int i = 0; i < OUTBOX_STATES; i++)
		printf(" %" G_GINT64_FORMAT " %s%s", s->outbox[i].n,
		    outbox_state_name((enum outbox_state)i), i + 1 < OUTBOX_STATES ? "," : "\n");
	printf("recordings  ");
	for (int i = 0; i < RECORDING_STATES; i++)
		printf(" %" G_GINT64_FORMAT " %s%s", s->recordings[i],
		    recording_state_name((enum recording_state)i),
		    i + 1 < RECORDING_STATES ? "," : "\n");
}

int
cmd_status(struct app *app, int argc, char **argv)
{
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object", NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status) ||
	    !app_config(app, CONFIG_NEEDS_STORE, &status))
		return status;
	const char *path = app->config->store.path;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_printerr("celsync: there is no store %s yet\n  It is made by the first `celsync "
			   "sync`.\n",
		    path);
		return EXIT_PARTLY;
	}
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(path, STORE_READ, &error);
	struct summary s = { 0 };
	if (db == NULL || !look(db, &s, &error))
		return app_fail(NULL, error);
	if (json)
		print_json(&s);
	else
		print_text(&s, path);
	return EXIT_DONE;
}
