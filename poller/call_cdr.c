/*
 * A call of which only CDR records are there: CEL was off, or its rows were lost. Records tell who was dialled and for how
 * long a channel was up, not who could hear whom: transfers, parking and conferences stay unseen, and the call says so.
 *
 * What Asterisk writes: main/cdr.c; one record for each pair of channels, billsec from the answer of the calling channel on.
 */
#include "poller/call_private.h"

#include <string.h>

struct cdr_builder {
	struct group *group;
	struct zone *zone;
	const struct call_rules *rules;
	struct arena *arena;
	struct call *call;
	const char *caller_ext;
	const char *client; /* as written */
};

static const struct record *
record_of(const struct group *g, guint i)
{
	return &g->records[i];
}

/* Who is at the end of a channel that is known by its name and a number only. */
static struct party
party_named(const struct cdr_builder *b, const char *name, const char *number)
{
	struct channel channel = {
		.name = name, .cid_num = number, .uniqueid = "", .linkedid = ""
	};
	struct lane lane = { .channel = &channel, .pair = -1 };
	channame_parse(name, &lane.name);
	struct party party = party_of(b->rules, &lane, b->arena);
	if (party.kind == PARTY_LOCAL)
		party.ext = party_of_local(b->rules, &lane, b->arena);
	return party;
}

static gint64
start_of(const struct cdr_builder *b, const struct record *r)
{
	return zone_utc_once(b->zone, r->calldate);
}

static gboolean
answered(const struct record *r)
{
	return strcmp(r->disposition, "ANSWERED") == 0 && r->dstchannel[0] != '\0';
}

static struct leg *
leg_named(struct call *call, const char *ext, const char *outside)
{
	for (guint i = 0; i < call->n_legs; i++) {
		if (g_strcmp0(call->legs[i].ext, ext) == 0 &&
		    (ext != NULL || g_strcmp0(call->legs[i].outside, outside) == 0))
			return &call->legs[i];
	}
	struct leg *leg = &call->legs[call->n_legs++];
	*leg = (struct leg){ .ext = ext,
		.outside = ext == NULL ? outside : NULL,
		.rang = TIME_NONE,
		.answered = TIME_NONE,
		.ended = TIME_NONE };
	return leg;
}

/* One record's part in a leg. */
static void
add_record(struct cdr_builder *b, struct leg *leg, const struct record *r)
{
	gint64 start = start_of(b, r), end = start + r->duration * (gint64)G_USEC_PER_SEC;
	leg->rang = leg->rang == TIME_NONE ? start : MIN(leg->rang, start);
	leg->ended = MAX(leg->ended, end);
	if (!answered(r))
		return;
	gint64 talk = r->billsec * (gint64)G_USEC_PER_SEC;
	leg->connected = TRUE;
	leg->talk += talk;
	leg->answered = leg->answered == TIME_NONE ? end - talk : MIN(leg->answered, end - talk);
	if (r->recordingfile[0] != '\0' && leg->recording == NULL)
		leg->recording = leg->recording_path = r->recordingfile;
}

static enum status
status_of_disposition(const char *disposition)
{
	if (strcmp(disposition, "BUSY") == 0)
		return STATUS_BUSY;
	return strcmp(disposition, "NO ANSWER") == 0 ? STATUS_NO_ANSWER : STATUS_NOT_AVAILABLE;
}

static void
build_incoming(struct cdr_builder *b, const struct record *first)
{
	struct call *call = b->call;
	const char *dst = NULL;
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_of(b->group, i);
		struct party to = party_named(b, r->dstchannel, r->dst);
		/* A Local channel is told of by the record of its other half, where there is one. */
		if (r->dstchannel[0] != '\0' && to.kind == PARTY_EMPLOYEE)
			add_record(b, leg_named(call, to.ext, NULL), r);
		else if (r->dstchannel[0] != '\0' && to.kind == PARTY_OUTSIDE)
			add_record(
			    b, leg_named(call, NULL, number_is_dialable(r->dst) ? r->dst : ""), r);
		else if (party_is_extension(b->rules, r->dst))
			dst = party_alias(b->rules, r->dst);
	}
	gboolean anybody = FALSE;
	int missed = -1;
	for (guint i = 0; i < call->n_legs; i++) {
		struct leg *leg = &call->legs[i];
		anybody |= leg->connected;
		if (leg->ext != NULL)
			leg->status = leg->connected ? STATUS_SUCCESS : STATUS_CANCELLED;
		if (leg->ext != NULL && (missed < 0 || leg->rang > call->legs[missed].rang))
			missed = (int)i;
	}
	call->result = anybody ? RESULT_ANSWERED : RESULT_MISSED;
	if (!anybody && missed < 0) {
		const char *ext = dst != NULL ? dst : b->rules->default_ext;
		if (ext != NULL) {
			struct leg *leg = leg_named(call, ext, NULL);
			leg->reason = "its phone had no channel";
			missed = (int)(leg - call->legs);
		}
	}
	if (!anybody && missed >= 0)
		call->legs[missed].status = STATUS_MISSED;
	b->client = number_is_dialable(first->src) ? first->src : NULL;
	call->did = first->did[0] != '\0' ? first->did : NULL;
}

static void
build_outgoing(struct cdr_builder *b, const struct record *first)
{
	struct call *call = b->call;
	const char *last = first->disposition;
	struct leg *leg = leg_named(call, b->caller_ext, NULL);
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_of(b->group, i);
		struct party to = party_named(b, r->dstchannel, "");
		if (r->dstchannel[0] == '\0' || to.kind != PARTY_OUTSIDE)
			continue;
		add_record(b, leg, r);
		last = r->disposition;
		if (b->client == NULL && number_is_dialable(r->dst) &&
		    !party_is_extension(b->rules, r->dst))
			b->client = r->dst;
	}
	leg->status = leg->connected ? STATUS_SUCCESS : status_of_disposition(last);
	call->result = leg->connected ? RESULT_ANSWERED : RESULT_FAILED;
}

static gboolean
dials_outside(const struct cdr_builder *b)
{
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_of(b->group, i);
		if (r->dstchannel[0] != '\0' &&
		    party_named(b, r->dstchannel, "").kind == PARTY_OUTSIDE)
			return TRUE;
	}
	return FALSE;
}

static void
finish(struct cdr_builder *b)
{
	struct call *call = b->call;
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		call->talk = MAX(call->talk, leg->talk);
		if (leg->answered != TIME_NONE)
			call->answer = call->answer == TIME_NONE ? leg->answered
			                                         : MIN(call->answer, leg->answered);
	}
	call->recordings =
	    arena_alloc0(b->arena, (b->group->n_records + 1) * sizeof *call->recordings);
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_of(b->group, i);
		gboolean known = r->recordingfile[0] == '\0';
		for (guint j = 0; j < call->n_recordings && !known; j++)
			known = strcmp(call->recordings[j].file, r->recordingfile) == 0;
		if (!known)
			call->recordings[call->n_recordings++] =
			    (struct call_recording){ r->recordingfile, r->recordingfile };
		call->end = MAX(call->end, start_of(b, r) + r->duration * (gint64)G_USEC_PER_SEC);
	}
	static const char *notes[] = { "rebuilt from CDR alone: there are no CEL rows" };
	call->notes = notes;
	call->n_notes = 1;
	if (b->client != NULL) {
		g_autofree char *rewritten = number_rewritten(b->rules->rewrite, b->client);
		call->client = arena_string(b->arena, rewritten);
	} else {
		call->client = b->rules->anonymous;
	}
}

struct call *
call_build_from_cdr(struct group *group, struct zone *zone, const struct call_rules *rules)
{
	struct cdr_builder b = {
		.group = group, .zone = zone, .rules = rules, .arena = &group->arena
	};
	if (group->n_records == 0)
		return NULL;
	const struct record *first = record_of(group, 0);
	for (guint i = 1; i < group->n_records; i++) {
		const struct record *r = record_of(group, i);
		/* The beginning channel's record; of several the earliest. */
		int order = uniqueid_compare(r->uniqueid, first->uniqueid);
		if (order < 0 || (order == 0 && r->calldate.us < first->calldate.us))
			first = r;
	}
	struct call *call = b.call = arena_alloc0(b.arena, sizeof *call);
	call->basis = "cdr";
	call->linkedid = first->uniqueid;
	call->callid = call_id(b.arena, rules, call->linkedid);
	const char **ids = arena_alloc0(b.arena, 2 * sizeof *ids);
	ids[0] = call->linkedid;
	call->linkedids = call->aliases = ids;
	call->start = start_of(&b, first);
	call->answer = call->end = TIME_NONE;
	call->hold = -1;
	call->settled = SETTLED_ENDED;
	call->legs = arena_alloc0(b.arena, (group->n_records + 2) * sizeof *call->legs);
	struct party from = party_named(&b, first->channel_name, first->src);
	b.caller_ext = from.kind == PARTY_EMPLOYEE || from.kind == PARTY_LOCAL ? from.ext : NULL;
	if (from.kind == PARTY_OUTSIDE) {
		call->direction = DIRECTION_IN;
		build_incoming(&b, first);
	} else {
		call->direction = dials_outside(&b) ? DIRECTION_OUT : DIRECTION_INTERNAL;
		build_outgoing(&b, first);
	}
	finish(&b);
	call_decide_skip(call, rules);
	return call;
}
