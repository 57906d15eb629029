/*
 * The table that is read, as a whole: is it still the one that was read before, and did rows come late into it?
 *
 * Fingerprints (id, uniqueid, eventtime) of rows read are kept in the store. A table that was truncated, restored or
 * swapped shows rows that differ from them; reading goes on behind the newest one that still matches. A purge of old rows is
 * legitimate. Ids that are missing below the cursor may belong to transactions that commit late; they are looked for again.
 */
#ifndef CELSYNC_TABLE_H
#define CELSYNC_TABLE_H

#include "store/checkpoint.h"
#include "sync/rebuild.h"

#define TABLE_ERROR (table_error_quark())
GQuark table_error_quark(void);
enum table_error {
	TABLE_ERROR_SWAPPED /* none of the rows read before is there as it was */
};

/*
 * Holds the marks against the table, whose ids go from first to last (0, 0: it is empty). Where later rows are gone or differ,
 * *cursor is lowered to the newest mark that matches and *restored is its id (else -1): what the store remembers above it is to be
 * forgotten. db is not written.
 */
gboolean table_check(store *db, source *from, gint64 first, gint64 last, gint64 *cursor,
    gint64 *restored, GError **error);
/* Puts the fingerprint of row `id`. Acts inside the caller's transaction. */
gboolean table_mark(store *db, source *from, gint64 id, GError **error);

/* Puts down which ids are missing in after < id <= until. Acts inside the caller's transaction. */
gboolean
table_note_gaps(store *db, source *from, gint64 after, gint64 until, gint64 now, GError **error);
/* Ids that were missing and are there by now, as ranges (struct gap); free with g_array_unref. */
GArray *table_late(store *db, source *from, GError **error);

#endif
