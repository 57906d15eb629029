/*
 * What each channel of a call did, made ready for showing: who it was, and when it rang, talked, was held. Pure.
 *
 * One track a channel, in the order in which they began; the two halves of a Local channel are one wire and one track; plumbing
 * (announcers, recorders) has none. Channels of the group that lived only before or after the call are left out, and what the
 * others did outside its time is cut off.
 *
 * Talk here is the talk of poller/call.h: times in which somebody of ours, or an outside leg rung for the PBX, was connected
 * with the client.
 */
#ifndef CELSYNC_TRACKS_H
#define CELSYNC_TRACKS_H

#include "poller/call.h"

enum track_role {
	TRACK_CLIENT,
	TRACK_EMPLOYEE,
	TRACK_OUTSIDE, /* somebody else outside: a leg rung for the PBX, another client of a conference */
	TRACK_WIRE /* a Local channel */
};

/* In the order in which one hides the other where both are true. */
enum span_kind {
	SPAN_WAITING, /* alive and with nobody: dialling, a menu, a queue */
	SPAN_RINGING,
	SPAN_BRIDGED, /* in a bridge, but not in talk with the client */
	SPAN_TALK,
	SPAN_MUSIC, /* music on hold was played to it (Asterisk 20.16, 21.11, 22.6 and later write that) */
	SPAN_HELD /* in a holding bridge: parked */
};
#define SPAN_KINDS (SPAN_HELD + 1)

struct span {
	enum span_kind kind;
	gint64 from, to; /* µs UTC; equal where the table's clock shows no time between */
};

struct track {
	guint lane;
	int half; /* lane of the other half of a wire; -1 */
	enum track_role role;
	const char *who;   /* extension or number; "" unknown. The tracks' or the timeline's */
	gint64 from, to;   /* of its life, within the call's time */
	gboolean ended;    /* it hung up within the call's time */
	gboolean goes_on;  /* it lived on after the call; neither: its end was not written */
	GArray *spans;     /* struct span, ordered by kind, then time */
	GArray *connected; /* struct span: in which it was part of the talk, whole, not cut off */
};

typedef struct tracks {
	const struct timeline *timeline; /* borrowed */
	gint64 from, to; /* the call's time; `to` is the last row's while it is open */
	GArray *tracks;  /* struct track */
	struct arena memory;
	arena_pool *pool;
} tracks;

/* call, timeline and rules must outlive it. */
tracks *tracks_new(
    const struct call *call, const struct timeline *timeline, const struct call_rules *rules);
void tracks_free(tracks *of_call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(tracks, tracks_free)

#endif
