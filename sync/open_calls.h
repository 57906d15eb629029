/*
 * Calls that have begun and are not settled, between two passes: they live in the store by their linkedids and bridges, and their rows are
 * fetched again when one of those is met, or when it is time to see whether they must be given up.
 */
#ifndef CELSYNC_OPEN_CALLS_H
#define CELSYNC_OPEN_CALLS_H

#include "store/store.h"
#include "sync/rebuild.h"

/*
 * Whether this group was known as open: *last_seen is when its last row was first seen (µs UTC), 0: it was not. `drop` forgets how it was
 * grouped. db may be NULL: nothing is known.
 */
gboolean open_calls_take(
    store *db, const struct group *group, gboolean drop, gint64 *last_seen, GError **error);
/* It is open; `asked`: when it was looked at, µs UTC. */
gboolean open_calls_keep(store *db, const struct group *group, const struct timeline *timeline,
    gint64 last_seen, gint64 asked, GError **error);
/* Fetches those that are due: last looked at by `asked_before`. A few thousand; the others wait for the next pass. */
gboolean
open_calls_fetch_due(store *db, rebuild *rebuild, gint64 now, gint64 asked_before, GError **error);
/* Fetches those that belong to the groups held now. */
gboolean open_calls_fetch_related(store *db, rebuild *rebuild, GError **error);

#endif
