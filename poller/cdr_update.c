#include "poller/cdr_update.h"

#include "poller/source_driver.h"

#include <glib/gi18n.h>
#include <string.h>

#define DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)

/* cdr first. */
enum {
	TABLES = 3
};

struct cdr_table {
	char *name;           /* quoted; NULL: there is none */
	const char *calldate; /* its column */
};

struct cdr_update {
	source_writer *writer;
	struct cdr_table tables[TABLES];
};

static gboolean
has_column(source_writer *w, const char *schema, const char *table, const char *column,
    gboolean *has, GError **error)
{
	g_autofree char *quoted = source_writer_quoted(w, table);
	g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) FROM information_schema.COLUMNS "
					       "WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND "
					       "COLUMN_NAME = '%s'",
	    schema, quoted, column);
	gint64 n;
	if (!source_writer_number(w, sql, &n, error))
		return FALSE;
	*has = n > 0;
	return TRUE;
}

/* `prefix`: of a table in another database, "database." */
static gboolean
find_table(
    cdr_update *u, struct cdr_table *table, const char *prefix, const char *name, GError **error)
{
	g_autofree char *database = g_strndup(prefix, *prefix != '\0' ? strlen(prefix) - 1 : 0);
	g_autofree char *schema =
	    *prefix != '\0' ? source_writer_quoted(u->writer, database) : g_strdup("DATABASE()");
	g_autofree char *whole = g_strconcat(prefix, name, NULL);
	gboolean file, calldate, start;
	if (!has_column(u->writer, schema, name, "recordingfile", &file, error) ||
	    !has_column(u->writer, schema, name, "calldate", &calldate, error) ||
	    !has_column(u->writer, schema, name, "start", &start, error))
		return FALSE;
	if (!file || (!calldate && !start))
		return TRUE;
	table->name = source_writer_table(whole);
	table->calldate = calldate ? "calldate" : "start";
	return TRUE;
}

static gboolean
find_tables(cdr_update *u, const char *cdr_table, GError **error)
{
	const char *dot = strchr(cdr_table, '.');
	const char *bare = dot != NULL ? dot + 1 : cdr_table;
	g_autofree char *prefix = g_strndup(cdr_table, (gsize)(bare - cdr_table));
	const char *const names[TABLES] = { bare, "transient_cdr", "replicate_cdr" };
	for (int i = 0; i < TABLES; i++) {
		if (!find_table(u, &u->tables[i], prefix, names[i], error))
			return FALSE;
	}
	if (u->tables[0].name != NULL)
		return TRUE;
	g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SCHEMA,
	    _("%s: the table %s has no column recordingfile\nSet [recordings] update_cdr = no and "
	      "wav = "
	      "keep, or cdr_table to the table that Asterisk writes."),
	    source_writer_name(u->writer), cdr_table);
	return FALSE;
}

cdr_update *
cdr_update_open(const struct source_config *config, GError **error)
{
	struct source_config full = *config;
	full.timeout = config->timeout > 0 ? config->timeout : 10;
	if (config->driver != SOURCE_MARIADB) {
		g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SCHEMA,
		    _("recording names can be written into MariaDB only\n"
		      "Set [recordings] update_cdr = no and wav = keep."));
		return NULL;
	}
	g_autoptr(cdr_update) u = g_new0(struct cdr_update, 1);
	u->writer = source_writer_open(&full, error);
	if (u->writer == NULL ||
	    !find_tables(u, full.cdr_table != NULL ? full.cdr_table : "cdr", error))
		return NULL;
	return g_steal_pointer(&u);
}

void
cdr_update_close(cdr_update *u)
{
	if (u == NULL)
		return;
	source_writer_close(u->writer);
	for (int i = 0; i < TABLES; i++)
		g_free(u->tables[i].name);
	g_free(u);
}

static char *
day_text(gint64 us)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
	return time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S")
	                    : g_strdup("1970-01-01 00:00:00");
}

/* 'x.wav','2026/11/23/x.wav', …: one base name in all the ways in which it may be written. */
static void
append_names(cdr_update *u, GString *names, const struct cdr_file *file, const char *base)
{
	for (gsize i = 0; i < G_N_ELEMENTS(file->folders); i++) {
		g_autofree char *whole = g_strconcat(file->folders[i], base, NULL);
		g_autofree char *quoted = source_writer_quoted(u->writer, whole);
		g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "", quoted);
	}
}

static gboolean
is_named(GHashTable *found, const struct cdr_file *file, const char *base)
{
	for (gsize i = 0; i < G_N_ELEMENTS(file->folders); i++) {
		g_autofree char *whole = g_strconcat(file->folders[i], base, NULL);
		if (g_hash_table_contains(found, whole))
			return TRUE;
	}
	return FALSE;
}

static char *
between(const struct cdr_table *table, gint64 since, gint64 until)
{
	g_autofree char *from = day_text(since - DAY), *to = day_text(until + DAY);
	return g_strdup_printf(
	    "`%s` >= '%s' AND `%s` < '%s'", table->calldate, from, table->calldate, to);
}

/* Which of the names, old and new, stand in the table. */
static GHashTable *
find_names(cdr_update *u, const struct cdr_table *table, const struct cdr_file *files, gsize n,
    GError **error)
{
	g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) names = g_string_new(NULL);
	gint64 since = G_MAXINT64, until = G_MININT64;
	for (gsize i = 0; i < n; i++) {
		append_names(u, names, &files[i], files[i].from);
		append_names(u, names, &files[i], files[i].to);
		since = MIN(since, files[i].since);
		until = MAX(until, files[i].until);
	}
	g_autofree char *time = between(table, since, until);
	/* Letters count: to most collations x.wav and x.WAV are one. */
	g_autofree char *sql = g_strdup_printf(
	    "SELECT DISTINCT CONVERT(recordingfile USING utf8mb4) COLLATE utf8mb4_bin FROM %s "
	    "WHERE recordingfile IN (%s) AND %s",
	    table->name, names->str, time);
	return source_writer_texts(u->writer, sql, found, error) ? g_steal_pointer(&found) : NULL;
}

/* Once by the column's own collation, which the index has, and once letter by letter. */
static gboolean
change(cdr_update *u, const struct cdr_table *table, struct cdr_file *file, GError **error)
{
	g_autoptr(GString) names = g_string_new(NULL);
	g_autofree char *time = between(table, file->since, file->until);
	g_autofree char *to = source_writer_quoted(u->writer, file->to);
	gint64 changed;
	append_names(u, names, file, file->from);
	g_autofree char *sql = g_strdup_printf(
	    "UPDATE %s SET recordingfile = CONCAT(LEFT(recordingfile, "
	    "CHAR_LENGTH(recordingfile) - %ld), %s) WHERE recordingfile IN (%s) AND "
	    "CONVERT(recordingfile USING utf8mb4) COLLATE utf8mb4_bin IN (%s) AND %s",
	    table->name, g_utf8_strlen(file->from, -1), to, names->str, names->str, time);
	if (!source_writer_change(u->writer, sql, &changed, error))
		return FALSE;
	file->changed += changed;
	return TRUE;
}

/* The server names the right that is missing; the remedy is another one than for reading. */
static void
say_grant(const struct cdr_table *table, GError **error)
{
	if (error == NULL || !g_error_matches(*error, SOURCE_ERROR, SOURCE_ERROR_REFUSED))
		return;
	g_autofree char *said = g_strndup((*error)->message, strcspn((*error)->message, "\n"));
	g_clear_error(error);
	g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_REFUSED,
	    _("%s\nLet the database's administrator GRANT SELECT, UPDATE (recordingfile) ON %s to "
	      "this user, "
	      "or set [recordings] update_cdr = no and wav = keep."),
	    said, table->name);
}

static gboolean
update_table(cdr_update *u, int which, struct cdr_file *files, gsize n, GError **error)
{
	const struct cdr_table *table = &u->tables[which];
	g_autoptr(GHashTable) found = find_names(u, table, files, n, error);
	if (found == NULL)
		return FALSE;
	for (gsize i = 0; i < n && g_hash_table_size(found) > 0; i++) {
		const gboolean old = strcmp(files[i].from, files[i].to) != 0 &&
		                     is_named(found, &files[i], files[i].from);
		if (old && !change(u, table, &files[i], error))
			return FALSE;
		if (which == 0)
			files[i].named = old || is_named(found, &files[i], files[i].to);
	}
	return TRUE;
}

gboolean
cdr_update_files(cdr_update *u, struct cdr_file *files, gsize n, GError **error)
{
	for (gsize i = 0; i < n; i++) {
		files[i].changed = 0;
		files[i].named = FALSE;
	}
	/* The copies first: cdr, which allows the WAV to go, is the last word. */
	for (int i = TABLES - 1; i >= 0; i--) {
		if (u->tables[i].name == NULL || update_table(u, i, files, n, error))
			continue;
		say_grant(&u->tables[i], error);
		return FALSE;
	}
	return TRUE;
}
