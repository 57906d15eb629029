#include "store/checkpoint.h"

/* How many of the newest marks are kept whatever their distance. */
#define MARKS_NEWEST 16

gboolean
checkpoint_get(store *db, struct checkpoint *checkpoint, gboolean *found, GError **error)
{
	statement *get = store_query(db, "checkpoint/get");
	const int got = store_step(get, error);
	if (got < 0)
		return FALSE;
	*found = got > 0;
	if (*found) {
		*checkpoint = (struct checkpoint){
			.cursor = store_int(get, 0),
			.start = store_int(get, 1),
			.first_pass = store_int(get, 2),
			.last_pass = store_int(get, 3),
		};
		store_reset(get);
	}
	return TRUE;
}

gboolean
checkpoint_put(store *db, const struct checkpoint *checkpoint, GError **error)
{
	statement *put = store_query(db, "checkpoint/put");
	store_bind_int(put, ":cursor", checkpoint->cursor);
	store_bind_int(put, ":start", checkpoint->start);
	store_bind_int(put, ":first_pass", checkpoint->first_pass);
	store_bind_int(put, ":last_pass", checkpoint->last_pass);
	return store_run(put, NULL, error);
}

static gboolean
clamp(store *db, const char *name, gint64 now, GError **error)
{
	statement *query = store_query(db, name);
	store_bind_int(query, ":now", now);
	return store_run(query, NULL, error);
}

gboolean
checkpoint_clock_set_back(store *db, gint64 now, GError **error)
{
	return clamp(db, "sighting/clamp", now, error) && clamp(db, "open/clamp", now, error);
}

gboolean
checkpoint_sight(store *db, gint64 id, gint64 now, GError **error)
{
	if (!clamp(db, "sighting/clamp", now, error))
		return FALSE;
	statement *put = store_query(db, "sighting/put");
	store_bind_int(put, ":id", id);
	store_bind_int(put, ":now", now);
	return store_run(put, NULL, error);
}

gboolean
checkpoint_seasoned(store *db, gint64 before, gint64 *id, GError **error)
{
	statement *seasoned = store_query(db, "sighting/seasoned");
	store_bind_int(seasoned, ":before", before);
	const int got = store_step(seasoned, error);
	if (got < 0)
		return FALSE;
	*id = got > 0 ? store_int(seasoned, 0) : 0;
	store_reset(seasoned);
	if (got == 0 || store_mode_of(db) == STORE_READ)
		return TRUE;
	statement *drop = store_query(db, "sighting/drop");
	store_bind_int(drop, ":id", *id);
	return store_run(drop, NULL, error);
}

static void
read_gap(statement *query, gpointer element)
{
	*(struct gap *)element = (struct gap){
		.first = store_int(query, 0),
		.last = store_int(query, 1),
		.since = store_int(query, 2),
	};
}

static gboolean
gap_add(store *db, gint64 first, gint64 last, gint64 since, GError **error)
{
	statement *add = store_query(db, "gap/add");
	store_bind_int(add, ":first", first);
	store_bind_int(add, ":last", last);
	store_bind_int(add, ":since", since);
	return store_run(add, NULL, error);
}

gboolean
checkpoint_gap_put(store *db, const struct gap *gap, GError **error)
{
	statement *overlap = store_query(db, "gap/overlap");
	store_bind_int(overlap, ":first", gap->first);
	store_bind_int(overlap, ":last", gap->last);
	g_autoptr(GArray) known = store_rows(overlap, sizeof *gap, read_gap, NULL, error);
	if (known == NULL)
		return FALSE;
	/* Gaps never overlap: what is known to be missing keeps its time, only the rest is new. */
	gint64 first = gap->first;
	for (guint i = 0; i < known->len; i++) {
		const struct gap *k = &g_array_index(known, struct gap, i);
		if (first < k->first && !gap_add(db, first, k->first - 1, gap->since, error))
			return FALSE;
		if (k->last >= gap->last)
			return TRUE;
		first = k->last + 1;
	}
	return gap_add(db, first, gap->last, gap->since, error);
}

GArray *
checkpoint_gaps(store *db, GError **error)
{
	return store_rows(store_query(db, "gap/list"), sizeof(struct gap), read_gap, NULL, error);
}

gboolean
checkpoint_gap_fill(store *db, gint64 first, gint64 last, GError **error)
{
	statement *right = store_query(db, "gap/keep_right");
	store_bind_int(right, ":last", last);
	if (!store_run(right, NULL, error))
		return FALSE;
	statement *left = store_query(db, "gap/keep_left");
	store_bind_int(left, ":first", first);
	if (!store_run(left, NULL, error))
		return FALSE;
	statement *drop = store_query(db, "gap/drop");
	store_bind_int(drop, ":first", first);
	store_bind_int(drop, ":last", last);
	return store_run(drop, NULL, error);
}

gboolean
checkpoint_gap_expire(store *db, gint64 before, GError **error)
{
	statement *expire = store_query(db, "gap/expire");
	store_bind_int(expire, ":before", before);
	return store_run(expire, NULL, error);
}

void
mark_clear(struct mark *mark)
{
	g_clear_pointer(&mark->uniqueid, g_free);
}

static void
read_mark(statement *query, gpointer element)
{
	*(struct mark *)element = (struct mark){
		.id = store_int(query, 0),
		.uniqueid = g_strdup(store_text(query, 1)),
		.wall = store_int(query, 2),
	};
}

/*
 * Of the marks at 2^k … 2^(k+1)-1 ids behind the newest, the oldest stays: it is the one that will
 * reach the next power first. (Were it the newest, each new one would push it out, and none grow old.)
 */
static gboolean
marks_thin(store *db, GError **error)
{
	g_autoptr(GArray) marks = checkpoint_marks(db, error);
	if (marks == NULL)
		return FALSE;
	const struct mark *newest = &g_array_index(marks, struct mark, 0);
	for (guint i = MARKS_NEWEST; i + 1 < marks->len; i++) {
		const struct mark *mark = &g_array_index(marks, struct mark, i);
		const guint64 distance = (guint64)newest->id - (guint64)mark->id;
		const guint64 next = (guint64)newest->id - (guint64)mark[1].id;
		if (g_bit_nth_msf(distance, -1) != g_bit_nth_msf(next, -1))
			continue;
		statement *drop = store_query(db, "mark/drop");
		store_bind_int(drop, ":id", mark->id);
		if (!store_run(drop, NULL, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
checkpoint_mark_put(store *db, const struct mark *mark, GError **error)
{
	statement *put = store_query(db, "mark/put");
	store_bind_int(put, ":id", mark->id);
	store_bind_text(put, ":uniqueid", mark->uniqueid);
	store_bind_int(put, ":wall", mark->wall);
	return store_run(put, NULL, error) && marks_thin(db, error);
}

GArray *
checkpoint_marks(store *db, GError **error)
{
	return store_rows(store_query(db, "mark/list"), sizeof(struct mark), read_mark,
	    (GDestroyNotify)mark_clear, error);
}

gboolean
checkpoint_forget_above(store *db, gint64 id, GError **error)
{
	static const char *const names[] = { "mark/drop_above", "sighting/drop_above" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		statement *drop = store_query(db, names[i]);
		store_bind_int(drop, ":id", id);
		if (!store_run(drop, NULL, error))
			return FALSE;
	}
	return TRUE;
}
