/* Who was in which bridge, also where rows were lost: stays, and the changes that the segments are made of. */
#include "poller/timeline_private.h"

#include "poller/bytes.h"

#include <string.h>

static inline gboolean
is_holding(const struct timeline_builder *b, int bridge)
{
	return b->any_holding && (guint)bridge < b->g->n_bridges && b->g->bridges[bridge]->holding;
}

void
timeline_end_stay(struct timeline_builder *b, struct lane *lane, gint64 at, gint64 id)
{
	struct stay *s = &b->t->stays[lane->stay];
	s->to = at;
	s->to_id = id;
	lane->stay = -1;
	if (!is_holding(b, s->bridge))
		b->changes[b->n_changes++] = (struct change){ id, at, s->lane, s->bridge, FALSE };
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
		timeline_end_stay(b, lane, at, id);
	}
	if (b->t->n_stays == b->room_stays)
		more_stays(b);
	begin_stay(b, lane, bridge, at, id);
}

void
timeline_enter(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
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

static inline gboolean
is_alive(const struct lane *lane, gint64 id)
{
	return lane->channel->first_id <= id && (lane->end_id == 0 || lane->end_id >= id);
}

/* The lane of that name that is alive at this row; NULL. */
static struct lane *
lane_named(const struct timeline_builder *b, const char *name, gsize len, gint64 id)
{
	struct lane *lanes = b->t->lanes;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (is_named(lanes[i].channel, name, len) && is_alive(&lanes[i], id))
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

/* The bridge that any of the named peers is in; -1. */
static int
first_peer_in_bridge(const struct timeline_builder *b, const char *peers, gint64 id)
{
	while (*peers != '\0') {
		const struct lane *lane = next_peer(b, &peers, id);
		if (lane != NULL && lane->stay >= 0)
			return timeline_bridge_now(b, lane);
	}
	return -1;
}

/* Nearly always it is one peer, told by the text of its own name, and it is in a bridge already. */
static gboolean
is_peer_in_bridge(const struct timeline_builder *b, const char *name, gint64 id)
{
	const struct lane *lanes = b->t->lanes;
	guint at = 0;
	while (at < b->t->n_lanes && lanes[at].channel->name != name)
		at++;
	if (at == b->t->n_lanes || lanes[at].stay < 0 || !is_alive(&lanes[at], id))
		return FALSE;
	/* Unless another that came before bears the same name. */
	const gsize len = lanes[at].channel->name_len;
	for (guint i = 0; i < at; i++) {
		if (is_named(lanes[i].channel, name, len))
			return FALSE;
	}
	return TRUE;
}

void
timeline_enter_peers(
    struct timeline_builder *b, const char *peers, int bridge, gint64 at, gint64 id)
{
	if (is_peer_in_bridge(b, peers, id))
		return;
	while (*peers != '\0') {
		struct lane *lane = next_peer(b, &peers, id);
		/* Its own row was lost, or stands right behind this one. */
		if (lane != NULL && lane->stay < 0)
			timeline_enter(b, lane, bridge, at, id);
	}
}

/* Groups that were merged may have a view of one holding bridge each: the first stands for it. */
static int
first_view(const struct group *g, const struct bridge *bridge)
{
	for (guint i = 0; i < bridge->index; i++) {
		const struct bridge *other = g->bridges[i];
		if (other->holding && strcmp(other->id, bridge->id) == 0)
			return (int)i;
	}
	return (int)bridge->index;
}

static int
make_up_bridge(struct timeline_builder *b)
{
	b->bridges = arena_grow(
	    &b->g->arena, b->bridges, b->n_bridges, &b->room_bridges, sizeof *b->bridges);
	b->bridges[b->n_bridges].id = 0;
	return (int)b->n_bridges++;
}

/* Older writers name no bridge: whoever is named as peer is in the same one. */
static int
unnamed_bridge(struct timeline_builder *b, const struct step *s, const struct lane *lane)
{
	int bridge = first_peer_in_bridge(b, s->peer, s->id);
	if (bridge >= 0)
		return bridge;
	return s->event == CEL_BRIDGE_EXIT ? timeline_bridge_now(b, lane) : make_up_bridge(b);
}

int
timeline_unusual_bridge(struct timeline_builder *b, const struct step *s, const struct lane *lane)
{
	return s->bridge != NULL ? first_view(b->g, s->bridge) : unnamed_bridge(b, s, lane);
}

/* A lane leaves a bridge it was never seen to enter. */
void
timeline_enter_late(struct timeline_builder *b, struct lane *lane, int bridge, gint64 at, gint64 id)
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
	timeline_enter(b, lane, bridge, MIN(from, at), MIN(from_id, id));
}
