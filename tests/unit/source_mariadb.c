/*
 * The MariaDB source on a real server of our own: what it reads is what the SQLite source reads, its
 * statements use indexes, and every way to be refused has words of its own.
 */
#include "poller/source.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PASSWORD "open-sesame-7"

static char *folder, *socket_path, *script;
static guint port;

static char *
top_path(const char *name)
{
	const char *top = g_getenv("CELSYNC_TOP");
	return g_build_filename(top != NULL ? top : ".", name, NULL);
}

/* Runs a program to its end, which must be good; returns what it printed. */
static char *
run(const char *const *argv)
{
	char *out = NULL;
	g_autofree char *err = NULL;
	GError *error = NULL;
	int status;
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err,
	    &status, &error);
	g_assert_no_error(error);
	if (!g_spawn_check_wait_status(status, NULL))
		g_error("%s: %s", argv[0], err);
	return out;
}

/* What another client of the server does, as its root. */
static char *
sql(const char *database, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	const char *const argv[] = { "mariadb", "--no-defaults", "-S", socket_path, "-uroot", "-N",
		"-B", "--default-character-set=utf8mb4", "-e", text, database, NULL };
	return run(argv);
}
#define SQL(...) g_free(sql(__VA_ARGS__))

static struct source_config
config_of(const char *database)
{
	return (struct source_config){ .driver = SOURCE_MARIADB,
		.socket = socket_path,
		.user = "celsync",
		.password = PASSWORD,
		.database = database,
		.timeout = 5 };
}

static source *
open_database(const char *database)
{
	GError *error = NULL;
	const struct source_config config = config_of(database);
	source *s = source_open(&config, &error);
	g_assert_no_error(error);
	return s;
}

/*
 * The strings of a row in one. Asterisk cuts long names in the middle of a letter: SQLite keeps such a
 * byte, MariaDB was given a '?' for it. That and the parts of a second are all that differs.
 */
static char *
whole_row(const struct cel_row *row)
{
	g_autofree char *text = g_strjoin("|", cel_event_name(row->event), row->uniqueid,
	    row->linkedid, cel_text(row, CEL_CHANNAME), cel_text(row, CEL_CID_NAME),
	    cel_text(row, CEL_CID_NUM), cel_text(row, CEL_EXTEN), cel_text(row, CEL_APPNAME),
	    cel_text(row, CEL_APPDATA), cel_text(row, CEL_PEER), cel_text(row, CEL_USERDEFTYPE),
	    cel_text(row, CEL_EXTRA), NULL);
	for (guint i = 0; i < CEL_COLUMNS; i++)
		g_assert_cmpuint(row->length[i], ==, strlen(cel_text(row, i)));
	for (const char *bad; !g_utf8_validate(text, -1, &bad);)
		text[bad - text] = '?';
	return g_strdup_printf("%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%s", row->id,
	    row->time.us == WALL_NONE ? -1 : row->time.us / G_USEC_PER_SEC, text);
}

static char *
cdr_text(const struct cdr_row *row)
{
	return g_strdup_printf("%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT "|%" G_GINT64_FORMAT
			       "|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s",
	    row->calldate.us / G_USEC_PER_SEC, row->duration, row->billsec, row->uniqueid,
	    row->linkedid, row->src, row->dst, row->channel, row->dstchannel, row->lastdata,
	    row->disposition, row->did, row->recordingfile);
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

static GPtrArray *
answered_cdr(source *s)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;
	struct cdr_row row;
	int result;
	while ((result = source_answer_cdr(s, &row, &error)) == 1)
		g_ptr_array_add(rows, cdr_text(&row));
	g_assert_no_error(error);
	g_assert_cmpint(result, ==, 0);
	return rows;
}

static void
assert_same_rows(GPtrArray *a, GPtrArray *b)
{
	for (guint i = 0; i < MIN(a->len, b->len); i++)
		g_assert_cmpstr(g_ptr_array_index(a, i), ==, g_ptr_array_index(b, i));
	g_assert_cmpuint(a->len, ==, b->len);
}

/* All uniqueids of the capture's cdr, each once. */
static GPtrArray *
cdr_uniqueids(void)
{
	g_autofree char *out = sql("ast22", "SELECT DISTINCT uniqueid FROM cdr ORDER BY uniqueid");
	g_auto(GStrv) lines = g_strsplit(g_strchomp(out), "\n", -1);
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	for (char **line = lines; *line != NULL; line++)
		g_ptr_array_add(ids, g_strdup(*line));
	return ids;
}

static void
test_both_sources_agree(void)
{
	g_autofree char *path = top_path("tests/captures/ast22/master.db");
	const struct source_config config = { .driver = SOURCE_SQLITE, .path = path };
	GError *error = NULL;
	g_autoptr(source) sqlite = source_open(&config, &error);
	g_assert_no_error(error);
	g_autoptr(source) mariadb = open_database("ast22");
	g_assert_cmpstr(source_missing(mariadb)[0], ==, NULL);
	g_autoptr(GPtrArray) a = scanned(sqlite, 0, G_MAXINT64),
			     b = scanned(mariadb, 0, G_MAXINT64);
	assert_same_rows(a, b);
	g_assert_cmpuint(a->len, ==, 3271);
	g_autoptr(GPtrArray) part_a = scanned(sqlite, 100, 1700),
			     part_b = scanned(mariadb, 100, 1700);
	assert_same_rows(part_a, part_b);

	/* One id at a time, so that the order of the ids does not matter; rows of one id have an order. */
	g_autoptr(GPtrArray) ids = cdr_uniqueids();
	guint n = 0;
	for (guint i = 0; i < ids->len; i++) {
		const char *const *id = (const char *const *)&ids->pdata[i];
		g_assert_true(source_ask_cdr(sqlite, id, 1, &error));
		g_autoptr(GPtrArray) x = answered_cdr(sqlite);
		g_assert_true(source_ask_cdr(mariadb, id, 1, &error));
		g_autoptr(GPtrArray) y = answered_cdr(mariadb);
		assert_same_rows(x, y);
		n += x->len;
		for (int key = SOURCE_BY_LINKEDID; key <= SOURCE_BY_UNIQUEID; key++) {
			g_assert_true(source_ask_cel(sqlite, (enum source_key)key, id, 1, &error));
			g_autoptr(GPtrArray) p = answered_cel(sqlite);
			g_assert_true(source_ask_cel(mariadb, (enum source_key)key, id, 1, &error));
			g_autoptr(GPtrArray) q = answered_cel(mariadb);
			assert_same_rows(p, q);
		}
	}
	g_assert_cmpuint(n, ==, 318);

	gint64 first, last, id_a, id_b;
	struct wall time_a, time_b;
	gboolean found_a, found_b;
	g_assert_true(source_bounds(mariadb, &first, &last, &error));
	g_assert_cmpint(first, ==, 1);
	g_assert_cmpint(last, ==, 3271);
	for (gint64 id = 0; id < 3300; id += 300) {
		g_assert_true(source_probe(sqlite, id, &id_a, &time_a, &found_a, &error));
		g_assert_true(source_probe(mariadb, id, &id_b, &time_b, &found_b, &error));
		g_assert_cmpint(found_a, ==, found_b);
		if (found_a)
			g_assert_cmpint(id_a, ==, id_b);
		if (found_a)
			g_assert_cmpint(time_a.us / G_USEC_PER_SEC, ==, time_b.us / G_USEC_PER_SEC);
	}
	g_assert_no_error(error);
}

static void
test_cdr_between(void)
{
	g_autoptr(source) s = open_database("ast22");
	GError *error = NULL;
	struct cdr_row row;
	guint n = 0;
	gint64 before = 0;
	const gint64 from = wall_parse("2026-11-23 01:26:03").us,
		     to = wall_parse("2026-11-23 01:50:00").us;
	g_assert_true(source_ask_cdr_between(s, from, to, &error));
	for (; source_answer_cdr(s, &row, &error) == 1; n++, before = row.calldate.us)
		g_assert_true(
		    row.calldate.us >= from && row.calldate.us < to && row.calldate.us >= before);
	g_assert_no_error(error);
	g_autofree char *count =
	    sql("ast22", "SELECT COUNT(*) FROM cdr WHERE calldate >= '2026-11-23 01:26:03' "
			 "AND calldate < '2026-11-23 01:50:00'");
	g_assert_cmpuint(n, ==, (guint)atoi(count));
	g_assert_cmpuint(n, >, 100);
	g_assert_true(source_ask_cdr_between(s, G_MININT64, G_MAXINT64, &error));
	g_autoptr(GPtrArray) all = answered_cdr(s);
	g_assert_cmpuint(all->len, ==, 318);
}

static void
test_tables_of_freepbx_13(void)
{
	SQL("mysql", "CREATE DATABASE old;"
		     "USE old;"
		     "CREATE TABLE cdr (calldate datetime NOT NULL DEFAULT '0000-00-00 "
		     "00:00:00', src varchar(80), dst varchar(80) NOT NULL DEFAULT '', "
		     "duration int, billsec int, disposition varchar(45), uniqueid "
		     "varchar(32) NOT NULL, KEY (uniqueid)) CHARSET latin1;"
		     "CREATE TABLE cel (ID int AUTO_INCREMENT PRIMARY KEY, eventtype "
		     "varchar(30), eventtime datetime, cid_name varchar(80), uniqueid "
		     "varchar(32), linkedid varchar(32), channame varchar(80), "
		     "eventextra varchar(512)) CHARSET latin1;"
		     "INSERT INTO cdr VALUES ('2025-01-01 10:00:00', NULL, '101', 7, 5, "
		     "'ANSWERED', 'u'),('0000-00-00 00:00:00', '', '102', 0, 0, '', "
		     "'z');"
		     "INSERT INTO cel VALUES (5, 'HANGUP', '2025-01-01 10:00:00', "
		     "'Jos\xc3\xa9', 'u', 'l', 'c', '{}'),(9, 'x', NULL, NULL, 'u', "
		     "'l', 'c', NULL)");
	g_autoptr(source) s = open_database("old");
	g_autofree char *missing = g_strjoinv(" ", (char **)source_missing(s));
	const char *const ids[] = { "u", "z" };
	GError *error = NULL;
	struct cel_row cel;
	struct cdr_row cdr;
	g_assert_cmpstr(missing, ==,
	    "cel.cid_num cel.exten "
	    "cel.appname cel.appdata cel.peer cel.userdeftype cdr.linkedid "
	    "cdr.sequence cdr.channel cdr.dstchannel cdr.lastdata cdr.did "
	    "cdr.recordingfile");
	g_assert_true(source_scan(s, 0, 100, &error));
	g_assert_cmpint(source_scan_next(s, &cel, &error), ==, 1);
	g_assert_cmpint(cel.id, ==, 5);
	g_assert_cmpint(cel.event, ==, CEL_HANGUP);
	g_assert_cmpstr(cel_text(&cel, CEL_CID_NAME), ==, "Jos\xc3\xa9");
	g_assert_cmpstr(cel_text(&cel, CEL_CID_NUM), ==, "");
	g_assert_cmpstr(cel_text(&cel, CEL_EXTRA), ==, "{}");
	g_assert_cmpint(source_scan_next(s, &cel, &error), ==, 1);
	g_assert_cmpint(cel.event, ==, CEL_OTHER);
	g_assert_cmpint(cel.time.us, ==, WALL_NONE);
	g_assert_cmpstr(cel_text(&cel, CEL_EXTRA), ==, "");
	g_assert_cmpint(source_scan_next(s, &cel, &error), ==, 0);
	g_assert_true(source_ask_cdr(s, ids, 2, &error));
	g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 1);
	g_assert_cmpint(cdr.duration, ==, 7);
	g_assert_cmpint(cdr.billsec, ==, 5);
	g_assert_cmpstr(cdr.src, ==, "");
	g_assert_cmpstr(cdr.linkedid, ==, "");
	g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 1);
	g_assert_cmpint(cdr.calldate.us, ==, WALL_NONE);
	g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 0);
	g_assert_no_error(error);
}

static void
test_empty_and_missing_tables(void)
{
	SQL("mysql", "CREATE DATABASE empty;"
		     "CREATE TABLE empty.cel LIKE ast22.cel;"
		     "CREATE TABLE empty.cdr LIKE ast22.cdr;"
		     "CREATE DATABASE no_cel;"
		     "CREATE TABLE no_cel.cdr LIKE ast22.cdr;"
		     "INSERT INTO no_cel.cdr SELECT * FROM ast22.cdr LIMIT 3;"
		     "CREATE DATABASE no_cdr;"
		     "CREATE TABLE no_cdr.cel LIKE ast22.cel");
	const char *const ids[] = { "u" };
	const char *const databases[] = { "empty", "no_cel", "no_cdr" };
	for (gsize i = 0; i < G_N_ELEMENTS(databases); i++) {
		g_autoptr(source) s = open_database(databases[i]);
		GError *error = NULL;
		gint64 first = 7, last = 7, id;
		struct wall time;
		gboolean found = TRUE;
		g_assert_false(source_has_cel(s));
		g_assert_cmpint(source_has_cdr(s), ==, i == 1);
		g_assert_cmpint(g_strv_contains(source_missing(s), "cel"), ==, i == 1);
		g_assert_cmpint(g_strv_contains(source_missing(s), "cdr"), ==, i == 2);
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
		g_assert_true(source_ask_cdr_between(s, 0, G_MAXINT64, &error));
		g_autoptr(GPtrArray) cdr = answered_cdr(s);
		g_assert_cmpuint(cdr->len, ==, i == 1 ? 3 : 0);
		g_assert_no_error(error);
	}
	/* CEL switched on while the source is open. */
	g_autoptr(source) s = open_database("empty");
	GError *error = NULL;
	gint64 first, last;
	SQL("empty", "INSERT INTO cel SELECT * FROM ast22.cel WHERE id = 40");
	g_assert_true(source_bounds(s, &first, &last, &error));
	g_assert_cmpint(first, ==, 40);
	g_assert_true(source_has_cel(s));
}

static void
test_names_that_need_quotes(void)
{
	SQL("mysql", "CREATE DATABASE `odd``name`;"
		     "CREATE TABLE `odd``name`.`my ``cel` LIKE ast22.cel;"
		     "CREATE TABLE `odd``name`.cdr LIKE ast22.cdr;"
		     "INSERT INTO `odd``name`.`my ``cel` SELECT * FROM ast22.cel LIMIT "
		     "10");
	struct source_config config = config_of("odd`name");
	GError *error = NULL;
	config.cel_table = "my `cel";
	g_autoptr(source) odd = source_open(&config, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) rows = scanned(odd, 0, 100);
	g_assert_cmpuint(rows->len, ==, 10);
	/* FreePBX can keep cel in another database. */
	config.cel_table = "ast22.cel";
	g_autoptr(source) other = source_open(&config, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) others = scanned(other, 0, 100);
	g_assert_cmpuint(others->len, ==, 100);
}

static void
test_limits_of_questions(void)
{
	g_autoptr(source) s = open_database("ast22");
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
	/* Dropped before a row was read, after one, and when the end is far. */
	source_answer_drop(s);
	g_assert_true(source_ask_cdr(s, &ids[499], 1, &error));
	g_assert_cmpint(source_answer_cdr(s, &cdr, &error), ==, 1);
	source_answer_drop(s);
	g_assert_true(source_ask_ids(s, 0, G_MAXINT64, &error));
	gint64 id;
	g_assert_cmpint(source_answer_id(s, &id, &error), ==, 1);
	g_assert_cmpint(id, ==, 1);
	source_answer_drop(s);
	g_assert_true(source_ask_cdr(s, &ids[499], 1, &error));
	g_assert_cmpint(source_answer_cel(s, &cel, &other), ==, -1);
	g_assert_error(other, SOURCE_ERROR, SOURCE_ERROR_QUERY);
	g_assert_true(source_ask_ids(s, 10, 12, &error));
	g_assert_cmpint(source_answer_id(s, &id, &error), ==, 1);
	g_assert_cmpint(id, ==, 11);
	g_assert_cmpint(source_answer_id(s, &id, &error), ==, 1);
	g_assert_cmpint(source_answer_id(s, &id, &error), ==, 0);
	g_assert_no_error(error);
}

static void
test_ids_are_never_sql(void)
{
	static const char *const ids[] = { "' OR 1=1 -- ", "%", "\\", "\\'",
		"x'; DROP TABLE cel; --", "\xd0\x96'" };
	SQL("mysql", "CREATE DATABASE meta;"
		     "CREATE TABLE meta.cdr LIKE ast22.cdr;"
		     "CREATE TABLE meta.cel LIKE ast22.cel;"
		     "INSERT INTO meta.cel (id, linkedid) VALUES (1, '\\' OR 1=1 -- '), "
		     "(2, '%%'), (3, '\\\\'), (4, '\\\\\\''), (5, 'x\\';"
		     " DROP TABLE cel; --'"
		     "), (6, '\xd0\x96\\'')");
	g_autoptr(source) s = open_database("meta");
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
	g_autoptr(source) s = open_database("ast22");
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
		/* The answer is read a little at a time, some rows after it was asked for. */
		if (n % 700 >= 50 && n % 700 < 54 && source_answer_cdr(s, &cdr, &error) == 1)
			answers++;
		if (n % 700 == 60) {
			g_assert_true(source_bounds(s, &first, &last, &error));
			g_assert_cmpint(last, ==, 3271);
		}
		g_assert_no_error(error);
	}
	g_assert_cmpuint(n, ==, alone->len);
	g_assert_cmpuint(answers, ==, 15);
}

/* Copies of the capture, far more than the buffers between client and server hold. */
static void
make_big(void)
{
	SQL("mysql", "CREATE DATABASE big;"
		     "USE big;"
		     "CREATE TABLE cel LIKE ast22.cel;"
		     "CREATE TABLE cdr LIKE ast22.cdr;"
		     "INSERT INTO cel SELECT c.id + n.seq * 10000, c.eventtype, "
		     "c.eventtime, c.cid_name, c.cid_num, c.cid_ani,c.cid_rdnis, "
		     "c.cid_dnid, c.exten, c.context, c.channame, c.appname, c.appdata, "
		     "c.amaflags, c.accountcode,CONCAT(c.uniqueid, n.seq), "
		     "CONCAT(c.linkedid, n.seq), c.peer, c.userdeftype, c.extra FROM "
		     "ast22.cel c, seq_0_to_19 n;"
		     "INSERT INTO cdr SELECT c.calldate + INTERVAL n.seq DAY, c.clid, "
		     "c.src, c.dst, c.dcontext, c.channel, c.dstchannel,c.lastapp, "
		     "c.lastdata, c.duration, c.billsec, c.disposition, c.amaflags, "
		     "c.accountcode,CONCAT(c.uniqueid, n.seq), c.userfield, c.did, "
		     "c.recordingfile, c.cnum, c.cnam, c.outbound_cnum,c.outbound_cnam, "
		     "c.dst_cnam, c.linkedid, c.peeraccount, c.sequence FROM ast22.cdr "
		     "c, seq_0_to_99 n;"
		     "ANALYZE TABLE cel, cdr");
}

static void
test_rows_inserted_meanwhile(void)
{
	g_autoptr(source) s = open_database("big");
	GError *error = NULL;
	struct cel_row row;
	gint64 first, last, before = 0;
	guint n = 0;
	g_assert_true(source_bounds(s, &first, &last, &error));
	g_assert_true(source_scan(s, 0, last, &error));
	for (; source_scan_next(s, &row, &error) == 1; n++, before = row.id) {
		g_assert_cmpint(row.id, >, before);
		if (n == 100)
			SQL("big",
			    "INSERT INTO cel SELECT * FROM ast22.cel WHERE id = 0;"
			    "INSERT INTO cel (eventtype, linkedid) VALUES ('HANGUP', 'new'), "
			    "('CHAN_END', 'new')");
	}
	g_assert_no_error(error);
	g_assert_cmpint(before, ==, last);
	g_assert_cmpuint(n, ==, 20 * 3271);
	g_autoptr(GPtrArray) later = scanned(s, last, G_MAXINT64);
	g_assert_cmpuint(later->len, ==, 2);
	SQL("big", "DELETE FROM cel WHERE linkedid = 'new'");
}

/* Ends the sessions of our user that run a statement (command Query) or wait for one (Sleep). */
static void
kill_sessions(const char *command)
{
	g_autofree char *ids = sql("mysql",
	    "SELECT GROUP_CONCAT(CONCAT('KILL ', id) SEPARATOR ';"
	    "') FROM information_schema.processlist WHERE user = 'celsync' AND "
	    "command = '%s'",
	    command);
	g_assert_true(g_str_has_prefix(ids, "KILL"));
	SQL("mysql", "%s", ids);
}

static void
test_a_scan_that_was_stopped_early(void)
{
	g_autoptr(source) s = open_database("big");
	GError *error = NULL;
	struct cel_row row;
	for (int i = 0; i < 3; i++) {
		g_assert_true(source_scan(s, i * 10, G_MAXINT64, &error));
		g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
		g_assert_cmpint(row.id, ==, i * 10 + 1);
		if (i == 1)
			source_scan_stop(s);
	}
	source_scan_stop(s);
	g_assert_true(source_scan(s, 0, 2, &error));
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 1);
	source_scan_stop(s);
	g_assert_cmpint(source_scan_next(s, &row, &error), ==, 0);
	g_assert_no_error(error);
}

static void
test_a_connection_that_was_killed(void)
{
	g_autoptr(source) s = open_database("big");
	g_autoptr(GError) scan_error = NULL, ask_error = NULL;
	GError *error = NULL;
	struct cel_row row;
	struct cdr_row cdr;
	guint n = 0;
	int result;
	g_assert_true(source_scan(s, 0, G_MAXINT64, &error));
	while ((result = source_scan_next(s, &row, &scan_error)) == 1)
		if (++n == 10)
			kill_sessions("Query");
	/* Never an end that looks like the end of the table. */
	g_assert_cmpint(result, ==, -1);
	g_assert_cmpuint(n, <, 20 * 3271);
	g_assert_error(scan_error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE);
	g_assert_nonnull(strstr(scan_error->message, "big on "));

	const char *const ids[] = { "1795397150.00" };
	g_assert_true(source_ask_cdr(s, ids, 1, &error));
	g_autoptr(GPtrArray) first = answered_cdr(s);
	g_assert_cmpuint(first->len, ==, 1);
	kill_sessions("Sleep");
	if (source_ask_cdr(s, ids, 1, &ask_error))
		g_assert_cmpint(source_answer_cdr(s, &cdr, &ask_error), ==, -1);
	g_assert_error(ask_error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE);
	/* The next question is asked over a new connection. */
	g_assert_true(source_ask_cdr(s, ids, 1, &error));
	g_autoptr(GPtrArray) again = answered_cdr(s);
	assert_same_rows(again, first);
}

static void
test_a_statement_takes_too_long(void)
{
	SQL("mysql", "CREATE DATABASE slow;"
		     "USE slow;"
		     "CREATE VIEW cdr AS SELECT * FROM ast22.cdr WHERE SLEEP(0.8) = 0;"
		     "CREATE VIEW cel AS SELECT * FROM ast22.cel WHERE id <= 4 AND "
		     "SLEEP(0.8) = 0");
	struct source_config config = config_of("slow");
	g_autoptr(GError) error = NULL;
	struct cdr_row row;
	config.timeout = 2;
	g_autoptr(source) s = source_open(&config, &error);
	g_assert_no_error(error);
	g_assert_true(source_ask_cdr_between(s, 0, G_MAXINT64, &error));
	g_assert_cmpint(source_answer_cdr(s, &row, &error), ==, -1);
	g_assert_error(error, SOURCE_ERROR, SOURCE_ERROR_QUERY);
	/* A scan may take as long as it takes. */
	g_autoptr(GPtrArray) rows = scanned(s, 0, 4);
	g_assert_cmpuint(rows->len, ==, 4);
}

static void
test_myisam_is_read_in_pages(void)
{
	SQL("mysql", "CREATE DATABASE myisam;"
		     "USE myisam;"
		     "CREATE TABLE cel ENGINE=MyISAM AS SELECT * FROM big.cel;"
		     "ALTER TABLE cel ADD PRIMARY KEY (id), MODIFY id int "
		     "AUTO_INCREMENT;"
		     "DELETE FROM cel WHERE id = 3000");
	g_autoptr(source) s = open_database("myisam");
	g_autoptr(source) streamed = open_database("big");
	GError *error = NULL;
	struct cel_row row, other;
	guint n = 0;
	g_assert_true(source_scan(s, 0, 190000, &error));
	g_assert_true(source_scan(streamed, 0, 190000, &error));
	while (source_scan_next(s, &row, &error) == 1) {
		do
			g_assert_cmpint(source_scan_next(streamed, &other, &error), ==, 1);
		while (other.id == 3000);
		g_autofree char *a = whole_row(&row), *b = whole_row(&other);
		g_assert_cmpstr(a, ==, b);
		/* The hole makes an INSERT wait for every reader that holds the table. */
		if (++n % 20000 == 1)
			SQL("myisam", "SET lock_wait_timeout = 60;"
				      "INSERT INTO cel (eventtype, linkedid) VALUES ('X', 'new')");
	}
	g_assert_no_error(error);
	g_assert_cmpint(source_scan_next(streamed, &other, &error), ==, 0);
	g_assert_cmpuint(n, ==, 19 * 3271 - 1);
}

/* Every statement that the source sends on a big table, explained by the server itself. */
static void
test_statements_use_indexes(void)
{
	SQL("mysql",
	    "SET GLOBAL log_output = 'TABLE'; TRUNCATE general_log; SET GLOBAL general_log = 1");
	g_autoptr(source) s = open_database("big");
	GError *error = NULL;
	gint64 first, last, id;
	struct wall time;
	gboolean found;
	g_autofree char *out = sql("big", "SELECT DISTINCT linkedid FROM cel LIMIT 100");
	g_auto(GStrv) linkedids = g_strsplit(g_strchomp(out), "\n", -1);
	const char *const *ids = (const char *const *)linkedids;
	g_assert_true(source_bounds(s, &first, &last, &error));
	g_assert_true(source_probe(s, last / 2, &id, &time, &found, &error));
	g_autoptr(GPtrArray) all = scanned(s, 0, G_MAXINT64);
	g_autoptr(GPtrArray) end = scanned(s, last - 100, last);
	g_assert_true(source_ask_cel(s, SOURCE_BY_LINKEDID, ids, 100, &error));
	g_autoptr(GPtrArray) by_linkedid = answered_cel(s);
	g_assert_true(source_ask_cel(s, SOURCE_BY_UNIQUEID, ids, 100, &error));
	g_autoptr(GPtrArray) by_uniqueid = answered_cel(s);
	g_assert_true(source_ask_cdr(s, ids, 100, &error));
	g_autoptr(GPtrArray) cdr = answered_cdr(s);
	g_assert_true(source_ask_cdr_between(
	    s, wall_parse("2026-11-23 00:00:00").us, wall_parse("2026-11-24 00:00:00").us, &error));
	g_autoptr(GPtrArray) between = answered_cdr(s);
	g_assert_cmpuint(all->len, ==, 20 * 3271);
	g_assert_cmpuint(end->len, ==, 100);
	g_assert_cmpuint(by_linkedid->len, >=, 100);
	/* A linkedid is the uniqueid of the channel that began with it. */
	g_assert_cmpuint(by_uniqueid->len, >=, 100);
	g_assert_cmpuint(cdr->len, >=, 50);
	g_assert_cmpuint(between->len, ==, 318);
	g_assert_true(source_ask_ids(s, last - 1000, last, &error));
	while (source_answer_id(s, &id, &error) == 1)
		continue;
	g_assert_no_error(error);
	SQL("mysql", "SET GLOBAL general_log = 0");

	g_autofree char *statements =
	    sql("mysql", "SELECT argument FROM general_log WHERE user_host LIKE 'celsync%%' "
			 "AND command_type = 'Query'");
	g_auto(GStrv) lines = g_strsplit(g_strchomp(statements), "\n", -1);
	guint explained = 0, read_only = 0;
	for (char **line = lines; *line != NULL; line++) {
		read_only += g_str_has_prefix(*line, "SET SESSION TRANSACTION READ ONLY");
		g_assert_true(g_str_has_prefix(*line, "SET ") || g_str_has_prefix(*line, "SHOW ") ||
			      g_str_has_prefix(*line, "SELECT "));
		if (!g_str_has_prefix(*line, "SELECT ") || g_str_has_prefix(*line, "SELECT 1 "))
			continue;
		/* id, select_type, table, type, possible_keys, key, ... ; no table where none is touched */
		g_autofree char *plan = sql("big", "EXPLAIN %s", *line);
		g_auto(GStrv) rows = g_strsplit(g_strchomp(plan), "\n", -1);
		for (char **row = rows; *row != NULL; row++) {
			g_auto(GStrv) fields = g_strsplit(*row, "\t", -1);
			if (strstr(*row, "optimized away") == NULL &&
			    strcmp(fields[1], "PRIMARY") != 0)
				g_assert_cmpstr(fields[5], !=, "NULL");
			g_assert_cmpstr(fields[3], !=, "ALL");
		}
		if (strstr(*line, " ORDER BY `id`") != NULL && strstr(*line, " IN (") == NULL)
			g_assert_null(strstr(plan, "filesort"));
		explained++;
	}
	g_assert_cmpuint(explained, ==, 9);
	g_assert_cmpuint(read_only, ==, 2);
}

/* The error of opening: its class, all that it names, two lines, and no password. */
static void
check_error(const struct source_config *config, enum source_error code, ...)
{
	g_autoptr(GError) error = NULL;
	va_list names;
	g_assert_null(source_open(config, &error));
	g_assert_error(error, SOURCE_ERROR, (int)code);
	g_test_message("%s", error->message);
	va_start(names, code);
	for (const char *name; (name = va_arg(names, const char *)) != NULL;)
		g_assert_nonnull(strstr(error->message, name));
	va_end(names);
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	g_assert_null(strstr(error->message, config->password));
}

static void
test_who_is_refused(void)
{
	SQL("mysql", "CREATE USER writer@localhost IDENTIFIED BY '" PASSWORD "';"
		     "GRANT INSERT ON ast22.* TO writer@localhost;"
		     "CREATE USER stranger@localhost IDENTIFIED BY '" PASSWORD "';"
		     "CREATE USER partial@localhost IDENTIFIED BY '" PASSWORD "';"
		     "GRANT SELECT ON ast22.cdr TO partial@localhost;"
		     "CREATE USER reader@localhost IDENTIFIED BY '" PASSWORD "';"
		     "GRANT SELECT ON ast22.cdr TO reader@localhost;"
		     "GRANT SELECT ON ast22.cel TO reader@localhost");
	struct source_config config = config_of("ast22");
	config.password = "not-the-password";
	check_error(&config, SOURCE_ERROR_REFUSED, "celsync", "password", socket_path, NULL);
	config = config_of("ast22");
	config.user = "writer";
	check_error(&config, SOURCE_ERROR_REFUSED, "writer", "cel", "GRANT SELECT", NULL);
	config.user = "stranger";
	check_error(&config, SOURCE_ERROR_REFUSED, "stranger", "ast22", "GRANT SELECT", NULL);
	config.user = "partial";
	check_error(&config, SOURCE_ERROR_REFUSED, "partial", "cel", "GRANT SELECT", NULL);
	/* The two tables are all that is needed. */
	config.user = "reader";
	g_autoptr(GError) error = NULL;
	g_autoptr(source) s = source_open(&config, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) rows = scanned(s, 0, 10);
	g_assert_cmpuint(rows->len, ==, 10);
}

static void
test_what_is_not_there(void)
{
	SQL("mysql", "CREATE DATABASE bare;"
		     "CREATE DATABASE lacking;"
		     "CREATE TABLE lacking.cdr (calldate datetime)");
	struct source_config config = config_of("nowhere");
	check_error(&config, SOURCE_ERROR_SCHEMA, "nowhere", "database", NULL);
	config = config_of("bare");
	check_error(&config, SOURCE_ERROR_SCHEMA, "bare", "cel", "cdr", NULL);
	config = config_of("lacking");
	check_error(&config, SOURCE_ERROR_SCHEMA, "lacking", "cdr", "uniqueid", NULL);
	config = config_of("ast22");
	g_autofree char *no_socket = g_build_filename(folder, "none.sock", NULL);
	config.socket = no_socket;
	check_error(&config, SOURCE_ERROR_UNREACHABLE, no_socket, "celsync", NULL);
	config.socket = NULL;
	config.host = "127.0.0.1";
	config.port = 1;
	check_error(&config, SOURCE_ERROR_UNREACHABLE, "127.0.0.1:1", NULL);
}

static void
test_tls(void)
{
	g_autofree char *ca = g_build_filename(folder, "ca.pem", NULL);
	g_autofree char *other_ca = g_build_filename(folder, "other.pem", NULL);
	struct source_config config = config_of("ast22");
	config.socket = NULL;
	config.host = "127.0.0.1";
	config.port = port;
	for (int tls = SOURCE_TLS_OFF; tls <= SOURCE_TLS_VERIFY; tls++) {
		GError *error = NULL;
		config.tls = (enum source_tls)tls;
		config.tls_ca = tls == SOURCE_TLS_VERIFY ? ca : NULL;
		g_autoptr(source) s = source_open(&config, &error);
		g_assert_no_error(error);
		g_autofree char *name = g_strdup_printf("ast22 on 127.0.0.1:%u", port);
		g_assert_cmpstr(source_name(s), ==, name);
		g_autoptr(GPtrArray) rows = scanned(s, 0, 10);
		g_assert_cmpuint(rows->len, ==, 10);
	}
	/* A certificate for another name, one signed by somebody else; a user who must use TLS. */
	config.host = "127.0.0.2";
	check_error(&config, SOURCE_ERROR_UNREACHABLE, "127.0.0.2", "tls", NULL);
	config.host = "127.0.0.1";
	config.tls_ca = other_ca;
	check_error(&config, SOURCE_ERROR_UNREACHABLE, "127.0.0.1", "tls", NULL);
	SQL("mysql", "ALTER USER celsync REQUIRE SSL");
	config.tls = SOURCE_TLS_OFF;
	check_error(&config, SOURCE_ERROR_REFUSED, "celsync", NULL);
	config.tls = SOURCE_TLS_ON;
	g_autoptr(GError) error = NULL;
	g_autoptr(source) s = source_open(&config, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) rows = scanned(s, 0, 10);
	g_assert_cmpuint(rows->len, ==, 10);
	SQL("mysql", "ALTER USER celsync REQUIRE NONE");
}

static void
test_a_server_without_tls(void)
{
	g_autofree char *dir = g_build_filename(folder, "plain", NULL);
	const char *const start[] = { script, "start", dir, "--skip-ssl", NULL };
	const char *const stop[] = { script, "stop", dir, NULL };
	g_autofree char *plain = g_strchomp(run(start));
	struct source_config config = { .driver = SOURCE_MARIADB,
		.socket = plain,
		.user = "root",
		.password = "-",
		.database = "mysql",
		.tls = SOURCE_TLS_ON,
		.timeout = 5 };
	const char *const no_password[] = { "mariadb", "--no-defaults", "-S", plain, "-uroot", "-e",
		"SET PASSWORD FOR root@localhost = PASSWORD('-')", NULL };
	g_free(run(no_password));
	g_autoptr(GError) error = NULL;
	g_assert_null(source_open(&config, &error));
	g_assert_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE);
	g_assert_nonnull(strstr(error->message, "tls"));
	g_free(run(stop));
}

/* A port that nobody listens on, below those that others get who ask for any (tests/lib/port.pl). */
static guint
free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	guint16 found;
	do {
		found = (guint16)g_random_int_range(10000, 32000);
		address.sin_port = htons(found);
	} while (bind(fd, (struct sockaddr *)&address, sizeof address) != 0);
	close(fd);
	return found;
}

/* A certificate for 127.0.0.1 that signs itself: NAME.pem and NAME.key. */
static void
make_certificate(const char *name)
{
	g_autofree char *pem = g_strdup_printf("%s/%s.pem", folder, name);
	g_autofree char *key = g_strdup_printf("%s/%s.key", folder, name);
	const char *const argv[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=127.0.0.1",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", pem, NULL };
	g_free(run(argv));
}

static void
start_server(void)
{
	folder = g_dir_make_tmp("celsync-mariadb-XXXXXX", NULL);
	script = top_path("tests/mariadb.sh");
	port = free_port();
	make_certificate("ca");
	make_certificate("other");
	g_autofree char *dir = g_build_filename(folder, "db", NULL);
	g_autofree char *owner = g_strdup_printf("%d", (int)getpid());
	g_autofree char *port_option = g_strdup_printf("--port=%u", port);
	g_autofree char *cert_option = g_strdup_printf("--ssl-cert=%s/ca.pem", folder);
	g_autofree char *key_option = g_strdup_printf("--ssl-key=%s/ca.key", folder);
	g_setenv("MARIADB_OWNER", owner, TRUE);
	const char *const start[] = { script, "start", dir, "--bind-address=127.0.0.1,127.0.0.2",
		port_option, cert_option, key_option, NULL };
	socket_path = g_strchomp(run(start));
	g_autofree char *schema = top_path("tests/captures/ast22/schema.sql");
	g_autofree char *cel = top_path("tests/captures/ast22/cel.sql");
	g_autofree char *cdr = top_path("tests/captures/ast22/cdr.sql");
	const char *const load[] = { script, "load", dir, "ast22", schema, cel, cdr, NULL };
	g_free(run(load));
	SQL("mysql",
	    "CREATE USER celsync IDENTIFIED BY '" PASSWORD "'; GRANT SELECT ON *.* TO celsync");
	make_big();
}

static void
stop_server(void)
{
	g_autofree char *dir = g_build_filename(folder, "db", NULL);
	const char *const stop[] = { script, "stop", dir, NULL };
	g_free(run(stop));
	const char *const remove[] = { "rm", "-rf", folder, NULL };
	g_free(run(remove));
	g_free(folder);
	g_free(socket_path);
	g_free(script);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	start_server();
	g_test_add_func("/mariadb/both-sources-agree", test_both_sources_agree);
	g_test_add_func("/mariadb/cdr-between", test_cdr_between);
	g_test_add_func("/mariadb/tables-of-freepbx-13", test_tables_of_freepbx_13);
	g_test_add_func("/mariadb/empty-and-missing-tables", test_empty_and_missing_tables);
	g_test_add_func("/mariadb/names-that-need-quotes", test_names_that_need_quotes);
	g_test_add_func("/mariadb/limits-of-questions", test_limits_of_questions);
	g_test_add_func("/mariadb/ids-are-never-sql", test_ids_are_never_sql);
	g_test_add_func(
	    "/mariadb/a-scan-and-a-question-at-once", test_a_scan_and_a_question_at_once);
	g_test_add_func("/mariadb/rows-inserted-meanwhile", test_rows_inserted_meanwhile);
	g_test_add_func(
	    "/mariadb/a-scan-that-was-stopped-early", test_a_scan_that_was_stopped_early);
	g_test_add_func("/mariadb/a-connection-that-was-killed", test_a_connection_that_was_killed);
	g_test_add_func("/mariadb/a-statement-takes-too-long", test_a_statement_takes_too_long);
	g_test_add_func("/mariadb/myisam-is-read-in-pages", test_myisam_is_read_in_pages);
	g_test_add_func("/mariadb/statements-use-indexes", test_statements_use_indexes);
	g_test_add_func("/mariadb/who-is-refused", test_who_is_refused);
	g_test_add_func("/mariadb/what-is-not-there", test_what_is_not_there);
	g_test_add_func("/mariadb/tls", test_tls);
	g_test_add_func("/mariadb/a-server-without-tls", test_a_server_without_tls);
	const int result = g_test_run();
	stop_server();
	return result;
}
