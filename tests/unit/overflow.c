/*
 * Groups that have no room in memory leave for a file and come back: real captures, rebuilt with room for a few groups only, must give the
 * calls that they give with room for all.
 */
#include "poller/source.h"
#include "sync/call_json.h"
#include "sync/overflow.h"
#include "sync/rebuild.h"

#include <string.h>

struct told {
	GPtrArray *lines; /* a call each */
	gint64 lowest;    /* of the last block */
	guint held_most;  /* that were ever held when a group was told */
	rebuild *rebuild;
};

static gboolean
note_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	struct told *told = data;
	(void)t;
	/* Whoever stops after a block reads again from behind its id: no group that is not told yet may have begun before. */
	g_assert_cmpint(group->first_id, >, told->lowest);
	(void)error;
	for (guint i = 0; i < calls->len; i++) {
		json_t *json = call_to_json(calls->pdata[i]);
		char *line = json_dumps(json, JSON_SORT_KEYS);
		g_ptr_array_add(told->lines, g_strdup(line));
		free(line);
		json_decref(json);
	}
	told->held_most = MAX(told->held_most, assembly_held(rebuild_assembly(told->rebuild)));
	return TRUE;
}

/* The cursor never passes what only memory or the file has: at the end it is at the last row, and it never goes back. */
static gboolean
note_block(gint64 id, gpointer data, GError **error)
{
	struct told *told = data;
	(void)error;
	g_assert_cmpint(id, >=, told->lowest);
	told->lowest = id;
	return TRUE;
}

static int
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The calls of a capture, sorted, one a line. */
static char *
calls_of(const char *capture, guint held_most, gboolean hold, guint *held)
{
	const char *top = g_getenv("CELSYNC_TOP");
	g_autofree char *path =
	    g_build_filename(top != NULL ? top : ".", "tests/captures/ast22", capture, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(trunk, (gpointer) "mango");
	struct call_rules rules = { .trunk = trunk };
	struct zone zone;
	gint64 first, last;
	zone_init(&zone, utc, TRUE);
	struct source_config config = { .driver = SOURCE_SQLITE, .path = path };
	g_autoptr(source) from = source_open(&config, &error);
	g_assert_no_error(error);
	struct rebuild_options options = { .rules = &rules,
		.zone = &zone,
		.hold = hold,
		.held_most = held_most,
		.stale = G_TIME_SPAN_DAY };
	struct told told = { .lines = g_ptr_array_new_with_free_func(g_free),
		.lowest = G_MININT64 };
	g_autoptr(rebuild) r = rebuild_new(from, &options, note_group, note_block, &told);
	told.rebuild = r;
	g_assert_true(source_bounds(from, &first, &last, &error));
	g_assert_true(rebuild_scan(r, first - 1, last, NULL, &error));
	g_assert_true(rebuild_finish(r, &error));
	g_assert_cmpint(told.lowest, ==, last);
	g_ptr_array_sort(told.lines, by_text);
	g_ptr_array_add(told.lines, NULL);
	char *all = g_strjoinv("\n", (char **)told.lines->pdata);
	*held = told.held_most;
	g_ptr_array_unref(told.lines);
	/* Before the source that it reads from. */
	g_clear_pointer(&r, rebuild_free);
	return all;
}

/* Tried: the lowest id of those away not counted into the cursor; those away not brought back in the end; a group's `alive` lost on its way. */
static void
test_captures(void)
{
	static const guint few[] = { 1, 2, 7, 40 };
	guint held;
	g_autofree char *wanted = calls_of("master.db", 0, TRUE, &held);
	g_assert_cmpuint(held, >, 100);
	for (guint i = 0; i < G_N_ELEMENTS(few); i++) {
		for (int hold = 0; hold < 2; hold++) {
			g_autofree char *got = calls_of("master.db", few[i], hold, &held);
			g_assert_cmpstr(got, ==, wanted);
		}
	}
}

/* What a channel and a step carry is what it was; the file is not asked twice for one parcel. */
static void
test_file(void)
{
	g_autoptr(GError) error = NULL;
	spill *s = spill_new(&error);
	g_assert_no_error(error);
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(guint64));
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	gint64 lowest;
	gboolean found;
	g_assert_true(spill_lowest(s, &lowest, &error));
	g_assert_cmpint(lowest, ==, G_MAXINT64);
	for (guint64 i = 1; i <= 3; i++) {
		const guint64 both[] = { i, G_MAXUINT64 - i };
		g_array_set_size(names, 0);
		g_array_append_vals(names, both, 2);
		g_byte_array_set_size(bytes, 0);
		g_byte_array_append(bytes, (const guint8 *)&i, sizeof i);
		g_assert_true(spill_put(s, 10 * (gint64)i, 100 - (gint64)i, names, bytes, &error));
	}
	g_assert_true(spill_lowest(s, &lowest, &error));
	g_assert_cmpint(lowest, ==, 10);
	/* Due at 97, 98, 99: the third comes first. */
	g_assert_true(spill_take(s, SPILL_BY_TIME, 96, bytes, &found, &error));
	g_assert_false(found);
	g_assert_true(spill_take(s, SPILL_BY_TIME, 98, bytes, &found, &error));
	g_assert_true(found && bytes->len == 8 && bytes->data[0] == 3);
	g_assert_true(spill_take(s, SPILL_BY_NAME, 3, bytes, &found, &error));
	g_assert_false(found);
	g_assert_true(
	    spill_take(s, SPILL_BY_NAME, (gint64)(G_MAXUINT64 - 2), bytes, &found, &error));
	g_assert_true(found && bytes->data[0] == 2);
	g_assert_true(spill_take(s, SPILL_BY_ID, 0, bytes, &found, &error));
	g_assert_true(found && bytes->data[0] == 1);
	g_assert_true(spill_take(s, SPILL_BY_ID, 0, bytes, &found, &error));
	g_assert_false(found);
	spill_free(s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/overflow/file", test_file);
	g_test_add_func("/overflow/captures", test_captures);
	return g_test_run();
}
