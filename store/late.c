#include "store/late.h"

gboolean
late_owe(store *db, gint64 id, gboolean owes, GError **error)
{
	statement *owe = store_query(db, "late/owe");
	store_bind_int(owe, ":id", id);
	store_bind_int(owe, ":owes", owes ? 1 : 0);
	return store_run_one(owe, error);
}

static void
read_item(statement *records, gpointer element)
{
	struct outbox_item *item = element;
	item->id = store_int(records, 0);
	item->callid = g_strdup(store_text(records, 1));
	item->ext = g_strdup(store_text(records, 2));
	item->n = store_int(records, 3);
	item->priority = (enum outbox_priority)store_int(records, 4);
	item->recording = g_strdup(store_text(records, 5));
	item->call_start = store_int(records, 6);
}

GArray *
late_records(store *db, int most, GError **error)
{
	statement *records = store_query(db, "late/records");
	store_bind_int(records, ":most", most);
	return store_rows(records, sizeof(struct outbox_item), read_item,
	    (GDestroyNotify)outbox_item_clear, error);
}

static void
read_id(statement *query, gpointer element)
{
	*(gint64 *)element = store_int(query, 0);
}

gboolean
late_resend(store *db, gint64 now, gint64 lost, enum outbox_rank rank, int *n, GError **error)
{
	statement *resendable = store_query(db, "late/resendable");
	store_bind_int(resendable, ":lost", lost);
	store_bind_int(resendable, ":rank", rank);
	/* The list first: a statement must not run over rows that are being changed. */
	g_autoptr(GArray) ids = store_rows(resendable, sizeof(gint64), read_id, NULL, error);
	if (ids == NULL)
		return FALSE;
	const struct outbox_outcome again = { .to = OUTBOX_READY, .not_before = now };
	for (guint i = 0; i < ids->len; i++)
		if (!outbox_move(
			db, g_array_index(ids, gint64, i), OUTBOX_UNKNOWN, &again, now, error))
			return FALSE;
	*n = (int)ids->len;
	return TRUE;
}

gboolean
late_doubt(store *db, gboolean *doubt, GError **error)
{
	statement *query = store_query(db, "late/doubt");
	const int got = store_step(query, error);
	if (got < 0)
		return FALSE;
	store_reset(query);
	*doubt = got > 0;
	return TRUE;
}
