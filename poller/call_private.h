/* Shared by the files that build a call (call.c, call_*.c); nobody else includes it. */
#ifndef CELSYNC_CALL_PRIVATE_H
#define CELSYNC_CALL_PRIVATE_H

#include "poller/call.h"
#include "poller/party.h"

#include <string.h>

/* The client was connected with the others of this set then. */
struct talk {
	const struct segment *segment;
	const guint64 *set;
};

/* As many legs as most calls have come with the call's own memory, and are emptied with it. */
#define CALL_FEW_LEGS 2
struct call_memory {
	struct call call;
	struct leg legs[CALL_FEW_LEGS];
};

struct call_builder {
	struct group *group;
	const struct timeline *t;
	const struct call_rules *rules;
	struct arena *arena;
	struct party *parties; /* by lane */
	guint64 *beginnings;   /* set of lanes: each began a linkedid of its own */
	/* Of the call being built. */
	struct call *call;
	guint beginning; /* lane */
	int caller; /* lane of the employee who called, or of its Local half where its phone never rang; -1: incoming */
	const char *caller_ext;
	guint64 *under;                /* set of lanes: began under this call's linkedid */
	guint64 *client;               /* set of lanes */
	int first_client, last_client; /* its lowest and highest; -1: it is empty */
	guint64 *connected;            /* set of lanes: connected with the client at any time */
	guint64 *parts;                /* set of lanes: must have ended for the call to have */
	struct talk *talks;            /* in order; of one segment there may be several */
	guint n_talks;
	guint64 *leg_sets; /* by leg, a set of lanes each */
	guint room_legs;   /* of call->legs and leg_sets */
	guint room_notes;  /* of call->notes */
	/* The sets above, where they are of one word. */
	guint64 few[4], few_beginnings, few_legs[CALL_FEW_LEGS];
};

/* Sets. */

static inline guint64 *
call_leg_set(const struct call_builder *b, guint leg)
{
	return b->leg_sets + (gsize)leg * b->t->words;
}

/* The lane of the lowest bit that is left of this word of a set. */
static inline guint
call_lane_of_bit(guint word, guint64 rest)
{
	return word * 64 + (guint)__builtin_ctzll(rest);
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

/* When a notable step was, UTC. */
static inline gint64
call_time_of(const struct call_builder *b, const struct step *step)
{
	return b->t->times[step - b->group->steps];
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
/* "8916…" of "PJSIP/8916…@mango,300,T" or "SIP/mango/8916…"; NULL. */
const char *call_dialled_number(struct arena *arena, const char *dial);

/* Why nothing is reported, or that all is well. */
void call_decide_skip(struct call *call, const struct call_rules *rules);

/* call_text.c */
/* Each is told once. The text is the arena's, or constant. */
void call_note(struct call_builder *b, const char *text);
/* The texts one behind the other; NULL ends them. */
const char *call_join(struct arena *arena, const char *first, ...) G_GNUC_NULL_TERMINATED;

/* The linkedid, behind the PBX's name where it has one. */
const char *call_id(struct arena *arena, const struct call_rules *rules, const char *linkedid);

/* call_leg.c: who was rung or talked, and how it ended for each. */
void call_find_legs(struct call_builder *b);
void call_decide_incoming(struct call_builder *b);
void call_decide_outgoing(struct call_builder *b);

/* call_recording.c */
void call_find_recordings(struct call_builder *b);

/* call_fact.c: numbers, transfers, circumstances. */
void call_find_facts(struct call_builder *b);
void call_find_transfers(struct call_builder *b);
void call_compare_with_cdr(struct call_builder *b);
/* The extension that the CDR record of the beginning channel names, or the name of its recording; NULL. */
const char *call_cdr_extension(const struct call_builder *b);

#endif
