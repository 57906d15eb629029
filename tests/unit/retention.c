/* store/retention.c and store/forget.c: what goes, what stays, and that nothing comes back. */
#include "store/retention.h"

#include "store/attempts.h"
#include "sql/sql.h"
#include "store/forget.h"
#include "store/late.h"
#include "store/outbox.h"
#include "store/recordings.h"
#include "store/trouble.h"
#include "tests/unit/store_scratch.h"

#define OLD 1000
#define YOUNG 5000
#define KEPT_SINCE 3000 /* what was touched before goes */

static gint64
put(store *db, const char *callid, const char *recording, gint64 now)
{
	const struct outbox_new item = { .callid = callid,
		.ext = "101",
		.event = "COMPLETED",
		.rank = OUTBOX_COMPLETED,
		.body = "cmd=event&phone=79161234567",
		.recording = recording,
		.call_start = now };
	gboolean added;
	g_assert_true(outbox_put(db, &item, now, &added, NULL));
	return added ? store_last_id(db) : 0;
}

static void
end(store *db, gint64 id, enum outbox_state to, gint64 now)
{
	struct outbox_owner owner;
	g_assert_true(outbox_owner_self(&owner, NULL));
	g_autoptr(GArray) claimed = outbox_claim(db, &owner, now, now + 1, 100, NULL);
	const struct outbox_outcome outcome = {
		.to = to, .status = 200, .answer = "79161234567 is welcome"
	};
	for (guint i = 0; i < claimed->len; i++) {
		const struct outbox_item *item = &g_array_index(claimed, struct outbox_item, i);
		const struct outbox_outcome again = { .to = OUTBOX_READY, .not_before = now };
		g_assert_true(outbox_move(
		    db, item->id, OUTBOX_SENDING, item->id == id ? &outcome : &again, now, NULL));
	}
}

static gboolean
put_recording(store *db, const char *callid, const char *file, gint64 now)
{
	g_autofree char *path = g_strdup_printf("2026/11/23/%s", file);
	const struct recording recording = { .callid = (char *)callid,
		.file = (char *)file,
		.path = path,
		.call_ended = now,
		.artist = (char *)"79161234567" };
	gboolean added;
	g_assert_true(recordings_put(db, &recording, now, &added, NULL));
	return added;
}

static void
end_recording(store *db, const char *callid, const char *file, enum recording_state to,
    const char *link, gint64 wav_due)
{
	struct recording recording = { 0 };
	gboolean found;
	g_assert_true(recordings_get(db, callid, file, &recording, &found, NULL) && found);
	g_free(recording.link);
	recording.link = g_strdup(link);
	recording.state = to;
	recording.wav_due = wav_due;
	if (to == RECORDING_DONE) {
		g_autoptr(GArray) claimed = recordings_claim(db, G_MAXINT64 - 1, 1000, NULL);
		g_assert_cmpuint(claimed->len, >, 0);
	}
	g_assert_true(recordings_move(
	    db, &recording, to == RECORDING_DONE ? RECORDING_CONVERTING : RECORDING_WAITING, NULL));
	recording_clear(&recording);
}

static struct retention
walk(store *db, gboolean links_end, gboolean wavs_pending)
{
	struct retention r = {
		.before = KEPT_SINCE, .links_end = links_end, .wavs_pending = wavs_pending
	};
	g_assert_true(retention_begin(db, &r, NULL));
	while (!r.done) {
		assert_begin(db);
		g_assert_true(retention_step(db, &r, YOUNG, NULL));
		assert_commit(db);
	}
	return r;
}

static void
test_requests(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	end(s.db, put(s.db, "sent", "a-79161234567.wav", OLD), OUTBOX_SENT, OLD);
	end(s.db, put(s.db, "lost", NULL, OLD), OUTBOX_UNKNOWN, OLD);
	put(s.db, "waits", NULL, OLD);
	end(s.db, put(s.db, "answered today", NULL, OLD), OUTBOX_SENT, YOUNG);
	end(s.db, put(s.db, "young", NULL, YOUNG), OUTBOX_SENT, YOUNG);
	struct trouble trouble = {
		.at = KEPT_SINCE, .status = 1, .words = (char *)"rejected: 79161234567"
	};
	g_assert_true(trouble_put(s.db, &trouble, NULL));
	assert_commit(s.db);

	struct retention r = walk(s.db, FALSE, FALSE);
	g_assert_cmpint(r.requests, ==, 2);
	g_assert_true(trouble_get(s.db, &trouble, NULL));
	g_assert_cmpstr(trouble.words, ==, "rejected: 79161234567");
	trouble_clear(&trouble);
	scratch_run(s.path, "UPDATE trouble SET at = at - 1");
	walk(s.db, FALSE, FALSE);
	g_assert_true(trouble_get(s.db, &trouble, NULL));
	g_assert_cmpstr(trouble.words, ==, "");
	g_assert_cmpint(trouble.status, ==, 1);
	trouble_clear(&trouble);
	g_autofree char *left = scratch_shell(s.path,
	    "SELECT group_concat(callid || ' ' || state || ' ' || status, ', ') FROM outbox "
	    "WHERE body <> ''");
	g_assert_cmpstr(left, ==, "waits ready 0, answered today sent 200, young sent 200");
	g_autofree char *emptied = scratch_shell(s.path,
	    "SELECT group_concat(callid || ' ' || state || ' ' || status || ' ' || "
	    "coalesce(recording, '-') || ' ' || coalesce(answer, '-'), ', ') FROM outbox "
	    "WHERE body = ''");
	g_assert_cmpstr(emptied, ==, "sent sent 200 - -, lost unknown 200 - -");
	/* Nothing of it comes back, and nothing empty is sent. */
	assert_begin(s.db);
	g_assert_cmpint(put(s.db, "sent", "a-79161234567.wav", YOUNG), ==, 0);
	int n;
	g_assert_true(late_resend(s.db, YOUNG, 5, OUTBOX_RECORD, &n, NULL));
	g_assert_cmpint(n, ==, 0);
	assert_commit(s.db);
	scratch_close(&s);
}

static void
test_recordings(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	put_recording(s.db, "none", "a-79161234567.wav", OLD);
	put_recording(s.db, "waits", "b-79161234567.wav", OLD);
	end_recording(s.db, "none", "a-79161234567.wav", RECORDING_NONE, NULL, 0);
	put_recording(s.db, "done", "c-79161234567.wav", OLD);
	end_recording(
	    s.db, "done", "c-79161234567.wav", RECORDING_DONE, "https://x/y", RECORDING_NEVER);
	put_recording(s.db, "wav", "d-79161234567.wav", OLD);
	end_recording(s.db, "wav", "d-79161234567.wav", RECORDING_DONE, NULL, 0);
	put_recording(s.db, "young", "e-79161234567.wav", YOUNG);
	end_recording(s.db, "young", "e-79161234567.wav", RECORDING_DONE, NULL, RECORDING_NEVER);
	assert_commit(s.db);

	struct retention r = walk(s.db, TRUE, TRUE);
	g_assert_cmpint(r.recordings, ==, 1); /* none */
	r = walk(s.db, FALSE, TRUE);
	g_assert_cmpint(r.recordings, ==, 1); /* and done, whose link stays for ever */
	r = walk(s.db, FALSE, FALSE);
	g_assert_cmpint(r.recordings, ==, 1); /* and wav */
	g_autofree char *emptied = scratch_shell(s.path,
	    "SELECT group_concat(callid || ' ' || state || ' ' || file || ' ' || path || "
	    "coalesce(artist, '-') || coalesce(link, '-'), ', ') FROM recording WHERE path = ''");
	g_assert_cmpstr(
	    emptied, ==, "none none removed-1 --, done done removed-3 --, wav done removed-4 --");
	/* A later backfill does not convert it again. */
	assert_begin(s.db);
	g_assert_false(put_recording(s.db, "done", "c-79161234567.wav", YOUNG));
	g_assert_true(put_recording(s.db, "other", "c-79161234567.wav", YOUNG));
	assert_commit(s.db);
	scratch_close(&s);
}

/* Blocks are small, and the next walk begins where something is left. */
static void
test_steps(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	for (int i = 0; i < 3 * RETENTION_BLOCK; i++) {
		g_autofree char *callid = g_strdup_printf("c%d", i);
		put(s.db, callid, NULL, i < 2 * RETENTION_BLOCK + 10 ? OLD : YOUNG);
	}
	assert_commit(s.db);
	scratch_run(s.path, "UPDATE outbox SET state = 'sent' WHERE id <> 300");
	struct retention r = { .before = KEPT_SINCE };
	g_assert_true(retention_begin(s.db, &r, NULL));
	assert_begin(s.db);
	g_assert_true(retention_step(s.db, &r, YOUNG, NULL));
	assert_commit(s.db);
	g_assert_cmpint(r.requests, ==, RETENTION_BLOCK);
	g_assert_false(r.done);
	gint64 walked;
	g_assert_true(retention_walked(s.db, &walked, NULL));
	g_assert_cmpint(walked, ==, 0);
	/* Stopped here, the next run goes on. */
	r = walk(s.db, FALSE, FALSE);
	g_assert_cmpint(r.requests, ==, RETENTION_BLOCK + 10 - 1);
	g_assert_cmpint(r.after[0], ==, 299);
	g_assert_true(retention_walked(s.db, &walked, NULL));
	g_assert_cmpint(walked, ==, YOUNG);
	scratch_run(s.path, "UPDATE outbox SET state = 'sent' WHERE id = 300");
	r = walk(s.db, FALSE, FALSE);
	g_assert_cmpint(r.requests, ==, 1);
	g_assert_cmpint(r.after[0], ==, 2 * RETENTION_BLOCK + 10);
	scratch_close(&s);
}

static gboolean
file_holds(const char *path, const char *text)
{
	char *content;
	gsize length;
	g_assert_true(g_file_get_contents(path, &content, &length, NULL));
	gboolean holds = memmem(content, length, text, strlen(text)) != NULL;
	g_free(content);
	return holds;
}

static void
test_forget(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	end(s.db, put(s.db, "sent", "a-79161234567.wav", OLD), OUTBOX_SENT, OLD);
	put(s.db, "waits", NULL, OLD);
	put_recording(s.db, "waits", "b-79161234567.wav", OLD);
	put_recording(s.db, "only recorded", "c-79161234567.wav", OLD);
	end_recording(s.db, "only recorded", "c-79161234567.wav", RECORDING_NONE, NULL, 0);
	const struct trouble trouble = {
		.at = 1, .status = 1, .words = (char *)"rejected: 79161234567"
	};
	g_assert_true(trouble_put(s.db, &trouble, NULL));
	assert_commit(s.db);
	scratch_run(s.path,
	    "INSERT INTO outbox SELECT 100, 'other', ext, event, n, rank, priority, 'sent', "
	    "'phone=79990000001', NULL, 1, 1, 1, 1, 0, 1, 1, 200, NULL, 0, NULL, NULL, NULL, 0, 0 "
	    "FROM outbox WHERE id = 1");
	g_autoptr(GPtrArray) calls = forget_calls(s.db, "79161234567", NULL);
	g_assert_cmpuint(calls->len, ==, 3);
	struct forgotten done = { 0 };
	assert_begin(s.db);
	for (guint i = 0; i < calls->len; i++)
		g_assert_true(forget_call(s.db, calls->pdata[i], YOUNG, &done, NULL));
	g_assert_true(forget_words(s.db, "79161234567", NULL));
	assert_commit(s.db);
	g_assert_cmpint(done.requests, ==, 2);
	g_assert_cmpint(done.given_up, ==, 1);
	g_assert_cmpint(done.recordings, ==, 2);
	g_assert_true(store_compact(s.db, NULL));
	g_autofree char *wal = g_strconcat(s.path, "-wal", NULL);
	g_assert_false(file_holds(s.path, "79161234567"));
	g_assert_false(file_holds(wal, "79161234567"));
	/* Another number's call is as it was. */
	g_assert_true(file_holds(s.path, "79990000001"));
	g_autofree char *states =
	    scratch_shell(s.path, "SELECT group_concat(callid || ' ' || state, ', ') FROM outbox");
	g_assert_cmpstr(states, ==, "sent sent, waits expired, other sent");
	scratch_close(&s);
}

/* Tries that did not end well are kept, the newest twenty, and lose their words like everything else. */
static void
test_attempts(void)
{
	struct scratch s;
	scratch_open(&s);
	struct outbox_owner owner;
	g_assert_true(outbox_owner_self(&owner, NULL));
	assert_begin(s.db);
	end(s.db, put(s.db, "at once", NULL, OLD), OUTBOX_SENT, OLD);
	gint64 id = put(s.db, "late", NULL, OLD);
	for (int i = 1; i <= 25; i++) {
		g_autoptr(GArray) claimed =
		    outbox_claim(s.db, &owner, OLD + i, OLD + i + 1, 1, NULL);
		const struct outbox_outcome outcome = { .to = i < 25 ? OUTBOX_READY : OUTBOX_SENT,
			.not_before = OLD,
			.status = 503,
			.answer = "79161234567 later" };
		g_assert_cmpuint(claimed->len, ==, 1);
		g_assert_true(outbox_move(s.db, id, OUTBOX_SENDING, &outcome, OLD + i, NULL));
	}
	g_autoptr(GArray) attempts = g_array_new(FALSE, FALSE, sizeof(struct attempt));
	g_array_set_clear_func(attempts, (GDestroyNotify)attempt_clear);
	g_assert_true(attempts_of(s.db, 1, attempts, NULL));
	g_assert_cmpuint(attempts->len, ==, 0);
	g_assert_true(attempts_of(s.db, id, attempts, NULL));
	assert_commit(s.db);
	g_assert_cmpuint(attempts->len, ==, 20);
	const struct attempt *first = &g_array_index(attempts, struct attempt, 0),
			     *last = &g_array_index(attempts, struct attempt, 19);
	g_assert_cmpint(first->n, ==, 6);
	g_assert_cmpint(first->at, ==, OLD + 6);
	g_assert_cmpint(first->status, ==, 503);
	g_assert_cmpstr(first->answer, ==, "79161234567 later");
	g_assert_true(first->state == OUTBOX_READY && last->state == OUTBOX_SENT);
	walk(s.db, FALSE, FALSE);
	g_autofree char *words =
	    scratch_shell(s.path, "SELECT count(*), count(answer), sum(status) FROM attempt");
	g_assert_cmpstr(words, ==, "20|0|10060");
	scratch_close(&s);
}

/* A store may hold very many emptied rows: they are not looked through for each new one. */
static void
test_plan(void)
{
	static const char *const statements[] = { "store/recordings/emptied",
		"store/late/resendable", "store/retention/outbox_empty",
		"store/retention/recording_empty" };
	struct scratch s;
	scratch_open(&s);
	for (guint i = 0; i < G_N_ELEMENTS(statements); i++) {
		g_autofree char *sql =
		    g_strconcat("EXPLAIN QUERY PLAN ", sql_text(statements[i]), NULL);
		g_autofree char *plan = scratch_shell(s.path, sql);
		g_assert_null(strstr(plan, "recording_path"));
		g_assert_null(strstr(plan, "SCAN recording"));
		g_assert_null(strstr(plan, "SCAN outbox"));
		g_assert_null(strstr(plan, "SCAN item"));
		if (g_str_has_suffix(statements[i], "_empty"))
			g_assert_nonnull(
			    strstr(plan, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
	}
	scratch_close(&s);
}

/* Space goes back to the file system in small portions. */
static void
test_shrink(void)
{
	struct scratch s;
	scratch_open(&s);
	scratch_run(s.path,
	    "CREATE TABLE big (b); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < 200) INSERT INTO big SELECT zeroblob(8000) FROM n; DROP TABLE big;");
	gint64 free, before = G_MAXINT64;
	int rounds = 0;
	do {
		g_assert_true(store_shrink(s.db, 100, &free, NULL));
		g_assert_cmpint(free, <, before);
		before = free;
		rounds++;
	} while (free > 0);
	g_assert_cmpint(rounds, >, 2);
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/retention/requests", test_requests);
	g_test_add_func("/retention/recordings", test_recordings);
	g_test_add_func("/retention/steps", test_steps);
	g_test_add_func("/retention/forget", test_forget);
	g_test_add_func("/retention/attempts", test_attempts);
	g_test_add_func("/retention/plan", test_plan);
	g_test_add_func("/retention/shrink", test_shrink);
	return g_test_run();
}
