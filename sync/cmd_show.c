/* celsync show: one call (or those of one client in a day), as its rows tell it, and what became of it. Changes nothing. */
#include "sync/app.h"

#include "store/checkpoint.h"
#include "sync/deliver.h"
#include "sync/find.h"
#include "sync/log.h"
#include "sync/mask.h"
#include "sync/screen.h"
#include "sync/show.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

/* A number with fewer digits is an extension. */
#define DIGITS_LEAST 5
#define HOUR (3600 * (gint64)G_USEC_PER_SEC)

struct showing {
	const struct config *config;
	gboolean json, masked;
	struct draw_style style;
	store *store;   /* NULL: there is none, or it cannot be read */
	char *no_store; /* then why; owned */
	GString *output;
	/* What is asked for: an id, or a number and a period (µs UTC). */
	const char *what;
	GPtrArray *forms; /* digits of the number; NULL: what is an id */
	gint64 from, to;
};

/* What the store knows of it. */

static gboolean
add_requests(struct showing *s, struct show *show, const char *callid, GError **error)
{
	g_autoptr(GArray) items = outbox_of_call(s->store, callid, error);
	if (items == NULL)
		return FALSE;
	g_array_append_vals(show->requests, items->data, items->len);
	/* The strings went along. */
	g_array_set_clear_func(items, NULL);
	return TRUE;
}

/* The hook may have announced it under any id of the group; what is another call's own is that one's. */
static gboolean
find_requests(struct showing *s, struct show *show, const struct group *group, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < show->calls->len; i++)
		g_hash_table_add(
		    seen, (gpointer)((const struct call *)show->calls->pdata[i])->linkedid);
	if (!add_requests(s, show, show->call->callid, error))
		return FALSE;
	for (guint i = 0; i < group->n_linkedids + group->n_channels; i++) {
		const char *id = i < group->n_linkedids
		                     ? group->linkedids[i]
		                     : group->channels[i - group->n_linkedids]->uniqueid;
		if (!g_hash_table_add(seen, (gpointer)id))
			continue;
		g_autofree char *callid = s->config->pbx.name != NULL
		                              ? g_strdup_printf("%s-%s", s->config->pbx.name, id)
		                              : g_strdup(id);
		if (!add_requests(s, show, callid, error))
			return FALSE;
	}
	return TRUE;
}

/* A `record` of the same window: its COMPLETED left without the link. */
static gboolean
link_came_later(const struct show *show, const struct outbox_item *item)
{
	for (guint i = 0; i < show->requests->len; i++) {
		const struct outbox_item *r = &g_array_index(show->requests, struct outbox_item, i);
		if (r->rank == OUTBOX_RECORD && r->n == item->n &&
		    g_strcmp0(r->ext, item->ext) == 0 && g_strcmp0(r->callid, item->callid) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Asterisks do not survive the encoding of a form, and are shown all the same. */
static char *
masked_body(store *db, const struct outbox_item *item, GError **error)
{
	static const char mask[] = "planfix_token=%2A%2A%2A";
	g_autofree char *body = deliver_body(db, item, "***", error);
	if (body == NULL || !g_str_has_prefix(body, mask))
		return g_steal_pointer(&body);
	return g_strconcat("planfix_token=***", body + strlen(mask), NULL);
}

static gboolean
find_attempts(struct showing *s, struct show *show, GError **error)
{
	show->attempts = g_array_new(FALSE, FALSE, sizeof(struct attempt));
	g_array_set_clear_func(show->attempts, (GDestroyNotify)attempt_clear);
	for (guint i = 0; i < show->requests->len; i++) {
		const struct outbox_item *item =
		    &g_array_index(show->requests, struct outbox_item, i);
		if (!attempts_of(s->store, item->id, show->attempts, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
find_bodies(struct showing *s, struct show *show, GError **error)
{
	for (guint i = 0; i < show->requests->len; i++) {
		const struct outbox_item *item =
		    &g_array_index(show->requests, struct outbox_item, i);
		char *body = NULL;
		if (item->body != NULL && item->body[0] != '\0') {
			body = masked_body(s->store, item, error);
			if (body == NULL)
				return FALSE;
		}
		char *link = body != NULL && item->rank == OUTBOX_COMPLETED
		                 ? strstr(body, "&record_link=")
		                 : NULL;
		if (link != NULL && link_came_later(show, item))
			*link = '\0';
		g_ptr_array_add(show->bodies, body);
	}
	return TRUE;
}

#define RECORDINGS_MOST 1000

static gboolean
find_progress(struct showing *s, struct show *show, const struct group *group, GError **error)
{
	struct checkpoint checkpoint = { 0 };
	gboolean found;
	if (!checkpoint_get(s->store, &checkpoint, &found, error))
		return FALSE;
	show->start = checkpoint.start;
	show->unread = group->last_id > checkpoint.cursor;
	return TRUE;
}

static gboolean
look_into_store(struct showing *s, struct show *show, const struct group *group, GError **error)
{
	if (s->store == NULL)
		return TRUE;
	show->requests = g_array_new(FALSE, FALSE, sizeof(struct outbox_item));
	g_array_set_clear_func(show->requests, (GDestroyNotify)outbox_item_clear);
	show->recordings =
	    recordings_of(s->store, show->call->callid, RECORDING_WAITING, RECORDINGS_MOST, error);
	return show->recordings != NULL && find_requests(s, show, group, error) &&
	       find_attempts(s, show, error) && find_bodies(s, show, error) &&
	       find_progress(s, show, group, error);
}

/* Output. */

static char *
render(const struct showing *s, const struct show *show)
{
	g_autofree char *text = NULL;
	if (s->json) {
		text = show_json(show);
	} else {
		g_autoptr(GPtrArray) lines = show_text(show, &s->style);
		g_ptr_array_add(lines, NULL);
		text = g_strjoinv("\n", (char **)lines->pdata);
	}
	return s->masked ? mask_numbers(text) : g_steal_pointer(&text);
}

static gboolean
show_call(const struct call *call, const struct timeline *t, const GPtrArray *calls, gpointer data,
    GError **error)
{
	struct showing *s = data;
	g_autoptr(tracks) of = tracks_new(call, t, &s->config->pbx);
	struct show show = { .call = call,
		.calls = calls,
		.tracks = of,
		.bodies = g_ptr_array_new_with_free_func(g_free),
		.no_store = s->no_store,
		.masked = s->masked };
	gboolean ok = look_into_store(s, &show, t->group, error);
	if (ok) {
		g_autofree char *page = render(s, &show);
		/* As JSON a line each. */
		if (s->output->len > 0 && !s->json)
			g_string_append_c(s->output, '\n');
		g_string_append_printf(s->output, "%s\n", page);
	}
	g_ptr_array_unref(show.bodies);
	g_clear_pointer(&show.requests, g_array_unref);
	g_clear_pointer(&show.attempts, g_array_unref);
	g_clear_pointer(&show.recordings, g_array_unref);
	return ok;
}

static void
find_style(struct draw_style *style, GTimeZone *tz)
{
	guint width = screen_width();
	*style = (struct draw_style){ .width = width > 0 ? width : DRAW_WIDTH, .tz = tz };
	style->utf8 = g_get_charset(NULL);
	style->colour = screen_colour();
}

/* A store that cannot be read costs what it would tell, not the rest. */
static gboolean
open_store(struct showing *s)
{
	const char *path = s->config->store.path;
	g_autoptr(GError) error = NULL;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		s->no_store = g_strdup_printf(_("there is no store %s yet"), path);
		return TRUE;
	}
	s->store = store_open(path, STORE_READ, &error);
	if (s->store != NULL)
		return TRUE;
	s->no_store = g_strdup_printf(_("the store %s cannot be read"), path);
	log_say(LOG_LEVEL_WARNING, "%s", error->message);
	return FALSE;
}

static gboolean
find(struct showing *s, struct pbx *pbx, gboolean *found, GError **error)
{
	const gint64 now = g_get_real_time();
	guint n = 0;
	if (s->forms == NULL)
		return find_call(pbx, s->config, s->what, now, show_call, s, found, error);
	gboolean ok = find_calls_of_number(
	    pbx, s->config, s->forms, s->from, s->to, now, show_call, s, &n, error);
	*found = n > 0;
	return ok;
}

static void
say_not_found(const struct showing *s, const struct pbx *pbx)
{
	if (s->forms == NULL)
		log_say(LOG_LEVEL_ERROR,
		    "no call %s in %s\n"
		    "Give a callid as `celsync calls` prints it, any linkedid or uniqueid of the "
		    "call, or a "
		    "client's number and a date.",
		    s->what, source_name(pbx->source));
	else
		log_say(LOG_LEVEL_ERROR,
		    "no call of %s at that time in %s\nThe calls of a day: celsync calls --from "
		    "T --to T",
		    s->what, source_name(pbx->source));
}

/* The drawing fits already, and its colours take no room; sentences are broken. */
static void
print_output(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++) {
		if (strchr(lines[i], '\033') != NULL)
			puts(lines[i]);
		else
			screen_print(6, "%s", lines[i]);
	}
}

static int
run(struct app *app, struct showing *s)
{
	g_autoptr(GError) error = NULL;
	struct pbx pbx;
	gboolean found = FALSE;
	if (!pbx_open(&pbx, app->config, &error))
		return app_fail(NULL, error);
	find_style(&s->style, pbx.tz);
	gboolean readable = open_store(s);
	s->output = g_string_new(NULL);
	gboolean ok = find(s, &pbx, &found, &error);
	if (ok && !found && !app_stop)
		say_not_found(s, &pbx);
	pbx_close(&pbx);
	g_clear_pointer(&s->store, store_close);
	g_clear_pointer(&s->no_store, g_free);
	if (s->json)
		fputs(s->output->str, stdout);
	else
		print_output(s->output->str);
	g_string_free(s->output, TRUE);
	if (!ok)
		return app_fail(NULL, error);
	return found && readable ? EXIT_DONE : EXIT_PARTLY;
}

/* A day, or the hour before and behind a time. */
static gboolean
read_period(struct showing *s, const char *text)
{
	g_autoptr(GError) error = NULL;
	if (!config_parse_time(text, NULL, &s->from, &error)) {
		log_say(LOG_LEVEL_ERROR, "%s", error->message);
		return FALSE;
	}
	if (strlen(text) > strlen("2026-11-23")) {
		s->to = s->from + HOUR;
		s->from -= HOUR;
		return TRUE;
	}
	g_autoptr(GDateTime) begin = g_date_time_new_from_unix_local(s->from / G_USEC_PER_SEC),
			     end = begin != NULL ? g_date_time_add_days(begin, 1) : NULL;
	s->to = end != NULL ? g_date_time_to_unix(end) * G_USEC_PER_SEC : s->from + 24 * HOUR;
	return TRUE;
}

static gboolean
read_arguments(struct showing *s, char **ids)
{
	guint n = ids != NULL ? g_strv_length(ids) : 0;
	if (n < 1 || n > 2 || ids[0][0] == '\0') {
		log_say(LOG_LEVEL_ERROR, "show wants one ID, or a number and a date\n"
					 "Give a callid as `celsync calls` prints it, any linkedid "
					 "or uniqueid of the call, or a "
					 "client's number and a date.");
		return FALSE;
	}
	s->what = ids[0];
	if (n == 1)
		return TRUE;
	g_autofree char *digits = number_digits(ids[0]);
	if (!number_is_dialable(ids[0]) || strlen(digits) < DIGITS_LEAST) {
		log_say(LOG_LEVEL_ERROR,
		    "\"%s\" is no telephone number\nFor example: celsync show 79161234567 "
		    "2026-11-23",
		    ids[0]);
		return FALSE;
	}
	return read_period(s, ids[1]);
}

int
cmd_show(struct app *app, int argc, char **argv)
{
	g_auto(GStrv) ids = NULL;
	struct showing s = { 0 };
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &s.json, N_("One JSON object"), NULL },
		{ "masked", 0, 0, G_OPTION_ARG_NONE, &s.masked,
		    N_("Hide telephone numbers and callers' names, for sharing"), NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &ids, NULL, NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (!read_arguments(&s, ids))
		return EXIT_USAGE;
	if (!app_config(app, CONFIG_NEEDS_SOURCE, &status))
		return status;
	s.config = app->config;
	if (ids[1] != NULL)
		s.forms = number_forms(app->config->pbx.rewrite, ids[0], DIGITS_LEAST);
	status = run(app, &s);
	g_clear_pointer(&s.forms, g_ptr_array_unref);
	return status;
}
