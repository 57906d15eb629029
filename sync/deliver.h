/*
 * The outbox is emptied: claim, send, note the outcome; until nothing may go now, the deadline has come or
 * somebody says stop. Needs the `deliver` lock, which the caller holds.
 *
 * `sending` is committed before a request leaves; outcomes are committed once per turn of the loop, together
 * with the next claims.
 *
 * It begins with what other runs left behind: items of owners that are gone become unknown, items
 * whose time is over expire, under the policy "resend" an item whose answer was lost once goes again,
 * and COMPLETEDs that left without a link which is there by now get their `record`. (An ACCEPTED whose answer is lost goes
 * again in the same run, before its COMPLETED.)
 *
 * It sends one request until PlanFix has answered, and after a request without an answer it asks with
 * a ping before anything else is risked (the next run too); three silences in a row end the pass. So an hour in which
 * PlanFix takes requests and never answers costs a few pings, and not every event's certainty. A token
 * that is refused ends the pass too, and so do ten answers in a row that say "later".
 *
 * An item that may go only in the future is waited for when that is two seconds at most.
 */
#ifndef CELSYNC_DELIVER_H
#define CELSYNC_DELIVER_H

#include "store/store.h"
#include "sync/config.h"

struct deliver_result {
	gint64 sent, later, rejected, unknown,
	    expired;      /* requests by outcome; unknown and expired count
	                                                   what other runs left behind as well */
	gboolean refused; /* 401 or 403: the token; what had not been sent waits */
	gboolean
	    unreachable; /* PlanFix answered nothing at all, or was silent three times in a row */
	char *words; /* what was said by the last bad answer, or NULL; without the token; owned */
};
void deliver_result_clear(struct deliver_result *result);

struct deliver_options {
	const struct planfix_settings *planfix;
	const struct recordings_settings *recordings;
	gint64 deadline;           /* µs UTC after which nothing new is started; 0: none */
	const volatile gint *stop; /* set by a signal; may be NULL */
	/* Told whenever something came in or time has passed; may be NULL. */
	void (*watch)(const struct deliver_result *so_far, gpointer data);
	gpointer watch_data;
};
/* FALSE is an error of the store or of libcurl; *result counts what was noted until then. */
gboolean deliver(store *store, const struct deliver_options *options, struct deliver_result *result,
    GError **error);

/*
 * The body that leaves: token, the stored form, and, for COMPLETED, is_recorded and record_link as the recording
 * stands now; for `record` its record_link. Free with g_free. Also used by `show` with token "***".
 */
struct outbox_item;
char *deliver_body(store *store, const struct outbox_item *item, const char *token, GError **error);

#endif
