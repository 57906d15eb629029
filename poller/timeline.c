#include "poller/timeline_private.h"

#include "poller/bytes.h"

#include <stdlib.h>
#include <string.h>

/* What a group with a bridge gets room for from the start: a call of two has two stays, or three. */
#define FIRST_STAYS 4
#define STAY_SIZE (sizeof(struct stay) + 2 * sizeof(struct change))

static inline gboolean
is_unset(gint64 time)
{
	return time == TIME_NONE;
}

/* Lanes. */

static int
by_first_row(const void *a, const void *b)
{
	const struct channel *x = *(struct channel *const *)a, *y = *(struct channel *const *)b;
	return (x->first_id > y->first_id) - (x->first_id < y->first_id);
}

/* They are in order nearly always: a group keeps them by first appearance. */
static void
order_channels(struct group *g)
{
	for (guint i = 1; i < g->n_channels; i++) {
		if (g->channels[i - 1]->first_id > g->channels[i]->first_id) {
			qsort(g->channels, g->n_channels, sizeof(struct channel *), by_first_row);
			return;
		}
	}
}

/* The halves of a Local pair differ in the last character of their names only. */
static void
pair_locals(struct timeline *t)
{
	for (guint i = 0; i < t->n_lanes; i++) {
		struct lane *x = &t->lanes[i];
		if (x->name.kind != CHANNAME_LOCAL || x->name.half == 0 || x->pair >= 0)
			continue;
		for (guint j = i + 1; j < t->n_lanes; j++) {
			struct lane *y = &t->lanes[j];
			if (y->name.half + x->name.half == 3 && y->pair < 0 &&
			    y->name.base_len == x->name.base_len &&
			    memcmp(y->channel->name, x->channel->name, x->name.base_len) == 0) {
				x->pair = (int)j;
				y->pair = (int)i;
				break;
			}
		}
	}
}

static void
make_lanes(struct timeline *t, struct group *g)
{
	order_channels(g);
	gboolean locals = FALSE;
	struct channel *const *channels = g->channels;
	struct lane *lane = t->lanes;
	for (guint i = 0, n = t->n_lanes; i < n; i++, lane++) {
		struct channel *c = channels[i];
		c->index = lane->index = i;
		lane->channel = c;
		lane->start = lane->answer = lane->end = lane->bridged = TIME_NONE;
		lane->start_id = lane->answer_id = lane->end_id = lane->bridged_id = 0;
		lane->pair = lane->stay = lane->cause = -1;
		lane->dialstatus = DIALSTATUS_NONE;
		lane->hung_up_by = "";
		channame_parse_n(c->name, c->name_len, &lane->name);
		locals |= lane->name.kind == CHANNAME_LOCAL;
	}
	if (locals)
		pair_locals(t);
}

/* Stays. */

static inline gboolean
is_holding(const struct timeline_builder *b, int bridge)
{
	return b->any_holding && (guint)bridge < b->g->n_bridges && b->g->bridges[bridge]->holding;
}

static void
end_stay(struct timeline_builder *b, struct lane *lane, gint64 at, gint64 id)
{
	struct stay *s = &b->t->stays[lane->stay];
	s->to = at;
	s->to_id = id;
	lane->stay = -1;
	if (!is_holding(b, s->bridge))
		b->changes[b->n_changes++] = (struct change){ id, at, s->lane, s->bridge, FALSE };
}

/* Out of whatever bridge it is in, if any. */
static inline void
leave(struct timeline_builder *b, struct lane *lane, gint64 at, gint64 id)
{
	if (lane->stay >= 0)
		end_stay(b, lane, at, id);
}

/* A stay comes with its two changes, so one look for room is enough. */
static void
more_stays(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	const guint room = b->room_stays > 0 ? b->room_stays * 2 : FIRST_STAYS;
	struct stay *stays = arena_alloc(&b->g->arena, room * STAY_SIZE);
	struct change *changes = (struct change *)(stays + room);
	if (t->n_stays > 0) {
		memcpy(stays, t->stays, t->n_stays * sizeof *stays);
		memcpy(changes, b->changes, b->n_changes * sizeof *changes);
	}
	t->stays = stays;
	b->changes = changes;
	b->room_stays = room;
}

/* There is room for it, and the lane is in no bridge. */
static inline void
begin_stay(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
{
	struct timeline *t = b->t;
	lane->stay = (int)t->n_stays++;
	t->stays[lane->stay] = (struct stay){ .lane = lane->index,
		.bridge = bridge,
		.from = at,
		.from_id = id,
		.to = TIME_NONE,
		.to_id = 0 };
	if (is_unset(lane->bridged)) {
		lane->bridged = at;
		lane->bridged_id = id;
	}
	if (is_holding(b, bridge))
		return;
	b->changes[b->n_changes++] = (struct change){ id, at, lane->index, bridge, TRUE };
	if (b->last_bridge != bridge) {
		b->last_bridge = bridge;
		b->bridge_turns++;
	}
}

static void G_GNUC_NO_INLINE
enter_another(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
{
	if (lane->stay >= 0) {
		if (b->t->stays[lane->stay].bridge == bridge)
			return;
		end_stay(b, lane, at, id);
	}
	if (b->t->n_stays == b->room_stays)
		more_stays(b);
	begin_stay(b, lane, bridge, at, id);
}

static void
enter(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
{
	if (G_UNLIKELY(lane->stay >= 0 || b->t->n_stays == b->room_stays))
		enter_another(b, lane, bridge, at, id);
	else
		begin_stay(b, lane, bridge, at, id);
}

/* `name` is len bytes, none of them NUL; where a row names a channel of the group it may be that channel's own text. */
static gboolean
is_named(const struct channel *c, const char *name, gsize len)
{
	return c->name_len >= len && c->name[len] == '\0' &&
	       (c->name == name || bytes_same(c->name, name, len));
}

/* The lane of that name that is alive at this row; NULL. */
static struct lane *
lane_named(const struct timeline_builder *b, const char *name, gsize len, gint64 id)
{
	struct lane *lanes = b->t->lanes;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		const struct channel *c = lanes[i].channel;
		if (is_named(c, name, len) && c->first_id <= id &&
		    (lanes[i].end_id == 0 || lanes[i].end_id >= id))
			return &lanes[i];
	}
	return NULL;
}

/* The lane that is named next in a list of peers, and *peers moved behind it; NULL: no such lane. The list may be cut off by the column. */
static struct lane *
next_peer(const struct timeline_builder *b, const char **peers, gint64 id)
{
	const char *name = *peers;
	gsize n = (gsize)(strchrnul(name, ',') - name);
	*peers += n + (name[n] == ',');
	return n > 0 ? lane_named(b, name, n, id) : NULL;
}

/* The bridge that a lane is in; -1. */
static inline int
bridge_now(const struct timeline_builder *b, const struct lane *lane)
{
	return lane->stay >= 0 ? b->t->stays[lane->stay].bridge : -1;
}

/* The bridge that any of the named peers is in; -1. */
static int
first_peer_in_bridge(const struct timeline_builder *b, const char *peers, gint64 id)
{
	while (*peers != '\0') {
		const struct lane *lane = next_peer(b, &peers, id);
		if (lane != NULL && lane->stay >= 0)
			return bridge_now(b, lane);
	}
	return -1;
}

static void
enter_peers(struct timeline_builder *b, const char *peers, int bridge, gint64 at, gint64 id)
{
	while (*peers != '\0') {
		struct lane *lane = next_peer(b, &peers, id);
		/* Its own row was lost, or stands right behind this one. */
		if (lane != NULL && lane->stay < 0)
			enter(b, lane, bridge, at, id);
	}
}

/* Groups that were merged may have a view of one holding bridge each: the first stands for it. */
static guint
bridge_index(const struct group *g, const struct bridge *bridge)
{
	for (guint i = 0; bridge->holding && i < bridge->index; i++) {
		const struct bridge *other = g->bridges[i];
		if (other->holding && strcmp(other->id, bridge->id) == 0)
			return i;
	}
	return bridge->index;
}

static int
make_up_bridge(struct timeline_builder *b)
{
	b->bridges = arena_grow(
	    &b->g->arena, b->bridges, b->n_bridges, &b->room_bridges, sizeof *b->bridges);
	b->bridges[b->n_bridges] = (struct bridge_seen){ 0 };
	return (int)b->n_bridges++;
}

static inline int
bridge_of_step(struct timeline_builder *b, const struct step *s, const struct lane *lane)
{
	if (G_LIKELY(s->bridge != NULL))
		return (int)bridge_index(b->g, s->bridge);
	/* Older writers name no bridge: whoever is named as peer is in the same one. */
	int bridge = first_peer_in_bridge(b, s->peer, s->id);
	if (bridge >= 0)
		return bridge;
	return s->event == CEL_BRIDGE_EXIT ? bridge_now(b, lane) : make_up_bridge(b);
}

/* A lane leaves a bridge it was never seen to enter. */
static void
enter_late(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
{
	const struct timeline *t = b->t;
	const gboolean answered = !is_unset(lane->answer);
	gint64 from = answered ? lane->answer : lane->start,
	       from_id = answered ? lane->answer_id : lane->start_id;
	const struct bridge_seen *seen = &b->bridges[bridge];
	if (seen->id != 0 && seen->id < id)
		from = MAX(from, seen->at), from_id = MAX(from_id, seen->id);
	for (guint i = 0; i < t->n_stays; i++) {
		const struct stay *s = &t->stays[i];
		if (&t->lanes[s->lane] == lane && s->to_id != 0)
			from = MAX(from, s->to), from_id = MAX(from_id, s->to_id);
	}
	enter(b, lane, bridge, MIN(from, at), MIN(from_id, id));
}

/* A channel whose CHAN_START was lost began when its uniqueid says, if that is no other day. */
static gint64
start_of(const struct channel *c, gint64 first_row)
{
	gint64 made = c->made.epoch * G_USEC_PER_SEC;
	return !c->started && made < first_row && made > first_row - G_TIME_SPAN_DAY ? made
	                                                                             : first_row;
}

/* The first row of a lane, or a CHAN_START that stands behind it. */
static inline void
begin_lane(struct lane *lane, const struct step *s, gint64 at)
{
	if (G_LIKELY(is_unset(lane->start))) {
		lane->start = start_of(s->channel, at);
		lane->start_id = s->id;
	} else {
		lane->start = MIN(at, lane->start);
		lane->start_id = lane->start_id == 0 ? s->id : MIN(s->id, lane->start_id);
	}
}

static void
read_enter(struct timeline_builder *b, struct lane *lane, const struct step *s, gint64 at)
{
	int bridge = bridge_of_step(b, s, lane);
	enter(b, lane, bridge, at, s->id);
	enter_peers(b, s->peer, bridge, at, s->id);
	if (b->bridges[bridge].id == 0)
		b->bridges[bridge] = (struct bridge_seen){ .at = at, .id = s->id };
}

static void
read_exit(struct timeline_builder *b, struct lane *lane, const struct step *s, gint64 at)
{
	int bridge = bridge_of_step(b, s, lane), now = bridge_now(b, lane);
	if (bridge >= 0 && now < 0 && (lane->end_id == 0 || s->id < lane->end_id))
		enter_late(b, lane, bridge, at, s->id);
	/* An EXIT of another bridge than the one it is in came late: it has left that one already. */
	if (now < 0 || now == bridge)
		leave(b, lane, at, s->id);
}

static inline void
read_step(struct timeline_builder *b, struct lane *lane, const struct step *s, gint64 at)
{
	switch (s->event) {
	case CEL_ANSWER:
		if (is_unset(lane->answer)) {
			lane->answer = at;
			lane->answer_id = s->id;
		}
		return;
	case CEL_BRIDGE_ENTER: read_enter(b, lane, s, at); return;
	case CEL_BRIDGE_EXIT: read_exit(b, lane, s, at); return;
	case CEL_HANGUP:
		lane->cause = s->hangup.cause;
		lane->dialstatus = s->hangup.dialstatus;
		lane->hung_up_by = s->hangup.source;
		G_GNUC_FALLTHROUGH;
	case CEL_CHAN_END:
		leave(b, lane, at, s->id);
		if (is_unset(lane->end)) {
			lane->end = at;
			lane->end_id = s->id;
		}
		return;
	case CEL_OTHER:
	case CEL_CHAN_START:
	case CEL_APP_START:
	case CEL_APP_END:
	case CEL_PARK_START:
	case CEL_PARK_END:
	case CEL_BLINDTRANSFER:
	case CEL_ATTENDEDTRANSFER:
	case CEL_PICKUP:
	case CEL_FORWARD:
	case CEL_LINKEDID_END:
	case CEL_LOCAL_OPTIMIZE:
	case CEL_LOCAL_OPTIMIZE_BEGIN:
	case CEL_STREAM_BEGIN:
	case CEL_STREAM_END: return;
	}
}

/* Rows. */

/* The key to the zone of a group's clock: its first CHAN_START. */
static void
begin_zone(struct zone_run *run, struct zone *zone, const struct group *g)
{
	gint64 wall = WALL_NONE, epoch = 0;
	for (guint i = 0; i < g->n_steps && epoch == 0; i++) {
		const struct step *s = &g->steps[i];
		if (s->event == CEL_CHAN_START && !s->utc && s->wall != WALL_NONE) {
			wall = s->wall;
			epoch = s->channel->made.epoch;
		}
	}
	zone_begin(run, zone, wall, epoch);
}

/* One pass: when each row was written, and what it tells of its lane. */
static void
read_steps(struct timeline_builder *b, struct zone *zone)
{
	struct timeline *t = b->t;
	struct lane *lanes = t->lanes;
	const struct step *s = b->g->steps, *end = s + b->g->n_steps;
	if (s == end)
		return;
	struct zone_run run;
	begin_zone(&run, zone, b->g);
	struct wall wall = { .us = WALL_NONE, .utc = -1 }; /* of the row before */
	gint64 *times = t->times, now = TIME_NONE;
	for (; s < end; s++) {
		struct lane *lane = &lanes[s->channel->index];
		gint64 epoch = 0;
		if (s->event == CEL_CHAN_START)
			epoch = s->channel->made.epoch;
		/* Most rows were written in the same second as the row before. */
		if (s->wall != wall.us || s->utc != wall.utc || epoch != 0) {
			wall = (struct wall){ s->wall, s->utc };
			gint64 utc = zone_utc(&run, wall, epoch);
			/* Neighbours may be inverted by microseconds; the ids are Asterisk's own order. */
			now = MAX(now, utc);
		}
		*times++ = now;
		if (s->event == CEL_CHAN_START) {
			begin_lane(lane, s, now);
			continue;
		}
		if (G_UNLIKELY(is_unset(lane->start)))
			begin_lane(lane, s, now);
		read_step(b, lane, s, now);
	}
	t->first = t->times[0];
	t->last = now;
}

/* One piece of memory: the timeline, its lanes, its times, and the first stays with their changes. */
static struct timeline *
new_timeline(struct timeline_builder *b)
{
	struct group *g = b->g;
	const gboolean bridges = group_has(g, CEL_BRIDGE_ENTER);
	struct timeline *t = arena_alloc(&g->arena, sizeof *t + g->n_channels * sizeof *t->lanes +
							g->n_steps * sizeof *t->times +
							(bridges ? FIRST_STAYS * STAY_SIZE : 0));
	b->t = t;
	t->group = g;
	t->lanes = (struct lane *)(t + 1);
	t->n_lanes = g->n_channels;
	t->words = MAX(1, (t->n_lanes + 63) / 64);
	t->times = (gint64 *)(t->lanes + t->n_lanes);
	t->stays = (struct stay *)(t->times + g->n_steps);
	t->segments = NULL;
	t->n_stays = t->n_segments = 0;
	t->sets = NULL;
	t->first = t->last = TIME_NONE;
	b->room_stays = bridges ? FIRST_STAYS : 0;
	b->changes = (struct change *)(t->stays + b->room_stays);
	return t;
}

struct timeline *
timeline_build(struct group *g, struct zone *zone)
{
	struct timeline_builder b = { .g = g, .last_bridge = -1 };
	struct timeline *t = new_timeline(&b);
	b.n_bridges = b.room_bridges = g->n_bridges;
	if (g->n_bridges > 0)
		b.bridges = arena_alloc(&g->arena, g->n_bridges * sizeof *b.bridges);
	for (guint i = 0; i < g->n_bridges; i++) {
		b.bridges[i].id = 0;
		b.any_holding |= g->bridges[i]->holding;
	}
	make_lanes(t, g);
	read_steps(&b, zone);
	if (t->n_stays == 0)
		return t;
	/* Still in a bridge when the rows end: up to the last of them. */
	for (guint i = 0; i < t->n_lanes; i++)
		leave(&b, &t->lanes[i], t->last, g->last_id + 1);
	timeline_make_segments(&b);
	return t;
}
