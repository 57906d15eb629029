/*
 * One request judged: the checks, the fault script, and what the answer will be. No sockets here.
 *
 * The checks always run, so a request that is wrong is a fault even where the script decides what it
 * is told. It counts as accepted, and is remembered, when it was right and the script did not answer
 * it with an error; an answer that gets lost on its way (drop, hang, half) leaves it accepted.
 */
#ifndef PLANFIX_JUDGE_H
#define PLANFIX_JUDGE_H

#include "tests/planfix/calls.h"
#include "tests/planfix/script.h"

/* What came, borrowed. */
struct incoming {
	const char *method, *path, *content_type; /* content_type NULL: none */
	gboolean query;                           /* something stood after a "?" */
	gboolean too_long;                        /* the body was longer than is read */
	const char *body;
	gsize length;
};

enum delivery {
	DELIVERY_WHOLE,
	DELIVERY_HALF,   /* cut in the middle of the body */
	DELIVERY_STREAM, /* `bytes` bytes in place of the body */
	DELIVERY_DROP,
	DELIVERY_HANG
};

struct judgement {
	struct form *form;
	GPtrArray *faults; /* sentences; empty: none */
	gboolean accepted, repeat;
	char *script; /* the action that was taken, NULL: none */
	enum delivery delivery;
	guint status;
	const char *type; /* Content-Type */
	char *body, *retry_after, *location;
	gboolean secret; /* the body is not for the log */
	gint64 bytes;    /* with DELIVERY_STREAM */
	gint64 delay;    /* ms, beyond the server's own */
};
void judgement_clear(struct judgement *judgement);

struct judge {
	const char *token;
	calls *calls;
	script *script;
};
void judge_request(struct judge *judge, const struct incoming *in, struct judgement *out);

#endif
