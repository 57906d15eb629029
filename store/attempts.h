/*
 * How the tries of one request ended, for `show`. A request that arrived at once has none of them here: the outbox knows when. At
 * most the newest twenty are kept. They are written by a trigger, whoever ends a try.
 */
#ifndef CELSYNC_ATTEMPTS_H
#define CELSYNC_ATTEMPTS_H

#include "store/outbox.h"

struct attempt {
	gint64 item, n; /* id of the request; from 1 */
	gint64 at;      /* µs UTC */
	enum outbox_state state;
	gint64 status; /* HTTP; 0: no answer */
	char *answer;  /* owned; NULL: none, or retention removed it */
};
void attempt_clear(struct attempt *attempt);

/* Appends those of one request to an array of struct attempt. */
gboolean attempts_of(store *store, gint64 item, GArray *attempts, GError **error);

#endif
