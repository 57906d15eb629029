/* Whole groups of items that change their state together; each one through outbox_move(). */
#include "store/outbox.h"

#include <glib/gi18n.h>

static void
read_id(statement *query, gpointer element)
{
	*(gint64 *)element = store_int(query, 0);
}

/* The list first: a statement must not run over rows that are being changed. */
static gboolean
move_all(store *db, statement *list, enum outbox_state from, const struct outbox_outcome *outcome,
    gint64 now, int *n, GError **error)
{
	g_autoptr(GArray) ids = store_rows(list, sizeof(gint64), read_id, NULL, error);
	if (ids == NULL)
		return FALSE;
	for (guint i = 0; i < ids->len; i++)
		if (!outbox_move(db, g_array_index(ids, gint64, i), from, outcome, now, error))
			return FALSE;
	*n = (int)ids->len;
	return TRUE;
}

gboolean
outbox_expire(store *db, gint64 now, gint64 given_up, int *n, GError **error)
{
	statement *expired = store_query(db, "outbox/expired");
	store_bind_int(expired, ":now", now);
	store_bind_int(expired, ":given_up", given_up);
	const struct outbox_outcome outcome = { .to = OUTBOX_EXPIRED };
	return move_all(db, expired, OUTBOX_READY, &outcome, now, n, error);
}

struct claim {
	gint64 id, lease;
	struct outbox_owner owner;
};

static void
read_claim(statement *query, gpointer element)
{
	struct claim *claim = element;
	claim->id = store_int(query, 0);
	claim->lease = store_int(query, 1);
	g_strlcpy(claim->owner.boot, store_text(query, 2), sizeof claim->owner.boot);
	claim->owner.pid = store_int(query, 3);
	claim->owner.start = store_int(query, 4);
}

gboolean
outbox_recover(store *db, gint64 now, int *n, GError **error)
{
	g_autoptr(GArray) claims = store_rows(
	    store_query(db, "outbox/sending"), sizeof(struct claim), read_claim, NULL, error);
	if (claims == NULL)
		return FALSE;
	*n = 0;
	for (guint i = 0; i < claims->len; i++) {
		const struct claim *claim = &g_array_index(claims, struct claim, i);
		const gboolean late = claim->lease <= now;
		if (!late && outbox_owner_alive(&claim->owner))
			continue;
		const struct outbox_outcome outcome = {
			.to = OUTBOX_UNKNOWN,
			.answer =
			    late ? _("no answer was noted before the lease ran out")
				 : _("the program that sent it ended before it noted an answer"),
		};
		if (!outbox_move(db, claim->id, OUTBOX_SENDING, &outcome, now, error))
			return FALSE;
		++*n;
	}
	return TRUE;
}
