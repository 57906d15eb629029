#include "store/announced.h"

gboolean
announced_put(store *db, const struct outbox_new *item, enum outbox_state state, gint64 status,
    const char *answer, gint64 now, GError **error)
{
	statement *put = store_query(db, "windows/announced_put");
	store_bind_text(put, ":callid", item->callid);
	store_bind_text(put, ":ext", item->ext);
	store_bind_text(put, ":event", item->event);
	store_bind_int(put, ":n", item->n);
	store_bind_int(put, ":rank", item->rank);
	store_bind_int(put, ":priority", item->priority);
	store_bind_text(put, ":state", outbox_state_name(state));
	store_bind_text(put, ":body", item->body);
	store_bind_int(put, ":call_start", item->call_start);
	store_bind_int(put, ":expires", item->expires);
	store_bind_int(put, ":now", now);
	store_bind_int(put, ":status", status);
	store_bind_text(put, ":answer", answer);
	store_bind_int(put, ":lost", state == OUTBOX_UNKNOWN);
	return store_run(put, NULL, error);
}

gboolean
announced_id(store *db, const char *id, const char *callid, gint64 at, GError **error)
{
	statement *put = store_query(db, "windows/announced_id");
	store_bind_text(put, ":id", id);
	store_bind_text(put, ":callid", callid);
	store_bind_int(put, ":at", at);
	return store_run(put, NULL, error);
}

gboolean
announced_any(store *db, gboolean *any, GError **error)
{
	statement *query = store_query(db, "windows/announced_any");
	if (store_step(query, error) < 0)
		return FALSE;
	*any = store_int(query, 0) != 0;
	store_reset(query);
	return TRUE;
}

gboolean
announced_as(store *db, const char *const *ids, const char *ext, char **callid, GError **error)
{
	*callid = NULL;
	for (; *ids != NULL && *callid == NULL; ids++) {
		statement *query = store_query(db, "windows/announced_as");
		store_bind_text(query, ":id", *ids);
		store_bind_text(query, ":ext", ext);
		const int got = store_step(query, error);
		if (got < 0)
			return FALSE;
		*callid = g_strdup(store_text(query, 0));
		store_reset(query);
	}
	return TRUE;
}

static gboolean
add_callids(store *db, const char *id, GPtrArray *callids, GError **error)
{
	statement *query = store_query(db, "windows/announced_callids");
	int got;
	store_bind_text(query, ":id", id);
	while ((got = store_step(query, error)) > 0) {
		const char *callid = store_text(query, 0);
		if (!g_ptr_array_find_with_equal_func(callids, callid, g_str_equal, NULL))
			g_ptr_array_add(callids, g_strdup(callid));
	}
	return got == 0;
}

gboolean
announced_callids(store *db, const char *const *ids, GPtrArray *callids, GError **error)
{
	for (; *ids != NULL; ids++)
		if (!add_callids(db, *ids, callids, error))
			return FALSE;
	return TRUE;
}

gboolean
announced_going_on(store *db, const char *callid, gboolean *going_on, GError **error)
{
	statement *query = store_query(db, "windows/going_on");
	store_bind_text(query, ":callid", callid);
	const int got = store_step(query, error);
	if (got > 0)
		store_reset(query);
	*going_on = got > 0;
	return got >= 0;
}
