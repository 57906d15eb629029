#include "poller/pbx_database.h"

#include "poller/source_driver.h"
#include "sql/sql.h"

#include <string.h>

struct pbx_database {
	source_writer *writer;
	char *database; /* owned */
};

pbx_database *
pbx_database_open(const struct source_config *config, GError **error)
{
	struct source_config full = *config;
	full.timeout = config->timeout > 0 ? config->timeout : 10;
	g_autoptr(pbx_database) db = g_new0(struct pbx_database, 1);
	db->database = g_strdup(config->database);
	db->writer = source_writer_open(&full, error);
	return db->writer != NULL ? g_steal_pointer(&db) : NULL;
}

void
pbx_database_close(pbx_database *db)
{
	if (db == NULL)
		return;
	source_writer_close(db->writer);
	g_free(db->database);
	g_free(db);
}

/* A literal without a connection to ask: quotes and backslashes are doubled. Free with g_free. */
static char *
literal(const char *text)
{
	GString *out = g_string_new("'");
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			g_string_append_c(out, *text);
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '\'');
	return g_string_free(out, FALSE);
}

/* A statement of sql/admin without its last newline, each ":name" replaced by what follows it; ends with NULL. Free with g_free. */
static char *G_GNUC_NULL_TERMINATED
statement(const char *name, ...)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *text = sql_text(name);
	for (const char *p = text; *p != '\0'; p++) {
		const char *value = NULL, *word;
		gsize n = 0;
		va_list pairs;
		va_start(pairs, name);
		while (*p == ':' && value == NULL && (word = va_arg(pairs, const char *)) != NULL) {
			const char *with = va_arg(pairs, const char *);
			n = strlen(word);
			if (strncmp(p + 1, word, n) == 0)
				value = with;
		}
		va_end(pairs);
		if (value == NULL) {
			g_string_append_c(out, *p);
			continue;
		}
		g_string_append(out, value);
		p += n;
	}
	return g_strdup(g_strchomp(out->str));
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The texts a statement answers with, in order, each once. */
static GPtrArray *
texts_of(pbx_database *db, const char *sql, GError **error)
{
	g_autoptr(GHashTable) set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!source_writer_texts(db->writer, sql, set, error))
		return NULL;
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer text;
	g_hash_table_iter_init(&iter, set);
	while (g_hash_table_iter_next(&iter, &text, NULL)) {
		g_hash_table_iter_steal(&iter);
		g_ptr_array_add(list, text);
	}
	g_ptr_array_sort(list, by_name);
	return list;
}

gboolean
pbx_database_settings(pbx_database *db, GHashTable *into, GError **error)
{
	g_autoptr(GPtrArray) list = texts_of(db, sql_text("admin/settings"), error);
	if (list == NULL)
		return FALSE;
	for (guint i = 0; i < list->len; i++) {
		const char *text = list->pdata[i], *equals = strchr(text, '=');
		g_autofree char *key = g_strndup(text, (gsize)(equals - text));
		if (!g_hash_table_contains(into, key))
			g_hash_table_insert(into, g_steal_pointer(&key), g_strdup(equals + 1));
	}
	return TRUE;
}

GPtrArray *
pbx_database_extensions(pbx_database *db, GError **error)
{
	return texts_of(db, sql_text("admin/extensions"), error);
}

GPtrArray *
pbx_database_trunks(pbx_database *db, GError **error)
{
	return texts_of(db, sql_text("admin/trunks"), error);
}

GPtrArray *
pbx_database_grants(pbx_database *db, GError **error)
{
	return texts_of(db, sql_text("admin/show_grants"), error);
}

/* The one text a statement answers with; "" where there is none. */
static char *
text_of(pbx_database *db, const char *name, GError **error)
{
	g_autoptr(GPtrArray) list = texts_of(db, sql_text(name), error);
	if (list == NULL)
		return NULL;
	return g_strdup(list->len > 0 ? list->pdata[0] : "");
}

char *
pbx_database_version(pbx_database *db, GError **error)
{
	return text_of(db, "admin/version", error);
}

char *
pbx_database_we_come_from(pbx_database *db, GError **error)
{
	return text_of(db, "admin/we_come_from", error);
}

/* The database of "table" or "database.table"; free with g_free. */
static char *
database_of(const char *table, const char *usual)
{
	const char *dot = strchr(table, '.');
	return dot != NULL ? g_strndup(table, (gsize)(dot - table)) : g_strdup(usual);
}

static const char *
bare(const char *table)
{
	const char *dot = strchr(table, '.');
	return dot != NULL ? dot + 1 : table;
}

GPtrArray *
pbx_database_indexed(pbx_database *db, const char *table, GError **error)
{
	g_autofree char *name = database_of(table, db->database);
	g_autofree char *database = literal(name), *quoted = literal(bare(table));
	g_autofree char *sql =
	    statement("admin/indexed", "database", database, "table", quoted, NULL);
	return texts_of(db, sql, error);
}

char *
pbx_database_index_sql(const char *table, const char *column)
{
	g_autofree char *name = source_writer_table(table), *quoted = source_quoted(column, '`');
	return statement(
	    "admin/index_create", "index", quoted, "table", name, "column", quoted, NULL);
}

/* `database`.`table`, always both; free with g_free. */
static char *
whole_table(const char *table, const char *usual)
{
	g_autofree char *database = database_of(table, usual);
	g_autofree char *whole = g_strconcat(database, ".", bare(table), NULL);
	return source_writer_table(whole);
}

static char *
account_of(const struct pbx_user *user)
{
	g_autofree char *name = literal(user->name), *host = literal(user->host);
	return g_strconcat(name, "@", host, NULL);
}

static char *
grant(const struct pbx_user *user, const char *statement_name, const char *table)
{
	g_autofree char *account = account_of(user), *whole = whole_table(table, user->database);
	return statement(statement_name, "account", account, "table", whole, NULL);
}

/* The statements in their order, char *; `copies`: names of cdr's copies. */
static GPtrArray *
statements_for(const struct pbx_user *user, const GPtrArray *copies)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *account = account_of(user), *password = literal(user->password),
			*database = database_of(user->cdr_table, user->database);
	const char *on_cdr =
	    user->update_cdr ? "admin/user_may_name_recordings" : "admin/user_may_read";
	g_ptr_array_add(
	    list, statement("admin/user_create", "account", account, "password", password, NULL));
	g_ptr_array_add(list, grant(user, "admin/user_may_read", user->cel_table));
	g_ptr_array_add(list, grant(user, on_cdr, user->cdr_table));
	for (guint i = 0; user->update_cdr && copies != NULL && i < copies->len; i++) {
		g_autofree char *table = g_strconcat(database, ".", copies->pdata[i], NULL);
		g_ptr_array_add(list, grant(user, on_cdr, table));
	}
	return list;
}

char *
pbx_user_sql(const struct pbx_user *user)
{
	g_autoptr(GPtrArray) list = statements_for(user, NULL);
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < list->len; i++)
		g_string_append_printf(text, "%s;\n", (const char *)list->pdata[i]);
	return g_string_free(text, FALSE);
}

gboolean
pbx_user_make(pbx_database *admin, const struct pbx_user *user, GError **error)
{
	g_autofree char *name = database_of(user->cdr_table, user->database);
	g_autofree char *database = literal(name);
	g_autofree char *sql = statement("admin/copies_of_cdr", "database", database, NULL);
	g_autoptr(GPtrArray) copies = texts_of(admin, sql, error);
	if (copies == NULL)
		return FALSE;
	g_autoptr(GPtrArray) list = statements_for(user, copies);
	for (guint i = 0; i < list->len; i++) {
		gint64 changed;
		if (!source_writer_change(admin->writer, list->pdata[i], &changed, error))
			return FALSE;
	}
	return TRUE;
}

const char *
pbx_database_library(void)
{
	return source_mariadb_library();
}
