/*
 * Drives the poller: rows of a source become groups, groups get their CDR records, calls come out.
 *
 * A range of ids is streamed once, in constant memory, however many calls are open at once (overflow.h); CDR rows of one block of groups are asked for while the rows of
 * the next stream in. A group at the edge of the range is completed by fetching all rows of its linkedids, until no
 * new one turns up. Used by sync's pass, `calls`, `backfill` and `report`; what is done with a group is the sink's.
 */
#ifndef CELSYNC_REBUILD_H
#define CELSYNC_REBUILD_H

#include "poller/call.h"
#include "poller/source.h"

typedef struct rebuild rebuild;
struct rebuild_options {
	const struct call_rules *rules;
	struct zone *zone;
	gboolean hold; /* nothing is handed out while rows stream: what ties groups may come yet */
	gint64 stale;  /* µs: a group nothing came for so long is handed out while rows stream */
	guint
	    held_most; /* groups in memory at once; 0: as many as are reasonable. The others wait in a file */
	/*
	 * Before groups that are left are completed, all at once or in portions: fetches what else belongs to those that are held now. NULL:
	 * nothing.
	 */
	gboolean (*relate)(struct rebuild *rebuild, gpointer data, GError **error);
	gboolean
	    open; /* complete groups that are still open as well: for ranges that end before the table does */
};

/*
 * Gets each group once, with its calls (struct call; settled is ENDED, RESTART or OPEN: call_settle is the sink's). Group and calls
 * are gone when it returns. FALSE ends the rebuild.
 */
typedef gboolean (*rebuild_sink)(struct group *group, const struct timeline *timeline,
    GPtrArray *calls, gpointer data, GError **error);

/* After each block: ids up to `id` have been read. For a cursor to move in the sink's transaction. */
typedef gboolean (*rebuild_block)(gint64 id, gpointer data, GError **error);

rebuild *rebuild_new(source *source, const struct rebuild_options *options, rebuild_sink sink,
    rebuild_block block, gpointer data);
void rebuild_free(rebuild *rebuild);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rebuild, rebuild_free)

/* The assembly within, for what must be known before rows come (incarnations). */
assembly *rebuild_assembly(rebuild *rebuild);

/* Streams after < id <= until. Groups that end on the way are handed to the sink; the rest stays. */
gboolean rebuild_scan(
    rebuild *rebuild, gint64 after, gint64 until, const volatile gint *stop, GError **error);
/*
 * Adds CDR records with from <= calldate < to (µs UTC) of which no CEL row is there: calls of a PBX whose CEL is off, or
 * whose CEL rows were lost. Read by the day, so that memory does not grow with the period. Unless groups are held, those that
 * are left are completed and handed out before.
 */
gboolean rebuild_orphans(
    rebuild *rebuild, gint64 from, gint64 to, const volatile gint *stop, GError **error);
/* Adds all rows of these linkedids (or uniqueids). */
gboolean rebuild_fetch(rebuild *rebuild, const char *const *ids, gsize n, GError **error);
/* Completes what is incomplete, and hands out all that is left; or only a part of it, where *stop of the last scan was set meanwhile. */
gboolean rebuild_finish(rebuild *rebuild, GError **error);

/* The highest id among the rows read so far. */
gint64 rebuild_last_id(const rebuild *rebuild);
gint64 rebuild_rows(const rebuild *rebuild);

#endif
