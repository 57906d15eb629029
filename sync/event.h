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
	gboolean exists, opened, accepted, closed,
	    final; /* opened: INCOMING or OUTGOING was told */
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

/*
 * The events of a call that is still going on, for one employee: a window while the phone rings (where `poll`, nobody else
 * announces it), ACCEPTED once they talk, or have talked and left while their window is open, and COMPLETED as Cancelled at once, but only for a window known to be open and an
 * employee who can no longer be the one who missed the call: somebody else answered, or a phone began to ring after theirs had stopped.
 * Nothing that happened before `since` (µs UTC) is told.
 */
guint
event_progress(const struct call *call, const struct leg *leg, const struct event_window *before,
    gboolean poll, gint64 since, struct event events[EVENTS_MAX], struct event_window *after);

#endif
