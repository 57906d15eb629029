/*
 * Requests that were not delivered go again because somebody says so (`celsync replay`).
 *
 * Not everything that is asked for may: what would open a window on an employee's screen long after the call, or again after
 * the COMPLETED that closed it may have arrived, is left as it is, and so is what retention has emptied. What goes again
 * stands behind live traffic; no key changes, and the states change through outbox_move() alone.
 */
#ifndef CELSYNC_REPLAY_H
#define CELSYNC_REPLAY_H

#include "store/outbox.h"

/* What is asked for: all of it must be true. Strings are borrowed. */
struct replay_filter {
	const char *callid; /* NULL: any */
	gboolean states
	    [OUTBOX_STATES]; /* of rejected, unknown, expired and sent; the others cannot go again */
	gint64 from, to;     /* calls that began from..to (not included), µs UTC */
	const char *error;   /* in "HTTP 400: answer", any case of ASCII letters; NULL: any */
	gint64 young;        /* what opens a window and was created before this is past its time */
};

enum replay_fate {
	REPLAY_AGAIN,
	REPLAY_PAST,      /* it opens a window, and the call is over for long */
	REPLAY_OVERTAKEN, /* it opens a window that a later request has closed */
	REPLAY_EMPTY      /* retention removed what it said */
};
#define REPLAY_FATES (REPLAY_EMPTY + 1)

struct replay_item {
	gint64 id, status;
	enum outbox_state state;
	enum outbox_rank rank;
	char *callid, *ext, *event, *answer; /* owned; answer may be NULL */
	enum replay_fate fate;
};
void replay_item_clear(struct replay_item *item);

/*
 * What the filter meets, at most `most` of it, and what would become of each: struct replay_item, by call and employee, the
 * last request first. Changes nothing.
 */
GArray *
replay_find(store *store, const struct replay_filter *filter, gint64 now, int most, GError **error);

/* Makes one with REPLAY_AGAIN ready. Inside the caller's transaction, the one in which it was found. */
gboolean replay_move(store *store, const struct replay_item *item, gint64 now, GError **error);

#endif
