/* What may go again, and what becomes of it: store/replay.h. */
#include "store/replay.h"
#include "tests/unit/store_scratch.h"

#include <string.h>

#define YOUNG 1000 /* what was created earlier is past its time, if it opens a window */
#define NOW 2000

static gint64
put_at(store *db, const char *callid, const char *event, gint64 n, gint64 created, const char *body)
{
	const struct outbox_new item = {
		.callid = callid,
		.ext = "101",
		.event = event,
		.n = n,
		.rank = g_str_equal(event, "ACCEPTED")    ? OUTBOX_ACCEPTED
		        : g_str_equal(event, "COMPLETED") ? OUTBOX_COMPLETED
		        : g_str_equal(event, "record")    ? OUTBOX_RECORD
		                                          : OUTBOX_ANNOUNCE,
		.body = body,
		.call_start = created - 10,
	};
	gboolean added;
	g_assert_true(outbox_put(db, &item, created, &added, NULL));
	g_assert_true(added);
	return store_last_id(db);
}

/* Puts one and brings it into a state, with an answer. */
static gint64
bring(store *db, const char *callid, const char *event, gint64 n, enum outbox_state state,
    gint64 created, const char *answer)
{
	g_autoptr(GError) error = NULL;
	const gint64 id = put_at(db, callid, event, n, created, "cmd=event");
	struct outbox_outcome outcome = { .to = state, .answer = answer };
	if (state == OUTBOX_REJECTED)
		outcome.status = 400;
	if (state == OUTBOX_SENT)
		outcome.status = 200;
	enum outbox_state from = OUTBOX_READY;
	if (state != OUTBOX_EXPIRED) {
		struct outbox_owner owner;
		g_assert_true(outbox_owner_self(&owner, NULL));
		g_autoptr(GArray) items = outbox_claim(db, &owner, NOW, NOW, 9, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(items->len, ==, 1);
		from = OUTBOX_SENDING;
	}
	if (state != OUTBOX_SENDING)
		outbox_move(db, id, from, &outcome, created, &error);
	g_assert_no_error(error);
	return id;
}

static struct replay_filter
everything(void)
{
	struct replay_filter filter = { .from = G_MININT64, .to = G_MAXINT64, .young = YOUNG };
	filter.states[OUTBOX_REJECTED] = filter.states[OUTBOX_UNKNOWN] =
	    filter.states[OUTBOX_EXPIRED] = TRUE;
	return filter;
}

/* What is found, as text: "callid/EVENT/state:fate …"; and made ready where that is its fate. */
static void
assert_replay(store *db, const struct replay_filter *filter, const char *expected)
{
	static const char *const fates[REPLAY_FATES] = { "again", "past", "overtaken", "empty" };
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) text = g_string_new("");
	g_autoptr(GArray) items = replay_find(db, filter, NOW, 100, &error);
	g_assert_no_error(error);
	for (guint i = 0; i < items->len; i++) {
		const struct replay_item *item = &g_array_index(items, struct replay_item, i);
		g_string_append_printf(text, "%s%s/%s/%s:%s", i > 0 ? " " : "", item->callid,
		    item->event, outbox_state_name(item->state), fates[item->fate]);
		if (item->fate == REPLAY_AGAIN)
			g_assert_true(replay_move(db, item, NOW, &error));
		g_assert_no_error(error);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

/* Tried: no REPLAY_OVERTAKEN, no REPLAY_PAST. */
static void
test_not_acknowledged(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "a", "COMPLETED", 0, OUTBOX_REJECTED, 5, "Invalid parameters");
	bring(s.db, "b", "COMPLETED", 0, OUTBOX_UNKNOWN, 5, "timed out");
	bring(s.db, "c", "COMPLETED", 0, OUTBOX_EXPIRED, 5, NULL);
	bring(s.db, "d", "COMPLETED", 0, OUTBOX_SENT, 5, NULL);
	bring(s.db, "e", "COMPLETED", 0, OUTBOX_SENDING, 5, NULL);
	put_at(s.db, "f", "COMPLETED", 0, NOW + 1, "x");
	const struct replay_filter filter = everything();
	assert_replay(s.db, &filter,
	    "a/COMPLETED/rejected:again b/COMPLETED/unknown:again c/COMPLETED/expired:again");
	/* They are behind live traffic, and count as wanted from now on: years do not expire them at once. */
	g_autofree char *rows = scratch_shell(s.path,
	    "SELECT group_concat(callid || priority || ' ' || wanted || ' ' || not_before, ', ') "
	    "FROM outbox WHERE state = 'ready'");
	g_assert_cmpstr(rows, ==, "a1 2000 2000, b1 2000 2000, c1 2000 2000, f0 2001 2001");
	int n = -1;
	g_assert_true(outbox_expire(s.db, NOW, NOW - 1, &n, NULL));
	g_assert_cmpint(n, ==, 0);
	/* Nothing is found twice. */
	assert_replay(s.db, &filter, "");
	scratch_close(&s);
}

static void
test_filter(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "a", "COMPLETED", 0, OUTBOX_REJECTED, 110, "Invalid parameters");
	bring(s.db, "b", "COMPLETED", 0, OUTBOX_UNKNOWN, 120, "timed out");
	bring(s.db, "c", "COMPLETED", 0, OUTBOX_EXPIRED, 130, NULL);

	struct replay_filter filter = everything();
	filter.callid = "b";
	filter.error = "invalid";
	assert_replay(s.db, &filter, "");
	filter.error = "TIMED";
	filter.from = 111;
	assert_replay(s.db, &filter, "");
	filter.from = 110;
	filter.to = 110;
	assert_replay(s.db, &filter, "");
	filter.to = 111;
	assert_replay(s.db, &filter, "b/COMPLETED/unknown:again");

	filter = everything();
	filter.error = "http 400: inv";
	assert_replay(s.db, &filter, "a/COMPLETED/rejected:again");
	filter = everything();
	filter.states[OUTBOX_EXPIRED] = FALSE;
	assert_replay(s.db, &filter, "");
	filter.states[OUTBOX_EXPIRED] = TRUE;
	assert_replay(s.db, &filter, "c/COMPLETED/expired:again");
	scratch_close(&s);
}

/* ACCEPTED opens a window: not after a COMPLETED that may have arrived, and not long after the call. */
static void
test_windows(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "closed", "ACCEPTED", 0, OUTBOX_REJECTED, NOW, NULL);
	bring(s.db, "closed", "COMPLETED", 0, OUTBOX_SENT, NOW, NULL);
	bring(s.db, "doubt", "ACCEPTED", 0, OUTBOX_UNKNOWN, NOW, NULL);
	bring(s.db, "doubt", "COMPLETED", 0, OUTBOX_UNKNOWN, NOW, NULL);
	bring(s.db, "old", "ACCEPTED", 0, OUTBOX_REJECTED, YOUNG - 1, NULL);
	bring(s.db, "old", "COMPLETED", 0, OUTBOX_REJECTED, YOUNG - 1, NULL);
	bring(s.db, "young", "ACCEPTED", 0, OUTBOX_REJECTED, YOUNG, NULL);
	bring(s.db, "young", "COMPLETED", 0, OUTBOX_REJECTED, YOUNG, NULL);
	bring(s.db, "young", "record", 0, OUTBOX_EXPIRED, YOUNG, NULL);
	const struct replay_filter filter = everything();
	assert_replay(s.db, &filter,
	    "closed/ACCEPTED/rejected:overtaken "
	    "doubt/COMPLETED/unknown:again doubt/ACCEPTED/unknown:overtaken "
	    "old/COMPLETED/rejected:again old/ACCEPTED/rejected:past "
	    "young/record/expired:again young/COMPLETED/rejected:again "
	    "young/ACCEPTED/rejected:again");
	scratch_close(&s);
}

/* One of two was asked for: the other one still closes the window. */
static void
test_windows_filtered(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "c", "ACCEPTED", 0, OUTBOX_REJECTED, NOW, "one");
	bring(s.db, "c", "COMPLETED", 0, OUTBOX_REJECTED, NOW, "two");
	struct replay_filter filter = everything();
	filter.error = "one";
	assert_replay(s.db, &filter, "c/ACCEPTED/rejected:overtaken");
	filter.error = NULL;
	filter.callid = "c";
	assert_replay(s.db, &filter, "c/COMPLETED/rejected:again c/ACCEPTED/rejected:again");
	scratch_close(&s);
}

/* With force what was acknowledged goes again, but nobody's screen opens. */
static void
test_forced(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "c", "ACCEPTED", 0, OUTBOX_SENT, NOW, NULL);
	bring(s.db, "c", "COMPLETED", 0, OUTBOX_SENT, NOW, NULL);
	bring(s.db, "c", "record", 0, OUTBOX_SENT, NOW, NULL);
	struct replay_filter filter = everything();
	assert_replay(s.db, &filter, "");
	filter.states[OUTBOX_SENT] = TRUE;
	assert_replay(
	    s.db, &filter, "c/record/sent:again c/COMPLETED/sent:again c/ACCEPTED/sent:overtaken");
	/* In their order: the record waits for its COMPLETED once more. */
	struct outbox_owner owner;
	g_assert_true(outbox_owner_self(&owner, NULL));
	g_autoptr(GArray) items = outbox_claim(s.db, &owner, NOW, NOW, 9, NULL);
	g_assert_cmpuint(items->len, ==, 1);
	g_assert_cmpstr(g_array_index(items, struct outbox_item, 0).event, ==, "COMPLETED");
	scratch_close(&s);
}

/* What retention has emptied has nothing to say any more. */
static void
test_emptied(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "c", "COMPLETED", 0, OUTBOX_REJECTED, 5, NULL);
	scratch_run(s.path, "UPDATE outbox SET body = ''");
	const struct replay_filter filter = everything();
	assert_replay(s.db, &filter, "c/COMPLETED/rejected:empty");
	scratch_close(&s);
}

static void
test_most(void)
{
	struct scratch s;
	scratch_open(&s);
	bring(s.db, "a", "COMPLETED", 0, OUTBOX_REJECTED, 5, NULL);
	bring(s.db, "b", "COMPLETED", 0, OUTBOX_REJECTED, 5, NULL);
	const struct replay_filter filter = everything();
	g_autoptr(GArray) items = replay_find(s.db, &filter, NOW, 1, NULL);
	g_assert_cmpuint(items->len, ==, 1);
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/replay/not acknowledged", test_not_acknowledged);
	g_test_add_func("/replay/filter", test_filter);
	g_test_add_func("/replay/windows", test_windows);
	g_test_add_func("/replay/windows filtered", test_windows_filtered);
	g_test_add_func("/replay/forced", test_forced);
	g_test_add_func("/replay/emptied", test_emptied);
	g_test_add_func("/replay/most", test_most);
	return g_test_run();
}
