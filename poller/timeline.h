/*
 * What happened within a group: its channels, who was in which bridge, and who could hear whom when. Pure.
 *
 * Two channels are connected at a moment when a path joins them over the bridges they are in (holding bridges
 * do not count) and over the two halves of Local channels, which are one wire. This is all there is to it: transfers, pick-up,
 * queues, conferences and Local optimisation follow by themselves.
 *
 * Lost rows are bridged over: a channel that enters another bridge, or ends, has left the one it was in; one that leaves a
 * bridge it never entered had entered it when it was answered, or when its bridge was first seen; `peer` tells who
 * else was in a bridge.
 *
 * Everything lives in the group's arena. Times are µs UTC.
 */
#ifndef CELSYNC_TIMELINE_H
#define CELSYNC_TIMELINE_H

#include "poller/assembly.h"
#include "poller/channame.h"
#include "poller/zone.h"

#define TIME_NONE G_MININT64

/* A channel's life. */
struct lane {
	const struct channel *channel;
	struct channame name;
	gint64 start, start_id;
	gint64 answer, answer_id; /* ANSWER; TIME_NONE, 0: never */
	gint64 end, end_id;       /* HANGUP or CHAN_END; TIME_NONE, 0: none was written */
	gint64 bridged,
	    bridged_id; /* first entered a bridge, holding ones too; TIME_NONE, 0: never */
	guint index;    /* its own, in timeline.lanes */
	int pair;       /* index of the other half of a Local channel; -1 */
	int stay;       /* while the rows are read: which of the stays goes on; -1 */
	int cause;      /* Q.850; -1 */
	enum dialstatus dialstatus;
	const char *hung_up_by; /* hangupsource; "" */
};

/* One stay of a lane in a bridge, holding ones too. */
struct stay {
	guint lane;
	int bridge;
	gint64 from, from_id;
	gint64 to, to_id;
};

/* A time during which nothing changed, and the sets of lanes that were connected; sets of one are left out. */
struct segment {
	gint64 from, to;       /* may be equal: the table's clock may have whole seconds only */
	gint64 from_id, to_id; /* rows between which it lies */
	guint first_set,
	    n_sets; /* within timeline.sets: each set is `words` words, bit i is lane i */
};

struct timeline {
	const struct group *group;
	struct lane *lanes; /* ordered by start_id */
	guint n_lanes;
	guint words;
	struct stay *stays;
	guint n_stays;
	struct segment *segments;
	guint n_segments;
	guint64 *sets;
	gint64 *times; /* UTC of group->steps, same index */
	const struct step *
	    *notable; /* of group->steps: applications, transfers and what was played */
	guint n_notable;
	gint64 first, last; /* of all rows */
};

/* Takes a group as handed out by the assembly. zone learns from it. */
struct timeline *timeline_build(struct group *group, struct zone *zone);

/* -1 for NULL and for a channel of another group. */
static inline int
timeline_lane(const struct timeline *timeline, const struct channel *channel)
{
	guint i = channel != NULL ? channel->index : G_MAXUINT;
	return i < timeline->n_lanes && timeline->lanes[i].channel == channel ? (int)i : -1;
}

/* Sets of lanes. */
static inline gboolean
lane_set_has(const guint64 *set, guint lane)
{
	return (set[lane / 64] >> (lane % 64)) & 1;
}
static inline void
lane_set_add(guint64 *set, guint lane)
{
	set[lane / 64] |= (guint64)1 << (lane % 64);
}
static inline gboolean
lane_set_meets(const guint64 *a, const guint64 *b, guint words)
{
	for (guint i = 0; i < words; i++) {
		if (a[i] & b[i])
			return TRUE;
	}
	return FALSE;
}

/* The set of this segment that a member of `of` is in and `lane` too; NULL: they were not connected then. */
const guint64 *timeline_connected(
    const struct timeline *timeline, const struct segment *segment, const guint64 *of, guint lane);

#endif
