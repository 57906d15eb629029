/*
 * How far the source has been read, and what is still open.
 *
 * cursor    every row with an id up to here has been read and what it produced is stored.
 * sighting  "at this moment the highest id was so much": a row's age counts from the first time
 *           this program saw its id, because queues are late and clocks lie.
 * gap       ids below the cursor that were not there: a transaction that commits late may still
 *           bring them; asked for again until `gap_wait` has passed.
 * mark      fingerprints (id, uniqueid, eventtime) of rows read, to notice a table that was
 *           swapped, truncated or restored.
 * open      linkedids of calls that have begun and are not settled; their rows are fetched again.
 *
 * All functions act inside the caller's transaction; times are microseconds UTC.
 */
#ifndef CELSYNC_CHECKPOINT_H
#define CELSYNC_CHECKPOINT_H

#include "store/store.h"

struct checkpoint {
	gint64 cursor;
	gint64 start; /* nothing that began before this is told; microseconds UTC, 0: everything */
	gint64 first_pass; /* when this store was begun */
	gint64 last_pass;  /* when the last pass ended well; 0: never */
};

/* *found FALSE on a new store. */
gboolean
checkpoint_get(store *store, struct checkpoint *checkpoint, gboolean *found, GError **error);
gboolean checkpoint_put(store *store, const struct checkpoint *checkpoint, GError **error);

/*
 * Remembers that ids up to `id` are known since `now`; earlier knowledge is kept. After a clock was set
 * back, nothing counts as seen later than `now`.
 */
gboolean checkpoint_sight(store *store, gint64 id, gint64 now, GError **error);
/* The clock was set back: sightings and open calls of times after `now` are of `now`. Else they would be too new until that time comes. */
gboolean checkpoint_clock_set_back(store *store, gint64 now, GError **error);
/* The highest id first seen at or before `before`; 0 when none. Drops sightings below it (not with STORE_READ). */
gboolean checkpoint_seasoned(store *store, gint64 before, gint64 *id, GError **error);

struct gap {
	gint64 first, last; /* ids, inclusive */
	gint64 since;
};
/* Ids that are known to be missing already keep their `since`. */
gboolean checkpoint_gap_put(store *store, const struct gap *gap, GError **error);
/* Element type struct gap, in order of first; the caller frees the array. */
GArray *checkpoint_gaps(store *store, GError **error);
/* Forgets ids first..last wherever they are part of a gap: what remains of a gap is kept. */
gboolean checkpoint_gap_fill(store *store, gint64 first, gint64 last, GError **error);
gboolean checkpoint_gap_expire(store *store, gint64 before, GError **error);

struct mark {
	gint64 id;
	char *uniqueid; /* owned */
	gint64 wall;    /* eventtime as written, microseconds */
};
void mark_clear(struct mark *mark);
/*
 * Keeps the newest 16 marks and thins older ones: of those 2^k to 2^(k+1) - 1 ids behind the newest, the
 * oldest stays.
 */
gboolean checkpoint_mark_put(store *store, const struct mark *mark, GError **error);
/* Element type struct mark, newest first; the array clears its elements. */
GArray *checkpoint_marks(store *store, GError **error);
/* Marks and sightings of ids above: the table was restored, they are other rows now. */
gboolean checkpoint_forget_above(store *store, gint64 id, GError **error);

/*
 * An open call, by linkedid. `group` ties the linkedids that belong together (the smallest of them
 * as text names the group). `last_seen`: when a row of it was last seen first; `asked`: when its CDR
 * rows were last asked for; `began`: µs UTC of its first row.
 */
struct open_call {
	char *linkedid; /* owned */
	char *group;    /* owned */
	gint64 began, last_seen, asked;
};
void open_call_clear(struct open_call *open);
gboolean checkpoint_open_put(store *store, const struct open_call *open, GError **error);
gboolean checkpoint_open_drop(store *store, const char *group, GError **error);
/* The group of a linkedid, or NULL (no error) when it is not open; free with g_free. */
char *checkpoint_open_group(store *store, const char *linkedid, GError **error);
/* All open calls with last_seen <= seen_before and asked <= asked_before, at most `limit` rows. */
GArray *checkpoint_open_due(
    store *store, gint64 seen_before, gint64 asked_before, int limit, GError **error);
/* The rows of one group. */
GArray *checkpoint_open_of(store *store, const char *group, GError **error);
/* Whether any call is open: counting them all takes its time. */
gboolean checkpoint_open_any(store *store, gboolean *any, GError **error);
gboolean checkpoint_open_count(store *store, gint64 *groups, GError **error);

/*
 * The highest channel counter seen of each Asterisk ("" where it has no systemname), and the epoch
 * of its last restart: a call that began before that has ended. Counters: the part of a uniqueid
 * behind the epoch (Asterisk main/channel_internal_api.c).
 */
struct asterisk {
	char *systemname;      /* owned */
	gint64 epoch, counter; /* of the newest channel: seconds, number */
	gint64 restarted;      /* seconds; 0: no restart seen */
};
void asterisk_clear(struct asterisk *asterisk);
GArray *checkpoint_asterisks(store *store, GError **error);
gboolean checkpoint_asterisk_put(store *store, const struct asterisk *asterisk, GError **error);

#endif
