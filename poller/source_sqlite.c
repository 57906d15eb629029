/*
 * Rows from the SQLite files of Asterisk's cel_sqlite3_custom and cdr_sqlite3_custom, which may be
 * writing at this moment.
 *
 * Those files have a rollback journal: while anybody reads, Asterisk cannot commit. Old versions try
 * five times within a millisecond and then lose the row (cel/cel_sqlite3_custom.c), so a reader must
 * be gone again almost at once. Rows are therefore read in windows of a few hundred ids, copied into
 * memory of our own, and the lock is given back before the first of them is handed on.
 *
 * The tables have no index but their key. A question therefore walks the whole table, window after
 * window, unless an administrator has made an index on its column: then that is used.
 */
#include "poller/source_driver.h"

#include "sql/sql.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <sqlite3.h>
#include <string.h>

/* Where Asterisk puts the file when nothing else is configured. */
#define DEFAULT_PATH "/var/log/asterisk/master.db"

/* Ids per window: a few hundred rows are copied in a fraction of a millisecond. */
#define WINDOW 500

/* When a CDR row was written, to put rows in order of it. */
struct moment {
	gint64 us, id;
};

/* Rows of one statement, window after window. Everything is owned but db and path. */
struct reader {
	sqlite3 *db;
	const char *path;
	sqlite3_stmt *rows;  /* with ?1 < id and id <= ?2 */
	sqlite3_stmt *first; /* the lowest id above ?1: a window begins with a row that is there */
	gint64 after, until, span;
	GArray *order; /* of struct moment: single rows to be read in that order; NULL: by id */
	guint place;   /* in order */

	GByteArray *bytes; /* the window's values, each with a NUL behind it */
	GArray *offsets;   /* of gsize: where they begin */
	guint columns, row;
	char *values[SOURCE_COLUMNS_MAX];
	unsigned long lengths[SOURCE_COLUMNS_MAX];
};

struct sqlite {
	source base;
	sqlite3 *cel_db, *cdr_db; /* the same for one file */
	char *cel_path, *cdr_path;
	char *cel_table, *cdr_table; /* as configured */
	struct reader scan, question;
};

static const struct source_functions sqlite_functions;

static struct sqlite *
sqlite_of(source *base)
{
	return (struct sqlite *)base;
}

/* Tells what the last call on db met. */
static void
fail(sqlite3 *db, const char *path, GError **error)
{
	const int code = sqlite3_errcode(db) & 0xff;
	const int reason = sqlite3_system_errno(db);
	enum source_error class = SOURCE_ERROR_QUERY;
	const char *remedy = _("The next run tries again.");
	switch (code) {
	case SQLITE_CANTOPEN:
		class = SOURCE_ERROR_UNREACHABLE;
		remedy = _("Set [source] path to the file that Asterisk writes.");
		if (reason == EACCES || reason == EPERM) {
			class = SOURCE_ERROR_REFUSED;
			remedy =
			    _("Run celsync as a user who may read that file (usually asterisk).");
		}
		break;
	case SQLITE_IOERR:
		class = SOURCE_ERROR_UNREACHABLE;
		remedy = _("Check the disk that holds that file.");
		break;
	case SQLITE_READONLY:
		class = SOURCE_ERROR_UNREACHABLE;
		remedy =
		    _("Asterisk was killed while writing: start it, so that it repairs its file.");
		break;
	case SQLITE_NOTADB:
		class = SOURCE_ERROR_SCHEMA;
		remedy = _("Set [source] path to the SQLite file that Asterisk writes.");
		break;
	case SQLITE_CORRUPT:
		class = SOURCE_ERROR_SCHEMA;
		remedy = _("The file is damaged: see sqlite3's .recover command.");
		break;
	case SQLITE_ERROR:
		class = SOURCE_ERROR_SCHEMA;
		remedy =
		    _("Set [source] cel_table and cdr_table to the tables that Asterisk writes.");
		break;
	}
	g_set_error(error, SOURCE_ERROR, class, "%s: %s%s%s\n%s", path, sqlite3_errmsg(db),
	    code == SQLITE_CANTOPEN && reason != 0 ? ": " : "",
	    code == SQLITE_CANTOPEN && reason != 0 ? g_strerror(reason) : "", remedy);
}

static sqlite3_stmt *
prepare(sqlite3 *db, const char *path, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
		return statement;
	fail(db, path, error);
	return NULL;
}

static void
reader_clear(struct reader *r)
{
	sqlite3_finalize(r->rows);
	sqlite3_finalize(r->first);
	g_clear_pointer(&r->order, g_array_unref);
	g_clear_pointer(&r->bytes, g_byte_array_unref);
	g_clear_pointer(&r->offsets, g_array_unref);
	*r = (struct reader){ .db = NULL };
}

/* Reads after < id <= until of `table`, whose key is `id`, with the statement `sql`. */
static gboolean
reader_open(struct reader *r, sqlite3 *db, const char *path, const char *sql, const char *table,
    const char *id, GError **error)
{
	g_autofree char *first = g_strdup_printf(
	    "SELECT %s FROM %s WHERE %s > ?1 ORDER BY %s LIMIT 1", id, table, id, id);
	*r = (struct reader){
		.db = db, .path = path, .after = -1, .until = G_MAXINT64, .span = WINDOW
	};
	r->rows = prepare(db, path, sql, error);
	r->first = r->rows != NULL ? prepare(db, path, first, error) : NULL;
	if (r->first == NULL) {
		reader_clear(r);
		return FALSE;
	}
	r->columns = (guint)sqlite3_column_count(r->rows);
	r->bytes = g_byte_array_new();
	r->offsets = g_array_new(FALSE, FALSE, sizeof(gsize));
	return TRUE;
}

/* Copies the rows of one window behind those already copied, and gives the lock back. */
static gboolean
reader_copy(struct reader *r, gint64 after, gint64 until, GError **error)
{
	int code;
	sqlite3_bind_int64(r->rows, 1, after);
	sqlite3_bind_int64(r->rows, 2, until);
	while ((code = sqlite3_step(r->rows)) == SQLITE_ROW) {
		const guint place = r->offsets->len;
		g_array_set_size(r->offsets, place + r->columns);
		gsize *offsets = &g_array_index(r->offsets, gsize, place);
		for (guint i = 0; i < r->columns; i++) {
			const unsigned char *value = sqlite3_column_text(r->rows, (int)i);
			const guint length = (guint)sqlite3_column_bytes(r->rows, (int)i);
			offsets[i] = r->bytes->len;
			/* SQLite ends every text with a NUL of its own. */
			if (value != NULL)
				g_byte_array_append(r->bytes, value, length + 1);
			else
				g_byte_array_append(r->bytes, (const guint8 *)"", 1);
		}
	}
	if (code != SQLITE_DONE)
		fail(r->db, r->path, error);
	sqlite3_reset(r->rows);
	return code == SQLITE_DONE;
}

/* *id is the lowest id above r->after, G_MAXINT64 when there is none. */
static gboolean
reader_first(struct reader *r, gint64 *id, GError **error)
{
	sqlite3_bind_int64(r->first, 1, r->after);
	const int code = sqlite3_step(r->first);
	*id = code == SQLITE_ROW ? sqlite3_column_int64(r->first, 0) : G_MAXINT64;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(r->db, r->path, error);
	sqlite3_reset(r->first);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Copies the next window that has rows; none are left when it has none. */
static gboolean
reader_fill(struct reader *r, GError **error)
{
	gint64 first;
	r->row = 0;
	g_byte_array_set_size(r->bytes, 0);
	g_array_set_size(r->offsets, 0);
	if (r->order != NULL) {
		const guint end = MIN(r->order->len, r->place + WINDOW);
		for (; r->place < end; r->place++) {
			const gint64 id = g_array_index(r->order, struct moment, r->place).id;
			if (!reader_copy(r, id - 1, id, error))
				return FALSE;
		}
		return TRUE;
	}
	while (r->offsets->len == 0 && r->after < r->until) {
		if (!reader_first(r, &first, error))
			return FALSE;
		/* Kept from overflowing, for a key may be any number. */
		const gint64 end = first > G_MAXINT64 - r->span ? G_MAXINT64 : first - 1 + r->span;
		const gint64 until = MIN(r->until, end);
		if (first <= until && first < G_MAXINT64 &&
		    !reader_copy(r, first - 1, until, error))
			return FALSE;
		r->after = until;
	}
	return TRUE;
}

/* 1: *row is the next row; 0: no more; -1: error. After 0 or -1 the reader is cleared. */
static int
reader_next(struct reader *r, struct source_fields *row, GError **error)
{
	if (r->row == r->offsets->len / r->columns) {
		const gboolean filled = reader_fill(r, error);
		if (!filled || r->offsets->len == 0) {
			reader_clear(r);
			return filled ? 0 : -1;
		}
	}
	const gsize *offsets = &g_array_index(r->offsets, gsize, r->row * r->columns);
	for (guint i = 0; i < r->columns; i++) {
		/* Each text ends with a NUL, and the next one stands behind it. */
		const guint next = r->row * r->columns + i + 1;
		const gsize end = next < r->offsets->len ? offsets[i + 1] : r->bytes->len;
		r->values[i] = (char *)r->bytes->data + offsets[i];
		r->lengths[i] = end - offsets[i] - 1;
	}
	r->row++;
	*row = (struct source_fields){ r->values, r->lengths };
	return 1;
}

static gboolean
sqlite_look_up(
    source *base, enum source_table_kind table, const char *sql, GStrv *row, GError **error)
{
	struct sqlite *s = sqlite_of(base);
	sqlite3 *db = table == SOURCE_CEL ? s->cel_db : s->cdr_db;
	const char *path = table == SOURCE_CEL ? s->cel_path : s->cdr_path;
	sqlite3_stmt *statement = prepare(db, path, sql, error);
	*row = NULL;
	if (statement == NULL)
		return FALSE;
	const int code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		const int n = sqlite3_column_count(statement);
		*row = g_new0(char *, n + 1);
		for (int i = 0; i < n; i++) {
			const char *value = (const char *)sqlite3_column_text(statement, i);
			(*row)[i] = g_strdup(value != NULL ? value : "");
		}
	} else if (code != SQLITE_DONE) {
		fail(db, path, error);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

/*
 * Opens a reader of a table's rows. A condition may narrow them; where an index answers it, all come
 * in one window, and `+` keeps SQLite from walking the key instead.
 */
static gboolean
open_rows(struct sqlite *s, struct reader *r, enum source_table_kind kind, const char *columns,
    const char *condition, gboolean indexed, GError **error)
{
	const struct source_table *table = kind == SOURCE_CEL ? &s->base.cel : &s->base.cdr;
	/* cdr has no key that could be relied on, but every table has its rowid. */
	const char *id = kind == SOURCE_CEL ? table->column[CEL_ID] : "rowid";
	const char *plus = indexed ? "+" : "";
	g_autofree char *sql =
	    g_strdup_printf("SELECT %s FROM %s WHERE %s%s > ?1 AND %s%s <= ?2%s ORDER BY %s",
		columns, table->name, plus, id, plus, id, condition, id);
	if (!reader_open(r, kind == SOURCE_CEL ? s->cel_db : s->cdr_db,
		kind == SOURCE_CEL ? s->cel_path : s->cdr_path, sql, table->name, id, error))
		return FALSE;
	if (indexed)
		r->span = G_MAXINT64 - 1;
	return TRUE;
}

static gboolean
sqlite_scan(source *base, gint64 after, gint64 until, GError **error)
{
	struct sqlite *s = sqlite_of(base);
	if (!open_rows(s, &s->scan, SOURCE_CEL, base->cel.list, "", FALSE, error))
		return FALSE;
	s->scan.after = after;
	s->scan.until = until;
	return TRUE;
}

static int
sqlite_scan_next(source *base, struct source_fields *row, GError **error)
{
	return reader_next(&sqlite_of(base)->scan, row, error);
}

static void
sqlite_scan_stop(source *base)
{
	reader_clear(&sqlite_of(base)->scan);
}

/* Whether the quoted column has an index of its own. */
static gboolean
column_indexed(sqlite3 *db, const char *path, const char *table, const char *quoted,
    gboolean *indexed, GError **error)
{
	g_autofree char *column = g_strndup(quoted + 1, strlen(quoted) - 2);
	sqlite3_stmt *statement = prepare(db, path, sql_text("source/sqlite_indexed"), error);
	if (statement == NULL)
		return FALSE;
	sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC);
	const int code = sqlite3_step(statement);
	*indexed = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(db, path, error);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

static gboolean
ask_by_ids(struct sqlite *s, const struct source_question *question, GError **error)
{
	const gboolean cel = question->kind == SOURCE_QUESTION_CEL;
	const struct source_table *table = cel ? &s->base.cel : &s->base.cdr;
	const char *column = !cel                                  ? table->column[CDR_UNIQUEID]
	                     : question->key == SOURCE_BY_LINKEDID ? table->column[CEL_LINKEDID]
	                                                           : table->column[CEL_UNIQUEID];
	struct reader *r = &s->question;
	gboolean indexed;
	if (!column_indexed(cel ? s->cel_db : s->cdr_db, cel ? s->cel_path : s->cdr_path,
		cel ? s->cel_table : s->cdr_table, column, &indexed, error))
		return FALSE;
	g_autoptr(GString) condition = g_string_new(NULL);
	g_string_append_printf(condition, " AND %s IN (", column);
	for (gsize i = 0; i < question->n; i++)
		g_string_append_printf(condition, "%s?%" G_GSIZE_FORMAT, i > 0 ? "," : "", i + 3);
	g_string_append_c(condition, ')');
	if (!open_rows(
		s, r, cel ? SOURCE_CEL : SOURCE_CDR, table->list, condition->str, indexed, error))
		return FALSE;
	for (gsize i = 0; i < question->n; i++)
		sqlite3_bind_text(r->rows, (int)i + 3, question->ids[i], -1, SQLITE_TRANSIENT);
	return TRUE;
}

static gint
compare_moments(gconstpointer a, gconstpointer b)
{
	const struct moment *one = a, *other = b;
	if (one->us != other->us)
		return one->us < other->us ? -1 : 1;
	return (one->id > other->id) - (one->id < other->id);
}

/*
 * There is no index on calldate, and rows are written in order of hang-up: which rows they are is
 * found first, 16 bytes each, then they are fetched one by one in order.
 */
static gboolean
ask_between(struct sqlite *s, const struct source_question *question, GError **error)
{
	struct reader times = { .db = NULL };
	struct source_fields row;
	int result;
	g_autofree char *columns = g_strdup_printf("rowid, %s", s->base.cdr.column[CDR_CALLDATE]);
	g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(struct moment));
	if (!open_rows(s, &times, SOURCE_CDR, columns, "", FALSE, error))
		return FALSE;
	while ((result = reader_next(&times, &row, error)) == 1) {
		const struct moment moment = {
			.us = wall_parse(row.text[1]).us,
			.id = g_ascii_strtoll(row.text[0], NULL, 10),
		};
		if (moment.us != WALL_NONE && moment.us >= question->from &&
		    moment.us < question->to)
			g_array_append_val(order, moment);
	}
	if (result == -1 ||
	    !open_rows(s, &s->question, SOURCE_CDR, s->base.cdr.list, "", FALSE, error))
		return FALSE;
	g_array_sort(order, compare_moments);
	s->question.order = g_steal_pointer(&order);
	return TRUE;
}

static gboolean
sqlite_ask(source *base, const struct source_question *question, GError **error)
{
	struct sqlite *s = sqlite_of(base);
	switch (question->kind) {
	case SOURCE_QUESTION_CEL:
	case SOURCE_QUESTION_CDR: return ask_by_ids(s, question, error);
	case SOURCE_QUESTION_CDR_BETWEEN: return ask_between(s, question, error);
	case SOURCE_QUESTION_IDS:
		if (!open_rows(
			s, &s->question, SOURCE_CEL, base->cel.column[CEL_ID], "", FALSE, error))
			return FALSE;
		s->question.after = question->from;
		s->question.until = question->to;
		return TRUE;
	case SOURCE_QUESTION_NONE: break;
	}
	g_assert_not_reached();
}

static int
sqlite_answer(source *base, struct source_fields *row, GError **error)
{
	return reader_next(&sqlite_of(base)->question, row, error);
}

static void
sqlite_answer_drop(source *base)
{
	reader_clear(&sqlite_of(base)->question);
}

static void
sqlite_close(source *base)
{
	struct sqlite *s = sqlite_of(base);
	reader_clear(&s->scan);
	reader_clear(&s->question);
	if (s->cdr_db != s->cel_db)
		sqlite3_close(s->cdr_db);
	sqlite3_close(s->cel_db);
	g_free(s->cel_path);
	g_free(s->cdr_path);
	g_free(s->cel_table);
	g_free(s->cdr_table);
	g_free(s);
}

static gboolean
open_file(sqlite3 **db, const char *path, guint timeout, GError **error)
{
	if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		fail(*db, path, error);
		return FALSE;
	}
	sqlite3_busy_timeout(*db, (int)MIN(timeout, 3600) * 1000);
	return TRUE;
}

/* A table that is not there is no error: there may be the other one. */
static gboolean
find_table(struct sqlite *s, enum source_table_kind kind, GError **error)
{
	sqlite3 *db = kind == SOURCE_CEL ? s->cel_db : s->cdr_db;
	const char *path = kind == SOURCE_CEL ? s->cel_path : s->cdr_path;
	const char *name = kind == SOURCE_CEL ? s->cel_table : s->cdr_table;
	g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *statement = prepare(db, path, sql_text("source/sqlite_columns"), error);
	int code;
	if (statement == NULL)
		return FALSE;
	sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		g_ptr_array_add(columns, g_strdup((const char *)sqlite3_column_text(statement, 0)));
	if (code != SQLITE_DONE)
		fail(db, path, error);
	sqlite3_finalize(statement);
	if (code != SQLITE_DONE || columns->len == 0)
		return code == SQLITE_DONE;
	g_ptr_array_add(columns, NULL);
	return source_table_describe(&s->base, kind, source_quoted(name, '"'), '"',
	    (const char *const *)columns->pdata, error);
}

source *
source_sqlite_open(const struct source_config *config, GError **error)
{
	struct sqlite *s = g_new0(struct sqlite, 1);
	g_autoptr(source) base = &s->base;
	base->functions = &sqlite_functions;
	base->missing = g_ptr_array_new_with_free_func(g_free);
	s->cel_path = g_strdup(config->path != NULL ? config->path : DEFAULT_PATH);
	s->cdr_path = g_strdup(config->cdr_path != NULL ? config->cdr_path : s->cel_path);
	s->cel_table = g_strdup(config->cel_table);
	s->cdr_table = g_strdup(config->cdr_table);
	const gboolean one_file = strcmp(s->cel_path, s->cdr_path) == 0;
	base->name = one_file ? g_strdup(s->cel_path)
	                      : g_strdup_printf(_("%s and %s"), s->cel_path, s->cdr_path);

	if (!open_file(&s->cel_db, s->cel_path, config->timeout, error))
		return NULL;
	if (one_file)
		s->cdr_db = s->cel_db;
	else if (!open_file(&s->cdr_db, s->cdr_path, config->timeout, error))
		return NULL;
	if (!find_table(s, SOURCE_CEL, error) || !find_table(s, SOURCE_CDR, error))
		return NULL;
	return g_steal_pointer(&base);
}

static const struct source_functions sqlite_functions = {
	.close = sqlite_close,
	.look_up = sqlite_look_up,
	.scan = sqlite_scan,
	.scan_next = sqlite_scan_next,
	.scan_stop = sqlite_scan_stop,
	.ask = sqlite_ask,
	.answer = sqlite_answer,
	.answer_drop = sqlite_answer_drop,
};
