/*
 * What was accepted before, and whether a request fits behind it.
 *
 * A window is what an employee's screen shows: opened by INCOMING or OUTGOING, closed by COMPLETED.
 * For each callid: the direction and the client's number never change. For each callid and ext: one
 * ACCEPTED in a window, none after COMPLETED, no second COMPLETED, unless a new window was opened.
 * A COMPLETED or ACCEPTED without an opening event is fine: history is told by COMPLETED alone. A
 * second INCOMING for an open window is fine too (a queue rings the same phone again).
 *
 * A request sent again because its answer never came is a case of its own: see enum repeats.
 * The oldest calls are forgotten once there are more than CALLS_LIMIT; a call is about 350 bytes.
 */
#ifndef PLANFIX_CALLS_H
#define PLANFIX_CALLS_H

#include "tests/planfix/form.h"

#define CALLS_LIMIT 300000

/* May ACCEPTED, COMPLETED or record come again? */
enum repeats {
	REPEATS_FAULT, /* never */
	REPEATS_LOST,  /* once for each answer that this server knows to be lost */
	REPEATS_ANY    /* always: for tests that kill the client while an answer is on its way */
};

typedef struct calls calls;
calls *calls_new(enum repeats repeats);
void calls_free(calls *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(calls, calls_free)

/*
 * Adds to `faults` what does not fit; changes nothing. The form has passed fields_check; a command
 * that is not event or record always fits. Returns TRUE when it is a repeat that is allowed.
 */
gboolean calls_check(const calls *known, const struct form *form, GPtrArray *faults);
/* Remembers a request that was accepted. */
void calls_take(calls *known, const struct form *form);
/* The answer to an accepted request did not reach the client. */
void calls_lose(calls *known, const struct form *form);

#endif
