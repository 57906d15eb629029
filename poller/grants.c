#include "poller/grants.h"

#include <string.h>

/* A table the program works with; FALSE: another, or a whole database. `object` is "database.table", bare. */
static gboolean
is_table(const char *object, const char *table, const char *database)
{
	g_autofree char *whole =
	    strchr(table, '.') != NULL ? g_strdup(table) : g_strconcat(database, ".", table, NULL);
	return g_ascii_strcasecmp(object, whole) == 0;
}

/* cdr, or one of FreePBX's copies of it beside it. */
static gboolean
has_recordingfile(const char *object, const struct grants_needed *needed)
{
	const char *dot = strchr(needed->cdr_table, '.');
	g_autofree char *database =
	    dot != NULL ? g_strndup(needed->cdr_table, (gsize)(dot - needed->cdr_table))
			: g_strdup(needed->database);
	return is_table(object, needed->cdr_table, needed->database) ||
	       is_table(object, "transient_cdr", database) ||
	       is_table(object, "replicate_cdr", database);
}

/* "*.*" and "database.*" take cdr in. */
static gboolean
covers_cdr(const char *object, const struct grants_needed *needed)
{
	g_autofree char *all = g_strconcat(needed->database, ".*", NULL);
	return strcmp(object, "*.*") == 0 || g_ascii_strcasecmp(object, all) == 0 ||
	       is_table(object, needed->cdr_table, needed->database);
}

/* Privileges are split at commas that are not inside "(column, column)". */
static GPtrArray *
split_privileges(const char *text)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	int depth = 0;
	const char *begin = text;
	for (const char *p = text;; p++) {
		depth += (*p == '(') - (*p == ')');
		if (*p != '\0' && (*p != ',' || depth > 0))
			continue;
		g_ptr_array_add(list, g_strstrip(g_strndup(begin, (gsize)(p - begin))));
		begin = p + 1;
		if (*p == '\0')
			return list;
	}
}

static gboolean
is_needed(const char *privilege, const char *object, const struct grants_needed *needed)
{
	gboolean columns = g_ascii_strncasecmp(privilege, "SELECT (", 8) == 0;
	if (g_ascii_strcasecmp(privilege, "USAGE") == 0)
		return TRUE;
	if (g_ascii_strcasecmp(privilege, "SELECT") == 0 || columns)
		return is_table(object, needed->cel_table, needed->database) ||
		       has_recordingfile(object, needed);
	return needed->update_cdr && g_ascii_strcasecmp(privilege, "UPDATE (recordingfile)") == 0 &&
	       has_recordingfile(object, needed);
}

/* Names are shown and compared without the quotes of either dialect. Free with g_free. */
static char *
unquoted(const char *text, gsize n)
{
	char *out = g_malloc(n + 1);
	gsize length = 0;
	for (gsize i = 0; i < n; i++)
		if (text[i] != '`' && text[i] != '"')
			out[length++] = text[i];
	out[length] = '\0';
	return out;
}

static void
add(struct grants *grants, const char *privilege, const char *object)
{
	g_autofree char *text = g_strdup_printf("%s on %s", privilege, object);
	if (g_ptr_array_find_with_equal_func(grants->excess, text, g_str_equal, NULL))
		return;
	g_ptr_array_add(grants->excess, g_steal_pointer(&text));
}

static void
read_line(struct grants *grants, const char *line, const struct grants_needed *needed)
{
	if (!g_str_has_prefix(line, "GRANT "))
		return;
	const char *on = strstr(line, " ON "), *to = strstr(on != NULL ? on : line, " TO ");
	if (to == NULL)
		return;
	if (on == NULL) {
		g_autofree char *role = unquoted(line + 6, (gsize)(to - line - 6));
		g_ptr_array_add(grants->excess, g_strdup_printf("the role %s", role));
		return;
	}
	g_autofree char *said = unquoted(line + 6, (gsize)(on - line - 6));
	g_autofree char *object = unquoted(on + 4, (gsize)(to - on - 4));
	g_autoptr(GPtrArray) privileges = split_privileges(said);
	for (guint i = 0; i < privileges->len; i++) {
		const char *privilege = privileges->pdata[i];
		gboolean all = g_str_has_prefix(privilege, "ALL PRIVILEGES");
		gboolean update = all || g_ascii_strcasecmp(privilege, "UPDATE") == 0 ||
		                  g_ascii_strcasecmp(privilege, "UPDATE (recordingfile)") == 0;
		grants->may_update |= update && covers_cdr(object, needed);
		if (!is_needed(privilege, object, needed))
			add(grants, privilege, object);
	}
	if (strstr(to, " WITH GRANT OPTION") != NULL)
		add(grants, "GRANT OPTION", object);
}

struct grants
grants_read(const GPtrArray *lines, const struct grants_needed *needed)
{
	struct grants grants = { .excess = g_ptr_array_new_with_free_func(g_free) };
	for (guint i = 0; i < lines->len; i++)
		read_line(&grants, lines->pdata[i], needed);
	return grants;
}

void
grants_clear(struct grants *grants)
{
	g_clear_pointer(&grants->excess, g_ptr_array_unref);
}
