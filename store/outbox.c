#include "store/outbox.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define ANSWER_MAX 1024

static const char *const state_names[OUTBOX_STATES] = {
	[OUTBOX_READY] = "ready",
	[OUTBOX_SENDING] = "sending",
	[OUTBOX_SENT] = "sent",
	[OUTBOX_REJECTED] = "rejected",
	[OUTBOX_UNKNOWN] = "unknown",
	[OUTBOX_EXPIRED] = "expired",
};

enum way {
	WAY_NONE,
	WAY_OPEN,
	WAY_FORCED /* only where the outcome says so */
};

/*
 * Which changes there are, [from][to]. ready -> sending is missing here because only outbox_claim()
 * makes it: it also writes the owner, without whom nobody could tell an abandoned item.
 */
static const enum way transitions[OUTBOX_STATES][OUTBOX_STATES] = {
	[OUTBOX_READY][OUTBOX_EXPIRED] = WAY_OPEN,
	[OUTBOX_SENDING][OUTBOX_SENT] = WAY_OPEN,
	[OUTBOX_SENDING][OUTBOX_READY] = WAY_OPEN,
	[OUTBOX_SENDING][OUTBOX_REJECTED] = WAY_OPEN,
	[OUTBOX_SENDING][OUTBOX_UNKNOWN] = WAY_OPEN,
	[OUTBOX_SENT][OUTBOX_READY] = WAY_FORCED,
	[OUTBOX_REJECTED][OUTBOX_READY] = WAY_OPEN,
	[OUTBOX_UNKNOWN][OUTBOX_READY] = WAY_OPEN,
	[OUTBOX_EXPIRED][OUTBOX_READY] = WAY_OPEN,
};

const char *
outbox_state_name(enum outbox_state state)
{
	return state_names[state];
}

gboolean
outbox_state_from_name(const char *name, enum outbox_state *state)
{
	for (int i = 0; i < OUTBOX_STATES; i++)
		if (g_strcmp0(name, state_names[i]) == 0) {
			*state = (enum outbox_state)i;
			return TRUE;
		}
	return FALSE;
}

void
outbox_item_clear(struct outbox_item *item)
{
	g_clear_pointer(&item->callid, g_free);
	g_clear_pointer(&item->ext, g_free);
	g_clear_pointer(&item->event, g_free);
	g_clear_pointer(&item->body, g_free);
	g_clear_pointer(&item->recording, g_free);
	g_clear_pointer(&item->answer, g_free);
}

/* Columns as in outbox/candidates and outbox/of_call. */
static void
read_item(statement *query, gpointer element)
{
	struct outbox_item *item = element;
	item->id = store_int(query, 0);
	item->n = store_int(query, 1);
	outbox_state_from_name(store_text(query, 2), &item->state);
	item->rank = (enum outbox_rank)store_int(query, 3);
	item->priority = (enum outbox_priority)store_int(query, 4);
	item->callid = g_strdup(store_text(query, 5));
	item->ext = g_strdup(store_text(query, 6));
	item->event = g_strdup(store_text(query, 7));
	item->body = g_strdup(store_text(query, 8));
	item->recording = g_strdup(store_text(query, 9));
	item->call_start = store_int(query, 10);
	item->created = store_int(query, 11);
	item->not_before = store_int(query, 12);
	item->expires = store_int(query, 13);
	item->attempts = store_int(query, 14);
	item->changed = store_int(query, 15);
	item->status = store_int(query, 16);
	item->answer = g_strdup(store_text(query, 17));
}

static gboolean
wait_behind(store *db, const struct outbox_new *item, gint64 *not_before, GError **error)
{
	statement *behind = store_query(db, "outbox/behind");
	store_bind_text(behind, ":callid", item->callid);
	store_bind_text(behind, ":ext", item->ext);
	store_bind_int(behind, ":n", item->n);
	store_bind_int(behind, ":rank", item->rank);
	if (store_step(behind, error) < 0)
		return FALSE;
	*not_before = MAX(*not_before, store_int(behind, 0));
	store_reset(behind);
	return TRUE;
}

gboolean
outbox_put(store *db, const struct outbox_new *item, gint64 now, gboolean *added, GError **error)
{
	gint64 not_before = now;
	if (!item->first && !wait_behind(db, item, &not_before, error))
		return FALSE;
	statement *put = store_query(db, "outbox/put");
	store_bind_text(put, ":callid", item->callid);
	store_bind_text(put, ":ext", item->ext);
	store_bind_text(put, ":event", item->event);
	store_bind_int(put, ":n", item->n);
	store_bind_int(put, ":rank", item->rank);
	store_bind_int(put, ":priority", item->priority);
	store_bind_text(put, ":body", item->body);
	store_bind_text(put, ":recording", item->recording);
	store_bind_int(put, ":call_start", item->call_start);
	store_bind_int(put, ":expires", item->expires);
	store_bind_int(put, ":not_before", not_before);
	store_bind_int(put, ":now", now);
	int changed;
	if (!store_run(put, &changed, error))
		return FALSE;
	*added = changed == 1;
	return TRUE;
}

static statement *
candidates(store *db, enum outbox_priority priority, gint64 due, gint64 now)
{
	statement *query = store_query(db, "outbox/candidates");
	store_bind_int(query, ":priority", priority);
	store_bind_int(query, ":due", due);
	store_bind_int(query, ":now", now);
	return query;
}

/*
 * Adds to `items` what may go. Of one call and employee one at a time: an announcement holds nothing
 * back, but on two connections at once the later of two could arrive first.
 */
static gboolean
gather(store *db, enum outbox_priority priority, gint64 now, guint limit, GHashTable *taken,
    GArray *items, GError **error)
{
	int got = 1;
	statement *query = candidates(db, priority, now, now);
	while (items->len < limit && (got = store_step(query, error)) > 0) {
		struct outbox_item item = { 0 };
		read_item(query, &item);
		if (g_hash_table_add(taken, g_strconcat(item.callid, "\n", item.ext, NULL)))
			g_array_append_val(items, item);
		else
			outbox_item_clear(&item);
	}
	if (got > 0)
		store_reset(query);
	return got >= 0;
}

static gboolean
take(store *db, struct outbox_item *item, const struct outbox_owner *owner, gint64 now,
    gint64 lease, GError **error)
{
	statement *claim = store_query(db, "outbox/claim");
	store_bind_int(claim, ":id", item->id);
	store_bind_int(claim, ":now", now);
	store_bind_int(claim, ":lease", lease);
	store_bind_text(claim, ":boot", owner->boot);
	store_bind_int(claim, ":pid", owner->pid);
	store_bind_int(claim, ":start", owner->start);
	item->state = OUTBOX_SENDING;
	item->attempts++;
	item->changed = now;
	return store_run_one(claim, error);
}

GArray *
outbox_claim(store *db, const struct outbox_owner *owner, gint64 now, gint64 lease, int limit,
    GError **error)
{
	g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(struct outbox_item));
	g_array_set_clear_func(items, (GDestroyNotify)outbox_item_clear);
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const guint most = (guint)MAX(limit, 0);
	if (!gather(db, OUTBOX_LIVE, now, most, taken, items, error) ||
	    !gather(db, OUTBOX_HISTORY, now, most, taken, items, error))
		return NULL;
	for (guint i = 0; i < items->len; i++)
		if (!take(
			db, &g_array_index(items, struct outbox_item, i), owner, now, lease, error))
			return NULL;
	return g_steal_pointer(&items);
}

gboolean
outbox_next(store *db, gint64 *not_before, GError **error)
{
	*not_before = 0;
	for (int priority = OUTBOX_LIVE; priority <= OUTBOX_HISTORY; priority++) {
		statement *query = candidates(db, (enum outbox_priority)priority, G_MAXINT64, 0);
		const int got = store_step(query, error);
		if (got < 0)
			return FALSE;
		const gint64 next = got > 0 ? store_int(query, 12) : 0;
		store_reset(query);
		if (next != 0 && (*not_before == 0 || next < *not_before))
			*not_before = next;
	}
	return TRUE;
}

/* The start of an answer, not cut in the middle of a UTF-8 character. */
static char *
cut(const char *answer)
{
	if (answer == NULL)
		return NULL;
	gsize length = strnlen(answer, ANSWER_MAX + 1);
	if (length > ANSWER_MAX)
		for (length = ANSWER_MAX; length > 0 && (answer[length] & 0xc0) == 0x80; length--)
			continue;
	return g_strndup(answer, length);
}

static gboolean
postpone_followers(store *db, gint64 id, gint64 not_before, GError **error)
{
	statement *postpone = store_query(db, "outbox/postpone");
	store_bind_int(postpone, ":id", id);
	store_bind_int(postpone, ":not_before", not_before);
	return store_run(postpone, NULL, error);
}

gboolean
outbox_move(store *db, gint64 id, enum outbox_state from, const struct outbox_outcome *outcome,
    gint64 now, GError **error)
{
	const enum outbox_state to = outcome->to;
	const enum way way = transitions[from][to];
	if (way == WAY_NONE || (way == WAY_FORCED && !outcome->forced)) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
		    _("outbox item %" PRId64 ": there is no way from %s to %s\n"
		      "This is a fault in celsync: please report it with this message."),
		    id, state_names[from], state_names[to]);
		return FALSE;
	}
	g_autofree char *answer = cut(outcome->answer);
	statement *move = store_query(db, "outbox/move");
	store_bind_int(move, ":id", id);
	store_bind_text(move, ":from", state_names[from]);
	store_bind_text(move, ":to", state_names[to]);
	store_bind_int(move, ":not_before", outcome->not_before);
	store_bind_int(move, ":status", outcome->status);
	store_bind_text(move, ":answer", answer);
	store_bind_int(move, ":now", now);
	if (!store_run_one(move, error)) {
		g_prefix_error(error, _("outbox item %" PRId64 ", %s to %s: "), id,
		    state_names[from], state_names[to]);
		return FALSE;
	}
	return to != OUTBOX_READY || postpone_followers(db, id, outcome->not_before, error);
}

gboolean
outbox_counts(store *db, struct outbox_count counts[OUTBOX_STATES], GError **error)
{
	memset(counts, 0, OUTBOX_STATES * sizeof *counts);
	statement *query = store_query(db, "outbox/counts");
	int got;
	while ((got = store_step(query, error)) > 0) {
		enum outbox_state state;
		if (outbox_state_from_name(store_text(query, 0), &state))
			counts[state] = (struct outbox_count){
				.n = store_int(query, 1),
				.oldest = store_int(query, 2),
			};
	}
	return got == 0;
}

GArray *
outbox_of_call(store *db, const char *callid, GError **error)
{
	statement *query = store_query(db, "outbox/of_call");
	store_bind_text(query, ":callid", callid);
	return store_rows(
	    query, sizeof(struct outbox_item), read_item, (GDestroyNotify)outbox_item_clear, error);
}
