#include "sync/config_lines.h"

#include "sync/config.h"

#include <glib/gi18n.h>
#include <string.h>

guint
config_line_of(GHashTable *lines, const char *section, const char *key)
{
	g_autofree char *name = key ? g_strdup_printf("%s\n%s", section, key) : g_strdup(section);

	return GPOINTER_TO_UINT(g_hash_table_lookup(lines, name));
}

/* "[name]" -> name, owned; NULL with an error where it is not that. */
static char *
read_section(const char *line, GError **error)
{
	gsize length = strlen(line);

	if (length < 3 || line[length - 1] != ']' || memchr(line + 1, '[', length - 2)) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
		    _("a section begins here but has no closing ]\nWrite [section] alone on its "
		      "line."));
		return NULL;
	}
	return g_strndup(line + 1, length - 2);
}

/* "key = value" -> "section\nkey", owned; NULL with an error where it is not that. */
static char *
read_key(const char *line, const char *section, GError **error)
{
	const char *equals = strchr(line, '=');
	g_autofree char *key = NULL;

	if (!equals || equals == line) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
		    _("this line is neither a comment, nor [section], nor key = value\n"
		      "Comments begin with #; a value must stand on one line with its key."));
		return NULL;
	}
	key = g_strstrip(g_strndup(line, (gsize)(equals - line)));
	if (!section) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
		    _("the key \"%s\" stands before the first [section]\n"
		      "Put it below the line of the section it belongs to."),
		    key);
		return NULL;
	}
	return g_strdup_printf("%s\n%s", section, key);
}

GHashTable *
config_lines(const char *text, guint *bad, GError **error)
{
	g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) all = g_strsplit(text, "\n", -1);
	g_autofree char *section = NULL;

	for (guint i = 0; all[i]; i++) {
		const char *line = g_strstrip(all[i]);
		char *name;

		*bad = i + 1;
		if (!*line || *line == '#')
			continue;
		if (*line == '[') {
			g_free(section);
			section = read_section(line, error);
			if (!section)
				return NULL;
			if (!g_hash_table_contains(lines, section))
				g_hash_table_insert(
				    lines, g_strdup(section), GUINT_TO_POINTER(i + 1));
			continue;
		}
		name = read_key(line, section, error);
		if (!name)
			return NULL;
		if (g_hash_table_contains(lines, name)) {
			g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_KEY,
			    _("[%s] %s is given a second time; the first is on line %u\n"
			      "Keep one of the two."),
			    section, strchr(name, '\n') + 1,
			    GPOINTER_TO_UINT(g_hash_table_lookup(lines, name)));
			g_free(name);
			return NULL;
		}
		g_hash_table_insert(lines, name, GUINT_TO_POINTER(i + 1));
	}
	*bad = 0;
	return g_steal_pointer(&lines);
}
