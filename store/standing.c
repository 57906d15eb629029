#include "store/standing.h"

#define EXTENSIONS_NEWEST 5000
#define CALLS_NEWEST 1000

static void
read_text(statement *query, gpointer element)
{
	*(char **)element = g_strdup(store_text(query, 0));
}

GPtrArray *
standing_extensions(store *db, GError **error)
{
	statement *query = store_query(db, "standing/extensions");
	store_bind_int(query, ":newest", EXTENSIONS_NEWEST);
	/* The strings go on to the list. */
	g_autoptr(GArray) rows = store_rows(query, sizeof(char *), read_text, NULL, error);
	if (rows == NULL)
		return NULL;
	GPtrArray *extensions = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(extensions, g_array_index(rows, char *, i));
	return extensions;
}

/* The first row's numbers; there is one. */
static gboolean
read_numbers(statement *query, gint64 *first, gint64 *second, GError **error)
{
	int got = store_step(query, error);
	if (got < 0)
		return FALSE;
	*first = got > 0 ? store_int(query, 0) : 0;
	if (second != NULL)
		*second = got > 0 ? store_int(query, 1) : 0;
	store_reset(query);
	return TRUE;
}

gboolean
standing_hook(store *db, gint64 *heard, gint64 *calls_since, GError **error)
{
	if (!read_numbers(store_query(db, "standing/heard"), heard, NULL, error))
		return FALSE;
	statement *rang = store_query(db, "standing/rang");
	store_bind_int(rang, ":newest", CALLS_NEWEST);
	store_bind_int(rang, ":since", *heard);
	return read_numbers(rang, calls_since, NULL, error);
}

gboolean
standing_waiting(store *db, enum outbox_priority priority, gint64 *n, gint64 *since, GError **error)
{
	statement *waiting = store_query(db, "standing/waiting");
	store_bind_int(waiting, ":priority", priority);
	return read_numbers(waiting, n, since, error);
}

gboolean
standing_ended(store *db, enum outbox_state state, gint64 since, gint64 *n, GError **error)
{
	statement *refused = store_query(db, "standing/refused");
	store_bind_text(refused, ":state", outbox_state_name(state));
	store_bind_int(refused, ":since", since);
	return read_numbers(refused, n, NULL, error);
}

gboolean
standing_failed(store *db, gint64 since, gint64 *n, GError **error)
{
	statement *failed = store_query(db, "standing/failed");
	store_bind_int(failed, ":since", since);
	return read_numbers(failed, n, NULL, error);
}
