#include "store/recordings.h"
#include "tests/unit/store_scratch.h"

static gint64
put(store *db, const char *callid, const char *file, gint64 now, gint64 not_before)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_strconcat("2025/11/23/", file, NULL);
	const struct recording wanted = { .callid = (char *)callid,
		.file = (char *)file,
		.path = path,
		.not_before = not_before,
		.call_ended = 77,
		.title = (char *)"101",
		.artist = (char *)"79161234567" };
	gboolean added;
	recordings_put(db, &wanted, now, &added, &error);
	g_assert_no_error(error);
	return added ? store_last_id(db) : 0;
}

static struct recording
get(store *db, const char *callid, const char *file)
{
	struct recording recording = { 0 };
	gboolean found;
	g_assert_true(recordings_get(db, callid, file, &recording, &found, NULL));
	g_assert_true(found);
	return recording;
}

/* "callid/file …"; ends the array. */
static void
assert_files(GArray *recordings, const char *expected)
{
	g_assert_nonnull(recordings);
	g_autoptr(GString) text = g_string_new("");
	for (guint i = 0; i < recordings->len; i++) {
		const struct recording *r = &g_array_index(recordings, struct recording, i);
		g_string_append_printf(text, "%s%s/%s", i > 0 ? " " : "", r->callid, r->file);
	}
	g_assert_cmpstr(text->str, ==, expected);
	g_array_unref(recordings);
}

static void
test_put(void)
{
	struct scratch s;
	scratch_open(&s);
	struct recording recording = { 0 };
	gboolean found;
	g_assert_true(recordings_get(s.db, "c", "a.wav", &recording, &found, NULL));
	g_assert_false(found);
	g_assert_cmpint(put(s.db, "c", "a.wav", 100, 130), >, 0);
	/* Known by (callid, file): a second time changes nothing. */
	g_assert_cmpint(put(s.db, "c", "a.wav", 200, 230), ==, 0);
	g_assert_cmpint(put(s.db, "c", "b.wav", 200, 230), >, 0);
	g_assert_cmpint(put(s.db, "d", "a.wav", 200, 230), >, 0);

	recording = get(s.db, "c", "a.wav");
	g_assert_cmpstr(recording.path, ==, "2025/11/23/a.wav");
	g_assert_cmpint(recording.state, ==, RECORDING_WAITING);
	g_assert_cmpint(recording.since, ==, 100);
	g_assert_cmpint(recording.not_before, ==, 130);
	g_assert_cmpint(recording.call_ended, ==, 77);
	g_assert_cmpint(recording.source_size, ==, 0);
	g_assert_cmpint(recording.duration_ms, ==, 0);
	g_assert_null(recording.mp3);
	g_assert_null(recording.link);
	g_assert_null(recording.reason);
	g_assert_cmpstr(recording.title, ==, "101");
	g_assert_cmpstr(recording.artist, ==, "79161234567");
	g_assert_cmpint(recording.attempts, ==, 0);
	recording_clear(&recording);
	g_assert_null(recording.callid);
	scratch_close(&s);
}

/* One that is known not to be there awaits nothing; whoever looks for its path again does not find it waiting. */
static void
test_absent(void)
{
	struct scratch s;
	scratch_open(&s);
	struct recording wanted = { .callid = (char *)"c",
		.file = (char *)"a.wav",
		.path = (char *)"2025/11/23/a.wav",
		.state = RECORDING_NONE,
		.call_ended = 77,
		.reason = (char *)"not there" };
	gboolean added, emptied;
	gint64 n;
	g_assert_true(recordings_put(s.db, &wanted, 100, &added, NULL));
	g_assert_true(added);
	assert_files(recordings_claim(s.db, 1000, 9, NULL), "");
	struct recording recording = get(s.db, "c", "a.wav");
	g_assert_cmpint(recording.state, ==, RECORDING_NONE);
	g_assert_cmpint(recording.since, ==, 100);
	g_assert_cmpstr(recording.reason, ==, "not there");
	recording_clear(&recording);
	g_assert_cmpint(put(s.db, "c", "a.wav", 200, 230), ==, 0);
	g_assert_true(recordings_unfinished(s.db, wanted.path, &n, NULL));
	g_assert_cmpint(n, ==, 0);
	/* Of another call, which still wants it. */
	wanted.callid = (char *)"d";
	wanted.state = RECORDING_WAITING;
	g_assert_true(recordings_add(s.db, &wanted, 100, &added, NULL));
	g_assert_true(added);
	g_assert_true(recordings_unfinished(s.db, wanted.path, &n, NULL));
	g_assert_cmpint(n, ==, 1);
	/* The one that is none knows when the WAV went: so does the other when it is claimed. */
	scratch_run(s.path, "UPDATE recording SET wav_gone = 5 WHERE callid = 'c'");
	g_autoptr(GArray) claimed = recordings_claim(s.db, 1000, 9, NULL);
	g_assert_cmpint(claimed->len, ==, 1);
	g_assert_cmpint(g_array_index(claimed, struct recording, 0).wav_gone, ==, 5);

	g_assert_true(recordings_emptied(s.db, NULL, &emptied, NULL));
	g_assert_false(emptied);
	scratch_run(s.path,
	    "UPDATE recording SET file = 'removed', path = '', wav_gone = 0 WHERE callid = 'c'");
	g_assert_true(recordings_emptied(s.db, NULL, &emptied, NULL));
	g_assert_true(emptied);
	g_assert_true(recordings_emptied(s.db, "c", &emptied, NULL));
	g_assert_true(emptied);
	g_assert_true(recordings_emptied(s.db, "d", &emptied, NULL));
	g_assert_false(emptied);
	g_assert_cmpint(put(s.db, "c", "b.wav", 1, 1), ==, 0);
	scratch_close(&s);
}

static void
test_claim(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "c", "late.wav", 1, 300);
	put(s.db, "c", "second.wav", 2, 200);
	put(s.db, "c", "first.wav", 3, 100);
	put(s.db, "c", "third.wav", 4, 200);
	assert_files(recordings_claim(s.db, 99, 9, NULL), "");
	assert_files(recordings_claim(s.db, 200, 2, NULL), "c/first.wav c/second.wav");
	assert_files(recordings_claim(s.db, 200, 9, NULL), "c/third.wav");
	assert_files(recordings_claim(s.db, 200, 9, NULL), "");
	struct recording recording = get(s.db, "c", "first.wav");
	g_assert_cmpint(recording.state, ==, RECORDING_CONVERTING);
	g_assert_cmpint(recording.attempts, ==, 1);

	/* Not complete yet: again later. */
	recording.state = RECORDING_WAITING;
	recording.not_before = 250;
	recording.reason = g_strdup("still growing");
	g_assert_true(recordings_move(s.db, &recording, RECORDING_CONVERTING, NULL));
	recording_clear(&recording);
	assert_files(recordings_claim(s.db, 249, 9, NULL), "");
	g_autoptr(GArray) again = recordings_claim(s.db, 250, 9, NULL);
	g_assert_cmpint(again->len, ==, 1);
	const struct recording *claimed = &g_array_index(again, struct recording, 0);
	g_assert_cmpint(claimed->state, ==, RECORDING_CONVERTING);
	g_assert_cmpint(claimed->attempts, ==, 2);
	g_assert_cmpstr(claimed->reason, ==, "still growing");
	scratch_close(&s);
}

static void
test_done(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "c", "a.wav", 1, 1);
	assert_files(recordings_claim(s.db, 1, 1, NULL), "c/a.wav");
	struct recording recording = get(s.db, "c", "a.wav");
	recording.state = RECORDING_DONE;
	recording.source_size = 441044;
	recording.source_mtime = 9;
	recording.duration_ms = 27560;
	recording.mp3 = g_strdup("2025/11/23/a.mp3");
	recording.link = g_strdup("https://pbx.example/rec/k/a.mp3");
	g_assert_true(recordings_move(s.db, &recording, RECORDING_CONVERTING, NULL));
	recording_clear(&recording);
	recording = get(s.db, "c", "a.wav");
	g_assert_cmpint(recording.state, ==, RECORDING_DONE);
	g_assert_cmpint(recording.source_size, ==, 441044);
	g_assert_cmpint(recording.source_mtime, ==, 9);
	g_assert_cmpint(recording.duration_ms, ==, 27560);
	g_assert_cmpstr(recording.mp3, ==, "2025/11/23/a.mp3");
	g_assert_cmpstr(recording.link, ==, "https://pbx.example/rec/k/a.mp3");
	/* The source grew again: the link stays. */
	recording.state = RECORDING_WAITING;
	g_assert_true(recordings_move(s.db, &recording, RECORDING_DONE, NULL));
	recording_clear(&recording);
	recording = get(s.db, "c", "a.wav");
	g_assert_cmpint(recording.state, ==, RECORDING_WAITING);
	g_assert_cmpstr(recording.link, ==, "https://pbx.example/rec/k/a.mp3");
	recording_clear(&recording);
	scratch_close(&s);
}

/* The diagram in recordings.h, arrow by arrow: lines are from, columns are to. */
static void
test_transitions(void)
{
	static const gboolean legal[RECORDING_STATES][RECORDING_STATES] = {
		/*                waiting converting done   none   failed */
		/* waiting */ { FALSE, FALSE, FALSE, TRUE, TRUE },
		/* converting */ { TRUE, FALSE, TRUE, TRUE, TRUE },
		/* done */ { TRUE, FALSE, FALSE, FALSE, FALSE },
		/* none */ { TRUE, FALSE, FALSE, FALSE, FALSE },
		/* failed */ { TRUE, FALSE, FALSE, FALSE, FALSE },
	};
	struct scratch s;
	scratch_open(&s);
	for (int from = 0; from < RECORDING_STATES; from++)
		for (int to = 0; to < RECORDING_STATES; to++) {
			g_autofree char *file = g_strdup_printf("%d-%d.wav", from, to);
			g_autofree char *set =
			    g_strdup_printf("UPDATE recording SET state = '%s' WHERE file = '%s'",
				recording_state_name((enum recording_state)from), file);
			put(s.db, "c", file, 1, 1);
			scratch_run(s.path, set);
			struct recording recording = get(s.db, "c", file);
			g_assert_cmpint(recording.state, ==, from);
			recording.state = (enum recording_state)to;

			g_autoptr(GError) error = NULL;
			const gboolean moved =
			    recordings_move(s.db, &recording, (enum recording_state)from, &error);
			g_assert_cmpint(moved, ==, legal[from][to]);
			if (!moved)
				g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
			recording_clear(&recording);
			recording = get(s.db, "c", file);
			g_assert_cmpint(recording.state, ==, moved ? to : from);

			/* Legal, but it is not where it was thought to be. */
			if (moved) {
				g_clear_error(&error);
				g_assert_false(recordings_move(
				    s.db, &recording, (enum recording_state)from, &error));
				g_assert_error(error, STORE_ERROR, STORE_ERROR_STATE);
			}
			recording_clear(&recording);
		}
	scratch_close(&s);
}

static void
test_recover(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "c", "a.wav", 1, 1);
	put(s.db, "c", "b.wav", 1, 1);
	put(s.db, "c", "c.wav", 1, 1);
	assert_files(recordings_claim(s.db, 1, 2, NULL), "c/a.wav c/b.wav");
	int n = -1;
	g_assert_true(recordings_recover(s.db, &n, NULL));
	g_assert_cmpint(n, ==, 2);
	g_assert_true(recordings_recover(s.db, &n, NULL));
	g_assert_cmpint(n, ==, 0);
	assert_files(recordings_claim(s.db, 1, 9, NULL), "c/a.wav c/b.wav c/c.wav");
	scratch_close(&s);
}

static void
test_lists(void)
{
	struct scratch s;
	scratch_open(&s);
	gint64 counts[RECORDING_STATES];
	put(s.db, "c", "new.wav", 30, 1);
	put(s.db, "c", "old.wav", 10, 1);
	put(s.db, "d", "mid.wav", 20, 1);
	assert_files(recordings_of(s.db, "c", RECORDING_WAITING, 9, NULL), "c/old.wav c/new.wav");
	assert_files(recordings_of(s.db, "c", RECORDING_WAITING, 1, NULL), "c/old.wav");
	struct recording recording = get(s.db, "d", "mid.wav");
	recording.state = RECORDING_FAILED;
	recording.reason = g_strdup("not audio");
	g_assert_true(recordings_move(s.db, &recording, RECORDING_WAITING, NULL));
	recording_clear(&recording);
	assert_files(recordings_of(s.db, NULL, RECORDING_FAILED, 9, NULL), "d/mid.wav");
	assert_files(recordings_of(s.db, NULL, RECORDING_WAITING, 9, NULL), "c/old.wav c/new.wav");
	assert_files(recordings_of(s.db, NULL, RECORDING_DONE, 9, NULL), "");
	/* Of a call: whatever the state. */
	assert_files(recordings_of(s.db, "d", RECORDING_DONE, 9, NULL), "d/mid.wav");
	g_assert_true(recordings_counts(s.db, counts, NULL));
	g_assert_cmpint(counts[RECORDING_WAITING], ==, 2);
	g_assert_cmpint(counts[RECORDING_FAILED], ==, 1);
	g_assert_cmpint(counts[RECORDING_DONE] + counts[RECORDING_NONE], ==, 0);
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recordings/put", test_put);
	g_test_add_func("/recordings/absent", test_absent);
	g_test_add_func("/recordings/claim", test_claim);
	g_test_add_func("/recordings/done", test_done);
	g_test_add_func("/recordings/transitions", test_transitions);
	g_test_add_func("/recordings/recover", test_recover);
	g_test_add_func("/recordings/lists", test_lists);
	return g_test_run();
}
