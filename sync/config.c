#include "sync/config.h"

#include "sync/config_file.h"
#include "sync/config_lines.h"
#include "sync/config_values.h"
#include "sync/nearest.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_FILE "/etc/celsync/celsync.conf"

G_DEFINE_QUARK(celsync_config_error, config_error)

/* One file being loaded. */
struct load {
	struct config *config;
	GKeyFile *ini;
	GHashTable *lines;
};

/* Puts "FILE:LINE: [section] key: " before the error; without the line where the key is not in the file. */
static gboolean
fail_at(const struct load *load, const char *section, const char *key, GError **error)
{
	const char *file = load->config->file;
	guint line = config_line_of(load->lines, section, key);

	if (line > 0)
		g_prefix_error(error, "%s:%u: [%s] %s: ", file, line, section, key);
	else
		g_prefix_error(error, "%s: [%s] %s: ", file, section, key);
	return FALSE;
}

static void G_GNUC_PRINTF(2, 3) warn(struct config *config, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(config->warnings, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* "data_*" stands for every key that begins so. */
static gboolean
is_family(const struct config_key *key)
{
	return g_str_has_suffix(key->key, "*");
}

static const struct config_key *
find_key(const char *section, const char *name)
{
	for (const struct config_key *key = config_keys(); key->section; key++) {
		if (strcmp(key->section, section) != 0)
			continue;
		if (is_family(key) ? strncmp(key->key, name, strlen(key->key) - 1) == 0
				   : strcmp(key->key, name) == 0)
			return key;
	}
	return NULL;
}

static gboolean
unknown_section(const struct load *load, const char *section, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GString) all = g_string_new(NULL);
	const char *near;

	for (const struct config_key *key = config_keys(); key->section; key++) {
		if (names->len > 0 && strcmp(names->pdata[names->len - 1], key->section) == 0)
			continue;
		g_ptr_array_add(names, (gpointer)key->section);
		g_string_append_printf(all, " [%s]", key->section);
	}
	near = nearest_word(section, (const char *const *)names->pdata, names->len);
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_KEY,
	    _("%s:%u: there is no section [%s]\n%s%s%sThe sections are%s."), load->config->file,
	    config_line_of(load->lines, section, NULL), section, near ? _("Did you mean [") : "",
	    near ? near : "", near ? "]? " : "", all->str);
	return FALSE;
}

/*
 * A line that looks like a key may be part of a secret that was broken over two lines: a name is
 * repeated in a message only where it looks like one.
 */
static gboolean
looks_like_key(const char *name)
{
	gsize length = strlen(name), digits = 0;

	for (const char *p = name; *p; p++)
		digits += g_ascii_isdigit(*p) ? 1 : 0;
	return length <= 24 && digits <= 2 &&
	       strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_-") == length;
}

static gboolean
unknown_key(const struct load *load, const char *section, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *remedy = NULL;
	const char *near;

	for (const struct config_key *key = config_keys(); key->section; key++) {
		if (strcmp(key->section, section) == 0)
			g_ptr_array_add(names, (gpointer)key->key);
		else if (strcmp(key->key, name) == 0 && !remedy)
			remedy = g_strdup_printf(_("%s belongs below [%s]."), name, key->section);
	}
	near = nearest_word(name, (const char *const *)names->pdata, names->len);
	if (!remedy)
		remedy = near ? g_strdup_printf(_("Did you mean %s?"), near)
		              : g_strdup(_("celsync.conf.sample shows every key."));
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_KEY, _("%s:%u: [%s] has no key %s\n%s"),
	    load->config->file, config_line_of(load->lines, section, name), section,
	    looks_like_key(name) ? name : _("of that name"), remedy);
	return FALSE;
}

static gboolean
check_names(const struct load *load, GError **error)
{
	g_auto(GStrv) sections = g_key_file_get_groups(load->ini, NULL);

	for (int i = 0; sections[i]; i++) {
		g_auto(GStrv) names = g_key_file_get_keys(load->ini, sections[i], NULL, NULL);
		gboolean known = FALSE;

		for (const struct config_key *key = config_keys(); key->section && !known; key++)
			known = strcmp(key->section, sections[i]) == 0;
		if (!known)
			return unknown_section(load, sections[i], error);
		for (int j = 0; names && names[j]; j++)
			if (!find_key(sections[i], names[j]))
				return unknown_key(load, sections[i], names[j], error);
	}
	return TRUE;
}

/* As it stands in the file: GKeyFile's escapes would make every regular expression hard to write. */
static char *
written(const struct load *load, const char *section, const char *name)
{
	char *text = g_key_file_get_value(load->ini, section, name, NULL);

	return text ? g_strstrip(text) : NULL;
}

/* A file with a secret in it is private; and nobody else may redirect what a token is sent to. */
static gboolean
check_mode(const struct load *load, guint mode, GError **error)
{
	gboolean secret = (mode & S_IWOTH) != 0;

	for (const struct config_key *key = config_keys(); key->section && !secret; key++) {
		g_autofree char *text = key->secret ? written(load, key->section, key->key) : NULL;

		secret = text && *text;
	}
	return !secret || config_file_is_private(load->config->file, mode, error);
}

static gboolean
set_one(const struct load *load, const struct config_key *key, const char *name, GError **error)
{
	g_autofree char *text = written(load, key->section, name);
	gboolean empty_is_none = !key->fallback || key->type == CONFIG_REWRITE;
	gboolean list = key->type == CONFIG_SET || key->type == CONFIG_PAIRS;

	if (text && !*text && !empty_is_none) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("the value is empty\nWrite one, or take the line out for the default (%s)."),
		    key->fallback);
		return fail_at(load, key->section, name, error);
	}
	if (!text || (!*text && key->type != CONFIG_REWRITE)) {
		if (!key->fallback && !list)
			return TRUE;
		g_free(text);
		text = g_strdup(key->fallback ? key->fallback : "");
	}
	if (!config_value_set(load->config, key, name, text, error))
		return fail_at(load, key->section, name, error);
	return TRUE;
}

static gboolean
set_all(const struct load *load, GError **error)
{
	for (const struct config_key *key = config_keys(); key->section; key++) {
		g_auto(GStrv) names = NULL;

		if (!is_family(key)) {
			if (!set_one(load, key, key->key, error))
				return FALSE;
			continue;
		}
		names = g_key_file_get_keys(load->ini, key->section, NULL, NULL);
		for (int i = 0; names && names[i]; i++)
			if (find_key(key->section, names[i]) == key &&
			    !set_one(load, key, names[i], error))
				return FALSE;
	}
	return TRUE;
}

/*
 * The secret itself, else the file named for it, else a credential of systemd. Only a command that
 * needs it reads the file: `calls` may run without the right to know the token.
 */
static gboolean
find_secret(const struct load *load, const char *section, const char *name, const char **secret,
    const char *file, GError **error)
{
	g_autofree char *key = g_strconcat(name, "_file", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) failed = NULL;

	if (*secret) {
		if (file)
			warn(load->config, _("[%s] %s is not read, because %s is given"), section,
			    key, name);
		return TRUE;
	}
	text = file ? config_file_read_secret(file, &failed)
	            : config_file_read_credential(name, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return fail_at(load, section, file ? key : name, error);
	}
	if (text)
		*secret = g_string_chunk_insert(load->config->memory->text, text);
	return TRUE;
}

static gboolean
missing(const struct load *load, const char *section, const char *key, const char *remedy,
    GError **error)
{
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE, _("%s: [%s] %s is missing\n%s"),
	    load->config->file, section, key, remedy);
	return FALSE;
}

static gboolean
check_needs(const struct load *load, guint needs, GError **error)
{
	struct source_settings *settings = &load->config->source;
	struct planfix_settings *planfix = &load->config->planfix;

	if (needs & CONFIG_NEEDS_SOURCE) {
		if (settings->open.driver == SOURCE_SQLITE && !settings->open.path)
			return missing(load, "source", "path",
			    _("Name the file that Asterisk writes, e.g. path = "
			      "/var/log/asterisk/master.db"),
			    error);
		if (!find_secret(load, "source", "password", &settings->open.password,
			settings->password_file, error))
			return FALSE;
	}
	if (needs & CONFIG_NEEDS_PLANFIX) {
		if (!planfix->url)
			return missing(load, "planfix", "url",
			    _("Copy the address from PlanFix's telephony settings: url = "
			      "https://…/tel/api/"),
			    error);
		if (!find_secret(
			load, "planfix", "token", &planfix->token, planfix->token_file, error))
			return FALSE;
		if (!planfix->token)
			return missing(load, "planfix", "token",
			    _("Put the token into a file of its own and name that: token_file = "
			      "/etc/celsync/token"),
			    error);
	}
	return TRUE;
}

static gboolean
read_start(const struct load *load, GError **error)
{
	struct source_settings *settings = &load->config->source;
	g_autoptr(GTimeZone) zone = NULL;

	settings->start = strcmp(settings->start_text, "all") == 0 ? START_ALL : START_NOW;
	if (settings->start == START_ALL || strcmp(settings->start_text, "now") == 0)
		return TRUE;
	settings->start = START_TIME;
	if (strcmp(settings->timezone, "utc") == 0)
		zone = g_time_zone_new_utc();
	else if (strcmp(settings->timezone, "auto") != 0 &&
		 strcmp(settings->timezone, "local") != 0)
		zone = g_time_zone_new_identifier(settings->timezone);
	if (config_parse_time(settings->start_text, zone, &settings->start_time, NULL))
		return TRUE;
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
	    _("\"%s\" is neither now, nor all, nor a time\nWrite now, all, or a time such as "
	      "2025-11-23 10:00."),
	    settings->start_text);
	return fail_at(load, "source", "start", error);
}

/* What no single key can know. */
static gboolean
check_together(const struct load *load, GError **error)
{
	struct config *config = load->config;
	const struct recordings_settings *recordings = &config->recordings;
	const char *ext = config->pbx.default_ext;

	if (!recordings->publish_dir != !recordings->url)
		return missing(load, "recordings", recordings->url ? "publish_dir" : "url",
		    _("publish_dir and url belong together: give both, or neither."), error);
	if (recordings->wav == WAV_DELETE && !recordings->update_cdr) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("delete would leave cdr.recordingfile with names of files that are gone\n"
		      "Write update_cdr = yes as well, or wav = keep."));
		return fail_at(load, "recordings", "wav", error);
	}
	if (recordings->update_cdr && config->source.open.driver == SOURCE_SQLITE) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("SQLite files are Asterisk's own, and are never written\n"
		      "Write update_cdr = no and wav = keep."));
		return fail_at(load, "recordings", "update_cdr", error);
	}
	if (g_hash_table_size(config->pbx.trunk) == 0)
		warn(config,
		    _("[pbx] trunk is empty: a trunk with a name like an extension is taken "
		      "for an employee"));
	if (recordings->url && g_str_has_prefix(recordings->url, "http:"))
		warn(config, _("[recordings] url is http: recordings travel unencrypted"));
	if (ext && g_hash_table_size(config->pbx.employees) > 0 &&
	    !g_hash_table_contains(config->pbx.employees, ext))
		warn(config, _("[pbx] default_ext %s is not among the employees"), ext);
	return TRUE;
}

/* The lines are looked at first: GKeyFile's own messages quote a line it cannot read. */
static gboolean
parse(struct load *load, const char *text, GError **error)
{
	guint bad;
	g_autoptr(GError) broken = NULL;

	load->lines = config_lines(text, &bad, error);
	if (!load->lines) {
		g_prefix_error(error, "%s:%u: ", load->config->file, bad);
		return FALSE;
	}
	if (g_key_file_load_from_data(
		load->ini, text, (gsize)-1, G_KEY_FILE_KEEP_TRANSLATIONS, &broken) ||
	    !*text)
		return TRUE;
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
	    _("%s is not an INI file\nWrite lines of [section] and key = value."),
	    load->config->file);
	return FALSE;
}

static gboolean
load_all(struct load *load, guint needs, GError **error)
{
	guint mode;
	g_autofree char *text = config_file_read(load->config->file, &mode, error);

	return text && parse(load, text, error) && check_mode(load, mode, error) &&
	       check_names(load, error) && set_all(load, error) && read_start(load, error) &&
	       check_needs(load, needs, error) && check_together(load, error);
}

struct config *
config_load(const char *file, guint needs, GError **error)
{
	struct config *config = g_new0(struct config, 1);
	g_autoptr(GKeyFile) ini = g_key_file_new();
	struct load load = { config, ini, NULL };
	gboolean loaded;

	if (!file)
		file = g_getenv("CELSYNC_CONFIG");
	config->file = g_strdup(file && *file ? file : DEFAULT_FILE);
	config->warnings = g_ptr_array_new_with_free_func(g_free);
	config->memory = g_new0(struct config_memory, 1);
	config->memory->text = g_string_chunk_new(4096);
	config->planfix.data = g_hash_table_new(g_str_hash, g_str_equal);
	config->pbx.memo = g_new0(struct call_memo, 1);

	loaded = load_all(&load, needs, error);
	g_clear_pointer(&load.lines, g_hash_table_unref);
	if (!loaded)
		g_clear_pointer(&config, config_free);
	return config;
}

void
config_free(struct config *config)
{
	if (!config)
		return;
	config_values_clear(config);
	g_string_chunk_free(config->memory->text);
	g_free(config->pbx.memo);
	g_free(config->memory);
	g_ptr_array_free(config->warnings, TRUE);
	g_free(config->file);
	g_free(config);
}
