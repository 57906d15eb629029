/*
 * Recordings of the past whose files are not there: for them there is nothing to await. Without this a backfill would tell PlanFix that
 * calls were recorded whose WAVs were purged months ago, and then hand in no link, ever.
 *
 * A spool folder that is empty while recordings were made before is a disk that is not mounted: then nothing is concluded.
 */
#ifndef CELSYNC_ABSENT_H
#define CELSYNC_ABSENT_H

#include "store/store.h"
#include "sync/config.h"

/*
 * A look into the spool folder, for recordings that are about to be wanted. NULL without an error: nothing can be concluded. `settings`
 * and `db` are borrowed, db for absence_open() alone.
 */
typedef struct absence absence;
gboolean absence_open(store *db, const struct recordings_settings *settings, gint64 now,
    absence **absence, GError **error);
void absence_free(absence *absence);
/* What is known of the folder that was looked into last may have changed: it is looked into anew. */
void absence_refresh(absence *absence);
/* Whether the call ended more than [recordings] wait ago, and neither WAV nor MP3 is there. */
gboolean absence_of(absence *absence, const char *path, gint64 call_ended);
/* What is noted of such a recording; borrowed. */
const char *absence_reason(const absence *absence);

/*
 * Waiting ones of calls that ended more than [recordings] wait before `now` (µs UTC), of which neither WAV nor MP3 is there, become
 * `none`; *n says how many. For the holder of the `read` lock, without an open transaction; commits by the block.
 */
gboolean absent_settle(store *store, const struct recordings_settings *settings, gint64 now,
    const volatile gint *stop, gint64 *n, GError **error);

#endif
