#include "poller/timeline.h"

#include <stdlib.h>
#include <string.h>

struct builder {
	struct timeline *t;
	struct group *g;
	struct stay *stays;
	guint n_stays, room_stays;
	int *stay_of;    /* lane -> index of the stay that is going on, -1 */
	guint n_bridges; /* with those made up for rows that name none */
	struct bridge_seen {
		gboolean holding;
		gint64 at, id; /* first row of it; id 0: none yet */
	} * bridges;
};

static inline gboolean
is_unset(gint64 time)
{
	return time == TIME_NONE;
}

gboolean
lane_set_meets(const guint64 *a, const guint64 *b, guint words)
{
	for (guint i = 0; i < words; i++) {
		if (a[i] & b[i])
			return TRUE;
	}
	return FALSE;
}

const guint64 *
timeline_connected(
    const struct timeline *t, const struct segment *segment, const guint64 *of, guint lane)
{
	for (guint i = 0; i < segment->n_sets; i++) {
		const guint64 *set = t->sets + (gsize)(segment->first_set + i) * t->words;
		if (lane_set_has(set, lane) && lane_set_meets(set, of, t->words))
			return set;
	}
	return NULL;
}

int
timeline_lane(const struct timeline *t, const struct channel *channel)
{
	guint i = channel != NULL ? channel->index : G_MAXUINT;
	return i < t->n_lanes && t->lanes[i].channel == channel ? (int)i : -1;
}

/* Times. */

static void
set_times(struct timeline *t, struct group *g, struct zone *zone)
{
	const struct step *steps = g->steps;
	guint n = g->n_steps;
	gint64 wall = WALL_NONE, epoch = 0;
	for (guint i = 0; i < n && epoch == 0; i++) {
		if (steps[i].event == CEL_CHAN_START && !steps[i].utc &&
		    steps[i].wall != WALL_NONE) {
			wall = steps[i].wall;
			epoch = steps[i].channel->made.epoch;
		}
	}
	struct zone_run run;
	zone_begin(&run, zone, wall, epoch);
	t->times = arena_alloc(&g->arena, (n + 1) * sizeof *t->times);
	t->first = t->last = TIME_NONE;
	gint64 now = TIME_NONE;
	for (guint i = 0; i < n; i++) {
		gint64 made = steps[i].event == CEL_CHAN_START ? steps[i].channel->made.epoch : 0;
		/* Written in the same second as the row before. */
		if (i > 0 && made == 0 && steps[i].wall == steps[i - 1].wall &&
		    steps[i].utc == steps[i - 1].utc) {
			t->times[i] = now;
			continue;
		}
		gint64 utc = zone_utc(&run, (struct wall){ steps[i].wall, steps[i].utc }, made);
		/* Neighbours may be inverted by microseconds; the ids are Asterisk's own order. */
		now = MAX(now, utc);
		t->times[i] = now;
	}
	if (n > 0) {
		t->first = t->times[0];
		t->last = now;
	}
}

/* Lanes. */

static int
by_first_row(const void *a, const void *b)
{
	const struct channel *x = *(struct channel *const *)a, *y = *(struct channel *const *)b;
	return (x->first_id > y->first_id) - (x->first_id < y->first_id);
}

static void
make_lanes(struct builder *b)
{
	struct timeline *t = b->t;
	struct group *g = b->g;
	t->n_lanes = g->n_channels;
	for (guint i = 1; i < t->n_lanes; i++) {
		/* They are in order nearly always: a group keeps them by first appearance. */
		if (by_first_row(&g->channels[i - 1], &g->channels[i]) > 0) {
			qsort(g->channels, g->n_channels, sizeof(struct channel *), by_first_row);
			break;
		}
	}
	t->words = MAX(1, (t->n_lanes + 63) / 64);
	t->lanes = arena_alloc(&g->arena, (t->n_lanes + 1) * sizeof *t->lanes);
	for (guint i = 0; i < t->n_lanes; i++) {
		struct channel *c = g->channels[i];
		c->index = i;
		t->lanes[i] = (struct lane){ .channel = c,
			.start = TIME_NONE,
			.answer = TIME_NONE,
			.end = TIME_NONE,
			.bridged = TIME_NONE,
			.pair = -1,
			.cause = -1,
			.hung_up_by = "" };
		channame_parse(c->name, &t->lanes[i].name);
	}
	/* The halves of a Local pair differ in the last character of their names only. */
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

/* Stays. */

static void
leave(struct builder *b, guint lane, gint64 at, gint64 id)
{
	if (b->stay_of[lane] < 0)
		return;
	struct stay *s = &b->stays[b->stay_of[lane]];
	s->to = at;
	s->to_id = id;
	b->stay_of[lane] = -1;
}

static void
enter(struct builder *b, guint lane, int bridge, gint64 at, gint64 id)
{
	if (b->stay_of[lane] >= 0) {
		if (b->stays[b->stay_of[lane]].bridge == bridge)
			return;
		leave(b, lane, at, id);
	}
	b->stays = arena_grow(&b->g->arena, b->stays, b->n_stays, &b->room_stays, sizeof *b->stays);
	b->stay_of[lane] = (int)b->n_stays;
	b->stays[b->n_stays++] = (struct stay){ .lane = lane,
		.bridge = bridge,
		.from = at,
		.from_id = id,
		.to = TIME_NONE,
		.to_id = 0 };
	if (is_unset(b->t->lanes[lane].bridged)) {
		b->t->lanes[lane].bridged = at;
		b->t->lanes[lane].bridged_id = id;
	}
}

/* The lane of that name that is alive at this row; -1. */
static int
lane_named(const struct builder *b, const char *name, gsize len, gint64 id)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		const struct lane *lane = &b->t->lanes[i];
		if (strncmp(lane->channel->name, name, len) == 0 &&
		    lane->channel->name[len] == '\0' && lane->channel->first_id <= id &&
		    (lane->end_id == 0 || lane->end_id >= id))
			return (int)i;
	}
	return -1;
}

/* The bridge that any of the named peers is in; -1. The list may be cut off by the column. */
static int
first_peer_in_bridge(const struct builder *b, const char *peers, gint64 id)
{
	while (*peers != '\0') {
		gsize n = (gsize)(strchrnul(peers, ',') - peers);
		int lane = n > 0 ? lane_named(b, peers, n, id) : -1;
		if (lane >= 0 && b->stay_of[lane] >= 0)
			return b->stays[b->stay_of[lane]].bridge;
		peers += n + (peers[n] == ',');
	}
	return -1;
}

static void
enter_peers(struct builder *b, const char *peers, int bridge, gint64 at, gint64 id)
{
	while (*peers != '\0') {
		gsize n = (gsize)(strchrnul(peers, ',') - peers);
		int lane = n > 0 ? lane_named(b, peers, n, id) : -1;
		/* Its own row was lost, or stands right behind this one. */
		if (lane >= 0 && b->stay_of[lane] < 0)
			enter(b, (guint)lane, bridge, at, id);
		peers += n + (peers[n] == ',');
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
bridge_of_step(struct builder *b, const struct step *s, guint lane)
{
	if (s->bridge != NULL)
		return (int)bridge_index(b->g, s->bridge);
	/* Older writers name no bridge: whoever is named as peer is in the same one. */
	int bridge = first_peer_in_bridge(b, s->peer, s->id);
	if (bridge >= 0)
		return bridge;
	if (s->event == CEL_BRIDGE_EXIT)
		return b->stay_of[lane] >= 0 ? b->stays[b->stay_of[lane]].bridge : -1;
	return (int)b->n_bridges++;
}

/* A lane leaves a bridge it was never seen to enter. */
static void
enter_late(struct builder *b, guint lane, int bridge, gint64 at, gint64 id)
{
	const struct lane *l = &b->t->lanes[lane];
	gint64 from = is_unset(l->answer) ? l->start : l->answer,
	       from_id = is_unset(l->answer) ? l->start_id : l->answer_id;
	const struct bridge_seen *seen = &b->bridges[bridge];
	if (seen->id != 0 && seen->id < id)
		from = MAX(from, seen->at), from_id = MAX(from_id, seen->id);
	for (guint i = 0; i < b->n_stays; i++) {
		const struct stay *s = &b->stays[i];
		if (s->lane == lane && s->to_id != 0)
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

static void
walk_step(struct builder *b, const struct step *s, gint64 at)
{
	guint lane = s->channel->index;
	struct lane *l = &b->t->lanes[lane];
	if (is_unset(l->start) || s->event == CEL_CHAN_START) {
		l->start = is_unset(l->start) ? start_of(s->channel, at) : MIN(at, l->start);
		l->start_id = l->start_id == 0 ? s->id : MIN(s->id, l->start_id);
	}
	switch (s->event) {
	case CEL_ANSWER:
		if (is_unset(l->answer)) {
			l->answer = at;
			l->answer_id = s->id;
		}
		break;
	case CEL_BRIDGE_ENTER: {
		int bridge = bridge_of_step(b, s, lane);
		enter(b, lane, bridge, at, s->id);
		enter_peers(b, s->peer, bridge, at, s->id);
		if (b->bridges[bridge].id == 0) {
			b->bridges[bridge].at = at;
			b->bridges[bridge].id = s->id;
		}
		break;
	}
	case CEL_BRIDGE_EXIT: {
		int bridge = bridge_of_step(b, s, lane);
		int now = b->stay_of[lane] >= 0 ? b->stays[b->stay_of[lane]].bridge : -1;
		if (bridge >= 0 && now < 0 && (l->end_id == 0 || s->id < l->end_id))
			enter_late(b, lane, bridge, at, s->id);
		/* An EXIT of another bridge than the one it is in came late: it has left that one already. */
		if (now < 0 || now == bridge)
			leave(b, lane, at, s->id);
		break;
	}
	case CEL_HANGUP:
		l->cause = s->hangup.cause;
		l->dialstatus = s->hangup.dialstatus;
		l->hung_up_by = s->hangup.source;
		G_GNUC_FALLTHROUGH;
	case CEL_CHAN_END:
		leave(b, lane, at, s->id);
		if (is_unset(l->end)) {
			l->end = at;
			l->end_id = s->id;
		}
		break;
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
	case CEL_STREAM_END: break;
	}
}

static void
make_stays(struct builder *b)
{
	struct group *g = b->g;
	guint n = g->n_bridges + 1;
	for (guint i = 0; i < g->n_steps && group_has(g, CEL_BRIDGE_ENTER); i++)
		n += g->steps[i].event == CEL_BRIDGE_ENTER && g->steps[i].bridge == NULL;
	b->n_bridges = g->n_bridges;
	b->bridges = arena_alloc0(&g->arena, n * sizeof *b->bridges);
	for (guint i = 0; i < g->n_bridges; i++)
		b->bridges[i].holding = g->bridges[i]->holding;
	b->stay_of = arena_alloc(&g->arena, (b->t->n_lanes + 1) * sizeof *b->stay_of);
	for (guint i = 0; i < b->t->n_lanes; i++)
		b->stay_of[i] = -1;
	for (guint i = 0; i < g->n_steps; i++)
		walk_step(b, &g->steps[i], b->t->times[i]);
	/* Still in a bridge when the rows end: up to the last of them. */
	for (guint i = 0; i < b->t->n_lanes; i++)
		leave(b, i, b->t->last, g->last_id + 1);
}

/* Segments. */

struct change {
	gint64 id, at;
	guint lane;
	int bridge;
	gboolean enters;
};

static int
by_order(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	/* One row can mean both: it leaves one bridge for another. */
	if (x->enters != y->enters)
		return x->enters ? 1 : -1;
	return (x->lane > y->lane) - (x->lane < y->lane);
}

/* A call has four of them, a conference hundreds. */
static void
sort_changes(struct change *list, guint n)
{
	if (n > 32) {
		qsort(list, n, sizeof *list, by_order);
		return;
	}
	for (guint i = 1; i < n; i++) {
		const struct change kept = list[i];
		guint at = i;
		for (; at > 0 && by_order(&kept, &list[at - 1]) < 0; at--)
			list[at] = list[at - 1];
		list[at] = kept;
	}
}

static struct change *
list_changes(const struct builder *b, guint *n)
{
	struct change *changes = arena_alloc(&b->g->arena, (b->n_stays * 2 + 1) * sizeof *changes);
	*n = 0;
	for (guint i = 0; i < b->n_stays; i++) {
		const struct stay *s = &b->stays[i];
		if (b->bridges[s->bridge].holding)
			continue;
		changes[(*n)++] = (struct change){ s->from_id, s->from, s->lane, s->bridge, TRUE };
		changes[(*n)++] = (struct change){ s->to_id, s->to, s->lane, s->bridge, FALSE };
	}
	sort_changes(changes, *n);
	return changes;
}

/* Who is in a bridge at one moment: few of the many that a long call may have. */
struct presence {
	int *in; /* by lane: the bridge, -1 */
	int *
	    root; /* by lane that is present: the lowest place in `lanes` of those it is connected with */
	guint *lanes;
	guint n;
};

static void
move_lane(struct presence *p, const struct change *c)
{
	if (c->enters && p->in[c->lane] < 0)
		p->lanes[p->n++] = c->lane;
	if (c->enters)
		p->in[c->lane] = c->bridge;
	if (c->enters || p->in[c->lane] != c->bridge)
		return;
	p->in[c->lane] = -1;
	for (guint i = 0; i < p->n; i++) {
		if (p->lanes[i] == c->lane) {
			p->lanes[i] = p->lanes[--p->n];
			return;
		}
	}
}

/* One bridge connects, and so do the two halves of a Local channel. */
static void
find_roots(const struct timeline *t, struct presence *p)
{
	for (guint i = 0; i < p->n; i++) {
		guint j = 0;
		while (p->in[p->lanes[j]] != p->in[p->lanes[i]])
			j++;
		p->root[p->lanes[i]] = (int)j;
	}
	for (guint i = 0; i < p->n; i++) {
		guint lane = p->lanes[i];
		int other = t->lanes[lane].pair;
		if (other < (int)lane || p->in[other] < 0 || p->root[lane] == p->root[other])
			continue;
		int from = MAX(p->root[lane], p->root[other]),
		    to = MIN(p->root[lane], p->root[other]);
		for (guint j = 0; j < p->n; j++) {
			if (p->root[p->lanes[j]] == from)
				p->root[p->lanes[j]] = to;
		}
	}
}

/* Sets of lanes that grow one behind the other. */
struct set_list {
	struct arena *arena;
	guint64 *sets;
	guint words, n, room;
};

static guint64 *
set_add(struct set_list *list)
{
	list->sets = arena_grow(
	    list->arena, list->sets, list->n, &list->room, list->words * sizeof *list->sets);
	return memset(
	    list->sets + (gsize)list->n++ * list->words, 0, list->words * sizeof *list->sets);
}

/* The sets of connected lanes; those of two and more are appended to `list`. Returns how many. */
static guint
connected_sets(const struct timeline *t, struct presence *p, struct set_list *list)
{
	guint count = 0;
	if (p->n < 2)
		return 0;
	find_roots(t, p);
	for (guint i = 0; i < p->n; i++) {
		if (p->root[p->lanes[i]] != (int)i)
			continue;
		guint members = 0;
		guint64 *set = set_add(list);
		for (guint j = i; j < p->n; j++) {
			if (p->root[p->lanes[j]] == (int)i) {
				lane_set_add(set, p->lanes[j]);
				members++;
			}
		}
		if (members < 2)
			list->n--;
		else
			count++;
	}
	return count;
}

static void
make_segments(struct builder *b)
{
	struct timeline *t = b->t;
	struct arena *arena = &b->g->arena;
	guint n_changes;
	const struct change *changes = list_changes(b, &n_changes);
	struct set_list list = { .arena = arena, .words = t->words };
	gsize n_lanes = t->n_lanes + 1;
	struct presence present = { .in = arena_alloc(arena, 2 * n_lanes * sizeof(int)),
		.lanes = arena_alloc(arena, n_lanes * sizeof(guint)) };
	present.root = present.in + n_lanes;
	for (guint i = 0; i < t->n_lanes; i++)
		present.in[i] = -1;
	t->segments = arena_alloc(arena, (n_changes + 1) * sizeof *t->segments);
	gint64 at = TIME_NONE;
	for (guint i = 0; i + 1 < n_changes; i++) {
		const struct change *c = &changes[i], *next = c + 1;
		at = MAX(at, c->at);
		move_lane(&present, c);
		/* What one row changes happens at once. */
		if (next->id == c->id)
			continue;
		guint first = list.n, n = connected_sets(t, &present, &list);
		if (n > 0)
			t->segments[t->n_segments++] = (struct segment){ .from = at,
				.to = MAX(at, next->at),
				.from_id = c->id,
				.to_id = next->id,
				.first_set = first,
				.n_sets = n };
	}
	t->sets = list.sets;
}

struct timeline *
timeline_build(struct group *group, struct zone *zone)
{
	struct timeline *t = arena_alloc0(&group->arena, sizeof *t);
	t->group = group;
	struct builder b = { .t = t, .g = group };
	set_times(t, group, zone);
	make_lanes(&b);
	make_stays(&b);
	make_segments(&b);
	t->n_stays = b.n_stays;
	t->stays = b.stays;
	return t;
}
