#include "poller/call_private.h"

#include "poller/bytes.h"

guint64 *
call_new_sets(const struct call_builder *b, guint n)
{
	return arena_alloc0(b->arena, (gsize)n * b->t->words * sizeof(guint64));
}

/* Direction, and who stands on which side. */

/* Lanes are added in order. */
static void
add_client(struct call_builder *b, guint lane)
{
	lane_set_add(b->client, lane);
	if (b->first_client < 0)
		b->first_client = (int)lane;
	b->last_client = (int)lane;
}

static void
find_under(struct call_builder *b)
{
	const char *linkedid = b->call->linkedid;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (call_same_text(b->t->lanes[i].channel->linkedid, linkedid))
			lane_set_add(b->under, i);
	}
}

static int
first_rung(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (i != b->beginning && call_is_under(b, i) &&
		    (b->parties[i].kind == PARTY_EMPLOYEE || b->parties[i].kind == PARTY_OUTSIDE))
			return (int)i;
	}
	return -1;
}

/* The outside (or, for a call within the house, our own) channels that were dialled under this linkedid. */
static guint
add_dialled(struct call_builder *b, enum party_kind kind)
{
	guint n = 0;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (i == b->beginning || (int)i == b->caller || !call_is_under(b, i) ||
		    b->parties[i].kind != kind || call_is_beginning(b, i))
			continue;
		if (kind == PARTY_EMPLOYEE && call_same_text(b->parties[i].ext, b->caller_ext))
			continue;
		add_client(b, i);
		n++;
	}
	return n;
}

static void
set_caller(struct call_builder *b, guint lane, const char *ext)
{
	b->caller = (int)lane;
	b->caller_ext = ext;
}

static void
decide_direction(struct call_builder *b)
{
	struct call *call = b->call;
	guint begin = b->beginning;
	b->caller = -1;
	b->caller_ext = NULL;
	gboolean originated = b->parties[begin].kind == PARTY_LOCAL;
	if (originated) {
		/* Click-to-call: whoever was rung first stands for the beginning. */
		int rung = first_rung(b);
		if (rung >= 0 && b->parties[rung].kind == PARTY_OUTSIDE) {
			call->direction = DIRECTION_IN;
			add_client(b, (guint)rung);
			return;
		}
		if (rung >= 0)
			set_caller(b, (guint)rung, b->parties[rung].ext);
		else
			set_caller(
			    b, begin, party_of_local(b->rules, &b->t->lanes[begin], b->arena));
	} else if (b->parties[begin].kind == PARTY_OUTSIDE) {
		call->direction = DIRECTION_IN;
		add_client(b, begin);
		return;
	} else {
		set_caller(b, begin, b->parties[begin].ext);
	}
	if (add_dialled(b, PARTY_OUTSIDE) > 0 || originated) {
		call->direction = DIRECTION_OUT;
		return;
	}
	call->direction = DIRECTION_INTERNAL;
	add_dialled(b, PARTY_EMPLOYEE);
}

/* Ends. */

/* Members of a queue may be rung again while the client waits: its own life decides, and theirs. */
static const guint64 *
find_parts(const struct call_builder *b)
{
	guint64 *parts = b->parts;
	const guint words = b->t->words, n_legs = b->call->n_legs;
	for (guint word = 0; word < words; word++) {
		parts[word] = b->client[word];
		for (guint i = 0; i < n_legs; i++)
			parts[word] |= call_leg_set(b, i)[word];
	}
	lane_set_add(parts, b->beginning);
	if (b->caller >= 0)
		lane_set_add(parts, (guint)b->caller);
	return parts;
}

/* The lanes that have ended, by CEL or by their own record: Asterisk writes it when its channel has hung up (main/cdr.c: party A). */
static guint64 *
find_ended(const struct call_builder *b)
{
	guint64 *ended = call_new_sets(b, 1);
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (b->t->lanes[i].end != TIME_NONE)
			lane_set_add(ended, i);
	}
	for (guint i = 0; i < b->group->n_records; i++) {
		const int lane = timeline_lane(b->t, b->group->records[i].channel);
		if (lane >= 0)
			lane_set_add(ended, (guint)lane);
	}
	return ended;
}

/* Connected, when the rows end, with another one that is not known to have ended. */
static gboolean
is_talking(const struct call_builder *b, guint lane, const guint64 *ended)
{
	const struct segment *last =
	    b->t->n_segments > 0 ? &b->t->segments[b->t->n_segments - 1] : NULL;
	if (last == NULL || last->to_id <= b->group->last_id)
		return FALSE;
	for (guint i = 0; i < last->n_sets; i++) {
		const guint64 *set = b->t->sets + (gsize)(last->first_set + i) * b->t->words;
		for (guint word = 0; lane_set_has(set, lane) && word < b->t->words; word++) {
			guint64 others = set[word] & ~ended[word];
			if (word == lane / 64)
				others &= ~((guint64)1 << (lane % 64));
			if (others != 0)
				return TRUE;
		}
	}
	return FALSE;
}

/* Of a channel that was only dialled (party B) the record is its dialler's: it tells that the two have parted, not that this one is gone. */
static gboolean
is_recorded(const struct call_builder *b, guint lane, const guint64 *ended)
{
	if (lane_set_has(ended, lane))
		return TRUE;
	for (guint i = 0; i < b->group->n_records; i++) {
		if (strcmp(b->group->records[i].dstchannel, b->t->lanes[lane].channel->name) == 0)
			return !is_talking(b, lane, ended);
	}
	return FALSE;
}

static void
decide_end(struct call_builder *b)
{
	struct call *call = b->call;
	gboolean open = FALSE;
	const guint64 *parts = find_parts(b), *ended = NULL;
	gint64 end = TIME_NONE;
	call->recorded = b->group->n_records > 0;
	for (guint word = 0; word < b->t->words; word++) {
		for (guint64 rest = parts[word]; rest != 0; rest &= rest - 1) {
			const guint i = call_lane_of_bit(word, rest);
			const gint64 its_end = b->t->lanes[i].end;
			end = MAX(end, its_end);
			if (its_end != TIME_NONE)
				continue;
			open = TRUE;
			if (call->recorded && ended == NULL)
				ended = find_ended(b);
			call->recorded = call->recorded && is_recorded(b, i, ended);
		}
	}
	call->end = end;
	call->settled = SETTLED_ENDED;
	if (!open)
		return;
	call->end = TIME_NONE;
	call->settled = SETTLED_OPEN;
	if (b->group->restarted != 0) {
		call->settled = SETTLED_RESTART;
		call->end = b->t->last;
		call_note(b, "Asterisk restarted during the call; its end was not written");
	}
}

void
call_decide_skip(struct call *call, const struct call_rules *rules)
{
	if (call->direction == DIRECTION_INTERNAL && !rules->internal) {
		call->skip = "internal";
		for (guint i = 0; i < call->n_legs; i++)
			call->legs[i].status = STATUS_NONE;
		return;
	}
	guint told = 0, excluded = 0;
	for (guint i = 0; rules->skip_ext != NULL && i < call->n_legs; i++) {
		struct leg *leg = &call->legs[i];
		if (leg->ext != NULL && g_hash_table_contains(rules->skip_ext, leg->ext)) {
			leg->status = STATUS_NONE;
			excluded++;
		}
	}
	for (guint i = 0; told == 0 && i < call->n_legs; i++)
		told += call->legs[i].ext != NULL && call->legs[i].status != STATUS_NONE;
	if (call->did != NULL && rules->skip_did != NULL &&
	    g_hash_table_contains(rules->skip_did, call->did))
		call->skip = "excluded";
	else if (told == 0 && excluded > 0)
		call->skip = "excluded";
	else if (call->client == NULL)
		call->skip = "no number";
	else if (told == 0)
		call->skip = "no extension";
}

static const char *const *
list_linkedids(struct call_builder *b)
{
	const char *const *ids = b->group->linkedids;
	const guint n = b->group->n_linkedids;
	const char **list = arena_alloc(b->arena, (n + 1) * sizeof *list);
	list[0] = n > 0 ? ids[0] : NULL;
	for (guint i = 1; i < n; i++) {
		/* By insertion: there are one or two. */
		guint at = i;
		for (; at > 0 && uniqueid_compare(ids[i], list[at - 1]) < 0; at--)
			list[at] = list[at - 1];
		list[at] = ids[i];
	}
	list[n] = NULL;
	return list;
}

/* An id under which this call may have been announced: not one that means another call. */
static const char *const *
list_aliases(struct call_builder *b, const GPtrArray *calls, const struct call *call)
{
	guint n = 0;
	const char **list = arena_alloc(b->arena, (b->group->n_linkedids + 1) * sizeof *list);
	for (const char *const *id = call->linkedids; *id != NULL; id++) {
		gboolean others = FALSE;
		for (guint i = 0; i < calls->len && !others; i++) {
			const struct call *other = calls->pdata[i];
			others = other != call && other->direction != DIRECTION_INTERNAL &&
			         strcmp(other->linkedid, *id) == 0;
		}
		if (!others)
			list[n++] = *id;
	}
	list[n] = NULL;
	return list;
}

static void
make_sets(struct call_builder *b)
{
	const guint words = b->t->words;
	/* Up to 64 channels, as nearly every call has, are one word. */
	if (words == 1)
		memset(b->few, 0, sizeof b->few);
	b->under = words == 1 ? b->few : call_new_sets(b, G_N_ELEMENTS(b->few));
	b->client = b->under + words;
	b->connected = b->client + words;
	b->parts = b->connected + words;
	b->leg_sets = words == 1 ? b->few_legs : call_new_sets(b, CALL_FEW_LEGS);
}

static void
begin_call(struct call_builder *b, guint beginning)
{
	const struct lane *lane = &b->t->lanes[beginning];
	struct call_memory *memory = arena_alloc0(b->arena, sizeof *memory);
	struct call *call = b->call = &memory->call;
	b->beginning = beginning;
	call->basis = "cel";
	call->answer = TIME_NONE;
	call->hold = -1;
	call->linkedid = lane->channel->linkedid;
	call->callid = call_id(b->arena, b->rules, call->linkedid);
	call->start = lane->start;
	call->legs = memory->legs;
	make_sets(b);
	b->first_client = b->last_client = -1;
	b->room_legs = CALL_FEW_LEGS;
	b->room_notes = 0;
	find_under(b);
}

static struct call *
build_one(struct call_builder *b, guint beginning)
{
	begin_call(b, beginning);
	struct call *call = b->call;
	decide_direction(b);
	call_find_legs(b);
	call_find_facts(b);
	if (call->direction == DIRECTION_IN)
		call_decide_incoming(b);
	else
		call_decide_outgoing(b);
	call_find_transfers(b);
	call_find_recordings(b);
	if (call->direction != DIRECTION_INTERNAL)
		call_compare_with_cdr(b);
	decide_end(b);
	call_decide_skip(call, b->rules);
	if (b->group->truncated)
		call_note(b, "more rows than are looked at for one call: the rest was left out");
	return call;
}

/* Was the channel's own uniqueid the linkedid it began under? */
static gboolean
began_its_own(const struct channel *c)
{
	if (c->uniqueid == c->linkedid)
		return TRUE;
	if (c->linkedid == c->linkedid_now) {
		/* Of one call they differ in their last digits. */
		const gsize n = c->uniqueid_len;
		if (n != c->linkedid_now_len ||
		    (n >= 8 && bytes_8(c->uniqueid + n - 8) != bytes_8(c->linkedid + n - 8)))
			return FALSE;
	}
	return strcmp(c->uniqueid, c->linkedid) == 0;
}

static void
look_at_lanes(struct call_builder *b)
{
	const guint n = b->t->n_lanes;
	struct party *party = b->parties = arena_alloc(b->arena, (n + 1) * sizeof *party);
	const struct lane *lane = b->t->lanes;
	b->few_beginnings = 0;
	b->beginnings = b->t->words == 1 ? &b->few_beginnings : call_new_sets(b, 1);
	for (guint i = 0; i < n; i++, lane++, party++) {
		*party = party_of(b->rules, lane, b->arena);
		if (party->kind != PARTY_PLUMBING && began_its_own(lane->channel))
			lane_set_add(b->beginnings, i);
	}
}

void
call_build(struct group *group, const struct timeline *timeline, const struct call_rules *rules,
    GPtrArray *calls)
{
	const guint before = calls->len;
	/* The rest is of each call, or is looked at now: it is not worth emptying. */
	struct call_builder b;
	b.group = group;
	b.t = timeline;
	b.rules = rules;
	b.arena = &group->arena;
	look_at_lanes(&b);
	const char *const *linkedids = NULL;
	for (guint i = 0; i < timeline->n_lanes; i++) {
		if (!call_is_beginning(&b, i))
			continue;
		struct call *call = build_one(&b, i);
		if (linkedids == NULL)
			linkedids = list_linkedids(&b);
		call->linkedids = call->aliases = linkedids;
		g_ptr_array_add(calls, call);
	}
	for (guint i = before; group->n_linkedids > 1 && i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		call->aliases = list_aliases(&b, calls, call);
	}
}

void
call_settle(struct call *call, const struct timeline *timeline,
    const struct call_patience *patience, gint64 quiet)
{
	const struct group *g = timeline->group;
	if (call->settled == SETTLED_ENDED && quiet < patience->settle)
		call->settled = SETTLED_OPEN;
	if (call->settled != SETTLED_OPEN || quiet < patience->settle)
		return;
	if ((g->linkedids_ended >= g->n_linkedids || call->recorded) && quiet >= patience->grace)
		call->settled = SETTLED_GRACE;
	else if (quiet >= patience->stale)
		call->settled = SETTLED_STALE;
	if (call->settled != SETTLED_OPEN && call->end == TIME_NONE)
		call->end = timeline->last;
}
