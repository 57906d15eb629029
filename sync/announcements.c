#include "sync/announcements.h"

#include "store/announced.h"
#include "store/windows.h"
#include "sync/announce_folder.h"
#include "sync/form.h"
#include "sync/log.h"

#define FILES_MOST 500 /* in one commit */

/* One employee's part of an announcement. */
struct part {
	const struct announcement *a;
	const struct announced_ext *ext;
	enum announced outcome;
	gint64 expires, now;
};

static enum outbox_state
state_of(const struct part *p)
{
	switch (p->outcome) {
	case ANNOUNCED_SENT: return OUTBOX_SENT;
	case ANNOUNCED_FAILED:
		return p->ext->status >= 400 && p->ext->status < 500 ? OUTBOX_REJECTED
		                                                     : OUTBOX_EXPIRED;
	case ANNOUNCED_PENDING:
	case ANNOUNCED_UNKNOWN: break;
	}
	return OUTBOX_UNKNOWN;
}

static gboolean
put_request(store *db, const struct part *p, gint64 n, GError **error)
{
	g_autofree char *form = announcement_form(p->a, p->ext->ext);
	const struct outbox_new item = {
		.callid = p->a->callid,
		.ext = p->ext->ext,
		.event = announcement_event(p->a),
		.n = n,
		.rank = OUTBOX_ANNOUNCE,
		.priority = OUTBOX_LIVE,
		.body = form,
		.call_start = p->a->at,
		.expires = p->expires,
	};
	return announced_put(db, &item, state_of(p), p->ext->status, p->ext->answer, p->now, error);
}

/* The window this announcement opened, or would have: the newest one, or another one after that was closed. */
static void
choose_window(const struct part *p, struct window *window, gboolean known)
{
	if (known && (window->closed_as == NULL || p->a->at <= window->closed))
		return;
	gint64 n = known ? window->n + 1 : 0;
	window_clear(window);
	*window = (struct window){
		.callid = g_strdup(p->a->callid), .ext = g_strdup(p->ext->ext), .n = n
	};
}

/* TRUE: it is to be written. */
static gboolean
mark_window(const struct part *p, struct window *window)
{
	if (p->outcome != ANNOUNCED_FAILED) {
		if (window->opened_by != NULL)
			return FALSE;
		window->opened_by = g_strdup("hook");
		window->opened = p->a->at;
		return TRUE;
	}
	/* An earlier pass saw it under way, and thought it open. */
	if (window->opened != p->a->at || window->closed_as != NULL)
		return FALSE;
	g_clear_pointer(&window->opened_by, g_free);
	window->opened = 0;
	return TRUE;
}

static gboolean
take_part(store *db, const struct part *p, GError **error)
{
	struct window window = { .n = 0 };
	gboolean known;
	if (!windows_get(db, p->a->callid, p->ext->ext, &window, &known, error))
		return FALSE;
	choose_window(p, &window, known);
	gboolean ok = (!mark_window(p, &window) || windows_put(db, &window, error)) &&
	              (p->outcome == ANNOUNCED_PENDING || put_request(db, p, window.n, error));
	window_clear(&window);
	return ok;
}

static gboolean
take_announcement(store *db, const struct announcement *a, gboolean under_way, gint64 max_age,
    gint64 now, GError **error)
{
	if (!announced_id(db, a->linkedid, a->callid, a->at, error) ||
	    !announced_id(db, a->uniqueid, a->callid, a->at, error))
		return FALSE;
	for (guint i = 0; i < a->exts->len; i++) {
		const struct announced_ext *ext = &g_array_index(a->exts, struct announced_ext, i);
		struct part part = { .a = a,
			.ext = ext,
			.outcome = ext->outcome,
			.expires = a->at + max_age,
			.now = now };
		/* Whoever sent it is gone, and did not say. */
		if (part.outcome == ANNOUNCED_PENDING && !under_way)
			part.outcome = ANNOUNCED_UNKNOWN;
		if (!take_part(db, &part, error))
			return FALSE;
	}
	return TRUE;
}

/* One commit; files that may be removed then go from `names` to `done`. */
static gboolean
take_files(store *db, const char *folder, const GPtrArray *names, gint64 max_age, gint64 now,
    GPtrArray *done, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		struct announcement a = { .exts = NULL };
		enum announce_read is = announce_read(folder, name, &a);
		gboolean ok = TRUE;
		if (is == ANNOUNCE_READ || is == ANNOUNCE_UNDER_WAY)
			ok = take_announcement(
			    db, &a, is == ANNOUNCE_UNDER_WAY, max_age, now, error);
		announcement_clear(&a);
		if (!ok)
			return FALSE;
		if (is == ANNOUNCE_BROKEN)
			log_fact(LOG_LEVEL_WARNING, "announcement removed: it was cut off",
			    "folder", folder, "file", name, NULL);
		if (is == ANNOUNCE_READ || is == ANNOUNCE_BROKEN)
			g_ptr_array_add(done, (gpointer)name);
	}
	return TRUE;
}

static gboolean
take_round(store *db, const char *folder, const GPtrArray *names, gint64 max_age, gint64 now,
    guint *removed, GError **error)
{
	g_autoptr(GPtrArray) done = g_ptr_array_new();
	*removed = 0;
	if (!store_begin(db, error))
		return FALSE;
	if (!take_files(db, folder, names, max_age, now, done, error) || !store_commit(db, error)) {
		store_rollback(db);
		return FALSE;
	}
	for (guint i = 0; i < done->len; i++)
		announce_remove(folder, done->pdata[i]);
	*removed = done->len;
	return TRUE;
}

gboolean
announcements_take(store *db, const struct config *config, gint64 now, GError **error)
{
	g_autofree char *folder = announce_folder(config->store.path);
	for (guint removed = FILES_MOST; removed > 0;) {
		g_autoptr(GError) failed = NULL;
		g_autoptr(GPtrArray) names = announce_list(folder, FILES_MOST, &failed);
		if (names == NULL) {
			log_error(LOG_LEVEL_WARNING, "announcements cannot be read", failed);
			return TRUE;
		}
		if (names->len == 0)
			break;
		if (!take_round(
			db, folder, names, config->planfix.popup_max_age, now, &removed, error))
			return FALSE;
		if (names->len < FILES_MOST)
			break;
	}
	gint64 dropped = announce_dropped(folder);
	if (dropped > 0) {
		g_autofree char *n = g_strdup_printf("%" G_GINT64_FORMAT, dropped);
		log_fact(LOG_LEVEL_WARNING, "no window was opened: too many phones rang at once",
		    "announcements", n, NULL);
	}
	return TRUE;
}

/* Windows whose call is nowhere. */

/* What the window was opened with; NULL: its request is not kept any more. */
static char *
opening_form(store *db, const struct window *window, GError **error)
{
	g_autoptr(GArray) items = outbox_of_call(db, window->callid, error);
	for (guint i = 0; items != NULL && i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		if (item->rank == OUTBOX_ANNOUNCE && item->n == window->n &&
		    g_strcmp0(item->ext, window->ext) == 0)
			return g_strdup(item->body);
	}
	return NULL;
}

/* The COMPLETED of a window of which only the opening is known. */
static char *
closing_form(const struct window *window, const char *opening, const char **status)
{
	g_autoptr(GHashTable) said = g_uri_parse_params(opening, -1, "&", 0, NULL);
	if (said == NULL || g_hash_table_lookup(said, "phone") == NULL)
		return NULL;
	gboolean out = g_strcmp0(g_hash_table_lookup(said, "type"), "out") == 0;
	const struct form_settings settings = { .data = NULL };
	const struct leg leg = { .ext = window->ext,
		.status = out ? STATUS_NO_ANSWER : STATUS_MISSED };
	const struct call call = { .callid = window->callid,
		.direction = out ? DIRECTION_OUT : DIRECTION_IN,
		.client = g_hash_table_lookup(said, "phone"),
		.did = g_hash_table_lookup(said, "diversion") };
	const struct event event = {
		.kind = EVENT_COMPLETED, .call = &call, .leg = &leg, .n = window->n
	};
	g_autoptr(GArray) fields = form_of_event(&event, &settings);
	*status = status_name(leg.status);
	return form_encode(fields);
}

static gboolean
close_one(store *db, struct window *window, gint64 now, GError **error)
{
	GError *failed = NULL;
	const char *status = status_name(STATUS_MISSED);
	gboolean added;
	g_autofree char *opening = opening_form(db, window, &failed);
	if (failed != NULL) {
		g_propagate_error(error, failed);
		return FALSE;
	}
	g_autofree char *closing = opening != NULL ? closing_form(window, opening, &status) : NULL;
	const struct outbox_new item = {
		.callid = window->callid,
		.ext = window->ext,
		.event = event_name(EVENT_COMPLETED),
		.n = window->n,
		.rank = OUTBOX_COMPLETED,
		.priority = OUTBOX_LIVE,
		.body = closing,
		.call_start = window->opened,
	};
	if (closing != NULL && !outbox_put(db, &item, now, &added, error))
		return FALSE;
	g_free(window->closed_as);
	window->closed_as = g_strdup(status);
	window->closed = now;
	log_fact(LOG_LEVEL_WARNING, "window closed: its call is not in the tables", "callid",
	    window->callid, "ext", window->ext, NULL);
	return windows_put(db, window, error);
}

static gboolean
close_all(store *db, const GArray *windows, gint64 now, GError **error)
{
	for (guint i = 0; i < windows->len; i++) {
		struct window *window = &g_array_index(windows, struct window, i);
		gboolean going_on;
		if (g_strcmp0(window->opened_by, "hook") != 0)
			continue;
		if (!announced_going_on(db, window->callid, &going_on, error) ||
		    (!going_on && !close_one(db, window, now, error)))
			return FALSE;
	}
	return TRUE;
}

gboolean
announcements_close(store *db, const struct config *config, gint64 now, GError **error)
{
	g_autoptr(GArray) windows =
	    windows_of(db, NULL, now - config->planfix.popup_max_age, error);
	if (windows == NULL)
		return FALSE;
	if (windows->len == 0)
		return TRUE;
	if (!store_begin(db, error))
		return FALSE;
	if (close_all(db, windows, now, error) && store_commit(db, error))
		return TRUE;
	store_rollback(db);
	return FALSE;
}
