#include "sync/event.h"

const char *
event_name(enum event_kind kind)
{
	static const char *const names[] = { "INCOMING", "OUTGOING", "ACCEPTED", "COMPLETED" };
	return names[kind];
}

guint
event_finished(const struct call *call, const struct leg *leg, const struct event_window *before,
    gboolean live, struct event events[EVENTS_MAX], struct event_window *after)
{
	guint n = 0;
	*after = *before;
	if (leg->ext == NULL || leg->status == STATUS_NONE || (before->exists && before->final))
		return 0;
	after->exists = after->closed = after->final = TRUE;
	if (before->exists && before->closed) {
		/* Closed early, and that is how it ended. */
		if (leg->status != STATUS_SUCCESS)
			return 0;
		/* The phone talked after all: a window of its own. */
		after->n = before->n + 1;
		after->accepted = FALSE;
		if (live)
			events[n++] =
			    (struct event){ call->direction == DIRECTION_IN ? EVENT_INCOMING
									    : EVENT_OUTGOING,
				    call, leg, after->n };
	}
	if (live && leg->status == STATUS_SUCCESS && !after->accepted) {
		events[n++] = (struct event){ EVENT_ACCEPTED, call, leg, after->n };
		after->accepted = TRUE;
	}
	events[n++] = (struct event){ EVENT_COMPLETED, call, leg, after->n };
	return n;
}
