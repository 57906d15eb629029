#include "poller/call_private.h"

#include <stdarg.h>
#include <string.h>

const char *
direction_name(enum direction direction)
{
	static const char *const names[] = { "in", "out", "internal" };
	return names[direction];
}

const char *
status_name(enum status status)
{
	static const char *const names[] = { NULL, "Success", "Missed", "Cancelled", "Busy",
		"NoAnswer", "NotAvailable", "NotAllowed" };
	return names[status];
}

const char *
result_name(enum result result)
{
	static const char *const names[] = { "answered", "missed", "failed" };
	return names[result];
}

const char *
settled_name(enum settled settled)
{
	static const char *const names[] = { "open", "ended", "grace", "restart", "stale" };
	return names[settled];
}

guint64 *
call_new_set(const struct call_builder *b)
{
	return arena_alloc0(b->arena, b->t->words * sizeof(guint64));
}

gboolean
call_is_under(const struct call_builder *b, guint lane)
{
	const char *linkedid = b->t->lanes[lane].channel->linkedid;
	return linkedid == b->call->linkedid || strcmp(linkedid, b->call->linkedid) == 0;
}

gboolean
call_is_beginning(const struct call_builder *b, guint lane)
{
	const struct channel *c = b->t->lanes[lane].channel;
	return b->parties[lane].kind != PARTY_PLUMBING &&
	       (c->uniqueid == c->linkedid || strcmp(c->uniqueid, c->linkedid) == 0);
}

void
call_note(struct call_builder *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (b->notes == NULL)
		b->notes = g_ptr_array_new();
	for (guint i = 0; i < b->notes->len; i++) {
		if (strcmp(b->notes->pdata[i], text) == 0)
			return;
	}
	g_ptr_array_add(b->notes, (gpointer)arena_string(b->arena, text));
}

/* Direction, and who stands on which side. */

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
		if (kind == PARTY_EMPLOYEE && g_strcmp0(b->parties[i].ext, b->caller_ext) == 0)
			continue;
		lane_set_add(b->client, i);
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
	b->client = call_new_set(b);
	b->caller = -1;
	b->caller_ext = NULL;
	gboolean originated = b->parties[begin].kind == PARTY_LOCAL;
	if (originated) {
		/* Click-to-call: whoever was rung first stands for the beginning. */
		int rung = first_rung(b);
		if (rung >= 0 && b->parties[rung].kind == PARTY_OUTSIDE) {
			call->direction = DIRECTION_IN;
			lane_set_add(b->client, (guint)rung);
			return;
		}
		if (rung >= 0)
			set_caller(b, (guint)rung, b->parties[rung].ext);
		else
			set_caller(
			    b, begin, party_of_local(b->rules, &b->t->lanes[begin], b->arena));
	} else if (b->parties[begin].kind == PARTY_OUTSIDE) {
		call->direction = DIRECTION_IN;
		lane_set_add(b->client, begin);
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
static gboolean
is_part(const struct call_builder *b, guint lane)
{
	if (lane == b->beginning || (int)lane == b->caller || lane_set_has(b->client, lane))
		return TRUE;
	for (guint i = 0; i < b->call->n_legs; i++) {
		if (b->leg_sets[i] != NULL && lane_set_has(b->leg_sets[i], lane))
			return TRUE;
	}
	return FALSE;
}

/* The lanes that have ended, by CEL or by their own record: Asterisk writes it when its channel has hung up (main/cdr.c: party A). */
static guint64 *
find_ended(const struct call_builder *b)
{
	guint64 *ended = call_new_set(b);
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
	const guint64 *ended = NULL;
	call->end = TIME_NONE;
	call->recorded = b->group->n_records > 0;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		const struct lane *lane = &b->t->lanes[i];
		if (!is_part(b, i))
			continue;
		if (lane->end == TIME_NONE) {
			open = TRUE;
			if (call->recorded && ended == NULL)
				ended = find_ended(b);
			call->recorded = call->recorded && is_recorded(b, i, ended);
		} else {
			call->end = MAX(call->end, lane->end);
		}
	}
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
	for (guint i = 0; i < call->n_legs; i++) {
		struct leg *leg = &call->legs[i];
		if (leg->ext != NULL && rules->skip_ext != NULL &&
		    g_hash_table_contains(rules->skip_ext, leg->ext)) {
			leg->status = STATUS_NONE;
			excluded++;
		}
		told += leg->ext != NULL && leg->status != STATUS_NONE;
	}
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
	for (guint i = 0; i < n; i++) {
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
	if (b->group->n_linkedids == 1)
		return call->linkedids;
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

static struct call *
build_one(struct call_builder *b, guint beginning)
{
	struct call *call = arena_alloc0(b->arena, sizeof *call);
	const struct lane *lane = &b->t->lanes[beginning];
	b->call = call;
	b->beginning = beginning;
	call->basis = "cel";
	call->linkedid = lane->channel->linkedid;
	call->callid = b->rules->name != NULL
	                   ? arena_printf(b->arena, "%s-%s", b->rules->name, call->linkedid)
	                   : call->linkedid;
	call->start = lane->start;
	call->answer = TIME_NONE;
	call->hold = -1;

	decide_direction(b);
	call_find_legs(b);
	call_measure_talk(b);
	call_find_client_number(b);
	call_find_did(b);
	call_find_circumstances(b);
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

	call->n_notes = b->notes != NULL ? b->notes->len : 0;
	call->notes = arena_alloc(b->arena, (call->n_notes + 1) * sizeof *call->notes);
	for (guint i = 0; i < call->n_notes; i++)
		call->notes[i] = b->notes->pdata[i];
	g_clear_pointer(&b->notes, g_ptr_array_unref);
	return call;
}

void
call_build(struct group *group, const struct timeline *timeline, const struct call_rules *rules,
    GPtrArray *calls)
{
	const guint before = calls->len;
	struct call_builder b = {
		.group = group, .t = timeline, .rules = rules, .arena = &group->arena
	};
	b.parties = arena_alloc(b.arena, (timeline->n_lanes + 1) * sizeof *b.parties);
	for (guint i = 0; i < timeline->n_lanes; i++)
		b.parties[i] = party_of(rules, &timeline->lanes[i], b.arena);
	const char *const *linkedids = NULL;
	for (guint i = 0; i < timeline->n_lanes; i++) {
		if (!call_is_beginning(&b, i))
			continue;
		struct call *call = build_one(&b, i);
		if (linkedids == NULL)
			linkedids = list_linkedids(&b);
		call->linkedids = linkedids;
		g_ptr_array_add(calls, call);
	}
	for (guint i = before; i < calls->len; i++)
		((struct call *)calls->pdata[i])->aliases =
		    list_aliases(&b, calls, calls->pdata[i]);
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
