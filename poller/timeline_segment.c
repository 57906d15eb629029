/* Who could hear whom: segments of a timeline, made of the moments at which a lane enters a bridge or leaves it. */
#include "poller/timeline_private.h"

#include <stdlib.h>
#include <string.h>

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

/* Changes. */

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

/* They are in order but where a row was lost or tells of several. A call has four of them, a conference hundreds. */
static void
sort_changes(struct change *list, guint n)
{
	guint sorted = 1;
	while (sorted < n && by_order(&list[sorted - 1], &list[sorted]) <= 0)
		sorted++;
	if (sorted < n && n > 32) {
		qsort(list, n, sizeof *list, by_order);
		return;
	}
	for (guint i = sorted; i < n; i++) {
		const struct change kept = list[i];
		guint at = i;
		for (; at > 0 && by_order(&kept, &list[at - 1]) < 0; at--)
			list[at] = list[at - 1];
		list[at] = kept;
	}
}

/* Sets of lanes that grow one behind the other. */
struct set_list {
	struct arena *arena;
	guint64 *sets;
	guint words, n, room;
};

/* From this change to the next one: the sets from `first` on. */
static inline void
add_segment(struct timeline *t, gint64 at, const struct change *c, guint first, guint n)
{
	t->segments[t->n_segments++] = (struct segment){ .from = at,
		.to = MAX(at, c[1].at),
		.from_id = c->id,
		.to_id = c[1].id,
		.first_set = first,
		.n_sets = n };
}

/* One bridge, and not more lanes than a word has bits: nearly every call. Whoever is in the bridge is the set. */

static void
connect_in_one_bridge(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	const struct change *c = b->changes, *last = c + b->n_changes - 1;
	guint64 *sets = t->sets = arena_alloc(&b->g->arena, b->n_changes * sizeof *sets);
	guint64 present = 0;
	gint64 at = TIME_NONE;
	guint n = 0;
	for (; c < last; c++) {
		const guint64 lane = (guint64)1 << c->lane;
		at = MAX(at, c->at);
		present = c->enters ? present | lane : present & ~lane;
		/* What one row changes happens at once; one lane alone is connected with nobody. */
		if (c[1].id == c->id || (present & (present - 1)) == 0)
			continue;
		sets[n] = present;
		add_segment(t, at, c, n++, 1);
	}
}

/* Several bridges: a set is a word still. */

#define FEW 64

/* Who is in which bridge at one moment: the bridges that somebody is in. A lane is in one at a time. */
struct few {
	guint64 present; /* in any of them */
	guint n;
	struct room {
		int bridge;
		guint64 lanes;
	} rooms[FEW];
};

static inline void
take_out(struct few *p, guint64 lane, struct room *room)
{
	p->present &= ~lane;
	room->lanes &= ~lane;
	if (room->lanes == 0)
		*room = p->rooms[--p->n];
}

static inline struct room *
room_of(struct few *p, int bridge)
{
	for (guint i = 0; i < p->n; i++) {
		if (p->rooms[i].bridge == bridge)
			return &p->rooms[i];
	}
	return NULL;
}

static inline void
move_one_of_few(struct few *p, const struct change *c)
{
	const guint64 lane = (guint64)1 << c->lane;
	/* It never left the bridge before. */
	for (guint i = 0; c->enters && (p->present & lane) != 0; i++) {
		if ((p->rooms[i].lanes & lane) != 0)
			take_out(p, lane, &p->rooms[i]);
	}
	struct room *room = room_of(p, c->bridge);
	if (!c->enters) {
		if (room != NULL && (room->lanes & lane) != 0)
			take_out(p, lane, room);
		return;
	}
	if (room == NULL) {
		room = &p->rooms[p->n++];
		*room = (struct room){ .bridge = c->bridge };
	}
	room->lanes |= lane;
	p->present |= lane;
}

/* The two halves of a Local channel are one wire: what they are in becomes one set. Returns how many are left. */
static guint
join_halves(const struct timeline *t, guint64 halves, guint64 *sets, guint n)
{
	for (; halves != 0; halves &= halves - 1) {
		const guint lane = (guint)__builtin_ctzll(halves);
		const guint64 wire = (guint64)1 << lane | (guint64)1 << t->lanes[lane].pair;
		guint64 joined = 0;
		guint kept = 0;
		for (guint i = 0; i < n; i++) {
			if ((sets[i] & wire) != 0)
				joined |= sets[i];
			else
				sets[kept++] = sets[i];
		}
		sets[kept] = joined;
		n = kept + 1;
	}
	return n;
}

static inline void
append(struct set_list *list, guint64 set)
{
	list->sets = arena_grow(list->arena, list->sets, list->n, &list->room, sizeof *list->sets);
	list->sets[list->n++] = set;
}

static guint
connect_rooms(const struct timeline *t, const struct few *p, guint64 paired, struct set_list *list)
{
	guint64 sets[FEW];
	guint n = p->n, before = list->n;
	for (guint i = 0; i < n; i++)
		sets[i] = p->rooms[i].lanes;
	n = join_halves(t, p->present & paired, sets, n);
	for (guint i = 0; i < n; i++) {
		if ((sets[i] & (sets[i] - 1)) != 0)
			append(list, sets[i]);
	}
	return list->n - before;
}

/* Appends the sets of two lanes and more. Returns how many. */
static inline guint
connect_few(const struct timeline *t, const struct few *p, guint64 paired, struct set_list *list)
{
	if ((p->present & (p->present - 1)) == 0)
		return 0;
	if (p->n > 1)
		return connect_rooms(t, p, paired, list);
	append(list, p->present);
	return 1;
}

/* One half of each Local pair. */
static guint64
find_paired(const struct timeline *t)
{
	guint64 paired = 0;
	for (guint i = 0; i < t->n_lanes; i++)
		paired |= (guint64)(t->lanes[i].pair > (int)i) << i;
	return paired;
}

static void
connect_few_lanes(struct timeline_builder *b, struct set_list *list)
{
	struct timeline *t = b->t;
	const struct change *c = b->changes, *last = c + b->n_changes - 1;
	struct few present;
	present.n = 0;
	present.present = 0;
	gint64 at = TIME_NONE;
	const guint64 paired = find_paired(t);
	for (; c < last; c++) {
		at = MAX(at, c->at);
		move_one_of_few(&present, c);
		if (c[1].id == c->id)
			continue;
		guint first = list->n, n = connect_few(t, &present, paired, list);
		if (n > 0)
			add_segment(t, at, c, first, n);
	}
}

/* More lanes than that. */

/* Who is in a bridge at one moment: few of the many that a long call may have. */
struct presence {
	int *in;   /* by lane: the bridge, -1 */
	int *root; /* by lane that is present: lowest place in `lanes` of those connected with it */
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
connect_many_lanes(struct timeline_builder *b, struct set_list *list)
{
	struct timeline *t = b->t;
	struct arena *arena = &b->g->arena;
	const struct change *c = b->changes, *last = c + b->n_changes - 1;
	struct presence present = { .in = arena_alloc(arena, 2 * t->n_lanes * sizeof(int)),
		.lanes = arena_alloc(arena, t->n_lanes * sizeof(guint)) };
	present.root = present.in + t->n_lanes;
	for (guint i = 0; i < t->n_lanes; i++)
		present.in[i] = -1;
	gint64 at = TIME_NONE;
	for (; c < last; c++) {
		at = MAX(at, c->at);
		move_lane(&present, c);
		if (c[1].id == c->id)
			continue;
		guint first = list->n, n = connected_sets(t, &present, list);
		if (n > 0)
			add_segment(t, at, c, first, n);
	}
}

void
timeline_make_segments(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	struct arena *arena = &b->g->arena;
	/* Nobody meets anybody where there are less than two stays. */
	if (b->n_changes < 4)
		return;
	sort_changes(b->changes, b->n_changes);
	t->segments = arena_alloc(arena, b->n_changes * sizeof *t->segments);
	if (t->n_lanes <= FEW && b->bridge_turns == 1) {
		connect_in_one_bridge(b);
		return;
	}
	struct set_list list = { .arena = arena, .words = t->words };
	if (t->n_lanes <= FEW)
		connect_few_lanes(b, &list);
	else
		connect_many_lanes(b, &list);
	t->sets = list.sets;
}
