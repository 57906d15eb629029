#include "store/replay.h"

#include <string.h>

void
replay_item_clear(struct replay_item *item)
{
	g_clear_pointer(&item->callid, g_free);
	g_clear_pointer(&item->ext, g_free);
	g_clear_pointer(&item->event, g_free);
	g_clear_pointer(&item->answer, g_free);
}

/* What decides an item's fate, beside the item itself. */
struct found {
	struct replay_item item;
	gint64 created, expires, left_behind; /* left_behind: later requests that left */
	gboolean empty;
};

static void
read_found(statement *query, gpointer element)
{
	struct found *found = element;
	found->item.id = store_int(query, 0);
	outbox_state_from_name(store_text(query, 1), &found->item.state);
	found->item.rank = (enum outbox_rank)store_int(query, 2);
	found->item.callid = g_strdup(store_text(query, 3));
	found->item.ext = g_strdup(store_text(query, 4));
	found->item.event = g_strdup(store_text(query, 5));
	found->created = store_int(query, 6);
	found->expires = store_int(query, 7);
	found->item.status = store_int(query, 8);
	found->item.answer = g_strdup(store_text(query, 9));
	found->empty = store_int(query, 10) != 0;
	found->left_behind = store_int(query, 11);
}

static void
found_clear(gpointer found)
{
	replay_item_clear(&((struct found *)found)->item);
}

/* `again`: how many later requests of its call and employee PlanFix had rejected and will now get after it. */
static enum replay_fate
fate_of(const struct found *found, const struct replay_filter *filter, gint64 now, gint64 again)
{
	const struct replay_item *item = &found->item;
	if (found->empty)
		return REPLAY_EMPTY;
	if (item->rank >= OUTBOX_COMPLETED)
		return REPLAY_AGAIN;
	if (found->left_behind > again)
		return REPLAY_OVERTAKEN;
	if (found->created < filter->young || (found->expires != 0 && found->expires <= now))
		return REPLAY_PAST;
	return REPLAY_AGAIN;
}

/* One after another, the last request of a call and employee first: a request's fate hangs on those behind it. */
static GArray *
decide(GArray *all, const struct replay_filter *filter, gint64 now)
{
	GArray *items = g_array_new(FALSE, FALSE, sizeof(struct replay_item));
	g_array_set_clear_func(items, (GDestroyNotify)replay_item_clear);
	const struct replay_item *before = NULL;
	gint64 again = 0;
	for (guint i = 0; i < all->len; i++) {
		struct found *found = &g_array_index(all, struct found, i);
		struct replay_item *item = &found->item;
		if (before == NULL || strcmp(before->callid, item->callid) != 0 ||
		    strcmp(before->ext, item->ext) != 0)
			again = 0;
		item->fate = fate_of(found, filter, now, again);
		if (item->fate == REPLAY_AGAIN && item->state == OUTBOX_REJECTED &&
		    (item->rank == OUTBOX_ACCEPTED || item->rank == OUTBOX_COMPLETED))
			again++;
		before = item;
	}
	for (guint i = 0; i < all->len; i++) {
		struct replay_item *item = &g_array_index(all, struct found, i).item;
		g_array_append_val(items, *item);
		*item = (struct replay_item){ 0 };
	}
	return items;
}

static void
bind_state(
    statement *query, const char *name, const struct replay_filter *filter, enum outbox_state state)
{
	store_bind_text(query, name, filter->states[state] ? outbox_state_name(state) : NULL);
}

GArray *
replay_find(store *db, const struct replay_filter *filter, gint64 now, int most, GError **error)
{
	statement *query =
	    store_query(db, filter->callid != NULL ? "replay/of_call" : "replay/of_state");
	if (filter->callid != NULL)
		store_bind_text(query, ":callid", filter->callid);
	bind_state(query, ":rejected", filter, OUTBOX_REJECTED);
	bind_state(query, ":unknown", filter, OUTBOX_UNKNOWN);
	bind_state(query, ":expired", filter, OUTBOX_EXPIRED);
	bind_state(query, ":sent", filter, OUTBOX_SENT);
	store_bind_int(query, ":from", filter->from);
	store_bind_int(query, ":to", filter->to);
	store_bind_text(query, ":error", filter->error);
	store_bind_int(query, ":most", most);
	g_autoptr(GArray) all =
	    store_rows(query, sizeof(struct found), read_found, found_clear, error);
	return all == NULL ? NULL : decide(all, filter, now);
}

gboolean
replay_move(store *db, const struct replay_item *item, gint64 now, GError **error)
{
	const struct outbox_outcome again = {
		.to = OUTBOX_READY,
		.not_before = now,
		.forced = item->state == OUTBOX_SENT,
	};
	if (!outbox_move(db, item->id, item->state, &again, now, error))
		return FALSE;
	statement *behind = store_query(db, "replay/behind");
	store_bind_int(behind, ":id", item->id);
	store_bind_int(behind, ":priority", OUTBOX_HISTORY);
	return store_run_one(behind, error);
}
