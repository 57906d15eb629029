#include "store/retention.h"

enum table {
	TABLE_OUTBOX,
	TABLE_RECORDING
};

static const char *const blocks[] = { "retention/outbox_block", "retention/recording_block" },
			 *const empties[] = { "retention/outbox_empty",
				 "retention/recording_empty" },
			 *const fulls[] = { "retention/outbox_full", "retention/recording_full" };

static gboolean
read_row(store *db, gint64 *walked, gint64 after[2], GError **error)
{
	statement *get = store_query(db, "retention/get");
	int got = store_step(get, error);
	if (got < 0)
		return FALSE;
	*walked = got > 0 ? store_int(get, 0) : 0;
	after[TABLE_OUTBOX] = got > 0 ? store_int(get, 1) : 0;
	after[TABLE_RECORDING] = got > 0 ? store_int(get, 2) : 0;
	store_reset(get);
	return TRUE;
}

gboolean
retention_walked(store *db, gint64 *walked, GError **error)
{
	gint64 after[2];
	return read_row(db, walked, after, error);
}

gboolean
retention_begin(store *db, struct retention *r, GError **error)
{
	if (!read_row(db, &r->walked, r->after, error))
		return FALSE;
	for (int i = 0; i < 2; i++) {
		r->at[i] = r->after[i];
		r->stuck[i] = FALSE;
	}
	r->requests = r->recordings = 0;
	r->table = TABLE_OUTBOX;
	r->done = FALSE;
	return TRUE;
}

struct block {
	gint64 last; /* the highest id that is old enough; 0: none is */
	gboolean end;
};

/* The next ids that are old enough; a row that is too young ends the table. */
static gboolean
next_block(store *db, const struct retention *r, struct block *block, GError **error)
{
	statement *query = store_query(db, blocks[r->table]);
	int got, n = 0;
	store_bind_int(query, ":after", r->at[r->table]);
	store_bind_int(query, ":limit", RETENTION_BLOCK);
	*block = (struct block){ 0 };
	while (!block->end && (got = store_step(query, error)) != 0) {
		if (got < 0)
			return FALSE;
		n++;
		if (store_int(query, 1) >= r->before) {
			store_reset(query);
			block->end = TRUE;
		} else {
			block->last = store_int(query, 0);
		}
	}
	block->end = block->end || n < RETENTION_BLOCK;
	return TRUE;
}

static gboolean
empty_block(store *db, struct retention *r, gint64 last, GError **error)
{
	statement *empty = store_query(db, empties[r->table]);
	int changed;
	store_bind_int(empty, ":first", r->at[r->table] + 1);
	store_bind_int(empty, ":last", last);
	store_bind_int(empty, ":before", r->before);
	if (r->table == TABLE_RECORDING) {
		store_bind_int(empty, ":links_end", r->links_end ? 1 : 0);
		store_bind_int(empty, ":wavs_pending", r->wavs_pending ? 1 : 0);
		store_bind_int(empty, ":never", G_MAXINT64);
	}
	if (!store_run(empty, &changed, error))
		return FALSE;
	*(r->table == TABLE_OUTBOX ? &r->requests : &r->recordings) += changed;
	if (r->table == TABLE_RECORDING)
		return TRUE;
	statement *attempts = store_query(db, "retention/attempt_empty");
	store_bind_int(attempts, ":first", r->at[r->table] + 1);
	store_bind_int(attempts, ":last", last);
	return store_run(attempts, NULL, error);
}

/* Where everything before is empty: the next walk begins there. */
static gboolean
move_after(store *db, struct retention *r, gint64 last, GError **error)
{
	if (r->stuck[r->table])
		return TRUE;
	statement *full = store_query(db, fulls[r->table]);
	store_bind_int(full, ":first", r->at[r->table] + 1);
	store_bind_int(full, ":last", last);
	int got = store_step(full, error);
	if (got < 0)
		return FALSE;
	r->stuck[r->table] = got > 0;
	r->after[r->table] = got > 0 ? store_int(full, 0) - 1 : last;
	store_reset(full);
	return TRUE;
}

/* What the last run that failed said: an answer's words may be in it. */
static gboolean
empty_trouble(store *db, const struct retention *r, GError **error)
{
	statement *empty = store_query(db, "retention/trouble_empty");
	store_bind_int(empty, ":before", r->before);
	return store_run(empty, NULL, error);
}

gboolean
retention_step(store *db, struct retention *r, gint64 now, GError **error)
{
	struct block block;
	if (!next_block(db, r, &block, error))
		return FALSE;
	if (block.last > 0) {
		if (!empty_block(db, r, block.last, error) || !move_after(db, r, block.last, error))
			return FALSE;
		r->at[r->table] = block.last;
	}
	if (block.end)
		r->done = r->table++ == TABLE_RECORDING;
	if (r->done && !empty_trouble(db, r, error))
		return FALSE;
	statement *put = store_query(db, "retention/put");
	store_bind_int(put, ":walked", r->done ? now : r->walked);
	store_bind_int(put, ":outbox_after", r->after[TABLE_OUTBOX]);
	store_bind_int(put, ":recording_after", r->after[TABLE_RECORDING]);
	return store_run_one(put, error);
}
