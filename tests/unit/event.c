/* What a settled call still owes an employee, for every state its window may be in. */
#include "sync/event.h"

static struct leg
leg_with(const char *ext, enum status status)
{
	return (struct leg){ .ext = ext, .status = status, .connected = status == STATUS_SUCCESS };
}

/* "ACCEPTED 0 COMPLETED 0" of one leg. */
static char *
events_of(enum direction direction, const struct leg *leg, struct event_window before,
    gboolean live, struct event_window *after)
{
	const struct call call = { .callid = "1763900900.1", .direction = direction };
	struct event events[EVENTS_MAX];
	guint n = event_finished(&call, leg, &before, live, events, after);
	g_assert_cmpuint(n, <=, EVENTS_MAX);
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < n; i++) {
		g_assert_true(events[i].call == &call && events[i].leg == leg);
		g_string_append_printf(text, "%s%s %d", i > 0 ? " " : "",
		    event_name(events[i].kind), (int)events[i].n);
	}
	return g_string_free(text, FALSE);
}

static void
test_every_window(void)
{
	static const struct {
		struct event_window before;
		gboolean live;
		enum status status;
		const char *events;
	} cases[] = {
		/* Nothing was told yet. */
		{ { 0 }, TRUE, STATUS_SUCCESS, "ACCEPTED 0 COMPLETED 0" },
		{ { 0 }, TRUE, STATUS_MISSED, "COMPLETED 0" },
		{ { 0 }, FALSE, STATUS_SUCCESS, "COMPLETED 0" },
		/* The hook announced it. */
		{ { .exists = TRUE }, TRUE, STATUS_SUCCESS, "ACCEPTED 0 COMPLETED 0" },
		{ { .exists = TRUE }, TRUE, STATUS_CANCELLED, "COMPLETED 0" },
		{ { .exists = TRUE, .n = 2 }, TRUE, STATUS_MISSED, "COMPLETED 2" },
		/* ACCEPTED was told while it was going on. */
		{ { .exists = TRUE, .accepted = TRUE }, TRUE, STATUS_SUCCESS, "COMPLETED 0" },
		{ { .exists = TRUE, .accepted = TRUE }, FALSE, STATUS_SUCCESS, "COMPLETED 0" },
		/* Closed early, and that is how it ended. */
		{ { .exists = TRUE, .closed = TRUE }, TRUE, STATUS_CANCELLED, "" },
		{ { .exists = TRUE, .closed = TRUE }, FALSE, STATUS_CANCELLED, "" },
		/* Closed early, and the phone talked after all. */
		{ { .exists = TRUE, .closed = TRUE, .n = 1 }, TRUE, STATUS_SUCCESS,
		    "INCOMING 2 ACCEPTED 2 COMPLETED 2" },
		{ { .exists = TRUE, .closed = TRUE }, FALSE, STATUS_SUCCESS, "COMPLETED 1" },
		/* The final word was said. */
		{ { .exists = TRUE, .closed = TRUE, .final = TRUE }, TRUE, STATUS_SUCCESS, "" },
		{ { .exists = TRUE, .closed = TRUE, .final = TRUE }, FALSE, STATUS_MISSED, "" },
		/* Told nothing. */
		{ { 0 }, TRUE, STATUS_NONE, "" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct leg leg = leg_with("101", cases[i].status);
		struct event_window after, again;
		g_autofree char *events =
		    events_of(DIRECTION_IN, &leg, cases[i].before, cases[i].live, &after);
		g_test_message("case %d", (int)i);
		g_assert_cmpstr(events, ==, cases[i].events);
		/* Built again, with the window as it stands now: nothing is told twice. */
		g_autofree char *more = events_of(DIRECTION_IN, &leg, after, cases[i].live, &again);
		g_assert_cmpstr(more, ==, "");
	}
}

static void
test_outgoing_window_opened_again(void)
{
	struct leg leg = leg_with("101", STATUS_SUCCESS);
	struct event_window after;
	g_autofree char *events = events_of(DIRECTION_OUT, &leg,
	    (struct event_window){ .exists = TRUE, .closed = TRUE }, TRUE, &after);
	g_assert_cmpstr(events, ==, "OUTGOING 1 ACCEPTED 1 COMPLETED 1");
	g_assert_cmpint(after.n, ==, 1);
	g_assert_true(after.exists && after.accepted && after.closed && after.final);
}

/* A mobile rung for the PBX has no screen. */
static void
test_nobody_of_ours(void)
{
	struct leg leg = leg_with(NULL, STATUS_NONE);
	struct event_window after;
	g_autofree char *events =
	    events_of(DIRECTION_IN, &leg, (struct event_window){ 0 }, TRUE, &after);
	g_assert_cmpstr(events, ==, "");
	g_assert_false(after.exists);
}

static void
test_names(void)
{
	g_assert_cmpstr(event_name(EVENT_INCOMING), ==, "INCOMING");
	g_assert_cmpstr(event_name(EVENT_OUTGOING), ==, "OUTGOING");
	g_assert_cmpstr(event_name(EVENT_ACCEPTED), ==, "ACCEPTED");
	g_assert_cmpstr(event_name(EVENT_COMPLETED), ==, "COMPLETED");
}

/* A leg that rings (R), talks (T), has stopped without an answer (S) or talked and left (L). */
static struct leg
leg_that(const char *ext, char state, gint64 rang_id)
{
	struct leg leg = { .ext = ext,
		.rang = 100,
		.rang_id = rang_id,
		.answered = TIME_NONE,
		.ended = TIME_NONE };
	leg.alive = state == 'R' || state == 'T';
	leg.connected = state == 'T' || state == 'L';
	if (leg.connected)
		leg.answered = 110;
	if (!leg.alive) {
		leg.ended = 120;
		leg.stopped_id = rang_id + 5;
	}
	return leg;
}

static char *
progress_of(const struct call *call, struct event_window before, gboolean poll, gint64 since,
    struct event_window *after)
{
	struct event events[EVENTS_MAX];
	guint n = event_progress(call, &call->legs[0], &before, poll, since, events, after);
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < n; i++)
		g_string_append_printf(text, "%s%s %d", i > 0 ? " " : "",
		    event_name(events[i].kind), (int)events[i].n);
	return g_string_free(text, FALSE);
}

/* What goes on, for one employee, beside whom another may ring (R), talk (T) or have rung later (l). */
static void
test_progress(void)
{
	static const struct {
		char leg, other;
		struct event_window before;
		gboolean poll;
		gint64 since;
		const char *events;
	} cases[] = {
		{ 'R', 'R', { 0 }, TRUE, 0, "INCOMING 0" },
		{ 'R', 'R', { 0 }, FALSE, 0, "" },
		{ 'R', 'R', { .exists = TRUE, .opened = TRUE }, TRUE, 0, "" },
		{ 'R', 'R', { 0 }, TRUE, 101, "" },
		{ 'T', 'R', { 0 }, TRUE, 0, "INCOMING 0 ACCEPTED 0" },
		{ 'T', 'R', { 0 }, FALSE, 0, "ACCEPTED 0" },
		{ 'T', 'R', { .exists = TRUE, .opened = TRUE }, FALSE, 0, "ACCEPTED 0" },
		{ 'T', 'R', { .exists = TRUE, .opened = TRUE, .accepted = TRUE }, FALSE, 0, "" },
		{ 'T', 'R', { .exists = TRUE, .opened = TRUE }, FALSE, 111, "" },
		/* Talked and left between two passes, while its window shows a ringing phone. */
		{ 'L', 'R', { .exists = TRUE, .opened = TRUE }, FALSE, 0, "ACCEPTED 0" },
		{ 'L', 'R', { .exists = TRUE, .opened = TRUE, .accepted = TRUE }, FALSE, 0, "" },
		{ 'L', 'R', { .exists = TRUE, .opened = TRUE, .closed = TRUE }, FALSE, 0, "" },
		{ 'L', 'R', { .exists = TRUE, .opened = TRUE }, FALSE, 111, "" },
		{ 'L', 'R', { 0 }, TRUE, 0, "" },
		/* Nobody answered yet, and nobody rang later: this may be the one who missed it. */
		{ 'S', 'R', { .exists = TRUE, .opened = TRUE }, TRUE, 0, "" },
		{ 'S', 'T', { .exists = TRUE, .opened = TRUE }, TRUE, 0, "COMPLETED 0" },
		{ 'S', 'l', { .exists = TRUE, .opened = TRUE, .n = 1 }, TRUE, 0, "COMPLETED 1" },
		{ 'S', 'T', { 0 }, TRUE, 0, "" },
		{ 'S', 'T', { .exists = TRUE, .opened = TRUE, .closed = TRUE }, TRUE, 0, "" },
		{ 'S', 'T', { .exists = TRUE, .opened = TRUE }, TRUE, 121, "" },
		/* Rung once more after the window was closed: the next is ours to open, whoever opened the first. */
		{ 'R', 'R', { .exists = TRUE, .opened = TRUE, .closed = TRUE }, FALSE, 0,
		    "INCOMING 1" },
		{ 'T', 'R', { .exists = TRUE, .opened = TRUE, .accepted = TRUE, .closed = TRUE },
		    FALSE, 0, "INCOMING 1 ACCEPTED 1" },
		/* The final word was said. */
		{ 'R', 'R', { .exists = TRUE, .opened = TRUE, .closed = TRUE, .final = TRUE }, TRUE,
		    0, "" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		char other = cases[i].other == 'l' ? 'R' : cases[i].other;
		struct leg legs[] = { leg_that("101", cases[i].leg, 10),
			leg_that("102", other, cases[i].other == 'l' ? 20 : 11) };
		struct call call = { .callid = "1.1",
			.direction = DIRECTION_IN,
			.legs = legs,
			.n_legs = 2,
			.answer = legs[0].connected || legs[1].connected ? 110 : TIME_NONE };
		struct event_window after;
		g_autofree char *text =
		    progress_of(&call, cases[i].before, cases[i].poll, cases[i].since, &after);
		g_test_message("progress %u", i);
		g_assert_cmpstr(text, ==, cases[i].events);
	}
}

static void
test_progress_of_others(void)
{
	struct leg leg = leg_that("101", 'R', 10);
	struct event_window after;
	struct call out = { .callid = "1.1",
		.direction = DIRECTION_OUT,
		.legs = &leg,
		.n_legs = 1,
		.answer = TIME_NONE };
	g_autofree char *outgoing = progress_of(&out, (struct event_window){ 0 }, TRUE, 0, &after);
	g_assert_cmpstr(outgoing, ==, "OUTGOING 0");
	out.skip = "no number";
	g_autofree char *skipped = progress_of(&out, (struct event_window){ 0 }, TRUE, 0, &after);
	g_assert_cmpstr(skipped, ==, "");
	out.skip = NULL;
	out.direction = DIRECTION_INTERNAL;
	g_autofree char *internal = progress_of(&out, (struct event_window){ 0 }, TRUE, 0, &after);
	g_assert_cmpstr(internal, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event/every-window", test_every_window);
	g_test_add_func("/event/outgoing-window-opened-again", test_outgoing_window_opened_again);
	g_test_add_func("/event/nobody-of-ours", test_nobody_of_ours);
	g_test_add_func("/event/names", test_names);
	g_test_add_func("/event/progress", test_progress);
	g_test_add_func("/event/progress-of-others", test_progress_of_others);
	return g_test_run();
}
