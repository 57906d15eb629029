/* Who was rung or talked, and how it ended for each. */
#include "poller/call_private.h"

/* Legs that are not in use are empty. */
static G_GNUC_NO_INLINE void
make_room(struct call_builder *b)
{
	struct call *call = b->call;
	const guint n = call->n_legs;
	const gsize set_size = b->t->words * sizeof *b->leg_sets;
	b->room_legs *= 2;
	struct leg *legs = arena_alloc0(b->arena, b->room_legs * sizeof *legs);
	guint64 *sets = arena_alloc(b->arena, b->room_legs * set_size);
	call->legs = memcpy(legs, call->legs, n * sizeof *legs);
	b->leg_sets = memcpy(sets, b->leg_sets, n * set_size);
}

/* A leg more, without a lane. */
static guint
add_leg(struct call_builder *b, const char *ext, const char *outside)
{
	struct call *call = b->call;
	if (G_UNLIKELY(call->n_legs == b->room_legs))
		make_room(b);
	const guint n = call->n_legs++;
	guint64 *set = call_leg_set(b, n);
	set[0] = 0;
	for (guint word = 1; word < b->t->words; word++)
		set[word] = 0;
	struct leg *leg = &call->legs[n];
	leg->ext = ext;
	leg->outside = outside;
	leg->rang = leg->answered = leg->ended = TIME_NONE;
	return n;
}

/* The leg of this employee, or of this outside number; made where there is none yet. */
static inline guint
leg_for(struct call_builder *b, const char *ext, const char *outside)
{
	const struct call *call = b->call;
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		if (ext != NULL ? call_same_text(leg->ext, ext)
				: leg->ext == NULL && call_same_text(leg->outside, outside))
			return i;
	}
	return add_leg(b, ext, outside);
}

/* A channel of the leg: when it began and ended is the leg's too. */
static void
add_to_leg(struct call_builder *b, guint at, guint lane)
{
	struct leg *leg = &b->call->legs[at];
	const struct lane *l = &b->t->lanes[lane];
	lane_set_add(call_leg_set(b, at), lane);
	if (leg->rang == TIME_NONE || l->start < leg->rang)
		leg->rang = l->start;
	leg->ended = MAX(leg->ended, l->end);
	leg->alive |= l->end_id == 0;
	leg->rang_id = MAX(leg->rang_id, l->start_id);
	leg->stopped_id = MAX(leg->stopped_id, l->end_id);
}

static void
find_talks(struct call_builder *b)
{
	const struct timeline *t = b->t;
	const guint words = t->words;
	guint n = 0;
	b->n_talks = 0;
	if (t->n_segments == 0)
		return;
	for (guint i = 0; i < t->n_segments; i++)
		n += t->segments[i].n_sets;
	b->talks = arena_alloc(b->arena, n * sizeof *b->talks);
	for (guint i = 0; i < t->n_segments; i++) {
		const struct segment *s = &t->segments[i];
		const guint64 *set = t->sets + (gsize)s->first_set * words;
		for (guint left = s->n_sets; left > 0; left--, set += words) {
			if (!lane_set_meets(set, b->client, words))
				continue;
			b->talks[b->n_talks++] = (struct talk){ s, set };
			for (guint word = 0; word < words; word++)
				b->connected[word] |= set[word];
		}
	}
}

const char *
call_dialled_number(struct arena *arena, const char *dial)
{
	gsize n = strcspn(dial, ",&");
	const char *slash = memchr(dial, '/', n);
	if (slash == NULL)
		return NULL;
	g_autofree char *rest = g_strndup(slash + 1, n - (gsize)(slash + 1 - dial));
	char *at = strchr(rest, '@');
	if (at != NULL)
		*at = '\0';
	char *last = strrchr(rest, '/');
	const char *number = last != NULL ? last + 1 : rest;
	return number_is_dialable(number) ? arena_string(arena, number) : NULL;
}

/* The channel that dialled this one, as a CDR record tells, and with what; -1. */
static int
dialled_by(const struct call_builder *b, guint lane, const char **dial)
{
	const char *name = b->t->lanes[lane].channel->name;
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = &b->group->records[i];
		if (r->channel != NULL && strcmp(r->dstchannel, name) == 0) {
			*dial = r->lastdata;
			return timeline_lane(b->t, r->channel);
		}
	}
	*dial = NULL;
	return -1;
}

/* Where no CDR record tells: the Local half that came last before this channel and whose own leg it is not yet known to be. */
static int
preceding_local(const struct call_builder *b, guint lane)
{
	for (int i = (int)lane - 1; i >= 0; i--) {
		const struct lane *l = &b->t->lanes[i];
		if (b->parties[i].kind == PARTY_EMPLOYEE || b->parties[i].kind == PARTY_OUTSIDE)
			return -1;
		if (b->parties[i].kind == PARTY_LOCAL && l->name.half == 2 &&
		    call_is_under(b, (guint)i))
			return i;
	}
	return -1;
}

/* What stands on the way from the client to an outside channel: the extension it was dialled for, and the number. */
static void
trace_outside(const struct call_builder *b, guint lane, const char **ext, const char **number,
    gboolean *direct)
{
	*ext = NULL;
	*number = NULL;
	*direct = FALSE;
	guint at = lane;
	for (guint hops = 0; hops < b->t->n_lanes; hops++) {
		const char *dial;
		int by = dialled_by(b, at, &dial);
		if (by < 0 && at == lane)
			by = preceding_local(b, at);
		if (by < 0)
			break;
		const struct lane *l = &b->t->lanes[by];
		if (at == lane)
			*number =
			    call_dialled_number(b->arena, dial != NULL ? dial : l->channel->dial);
		if (b->parties[by].kind != PARTY_LOCAL) {
			*direct = lane_set_has(b->client, (guint)by);
			break;
		}
		if (*ext == NULL)
			*ext = party_of_local(b->rules, l, b->arena);
		if (*number == NULL) {
			const char *peer = arena_string_n(b->arena, l->name.peer, l->name.peer_len);
			*number = number_is_dialable(peer) ? peer : NULL;
		}
		if (l->pair < 0)
			break;
		at = (guint)l->pair;
	}
	if (*number == NULL && number_is_dialable(b->t->lanes[lane].channel->cid_num))
		*number = b->t->lanes[lane].channel->cid_num;
	if (*number == NULL && number_is_dialable(b->t->lanes[lane].channel->cid_last))
		*number = b->t->lanes[lane].channel->cid_last;
}

static gboolean
has_phone_leg(const struct call_builder *b, const char *ext)
{
	for (guint i = 0; i < b->call->n_legs; i++) {
		const struct leg *leg = &b->call->legs[i];
		if (leg->outside == NULL && call_same_text(leg->ext, ext))
			return TRUE;
	}
	return FALSE;
}

static void
add_outside(struct call_builder *b, guint lane)
{
	const char *ext, *number;
	gboolean direct;
	trace_outside(b, lane, &ext, &number, &direct);
	/* Dialled alone, and the record of the client's channel names an extension: that one is forwarded. */
	if (ext == NULL && direct && b->call->n_legs == 0)
		ext = call_cdr_extension(b);
	if (ext != NULL && has_phone_leg(b, ext))
		ext = NULL;
	if (number == NULL)
		number = "";
	guint at = leg_for(b, ext, number);
	struct leg *leg = &b->call->legs[at];
	if (leg->outside == NULL && ext != NULL)
		leg->outside = number;
	add_to_leg(b, at, lane);
}

/* Our own phones. Of an outgoing call the caller's channels too, or another that it began. */
static gboolean
add_phones(struct call_builder *b)
{
	const gboolean in = b->call->direction == DIRECTION_IN;
	gboolean outside = FALSE;
	for (guint word = 0; word < b->t->words; word++) {
		guint64 rest = (b->under[word] | b->connected[word]) & ~b->client[word];
		/* What rang for the client did not begin a call of its own. */
		if (in)
			rest &= ~b->beginnings[word] | b->connected[word];
		for (; rest != 0; rest &= rest - 1) {
			const guint lane = call_lane_of_bit(word, rest);
			const struct party *party = &b->parties[lane];
			outside |= party->kind == PARTY_OUTSIDE;
			if (party->kind == PARTY_EMPLOYEE &&
			    (in || lane_set_has(b->connected, lane) ||
				call_same_text(party->ext, b->caller_ext)))
				add_to_leg(b, leg_for(b, party->ext, NULL), lane);
		}
	}
	return outside;
}

static void
find_legs(struct call_builder *b)
{
	const gboolean in = b->call->direction == DIRECTION_IN;
	if (!in && b->caller_ext != NULL)
		leg_for(b, b->caller_ext, NULL);
	/* First, for an outside channel that is forwarded for one of them must find it. */
	if (!add_phones(b))
		return;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (b->parties[i].kind != PARTY_OUTSIDE || lane_set_has(b->client, i) ||
		    call_is_beginning(b, i))
			continue;
		if ((in && call_is_under(b, i)) || lane_set_has(b->connected, i))
			add_outside(b, i);
	}
}

/* Is any of these lanes in one of the talks? */
static gboolean
is_in(const struct call_builder *b, const guint64 *lanes, guint from, guint to)
{
	for (guint i = from; i < to; i++) {
		if (lane_set_meets(b->talks[i].set, lanes, b->t->words))
			return TRUE;
	}
	return FALSE;
}

/* The lanes of all legs against the client, over time. */
static void
measure_talk(struct call_builder *b)
{
	struct call *call = b->call;
	for (guint i = 0, next; i < b->n_talks; i = next) {
		const struct segment *s = b->talks[i].segment;
		gboolean any = FALSE;
		/* In several sets at once (two phones, two channels of the client) it is the same talk. */
		for (next = i + 1; next < b->n_talks && b->talks[next].segment == s;)
			next++;
		for (guint j = 0; j < call->n_legs; j++) {
			struct leg *leg = &call->legs[j];
			if (!is_in(b, call_leg_set(b, j), i, next))
				continue;
			any = TRUE;
			leg->talk += s->to - s->from;
			leg->connected = TRUE;
			if (leg->answered == TIME_NONE)
				leg->answered = s->from;
		}
		if (any) {
			call->talk += s->to - s->from;
			if (call->answer == TIME_NONE)
				call->answer = s->from;
		}
	}
}

void
call_find_legs(struct call_builder *b)
{
	find_talks(b);
	find_legs(b);
	measure_talk(b);
}

/* Results. */

/* When a lane's phone stopped ringing, as a row's id. */
static gint64
ringing_until(const struct lane *lane)
{
	gint64 until = lane->end_id != 0 ? lane->end_id : G_MAXINT64;
	if (lane->answer_id != 0)
		until = MIN(until, lane->answer_id);
	return lane->bridged_id != 0 ? MIN(until, lane->bridged_id) : until;
}

/*
 * Nobody was connected: the employee who is told Missed. The last one rung; of several whose phones rang together
 * with that one, the first.
 */
static int
missed_leg(const struct call_builder *b)
{
	int last = -1, last_leg = -1;
	if (b->call->n_legs == 1)
		return 0;
	for (guint i = 0; i < b->call->n_legs; i++) {
		for (guint lane = 0; lane < b->t->n_lanes; lane++) {
			if (b->call->legs[i].ext != NULL &&
			    lane_set_has(call_leg_set(b, i), lane) && (int)lane > last) {
				last = (int)lane;
				last_leg = (int)i;
			}
		}
	}
	if (last < 0)
		return -1;
	int first = last, leg = last_leg;
	for (guint i = 0; i < b->call->n_legs; i++) {
		for (guint lane = 0; (int)lane < first; lane++) {
			if (b->call->legs[i].ext != NULL &&
			    lane_set_has(call_leg_set(b, i), lane) &&
			    ringing_until(&b->t->lanes[lane]) > b->t->lanes[last].start_id) {
				first = (int)lane;
				leg = (int)i;
			}
		}
	}
	return leg;
}

/* The extension whose phone had no channel. */
static void
add_unreachable(struct call_builder *b, const char *ext, const char *reason)
{
	const guint at = add_leg(b, ext, NULL);
	struct leg *leg = &b->call->legs[at];
	leg->status = STATUS_MISSED;
	leg->reason = reason;
}

void
call_decide_incoming(struct call_builder *b)
{
	struct call *call = b->call;
	gboolean anybody = FALSE;
	guint of_ours = 0;
	for (guint i = 0; i < call->n_legs; i++) {
		struct leg *leg = &call->legs[i];
		anybody |= leg->connected;
		if (leg->ext == NULL)
			continue;
		leg->status = leg->connected ? STATUS_SUCCESS : STATUS_CANCELLED;
		of_ours++;
	}
	call->result = anybody ? RESULT_ANSWERED : RESULT_MISSED;
	if (!anybody && of_ours > 0) {
		call->legs[missed_leg(b)].status = STATUS_MISSED;
	} else if (!anybody) {
		const char *ext = call_cdr_extension(b);
		if (ext != NULL)
			add_unreachable(b, ext, "its phone had no channel");
		else if (b->rules->default_ext != NULL)
			add_unreachable(b, b->rules->default_ext, "nobody rang");
	}
}

/*
 * Q.850 cause -> PlanFix's status. What Asterisk makes of a SIP answer: res_pjsip hangup_sip2cause; measured causes are
 * in tests/captures.
 */
enum status
status_from_cause(int cause)
{
	switch (cause) {
	case 17: return STATUS_BUSY;
	case 0:
	case 16:
	case 18:
	case 19:
	case 127: return STATUS_NO_ANSWER;
	case 21:
	case 50:
	case 52:
	case 53:
	case 54:
	case 55:
	case 57: return STATUS_NOT_ALLOWED;
	default: return STATUS_NOT_AVAILABLE;
	}
}

/* The employee hung up before anybody answered: DIALSTATUS CANCEL on the dialling side. */
static gboolean
caller_gave_up(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		const struct lane *lane = &b->t->lanes[i];
		gboolean dialling = i == b->beginning || (int)i == b->caller ||
		                    (lane->pair >= 0 && (guint)lane->pair == b->beginning);
		if (dialling && lane->dialstatus == DIALSTATUS_CANCEL)
			return TRUE;
	}
	return FALSE;
}

static enum status
status_unanswered(const struct call_builder *b)
{
	if (b->last_client < 0)
		return b->call->client != NULL ? STATUS_NOT_AVAILABLE : STATUS_NONE;
	return caller_gave_up(b) ? STATUS_NO_ANSWER
	                         : status_from_cause(b->t->lanes[b->last_client].cause);
}

void
call_decide_outgoing(struct call_builder *b)
{
	struct call *call = b->call;
	gboolean anybody = FALSE;
	for (guint i = 0; i < call->n_legs; i++) {
		struct leg *leg = &call->legs[i];
		anybody |= leg->connected;
		if (leg->connected && leg->ext != NULL)
			leg->status = STATUS_SUCCESS;
	}
	call->result = anybody ? RESULT_ANSWERED : RESULT_FAILED;
	/* The first leg is the caller's. */
	if (b->caller_ext != NULL && call->n_legs > 0 && call->legs[0].status == STATUS_NONE)
		call->legs[0].status = status_unanswered(b);
}
