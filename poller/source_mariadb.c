/*
 * Rows from MariaDB or MySQL; the only file that includes mysql.h.
 *
 * Two connections, each opened when it is first needed: on one a scan streams in, on the other
 * questions are asked meanwhile. Each is its own session with its own limits: a question may take
 * `timeout` seconds, a scan as long as the table is. A connection that failed is closed and its
 * error told; the library never reconnects by itself, which would lose those settings in silence.
 *
 * Rows are MYSQL_ROWs handed on as they lie in the library's buffer.
 *
 * A table that is not InnoDB locks out Asterisk's INSERT while it is read, so it is not streamed at
 * the reader's pace but fetched in pages.
 */
#include "poller/source_driver.h"

#include "sql/sql.h"

#include <errmsg.h>
#include <glib/gi18n.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <string.h>

#define PAGE_ROWS 2000
#define UNESCAPED "0123456789.-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Known to newer servers only, so not in every mysqld_error.h. */
enum {
	STATEMENT_TIME_OUT_MARIADB = 1969,
	STATEMENT_TIME_OUT_MYSQL = 3024
};

struct session {
	MYSQL *mysql;      /* NULL: not connected */
	MYSQL_RES *result; /* being read */
	gboolean sent;     /* a question whose answer has not begun to be read */
};

struct mariadb {
	source base;
	struct source_config config; /* strings borrowed */
	const char *user;
	struct session scan, question;
	gboolean paged;
	gint64 last, until; /* of a paged scan */
	guint page_rows;
};

static const struct source_functions mariadb_functions;

static struct mariadb *
mariadb_of(source *base)
{
	return (struct mariadb *)base;
}

static const char check_login[] = N_("Check [source] user and password (or password_file).");
static const char ask_grant[] = N_("Let the database's administrator GRANT SELECT to this user.");
static const char ask_login[] = N_("Let the database's administrator allow this login.");
static const char check_table[] =
    N_("Set [source] cel_table and cdr_table to the tables Asterisk writes.");
static const char crowded[] = N_("The next run tries again; see the server's max_connections.");
static const char retry[] = N_("The next run tries again.");
static const char too_slow[] =
    N_("The server is slow or lacks an index: see the recommended indexes.");

/* Errors worth words of their own; the server's message, which comes first, names the object. */
static const struct known_error {
	unsigned code;
	enum source_error error;
	const char *remedy;
} known_errors[] = {
	{ ER_ACCESS_DENIED_ERROR, SOURCE_ERROR_REFUSED, check_login },
	{ ER_ACCESS_DENIED_NO_PASSWORD_ERROR, SOURCE_ERROR_REFUSED, check_login },
	{ ER_DBACCESS_DENIED_ERROR, SOURCE_ERROR_REFUSED, ask_grant },
	{ ER_TABLEACCESS_DENIED_ERROR, SOURCE_ERROR_REFUSED, ask_grant },
	{ ER_COLUMNACCESS_DENIED_ERROR, SOURCE_ERROR_REFUSED, ask_grant },
	{ ER_SPECIFIC_ACCESS_DENIED_ERROR, SOURCE_ERROR_REFUSED, ask_grant },
	{ ER_HOST_NOT_PRIVILEGED, SOURCE_ERROR_REFUSED, ask_login },
	{ ER_HOST_IS_BLOCKED, SOURCE_ERROR_REFUSED, ask_login },
	{ ER_MUST_CHANGE_PASSWORD, SOURCE_ERROR_REFUSED, ask_login },
	{ CR_AUTH_PLUGIN_CANNOT_LOAD, SOURCE_ERROR_REFUSED, ask_login },
	{ CR_AUTH_PLUGIN_ERR, SOURCE_ERROR_REFUSED, ask_login },
	{ CR_SECURE_AUTH, SOURCE_ERROR_REFUSED, ask_login },
	{ ER_BAD_DB_ERROR, SOURCE_ERROR_SCHEMA,
	    N_("Set [source] database to the one Asterisk fills.") },
	{ ER_NO_SUCH_TABLE, SOURCE_ERROR_SCHEMA, check_table },
	{ ER_BAD_FIELD_ERROR, SOURCE_ERROR_SCHEMA, check_table },
	{ ER_CON_COUNT_ERROR, SOURCE_ERROR_UNREACHABLE, crowded },
	{ ER_TOO_MANY_USER_CONNECTIONS, SOURCE_ERROR_UNREACHABLE, crowded },
	{ ER_USER_LIMIT_REACHED, SOURCE_ERROR_UNREACHABLE, crowded },
	{ ER_SERVER_SHUTDOWN, SOURCE_ERROR_UNREACHABLE, retry },
	{ ER_CONNECTION_KILLED, SOURCE_ERROR_UNREACHABLE, retry },
	{ STATEMENT_TIME_OUT_MARIADB, SOURCE_ERROR_QUERY, too_slow },
	{ STATEMENT_TIME_OUT_MYSQL, SOURCE_ERROR_QUERY, too_slow },
	{ CR_UNKNOWN_HOST, SOURCE_ERROR_UNREACHABLE, N_("Check [source] host.") },
	{ CR_SSL_CONNECTION_ERROR, SOURCE_ERROR_UNREACHABLE,
	    N_("Check [source] tls and tls_ca, and the server's certificate.") },
};

static const struct known_error *
error_known(unsigned code)
{
	/* The library's own errors are all about the connection. */
	static const struct known_error connection = { 0, SOURCE_ERROR_UNREACHABLE,
		N_("Check that the server runs, and [source] host, port or socket.") };
	static const struct known_error other = { 0, SOURCE_ERROR_QUERY,
		N_("The next run tries again; if it stays, look into the server's error log.") };
	for (gsize i = 0; i < G_N_ELEMENTS(known_errors); i++)
		if (known_errors[i].code == code)
			return &known_errors[i];
	return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR ? &connection : &other;
}

static void
session_close(struct session *s)
{
	if (s->mysql == NULL)
		return;
	/* What is still to come is not waited for. The result goes first: it points to the connection. */
	if (s->sent || s->result != NULL)
		mariadb_cancel(s->mysql);
	if (s->result != NULL)
		mysql_free_result(s->result);
	mysql_close(s->mysql);
	*s = (struct session){ .mysql = NULL };
}

/* Tells what the session's last call met, and closes it. */
static void
session_fail(struct mariadb *m, struct session *s, GError **error)
{
	const unsigned code = mysql_errno(s->mysql);
	const struct known_error *known = error_known(code);
	g_set_error(error, SOURCE_ERROR, known->error, _("%s, user %s: %s (%u)\n%s"), m->base.name,
	    m->user, mysql_error(s->mysql), code, _(known->remedy));
	session_close(s);
}

/* A setting of the session; a server too old to know it goes without. */
static gboolean
session_set(struct mariadb *m, struct session *s, const char *sql, GError **error)
{
	if (mysql_query(s->mysql, sql) == 0)
		return TRUE;
	if (mysql_errno(s->mysql) == ER_UNKNOWN_SYSTEM_VARIABLE ||
	    mysql_errno(s->mysql) == ER_PARSE_ERROR)
		return TRUE;
	session_fail(m, s, error);
	return FALSE;
}

/* Options are copied by the library. */
static void
session_options(const struct source_config *config, MYSQL *mysql)
{
	/* A little more than a statement may take: the server's own words about it are better. */
	const unsigned connect = config->timeout, wait = config->timeout + 5, local_infile = 0;
	const my_bool tls = config->tls != SOURCE_TLS_OFF,
		      verify = config->tls == SOURCE_TLS_VERIFY;
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &wait);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &wait);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &tls);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	if (verify && config->tls_ca != NULL)
		mysql_options(mysql, MYSQL_OPT_SSL_CA, config->tls_ca);
}

/* `limit`: seconds a statement may take, 0: any. */
static gboolean
session_connect(struct mariadb *m, struct session *s, guint limit, GError **error)
{
	const struct source_config *c = &m->config;
	s->mysql = mysql_init(NULL);
	if (s->mysql == NULL)
		g_error("out of memory");
	session_options(c, s->mysql);
	if (mysql_real_connect(s->mysql, c->socket != NULL ? NULL : c->host, m->user, c->password,
		c->database, c->port, c->socket, 0) == NULL) {
		session_fail(m, s, error);
		return FALSE;
	}
	if (c->tls != SOURCE_TLS_OFF && mysql_get_ssl_cipher(s->mysql) == NULL) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_UNREACHABLE,
		    _("%s, user %s: the server offers no TLS\nLet it, or set [source] tls = off."),
		    m->base.name, m->user);
		session_close(s);
		return FALSE;
	}
	const gboolean is_mariadb = strstr(mysql_get_server_info(s->mysql), "MariaDB") != NULL;
	g_autofree char *limited =
	    is_mariadb ? g_strdup_printf("SET SESSION max_statement_time = %u", limit)
		       : g_strdup_printf("SET SESSION max_execution_time = %u", limit * 1000);
	return session_set(m, s, limited, error);
}

/* Connects where that has not been done yet, to read only. */
static gboolean
session_open(struct mariadb *m, struct session *s, guint limit, GError **error)
{
	return s->mysql != NULL ||
	       (session_connect(m, s, limit, error) &&
		   session_set(m, s, sql_text("source/mariadb_session"), error) &&
		   session_set(m, s, sql_text("source/mariadb_read_only"), error));
}

/* Ends what is under way. A short rest is read; for a long one the connection is given up. */
static void
session_stop(struct session *s)
{
	int rest = PAGE_ROWS;
	while (s->result != NULL && rest > 0 && mysql_fetch_row(s->result) != NULL)
		rest--;
	if (s->sent || rest == 0 || (s->result != NULL && mysql_errno(s->mysql) != 0)) {
		session_close(s);
		return;
	}
	if (s->result != NULL)
		mysql_free_result(s->result);
	s->result = NULL;
}

/* 1: *row is the next row; 0: no more, and the session is free; -1: error, and it is closed. */
static int
session_next(struct mariadb *m, struct session *s, struct source_fields *row, GError **error)
{
	row->text = mysql_fetch_row(s->result);
	if (row->text != NULL) {
		row->length = mysql_fetch_lengths(s->result);
		return 1;
	}
	if (mysql_errno(s->mysql) != 0) {
		session_fail(m, s, error);
		return -1;
	}
	mysql_free_result(s->result);
	s->result = NULL;
	return 0;
}

/*
 * A statement whose few rows are kept whole. An error that is pardoned (0: none) leaves no result,
 * and is none.
 */
static gboolean
session_query(
    struct mariadb *m, struct session *s, const char *sql, unsigned pardoned, GError **error)
{
	if (mysql_query(s->mysql, sql) == 0)
		s->result = mysql_store_result(s->mysql);
	if (s->result != NULL || (pardoned != 0 && mysql_errno(s->mysql) == pardoned))
		return TRUE;
	session_fail(m, s, error);
	return FALSE;
}

static gboolean
mariadb_look_up(source *base, enum source_table_kind table G_GNUC_UNUSED, const char *sql,
    GStrv *row, GError **error)
{
	struct mariadb *m = mariadb_of(base);
	/* The scan's connection where it is free: most passes never need a second one. */
	struct session *s = base->scanning ? &m->question : &m->scan;
	struct source_fields fields;
	*row = NULL;
	if (s->sent || s->result != NULL) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_QUERY,
		    _("%s: both connections are busy\nThis is a fault of this program: report it."),
		    base->name);
		return FALSE;
	}
	if (!session_open(m, s, s == &m->question ? m->config.timeout : 0, error) ||
	    !session_query(m, s, sql, 0, error))
		return FALSE;
	const int result = session_next(m, s, &fields, error);
	if (result != 1)
		return result == 0;
	const unsigned n = mysql_num_fields(s->result);
	*row = g_new0(char *, n + 1);
	for (unsigned i = 0; i < n; i++)
		(*row)[i] = g_strdup(fields.text[i] != NULL ? fields.text[i] : "");
	session_stop(s);
	return TRUE;
}

static gboolean
scan_begin(struct mariadb *m, gint64 after, GError **error)
{
	const struct source_table *cel = &m->base.cel;
	const char *id = cel->column[CEL_ID];
	g_autofree char *limit = m->paged ? g_strdup_printf(" LIMIT %d", PAGE_ROWS) : g_strdup("");
	g_autofree char *sql = g_strdup_printf("SELECT %s FROM %s WHERE %s > %" G_GINT64_FORMAT
					       " AND %s <= %" G_GINT64_FORMAT " ORDER BY %s%s",
	    cel->list, cel->name, id, after, id, m->until, id, limit);
	m->page_rows = 0;
	if (!session_open(m, &m->scan, 0, error))
		return FALSE;
	if (m->paged)
		return session_query(m, &m->scan, sql, 0, error);
	if (mysql_query(m->scan.mysql, sql) == 0)
		m->scan.result = mysql_use_result(m->scan.mysql);
	if (m->scan.result != NULL)
		return TRUE;
	session_fail(m, &m->scan, error);
	return FALSE;
}

static gboolean
mariadb_scan(source *base, gint64 after, gint64 until, GError **error)
{
	struct mariadb *m = mariadb_of(base);
	m->until = until;
	return scan_begin(m, after, error);
}

static int
mariadb_scan_next(source *base, struct source_fields *row, GError **error)
{
	struct mariadb *m = mariadb_of(base);
	int result = session_next(m, &m->scan, row, error);
	if (!m->paged)
		return result;
	if (result == 0 && m->page_rows == PAGE_ROWS) {
		if (!scan_begin(m, m->last, error))
			return -1;
		result = session_next(m, &m->scan, row, error);
	}
	if (result == 1) {
		m->last = g_ascii_strtoll(row->text[CEL_ID], NULL, 10);
		m->page_rows++;
	}
	return result;
}

static void
mariadb_scan_stop(source *base)
{
	session_stop(&mariadb_of(base)->scan);
}

/* " WHERE column IN ('…','…')"; needs an open session, whose character set says what is escaped. */
static void
append_ids(GString *sql, MYSQL *mysql, const char *column, const struct source_question *question)
{
	g_string_append_printf(sql, " WHERE %s IN (", column);
	for (gsize i = 0; i < question->n; i++) {
		const char *id = question->ids[i];
		const gsize length = strlen(id);
		g_string_append(sql, i > 0 ? ",'" : "'");
		/* Nearly all are of digits and a dot, maybe behind a name: nothing to escape, in any character set. */
		if (strspn(id, UNESCAPED) == length) {
			g_string_append_len(sql, id, (gssize)length);
		} else {
			g_autofree char *escaped = g_malloc(2 * length + 1);
			mysql_real_escape_string(mysql, escaped, id, length);
			g_string_append(sql, escaped);
		}
		g_string_append_c(sql, '\'');
	}
	g_string_append_c(sql, ')');
}

/* A wall clock as DATETIME writes it, kept within the years it can write. Free with g_free. */
static char *
wall_text(gint64 us)
{
	const gint64 end = G_GINT64_CONSTANT(253402300799);
	g_autoptr(GDateTime) whole =
	    g_date_time_new_from_unix_utc(CLAMP(us / G_USEC_PER_SEC, 0, end));
	g_autofree char *text = g_date_time_format(whole, "%Y-%m-%d %H:%M:%S");
	return g_strdup_printf("%s.%06d", text, us > 0 ? (int)(us % G_USEC_PER_SEC) : 0);
}

/* The statement that answers a question; free with g_free. */
static char *
question_sql(struct mariadb *m, const struct source_question *question)
{
	const struct source_table *cel = &m->base.cel, *cdr = &m->base.cdr;
	GString *sql = g_string_sized_new(1024 + question->n * 24);
	g_autofree char *from = NULL, *to = NULL;
	switch (question->kind) {
	case SOURCE_QUESTION_CEL:
		g_string_append_printf(sql, "SELECT %s FROM %s", cel->list, cel->name);
		append_ids(sql, m->question.mysql,
		    cel->column[question->key == SOURCE_BY_LINKEDID ? CEL_LINKEDID : CEL_UNIQUEID],
		    question);
		g_string_append_printf(sql, " ORDER BY %s", cel->column[CEL_ID]);
		break;
	case SOURCE_QUESTION_CDR:
		g_string_append_printf(sql, "SELECT %s FROM %s", cdr->list, cdr->name);
		append_ids(sql, m->question.mysql, cdr->column[CDR_UNIQUEID], question);
		/* The table has no key of its own: this is as near to the order of writing as it gets. */
		g_string_append_printf(sql, " ORDER BY %s, %s", cdr->column[CDR_UNIQUEID],
		    cdr->column[cdr->column[CDR_SEQUENCE] != NULL ? CDR_SEQUENCE : CDR_CALLDATE]);
		break;
	case SOURCE_QUESTION_CDR_BETWEEN:
		from = wall_text(question->from);
		to = wall_text(question->to);
		g_string_append_printf(sql,
		    "SELECT %s FROM %s WHERE %s >= '%s' AND %s < '%s' ORDER BY %s", cdr->list,
		    cdr->name, cdr->column[CDR_CALLDATE], from, cdr->column[CDR_CALLDATE], to,
		    cdr->column[CDR_CALLDATE]);
		break;
	case SOURCE_QUESTION_IDS:
		g_string_append_printf(sql,
		    "SELECT %s FROM %s WHERE %s > %" G_GINT64_FORMAT " AND %s <= %" G_GINT64_FORMAT
		    " ORDER BY %s",
		    cel->column[CEL_ID], cel->name, cel->column[CEL_ID], question->from,
		    cel->column[CEL_ID], question->to, cel->column[CEL_ID]);
		break;
	case SOURCE_QUESTION_NONE: g_assert_not_reached();
	}
	return g_string_free(sql, FALSE);
}

static char *
mariadb_sum_sql(source *base, gint64 from, gint64 to)
{
	const struct source_table *cdr = &base->cdr;
	g_autofree char *first = wall_text(from), *end = wall_text(to);
	return g_strdup_printf(
	    "SELECT COUNT(*), SUM(CRC32(%s)) FROM %s WHERE %s >= '%s' AND %s < '%s'",
	    cdr->column[CDR_UNIQUEID], cdr->name, cdr->column[CDR_CALLDATE], first,
	    cdr->column[CDR_CALLDATE], end);
}

static gboolean
mariadb_ask(source *base, const struct source_question *question, GError **error)
{
	struct mariadb *m = mariadb_of(base);
	struct session *s = &m->question;
	if (!session_open(m, s, m->config.timeout, error))
		return FALSE;
	g_autofree char *sql = question_sql(m, question);
	if (mysql_send_query(s->mysql, sql, strlen(sql)) != 0) {
		session_fail(m, s, error);
		return FALSE;
	}
	s->sent = TRUE;
	return TRUE;
}

static int
mariadb_answer(source *base, struct source_fields *row, GError **error)
{
	struct mariadb *m = mariadb_of(base);
	struct session *s = &m->question;
	if (s->sent) {
		s->sent = FALSE;
		if (mysql_read_query_result(s->mysql) == 0)
			s->result = mysql_use_result(s->mysql);
		if (s->result == NULL) {
			session_fail(m, s, error);
			return -1;
		}
	}
	return session_next(m, s, row, error);
}

static void
mariadb_answer_drop(source *base)
{
	session_stop(&mariadb_of(base)->question);
}

static void
mariadb_close(source *base)
{
	struct mariadb *m = mariadb_of(base);
	session_close(&m->scan);
	session_close(&m->question);
	g_free(m);
}

/* "table" or "database.table" (FreePBX can keep cel in a database of its own) between backticks. */
static char *
table_quoted(const char *name)
{
	const char *dot = strchr(name, '.');
	if (dot == NULL)
		return source_quoted(name, '`');
	g_autofree char *database = g_strndup(name, dot - name);
	g_autofree char *quoted_database = source_quoted(database, '`');
	g_autofree char *quoted_table = source_quoted(dot + 1, '`');
	return g_strconcat(quoted_database, ".", quoted_table, NULL);
}

/* A table that is not there is no error: there may be the other one. */
static gboolean
find_table(struct mariadb *m, enum source_table_kind kind, const char *name, GError **error)
{
	struct session *s = &m->scan;
	char **row;
	g_autofree char *quoted = table_quoted(name);
	/* information_schema hides what one may not read; this says so. */
	g_autofree char *sql = g_strdup_printf("SHOW COLUMNS FROM %s", quoted);
	g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
	if (!session_query(m, s, sql, ER_NO_SUCH_TABLE, error))
		return FALSE;
	if (s->result == NULL)
		return TRUE;
	while ((row = mysql_fetch_row(s->result)) != NULL)
		g_ptr_array_add(columns, g_strdup(row[0]));
	g_ptr_array_add(columns, NULL);
	session_stop(s);
	return source_table_describe(&m->base, kind, g_steal_pointer(&quoted), '`',
	    (const char *const *)columns->pdata, error);
}

/* Only InnoDB lets a reader take its time; of a view, or where one may not ask, nothing is known. */
static gboolean
find_engine(struct mariadb *m, GError **error)
{
	struct session *s = &m->scan;
	char **row;
	m->paged = TRUE;
	if (!m->base.cel.there)
		return TRUE;
	g_autofree char *sql = g_strdup_printf("SHOW CREATE TABLE %s", m->base.cel.name);
	if (!session_query(m, s, sql, ER_TABLEACCESS_DENIED_ERROR, error))
		return FALSE;
	if (s->result != NULL && (row = mysql_fetch_row(s->result)) != NULL)
		m->paged = strstr(row[1], "\n) ENGINE=InnoDB") == NULL;
	session_stop(s);
	return TRUE;
}

/* "localhost", "10.0.0.5:3307" or "/run/mysqld/mysqld.sock"; free with g_free. */
static char *
place_of(const struct source_config *config)
{
	if (config->socket != NULL)
		return g_strdup(config->socket);
	if (config->port == 0)
		return g_strdup(config->host != NULL ? config->host : "localhost");
	return g_strdup_printf(
	    "%s:%u", config->host != NULL ? config->host : "localhost", config->port);
}

/* Who, where and how; not connected yet. */
static struct mariadb *
mariadb_new(const struct source_config *config)
{
	struct mariadb *m = g_new0(struct mariadb, 1);
	m->config = *config;
	if (config->database == NULL)
		m->config.database = "asteriskcdrdb";
	m->user = config->user != NULL ? config->user : g_get_user_name();
	g_autofree char *place = place_of(config);
	m->base.name = g_strdup_printf(_("%s on %s"), m->config.database, place);
	return m;
}

source *
source_mariadb_open(const struct source_config *config, GError **error)
{
	struct mariadb *m = mariadb_new(config);
	g_autoptr(source) base = &m->base;
	base->functions = &mariadb_functions;
	base->missing = g_ptr_array_new_with_free_func(g_free);

	if (!session_open(m, &m->scan, 0, error) ||
	    !find_table(m, SOURCE_CEL, config->cel_table, error) ||
	    !find_table(m, SOURCE_CDR, config->cdr_table, error) || !find_engine(m, error))
		return NULL;
	return g_steal_pointer(&base);
}

static const struct source_functions mariadb_functions = {
	.close = mariadb_close,
	.look_up = mariadb_look_up,
	.scan = mariadb_scan,
	.scan_next = mariadb_scan_next,
	.scan_stop = mariadb_scan_stop,
	.ask = mariadb_ask,
	.sum_sql = mariadb_sum_sql,
	.answer = mariadb_answer,
	.answer_drop = mariadb_answer_drop,
};

/* For poller/cdr_update.c: a connection that may write, and is nobody else's. */

struct source_writer {
	struct mariadb *m; /* owned */
	struct session session;
};

source_writer *
source_writer_open(const struct source_config *config, GError **error)
{
	g_autoptr(source_writer) w = g_new0(struct source_writer, 1);
	w->m = mariadb_new(config);
	if (!session_connect(w->m, &w->session, w->m->config.timeout, error))
		return NULL;
	return g_steal_pointer(&w);
}

void
source_writer_close(source_writer *w)
{
	if (w == NULL)
		return;
	session_close(&w->session);
	g_free(w->m->base.name);
	g_free(w->m);
	g_free(w);
}

const char *
source_writer_name(const source_writer *w)
{
	return w->m->base.name;
}

char *
source_writer_quoted(source_writer *w, const char *text)
{
	const gsize length = strlen(text);
	g_autofree char *escaped = g_malloc(2 * length + 1);
	mysql_real_escape_string(w->session.mysql, escaped, text, length);
	return g_strdup_printf("'%s'", escaped);
}

char *
source_writer_table(const char *name)
{
	return table_quoted(name);
}

gboolean
source_writer_number(source_writer *w, const char *sql, gint64 *n, GError **error)
{
	struct source_fields row;
	if (!session_query(w->m, &w->session, sql, 0, error))
		return FALSE;
	const int got = session_next(w->m, &w->session, &row, error);
	if (got < 0)
		return FALSE;
	*n = got > 0 && row.text[0] != NULL ? g_ascii_strtoll(row.text[0], NULL, 10) : 0;
	if (got > 0)
		session_stop(&w->session);
	return TRUE;
}

gboolean
source_writer_texts(source_writer *w, const char *sql, GHashTable *texts, GError **error)
{
	struct source_fields row;
	int got;
	if (!session_query(w->m, &w->session, sql, 0, error))
		return FALSE;
	while ((got = session_next(w->m, &w->session, &row, error)) > 0) {
		if (row.text[0] != NULL)
			g_hash_table_add(texts, g_strdup(row.text[0]));
	}
	return got == 0;
}

gboolean
source_writer_change(source_writer *w, const char *sql, gint64 *changed, GError **error)
{
	if (mysql_query(w->session.mysql, sql) != 0) {
		session_fail(w->m, &w->session, error);
		return FALSE;
	}
	*changed = (gint64)mysql_affected_rows(w->session.mysql);
	return TRUE;
}

const char *
source_mariadb_library(void)
{
	return mysql_get_client_info();
}
