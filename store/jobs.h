/*
 * Backfill jobs: a period of the past that is being reported, and how far it has come. A job is known by its period, so
 * that the same command goes on where it was stopped.
 *
 * Functions that write act inside the caller's transaction; times are µs UTC.
 */
#ifndef CELSYNC_JOBS_H
#define CELSYNC_JOBS_H

#include "store/store.h"

struct job {
	gint64 from, to;   /* the period; the key */
	gint64 next, last; /* ids: rows below next are done, last is the job's last row */
	gint64 began, changed;
	gint64 finished; /* 0: not yet */
	gint64 calls, events;
};

/* *found FALSE: there is no such job. */
gboolean
jobs_get(store *store, gint64 from, gint64 to, struct job *job, gboolean *found, GError **error);
/* Inserts or replaces. */
gboolean jobs_put(store *store, const struct job *job, GError **error);
/* *known: the outbox has something of a call of that period. */
gboolean jobs_known(store *store, gint64 from, gint64 to, gboolean *known, GError **error);
/* All jobs, newest first; struct job; free with g_array_unref. */
GArray *jobs_all(store *store, GError **error);

#endif
