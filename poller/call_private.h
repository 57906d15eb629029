/* Shared by the files that build a call (call.c, call_leg.c, call_fact.c, call_recording.c, call_cdr.c); nobody else includes it. */
#ifndef CELSYNC_CALL_PRIVATE_H
#define CELSYNC_CALL_PRIVATE_H

#include "poller/call.h"
#include "poller/party.h"

struct call_builder {
	struct group *group;
	const struct timeline *t;
	const struct call_rules *rules;
	struct arena *arena;
	struct party *parties; /* by lane */
	/* Of the call being built. */
	struct call *call;
	guint beginning; /* lane */
	int caller; /* lane of the employee who called, or of its Local half where its phone never rang; -1: incoming */
	const char *caller_ext;
	guint64 *client;    /* set of lanes */
	guint64 **leg_sets; /* by leg */
	guint room_legs;    /* of call->legs and leg_sets */
	GPtrArray *notes;   /* const char *, the arena's; NULL: none yet */
};

/* call.c */
guint64 *call_new_set(const struct call_builder *b);
gboolean
call_is_under(const struct call_builder *b, guint lane); /* began under this call's linkedid */
gboolean call_is_beginning(const struct call_builder *b, guint lane);
void call_note(struct call_builder *b, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "8916…" of "PJSIP/8916…@mango,300,T" or "SIP/mango/8916…"; NULL. */
const char *call_dialled_number(struct arena *arena, const char *dial);

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
