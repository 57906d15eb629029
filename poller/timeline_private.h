/* Shared by the files that build a timeline (timeline.c, timeline_segment.c); nobody else includes it. */
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

/* Sorts the changes and makes the segments of them. */
void timeline_make_segments(struct timeline_builder *b);

#endif
