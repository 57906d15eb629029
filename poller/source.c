/*
 * What is the same for every source: what stands where in a row, and that one scan and one question are under way at most.
 */
#include "poller/source_driver.h"

#include "poller/bytes.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_QUARK(celsync_source_error, source_error)

static void
table_clear(struct source_table *table)
{
	g_free(table->name);
	g_free(table->list);
	for (gsize i = 0; i < G_N_ELEMENTS(table->column); i++)
		g_free(table->column[i]);
}

static gboolean
has_rows(source *s, enum source_table_kind kind, gboolean *has, GError **error)
{
	const struct source_table *table = kind == SOURCE_CEL ? &s->cel : &s->cdr;
	g_auto(GStrv) row = NULL;
	*has = FALSE;
	if (!table->there) {
		g_ptr_array_add(s->missing, g_strdup(kind == SOURCE_CEL ? "cel" : "cdr"));
		return TRUE;
	}
	g_autofree char *sql = g_strdup_printf("SELECT 1 FROM %s LIMIT 1", table->name);
	if (!s->functions->look_up(s, kind, sql, &row, error))
		return FALSE;
	*has = row != NULL;
	return TRUE;
}

source *
source_open(const struct source_config *config, GError **error)
{
	struct source_config full = *config;
	full.cel_table = config->cel_table != NULL ? config->cel_table : "cel";
	full.cdr_table = config->cdr_table != NULL ? config->cdr_table : "cdr";
	full.timeout = config->timeout > 0 ? config->timeout : 10;

	g_autoptr(source) s = NULL;
	switch (config->driver) {
	case SOURCE_MARIADB: s = source_mariadb_open(&full, error); break;
	case SOURCE_SQLITE: s = source_sqlite_open(&full, error); break;
	}
	if (s == NULL)
		return NULL;
	if (!s->cel.there && !s->cdr.there) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SCHEMA,
		    _("%s has neither a table %s nor a table %s\n"
		      "Set [source] %s, or cel_table and cdr_table, to where Asterisk writes."),
		    s->name, full.cel_table, full.cdr_table,
		    config->driver == SOURCE_MARIADB ? "database" : "path");
		return NULL;
	}
	if (!has_rows(s, SOURCE_CEL, &s->has_cel, error) ||
	    !has_rows(s, SOURCE_CDR, &s->has_cdr, error))
		return NULL;
	g_ptr_array_add(s->missing, NULL);
	return g_steal_pointer(&s);
}

void
source_close(source *s)
{
	if (s == NULL)
		return;
	table_clear(&s->cel);
	table_clear(&s->cdr);
	g_free(s->name);
	g_ptr_array_unref(s->missing);
	s->functions->close(s);
}

const char *
source_name(const source *s)
{
	return s->name;
}

gboolean
source_has_cel(const source *s)
{
	return s->has_cel;
}

gboolean
source_has_cdr(const source *s)
{
	return s->has_cdr;
}

const char *const *
source_missing(const source *s)
{
	return (const char *const *)s->missing->pdata;
}

/* What a table says where a number should be: fallback for anything but digits. */
static inline gint64
number(const char *text, gint64 fallback)
{
	if (text == NULL || !g_ascii_isdigit(*text))
		return fallback;
	gint64 value = 0;
	for (int n = 0; n < 18 && (unsigned)text[n] - '0' <= 9; n++)
		value = value * 10 + (text[n] - '0');
	return value;
}

static inline const char *
text(const char *value)
{
	return value != NULL ? value : "";
}

gboolean
source_bounds(source *s, gint64 *first, gint64 *last, GError **error)
{
	*first = *last = 0;
	if (!s->cel.there)
		return TRUE;
	/* Asked for separately, each is one look-up in the primary key; SQLite walks the table for both. */
	const char *id = s->cel.column[CEL_ID], *table = s->cel.name;
	g_auto(GStrv) row = NULL;
	g_autofree char *sql = g_strdup_printf(
	    "SELECT (SELECT MIN(%s) FROM %s), (SELECT MAX(%s) FROM %s)", id, table, id, table);
	if (!s->functions->look_up(s, SOURCE_CEL, sql, &row, error))
		return FALSE;
	*first = number(row[0], 0);
	*last = number(row[1], 0);
	s->has_cel = *last > 0;
	return TRUE;
}

gboolean
source_probe(
    source *s, gint64 id, gint64 *found_id, struct wall *time, gboolean *found, GError **error)
{
	*found = FALSE;
	if (!s->cel.there)
		return TRUE;
	const struct source_table *cel = &s->cel;
	g_auto(GStrv) row = NULL;
	g_autofree char *sql = g_strdup_printf("SELECT %s, %s FROM %s WHERE %s >= %" G_GINT64_FORMAT
					       " ORDER BY %s LIMIT 1",
	    cel->column[CEL_ID], cel->column[CEL_EVENTTIME], cel->name, cel->column[CEL_ID], id,
	    cel->column[CEL_ID]);
	if (!s->functions->look_up(s, SOURCE_CEL, sql, &row, error))
		return FALSE;
	if (row == NULL)
		return TRUE;
	*found = TRUE;
	*found_id = number(row[0], 0);
	*time = wall_parse(row[1]);
	return TRUE;
}

#define DAY_LENGTH (sizeof "2025-11-23 " - 1)

/* A time that is not that of the row before. */
static struct wall
time_read_anew(struct source_time *last, const char *text, gsize length)
{
	gint64 of_day;
	/* "2025-11-23 12:28:20", as nearly every column has it; anything else is read anew each time. */
	if (length != SOURCE_TIME_LENGTH)
		return wall_parse(text);
	if (bytes_same(text, last->text, DAY_LENGTH) &&
	    wall_time_of_day(text + DAY_LENGTH, &of_day)) {
		memcpy(last->text, text, SOURCE_TIME_LENGTH);
		last->us = last->day_us + of_day;
		return (struct wall){ .us = last->us };
	}
	const struct wall wall = wall_parse(text);
	last->text[0] = '\0';
	if (!wall.utc && wall.us != WALL_NONE && wall_time_of_day(text + DAY_LENGTH, &of_day)) {
		memcpy(last->text, text, SOURCE_TIME_LENGTH);
		last->us = wall.us;
		last->day_us = wall.us - of_day;
	}
	return wall;
}

/* wall_parse, sparing what the row before has told. */
static inline struct wall
time_read(struct source_time *last, const char *text, gsize length)
{
	if (G_LIKELY(
		length == SOURCE_TIME_LENGTH && bytes_same(text, last->text, SOURCE_TIME_LENGTH)))
		return (struct wall){ .us = last->us };
	return time_read_anew(last, text, length);
}

/* What the id behind this one looks like; the last is forgotten where it would be too long. */
static void
expect_carry(struct source_id *expected)
{
	gsize at = expected->length;
	while (at > 0 && expected->text[at - 1] == '9')
		expected->text[--at] = '0';
	if (at > 0) {
		expected->text[at - 1]++;
	} else if (expected->length + 1 < sizeof expected->text) {
		expected->text[0] = '1';
		memset(expected->text + 1, '0', expected->length++);
	} else {
		expected->length = 0;
	}
}

static inline void
expect_next(struct source_id *expected)
{
	char *last = &expected->text[expected->length - 1];
	expected->id++;
	if (G_LIKELY(*last != '9'))
		(*last)++;
	else
		expect_carry(expected);
}

static gint64
row_id_anew(struct source_id *expected, const char *text, gsize length)
{
	const gint64 id = number(text, 0);
	expected->length = 0;
	if (length > 0 && length < sizeof expected->text && strspn(text, "0123456789") == length) {
		memcpy(expected->text, text, length);
		expected->length = length;
		expected->id = id;
		expect_next(expected);
	}
	return id;
}

/* Ids go up one by one, nearly always: then this one is known before it is read. */
static inline gint64
row_id(struct source_id *expected, const char *text, gsize length)
{
	if (G_UNLIKELY(length != expected->length || length == 0 ||
		       !bytes_same(text, expected->text, length)))
		return row_id_anew(expected, text, length);
	const gint64 id = expected->id;
	expect_next(expected);
	return id;
}

static inline __attribute__((always_inline)) void
cel_row_fill(source *s, struct cel_row *row, const struct source_fields *f)
{
	row->id = row_id(&s->cel_id, f->text[CEL_ID], f->length[CEL_ID]);
	row->event = cel_event_from_name(f->text[CEL_EVENTTYPE], f->length[CEL_EVENTTYPE]);
	row->time = time_read(&s->cel_time, text(f->text[CEL_EVENTTIME]), f->length[CEL_EVENTTIME]);
	row->uniqueid = text(f->text[CEL_UNIQUEID]);
	row->uniqueid_len = f->length[CEL_UNIQUEID];
	row->linkedid = text(f->text[CEL_LINKEDID]);
	row->linkedid_len = f->length[CEL_LINKEDID];
	row->text = f->text;
	row->length = f->length;
}

#define TEXT(row, f, member, column)                                                               \
	((row)->member = text((f)->text[column]), (row)->len.member = (guint32)(f)->length[column])

static void
cdr_row_fill(source *s, struct cdr_row *row, const struct source_fields *f)
{
	row->uniqueid = text(f->text[CDR_UNIQUEID]);
	row->len.uniqueid = (guint32)f->length[CDR_UNIQUEID];
	if (G_UNLIKELY(bytes_have(row->uniqueid, row->len.uniqueid, '\0')))
		row->len.uniqueid = (guint32)strlen(row->uniqueid);
	row->linkedid = text(f->text[CDR_LINKEDID]);
	row->calldate =
	    time_read(&s->cdr_time, text(f->text[CDR_CALLDATE]), f->length[CDR_CALLDATE]);
	row->duration = number(f->text[CDR_DURATION], 0);
	row->billsec = number(f->text[CDR_BILLSEC], 0);
	row->src = text(f->text[CDR_SRC]);
	TEXT(row, f, dst, CDR_DST);
	row->channel = text(f->text[CDR_CHANNEL]);
	TEXT(row, f, dstchannel, CDR_DSTCHANNEL);
	TEXT(row, f, lastdata, CDR_LASTDATA);
	TEXT(row, f, disposition, CDR_DISPOSITION);
	TEXT(row, f, did, CDR_DID);
	TEXT(row, f, recordingfile, CDR_RECORDINGFILE);
}

gboolean
source_scan(source *s, gint64 after, gint64 until, GError **error)
{
	source_scan_stop(s);
	if (!s->cel.there || after >= until)
		return TRUE;
	s->scanning = s->functions->scan(s, after, until, error);
	return s->scanning;
}

int
source_scan_next(source *s, struct cel_row *row, GError **error)
{
	struct source_fields values;
	if (!s->scanning)
		return 0;
	const int result = s->functions->scan_next(s, &values, error);
	if (result == 1)
		cel_row_fill(s, row, &values);
	else
		s->scanning = FALSE;
	return result;
}

void
source_scan_stop(source *s)
{
	if (s->scanning)
		s->functions->scan_stop(s);
	s->scanning = FALSE;
}

static gboolean
ask(source *s, const struct source_question *question, GError **error)
{
	const struct source_table *table =
	    question->kind == SOURCE_QUESTION_CEL || question->kind == SOURCE_QUESTION_IDS
		? &s->cel
		: &s->cdr;
	if (s->asked != SOURCE_QUESTION_NONE) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_QUERY,
		    _("%s was asked while its last answer was still being read\n"
		      "This is a fault of this program: report it."),
		    s->name);
		return FALSE;
	}
	if (question->n > SOURCE_IDS_MAX) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_QUERY,
		    _("%s was asked for %zu ids at once, more than %d\n"
		      "This is a fault of this program: report it."),
		    s->name, question->n, SOURCE_IDS_MAX);
		return FALSE;
	}
	/* Nothing asked for, or nowhere to look: an empty answer. */
	if (!table->there ||
	    (question->ids == NULL ? question->from >= question->to : question->n == 0))
		return TRUE;
	if (!s->functions->ask(s, question, error))
		return FALSE;
	s->asked = question->kind;
	return TRUE;
}

gboolean
source_ask_cel(source *s, enum source_key key, const char *const *ids, gsize n, GError **error)
{
	const struct source_question question = {
		.kind = SOURCE_QUESTION_CEL, .key = key, .ids = ids, .n = n
	};
	return ask(s, &question, error);
}

gboolean
source_ask_cdr(source *s, const char *const *uniqueids, gsize n, GError **error)
{
	const struct source_question question = {
		.kind = SOURCE_QUESTION_CDR, .key = SOURCE_BY_UNIQUEID, .ids = uniqueids, .n = n
	};
	return ask(s, &question, error);
}

gboolean
source_ask_cdr_between(source *s, gint64 from_wall, gint64 to_wall, GError **error)
{
	const struct source_question question = {
		.kind = SOURCE_QUESTION_CDR_BETWEEN, .from = from_wall, .to = to_wall
	};
	return ask(s, &question, error);
}

gboolean
source_ask_ids(source *s, gint64 after, gint64 until, GError **error)
{
	const struct source_question question = {
		.kind = SOURCE_QUESTION_IDS, .from = after, .to = until
	};
	return ask(s, &question, error);
}

/* The next row of the answer, which must be of one of two kinds. */
static int
answer(source *s, enum source_question_kind kind, enum source_question_kind or_kind,
    struct source_fields *values, GError **error)
{
	if (s->asked == SOURCE_QUESTION_NONE)
		return 0;
	if (s->asked != kind && s->asked != or_kind) {
		source_answer_drop(s);
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_QUERY,
		    _("an answer of %s was read as rows of another table\n"
		      "This is a fault of this program: report it."),
		    s->name);
		return -1;
	}
	const int result = s->functions->answer(s, values, error);
	if (result != 1)
		s->asked = SOURCE_QUESTION_NONE;
	return result;
}

gboolean
source_sum_cdr(source *s, gint64 from_wall, gint64 to_wall, struct source_sum *sum, GError **error)
{
	g_auto(GStrv) row = NULL;
	*sum = (struct source_sum){ .count = -1 };
	if (!s->cdr.there || s->functions->sum_sql == NULL)
		return TRUE;
	g_autofree char *sql = s->functions->sum_sql(s, from_wall, to_wall);
	if (!s->functions->look_up(s, SOURCE_CDR, sql, &row, error))
		return FALSE;
	if (row != NULL) {
		sum->count = number(row[0], -1);
		sum->check = (guint64)number(row[1], 0);
	}
	return TRUE;
}

int
source_answer_cel(source *s, struct cel_row *row, GError **error)
{
	struct source_fields values;
	const int result = answer(s, SOURCE_QUESTION_CEL, SOURCE_QUESTION_CEL, &values, error);
	if (result == 1)
		cel_row_fill(s, row, &values);
	return result;
}

int
source_answer_cdr(source *s, struct cdr_row *row, GError **error)
{
	struct source_fields values;
	const int result =
	    answer(s, SOURCE_QUESTION_CDR, SOURCE_QUESTION_CDR_BETWEEN, &values, error);
	if (result == 1)
		cdr_row_fill(s, row, &values);
	return result;
}

int
source_answer_id(source *s, gint64 *id, GError **error)
{
	struct source_fields values;
	const int result = answer(s, SOURCE_QUESTION_IDS, SOURCE_QUESTION_IDS, &values, error);
	if (result == 1)
		*id = number(values.text[0], 0);
	return result;
}

void
source_answer_drop(source *s)
{
	if (s->asked != SOURCE_QUESTION_NONE)
		s->functions->answer_drop(s);
	s->asked = SOURCE_QUESTION_NONE;
}
