/*
 * The SQLite source on the files that Asterisk wrote, and on files of every odd shape.
 */
#include "poller/source.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

static char *folder;

static char *
capture_path(void)
{
	const char *top = g_getenv("CELSYNC_TOP");
	return g_build_filename(top != NULL ? top : ".", "tests/captures/ast22/master.db", NULL);
}

/* A new database made by `sql`; the caller frees its path. */
static char *
database(const char *sql)
{
	static int n;
	char *path = g_strdup_printf("%s/%d.db", folder, n++);
	sqlite3 *db;
	char *message = NULL;
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	g_assert_cmpstr(message, ==, NULL);
	g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
	return path;
}

static source *
open_path(const char *path)
{
	GError *error = NULL;
	const struct source_config config = { .driver = SOURCE_SQLITE, .path = path, .timeout = 1 };
	source *s = source_open(&config, &error);
	g_assert_no_error(error);
	return s;
}

/* All of a row in one string. */
static char *
whole_row(const struct cel_row *row)
{
	return g_strdup_printf("%" G_GINT64_FORMAT "|%s|%" G_GINT64_FORMAT
			       "|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s",
	    row->id, cel_event_name(row->event), row->time.us, row->uniqueid, row->linkedid,
	    cel_text(row, CEL_CHANNAME), cel_text(row, CEL_CID_NAME), cel_text(row, CEL_CID_NUM),
	    cel_text(row, CEL_EXTEN), cel_text(row, CEL_APPNAME), cel_text(row, CEL_APPDATA),
	    cel_text(row, CEL_PEER), cel_text(row, CEL_USERDEFTYPE), cel_text(row, CEL_EXTRA));
}

static GPtrArray *
scanned(source *s, gint64 after, gint64 until)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	struct cel_row row;
	int result;
	g_assert_true(source_scan(s, after, until, &error));
	while ((result = source_scan_next(s, &row, &error)) == 1)
		g_ptr_array_add(rows, whole_row(&row));
	g_assert_no_error(error);
	g_assert_cmpint(result, ==, 0);
	return rows;
}

static GPtrArray *
answered_cel(source *s)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	struct cel_row row;
	int result;
	while ((result = source_answer_cel(s, &row, &error)) == 1)
		g_ptr_array_add(rows, whole_row(&row));
	g_assert_no_error(error);
	g_assert_cmpint(result, ==, 0);
	return rows;
}

/* "uniqueid/calldate/dst" of every row of a CDR answer, joined by spaces. */
static char *
answered_cdr(source *s)
{
	GString *all = g_string_new(NULL);
	GError *error = NULL;
	struct cdr_row row;
	int result;
	while ((result = source_answer_cdr(s, &row, &error)) == 1)
		g_string_append_printf(all, "%s%s/%" G_GINT64_FORMAT "/%s", all->len > 0 ? " " : "",
		    row.uniqueid,
		    row.calldate.us == WALL_NONE ? -1 : row.calldate.us / G_USEC_PER_SEC, row.dst);
	g_assert_no_error(error);
	g_assert_cmpint(result, ==, 0);
	return g_string_free(all, FALSE);
}

static void
test_a_scan_is_the_whole_table(void)
{
	g_autofree char *path = capture_path();
	g_autofree char *before = NULL, *after = NULL;
	gsize before_length, after_length;
	g_assert_true(g_file_get_contents(path, &before, &before_length, NULL));
	g_autoptr(source) s = open_path(path);
	g_autoptr(GPtrArray) rows = scanned(s, 0, G_MAXINT64);

	sqlite3 *db;
	sqlite3_stmt *all;
	g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db,
			    "SELECT uniqueid || '|' || linkedid || '|' || channame || '|' || "
			    "cidname || '|' || cidnum || '|' || exten || '|' || appname || '|' || "
			    "appdata || '|' || peer || '|' || userdeftype || '|' || "
			    "eventextra, eventtype, eventtime FROM cel ORDER BY AcctId",
			    -1, &all, NULL),
	    ==, SQLITE_OK);
	guint n = 0;
	for (; sqlite3_step(all) == SQLITE_ROW; n++) {
		const char *name = (const char *)sqlite3_column_text(all, 1);
		const enum cel_event event = cel_event_from_name(name, strlen(name));
		g_autofree char *expected = g_strdup_printf("%u|%s|%" G_GINT64_FORMAT "|%s", n + 1,
		    cel_event_name(event), wall_parse((const char *)sqlite3_column_text(all, 2)).us,
		    (const char *)sqlite3_column_text(all, 0));
		g_assert_cmpuint(n, <, rows->len);
		g_assert_cmpstr(g_ptr_array_index(rows, n), ==, expected);
	}
	sqlite3_finalize(all);
	sqlite3_close(db);
	g_assert_cmpuint(n, ==, 3271);
	g_assert_cmpuint(rows->len, ==, n);

	g_assert_true(g_file_get_contents(path, &after, &after_length, NULL));
	g_assert_cmpmem(before, before_length, after, after_length);
}

static void
test_what_the_capture_is(void)
{
	g_autofree char *path = capture_path();
	g_autoptr(source) s = open_path(path);
	GError *error = NULL;
	gint64 first, last, id;
	struct wall time;
	gboolean found;
	g_assert_cmpstr(source_name(s), ==, path);
	g_assert_true(source_has_cel(s));
	g_assert_true(source_has_cdr(s));
	g_autofree char *missing = g_strjoinv(" ", (char **)source_missing(s));
	g_assert_cmpstr(missing, ==, "cdr.sequence");
	g_assert_true(source_bounds(s, &first, &last, &error));
	g_assert_cmpint(first, ==, 1);
	g_assert_cmpint(last, ==, 3271);
	g_assert_true(source_probe(s, 2, &id, &time, &found, &error));
	g_assert_true(found);
	g_assert_cmpint(id, ==, 2);
	g_assert_cmpint(time.us, ==, wall_parse("2026-11-23 01:25:50.284861").us);
	g_assert_true(source_probe(s, 3272, &id, &time, &found, &error));
	g_assert_false(found);
	g_assert_no_error(error);
}

static void
test_parts_of_a_scan(void)
{
	/* Ids around the edges of windows, a hole, and ids as far out as they go. */
	g_autofree char *path =
	    database("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
		     "eventtime, uniqueid, linkedid, channame);"
		     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		     "WHERE i < 2600) INSERT INTO cel SELECT i, 'ANSWER', '2025-01-01 "
		     "00:00:00', 'u' || i, 'l', 'c' FROM n WHERE i < 1001 OR i > 1999;"
		     "INSERT INTO cel SELECT 5000000000 + AcctId, eventtype, eventtime, "
		     "uniqueid, linkedid, channame FROM cel WHERE AcctId < 4;"
		     "INSERT INTO cel VALUES (9223372036854775806, 'ANSWER', '', "
		     "'last', 'l', 'c');");
	static const struct {
		gint64 after, until;
		guint n;
	} parts[] = {
		{ 0, G_MAXINT64, 1605 },
		{ 0, 1, 1 },
		{ 0, 500, 500 },
		{ 0, 501, 501 },
		{ 499, 501, 2 },
		{ 500, 1000, 500 },
		{ 1000, 1999, 0 },
		{ 999, 2001, 3 },
		{ 2600, 5000000001, 1 },
		{ 5000000003, 5000000003, 0 },
		{ 5000000003, G_MAXINT64, 1 },
		{ 10, 5, 0 },
		{ 0, 0, 0 },
	};
	g_autoptr(source) s = open_path(path);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GPtrArray) rows = scanned(s, parts[i].after, parts[i].until);
		g_assert_cmpuint(rows->len, ==, parts[i].n);
		GError *error = NULL;
		gint64 id, before = parts[i].after;
		guint n = 0;
		g_assert_true(source_ask_ids(s, parts[i].after, parts[i].until, &error));
		for (; source_answer_id(s, &id, &error) == 1; n++, before = id)
			g_assert_cmpint(id, >, before);
		g_assert_no_error(error);
		g_assert_cmpuint(n, ==, parts[i].n);
	}
	/* A scan that was stopped, or replaced by another one, is gone. */
	GError *error = NULL;
	struct cel_row row;
	g_assert_true(source_scan(s, 0, 100, &error));
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
	source_scan_stop(s);
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 0);
	g_assert_true(source_scan(s, 0, 100, &error));
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
	g_assert_true(source_scan(s, 50, 100, &error));
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
	g_assert_cmpint(row.id, ==, 51);
}

/* Every question answers exactly the rows that a scan finds for the same ids. */
static void
check_questions(const char *path)
{
	g_autoptr(source) s = open_path(path);
	g_autoptr(GHashTable) linkedids =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) asked = g_ptr_array_new();
	g_autoptr(GPtrArray) expected = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	struct cel_row row;
	/* Every third linkedid. */
	g_assert_true(source_scan(s, 0, G_MAXINT64, &error));
	while (source_scan_next(s, &row, &error) == 1) {
		if (!g_hash_table_contains(linkedids, row.linkedid))
			g_hash_table_insert(linkedids, g_strdup(row.linkedid),
			    GINT_TO_POINTER(g_hash_table_size(linkedids) % 3 == 0));
		if (GPOINTER_TO_INT(g_hash_table_lookup(linkedids, row.linkedid)))
			g_ptr_array_add(expected, whole_row(&row));
	}
	GHashTableIter iter;
	gpointer key, wanted;
	g_hash_table_iter_init(&iter, linkedids);
	while (g_hash_table_iter_next(&iter, &key, &wanted))
		if (GPOINTER_TO_INT(wanted))
			g_ptr_array_add(asked, key);
	g_assert_cmpuint(asked->len, >, 50);
	g_assert_true(source_ask_cel(
	    s, SOURCE_BY_LINKEDID, (const char *const *)asked->pdata, asked->len, &error));
	g_autoptr(GPtrArray) rows = answered_cel(s);
	g_assert_cmpuint(rows->len, ==, expected->len);
	for (guint i = 0; i < rows->len; i++)
		g_assert_cmpstr(g_ptr_array_index(rows, i), ==, g_ptr_array_index(expected, i));

	const char *const uniqueids[] = { "1795397158.3", "none", "1795397150.0" };
	g_assert_true(source_ask_cel(s, SOURCE_BY_UNIQUEID, uniqueids, 3, &error));
	g_autoptr(GPtrArray) by_uniqueid = answered_cel(s);
	g_assert_cmpuint(by_uniqueid->len, ==, 15);
	g_assert_true(g_str_has_prefix(g_ptr_array_index(by_uniqueid, 0), "1|CHAN_START|"));

	g_assert_true(source_ask_cdr(s, uniqueids, 3, &error));
	g_autofree char *cdr = answered_cdr(s);
	g_assert_cmpstr(cdr, ==, "1795397150.0/1795397150/101");
}

static void
test_questions(void)
{
	g_autofree char *path = capture_path();
	check_questions(path);
}

static void
test_questions_with_indexes(void)
{
	g_autofree char *path = capture_path();
	g_autofree char *copy = database("SELECT 1");
	g_autofree char *bytes = NULL;
	gsize length;
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_assert_true(g_file_set_contents(copy, bytes, (gssize)length, NULL));
	sqlite3 *db;
	g_assert_cmpint(sqlite3_open(copy, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db,
			    "CREATE INDEX one ON cel (linkedid);"
			    "CREATE INDEX two ON cel (UNIQUEID, linkedid);"
			    "CREATE INDEX three ON cdr (uniqueid)",
			    NULL, NULL, NULL),
	    ==, SQLITE_OK);
	sqlite3_close(db);
	check_questions(copy);
}

static void
test_limits_of_questions(void)
{
	g_autofree char *path = capture_path();
	g_autoptr(source) s = open_path(path);
	g_autoptr(GError) too_many = NULL, unread = NULL, other = NULL;
	GError *error = NULL;
	struct cel_row cel;
	struct cdr_row cdr;
	const char *ids[SOURCE_IDS_MAX + 1];
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		ids[i] = i == 499 ? "1795397150.0" : "no such id";
	g_assert_true(source_ask_cel(s, SOURCE_BY_LINKEDID, ids, SOURCE_IDS_MAX, &error));
	g_autoptr(GPtrArray) rows = answered_cel(s);
	g_assert_cmpuint(rows->len, >, 0);
	g_assert_false(source_ask_cdr(s, ids, SOURCE_IDS_MAX + 1, &too_many));
	g_assert_error(too_many, SOURCE_ERROR, SOURCE_ERROR_QUERY);

	g_assert_true(source_ask_cdr(s, ids, 0, &error));
	g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 0);
	g_assert_true(source_ask_cdr(s, ids, 500, &error));
	g_assert_false(source_ask_cdr(s, ids, 500, &unread));
	g_assert_error(unread, SOURCE_ERROR, SOURCE_ERROR_QUERY);
	source_answer_drop(s);
	g_assert_true(source_ask_cdr(s, ids, 500, &error));
	g_assert_cmpint(source_answer_cel(s, &cel, &other), ==, -1);
	g_assert_error(other, SOURCE_ERROR, SOURCE_ERROR_QUERY);
	g_assert_no_error(error);
}

static void
test_ids_are_never_sql(void)
{
	g_autofree char *path =
	    database("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
		     "eventtime, uniqueid, linkedid, channame);"
		     "INSERT INTO cel VALUES (1, 'ANSWER', '', 'u', ''' OR 1=1 --', "
		     "'c'), (2, 'ANSWER', '', 'u', '%', 'c'), (3, 'ANSWER', '', 'u', "
		     "'\\', 'c'), (4, 'ANSWER', '', 'u', 'x\";"
		     " DROP TABLE cel', 'c')");
	static const char *const ids[] = { "' OR 1=1 --", "%", "\\", "x\"; DROP TABLE cel" };
	g_autoptr(source) s = open_path(path);
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		GError *error = NULL;
		g_assert_true(source_ask_cel(s, SOURCE_BY_LINKEDID, &ids[i], 1, &error));
		g_autoptr(GPtrArray) rows = answered_cel(s);
		g_assert_cmpuint(rows->len, ==, 1);
		g_assert_cmpint(atoi(g_ptr_array_index(rows, 0)), ==, (int)i + 1);
	}
}

static void
test_a_scan_and_a_question_at_once(void)
{
	g_autofree char *path = capture_path();
	g_autoptr(source) s = open_path(path);
	g_autoptr(GPtrArray) alone = scanned(s, 0, G_MAXINT64);
	const char *const ids[] = { "1795397150.0", "1795397158.2", "1795397163.4" };
	GError *error = NULL;
	struct cel_row row;
	struct cdr_row cdr;
	guint n = 0, answers = 0;
	gint64 first, last;
	g_assert_true(source_scan(s, 0, G_MAXINT64, &error));
	for (; source_scan_next(s, &row, &error) == 1; n++) {
		if (n % 700 == 0)
			g_assert_true(source_ask_cdr(s, ids, 3, &error));
		g_autofree char *text = whole_row(&row);
		g_assert_cmpstr(text, ==, g_ptr_array_index(alone, n));
		if (n % 700 < 4 && source_answer_cdr(s, &cdr, &error) == 1)
			answers++;
		if (n % 700 == 10)
			g_assert_true(source_bounds(s, &first, &last, &error));
		g_assert_no_error(error);
	}
	g_assert_cmpuint(n, ==, alone->len);
	g_assert_cmpuint(answers, ==, 15);
}

static void
test_cdr_in_order_of_time(void)
{
	g_autofree char *path =
	    database("CREATE TABLE cdr (uniqueid, start, dst);"
		     "INSERT INTO cdr VALUES ('long', '2025-01-01 10:00:00', '1'), "
		     "('b', '2025-01-01 12:00:00', '2'),('a', '2025-01-01 11:00:00.5', "
		     "'3'), ('none', '', '4'), ('late', '2025-01-02 00:00:00', "
		     "'5'),('early', '2024-12-31 23:59:59', '6'), ('c', '2025-01-01 "
		     "11:00:00.5', '7')");
	g_autoptr(source) s = open_path(path);
	GError *error = NULL;
	g_assert_false(source_has_cel(s));
	g_assert_true(source_has_cdr(s));
	g_assert_true(source_ask_cdr_between(
	    s, wall_parse("2025-01-01 00:00:00").us, wall_parse("2025-01-02 00:00:00").us, &error));
	g_autofree char *day = answered_cdr(s);
	g_assert_cmpstr(day, ==, "long/1735725600/1 a/1735729200/3 c/1735729200/7 b/1735732800/2");
	g_assert_true(source_ask_cdr_between(s, 0, 0, &error));
	g_autofree char *nothing = answered_cdr(s);
	g_assert_cmpstr(nothing, ==, "");

	g_autofree char *capture = capture_path();
	g_autoptr(source) real = open_path(capture);
	struct cdr_row row;
	gint64 before = 0;
	guint n = 0;
	g_assert_true(source_ask_cdr_between(real, 0, G_MAXINT64, &error));
	for (; source_answer_cdr(real, &row, &error) == 1; n++, before = row.calldate.us)
		g_assert_cmpint(row.calldate.us, >=, before);
	g_assert_no_error(error);
	g_assert_cmpuint(n, ==, 318);
}

static void
test_odd_values(void)
{
	g_autofree char *path =
	    database("CREATE TABLE cel (id INTEGER PRIMARY KEY, EventType, eventtime, "
		     "uniqueid, linkedid, channame, cid_name, cid_num, exten, appdata, "
		     "extra);"
		     "INSERT INTO cel VALUES (1, 'HANGUP', '1763900900.123456', "
		     "1763900900.5, 7, 'c', CAST(x'd0' AS TEXT), 101, NULL, "
		     "CAST(x'410042' AS TEXT), x'fffe7b')");
	g_autoptr(source) s = open_path(path);
	g_autoptr(GError) error = NULL;
	struct cel_row row;
	g_assert_true(source_scan(s, 0, 1, &error));
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
	g_assert_cmpint(row.event, ==, CEL_HANGUP);
	g_assert_cmpint(row.time.us, ==, 1763900900123456);
	g_assert_true(row.time.utc);
	g_assert_cmpstr(row.uniqueid, ==, "1763900900.5");
	g_assert_cmpstr(row.linkedid, ==, "7");
	g_assert_cmpstr(cel_text(&row, CEL_CID_NAME), ==, "\xd0");
	g_assert_cmpstr(cel_text(&row, CEL_CID_NUM), ==, "101");
	g_assert_cmpstr(cel_text(&row, CEL_EXTEN), ==, "");
	g_assert_cmpstr(cel_text(&row, CEL_APPDATA), ==, "A");
	g_assert_cmpstr(cel_text(&row, CEL_EXTRA), ==, "\xff\xfe{");
	g_assert_cmpstr(cel_text(&row, CEL_PEER), ==, "");
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 0);
}

/* Ids that follow one another, that leap, and that grow longer. */
static void
test_ids_however_they_go(void)
{
	static const gint64 ids[] = { 1, 2, 8, 9, 10, 11, 98, 99, 100, 101, 1000, 1999, 2000, 2001,
		99999, 100000, 999999999, 1000000000, 1000000001, 999999999999999999 };
	g_autoptr(GString) sql = g_string_new("CREATE TABLE cel (id INTEGER PRIMARY KEY, eventtype "
					      "TEXT, eventtime TEXT, uniqueid TEXT,"
					      " linkedid TEXT, channame TEXT);");
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		g_string_append_printf(sql,
		    "INSERT INTO cel VALUES (%" G_GINT64_FORMAT
		    ", 'ANSWER', '2025-11-23 12:28:20', 'u', 'l', 'c');",
		    ids[i]);
	g_autofree char *path = database(sql->str);
	g_autoptr(source) s = open_path(path);
	/* And again: what the last scan led to expect is no more. */
	for (int again = 0; again < 2; again++) {
		GError *error = NULL;
		struct cel_row row;
		gsize n = 0;
		g_assert_true(source_scan(s, 0, G_MAXINT64, &error));
		while (source_scan_next(s, &row, &error) == 1)
			g_assert_cmpint(row.id, ==, ids[n++]);
		g_assert_no_error(error);
		g_assert_cmpuint(n, ==, G_N_ELEMENTS(ids));
	}
}

/* The sum is that of MariaDB's CRC32(): the value every description of it gives, and that of a loop of bits for other lengths. */
static void
test_sums(void)
{
	struct source_sum sum = { 0 };
	source_sum_add(&sum, "123456789", 9);
	g_assert_cmpuint(sum.check, ==, 0xcbf43926);
	g_assert_cmpint(sum.count, ==, 1);
	for (gsize n = 0; n < 40; n++) {
		const char *text = "1763900900.123456789-pbx-1763900900.1234";
		guint32 crc = ~(guint32)0;
		for (gsize i = 0; i < n; i++) {
			crc ^= (guint8)text[i];
			for (int bit = 0; bit < 8; bit++)
				crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
		}
		sum.check = 0;
		source_sum_add(&sum, text, n);
		g_assert_cmpuint(sum.check, ==, (guint32)~crc);
	}
}

static void
test_two_files_and_odd_names(void)
{
	g_autofree char *cel =
	    database("CREATE TABLE \"my \"\"cel; --"
		     "\" (AcctId INTEGER PRIMARY KEY, eventtype, eventtime, uniqueid, "
		     "linkedid, channame);"
		     "INSERT INTO \"my \"\"cel; --"
		     "\" VALUES (1, 'ANSWER', '', 'u', 'l', 'c')");
	g_autofree char *cdr =
	    database("CREATE TABLE calls (calldate, uniqueid, dst, sequence);"
		     "INSERT INTO calls VALUES ('2025-01-01 10:00:00', 'u', '101', 12)");
	const struct source_config config = { .driver = SOURCE_SQLITE,
		.path = cel,
		.cdr_path = cdr,
		.cel_table = "my \"cel; --",
		.cdr_table = "calls" };
	g_autoptr(GError) error = NULL;
	g_autoptr(source) s = source_open(&config, &error);
	const char *const ids[] = { "u" };
	struct cdr_row row;
	g_assert_no_error(error);
	g_autofree char *name = g_strdup_printf("%s and %s", cel, cdr);
	g_assert_cmpstr(source_name(s), ==, name);
	g_autoptr(GPtrArray) rows = scanned(s, 0, 10);
	g_assert_cmpuint(rows->len, ==, 1);
	g_assert_true(source_ask_cdr(s, ids, 1, &error));
	g_assert_cmpint(source_answer_cdr(s, &row, &error), ==, 1);
	g_assert_cmpstr(row.dst, ==, "101");
	g_assert_cmpint(source_answer_cdr(s, &row, &error), ==, 0);
}

static void
test_empty_and_missing_tables(void)
{
	const char *const cel_sql = "CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
				    "eventtime, uniqueid, linkedid, channame);";
	g_autofree char *empty_sql =
	    g_strconcat(cel_sql, "CREATE TABLE cdr (calldate, uniqueid)", NULL);
	g_autofree char *empty = database(empty_sql);
	g_autofree char *no_cel = database("CREATE TABLE cdr (calldate, uniqueid)");
	g_autofree char *no_cdr = database(cel_sql);
	const char *const paths[] = { empty, no_cel, no_cdr };
	const char *const ids[] = { "u" };
	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(source) s = open_path(paths[i]);
		g_autoptr(GError) error = NULL;
		gint64 first = 7, last = 7, id;
		struct wall time;
		gboolean found = TRUE;
		g_assert_false(source_has_cel(s));
		g_assert_false(source_has_cdr(s));
		g_assert_cmpint(g_strv_contains(source_missing(s), "cel"), ==, paths[i] == no_cel);
		g_assert_cmpint(g_strv_contains(source_missing(s), "cdr"), ==, paths[i] == no_cdr);
		g_assert_true(source_bounds(s, &first, &last, &error));
		g_assert_cmpint(first, ==, 0);
		g_assert_cmpint(last, ==, 0);
		g_assert_true(source_probe(s, 0, &id, &time, &found, &error));
		g_assert_false(found);
		g_autoptr(GPtrArray) rows = scanned(s, 0, G_MAXINT64);
		g_assert_cmpuint(rows->len, ==, 0);
		g_assert_true(source_ask_cel(s, SOURCE_BY_UNIQUEID, ids, 1, &error));
		g_autoptr(GPtrArray) answers = answered_cel(s);
		g_assert_cmpuint(answers->len, ==, 0);
		g_assert_true(source_ask_cdr(s, ids, 1, &error));
		g_autofree char *cdr = answered_cdr(s);
		g_assert_cmpstr(cdr, ==, "");
		g_assert_true(source_ask_cdr_between(s, 0, G_MAXINT64, &error));
		g_autofree char *between = answered_cdr(s);
		g_assert_cmpstr(between, ==, "");
		g_assert_true(source_ask_ids(s, 0, G_MAXINT64, &error));
		g_assert_cmpint(source_answer_id(s, &id, &error), ==, 0);
	}
}

/* The error of opening a path: its class, what it names, and two lines. */
static void
check_error(const struct source_config *config, enum source_error code, const char *names)
{
	g_autoptr(GError) error = NULL;
	g_assert_null(source_open(config, &error));
	g_assert_error(error, SOURCE_ERROR, (int)code);
	g_assert_nonnull(strstr(error->message, names));
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
}

static void
test_what_cannot_be_opened(void)
{
	g_autofree char *none = g_build_filename(folder, "none.db", NULL);
	g_autofree char *text = g_build_filename(folder, "text.db", NULL);
	g_autofree char *nothing = database("SELECT 1");
	g_autofree char *short_of =
	    database("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
		     "eventtime, uniqueid, channame)");
	g_assert_true(
	    g_file_set_contents(text, "This is no database, however long it may be.", -1, NULL));
	struct source_config config = { .driver = SOURCE_SQLITE, .path = none };
	check_error(&config, SOURCE_ERROR_UNREACHABLE, none);
	config.path = folder;
	check_error(&config, SOURCE_ERROR_UNREACHABLE, folder);
	config.path = text;
	check_error(&config, SOURCE_ERROR_SCHEMA, text);
	config.path = nothing;
	check_error(&config, SOURCE_ERROR_SCHEMA, nothing);
	config.path = short_of;
	check_error(&config, SOURCE_ERROR_SCHEMA, "linkedid");
	config.path = nothing;
	config.cdr_path = none;
	check_error(&config, SOURCE_ERROR_UNREACHABLE, none);
}

/* Asterisk's side: it does not wait at all here, so any lock of ours would show. */
static sqlite3 *
open_writer(const char *path)
{
	sqlite3 *db;
	g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
	return db;
}

static void
test_a_writer_is_never_locked_out(void)
{
	g_autofree char *path =
	    database("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
		     "eventtime, uniqueid, linkedid, channame);"
		     "CREATE TABLE cdr (calldate, uniqueid);"
		     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		     "WHERE i < 2000) INSERT INTO cel SELECT i, 'ANSWER', '2025-01-01 "
		     "00:00:00', 'u', 'l', 'c' FROM n;"
		     "INSERT INTO cdr SELECT '2025-01-01 00:00:00', 'u' FROM cel");
	g_autoptr(source) s = open_path(path);
	sqlite3 *writer = open_writer(path);
	const char *const ids[] = { "u" };
	GError *error = NULL;
	struct cel_row row;
	struct cdr_row cdr;
	gint64 n = 0;
	g_assert_true(source_scan(s, 0, 2000, &error));
	g_assert_true(source_ask_cdr(s, ids, 1, &error));
	while (source_scan_next(s, &row, &error) == 1) {
		g_assert_cmpint(row.id, ==, ++n);
		g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 1);
		if (n % 100 == 1)
			g_assert_cmpint(
			    sqlite3_exec(writer,
				"INSERT INTO cel (eventtype, uniqueid, linkedid) VALUES ('HANGUP', "
				"'v', 'l');"
				"INSERT INTO cdr VALUES ('2025-01-01 00:00:00', 'v')",
				NULL, NULL, NULL),
			    ==, SQLITE_OK);
	}
	g_assert_no_error(error);
	g_assert_cmpint(n, ==, 2000);
	source_answer_drop(s);
	g_autoptr(GPtrArray) later = scanned(s, 2000, G_MAXINT64);
	g_assert_cmpuint(later->len, ==, 20);
	sqlite3_close(writer);
}

static void
test_a_writer_that_holds_its_lock(void)
{
	g_autofree char *path = database("CREATE TABLE cel (AcctId INTEGER PRIMARY KEY, eventtype, "
					 "eventtime, uniqueid, linkedid, channame);"
					 "INSERT INTO cel VALUES (1, 'ANSWER', '', 'u', 'l', 'c')");
	g_autoptr(source) s = open_path(path);
	g_autoptr(GError) locked = NULL;
	sqlite3 *writer = open_writer(path);
	struct cel_row row;
	g_assert_cmpint(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
	if (source_scan(s, 0, 10, &locked))
		g_assert_cmpint(source_scan_next(s, &row, &locked), ==, -1);
	g_assert_error(locked, SOURCE_ERROR, SOURCE_ERROR_QUERY);
	g_assert_nonnull(strstr(locked->message, path));
	sqlite3_close(writer);
	g_autoptr(GPtrArray) rows = scanned(s, 0, 10);
	g_assert_cmpuint(rows->len, ==, 1);
}

static void
remove_folder(void)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("celsync-sqlite-XXXXXX", NULL);
	g_test_add_func("/sqlite/a-scan-is-the-whole-table", test_a_scan_is_the_whole_table);
	g_test_add_func("/sqlite/what-the-capture-is", test_what_the_capture_is);
	g_test_add_func("/sqlite/parts-of-a-scan", test_parts_of_a_scan);
	g_test_add_func("/sqlite/questions", test_questions);
	g_test_add_func("/sqlite/questions-with-indexes", test_questions_with_indexes);
	g_test_add_func("/sqlite/limits-of-questions", test_limits_of_questions);
	g_test_add_func("/sqlite/ids-are-never-sql", test_ids_are_never_sql);
	g_test_add_func(
	    "/sqlite/a-scan-and-a-question-at-once", test_a_scan_and_a_question_at_once);
	g_test_add_func("/sqlite/cdr-in-order-of-time", test_cdr_in_order_of_time);
	g_test_add_func("/sqlite/odd-values", test_odd_values);
	g_test_add_func("/sqlite/ids-however-they-go", test_ids_however_they_go);
	g_test_add_func("/sqlite/sums", test_sums);
	g_test_add_func("/sqlite/two-files-and-odd-names", test_two_files_and_odd_names);
	g_test_add_func("/sqlite/empty-and-missing-tables", test_empty_and_missing_tables);
	g_test_add_func("/sqlite/what-cannot-be-opened", test_what_cannot_be_opened);
	g_test_add_func("/sqlite/a-writer-is-never-locked-out", test_a_writer_is_never_locked_out);
	g_test_add_func("/sqlite/a-writer-that-holds-its-lock", test_a_writer_that_holds_its_lock);
	const int result = g_test_run();
	remove_folder();
	return result;
}
