/* CDR records without CEL rows: they are looked for where the table has more of them than came with groups. */
#include "sync/rebuild_private.h"

/* Records read and not yet known to be alone: their strings are kept in `text`. */
struct orphans {
	GArray *rows; /* struct cdr_row */
	GStringChunk *text;
	GPtrArray *ids;    /* const char *: their uniqueids and linkedids, each once */
	GHashTable *known; /* the same, as a set; those of which CEL rows are there are taken out */
};

static void
keep_record(struct orphans *o, const struct cdr_row *row)
{
	struct cdr_row copy = *row;
	const char **strings[] = { &copy.uniqueid, &copy.linkedid, &copy.src, &copy.dst,
		&copy.channel, &copy.dstchannel, &copy.lastdata, &copy.disposition, &copy.did,
		&copy.recordingfile };
	for (guint i = 0; i < G_N_ELEMENTS(strings); i++)
		*strings[i] = g_string_chunk_insert_const(o->text, *strings[i]);
	/* What stood behind a NUL byte is left behind. */
	cdr_row_measure(&copy);
	g_array_append_val(o->rows, copy);
	const char *ids[] = { copy.uniqueid, copy.linkedid };
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
		if (g_hash_table_add(o->known, (gpointer)ids[i]))
			g_ptr_array_add(o->ids, (gpointer)ids[i]);
	}
}

/* Takes out the ids that CEL knows. */
static gboolean
sift(rebuild *r, struct orphans *o, GError **error)
{
	if (!source_has_cel(r->source))
		return TRUE;
	for (guint at = 0; at < o->ids->len; at += SOURCE_IDS_MAX) {
		guint n = MIN(SOURCE_IDS_MAX, o->ids->len - at);
		if (!source_ask_cel(r->source, SOURCE_BY_UNIQUEID,
			(const char *const *)o->ids->pdata + at, n, error))
			return FALSE;
		struct cel_row row;
		int got;
		while ((got = source_answer_cel(r->source, &row, error)) > 0)
			g_hash_table_remove(o->known, row.uniqueid);
		if (got < 0)
			return FALSE;
	}
	return TRUE;
}

/* A group of its own, unless its linkedid has one already. */
static gboolean
add_alone(rebuild *r, const struct cdr_row *row, GError **error)
{
	if (r->overflow.away > 0 && (!overflow_recall_id(&r->overflow, row->linkedid, error) ||
					!overflow_recall_id(&r->overflow, row->uniqueid, error)))
		return FALSE;
	assembly_add_alone(r->assembly, row);
	return overflow_shed(&r->overflow, error);
}

/* Those of a time of the table's clock. */
static gboolean
sift_orphans(rebuild *r, gint64 from, gint64 to, struct orphans *o, GError **error)
{
	if (!source_ask_cdr_between(r->source, from, to, error))
		return FALSE;
	struct cdr_row row;
	int got;
	while ((got = source_answer_cdr(r->source, &row, error)) > 0)
		keep_record(o, &row);
	if (got < 0 || !sift(r, o, error))
		return FALSE;
	for (guint i = 0; i < o->rows->len; i++) {
		const struct cdr_row *kept = &g_array_index(o->rows, struct cdr_row, i);
		/* Where the beginning channel has CEL rows the call is told from them. */
		if (g_hash_table_contains(o->known, kept->uniqueid) &&
		    g_hash_table_contains(o->known, kept->linkedid) && !add_alone(r, kept, error))
			return FALSE;
	}
	return TRUE;
}

/* At most a day at a time. */
static gboolean
read_orphans(rebuild *r, gint64 from, gint64 to, GError **error)
{
	gboolean ok = TRUE;
	for (gint64 at = from; ok && at < to; at += REBUILD_DAY) {
		struct orphans o = { g_array_new(FALSE, FALSE, sizeof(struct cdr_row)),
			g_string_chunk_new(4096), g_ptr_array_new(),
			g_hash_table_new(g_str_hash, g_str_equal) };
		ok = sift_orphans(r, at, MIN(to, at + REBUILD_DAY), &o, error);
		g_array_free(o.rows, TRUE);
		g_string_chunk_free(o.text);
		g_ptr_array_free(o.ids, TRUE);
		g_hash_table_destroy(o.known);
	}
	return ok;
}

/*
 * Whole days: where the table has just the records that came with groups, there is nothing to look for. Else each half
 * is asked about, down to the days that have others.
 */
static gboolean
search_days(rebuild *r, gint64 first, gint64 end, const volatile gint *stop, GError **error)
{
	struct source_sum told = { 0 }, there;
	if (first >= end || (stop != NULL && *stop))
		return TRUE;
	for (gint64 day = first; day < end; day++) {
		const struct source_sum *sum =
		    g_hash_table_lookup(r->told, GSIZE_TO_POINTER((gsize)day));
		told.count += sum != NULL ? sum->count : 0;
		told.check += sum != NULL ? sum->check : 0;
	}
	if (!source_sum_cdr(r->source, first * REBUILD_DAY, end * REBUILD_DAY, &there, error))
		return FALSE;
	if (there.count == told.count && there.check == told.check)
		return TRUE;
	if (end - first == 1)
		return read_orphans(r, first * REBUILD_DAY, end * REBUILD_DAY, error);
	gint64 middle = first + (end - first) / 2;
	return search_days(r, first, middle, stop, error) &&
	       search_days(r, middle, end, stop, error);
}

gboolean
rebuild_orphans(rebuild *r, gint64 from, gint64 to, const volatile gint *stop, GError **error)
{
	if (!source_has_cdr(r->source) || from >= to)
		return TRUE;
	/*
	 * Records of groups that were handed out count as told: of the last ones, too, or the table would seem to have more than those.
	 * What is held may still be tied.
	 */
	if (r->options.hold ? !rebuild_turn_block(r, error) || !rebuild_finish_block(r, error)
			    : !rebuild_finish(r, error))
		return FALSE;
	gint64 low = zone_wall(r->options.zone, from), high = zone_wall(r->options.zone, to);
	gint64 first = (low + REBUILD_DAY - 1) / REBUILD_DAY, end = high / REBUILD_DAY;
	if (low < 0 || first >= end)
		return read_orphans(r, low, high, error);
	return read_orphans(r, low, first * REBUILD_DAY, error) &&
	       search_days(r, first, end, stop, error) &&
	       ((stop != NULL && *stop) || read_orphans(r, end * REBUILD_DAY, high, error));
}
