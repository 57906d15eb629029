/*
 * How far a backfill has come: a bar on a terminal, else a line every ten seconds. First rows are read (a place in time), then what
 * waits is sent. Reads no clock: `now` is µs of a clock that only goes forward.
 */
#ifndef CELSYNC_PROGRESS_H
#define CELSYNC_PROGRESS_H

#include <glib.h>
#include <stdio.h>

struct progress;

/* The period that is worked through, from..to in µs UTC; `out` is borrowed. */
struct progress *progress_new(FILE *out, gboolean terminal, gint64 from, gint64 to, gint64 now);
/* Both are cheap: they show something only when it is time to. `at`: µs UTC, where in the period it is. */
void
progress_reading(struct progress *progress, gint64 now, gint64 at, guint64 calls, gint64 requests);
/* `waiting`: how many waited when sending began; its first call begins it. */
void progress_sending(struct progress *progress, gint64 now, gint64 sent, gint64 waiting);
/* Leaves the line clean. */
void progress_free(struct progress *progress);

#endif
