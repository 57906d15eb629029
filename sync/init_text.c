#include "sync/init_text.h"

#include "sync/config.h"
#include "sync/nearest.h"

#include <glib/gi18n.h>
#include <string.h>

#define WIDTH 98

/* Words with "# " before each line, as wide as the sample. */
static void
append_comment(GString *out, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize column = 0;
	for (int i = 0; words[i] != NULL; i++) {
		gsize n = strlen(words[i]);
		if (column > 0 && column + 1 + n > WIDTH) {
			g_string_append_c(out, '\n');
			column = 0;
		}
		g_string_append(out, column == 0 ? "# " : " ");
		g_string_append(out, words[i]);
		column += n + (column == 0 ? 2 : 1);
	}
	g_string_append_c(out, '\n');
}

static void
append_choices(GString *out, const char *choices)
{
	g_auto(GStrv) names = g_strsplit(choices, "|", -1);
	g_autofree char *list = g_strjoinv(", ", names);
	g_autofree char *line = g_strdup_printf("One of: %s.", list);
	append_comment(out, line);
}

static const char *
look_up(GHashTable *table, const struct config_key *key)
{
	g_autofree char *name = g_strconcat(key->section, ".", key->key, NULL);
	return table != NULL ? g_hash_table_lookup(table, name) : NULL;
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members of a family that were given; FALSE: none. */
static gboolean
append_family(GString *out, const struct config_key *key, GHashTable *values)
{
	g_autofree char *prefix =
	    g_strdup_printf("%s.%.*s", key->section, (int)strlen(key->key) - 1, key->key);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;
	if (values == NULL)
		return FALSE;
	g_hash_table_iter_init(&iter, values);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (g_str_has_prefix(name, prefix))
			g_ptr_array_add(names, name);
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(out, "%s = %s\n",
		    (char *)names->pdata[i] + strlen(key->section) + 1,
		    (char *)g_hash_table_lookup(values, names->pdata[i]));
	return names->len > 0;
}

static void
append_key(GString *out, const struct config_key *key, GHashTable *values, GHashTable *remarks)
{
	const char *value = look_up(values, key), *remark = look_up(remarks, key);
	append_comment(out, key->help);
	if (key->choices != NULL)
		append_choices(out, key->choices);
	if (remark != NULL)
		append_comment(out, remark);
	if (g_str_has_suffix(key->key, "*")) {
		if (!append_family(out, key, values))
			g_string_append(out, "#data_call_start = {call_start}\n");
	} else if (value != NULL) {
		g_string_append_printf(out, "%s = %s\n", key->key, value);
	} else {
		g_string_append_printf(out, "#%s =%s%s\n", key->key, key->fallback ? " " : "",
		    key->fallback ? key->fallback : "");
	}
}

char *
init_text(const char *title, GHashTable *values, GHashTable *remarks)
{
	GString *out = g_string_new(NULL);
	const char *section = NULL;
	g_string_append_printf(out, "# %s\n#\n", title);
	append_comment(out, "Every key with what it means. A key that is commented out has the "
			    "default that is shown. A comment stands on a "
			    "line of its own; values stand without quotes. Times take ms, s, min, "
			    "h, d. Lists take ; or , between items. A "
			    "setting that is wrong is named by `celsync check`, with its line.");
	for (const struct config_key *key = config_keys(); key->section != NULL; key++) {
		g_string_append_c(out, '\n');
		if (g_strcmp0(section, key->section) != 0)
			g_string_append_printf(out, "[%s]\n\n", key->section);
		section = key->section;
		append_key(out, key, values, remarks);
	}
	return g_string_free(out, FALSE);
}

static gboolean
refuse(GError **error, const char *what, const char *name, const char *remedy)
{
	g_set_error(
	    error, CONFIG_ERROR, CONFIG_ERROR_KEY, _("--set %s: %s\n%s"), name, what, remedy);
	return FALSE;
}

static gboolean
is_named(const struct config_key *key, const char *name)
{
	gsize section = strlen(key->section), n = strlen(key->key);
	if (strncmp(name, key->section, section) != 0 || name[section] != '.')
		return FALSE;
	name += section + 1;
	return key->key[n - 1] == '*' ? strncmp(name, key->key, n - 1) == 0 && name[n - 1] != '\0'
	                              : strcmp(name, key->key) == 0;
}

static gboolean
unknown(const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	for (const struct config_key *key = config_keys(); key->section != NULL; key++)
		g_ptr_array_add(names, g_strconcat(key->section, ".", key->key, NULL));
	const char *near = nearest_word(name, (const char *const *)names->pdata, names->len);
	g_autofree char *remedy =
	    near != NULL
		? g_strdup_printf(_("Did you mean %s?"), near)
		: g_strdup(_("Write SECTION.KEY=VALUE, e.g. pbx.trunk=mango; celsync.conf(5) "
			     "tells every key."));
	return refuse(error, _("there is no such key"), name, remedy);
}

gboolean
init_text_set(GHashTable *values, const char *setting, GError **error)
{
	const char *equals = strchr(setting, '=');
	if (equals == NULL)
		return refuse(error, _("there is no value"), setting,
		    _("Write SECTION.KEY=VALUE, e.g. pbx.trunk=mango"));
	g_autofree char *name = g_strndup(setting, (gsize)(equals - setting));
	g_strstrip(name);
	const struct config_key *key = config_keys();
	while (key->section != NULL && !is_named(key, name))
		key++;
	if (key->section == NULL)
		return unknown(name, error);
	if (key->secret)
		return refuse(error, _("a secret on the command line can be read by everybody"),
		    name, _("Use --token-file or --db-password-file."));
	if (strchr(equals, '\n') != NULL)
		return refuse(error, _("a value is one line"), name, _("Take the line break out."));
	g_hash_table_insert(values, g_steal_pointer(&name), g_strstrip(g_strdup(equals + 1)));
	return TRUE;
}
