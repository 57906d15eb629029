#include "sync/leftovers.h"

#include "store/late.h"
#include "sync/body.h"

#define RECORDS_MOST 1000

static gboolean
put_records(store *db, gint64 now, int *n, GError **error)
{
	g_autoptr(GArray) items = late_records(db, RECORDS_MOST, error);
	if (items == NULL)
		return FALSE;
	for (guint i = 0; i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		g_autoptr(GString) form = g_string_new("cmd=record");
		body_append(form, "callid", item->callid);
		const struct outbox_new record = {
			.callid = item->callid,
			.ext = item->ext,
			.event = "record",
			.n = item->n,
			.rank = OUTBOX_RECORD,
			.priority = item->priority,
			.body = form->str,
			.recording = item->recording,
			.call_start = item->call_start,
		};
		gboolean added;
		if (!outbox_put(db, &record, now, &added, error) ||
		    !late_owe(db, item->id, FALSE, error))
			return FALSE;
		*n += added;
	}
	return TRUE;
}

gboolean
leftovers_settle(store *db, const struct planfix_settings *planfix, gint64 now,
    struct leftovers *found, GError **error)
{
	*found = (struct leftovers){ .doubt = FALSE };
	if (!store_begin(db, error))
		return FALSE;
	gboolean fine = outbox_recover(db, now, &found->lost, error);
	if (fine && planfix->unknown == UNKNOWN_RESEND)
		fine = late_resend(db, now, LOST_MOST, OUTBOX_RECORD, &found->again, error);
	fine = fine && outbox_expire(db, now, now - planfix->give_up, &found->expired, error) &&
	       put_records(db, now, &found->records, error) &&
	       late_doubt(db, &found->doubt, error) && store_commit(db, error);
	if (!fine)
		store_rollback(db);
	return fine;
}
