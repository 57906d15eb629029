/* Calls that have begun and are not settled, and the Asterisks that they run on: see checkpoint.h. */
#include "store/checkpoint.h"

void
open_call_clear(struct open_call *open)
{
	g_clear_pointer(&open->linkedid, g_free);
	g_clear_pointer(&open->group, g_free);
}

static void
read_open(statement *query, gpointer element)
{
	*(struct open_call *)element = (struct open_call){
		.linkedid = g_strdup(store_text(query, 0)),
		.group = g_strdup(store_text(query, 1)),
		.began = store_int(query, 2),
		.last_seen = store_int(query, 3),
		.asked = store_int(query, 4),
	};
}

static GArray *
open_rows(statement *query, GError **error)
{
	return store_rows(
	    query, sizeof(struct open_call), read_open, (GDestroyNotify)open_call_clear, error);
}

gboolean
checkpoint_open_put(store *db, const struct open_call *open, GError **error)
{
	statement *put = store_query(db, "open/put");
	store_bind_text(put, ":linkedid", open->linkedid);
	store_bind_text(put, ":group", open->group);
	store_bind_int(put, ":began", open->began);
	store_bind_int(put, ":last_seen", open->last_seen);
	store_bind_int(put, ":asked", open->asked);
	return store_run(put, NULL, error);
}

gboolean
checkpoint_open_drop(store *db, const char *group, GError **error)
{
	statement *drop = store_query(db, "open/drop");
	store_bind_text(drop, ":group", group);
	return store_run(drop, NULL, error);
}

char *
checkpoint_open_group(store *db, const char *linkedid, GError **error)
{
	statement *query = store_query(db, "open/group");
	store_bind_text(query, ":linkedid", linkedid);
	if (store_step(query, error) <= 0)
		return NULL;
	char *group = g_strdup(store_text(query, 0));
	store_reset(query);
	return group;
}

GArray *
checkpoint_open_due(store *db, gint64 seen_before, gint64 asked_before, int limit, GError **error)
{
	statement *due = store_query(db, "open/due");
	store_bind_int(due, ":seen", seen_before);
	store_bind_int(due, ":asked", asked_before);
	store_bind_int(due, ":limit", limit);
	return open_rows(due, error);
}

GArray *
checkpoint_open_of(store *db, const char *group, GError **error)
{
	statement *of = store_query(db, "open/of");
	store_bind_text(of, ":group", group);
	return open_rows(of, error);
}

gboolean
checkpoint_open_any(store *db, gboolean *any, GError **error)
{
	statement *query = store_query(db, "open/any");
	if (store_step(query, error) < 0)
		return FALSE;
	*any = store_int(query, 0) != 0;
	store_reset(query);
	return TRUE;
}

gboolean
checkpoint_open_count(store *db, gint64 *groups, GError **error)
{
	statement *count = store_query(db, "open/count");
	if (store_step(count, error) < 0)
		return FALSE;
	*groups = store_int(count, 0);
	store_reset(count);
	return TRUE;
}

void
asterisk_clear(struct asterisk *asterisk)
{
	g_clear_pointer(&asterisk->systemname, g_free);
}

static void
read_asterisk(statement *query, gpointer element)
{
	*(struct asterisk *)element = (struct asterisk){
		.systemname = g_strdup(store_text(query, 0)),
		.epoch = store_int(query, 1),
		.counter = store_int(query, 2),
		.restarted = store_int(query, 3),
	};
}

GArray *
checkpoint_asterisks(store *db, GError **error)
{
	return store_rows(store_query(db, "asterisk/list"), sizeof(struct asterisk), read_asterisk,
	    (GDestroyNotify)asterisk_clear, error);
}

gboolean
checkpoint_asterisk_put(store *db, const struct asterisk *asterisk, GError **error)
{
	statement *put = store_query(db, "asterisk/put");
	store_bind_text(put, ":systemname", asterisk->systemname);
	store_bind_int(put, ":epoch", asterisk->epoch);
	store_bind_int(put, ":counter", asterisk->counter);
	store_bind_int(put, ":restarted", asterisk->restarted);
	return store_run(put, NULL, error);
}
