/*
 * A call becomes what PlanFix is to be told: the producing half, pure. The delivering half (deliver, http, verdict) meets it in
 * the outbox only.
 *
 * A window is what an employee's screen shows; its state (store/windows.h) is handed in, so that what was told once is not
 * told again, whoever told it.
 */
#ifndef CELSYNC_EVENT_H
#define CELSYNC_EVENT_H

#include "poller/call.h"

enum event_kind {
	EVENT_INCOMING,
	EVENT_OUTGOING,
	EVENT_ACCEPTED,
	EVENT_COMPLETED
};
const char *event_name(enum event_kind kind);

/* Strings are borrowed from the call. */
struct event {
	enum event_kind kind;
	const struct call *call;
	const struct leg *leg;
	gint64 n; /* number of the window */
};

/* What is known of the newest window of one (callid, ext). */
struct event_window {
	gboolean exists, accepted, closed, final;
	gint64 n;
};

/*
 * The events a settled call still owes one employee. live: ACCEPTED goes before the COMPLETED of an answered call; history gets COMPLETED
 * only. At most EVENTS_MAX; returns how many. *after is the window as it stands once they are written.
 */
#define EVENTS_MAX 3
guint
event_finished(const struct call *call, const struct leg *leg, const struct event_window *before,
    gboolean live, struct event events[EVENTS_MAX], struct event_window *after);

#endif
