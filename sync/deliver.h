/*
 * The outbox is emptied: claim, send, note the outcome; until nothing may go now, the deadline is near or
 * somebody says stop. Needs the `deliver` lock, which the caller holds.
 *
 * `sending` is committed before a request leaves; outcomes are committed once per turn of the loop.
 */
#ifndef CELSYNC_DELIVER_H
#define CELSYNC_DELIVER_H

#include "store/store.h"
#include "sync/config.h"

struct deliver_result {
	gint64 sent, later, rejected, unknown, expired; /* requests by outcome */
	gboolean refused;     /* 401 or 403: the token; what had not been sent waits */
	gboolean unreachable; /* nothing was answered at all */
	char *words;          /* what was said by the last bad answer, or NULL; owned */
};
void deliver_result_clear(struct deliver_result *result);

struct deliver_options {
	const struct planfix_settings *planfix;
	const struct recordings_settings *recordings;
	gint64 deadline;            /* µs UTC after which nothing new is started; 0: none */
	const volatile gint *stop;  /* set by a signal; may be NULL */
};
gboolean deliver(store *store, const struct deliver_options *options, struct deliver_result *result, GError **error);

/*
 * The body that leaves: token, the stored form, and, for COMPLETED, is_recorded and record_link as the recording
 * stands now. Free with g_free. Also used by `show` with token "***".
 */
struct outbox_item;
char *deliver_body(store *store, const struct outbox_item *item, const char *token, GError **error);

#endif
