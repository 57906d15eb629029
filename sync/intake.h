/*
 * The first half of a pass: rows are read, calls rebuilt, and what settled calls produce is stored in the same commit that moves
 * the cursor past their rows.
 *
 * cursor      a row is behind it once it has been known for `settle`, counted from when its id was first seen. Rows above are read
 *             again by the next pass; every event has a key, so that is harmless.
 * open calls  are kept by linkedid; their rows are fetched again when something new came, or when it is time to
 *             see whether they must be given up.
 * gaps        ids that were missing below the cursor are looked for until `gap_wait` is over.
 */
#ifndef CELSYNC_INTAKE_H
#define CELSYNC_INTAKE_H

#include "store/store.h"
#include "sync/pbx.h"
#include "sync/tell.h"

struct intake_result {
	gint64 rows, calls, events, recordings, skipped, open;
	gint64 unsettled; /* calls that ended too recently: another look pays after `settle` */
	gboolean first;   /* this store had never been used */
	gint64 history;   /* first: rows left to `backfill` */
};

/*
 * One round. `now` is µs UTC. print: a dry run; nothing is written, db may then be NULL or opened for reading.
 * *stop ends it early and cleanly.
 */
gboolean intake(store *db, struct pbx *pbx, const struct config *config, gint64 now, FILE *print,
    const volatile gint *stop, struct intake_result *result, GError **error);

#endif
