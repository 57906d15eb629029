#include "store/late.h"
#include "sql/sql.h"
#include "tests/unit/store_scratch.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEASE 1000000
/* As EXPLAIN QUERY PLAN names a look-up of one call and employee. */
#define KEY "sqlite_autoindex_outbox_1 (callid=? AND ext=?)"

static struct outbox_owner
self(void)
{
	struct outbox_owner owner;
	g_autoptr(GError) error = NULL;
	outbox_owner_self(&owner, &error);
	g_assert_no_error(error);
	return owner;
}

/* Puts one item; its id, or 0 where the key was there. rank follows from the event. */
static gint64
put_at(store *db, const char *callid, const char *ext, const char *event, gint64 n,
    enum outbox_priority priority, gint64 expires, gint64 now)
{
	const enum outbox_rank rank = g_str_equal(event, "ACCEPTED")    ? OUTBOX_ACCEPTED
	                              : g_str_equal(event, "COMPLETED") ? OUTBOX_COMPLETED
	                              : g_str_equal(event, "record")    ? OUTBOX_RECORD
	                                                                : OUTBOX_ANNOUNCE;
	const struct outbox_new item = { .callid = callid,
		.ext = ext,
		.event = event,
		.n = n,
		.rank = rank,
		.priority = priority,
		.body = "cmd=event",
		.recording = "a.wav",
		.call_start = 5,
		.expires = expires };
	g_autoptr(GError) error = NULL;
	gboolean added;
	outbox_put(db, &item, now, &added, &error);
	g_assert_no_error(error);
	return added ? store_last_id(db) : 0;
}

static gint64
put(store *db, const char *callid, const char *event, gint64 n)
{
	return put_at(db, callid, "101", event, n, OUTBOX_LIVE, 0, 1);
}

static GArray *
claim(store *db, gint64 now, int limit)
{
	const struct outbox_owner owner = self();
	g_autoptr(GError) error = NULL;
	GArray *items = outbox_claim(db, &owner, now, LEASE, limit, &error);
	g_assert_no_error(error);
	return items;
}

/* Claims; the items as text: "callid/ext/EVENT/n …". */
static void
assert_claim(store *db, gint64 now, int limit, const char *expected)
{
	g_autoptr(GArray) items = claim(db, now, limit);
	g_autoptr(GString) text = g_string_new("");
	for (guint i = 0; i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		g_string_append_printf(text, "%s%s/%s/%s/%" G_GINT64_FORMAT, i > 0 ? " " : "",
		    item->callid, item->ext, item->event, item->n);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void
move(store *db, gint64 id, enum outbox_state from, enum outbox_state to, gint64 not_before)
{
	g_autoptr(GError) error = NULL;
	const struct outbox_outcome outcome = { .to = to, .not_before = not_before };
	outbox_move(db, id, from, &outcome, 50, &error);
	g_assert_no_error(error);
}

/* The only item of a call with that id. */
static struct outbox_item
item_of(store *db, const char *callid, gint64 id)
{
	g_autoptr(GArray) items = outbox_of_call(db, callid, NULL);
	for (guint i = 0; i < items->len; i++) {
		struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		if (item->id == id) {
			struct outbox_item found = *item;
			memset(item, 0, sizeof *item);
			return found;
		}
	}
	g_assert_not_reached();
}

static void
assert_state(store *db, const char *callid, gint64 id, enum outbox_state state)
{
	struct outbox_item item = item_of(db, callid, id);
	g_assert_cmpstr(outbox_state_name(item.state), ==, outbox_state_name(state));
	outbox_item_clear(&item);
}

static gint64
next(store *db)
{
	gint64 not_before = -1;
	g_assert_true(outbox_next(db, &not_before, NULL));
	return not_before;
}

static void
test_names(void)
{
	enum outbox_state state = OUTBOX_READY;
	for (int i = 0; i < OUTBOX_STATES; i++) {
		g_assert_true(
		    outbox_state_from_name(outbox_state_name((enum outbox_state)i), &state));
		g_assert_cmpint(state, ==, i);
	}
	g_assert_false(outbox_state_from_name("lost", &state));
	g_assert_false(outbox_state_from_name(NULL, &state));
}

/* The key is unique for ever, in whatever state the item is. */
static void
test_key(void)
{
	struct scratch s;
	scratch_open(&s);
	const gint64 id = put(s.db, "c", "COMPLETED", 0);
	g_assert_cmpint(id, >, 0);
	g_assert_cmpint(put(s.db, "c", "COMPLETED", 0), ==, 0);
	g_assert_cmpint(put(s.db, "d", "COMPLETED", 0), >, 0);
	g_assert_cmpint(put(s.db, "c", "ACCEPTED", 0), >, 0);
	g_assert_cmpint(put(s.db, "c", "COMPLETED", 1), >, 0);
	g_assert_cmpint(put_at(s.db, "c", "102", "COMPLETED", 0, OUTBOX_LIVE, 0, 1), >, 0);

	struct outbox_item item = item_of(s.db, "c", id);
	g_assert_cmpint(item.state, ==, OUTBOX_READY);
	g_assert_cmpint(item.rank, ==, OUTBOX_COMPLETED);
	g_assert_cmpint(item.priority, ==, OUTBOX_LIVE);
	g_assert_cmpstr(item.callid, ==, "c");
	g_assert_cmpstr(item.ext, ==, "101");
	g_assert_cmpstr(item.event, ==, "COMPLETED");
	g_assert_cmpstr(item.body, ==, "cmd=event");
	g_assert_cmpstr(item.recording, ==, "a.wav");
	g_assert_cmpint(item.call_start, ==, 5);
	g_assert_cmpint(item.created, ==, 1);
	g_assert_cmpint(item.not_before, ==, 1);
	g_assert_cmpint(item.changed, ==, 1);
	g_assert_cmpint(item.expires + item.attempts + item.status + item.n, ==, 0);
	g_assert_null(item.answer);
	outbox_item_clear(&item);

	/* Rebuilt after it was sent: nothing. */
	assert_claim(s.db, 1, 9, "d/101/COMPLETED/0 c/101/ACCEPTED/0 c/102/COMPLETED/0");
	g_autoptr(GArray) items = outbox_of_call(s.db, "c", NULL);
	g_assert_cmpint(items->len, ==, 4);
	g_assert_cmpint(put(s.db, "c", "ACCEPTED", 0), ==, 0);
	scratch_close(&s);
}

/* Puts an item into `state`, by legal ways only. */
static gint64
bring(store *db, const char *callid, enum outbox_state state)
{
	const gint64 id = put(db, callid, "COMPLETED", 0);
	if (state == OUTBOX_READY)
		return id;
	if (state == OUTBOX_EXPIRED) {
		move(db, id, OUTBOX_READY, OUTBOX_EXPIRED, 0);
		return id;
	}
	g_autofree char *expected = g_strconcat(callid, "/101/COMPLETED/0", NULL);
	assert_claim(db, 1, 1, expected);
	if (state != OUTBOX_SENDING)
		move(db, id, OUTBOX_SENDING, state, 0);
	return id;
}

/*
 * DESIGN.md, Outbox: lines are from, columns are to.
 * Tried: every change allowed; sent to ready without force; the state an item is in not asked for.
 */
static void
test_transitions(void)
{
	static const gboolean legal[OUTBOX_STATES][OUTBOX_STATES] = {
		/*             ready  sending sent   rejected unknown expired */
		/* ready */ { FALSE, FALSE, FALSE, FALSE, FALSE, TRUE },
		/* sending */ { TRUE, FALSE, TRUE, TRUE, TRUE, FALSE },
		/* sent */ { FALSE, FALSE, FALSE, FALSE, FALSE, FALSE },
		/* rejected */ { TRUE, FALSE, FALSE, FALSE, FALSE, FALSE },
		/* unknown */ { TRUE, FALSE, FALSE, FALSE, FALSE, FALSE },
		/* expired */ { TRUE, FALSE, FALSE, FALSE, FALSE, FALSE },
	};
	for (int from = 0; from < OUTBOX_STATES; from++)
		for (int to = 0; to < OUTBOX_STATES; to++) {
			struct scratch s;
			scratch_open(&s);
			const gint64 id = bring(s.db, "c", (enum outbox_state)from);
			assert_state(s.db, "c", id, (enum outbox_state)from);
			const struct outbox_outcome outcome = { .to = (enum outbox_state)to };
			g_autoptr(GError) error = NULL;
			const gboolean moved =
			    outbox_move(s.db, id, (enum outbox_state)from, &outcome, 60, &error);
			g_assert_cmpint(moved, ==, legal[from][to]);
			assert_state(s.db, "c", id, (enum outbox_state)(moved ? to : from));
			if (!moved) {
				g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
				g_assert_nonnull(strchr(error->message, '\n'));
			} else {
				/* A legal way, but the item is elsewhere by now. */
				g_assert_false(outbox_move(
				    s.db, id, (enum outbox_state)from, &outcome, 60, &error));
				g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
				assert_state(s.db, "c", id, (enum outbox_state)to);
			}
			scratch_close(&s);
		}
}

/* What was acknowledged goes again only where somebody insists; that opens no other way. */
static void
test_forced(void)
{
	for (int from = 0; from < OUTBOX_STATES; from++)
		for (int to = 0; to < OUTBOX_STATES; to++) {
			struct scratch s;
			scratch_open(&s);
			const gint64 id = bring(s.db, "c", (enum outbox_state)from);
			const struct outbox_outcome plain = { .to = (enum outbox_state)to };
			const struct outbox_outcome forced = {
				.to = (enum outbox_state)to, .not_before = 70, .forced = TRUE
			};
			const gboolean open =
			    outbox_move(s.db, id, (enum outbox_state)from, &plain, 60, NULL);
			const gboolean other = from == OUTBOX_SENT && to == OUTBOX_READY;
			if (!open)
				g_assert_cmpint(outbox_move(s.db, id, (enum outbox_state)from,
						    &forced, 60, NULL),
				    ==, other);
			if (other) {
				g_assert_false(open);
				assert_claim(s.db, 69, 9, "");
				assert_claim(s.db, 70, 9, "c/101/COMPLETED/0");
			}
			scratch_close(&s);
		}
}

static void
test_outcome(void)
{
	struct scratch s;
	scratch_open(&s);
	const gint64 id = bring(s.db, "c", OUTBOX_SENDING);
	/* An answer is cut, but not in the middle of a character: 1023 bytes and a two-byte letter. */
	g_autofree char *xs = g_strnfill(1023, 'x');
	g_autofree char *answer = g_strconcat(xs, "я и дальше", NULL);
	const struct outbox_outcome later = {
		.to = OUTBOX_READY, .not_before = 900, .status = 503, .answer = answer
	};
	g_assert_true(outbox_move(s.db, id, OUTBOX_SENDING, &later, 70, NULL));
	struct outbox_item item = item_of(s.db, "c", id);
	g_assert_cmpint(item.not_before, ==, 900);
	g_assert_cmpint(item.status, ==, 503);
	g_assert_cmpstr(item.answer, ==, xs);
	g_assert_cmpint(item.attempts, ==, 1);
	g_assert_cmpint(item.changed, ==, 70);
	outbox_item_clear(&item);

	assert_claim(s.db, 899, 9, "");
	g_autoptr(GArray) again = claim(s.db, 900, 9);
	g_assert_cmpint(again->len, ==, 1);
	const struct outbox_item *claimed = &g_array_index(again, struct outbox_item, 0);
	g_assert_cmpint(claimed->state, ==, OUTBOX_SENDING);
	g_assert_cmpint(claimed->attempts, ==, 2);
	g_assert_cmpint(claimed->changed, ==, 900);

	/* Exactly 1 KiB is kept whole. */
	g_autofree char *kib = g_strnfill(1024, 'y');
	const struct outbox_outcome refused = {
		.to = OUTBOX_REJECTED, .status = 400, .answer = kib
	};
	g_assert_true(outbox_move(s.db, id, OUTBOX_SENDING, &refused, 80, NULL));
	/* A replay brings no answer: the last one stays to be read. */
	move(s.db, id, OUTBOX_REJECTED, OUTBOX_READY, 90);
	item = item_of(s.db, "c", id);
	g_assert_cmpint(item.status, ==, 400);
	g_assert_cmpstr(item.answer, ==, kib);
	outbox_item_clear(&item);
	assert_claim(s.db, 90, 9, "c/101/COMPLETED/0");
	const struct outbox_outcome sent = { .to = OUTBOX_SENT, .status = 200 };
	g_assert_true(outbox_move(s.db, id, OUTBOX_SENDING, &sent, 95, NULL));
	item = item_of(s.db, "c", id);
	g_assert_cmpint(item.status, ==, 200);
	g_assert_null(item.answer);
	outbox_item_clear(&item);
	scratch_close(&s);
}

/*
 * Live before history, then by the time they wait for; one of a call and employee at a time.
 * Tried: two of one call and employee at once.
 */
static void
test_claim_order(void)
{
	struct scratch s;
	scratch_open(&s);
	put_at(s.db, "h1", "101", "COMPLETED", 0, OUTBOX_HISTORY, 0, 1);
	put_at(s.db, "l2", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 8);
	put_at(s.db, "l1", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 7);
	put_at(s.db, "l1", "102", "COMPLETED", 0, OUTBOX_LIVE, 0, 7);
	put_at(s.db, "l3", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 11);
	assert_claim(s.db, 10, 0, "");
	assert_claim(s.db, 10, 1, "l1/101/COMPLETED/0");
	assert_claim(s.db, 10, 9, "l1/102/COMPLETED/0 l2/101/COMPLETED/0 h1/101/COMPLETED/0");
	assert_claim(s.db, 10, 9, "");
	assert_claim(s.db, 11, 9, "l3/101/COMPLETED/0");
	scratch_close(&s);
}

/* Tried: each of the three conditions of outbox/candidates taken out. */
static void
test_claim_holds_back(void)
{
	struct scratch s;
	scratch_open(&s);
	/* Put in the wrong order: the rank decides, not the id. */
	const gint64 record = put(s.db, "c", "record", 0);
	const gint64 completed = put(s.db, "c", "COMPLETED", 0);
	const gint64 accepted = put(s.db, "c", "ACCEPTED", 0);
	put_at(s.db, "c", "102", "COMPLETED", 0, OUTBOX_LIVE, 0, 1);
	put(s.db, "d", "COMPLETED", 0);
	/* Another employee and another call are not held up. */
	assert_claim(s.db, 1, 9, "c/101/ACCEPTED/0 c/102/COMPLETED/0 d/101/COMPLETED/0");
	assert_claim(s.db, 1, 9, "");
	/* It waits: what is behind it waits too, and is not looked for before. */
	move(s.db, accepted, OUTBOX_SENDING, OUTBOX_READY, 500);
	assert_claim(s.db, 499, 9, "");
	g_assert_cmpint(next(s.db), ==, 500);
	struct outbox_item item = item_of(s.db, "c", completed);
	g_assert_cmpint(item.not_before, ==, 500);
	outbox_item_clear(&item);
	assert_claim(s.db, 500, 9, "c/101/ACCEPTED/0");
	move(s.db, accepted, OUTBOX_SENDING, OUTBOX_SENT, 0);
	assert_claim(s.db, 500, 9, "c/101/COMPLETED/0");
	assert_claim(s.db, 500, 9, "");
	move(s.db, completed, OUTBOX_SENDING, OUTBOX_SENT, 0);
	assert_claim(s.db, 500, 9, "c/101/record/0");
	move(s.db, record, OUTBOX_SENDING, OUTBOX_SENT, 0);
	assert_claim(s.db, 500, 9, "");
	scratch_close(&s);
}

/* What did not work out blocks nothing, but for the record of a COMPLETED that did not arrive. */
static void
test_claim_after_failure(void)
{
	const enum outbox_state failures[] = { OUTBOX_REJECTED, OUTBOX_UNKNOWN, OUTBOX_EXPIRED };
	for (gsize i = 0; i < G_N_ELEMENTS(failures); i++) {
		struct scratch s;
		scratch_open(&s);
		const gint64 accepted = put(s.db, "c", "ACCEPTED", 0);
		if (failures[i] != OUTBOX_EXPIRED)
			assert_claim(s.db, 1, 9, "c/101/ACCEPTED/0");
		move(s.db, accepted, failures[i] == OUTBOX_EXPIRED ? OUTBOX_READY : OUTBOX_SENDING,
		    failures[i], 0);
		const gint64 completed = put(s.db, "c", "COMPLETED", 0);
		put(s.db, "c", "record", 0);
		if (failures[i] != OUTBOX_EXPIRED)
			assert_claim(s.db, 1, 9, "c/101/COMPLETED/0");
		move(s.db, completed, failures[i] == OUTBOX_EXPIRED ? OUTBOX_READY : OUTBOX_SENDING,
		    failures[i], 0);
		/* The record waits without blocking what comes later, and nobody waits for it. */
		assert_claim(s.db, 1, 9, "");
		g_assert_cmpint(next(s.db), ==, 0);
		put(s.db, "c", "COMPLETED", 1);
		assert_claim(s.db, 1, 9, "c/101/COMPLETED/1");
		/* Replayed and sent: now the record may follow. */
		move(s.db, completed, failures[i], OUTBOX_READY, 1);
		assert_claim(s.db, 1, 9, "c/101/COMPLETED/0");
		move(s.db, completed, OUTBOX_SENDING, OUTBOX_SENT, 0);
		assert_claim(s.db, 1, 9, "c/101/record/0");
		scratch_close(&s);
	}
}

static void
test_claim_record_alone(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "c", "record", 0);
	assert_claim(s.db, 1, 9, "c/101/record/0");
	scratch_close(&s);
}

/* Announcements hold nobody back, and are not sent after what they announce. */
static void
test_claim_announcements(void)
{
	struct scratch s;
	scratch_open(&s);
	/* Both may go, but not at the same time on two connections. */
	const gint64 incoming = put(s.db, "c", "INCOMING", 0);
	put(s.db, "c", "ACCEPTED", 0);
	put_at(s.db, "c", "102", "COMPLETED", 0, OUTBOX_LIVE, 0, 2);
	assert_claim(s.db, 1, 9, "c/101/INCOMING/0");
	/* While it is on its way only those of its own employee wait: on another connection they could arrive first. */
	assert_claim(s.db, 2, 9, "c/102/COMPLETED/0");
	assert_claim(s.db, 2, 9, "");
	/* It failed and waits: nobody waits for it. */
	move(s.db, incoming, OUTBOX_SENDING, OUTBOX_READY, 4);
	assert_claim(s.db, 3, 9, "c/101/ACCEPTED/0");
	/* Meanwhile the phone was picked up: too late for a window. */
	assert_claim(s.db, 5, 9, "");
	g_assert_cmpint(next(s.db), ==, 0);

	/* A second window waits until the first is closed. */
	const gint64 first = put(s.db, "d", "COMPLETED", 0);
	const gint64 second = put(s.db, "d", "INCOMING", 1);
	put(s.db, "d", "ACCEPTED", 1);
	put(s.db, "d", "COMPLETED", 1);
	assert_claim(s.db, 5, 9, "d/101/COMPLETED/0");
	assert_claim(s.db, 5, 9, "");
	move(s.db, first, OUTBOX_SENDING, OUTBOX_SENT, 0);
	assert_claim(s.db, 5, 9, "d/101/INCOMING/1");
	move(s.db, second, OUTBOX_SENDING, OUTBOX_REJECTED, 0);
	assert_claim(s.db, 5, 9, "d/101/ACCEPTED/1");
	scratch_close(&s);
}

/* COMPLETED is put while its ACCEPTED waits for PlanFix to come back: nothing looks at it before. */
static void
test_put_behind_waiting(void)
{
	struct scratch s;
	scratch_open(&s);
	const gint64 accepted = put(s.db, "c", "ACCEPTED", 0);
	assert_claim(s.db, 1, 9, "c/101/ACCEPTED/0");
	move(s.db, accepted, OUTBOX_SENDING, OUTBOX_READY, 700);
	const gint64 completed = put(s.db, "c", "COMPLETED", 0);
	struct outbox_item item = item_of(s.db, "c", completed);
	g_assert_cmpint(item.not_before, ==, 700);
	outbox_item_clear(&item);
	/* The one before it has no reason to wait; another employee has not, either. */
	const gint64 announcement = put(s.db, "c", "INCOMING", 0);
	item = item_of(s.db, "c", announcement);
	g_assert_cmpint(item.not_before, ==, 1);
	outbox_item_clear(&item);
	scratch_close(&s);
}

static void
test_next(void)
{
	struct scratch s;
	scratch_open(&s);
	g_assert_cmpint(next(s.db), ==, 0);
	put_at(s.db, "h", "101", "COMPLETED", 0, OUTBOX_HISTORY, 0, 30);
	g_assert_cmpint(next(s.db), ==, 30);
	put_at(s.db, "l", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 40);
	g_assert_cmpint(next(s.db), ==, 30);
	put_at(s.db, "l", "102", "ACCEPTED", 0, OUTBOX_LIVE, 0, 20);
	g_assert_cmpint(next(s.db), ==, 20);
	/* While it is being sent its COMPLETED waits for the outcome, not for a time. */
	put_at(s.db, "l", "102", "COMPLETED", 0, OUTBOX_LIVE, 0, 20);
	assert_claim(s.db, 20, 9, "l/102/ACCEPTED/0");
	g_assert_cmpint(next(s.db), ==, 30);
	scratch_close(&s);
}

/* Tried: give_up left out of outbox/expired; announcements left out of it. */
static void
test_expire(void)
{
	struct scratch s;
	scratch_open(&s);
	int n = -1;
	const gint64 popup = put_at(s.db, "c", "101", "INCOMING", 0, OUTBOX_LIVE, 100, 10);
	const gint64 old = put_at(s.db, "d", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 10);
	const gint64 young = put_at(s.db, "e", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 60);
	g_assert_true(outbox_expire(s.db, 99, 10, &n, NULL));
	g_assert_cmpint(n, ==, 0);
	/* At its time it is over, even where nobody has called outbox_expire yet. */
	g_assert_true(outbox_expire(s.db, 99, 11, &n, NULL));
	g_assert_cmpint(n, ==, 2);
	assert_state(s.db, "d", old, OUTBOX_EXPIRED);
	assert_state(s.db, "c", popup, OUTBOX_EXPIRED);
	assert_state(s.db, "e", young, OUTBOX_READY);

	const gint64 second = put_at(s.db, "f", "101", "INCOMING", 0, OUTBOX_LIVE, 100, 10);
	assert_claim(s.db, 100, 9, "e/101/COMPLETED/0");
	g_assert_true(outbox_expire(s.db, 100, 0, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	assert_state(s.db, "f", second, OUTBOX_EXPIRED);
	/* What is being sent has an outcome to come. */
	g_assert_true(outbox_expire(s.db, 1000, 1000, &n, NULL));
	g_assert_cmpint(n, ==, 0);

	/* Replayed at 50 (move): giving up counts from there, a window's time does not come back. */
	move(s.db, old, OUTBOX_EXPIRED, OUTBOX_READY, 50);
	move(s.db, second, OUTBOX_EXPIRED, OUTBOX_READY, 50);
	g_assert_true(outbox_expire(s.db, 110, 50, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	assert_state(s.db, "d", old, OUTBOX_READY);
	assert_state(s.db, "f", second, OUTBOX_EXPIRED);
	g_assert_true(outbox_expire(s.db, 110, 51, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	scratch_close(&s);
}

/* An ended child: its pid, start time and this machine's boot, as it wrote them itself. */
static struct outbox_owner
ended_owner(gboolean reaped)
{
	int pipes[2];
	g_assert_cmpint(pipe(pipes), ==, 0);
	const pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		struct outbox_owner owner;
		if (!outbox_owner_self(&owner, NULL) ||
		    write(pipes[1], &owner, sizeof owner) != sizeof owner)
			_exit(1);
		_exit(0);
	}
	struct outbox_owner owner;
	g_assert_cmpint(read(pipes[0], &owner, sizeof owner), ==, sizeof owner);
	g_assert_cmpint(owner.pid, ==, pid);
	close(pipes[0]);
	close(pipes[1]);
	siginfo_t info;
	g_assert_cmpint(waitid(P_PID, (id_t)pid, &info, WEXITED | (reaped ? 0 : WNOWAIT)), ==, 0);
	g_assert_cmpint(info.si_status, ==, 0);
	return owner;
}

/* Tried: nobody alive; the start time, the boot id not compared. */
static void
test_owner(void)
{
	const struct outbox_owner me = self();
	g_assert_cmpint(me.pid, ==, getpid());
	g_assert_cmpint(me.start, >, 0);
	g_assert_cmpint(strlen(me.boot), ==, 36);
	g_assert_true(outbox_owner_alive(&me));

	const struct outbox_owner gone = ended_owner(TRUE);
	g_assert_false(outbox_owner_alive(&gone));
	const struct outbox_owner zombie = ended_owner(FALSE);
	g_assert_false(outbox_owner_alive(&zombie));
	g_assert_cmpint(waitpid((pid_t)zombie.pid, NULL, 0), ==, zombie.pid);

	/* The same pid again, later or after a restart of the machine, is somebody else. */
	struct outbox_owner other = me;
	other.start--;
	g_assert_false(outbox_owner_alive(&other));
	other = me;
	other.boot[0] = other.boot[0] == '0' ? '1' : '0';
	g_assert_false(outbox_owner_alive(&other));
}

/* Tried: a lease that never ends. */
static void
test_recover(void)
{
	struct scratch s;
	scratch_open(&s);
	const struct outbox_owner me = self();
	const struct outbox_owner gone = ended_owner(TRUE);
	const gint64 a = put(s.db, "a", "COMPLETED", 0), b = put(s.db, "b", "COMPLETED", 0),
		     c = put(s.db, "c", "COMPLETED", 0);
	g_array_unref(outbox_claim(s.db, &gone, 1, 1000, 1, NULL));
	g_array_unref(outbox_claim(s.db, &me, 1, 500, 1, NULL));
	g_array_unref(outbox_claim(s.db, &me, 1, 1000, 1, NULL));
	int n = -1;
	g_assert_true(outbox_recover(s.db, 499, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	assert_state(s.db, "a", a, OUTBOX_UNKNOWN);
	assert_state(s.db, "b", b, OUTBOX_SENDING);
	g_assert_true(outbox_recover(s.db, 500, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	assert_state(s.db, "b", b, OUTBOX_UNKNOWN);
	assert_state(s.db, "c", c, OUTBOX_SENDING);
	/* The reason is kept, and the one who was late cannot change it any more. */
	struct outbox_item item = item_of(s.db, "b", b);
	g_assert_nonnull(strstr(item.answer, "lease"));
	outbox_item_clear(&item);
	const struct outbox_outcome sent = { .to = OUTBOX_SENT, .status = 200 };
	g_autoptr(GError) error = NULL;
	g_assert_false(outbox_move(s.db, b, OUTBOX_SENDING, &sent, 501, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
	scratch_close(&s);
}

static void
test_resend(void)
{
	struct scratch s;
	scratch_open(&s);
	int n = -1;
	const gint64 once = bring(s.db, "once", OUTBOX_UNKNOWN);
	const gint64 twice = bring(s.db, "twice", OUTBOX_UNKNOWN);
	move(s.db, twice, OUTBOX_UNKNOWN, OUTBOX_READY, 1);
	assert_claim(s.db, 1, 1, "twice/101/COMPLETED/0");
	move(s.db, twice, OUTBOX_SENDING, OUTBOX_UNKNOWN, 0);
	/* ACCEPTED was lost, COMPLETED arrived: sent now, it would open the window again. */
	const gint64 accepted = put(s.db, "c", "ACCEPTED", 0);
	assert_claim(s.db, 1, 1, "c/101/ACCEPTED/0");
	move(s.db, accepted, OUTBOX_SENDING, OUTBOX_UNKNOWN, 0);
	const gint64 completed = put(s.db, "c", "COMPLETED", 0);
	assert_claim(s.db, 1, 1, "c/101/COMPLETED/0");
	move(s.db, completed, OUTBOX_SENDING, OUTBOX_SENT, 0);
	/* Here its COMPLETED has not left yet: in time. */
	const gint64 in_time = put(s.db, "d", "ACCEPTED", 0);
	assert_claim(s.db, 1, 1, "d/101/ACCEPTED/0");
	move(s.db, in_time, OUTBOX_SENDING, OUTBOX_UNKNOWN, 0);
	put(s.db, "d", "COMPLETED", 0);

	g_assert_true(late_resend(s.db, 200, 2, OUTBOX_RECORD, &n, NULL));
	g_assert_cmpint(n, ==, 2);
	assert_state(s.db, "once", once, OUTBOX_READY);
	assert_state(s.db, "twice", twice, OUTBOX_UNKNOWN);
	assert_state(s.db, "c", accepted, OUTBOX_UNKNOWN);
	assert_state(s.db, "d", in_time, OUTBOX_READY);
	assert_claim(s.db, 200, 9, "once/101/COMPLETED/0 d/101/ACCEPTED/0");
	scratch_close(&s);
}

static void
test_counts(void)
{
	struct scratch s;
	scratch_open(&s);
	struct outbox_count counts[OUTBOX_STATES];
	g_assert_true(outbox_counts(s.db, counts, NULL));
	for (int i = 0; i < OUTBOX_STATES; i++)
		g_assert_cmpint(counts[i].n + counts[i].oldest, ==, 0);
	put_at(s.db, "c", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 30);
	put_at(s.db, "d", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 20);
	put_at(s.db, "e", "101", "COMPLETED", 0, OUTBOX_LIVE, 0, 10);
	assert_claim(s.db, 10, 1, "e/101/COMPLETED/0");
	g_assert_true(outbox_counts(s.db, counts, NULL));
	g_assert_cmpint(counts[OUTBOX_READY].n, ==, 2);
	g_assert_cmpint(counts[OUTBOX_READY].oldest, ==, 20);
	g_assert_cmpint(counts[OUTBOX_SENDING].n, ==, 1);
	g_assert_cmpint(counts[OUTBOX_SENDING].oldest, ==, 10);
	g_assert_cmpint(counts[OUTBOX_SENT].n, ==, 0);
	scratch_close(&s);
}

/* One of several programs that empty the same outbox, each with a connection of its own: a line per item. */
static int
empty_outbox(const char *path, const char *report)
{
	g_autoptr(GString) taken = g_string_new("");
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(path, STORE_WRITE, &error);
	g_assert_no_error(error);
	const struct outbox_owner owner = self();
	for (guint got = 1; got > 0;) {
		assert_begin(db);
		g_autoptr(GArray) items = outbox_claim(db, &owner, 10, LEASE, 7, &error);
		g_assert_no_error(error);
		assert_commit(db);
		got = items->len;
		/* Meanwhile they are sent: nobody goes from one transaction straight into the next. */
		g_usleep(1000);
		for (guint i = 0; i < got; i++)
			g_string_append_printf(taken, "%" G_GINT64_FORMAT "\n",
			    g_array_index(items, struct outbox_item, i).id);
		assert_begin(db);
		for (guint i = 0; i < got; i++) {
			const struct outbox_outcome sent = { .to = OUTBOX_SENT, .status = 200 };
			outbox_move(db, g_array_index(items, struct outbox_item, i).id,
			    OUTBOX_SENDING, &sent, 10, &error);
			g_assert_no_error(error);
		}
		assert_commit(db);
	}
	return g_file_set_contents(report, taken->str, -1, NULL) ? 0 : 1;
}

static void
test_two_programs(void)
{
	enum {
		ITEMS = 2000,
		PROGRAMS = 3
	};
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	for (int i = 0; i < ITEMS; i++) {
		g_autofree char *callid = g_strdup_printf("1763900900.%d", i);
		put(s.db, callid, "COMPLETED", 0);
	}
	assert_commit(s.db);
	g_clear_pointer(&s.db, store_close);

	pid_t pids[PROGRAMS];
	for (int i = 0; i < PROGRAMS; i++) {
		g_autofree char *report = g_strdup_printf("%s/%d.txt", s.folder, i);
		pids[i] = fork();
		g_assert_cmpint(pids[i], >=, 0);
		if (pids[i] == 0)
			_exit(empty_outbox(s.path, report));
	}
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int i = 0; i < PROGRAMS; i++) {
		int status;
		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_cmpint(status, ==, 0);
		g_autofree char *report = g_strdup_printf("%s/%d.txt", s.folder, i);
		g_autofree char *text = NULL;
		g_assert_true(g_file_get_contents(report, &text, NULL, NULL));
		g_auto(GStrv) ids = g_strsplit(g_strchomp(text), "\n", -1);
		for (char **id = ids; *id != NULL; id++)
			g_assert_true(g_hash_table_add(seen, g_strdup(*id)));
	}
	g_assert_cmpint(g_hash_table_size(seen), ==, ITEMS);
	scratch_close(&s);
}

/* Two connections in one program: what one has taken and committed, the other does not get. */
static void
test_two_connections(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "c", "COMPLETED", 0);
	put(s.db, "d", "COMPLETED", 0);
	g_autoptr(store) other = store_open(s.path, STORE_WRITE, NULL);
	assert_begin(s.db);
	assert_claim(s.db, 1, 1, "c/101/COMPLETED/0");
	assert_commit(s.db);
	assert_begin(other);
	assert_claim(other, 1, 9, "d/101/COMPLETED/0");
	store_rollback(other);
	/* Rolled back: nobody has taken it. */
	assert_claim(s.db, 1, 9, "d/101/COMPLETED/0");
	scratch_close(&s);
}

/*
 * With hundreds of thousands of items every question of a pass is answered through an index and in
 * its order: no table is read from end to end, nothing is sorted that grows with the backlog.
 */
static void
test_plans(void)
{
	const struct {
		const char *name, *wants;
		gboolean may_sort;
	} plans[] = {
		{ "outbox/behind", "SEARCH earlier USING INDEX " KEY, FALSE },
		{ "outbox/candidates",
		    "SEARCH item USING INDEX outbox_ready (priority=? AND not_before<?)", FALSE },
		{ "outbox/candidates", "SEARCH earlier USING INDEX " KEY, FALSE },
		{ "outbox/candidates", "SEARCH completed USING INDEX " KEY, FALSE },
		{ "outbox/candidates", "SEARCH later USING INDEX " KEY, FALSE },
		{ "outbox/postpone", "SEARCH outbox USING INDEX " KEY, FALSE },
		{ "outbox/sending", "SEARCH outbox USING INDEX outbox_state (state=?)", TRUE },
		{ "outbox/expired", "outbox_expires", TRUE },
		{ "outbox/expired", "outbox_state (state=? AND created<?)", TRUE },
		{ "late/resendable", "SEARCH item USING INDEX outbox_state (state=?)", TRUE },
		{ "late/resendable", "SEARCH later USING INDEX " KEY, TRUE },
		{ "replay/of_call", "SEARCH item USING INDEX sqlite_autoindex_outbox_1 (callid=?)",
		    TRUE },
		{ "replay/of_call", "SEARCH later USING INDEX " KEY, TRUE },
		{ "replay/of_state", "SEARCH item USING INDEX outbox_state (state=?)", TRUE },
		{ "replay/of_state", "SEARCH later USING INDEX " KEY, TRUE },
		{ "outbox/of_call", "(callid=?)", TRUE },
		{ "outbox/claim", "USING INTEGER PRIMARY KEY", FALSE },
		{ "outbox/move", "USING INTEGER PRIMARY KEY", FALSE },
		{ "windows/get", "(callid=? AND ext=?)", FALSE },
		{ "windows/open", "windows_open (opened<?)", TRUE },
		{ "open/due", "open_call_due (asked<?)", FALSE },
		{ "open/of", "open_call_group", FALSE },
		{ "recordings/waiting", "recording_waiting (not_before<?)", FALSE },
		{ "recordings/of_state", "recording_state (state=?)", FALSE },
		{ "recordings/recover", "recording_state (state=?)", FALSE },
		{ "sighting/seasoned", "", FALSE },
	};
	struct scratch s;
	scratch_open(&s);
	for (gsize i = 0; i < G_N_ELEMENTS(plans); i++) {
		g_autofree char *name = g_strconcat("store/", plans[i].name, NULL);
		g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", sql_text(name), NULL);
		g_autofree char *plan = scratch_shell(s.path, sql);
		const gboolean scans =
		    strstr(plan, "SCAN outbox") != NULL || strstr(plan, "SCAN item") != NULL ||
		    strstr(plan, "SCAN recording") != NULL ||
		    strstr(plan, "SCAN windows") != NULL || strstr(plan, "SCAN open_call") != NULL;
		if (scans || strstr(plan, plans[i].wants) == NULL ||
		    (!plans[i].may_sort && strstr(plan, "TEMP B-TREE") != NULL))
			g_error("%s is answered in another way:\n%s", name, plan);
	}
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/outbox/names", test_names);
	g_test_add_func("/outbox/key", test_key);
	g_test_add_func("/outbox/transitions", test_transitions);
	g_test_add_func("/outbox/forced", test_forced);
	g_test_add_func("/outbox/outcome", test_outcome);
	g_test_add_func("/outbox/claim/order", test_claim_order);
	g_test_add_func("/outbox/claim/holds-back", test_claim_holds_back);
	g_test_add_func("/outbox/claim/after-failure", test_claim_after_failure);
	g_test_add_func("/outbox/claim/record-alone", test_claim_record_alone);
	g_test_add_func("/outbox/claim/announcements", test_claim_announcements);
	g_test_add_func("/outbox/put-behind-waiting", test_put_behind_waiting);
	g_test_add_func("/outbox/next", test_next);
	g_test_add_func("/outbox/expire", test_expire);
	g_test_add_func("/outbox/owner", test_owner);
	g_test_add_func("/outbox/recover", test_recover);
	g_test_add_func("/outbox/resend", test_resend);
	g_test_add_func("/outbox/counts", test_counts);
	g_test_add_func("/outbox/two-programs", test_two_programs);
	g_test_add_func("/outbox/two-connections", test_two_connections);
	g_test_add_func("/outbox/plans", test_plans);
	return g_test_run();
}
