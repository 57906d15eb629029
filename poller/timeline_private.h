/* Shared by the files that build a timeline (timeline.c, timeline_stay.c, timeline_segment.c); nobody else includes it. */
#ifndef CELSYNC_TIMELINE_PRIVATE_H
#define CELSYNC_TIMELINE_PRIVATE_H

#include "poller/timeline.h"

/* A lane enters a bridge, or leaves it. */
struct change {
	gint64 id, at;
	guint lane;
	int bridge;
	gboolean enters;
};

struct timeline_builder {
	struct timeline *t;
	struct group *g;
	/* Both ends of every stay but those in holding bridges, nearly in the order of the rows. */
	struct change *changes;
	guint n_changes, room_stays;   /* there is room for two changes of each stay */
	int last_bridge;               /* of the changes; -1: there is none yet */
	guint bridge_turns;            /* how often it was another than before */
	gboolean any_holding;          /* bridge of the group */
	guint n_bridges, room_bridges; /* with those made up for rows that name none */
	struct bridge_seen {
		gint64 at, id; /* first row of it; id 0: none yet */
	} * bridges;
};

/* What a group with a bridge gets room for from the start: a call of two has two stays, or three. */
#define FIRST_STAYS 4
#define STAY_SIZE (sizeof(struct stay) + 2 * sizeof(struct change))

static inline gboolean
is_unset(gint64 time)
{
	return time == TIME_NONE;
}

/* The bridge that a lane is in; -1. */
static inline int
timeline_bridge_now(const struct timeline_builder *b, const struct lane *lane)
{
	return lane->stay >= 0 ? b->t->stays[lane->stay].bridge : -1;
}

/* timeline_stay.c. Each may make room for more stays, so that those move. */
void
timeline_enter(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id);
/* A lane leaves a bridge it was never seen to enter. */
void timeline_enter_late(
    struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id);
/* Those named as peers are in the bridge, too. */
void timeline_enter_peers(
    struct timeline_builder *b, const char *peers, int bridge, gint64 at, gint64 id);
/* The lane is in a bridge. */
void timeline_end_stay(struct timeline_builder *b, struct lane *lane, gint64 at, gint64 id);

/* Out of whatever bridge it is in, if any. */
static inline void
timeline_leave(struct timeline_builder *b, struct lane *lane, gint64 at, gint64 id)
{
	if (lane->stay >= 0)
		timeline_end_stay(b, lane, at, id);
}

/* Of a row that names no bridge, or one that holds; -1: nothing tells which. */
int
timeline_unusual_bridge(struct timeline_builder *b, const struct step *s, const struct lane *lane);

/* timeline_segment.c: sorts the changes and makes the segments of them. */
void timeline_make_segments(struct timeline_builder *b);

#endif
