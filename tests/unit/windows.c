#include "store/windows.h"
#include "tests/unit/store_scratch.h"

static void
put(store *db, const char *callid, const char *ext, gint64 n, const char *opened_by, gint64 opened,
    const char *closed_as)
{
	g_autoptr(GError) error = NULL;
	const struct window window = { .callid = (char *)callid,
		.ext = (char *)ext,
		.n = n,
		.opened_by = (char *)opened_by,
		.opened = opened,
		.closed_as = (char *)closed_as,
		.closed = closed_as != NULL ? opened + 5 : 0 };
	windows_put(db, &window, &error);
	g_assert_no_error(error);
}

/* "callid/ext/n …" */
static void
assert_windows(GArray *windows, const char *expected)
{
	g_assert_nonnull(windows);
	g_autoptr(GString) text = g_string_new("");
	for (guint i = 0; i < windows->len; i++) {
		const struct window *w = &g_array_index(windows, struct window, i);
		g_string_append_printf(
		    text, "%s%s/%s/%" G_GINT64_FORMAT, i > 0 ? " " : "", w->callid, w->ext, w->n);
	}
	g_assert_cmpstr(text->str, ==, expected);
	g_array_unref(windows);
}

static void
test_get(void)
{
	struct scratch s;
	scratch_open(&s);
	struct window window = { 0 };
	gboolean found;
	g_assert_true(windows_get(s.db, "c", "101", &window, &found, NULL));
	g_assert_false(found);

	const struct window full = { .callid = (char *)"c",
		.ext = (char *)"101",
		.n = 1,
		.opened_by = (char *)"hook",
		.opened = 10,
		.accepted = (char *)"yes",
		.closed_as = (char *)"Success",
		.closed = 20,
		.final = TRUE };
	g_assert_true(windows_put(s.db, &full, NULL));
	put(s.db, "c", "101", 0, NULL, 0, NULL);
	put(s.db, "c", "102", 7, NULL, 0, NULL);
	/* The newest, with all that was written. */
	g_assert_true(windows_get(s.db, "c", "101", &window, &found, NULL));
	g_assert_true(found);
	g_assert_cmpstr(window.callid, ==, "c");
	g_assert_cmpstr(window.ext, ==, "101");
	g_assert_cmpint(window.n, ==, 1);
	g_assert_cmpstr(window.opened_by, ==, "hook");
	g_assert_cmpint(window.opened, ==, 10);
	g_assert_cmpstr(window.accepted, ==, "yes");
	g_assert_cmpstr(window.closed_as, ==, "Success");
	g_assert_cmpint(window.closed, ==, 20);
	g_assert_true(window.final);
	window_clear(&window);
	g_assert_null(window.callid);

	/* Replaced by its key, in every column. */
	put(s.db, "c", "101", 1, "poll", 30, NULL);
	g_assert_true(windows_get(s.db, "c", "101", &window, &found, NULL));
	g_assert_cmpstr(window.opened_by, ==, "poll");
	g_assert_cmpint(window.opened, ==, 30);
	g_assert_null(window.accepted);
	g_assert_null(window.closed_as);
	g_assert_cmpint(window.closed, ==, 0);
	g_assert_false(window.final);
	window_clear(&window);
	scratch_close(&s);
}

/* Added only where it is new. */
static void
test_add(void)
{
	struct scratch s;
	scratch_open(&s);
	const struct window window = { .callid = (char *)"c",
		.ext = (char *)"101",
		.closed_as = (char *)"Missed",
		.closed = 20,
		.final = TRUE };
	struct window read = { 0 };
	gboolean added = FALSE, found;
	g_assert_true(windows_add(s.db, &window, &added, NULL));
	g_assert_true(added);
	g_assert_true(windows_get(s.db, "c", "101", &read, &found, NULL));
	g_assert_true(found && read.final && read.opened_by == NULL);
	g_assert_cmpstr(read.closed_as, ==, "Missed");
	window_clear(&read);
	put(s.db, "c", "102", 0, "hook", 10, NULL);
	const struct window other = { .callid = (char *)"c", .ext = (char *)"102", .final = TRUE };
	g_assert_true(windows_add(s.db, &other, &added, NULL));
	g_assert_false(added);
	g_assert_true(windows_get(s.db, "c", "102", &read, &found, NULL));
	g_assert_cmpstr(read.opened_by, ==, "hook");
	g_assert_false(read.final);
	window_clear(&read);
	scratch_close(&s);
}

static void
test_of(void)
{
	struct scratch s;
	scratch_open(&s);
	put(s.db, "b", "101", 0, "hook", 50, "Cancelled");
	put(s.db, "b", "101", 1, "hook", 60, NULL);
	put(s.db, "b", "100", 0, NULL, 0, NULL); /* never opened */
	put(s.db, "a", "101", 0, "poll", 70, NULL);
	put(s.db, "c", "101", 0, "hook", 55, NULL);
	assert_windows(windows_of(s.db, "b", 0, NULL), "b/100/0 b/101/0 b/101/1");
	assert_windows(windows_of(s.db, "d", 0, NULL), "");
	assert_windows(windows_of(s.db, NULL, 1000, NULL), "c/101/0 b/101/1 a/101/0");
	assert_windows(windows_of(s.db, NULL, 60, NULL), "c/101/0");
	assert_windows(windows_of(s.db, NULL, 55, NULL), "");
	scratch_close(&s);
}

/* What is written here is read back when the next event is made: nothing else gets in. */
static void
test_wrong(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autoptr(GError) error = NULL;
	const struct window window = {
		.callid = (char *)"c", .ext = (char *)"101", .opened_by = (char *)"somebody"
	};
	g_assert_false(windows_put(s.db, &window, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_SQL);
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/windows/get", test_get);
	g_test_add_func("/windows/add", test_add);
	g_test_add_func("/windows/of", test_of);
	g_test_add_func("/windows/wrong", test_wrong);
	return g_test_run();
}
