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

/* One bridge and no more lanes than one word has bits: nearly every call. Who is in the bridge is the set. */
static void
connect_in_one_bridge(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	guint64 *sets = t->sets = arena_alloc(&b->g->arena, b->n_changes * sizeof *sets);
	guint64 present = 0;
	gint64 at = TIME_NONE;
	guint n = 0;
	for (guint i = 0; i + 1 < b->n_changes; i++) {
		const struct change *c = &b->changes[i], *next = c + 1;
		const guint64 lane = (guint64)1 << c->lane;
		at = MAX(at, c->at);
		present = c->enters ? present | lane : present & ~lane;
		/* What one row changes happens at once; and nobody is connected with himself alone. */
		if (next->id == c->id || (present & (present - 1)) == 0)
			continue;
		sets[n] = present;
		t->segments[n] = (struct segment){ .from = at,
			.to = MAX(at, next->at),
			.from_id = c->id,
			.to_id = next->id,
			.first_set = n,
			.n_sets = 1 };
		n++;
	}
	t->n_segments = n;
}

/* Several bridges. */

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
connect_over_bridges(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	struct arena *arena = &b->g->arena;
	struct set_list list = { .arena = arena, .words = t->words };
	gsize n_lanes = t->n_lanes;
	struct presence present = { .in = arena_alloc(arena, 2 * n_lanes * sizeof(int)),
		.lanes = arena_alloc(arena, n_lanes * sizeof(guint)) };
	present.root = present.in + n_lanes;
	for (guint i = 0; i < t->n_lanes; i++)
		present.in[i] = -1;
	gint64 at = TIME_NONE;
	for (guint i = 0; i + 1 < b->n_changes; i++) {
		const struct change *c = &b->changes[i], *next = c + 1;
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

void
timeline_make_segments(struct timeline_builder *b)
{
	struct timeline *t = b->t;
	/* Nobody meets anybody where there are less than two stays. */
	if (b->n_changes < 4)
		return;
	sort_changes(b->changes, b->n_changes);
	t->segments = arena_alloc(&b->g->arena, b->n_changes * sizeof *t->segments);
	if (t->words == 1 && !b->several_bridges)
		connect_in_one_bridge(b);
	else
		connect_over_bridges(b);
}
