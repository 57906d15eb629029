#include "sync/rebuild_private.h"

/* Groups whose CDR records are asked for together. */
#define BLOCK 128
/* Rounds of completing a group: each must bring a linkedid not known before. */
#define ROUNDS_MAX 20
/* A group is handed out this long after its last channel ended, in the table's own time. */
#define QUIET (5 * G_USEC_PER_SEC)
/* Groups held in memory, some 6 KB each; and how many of those that left come back at once in the end. */
#define HELD_MOST 4096
#define PORTION 2048

rebuild *
rebuild_new(source *from, const struct rebuild_options *options, rebuild_sink sink,
    rebuild_block block, gpointer data)
{
	rebuild *r = g_new0(rebuild, 1);
	r->source = from;
	r->options = *options;
	r->sink = sink;
	r->block = block;
	r->data = data;
	r->assembly = assembly_new();
	if (r->options.held_most == 0)
		r->options.held_most = HELD_MOST;
	overflow_init(&r->overflow, r->assembly, r->options.held_most, QUIET, r->options.stale);
	r->ready = g_ptr_array_new();
	r->asked = g_ptr_array_new();
	r->ids = g_ptr_array_new();
	r->calls = g_ptr_array_new();
	r->fetched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r->told = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return r;
}

void
rebuild_free(rebuild *r)
{
	if (r == NULL)
		return;
	source_scan_stop(r->source);
	if (r->answering)
		source_answer_drop(r->source);
	for (guint i = 0; i < r->ready->len; i++)
		assembly_release(r->assembly, r->ready->pdata[i]);
	for (guint i = r->n_told; i < r->asked->len; i++)
		assembly_release(r->assembly, r->asked->pdata[i]);
	g_ptr_array_free(r->ready, TRUE);
	g_ptr_array_free(r->asked, TRUE);
	g_ptr_array_free(r->ids, TRUE);
	g_ptr_array_free(r->calls, TRUE);
	g_hash_table_destroy(r->fetched);
	g_hash_table_destroy(r->told);
	overflow_clear(&r->overflow);
	assembly_free(r->assembly);
	g_free(r);
}

assembly *
rebuild_assembly(rebuild *r)
{
	return r->assembly;
}

gint64
rebuild_last_id(const rebuild *r)
{
	return r->last_id;
}

gint64
rebuild_rows(const rebuild *r)
{
	return r->rows;
}

static gboolean
add_row(rebuild *r, const struct cel_row *row, GError **error)
{
	r->rows++;
	r->last_id = MAX(r->last_id, row->id);
	if (G_UNLIKELY(r->overflow.away > 0) && !overflow_recall_row(&r->overflow, row, error))
		return FALSE;
	assembly_add(r->assembly, row);
	return (r->rows & 63) != 0 || r->finishing || overflow_shed(&r->overflow, error);
}

/* CDR records of a block. */

static gboolean
ask_more(rebuild *r, GError **error)
{
	guint n = MIN(SOURCE_IDS_MAX, r->ids->len - r->ids_asked);
	if (n == 0)
		return TRUE;
	if (!source_ask_cdr(r->source, (const char *const *)r->ids->pdata + r->ids_asked, n, error))
		return FALSE;
	r->ids_asked += n;
	r->answering = TRUE;
	return TRUE;
}

static gboolean
ask_block(rebuild *r, GError **error)
{
	GPtrArray *empty = r->asked;
	r->asked = r->ready;
	r->ready = empty;
	guint n = 0;
	for (guint i = 0; i < r->asked->len; i++)
		n += ((const struct group *)r->asked->pdata[i])->n_channels;
	g_ptr_array_set_size(r->ids, (int)n);
	gpointer *id = r->ids->pdata;
	for (guint i = 0; i < r->asked->len; i++) {
		const struct group *g = r->asked->pdata[i];
		for (guint j = 0; j < g->n_channels; j++)
			*id++ = (gpointer)g->channels[j]->uniqueid;
	}
	r->ids_asked = 0;
	return !source_has_cdr(r->source) || ask_more(r, error);
}

/* A record that belongs to a group will not have to be looked for again. */
static void
sum_record(rebuild *r, const struct cdr_row *row)
{
	gpointer day = GSIZE_TO_POINTER((gsize)(row->calldate.us / REBUILD_DAY));
	if (row->calldate.us < 0 || row->calldate.utc)
		return;
	if (r->told_sum == NULL || day != r->told_day) {
		r->told_day = day;
		r->told_sum = g_hash_table_lookup(r->told, day);
	}
	if (r->told_sum == NULL) {
		r->told_sum = g_new0(struct source_sum, 1);
		g_hash_table_insert(r->told, day, r->told_sum);
	}
	source_sum_add(r->told_sum, row->uniqueid, row->len.uniqueid);
}

static gboolean
read_answers(rebuild *r, GError **error)
{
	while (r->answering) {
		struct cdr_row row;
		int got;
		while ((got = source_answer_cdr(r->source, &row, error)) > 0) {
			if (assembly_add_record(r->assembly, &row))
				sum_record(r, &row);
		}
		r->answering = FALSE;
		if (got < 0 || !ask_more(r, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
tell_group(rebuild *r, struct group *g, GError **error)
{
	/* What is made of it is gone in a moment; it waited long enough to have left the cache. */
	arena_turn(&g->arena);
	const struct timeline *t = timeline_build(g, r->options.zone);
	GPtrArray *calls = r->calls;
	g_ptr_array_set_size(calls, 0);
	call_build(g, t, r->options.rules, calls);
	if (g->n_channels == 0) {
		struct call *call = call_build_from_cdr(g, r->options.zone, r->options.rules);
		if (call != NULL)
			g_ptr_array_add(calls, call);
	}
	return r->sink(g, t, calls, r->data, error);
}

/* Up to here nothing that was read is only in memory. */
static gboolean
safe_id(rebuild *r, gint64 *id, GError **error)
{
	gint64 lowest;
	if (!overflow_lowest(&r->overflow, &lowest, error))
		return FALSE;
	lowest = MIN(lowest, assembly_lowest_id(r->assembly));
	for (guint i = 0; i < r->ready->len; i++)
		lowest = MIN(lowest, ((struct group *)r->ready->pdata[i])->first_id);
	*id = MIN(lowest - 1, r->last_id);
	return TRUE;
}

/* Reads what is under way and passes those groups on. */
gboolean
rebuild_finish_block(rebuild *r, GError **error)
{
	if (!read_answers(r, error))
		return FALSE;
	if (r->asked->len == 0)
		return TRUE;
	for (; r->n_told < r->asked->len; r->n_told++) {
		struct group *g = r->asked->pdata[r->n_told];
		if (!tell_group(r, g, error))
			return FALSE;
		assembly_release(r->assembly, g);
	}
	g_ptr_array_set_size(r->asked, 0);
	r->n_told = 0;
	gint64 id;
	return r->block == NULL || (safe_id(r, &id, error) && r->block(id, r->data, error));
}

gboolean
rebuild_turn_block(rebuild *r, GError **error)
{
	return rebuild_finish_block(r, error) && ask_block(r, error);
}

/* Rows. */

/* Groups that ended while rows stream. One whose beginning lies before the range is completed at once. */
static gboolean
take_ended(rebuild *r, GError **error)
{
	struct group *g;
	while ((g = assembly_next(r->assembly, QUIET, r->options.stale)) != NULL)
		g_ptr_array_add(r->ready, g);
	if (r->overflow.away > 0 && !overflow_due(&r->overflow, r->ready, BLOCK, error))
		return FALSE;
	return r->ready->len < BLOCK || rebuild_turn_block(r, error);
}

gboolean
rebuild_scan(rebuild *r, gint64 after, gint64 until, const volatile gint *stop, GError **error)
{
	if (!source_has_cel(r->source))
		return TRUE;
	if (!source_scan(r->source, after, until, error))
		return FALSE;
	struct cel_row row;
	int got;
	r->stop = stop;
	while ((got = source_scan_next(r->source, &row, error)) > 0) {
		if (!add_row(r, &row, error))
			return FALSE;
		if (!r->options.hold && (r->rows & 63) == 0 && !take_ended(r, error))
			return FALSE;
		if (stop != NULL && *stop)
			break;
	}
	source_scan_stop(r->source);
	return got >= 0;
}

static gboolean
fetch_by(rebuild *r, enum source_key key, const char *const *ids, gsize n, GError **error)
{
	for (gsize at = 0; at < n; at += SOURCE_IDS_MAX) {
		if (!source_ask_cel(r->source, key, ids + at, MIN(SOURCE_IDS_MAX, n - at), error))
			return FALSE;
		struct cel_row row;
		int got;
		while ((got = source_answer_cel(r->source, &row, error)) > 0) {
			if (!add_row(r, &row, error)) {
				source_answer_drop(r->source);
				return FALSE;
			}
		}
		if (got < 0)
			return FALSE;
	}
	return TRUE;
}

gboolean
rebuild_fetch(rebuild *r, const char *const *ids, gsize n, GError **error)
{
	g_autoptr(GPtrArray) fresh = g_ptr_array_new();
	for (gsize i = 0; i < n; i++) {
		if (!g_hash_table_contains(r->fetched, ids[i])) {
			char *id = g_strdup(ids[i]);
			g_hash_table_add(r->fetched, id);
			g_ptr_array_add(fresh, id);
		}
	}
	if (fresh->len == 0 || !source_has_cel(r->source))
		return TRUE;
	/* One question at a time: a block under way is finished first. */
	if (!rebuild_finish_block(r, error))
		return FALSE;
	const char *const *list = (const char *const *)fresh->pdata;
	return fetch_by(r, SOURCE_BY_LINKEDID, list, fresh->len, error) &&
	       fetch_by(r, SOURCE_BY_UNIQUEID, list, fresh->len, error);
}

/* Fetches until every group that is left has its beginnings and, where asked for, its end. */
static gboolean
complete(rebuild *r, GError **error)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		g_autoptr(GPtrArray) ids = assembly_incomplete(r->assembly, r->options.open);
		guint known = g_hash_table_size(r->fetched);
		if (!rebuild_fetch(r, (const char *const *)ids->pdata, ids->len, error))
			return FALSE;
		if (g_hash_table_size(r->fetched) == known)
			break;
	}
	return TRUE;
}

/* Hands out all that is held. */
static gboolean
empty(rebuild *r, GError **error)
{
	struct group *g;
	while ((g = assembly_rest(r->assembly)) != NULL) {
		g_ptr_array_add(r->ready, g);
		if (r->ready->len >= BLOCK && !rebuild_turn_block(r, error))
			return FALSE;
	}
	return rebuild_turn_block(r, error) && rebuild_finish_block(r, error);
}

gboolean
rebuild_finish(rebuild *r, GError **error)
{
	r->finishing = TRUE;
	for (;;) {
		if ((r->options.relate != NULL && !r->options.relate(r, r->data, error)) ||
		    !complete(r, error) || !empty(r, error))
			return FALSE;
		if (r->overflow.away == 0 || (r->stop != NULL && *r->stop))
			return TRUE;
		/* What was fetched belonged to the groups of this portion. */
		g_hash_table_remove_all(r->fetched);
		if (!overflow_return(&r->overflow, MIN(PORTION, r->options.held_most), error))
			return FALSE;
	}
}
