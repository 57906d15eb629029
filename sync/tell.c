#include "sync/tell.h"

#include "store/announced.h"
#include "store/recordings.h"
#include "store/windows.h"
#include "sync/event.h"
#include "sync/log.h"
#include "sync/spool.h"

#include <jansson.h>

/* What the store knows of one employee's screen, and the call as it is told to them. */
struct screen {
	struct call call;     /* under the id with which their window was opened */
	char *announced;      /* that id where it is the hook's; owned */
	struct window window; /* the newest; empty where there is none */
	struct event_window before;
};

static void
screen_clear(struct screen *screen)
{
	window_clear(&screen->window);
	g_clear_pointer(&screen->announced, g_free);
}

static gboolean
window_of(struct teller *t, const char *callid, const char *ext, struct window *window,
    gboolean *found, GError **error)
{
	*window = (struct window){ 0 };
	*found = FALSE;
	return t->store == NULL || windows_get(t->store, callid, ext, window, found, error);
}

/* The window of this employee: under the call's own id, else under one that the hook knew it by. */
static gboolean
find_screen(struct teller *t, const struct call *call, const char *ext, struct screen *screen,
    GError **error)
{
	gboolean found;
	*screen = (struct screen){ .call = *call };
	if (!window_of(t, call->callid, ext, &screen->window, &found, error))
		return FALSE;
	if (!found && t->store != NULL && !t->none_announced) {
		if (!announced_as(t->store, call->aliases, ext, &screen->announced, error))
			return FALSE;
		if (screen->announced != NULL) {
			screen->call.callid = screen->announced;
			if (!window_of(t, screen->announced, ext, &screen->window, &found, error))
				return FALSE;
		}
	}
	if (found)
		screen->before = (struct event_window){ .exists = TRUE,
			.opened = screen->window.opened_by != NULL,
			.accepted = screen->window.accepted != NULL,
			.closed = screen->window.closed_as != NULL,
			.final = screen->window.final,
			.n = screen->window.n };
	return TRUE;
}

static struct window
closed_window(struct teller *t, const struct event *event, const struct window *known,
    const struct event_window *after)
{
	const struct leg *leg = event->leg;
	gboolean same = known->callid != NULL && known->n == after->n;
	return (struct window){
		.callid = (char *)event->call->callid,
		.ext = (char *)leg->ext,
		.n = after->n,
		.opened_by = same ? known->opened_by : NULL,
		.opened = same ? known->opened : 0,
		.accepted = after->accepted ? (char *)"yes" : NULL,
		.closed_as = (char *)status_name(leg->status),
		.closed = t->now,
		.final = TRUE,
	};
}

static void
print_event(struct teller *t, const GArray *fields)
{
	json_t *object = json_object();
	for (guint i = 0; i < fields->len; i++) {
		const struct form_field *field = &g_array_index(fields, struct form_field, i);
		json_object_set_new(object, field->name, json_string(field->value));
	}
	g_autofree char *line = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	fprintf(t->print, "%s\n", line);
	t->events++;
}

static enum outbox_rank
rank_of(enum event_kind kind)
{
	static const enum outbox_rank ranks[] = { OUTBOX_ANNOUNCE, OUTBOX_ANNOUNCE, OUTBOX_ACCEPTED,
		OUTBOX_COMPLETED };
	return ranks[kind];
}

static gboolean
put_event(struct teller *t, const struct event *event, gboolean first, GError **error)
{
	g_autoptr(GArray) fields = form_of_event(event, &t->form);
	if (t->print != NULL) {
		print_event(t, fields);
		return TRUE;
	}
	g_autofree char *body = form_encode(fields);
	gboolean announcement = event->kind == EVENT_INCOMING || event->kind == EVENT_OUTGOING;
	struct outbox_new item = {
		.callid = event->call->callid,
		.ext = event->leg->ext,
		.event = event_name(event->kind),
		.n = event->n,
		.rank = rank_of(event->kind),
		.priority = t->history ? OUTBOX_HISTORY : OUTBOX_LIVE,
		.body = body,
		.recording = event->kind == EVENT_COMPLETED ? event->leg->recording : NULL,
		.call_start = event->call->start,
		.expires = announcement ? t->now + t->config->planfix.popup_max_age : 0,
		.first = first,
	};
	gboolean added;
	if (!outbox_put(t->store, &item, t->now, &added, error))
		return FALSE;
	t->events += added;
	return TRUE;
}

static gboolean
tell_leg(struct teller *t, const struct screen *screen, const struct leg *leg, gboolean live,
    gboolean *told, GError **error)
{
	struct event_window after;
	struct event events[EVENTS_MAX];
	guint n = event_finished(&screen->call, leg, &screen->before, live, events, &after);
	for (guint i = 0; i < n; i++) {
		if (!put_event(t, &events[i], FALSE, error))
			return FALSE;
	}
	*told |= n > 0;
	if (t->print != NULL || !after.final || screen->before.final)
		return TRUE;
	const struct event closing = { EVENT_COMPLETED, &screen->call, leg, after.n };
	const struct window window = closed_window(t, &closing, &screen->window, &after);
	return windows_put(t->store, &window, error);
}

/*
 * In history mostly nothing was told of an employee yet: then the window goes in without a look for an earlier one, and nothing stands
 * before its COMPLETED. *done FALSE: there is one, and nothing was changed.
 */
static gboolean
tell_leg_new(struct teller *t, const struct call *call, const struct leg *leg, gboolean *told,
    gboolean *done, GError **error)
{
	const struct event_window before = { 0 };
	struct event_window after;
	struct event events[EVENTS_MAX];
	*done = FALSE;
	if (!t->none_announced || event_finished(call, leg, &before, FALSE, events, &after) != 1)
		return TRUE;
	const struct window none = { 0 }, window = closed_window(t, &events[0], &none, &after);
	if (!windows_add(t->store, &window, done, error))
		return FALSE;
	*told |= *done;
	return !*done || put_event(t, &events[0], TRUE, error);
}

/* What a window is once these events are written. */
static gboolean
move_window(struct teller *t, const struct call *call, const struct leg *leg,
    const struct window *known, const struct event_window *before, const struct event_window *after,
    GError **error)
{
	gboolean same = before->exists && before->n == after->n,
		 opens = after->opened && !(same && before->opened);
	struct window window = {
		.callid = (char *)call->callid,
		.ext = (char *)leg->ext,
		.n = after->n,
		.opened_by = opens  ? (char *)"poll"
		             : same ? known->opened_by
		                    : NULL,
		.opened = opens  ? t->now
		          : same ? known->opened
		                 : 0,
		.accepted = after->accepted ? (char *)"yes" : NULL,
		.closed_as = after->closed ? (char *)status_name(STATUS_CANCELLED) : NULL,
		.closed = after->closed ? t->now : 0,
	};
	return windows_put(t->store, &window, error);
}

gboolean
tell_progress(struct teller *t, const struct call *call, GError **error)
{
	gint64 since = t->now - t->config->planfix.popup_max_age;
	if (t->config->planfix.announce == ANNOUNCE_OFF || t->print != NULL || call->skip != NULL)
		return TRUE;
	for (guint i = 0; i < call->n_legs; i++) {
		/* An early COMPLETED says Cancelled, whatever the leg of the finished call may come to. */
		struct leg leg = call->legs[i];
		struct screen screen;
		struct event_window after;
		struct event events[EVENTS_MAX];
		if (leg.ext == NULL)
			continue;
		if (!find_screen(t, call, leg.ext, &screen, error))
			return FALSE;
		guint n = event_progress(&screen.call, &screen.call.legs[i], &screen.before,
		    t->config->planfix.announce == ANNOUNCE_POLL, since, events, &after);
		leg.status = STATUS_CANCELLED;
		gboolean ok = TRUE;
		for (guint j = 0; j < n && ok; j++) {
			events[j].leg = &leg;
			ok = put_event(t, &events[j], FALSE, error);
		}
		if (ok && n > 0)
			ok = move_window(
			    t, &screen.call, &leg, &screen.window, &screen.before, &after, error);
		screen_clear(&screen);
		if (!ok)
			return FALSE;
	}
	return TRUE;
}

/* Who is heard in it, for the tags: the leg it was chosen for. */
static const char *
employee_of(const struct call *call, const char *file)
{
	for (guint i = 0; i < call->n_legs; i++) {
		if (g_strcmp0(call->legs[i].recording, file) == 0 && call->legs[i].ext != NULL)
			return call->legs[i].ext;
	}
	return NULL;
}

static gboolean
want_recordings(struct teller *t, const struct call *call, GError **error)
{
	for (guint i = 0; i < call->n_recordings; i++) {
		const struct call_recording *r = &call->recordings[i];
		g_autofree char *path = spool_path(t->config->recordings.spool, r->path);
		if (path == NULL) {
			log_fact(LOG_LEVEL_WARNING, "recording ignored: its name leads nowhere",
			    "callid", call->callid, "file", r->file, NULL);
			continue;
		}
		struct recording wanted = {
			.callid = (char *)call->callid,
			.file = (char *)r->file,
			.path = path,
			.state = RECORDING_WAITING,
			.since = t->now,
			.call_ended = call->end,
			.title = (char *)employee_of(call, r->file),
			.artist = (char *)call->client,
		};
		if (t->absence != NULL && absence_of(t->absence, path, call->end)) {
			wanted.state = RECORDING_NONE;
			wanted.reason = (char *)absence_reason(t->absence);
		}
		gboolean added = FALSE;
		if (!(t->none_emptied ? recordings_add : recordings_put)(
			t->store, &wanted, t->now, &added, error))
			return FALSE;
		t->recordings += added;
		t->absent += added && wanted.state == RECORDING_NONE;
	}
	return TRUE;
}

/* One employee of a finished call. */
static gboolean
tell_employee(struct teller *t, const struct call *call, const struct leg *leg, gboolean live,
    gboolean *told, GError **error)
{
	struct screen screen;
	gboolean done = FALSE;
	if (!live && t->print == NULL && !tell_leg_new(t, call, leg, told, &done, error))
		return FALSE;
	if (done)
		return TRUE;
	if (!find_screen(t, call, leg->ext, &screen, error))
		return FALSE;
	gboolean ok = tell_leg(t, &screen, leg, live, told, error);
	/* Its COMPLETED looks for the recording under the id it is told with. */
	if (ok && screen.announced != NULL && t->print == NULL)
		ok = want_recordings(t, &screen.call, error);
	screen_clear(&screen);
	return ok;
}

gboolean
tell_begin(struct teller *t, GError **error)
{
	gboolean announced, emptied;
	if (!announced_any(t->store, &announced, error) ||
	    !recordings_emptied(t->store, NULL, &emptied, error))
		return FALSE;
	t->none_announced = !announced;
	t->none_emptied = !emptied;
	absence_refresh(t->absence);
	return TRUE;
}

gboolean
tell_call(struct teller *t, const struct call *call, gboolean was_open, GError **error)
{
	const char *skip = call->skip;
	if (call->start < t->start && !was_open)
		skip = "before start";
	if (skip != NULL) {
		t->skipped++;
		log_fact(LOG_LEVEL_DEBUG, "skipped", "callid", call->callid, "why", skip, NULL);
		return TRUE;
	}
	gboolean live = !t->history && call->end >= t->now - t->config->planfix.popup_max_age;
	gboolean told = FALSE;
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		if (leg->ext != NULL && leg->status != STATUS_NONE &&
		    !tell_employee(t, call, leg, live, &told, error))
			return FALSE;
	}
	t->calls += told;
	if (told)
		log_fact(LOG_LEVEL_DEBUG, "call", "callid", call->callid, "direction",
		    direction_name(call->direction), "result", result_name(call->result), "settled",
		    settled_name(call->settled), NULL);
	return t->print != NULL || want_recordings(t, call, error);
}
