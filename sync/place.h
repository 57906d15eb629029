/*
 * Where in a table of events a time lies: cel has no index on eventtime, but its ids rise with it. And in which clock the table is written.
 */
#ifndef CELSYNC_PLACE_H
#define CELSYNC_PLACE_H

#include "poller/source.h"
#include "poller/zone.h"

/*
 * The lowest id whose eventtime is not before `utc`, found by bisecting the primary key (a few dozen look-ups); last + 1
 * when there is none. Exact as far as times rise with ids: a margin is the caller's.
 */
gboolean place_bisect(source *source, struct zone *zone, gint64 utc, gint64 *id, GError **error);
/*
 * The ids from *low to *high hold the rows of all calls that began in from <= t < to (µs UTC), and a little more, so that
 * calls across the edges come whole; *high is below *low where there are none.
 */
gboolean place_range(source *source, struct zone *zone, gint64 from, gint64 to, gint64 *low,
    gint64 *high, GError **error);
/* Learns the table's zone from its newest rows. */
gboolean place_learn_zone(source *source, struct zone *zone, GError **error);

#endif
