/* Shared by the files that build a call (call.c, call_leg.c, call_fact.c, call_recording.c, call_cdr.c); nobody else includes it. */
#ifndef CELSYNC_CALL_PRIVATE_H
#define CELSYNC_CALL_PRIVATE_H

#include "poller/call.h"
#include "poller/party.h"

#include <string.h>

struct call_builder {
	struct group *group;
	const struct timeline *t;
	const struct call_rules *rules;
	struct arena *arena;
	struct party *parties; /* by lane */
	guint64 *beginnings;   /* set of lanes: each began a linkedid of its own */
	guint *notable; /* places in group->steps: applications, transfers and what was played */
	guint n_notable;
	/* Of the call being built. */
	struct call *call;
	guint beginning; /* lane */
	int caller; /* lane of the employee who called, or of its Local half where its phone never rang; -1: incoming */
	const char *caller_ext;
	guint64 *under;                /* set of lanes: began under this call's linkedid */
	guint64 *client;               /* set of lanes */
	int first_client, last_client; /* its lowest and highest; -1: it is empty */
	guint64 *heard;                /* set of lanes, call_heard's own */
	guint64 *leg_sets;             /* by leg, a set of lanes each */
	guint room_legs, room_sets;    /* of call->legs and leg_sets */
	GPtrArray *notes;              /* const char *, the arena's; NULL: none yet */
};

/* Sets. */

static inline guint64 *
call_leg_set(const struct call_builder *b, guint leg)
{
	return b->leg_sets + (gsize)leg * b->t->words;
}

static inline gboolean
call_is_under(const struct call_builder *b, guint lane)
{
	return lane_set_has(b->under, lane);
}

static inline gboolean
call_is_beginning(const struct call_builder *b, guint lane)
{
	return lane_set_has(b->beginnings, lane);
}

/* The lanes that were connected with the client then; NULL: none. Until it is asked again. */
const guint64 *call_heard_of_many(const struct call_builder *b, const struct segment *segment);
static inline const guint64 *
call_heard(const struct call_builder *b, const struct segment *segment)
{
	const guint words = b->t->words;
	const guint64 *set = b->t->sets + (gsize)segment->first_set * words;
	if (G_UNLIKELY(segment->n_sets != 1))
		return call_heard_of_many(b, segment);
	return lane_set_meets(set, b->client, words) ? set : NULL;
}

/* Texts that are often the same pointer; NULL is the same as NULL only. */
static inline gboolean
call_same_text(const char *x, const char *y)
{
	return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

/* call.c */
/* An empty set of lanes, or several one behind the other. */
guint64 *call_new_sets(const struct call_builder *b, guint n);
void call_note(struct call_builder *b, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "8916…" of "PJSIP/8916…@mango,300,T" or "SIP/mango/8916…"; NULL. */
const char *call_dialled_number(struct arena *arena, const char *dial);

/* The linkedid, behind the PBX's name where it has one. */
const char *call_name_id(struct arena *arena, const char *pbx, const char *linkedid);

/* Why nothing is reported, or that all is well. */
void call_decide_skip(struct call *call, const struct call_rules *rules);

/* call_leg.c: who was rung or talked, and how it ended for each. */
void call_find_legs(struct call_builder *b);
void call_measure_talk(struct call_builder *b);
void call_decide_incoming(struct call_builder *b);
void call_decide_outgoing(struct call_builder *b);

/* call_recording.c */
void call_find_recordings(struct call_builder *b);

/* call_fact.c: numbers, transfers, circumstances. */
void call_find_client_number(struct call_builder *b);
void call_find_did(struct call_builder *b);
void call_find_transfers(struct call_builder *b);
void call_find_circumstances(struct call_builder *b);
void call_compare_with_cdr(struct call_builder *b);
/* The extension that the CDR record of the beginning channel names, or the name of its recording; NULL. */
const char *call_cdr_extension(const struct call_builder *b);

#endif
