#include "sync/table.h"

#include "sync/log.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

G_DEFINE_QUARK(celsync_table_error, table_error)

/* What the row with this id looks like now; *found FALSE: there is none. uniqueid is free'd with g_free. */
static gboolean
read_mark(source *from, gint64 id, struct mark *mark, gboolean *found, GError **error)
{
	struct cel_row row;
	*found = FALSE;
	if (!source_scan(from, id - 1, id, error))
		return FALSE;
	int got = source_scan_next(from, &row, error);
	if (got > 0) {
		*found = TRUE;
		*mark = (struct mark){
			.id = row.id, .uniqueid = g_strdup(row.uniqueid), .wall = row.time.us
		};
	}
	source_scan_stop(from);
	return got >= 0;
}

static gboolean
matches(source *from, const struct mark *mark, gboolean *same, GError **error)
{
	struct mark now;
	gboolean found;
	*same = FALSE;
	if (!read_mark(from, mark->id, &now, &found, error))
		return FALSE;
	if (found) {
		*same = now.wall == mark->wall && strcmp(now.uniqueid, mark->uniqueid) == 0;
		mark_clear(&now);
	}
	return TRUE;
}

static gboolean
swapped(store *db, source *from, gint64 id, gint64 last, GError **error)
{
	g_set_error(error, TABLE_ERROR, TABLE_ERROR_SWAPPED,
	    _("%s: rows up to id %" PRId64 " were read before, but none of them is there as "
	      "it was (the highest id is now %" PRId64
	      "): the table was emptied, swapped or restored\nIf that is as it should be, move the "
	      "store %s away and run sync again: it "
	      "begins with [source] start."),
	    source_name(from), id, last, store_path(db));
	return FALSE;
}

gboolean
table_check(store *db, source *from, gint64 first, gint64 last, gint64 *cursor, gint64 *restored,
    GError **error)
{
	*restored = -1;
	g_autoptr(GArray) marks = checkpoint_marks(db, error);
	if (marks == NULL)
		return FALSE;
	/* An empty table tells nothing yet: rows that come will. */
	if (marks->len == 0 || last == 0)
		return TRUE;
	for (guint i = 0; i < marks->len; i++) {
		const struct mark *mark = &g_array_index(marks, struct mark, i);
		/* Purged, and later rows are there: so old a mark is no witness any more. */
		if (mark->id < first && i == 0)
			return TRUE;
		gboolean same;
		if (!matches(from, mark, &same, error))
			return FALSE;
		if (!same)
			continue;
		if (i > 0) {
			log_say(LOG_LEVEL_WARNING,
			    "%s: rows behind id %" PRId64
			    " are not those that were read before; reading goes on from there",
			    source_name(from), mark->id);
			*cursor = MIN(*cursor, mark->id);
			*restored = mark->id;
		}
		return TRUE;
	}
	return swapped(db, from, g_array_index(marks, struct mark, 0).id, last, error);
}

gboolean
table_mark(store *db, source *from, gint64 id, GError **error)
{
	struct mark mark;
	gboolean found;
	if (!read_mark(from, id, &mark, &found, error))
		return FALSE;
	if (!found)
		return TRUE;
	gboolean ok = checkpoint_mark_put(db, &mark, error);
	mark_clear(&mark);
	return ok;
}

gboolean
table_note_gaps(store *db, source *from, gint64 after, gint64 until, gint64 now, GError **error)
{
	if (after >= until)
		return TRUE;
	if (!source_ask_ids(from, after, until, error))
		return FALSE;
	gint64 expected = after + 1, id;
	int got;
	gboolean ok = TRUE;
	while (ok && (got = source_answer_id(from, &id, error)) > 0) {
		if (id > expected) {
			struct gap gap = { .first = expected, .last = id - 1, .since = now };
			ok = checkpoint_gap_put(db, &gap, error);
		}
		expected = id + 1;
	}
	if (!ok) {
		source_answer_drop(from);
		return FALSE;
	}
	return got == 0;
}

static void
add_id(GArray *ranges, gint64 id)
{
	if (ranges->len > 0) {
		struct gap *last = &g_array_index(ranges, struct gap, ranges->len - 1);
		if (last->last + 1 == id) {
			last->last = id;
			return;
		}
	}
	struct gap range = { .first = id, .last = id };
	g_array_append_val(ranges, range);
}

GArray *
table_late(store *db, source *from, GError **error)
{
	g_autoptr(GArray) gaps = checkpoint_gaps(db, error);
	if (gaps == NULL)
		return NULL;
	g_autoptr(GArray) late = g_array_new(FALSE, FALSE, sizeof(struct gap));
	for (guint i = 0; i < gaps->len; i++) {
		const struct gap *gap = &g_array_index(gaps, struct gap, i);
		gint64 id;
		int got;
		if (!source_ask_ids(from, gap->first - 1, gap->last, error))
			return NULL;
		while ((got = source_answer_id(from, &id, error)) > 0)
			add_id(late, id);
		if (got < 0)
			return NULL;
	}
	return g_steal_pointer(&late);
}
