#include "store/handle.h"

#include "sql/sql.h"

#include <glib/gi18n.h>
#include <string.h>

#define PARAMETERS_MAX 64

/*
 * A statement's name, parameters and columns are written in this program: where they do not fit, it
 * is a mistake no run can mend, and g_error() ends the program with the statement's name.
 */
struct statement {
	store *db;              /* borrowed */
	const char *name;       /* borrowed, below sql/store */
	const char *text;       /* borrowed */
	sqlite3_stmt *prepared; /* NULL: not asked for yet, or `broken` */
	GError *broken;         /* why it cannot be prepared; store_step() tells */
	guint64 bound;          /* bit i: parameter i + 1 has a value */
	int failed;             /* of a binding; SQLITE_OK: none */
	int parameters;         /* how many it has */
	/*
	 * The order in which they were bound: mostly it is that of the last time, and SQLite need not look through its list of
	 * names for each.
	 */
	guint8 *order;      /* indices from 1; 0: not known yet */
	const char **names; /* by index; interned */
	int binding;        /* how many have been bound since the reset */
};

static void
statement_free(gpointer data)
{
	statement *query = data;
	sqlite3_finalize(query->prepared);
	g_free(query->order);
	g_free(query->names);
	g_clear_error(&query->broken);
	g_free(query);
}

void
handle_statements(store *db)
{
	db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, statement_free);
	for (const struct sql_statement *s = sql_statements; s->name != NULL; s++) {
		if (!g_str_has_prefix(s->name, HANDLE_STATEMENTS) ||
		    g_str_has_prefix(s->name, HANDLE_MIGRATIONS))
			continue;
		statement *query = g_new0(statement, 1);
		query->db = db;
		query->name = s->name + strlen(HANDLE_STATEMENTS);
		query->text = s->text;
		g_hash_table_insert(db->statements, (gpointer)query->name, query);
	}
}

/* A pass with nothing to do asks for a tenth of all statements: the others need not be prepared. */
static void
prepare(statement *query)
{
	if (query->prepared != NULL)
		return;
	g_clear_error(&query->broken);
	if (sqlite3_prepare_v3(query->db->handle, query->text, -1, SQLITE_PREPARE_PERSISTENT,
		&query->prepared, NULL) != SQLITE_OK)
		handle_failed(query->db, query->name, &query->broken);
	query->parameters = sqlite3_bind_parameter_count(query->prepared);
	if (query->parameters > PARAMETERS_MAX)
		g_error("statement %s has too many parameters", query->name);
	query->order = g_renew(guint8, query->order, query->parameters);
	query->names = g_renew(const char *, query->names, query->parameters);
	for (int i = 0; i < query->parameters; i++)
		query->order[i] = 0;
}

gboolean
store_prepare_all(store *db, GError **error)
{
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, db->statements);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		statement *query = value;
		prepare(query);
		if (query->broken != NULL) {
			g_propagate_error(error, g_error_copy(query->broken));
			return FALSE;
		}
	}
	return TRUE;
}

void
store_reset(statement *query)
{
	if (query->prepared != NULL) {
		sqlite3_reset(query->prepared);
		if (query->bound != 0)
			sqlite3_clear_bindings(query->prepared);
	}
	query->bound = 0;
	query->binding = 0;
	query->failed = SQLITE_OK;
}

statement *
store_query(store *db, const char *name)
{
	statement *query = g_hash_table_lookup(db->statements, name);
	if (query == NULL)
		g_error("no statement is named %s", name);
	prepare(query);
	if (sqlite3_stmt_busy(query->prepared))
		g_error("statement %s is asked for again before its last row", name);
	store_reset(query);
	return query;
}

static int
parameter_index(statement *query, const char *parameter)
{
	const int at = query->binding++;
	int index = at < query->parameters ? query->order[at] : 0;
	if (index == 0 || strcmp(query->names[index - 1], parameter) != 0) {
		index = sqlite3_bind_parameter_index(query->prepared, parameter);
		if (index < 1)
			g_error("statement %s has no parameter %s", query->name, parameter);
		/* SQLite's own goes when it prepares the statement anew. */
		query->names[index - 1] = g_intern_string(parameter);
		if (at < query->parameters)
			query->order[at] = (guint8)index;
	}
	query->bound |= G_GUINT64_CONSTANT(1) << (index - 1);
	return index;
}

void
store_bind_int(statement *query, const char *parameter, gint64 value)
{
	if (query->broken != NULL)
		return;
	const int result =
	    sqlite3_bind_int64(query->prepared, parameter_index(query, parameter), value);
	if (result != SQLITE_OK)
		query->failed = result;
}

void
store_bind_text(statement *query, const char *parameter, const char *value)
{
	if (query->broken != NULL)
		return;
	const int result = sqlite3_bind_text(
	    query->prepared, parameter_index(query, parameter), value, -1, SQLITE_STATIC);
	if (result != SQLITE_OK)
		query->failed = result;
}

static int
statement_failed(statement *query, GError **error)
{
	handle_failed(query->db, query->name, error);
	store_reset(query);
	return -1;
}

int
store_step(statement *query, GError **error)
{
	if (query->broken != NULL) {
		g_propagate_error(error, g_error_copy(query->broken));
		return -1;
	}
	const int parameters = query->parameters;
	if (parameters > 0 && query->bound != G_MAXUINT64 >> (PARAMETERS_MAX - parameters))
		g_error("statement %s: a parameter has no value", query->name);
	if (query->failed != SQLITE_OK)
		return statement_failed(query, error);
	const int result = sqlite3_step(query->prepared);
	if (result == SQLITE_ROW)
		return 1;
	if (result != SQLITE_DONE)
		return statement_failed(query, error);
	store_reset(query);
	return 0;
}

gboolean
store_run(statement *query, int *changed, GError **error)
{
	int got;
	while ((got = store_step(query, error)) > 0)
		continue;
	if (got == 0 && changed != NULL)
		*changed = sqlite3_changes(query->db->handle);
	return got == 0;
}

gboolean
store_run_one(statement *query, GError **error)
{
	int changed;
	if (!store_run(query, &changed, error))
		return FALSE;
	if (changed == 1)
		return TRUE;
	g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
	    _("store %s: %s changed %d rows instead of one\n"
	      "Another run changed it meanwhile: see `celsync status`, then try again."),
	    query->db->path, query->name, changed);
	return FALSE;
}

GArray *
store_rows(statement *query, guint size, void (*read)(statement *query, gpointer element),
    GDestroyNotify clear, GError **error)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, size);
	if (clear != NULL)
		g_array_set_clear_func(rows, clear);
	int got;
	while ((got = store_step(query, error)) > 0) {
		g_array_set_size(rows, rows->len + 1);
		read(query, rows->data + (gsize)(rows->len - 1) * size);
	}
	return got < 0 ? NULL : g_steal_pointer(&rows);
}

gint64
store_int(statement *query, int column)
{
	return sqlite3_column_int64(query->prepared, column);
}

const char *
store_text(statement *query, int column)
{
	return (const char *)sqlite3_column_text(query->prepared, column);
}
