#include "poller/timeline_private.h"

#include <stdlib.h>
#include <string.h>

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

/* Rows. */

static inline int
bridge_of_step(struct timeline_builder *b, const struct step *s, const struct lane *lane)
{
	if (G_LIKELY(s->bridge != NULL && !s->bridge->holding))
		return (int)s->bridge->index;
	return timeline_unusual_bridge(b, s, lane);
}

/* A channel whose CHAN_START was lost began when its uniqueid says, if that is no other day. */
static gint64
start_of(const struct channel *c, gint64 first_row)
{
	gint64 made = c->made.epoch * G_USEC_PER_SEC;
	return !c->started && made < first_row && made > first_row - G_TIME_SPAN_DAY ? made
	                                                                             : first_row;
}

static inline void
read_start(struct lane *lane, const struct step *s, gint64 at)
{
	const gboolean first = is_unset(lane->start);
	lane->start = first ? at : MIN(at, lane->start);
	lane->start_id = first || lane->start_id == 0 ? s->id : MIN(s->id, lane->start_id);
}

static void
read_enter(struct timeline_builder *b, struct lane *lane, const struct step *s, gint64 at)
{
	int bridge = bridge_of_step(b, s, lane);
	timeline_enter(b, lane, bridge, at, s->id);
	if (s->peer[0] != '\0')
		timeline_enter_peers(b, s->peer, bridge, at, s->id);
	if (b->bridges[bridge].id == 0)
		b->bridges[bridge] = (struct bridge_seen){ .at = at, .id = s->id };
}

static void
read_exit(struct timeline_builder *b, struct lane *lane, const struct step *s, gint64 at)
{
	int bridge = bridge_of_step(b, s, lane), now = timeline_bridge_now(b, lane);
	if (bridge >= 0 && now < 0 && (lane->end_id == 0 || s->id < lane->end_id))
		timeline_enter_late(b, lane, bridge, at, s->id);
	/* An EXIT of another bridge than the one it is in came late: it has left that one already. */
	if (now < 0 || now == bridge)
		timeline_leave(b, lane, at, s->id);
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
		timeline_leave(b, lane, at, s->id);
		if (is_unset(lane->end)) {
			lane->end = at;
			lane->end_id = s->id;
		}
		return;
	case CEL_APP_START:
	case CEL_BLINDTRANSFER:
	case CEL_ATTENDEDTRANSFER:
	case CEL_STREAM_BEGIN:
	case CEL_STREAM_END: b->t->notable[b->t->n_notable++] = s; return;
	case CEL_OTHER:
	case CEL_CHAN_START:
	case CEL_APP_END:
	case CEL_PARK_START:
	case CEL_PARK_END:
	case CEL_PICKUP:
	case CEL_FORWARD:
	case CEL_LINKEDID_END:
	case CEL_LOCAL_OPTIMIZE:
	case CEL_LOCAL_OPTIMIZE_BEGIN: return;
	}
}

/* The key to the zone of a group's clock: its first CHAN_START. */
static inline void
begin_zone(struct zone_run *run, struct zone *zone, const struct step *s, const struct step *end)
{
	gint64 epoch = 0;
	for (; s < end; s++) {
		if (s->event != CEL_CHAN_START || s->utc || s->wall == WALL_NONE)
			continue;
		epoch = s->channel->made.epoch;
		if (epoch != 0)
			break;
	}
	zone_begin(run, zone, epoch != 0 ? s->wall : WALL_NONE, epoch);
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
	begin_zone(&run, zone, s, end);
	gint64 wall = ~s->wall; /* of the row before: there is none */
	gint64 *times = t->times, now = TIME_NONE;
	for (; s < end; s++) {
		struct lane *lane = &lanes[s->channel->index];
		gint64 epoch = 0;
		if (s->event == CEL_CHAN_START)
			epoch = s->channel->made.epoch;
		/* Most rows were written in the same second as the row before. */
		if (s->wall != wall || s->utc != s[-1].utc || epoch != 0) {
			wall = s->wall;
			gint64 utc = zone_utc(&run, (struct wall){ wall, s->utc }, epoch);
			/* Neighbours may be inverted by microseconds; the ids are Asterisk's own order. */
			now = MAX(now, utc);
		}
		*times++ = now;
		if (s->event == CEL_CHAN_START) {
			read_start(lane, s, now);
			continue;
		}
		if (G_UNLIKELY(is_unset(lane->start))) {
			lane->start = start_of(s->channel, now);
			lane->start_id = s->id;
		}
		read_step(b, lane, s, now);
	}
	t->first = t->times[0];
	t->last = now;
}

/* One piece of memory: the timeline, its lanes, its times, the first rows of its bridges; the first stays with their changes. */
static struct timeline *
new_timeline(struct timeline_builder *b)
{
	struct group *g = b->g;
	b->n_bridges = b->room_bridges = g->n_bridges;
	b->room_stays = group_has(g, CEL_BRIDGE_ENTER) ? FIRST_STAYS : 0;
	struct timeline *t = arena_alloc(
	    &g->arena, sizeof *t + g->n_channels * sizeof *t->lanes +
			   g->n_steps * (sizeof *t->times + sizeof *t->notable) +
			   g->n_bridges * sizeof *b->bridges + b->room_stays * STAY_SIZE);
	b->t = t;
	t->group = g;
	t->lanes = (struct lane *)(t + 1);
	t->n_lanes = g->n_channels;
	t->words = MAX(1, (t->n_lanes + 63) / 64);
	t->times = (gint64 *)(t->lanes + t->n_lanes);
	t->notable = (const struct step **)(t->times + g->n_steps);
	b->bridges = (struct bridge_seen *)(t->notable + g->n_steps);
	t->stays = (struct stay *)(b->bridges + g->n_bridges);
	b->changes = (struct change *)(t->stays + b->room_stays);
	t->segments = NULL;
	t->n_stays = t->n_segments = t->n_notable = 0;
	t->sets = NULL;
	t->first = t->last = TIME_NONE;
	for (guint i = 0; i < g->n_bridges; i++) {
		b->bridges[i].id = 0;
		b->any_holding |= g->bridges[i]->holding;
	}
	return t;
}

struct timeline *
timeline_build(struct group *g, struct zone *zone)
{
	struct timeline_builder b = { .g = g, .last_bridge = -1 };
	struct timeline *t = new_timeline(&b);
	make_lanes(t, g);
	read_steps(&b, zone);
	if (t->n_stays == 0)
		return t;
	/* Still in a bridge when the rows end: up to the last of them. */
	for (guint i = 0; i < t->n_lanes; i++)
		timeline_leave(&b, &t->lanes[i], t->last, g->last_id + 1);
	timeline_make_segments(&b);
	return t;
}
