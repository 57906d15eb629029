#include "store/forget.h"

#include "store/outbox.h"
#include "store/recordings.h"

#include <glib/gi18n.h>

static void
read_callid(statement *query, gpointer element)
{
	*(char **)element = g_strdup(store_text(query, 0));
}

static void
clear_callid(gpointer element)
{
	g_free(*(char **)element);
}

GPtrArray *
forget_calls(store *db, const char *digits, GError **error)
{
	statement *query = store_query(db, "forget/calls");
	store_bind_text(query, ":digits", digits);
	g_autoptr(GArray) rows =
	    store_rows(query, sizeof(char *), read_callid, clear_callid, error);
	if (rows == NULL)
		return NULL;
	GPtrArray *callids = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(callids, g_strdup(g_array_index(rows, char *, i)));
	return callids;
}

static void
read_id(statement *query, gpointer element)
{
	*(gint64 *)element = store_int(query, 0);
}

static gboolean
forget_requests(
    store *db, const char *callid, gint64 now, struct forgotten *forgotten, GError **error)
{
	const struct outbox_outcome outcome = { .to = OUTBOX_EXPIRED,
		.answer = _("given up unsent by `celsync forget`") };
	statement *ready = store_query(db, "forget/ready"),
		  *empty = store_query(db, "forget/requests"),
		  *attempts = store_query(db, "forget/attempts");
	int changed;
	store_bind_text(ready, ":callid", callid);
	g_autoptr(GArray) ids = store_rows(ready, sizeof(gint64), read_id, NULL, error);
	if (ids == NULL)
		return FALSE;
	store_bind_text(empty, ":callid", callid);
	store_bind_text(attempts, ":callid", callid);
	if (!store_run(empty, &changed, error) || !store_run(attempts, NULL, error))
		return FALSE;
	/* Behind it, because the reason is to stay. */
	for (guint i = 0; i < ids->len; i++)
		if (!outbox_move(
			db, g_array_index(ids, gint64, i), OUTBOX_READY, &outcome, now, error))
			return FALSE;
	forgotten->requests += changed;
	forgotten->given_up += ids->len;
	return TRUE;
}

static gboolean
forget_recordings(store *db, const char *callid, struct forgotten *forgotten, GError **error)
{
	int changed;
	g_autoptr(GArray) rows = recordings_of(db, callid, RECORDING_WAITING, G_MAXINT, error);
	if (rows == NULL)
		return FALSE;
	for (guint i = 0; i < rows->len; i++) {
		struct recording *recording = &g_array_index(rows, struct recording, i);
		const enum recording_state from = recording->state;
		if (from != RECORDING_WAITING && from != RECORDING_CONVERTING)
			continue;
		recording->state = RECORDING_NONE;
		if (!recordings_move(db, recording, from, error))
			return FALSE;
	}
	statement *empty = store_query(db, "forget/recordings");
	store_bind_text(empty, ":callid", callid);
	store_bind_int(empty, ":never", RECORDING_NEVER);
	if (!store_run(empty, &changed, error))
		return FALSE;
	forgotten->recordings += changed;
	return TRUE;
}

gboolean
forget_call(store *db, const char *callid, gint64 now, struct forgotten *forgotten, GError **error)
{
	return forget_requests(db, callid, now, forgotten, error) &&
	       forget_recordings(db, callid, forgotten, error);
}

gboolean
forget_words(store *db, const char *digits, GError **error)
{
	statement *words = store_query(db, "forget/trouble");
	store_bind_text(words, ":digits", digits);
	return store_run(words, NULL, error);
}
