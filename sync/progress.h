/* How far a backfill has come: a bar on a terminal, else a line every ten seconds; on stderr. */
#ifndef CELSYNC_PROGRESS_H
#define CELSYNC_PROGRESS_H

#include <glib.h>

struct progress;

/* The period that is worked through, µs UTC. */
struct progress *progress_new(gint64 from, gint64 to);
/* Cheap: shows something only when it is time to. `at`: µs UTC, where in the period it is. */
void progress_show(struct progress *progress, gint64 at, guint64 calls, gint64 events);
/* Leaves the line clean. */
void progress_free(struct progress *progress);

#endif
