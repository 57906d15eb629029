/*
 * From the wall clock a table was written in to UTC.
 *
 * Asterisk writes local time, or UTC with usegmtime, and the table does not say which; but the epoch inside a
 * uniqueid is UTC and equals the time of that channel's CHAN_START (main/channel_internal_api.c). So each group carries its
 * own key: the offset is the written time of a CHAN_START minus its epoch, rounded to 15 minutes (zones are multiples
 * of that; a row may be a little late). Pure, but for the table of zones.
 *
 * Where the offset is that of a known zone (the machine's, or the one configured), that zone's rules tell what happened when a
 * call goes through a change of clocks; the repeated hour in autumn comes out right because time does not run backwards
 * along the ids. Where no zone is known, a jump back by half an hour or more is taken for such a change.
 */
#ifndef CELSYNC_ZONE_H
#define CELSYNC_ZONE_H

#include "poller/row.h"

struct zone {
	GTimeZone *tz;  /* borrowed; rules to be tried, NULL: none */
	gboolean fixed; /* tz is what the configuration says: offsets are not derived */
	gint64
	    offset; /* µs, wall - UTC: as the newest uniqueids told it; used where a group has no epoch */
	gboolean known; /* offset was learned */
	struct {
		gint64 from, to, offset; /* µs UTC, both within; from 0, to 0: none was found yet */
	} calm; /* zone.c's own: a time without a change of clocks by the rules of tz */
};

/* `auto` with the machine's zone as a candidate, or fixed to tz. */
void zone_init(struct zone *zone, GTimeZone *tz, gboolean fixed);

/* A CHAN_START was written at `wall` and its uniqueid says `epoch` (seconds): the offset it proves, µs. */
gint64 zone_offset(gint64 wall, gint64 epoch);

/* Conversion of one group's rows, in order of id. */
struct zone_run {
	struct zone *zone;
	gint64 offset;   /* in force */
	gint64 last;     /* UTC of the row before; WALL_NONE at first */
	gboolean follow; /* the rules of zone->tz apply */
	gboolean anchored;
	gboolean
	    plain; /* `offset` was proved by a uniqueid: a row close behind the one before is a subtraction */
};
/* Begins; `wall` and `epoch` of the group's first CHAN_START with an epoch, epoch 0: there is none. */
void zone_begin(struct zone_run *run, struct zone *zone, gint64 wall, gint64 epoch);
/* For the one below alone: a row that may need the rules. */
gint64 zone_utc_far(struct zone_run *run, struct wall wall, gint64 epoch);
/* epoch: of a CHAN_START row's uniqueid, 0 for any other row. Returns µs UTC; time never runs backwards by more than a minute. */
static inline gint64
zone_utc(struct zone_run *run, struct wall wall, gint64 epoch)
{
	const gint64 minute = 60 * (gint64)G_USEC_PER_SEC;
	if (run->plain && !wall.utc) {
		/* Unsigned, because WALL_NONE would overflow; it is far from any row. */
		const guint64 utc = (guint64)wall.us - (guint64)run->offset,
			      ahead = utc - (guint64)(run->last - minute),
			      late = utc - (guint64)(epoch * G_USEC_PER_SEC - minute);
		/* No clock changes by so little, and a uniqueid that tells nearly the same time proves the same offset again. */
		if (ahead <= 11 * (guint64)minute && (epoch == 0 || late <= 2 * (guint64)minute)) {
			run->last = MAX(run->last, (gint64)utc);
			return (gint64)utc;
		}
	}
	return zone_utc_far(run, wall, epoch);
}

/* A single time, with what was learned so far. */
gint64 zone_utc_once(const struct zone *zone, struct wall wall);
/* The other way: µs UTC -> the wall clock of the table, µs. */
gint64 zone_wall(const struct zone *zone, gint64 utc);

#endif
