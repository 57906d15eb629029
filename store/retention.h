/*
 * Personal data is kept for so many days: then what requests said, the answers' words, and the names of recordings (numbers stand
 * in them) go. Keys, states, times and HTTP statuses stay for ever, so that a backfill years later repeats nothing; a
 * recording of an emptied call is not taken in again. What can still happen keeps what it needs: requests that wait,
 * recordings that wait, a link that is to end, a WAV that is to be removed.
 *
 * Rows are written in the order of time, so the tables are walked by their ids, in blocks, from where everything before
 * is empty to the first row that is too young.
 */
#ifndef CELSYNC_RETENTION_H
#define CELSYNC_RETENTION_H

#include "store/store.h"

struct retention {
	/* What is wanted. Times are µs UTC. */
	gint64 before;         /* what was last touched before this goes */
	gboolean links_end;    /* links are removed after some days: not before that */
	gboolean wavs_pending; /* WAVs and CDR rows are seen to: not before that */
	/* What was done. */
	gint64 requests, recordings; /* emptied */
	gboolean done;               /* both tables were walked to their end */
	/* Where it is; set by retention_begin(). */
	gint64 walked, after[2], at[2];
	gboolean stuck[2];
	int table;
};

/* How long ago the tables were last walked to their end: *walked, 0 is never. */
gboolean retention_walked(store *store, gint64 *walked, GError **error);
/* Reads where to begin. before, links_end and wavs_pending are set. */
gboolean retention_begin(store *store, struct retention *retention, GError **error);
/*
 * One block of at most RETENTION_BLOCK rows, inside the caller's transaction; done is TRUE after the last one, which notes
 * that the tables were walked at `now`.
 */
#define RETENTION_BLOCK 250
gboolean retention_step(store *store, struct retention *retention, gint64 now, GError **error);

#endif
