#include "store/windows.h"

void
window_clear(struct window *window)
{
	g_clear_pointer(&window->callid, g_free);
	g_clear_pointer(&window->ext, g_free);
	g_clear_pointer(&window->opened_by, g_free);
	g_clear_pointer(&window->accepted, g_free);
	g_clear_pointer(&window->closed_as, g_free);
}

/* Columns as in windows/get, windows/of_call and windows/open. */
static void
read_window(statement *query, gpointer element)
{
	*(struct window *)element = (struct window){
		.callid = g_strdup(store_text(query, 0)),
		.ext = g_strdup(store_text(query, 1)),
		.n = store_int(query, 2),
		.opened_by = g_strdup(store_text(query, 3)),
		.opened = store_int(query, 4),
		.accepted = g_strdup(store_text(query, 5)),
		.closed_as = g_strdup(store_text(query, 6)),
		.closed = store_int(query, 7),
		.final = store_int(query, 8) != 0,
	};
}

gboolean
windows_get(store *db, const char *callid, const char *ext, struct window *window, gboolean *found,
    GError **error)
{
	statement *get = store_query(db, "windows/get");
	store_bind_text(get, ":callid", callid);
	store_bind_text(get, ":ext", ext);
	const int got = store_step(get, error);
	if (got < 0)
		return FALSE;
	*found = got > 0;
	if (*found) {
		read_window(get, window);
		store_reset(get);
	}
	return TRUE;
}

static void
bind_window(statement *put, const struct window *window)
{
	store_bind_text(put, ":callid", window->callid);
	store_bind_text(put, ":ext", window->ext);
	store_bind_int(put, ":n", window->n);
	store_bind_text(put, ":opened_by", window->opened_by);
	store_bind_int(put, ":opened", window->opened);
	store_bind_text(put, ":accepted", window->accepted);
	store_bind_text(put, ":closed_as", window->closed_as);
	store_bind_int(put, ":closed", window->closed);
	store_bind_int(put, ":final", window->final != FALSE);
}

gboolean
windows_put(store *db, const struct window *window, GError **error)
{
	statement *put = store_query(db, "windows/put");
	bind_window(put, window);
	return store_run(put, NULL, error);
}

gboolean
windows_add(store *db, const struct window *window, gboolean *added, GError **error)
{
	statement *add = store_query(db, "windows/add");
	int changed;
	bind_window(add, window);
	if (!store_run(add, &changed, error))
		return FALSE;
	*added = changed == 1;
	return TRUE;
}

GArray *
windows_of(store *db, const char *callid, gint64 before, GError **error)
{
	statement *query = store_query(db, callid != NULL ? "windows/of_call" : "windows/open");
	if (callid != NULL)
		store_bind_text(query, ":callid", callid);
	else
		store_bind_int(query, ":before", before);
	return store_rows(
	    query, sizeof(struct window), read_window, (GDestroyNotify)window_clear, error);
}
