/*
 * What a pass does about retention ([store] keep_days): at most once a day, after everything else, in small commits, so that
 * nobody waits for the write lock; what a few seconds do not suffice for is left to the next pass. Space that became
 * free is given back to the file system the same way (incremental vacuum); the file is never written anew as a whole.
 */
#ifndef CELSYNC_RETAIN_H
#define CELSYNC_RETAIN_H

#include "store/store.h"
#include "sync/config.h"

/* `now` is µs UTC. Without an open transaction; nothing is done where another run holds the `read` lock. */
gboolean retain(store *store, const struct config *config, gint64 now, const volatile gint *stop,
    GError **error);

#endif
