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

static struct event
opening(const struct call *call, const struct leg *leg, gint64 n)
{
	return (struct event){ call->direction == DIRECTION_OUT ? EVENT_OUTGOING : EVENT_INCOMING,
		call, leg, n };
}

/* Nobody will tell this employee that the call was missed: PlanFix' recipes close the window now. */
static gboolean
is_out_of_it(const struct call *call, const struct leg *leg)
{
	if (leg->alive || leg->connected || call->direction != DIRECTION_IN)
		return FALSE;
	if (call->answer != TIME_NONE)
		return TRUE;
	for (guint i = 0; i < call->n_legs; i++) {
		if (&call->legs[i] != leg && call->legs[i].ext != NULL &&
		    call->legs[i].rang_id > leg->stopped_id)
			return TRUE;
	}
	return FALSE;
}

guint
event_progress(const struct call *call, const struct leg *leg, const struct event_window *before,
    gboolean poll, gint64 since, struct event events[EVENTS_MAX], struct event_window *after)
{
	guint n = 0;
	*after = *before;
	if (leg->ext == NULL || call->skip != NULL || call->direction == DIRECTION_INTERNAL ||
	    (before->exists && before->final))
		return 0;
	if (is_out_of_it(call, leg)) {
		if (before->opened && !before->closed && leg->ended >= since) {
			events[n++] = (struct event){ EVENT_COMPLETED, call, leg, before->n };
			after->closed = TRUE;
		}
		return n;
	}
	gboolean again = before->exists && before->closed;
	gboolean rings =
	    leg->alive && !leg->connected && leg->rang != TIME_NONE && leg->rang >= since;
	gboolean talks = leg->alive && leg->connected && leg->answered >= since;
	/* Rung once more after its window was closed: whoever opened the first, the next is ours to open. */
	if ((rings || talks) && (again || (poll && !before->opened))) {
		after->n = again ? before->n + 1 : before->n;
		after->exists = after->opened = TRUE;
		after->accepted = after->closed = FALSE;
		events[n++] = opening(call, leg, after->n);
	}
	/* An open window shows a ringing phone; also when who picked up has left before anybody looked. */
	gboolean talked =
	    leg->connected && leg->answered >= since && after->opened && !after->closed;
	if ((talks || talked) && !after->accepted) {
		after->exists = after->accepted = TRUE;
		events[n++] = (struct event){ EVENT_ACCEPTED, call, leg, after->n };
	}
	return n;
}
