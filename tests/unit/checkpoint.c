#include "store/checkpoint.h"
#include "tests/unit/store_scratch.h"

static void
test_cursor(void)
{
	struct scratch s;
	scratch_open(&s);
	struct checkpoint checkpoint;
	gboolean found;
	g_assert_true(checkpoint_get(s.db, &checkpoint, &found, NULL));
	g_assert_false(found);
	for (gint64 i = 1; i <= 2; i++) {
		const struct checkpoint put = {
			.cursor = 10 * i, .start = 20 * i, .first_pass = 30 * i, .last_pass = 40 * i
		};
		g_assert_true(checkpoint_put(s.db, &put, NULL));
		g_assert_true(checkpoint_get(s.db, &checkpoint, &found, NULL));
		g_assert_true(found);
		g_assert_cmpint(checkpoint.cursor, ==, 10 * i);
		g_assert_cmpint(checkpoint.start, ==, 20 * i);
		g_assert_cmpint(checkpoint.first_pass, ==, 30 * i);
		g_assert_cmpint(checkpoint.last_pass, ==, 40 * i);
	}
	scratch_close(&s);
}

static gint64
seasoned(store *db, gint64 before)
{
	gint64 id = -1;
	g_assert_true(checkpoint_seasoned(db, before, &id, NULL));
	return id;
}

static void
test_sightings(void)
{
	struct scratch s;
	scratch_open(&s);
	g_assert_cmpint(seasoned(s.db, 1000), ==, 0);
	g_assert_true(checkpoint_sight(s.db, 100, 10, NULL));
	g_assert_true(checkpoint_sight(s.db, 100, 20, NULL)); /* known since 10 */
	g_assert_true(checkpoint_sight(s.db, 90, 20, NULL));  /* so was this */
	g_assert_true(checkpoint_sight(s.db, 200, 30, NULL));
	g_assert_true(checkpoint_sight(s.db, 300, 40, NULL));
	g_assert_cmpint(seasoned(s.db, 9), ==, 0);
	g_assert_cmpint(seasoned(s.db, 10), ==, 100);
	g_assert_cmpint(seasoned(s.db, 29), ==, 100);
	g_assert_cmpint(seasoned(s.db, 39), ==, 200);
	/* What is below is dropped, what was answered is not. */
	g_autofree char *left = scratch_shell(s.path, "SELECT group_concat(id) FROM sighting");
	g_assert_cmpstr(left, ==, "200,300");
	g_assert_cmpint(seasoned(s.db, 39), ==, 200);
	g_assert_cmpint(seasoned(s.db, 40), ==, 300);
	scratch_close(&s);
}

/* The clock ran ahead, rows were seen "tomorrow", then it was put right. Tried: sighting/clamp left out. */
static void
test_sightings_clock(void)
{
	struct scratch s;
	scratch_open(&s);
	g_assert_true(checkpoint_sight(s.db, 100, 86400, NULL));
	g_assert_cmpint(seasoned(s.db, 50), ==, 0);
	g_assert_true(checkpoint_sight(s.db, 100, 60, NULL));
	g_assert_cmpint(seasoned(s.db, 59), ==, 0);
	g_assert_cmpint(seasoned(s.db, 60), ==, 100);
	scratch_close(&s);
}

/* The same for calls that are open: they are due when their time has come by the clock that is right. Tried: open/clamp left out. */
static void
test_open_clock(void)
{
	struct scratch s;
	scratch_open(&s);
	struct open_call open = { .linkedid = (char *)"1.1",
		.group = (char *)"1.1",
		.began = 10,
		.last_seen = 86400,
		.asked = 86390 };
	g_assert_true(checkpoint_open_put(s.db, &open, NULL));
	g_assert_true(checkpoint_clock_set_back(s.db, 60, NULL));
	g_autoptr(GArray) due = checkpoint_open_due(s.db, 60, 60, 10, NULL);
	g_assert_cmpuint(due->len, ==, 1);
	g_assert_cmpint(g_array_index(due, struct open_call, 0).last_seen, ==, 60);
	scratch_close(&s);
}

static void
put_gap(store *db, gint64 first, gint64 last, gint64 since)
{
	g_autoptr(GError) error = NULL;
	checkpoint_gap_put(
	    db, &(struct gap){ .first = first, .last = last, .since = since }, &error);
	g_assert_no_error(error);
}

static void
fill(store *db, gint64 first, gint64 last)
{
	g_autoptr(GError) error = NULL;
	checkpoint_gap_fill(db, first, last, &error);
	g_assert_no_error(error);
}

/* The gaps as text: "first-last@since …". */
static void
assert_gaps(store *db, const char *expected)
{
	g_autoptr(GArray) gaps = checkpoint_gaps(db, NULL);
	g_autoptr(GString) text = g_string_new("");
	for (guint i = 0; i < gaps->len; i++) {
		const struct gap *gap = &g_array_index(gaps, struct gap, i);
		g_string_append_printf(text,
		    "%s%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "@%" G_GINT64_FORMAT,
		    i > 0 ? " " : "", gap->first, gap->last, gap->since);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void
test_gaps(void)
{
	struct scratch s;
	scratch_open(&s);
	put_gap(s.db, 30, 39, 2);
	put_gap(s.db, 10, 19, 1);
	assert_gaps(s.db, "10-19@1 30-39@2");
	/* What is known keeps its time, the rest is new; gaps never overlap. */
	put_gap(s.db, 12, 15, 5);
	assert_gaps(s.db, "10-19@1 30-39@2");
	put_gap(s.db, 5, 34, 5);
	assert_gaps(s.db, "5-9@5 10-19@1 20-29@5 30-39@2");
	put_gap(s.db, 38, 41, 6);
	assert_gaps(s.db, "5-9@5 10-19@1 20-29@5 30-39@2 40-41@6");

	fill(s.db, 100, 200);
	fill(s.db, 1, 4);
	assert_gaps(s.db, "5-9@5 10-19@1 20-29@5 30-39@2 40-41@6");
	fill(s.db, 5, 5);   /* the beginning */
	fill(s.db, 9, 9);   /* the end */
	fill(s.db, 15, 15); /* the middle: two are left */
	assert_gaps(s.db, "6-8@5 10-14@1 16-19@1 20-29@5 30-39@2 40-41@6");
	fill(s.db, 18, 31); /* over several */
	assert_gaps(s.db, "6-8@5 10-14@1 16-17@1 32-39@2 40-41@6");
	fill(s.db, 32, 39); /* exactly one */
	fill(s.db, 33, 35); /* nothing there */
	assert_gaps(s.db, "6-8@5 10-14@1 16-17@1 40-41@6");
	g_assert_true(checkpoint_gap_expire(s.db, 5, NULL));
	assert_gaps(s.db, "6-8@5 40-41@6");
	fill(s.db, G_MININT64, G_MAXINT64);
	assert_gaps(s.db, "");
	scratch_close(&s);
}

static void
put_mark(store *db, gint64 id)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *uniqueid = g_strdup_printf("17639009.%" G_GINT64_FORMAT, id);
	checkpoint_mark_put(
	    db, &(struct mark){ .id = id, .uniqueid = uniqueid, .wall = id * 10 }, &error);
	g_assert_no_error(error);
}

/* At every moment: the newest 16, and behind them about one for each power of two, back to the first. */
static void
test_marks(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	for (gint64 id = 1; id <= 3000; id++) {
		put_mark(s.db, id);
		g_autoptr(GArray) marks = checkpoint_marks(s.db, NULL);
		g_assert_cmpint(marks->len, <=, 16 + 12);
		gint64 newer = id;
		for (guint i = 0; i < marks->len; i++) {
			const struct mark *mark = &g_array_index(marks, struct mark, i);
			if (i < 16)
				g_assert_cmpint(mark->id, ==, id - i);
			/* Never a hole of more than a factor of four in the distance. */
			g_assert_cmpint(id - mark->id, <=, 4 * MAX(id - newer, 8));
			g_autofree char *uniqueid =
			    g_strdup_printf("17639009.%" G_GINT64_FORMAT, mark->id);
			g_assert_cmpstr(mark->uniqueid, ==, uniqueid);
			g_assert_cmpint(mark->wall, ==, mark->id * 10);
			newer = mark->id;
		}
		g_assert_cmpint(id - newer, >=, (id - 1) / 4);
	}
	assert_commit(s.db);

	g_assert_true(checkpoint_forget_above(s.db, 2990, NULL));
	g_autoptr(GArray) marks = checkpoint_marks(s.db, NULL);
	g_assert_cmpint(g_array_index(marks, struct mark, 0).id, ==, 2990);
	/* The table was restored: another row has that id now. */
	g_assert_true(checkpoint_mark_put(
	    s.db, &(struct mark){ .id = 2990, .uniqueid = (char *)"other", .wall = 1 }, NULL));
	g_autoptr(GArray) again = checkpoint_marks(s.db, NULL);
	g_assert_cmpstr(g_array_index(again, struct mark, 0).uniqueid, ==, "other");
	g_assert_cmpint(again->len, ==, marks->len);
	scratch_close(&s);
}

/* Ids jump: distances up to the whole range of ids. */
static void
test_marks_far(void)
{
	struct scratch s;
	scratch_open(&s);
	put_mark(s.db, 1);
	for (gint64 i = 0; i < 40; i++)
		put_mark(s.db, G_MAXINT64 / 16 + i);
	g_autoptr(GArray) marks = checkpoint_marks(s.db, NULL);
	g_assert_cmpint(g_array_index(marks, struct mark, marks->len - 1).id, ==, 1);
	g_assert_cmpint(marks->len, <=, 16 + 7);
	scratch_close(&s);
}

static void
put_open(store *db, const char *linkedid, const char *group, gint64 seen, gint64 asked)
{
	g_autoptr(GError) error = NULL;
	const struct open_call open = { .linkedid = (char *)linkedid,
		.group = (char *)group,
		.began = 5,
		.last_seen = seen,
		.asked = asked };
	checkpoint_open_put(db, &open, &error);
	g_assert_no_error(error);
}

/* "linkedid/group/last_seen/asked …" */
static void
assert_open(GArray *open, const char *expected)
{
	g_assert_nonnull(open);
	g_autoptr(GString) text = g_string_new("");
	for (guint i = 0; i < open->len; i++) {
		const struct open_call *call = &g_array_index(open, struct open_call, i);
		g_assert_cmpint(call->began, ==, 5);
		g_string_append_printf(text, "%s%s/%s/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
		    i > 0 ? " " : "", call->linkedid, call->group, call->last_seen, call->asked);
	}
	g_assert_cmpstr(text->str, ==, expected);
	g_array_unref(open);
}

static void
test_open(void)
{
	struct scratch s;
	scratch_open(&s);
	gint64 groups = -1;
	g_autoptr(GError) error = NULL;
	g_assert_true(checkpoint_open_count(s.db, &groups, NULL));
	g_assert_cmpint(groups, ==, 0);
	g_assert_null(checkpoint_open_group(s.db, "1.1", &error));
	g_assert_no_error(error);

	put_open(s.db, "1.1", "1.1", 10, 0);
	put_open(s.db, "1.5", "1.5", 20, 0);
	put_open(s.db, "2.9", "2.9", 30, 15);
	/* Two linkedids turn out to be one group. */
	put_open(s.db, "1.5", "1.1", 20, 0);
	g_assert_true(checkpoint_open_count(s.db, &groups, NULL));
	g_assert_cmpint(groups, ==, 2);
	g_autofree char *group = checkpoint_open_group(s.db, "1.5", NULL);
	g_assert_cmpstr(group, ==, "1.1");
	assert_open(checkpoint_open_of(s.db, "1.1", NULL), "1.1/1.1/10/0 1.5/1.1/20/0");
	assert_open(checkpoint_open_of(s.db, "1.5", NULL), "");

	assert_open(
	    checkpoint_open_due(s.db, 30, 15, 9, NULL), "1.1/1.1/10/0 1.5/1.1/20/0 2.9/2.9/30/15");
	assert_open(checkpoint_open_due(s.db, 30, 14, 9, NULL), "1.1/1.1/10/0 1.5/1.1/20/0");
	assert_open(checkpoint_open_due(s.db, 19, 15, 9, NULL), "1.1/1.1/10/0");
	assert_open(checkpoint_open_due(s.db, 30, 15, 2, NULL), "1.1/1.1/10/0 1.5/1.1/20/0");
	/* Who was asked for goes to the end: a limit starves nobody. */
	put_open(s.db, "1.1", "1.1", 10, 40);
	assert_open(checkpoint_open_due(s.db, 99, 99, 2, NULL), "1.5/1.1/20/0 2.9/2.9/30/15");

	g_assert_true(checkpoint_open_drop(s.db, "1.1", NULL));
	assert_open(checkpoint_open_due(s.db, 99, 99, 9, NULL), "2.9/2.9/30/15");
	g_assert_true(checkpoint_open_drop(s.db, "1.1", NULL));
	scratch_close(&s);
}

static void
test_asterisks(void)
{
	struct scratch s;
	scratch_open(&s);
	const struct asterisk put[] = {
		{ .systemname = (char *)"", .epoch = 1, .counter = 2, .restarted = 0 },
		{ .systemname = (char *)"pbx1", .epoch = 3, .counter = 4, .restarted = 5 },
		{ .systemname = (char *)"", .epoch = 6, .counter = 7, .restarted = 8 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(put); i++)
		g_assert_true(checkpoint_asterisk_put(s.db, &put[i], NULL));
	g_autoptr(GArray) got = checkpoint_asterisks(s.db, NULL);
	g_assert_cmpint(got->len, ==, 2);
	for (guint i = 0; i < 2; i++) {
		const struct asterisk *is = &g_array_index(got, struct asterisk, i);
		const struct asterisk *expected = &put[2 - i];
		g_assert_cmpstr(is->systemname, ==, expected->systemname);
		g_assert_cmpint(is->epoch, ==, expected->epoch);
		g_assert_cmpint(is->counter, ==, expected->counter);
		g_assert_cmpint(is->restarted, ==, expected->restarted);
	}
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/checkpoint/cursor", test_cursor);
	g_test_add_func("/checkpoint/sightings", test_sightings);
	g_test_add_func("/checkpoint/sightings-clock", test_sightings_clock);
	g_test_add_func("/checkpoint/gaps", test_gaps);
	g_test_add_func("/checkpoint/marks", test_marks);
	g_test_add_func("/checkpoint/marks-far", test_marks_far);
	g_test_add_func("/checkpoint/open", test_open);
	g_test_add_func("/checkpoint/open-clock", test_open_clock);
	g_test_add_func("/checkpoint/asterisks", test_asterisks);
	return g_test_run();
}
