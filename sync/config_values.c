#include "sync/config_values.h"

#include <arpa/inet.h>
#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define MEMBER(type) ((type *)(void *)((char *)config + key->offset))

static gboolean G_GNUC_PRINTF(2, 3) impossible(GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(CONFIG_ERROR, CONFIG_ERROR_VALUE, format, arguments);
	va_end(arguments);
	return FALSE;
}

/* Items between ; or , without the blanks around them; empty ones do not count. */
static GPtrArray *
split_list(const char *text, const char *separators)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit_set(text, separators, -1);

	for (int i = 0; parts[i]; i++)
		if (*g_strstrip(parts[i]))
			g_ptr_array_add(items, g_strdup(parts[i]));
	return items;
}

static gboolean
set_choice(guint *value, const struct config_key *key, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(key->choices, "|", -1);
	g_autofree char *shown = NULL;

	for (guint i = 0; words[i]; i++) {
		if (strcmp(words[i], text) == 0) {
			*value = i;
			return TRUE;
		}
	}
	shown = g_strjoinv(", ", words);
	return impossible(
	    error, _("\"%s\" is not one of its values\nWrite one of: %s."), text, shown);
}

static gboolean
set_switch(gboolean *value, const char *text, GError **error)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		if (g_ascii_strcasecmp(words[i], text) == 0) {
			*value = i % 2 == 1;
			return TRUE;
		}
	}
	return impossible(error, _("\"%s\" is neither yes nor no\nWrite yes or no."), text);
}

/* A whole number or, for rates, one with a decimal point. */
static gboolean
read_number(
    const struct config_key *key, const char *text, gboolean whole, double *value, GError **error)
{
	char *end;
	gboolean begins_well = g_ascii_isdigit(*text) && !g_ascii_isalpha(text[1]);

	*value = g_ascii_strtod(text, &end);
	if (!begins_well || *end || (whole && *value != floor(*value)))
		return impossible(error,
		    _("\"%s\" is not a %snumber\nWrite a number from %g to %g."), text,
		    whole ? _("whole ") : "", key->min, key->max);
	if (*value < key->min || *value > key->max)
		return impossible(error, _("%s is out of range\nWrite a number from %g to %g."),
		    text, key->min, key->max);
	return TRUE;
}

static gboolean
read_duration(const struct config_key *key, const char *text, gint64 *us, GError **error)
{
	if (!config_parse_duration(text, us, error))
		return FALSE;
	if ((double)*us < key->min * 1e6 || (double)*us > key->max * 1e6)
		return impossible(error,
		    _("\"%s\" is out of range\nWrite a time from %g to %.0f seconds."), text,
		    key->min, key->max);
	return TRUE;
}

static gboolean
set_seconds(guint *value, const struct config_key *key, const char *text, GError **error)
{
	gint64 us;

	if (!read_duration(key, text, &us, error))
		return FALSE;
	if (us % G_USEC_PER_SEC)
		return impossible(error,
		    _("\"%s\" is not a whole number of seconds\nWrite it in seconds."), text);
	*value = (guint)(us / G_USEC_PER_SEC);
	return TRUE;
}

static gboolean
set_set(struct config *config, GHashTable **set, const char *text)
{
	g_autoptr(GPtrArray) items = split_list(text, ";,");

	*set = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < items->len; i++)
		g_hash_table_add(
		    *set, g_string_chunk_insert(config->memory->text, items->pdata[i]));
	return TRUE;
}

static gboolean
set_pairs(struct config *config, GHashTable **pairs, const char *text, GError **error)
{
	GStringChunk *chunk = config->memory->text;
	g_autoptr(GPtrArray) items = split_list(text, ";,");

	*pairs = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < items->len; i++) {
		const char *item = items->pdata[i];
		g_auto(GStrv) sides = g_strsplit(item, "=>", 2);

		if (!sides[0] || !sides[1] || !*g_strstrip(sides[0]) || !*g_strstrip(sides[1]))
			return impossible(error,
			    _("\"%s\" is not NUMBER => NUMBER\nWrite a list such as: 9101 => 101; "
			      "9102 => 102"),
			    item);
		g_hash_table_insert(*pairs, g_string_chunk_insert(chunk, sides[0]),
		    g_string_chunk_insert(chunk, sides[1]));
	}
	return TRUE;
}

static gboolean
set_regex(GRegex **regex, const char *text, GError **error)
{
	g_autoptr(GError) broken = NULL;

	*regex = g_regex_new(text, G_REGEX_OPTIMIZE, 0, &broken);
	if (*regex)
		return TRUE;
	return impossible(
	    error, _("%s\nWrite a Perl-compatible regular expression."), broken->message);
}

/* Rules stand between ; only: a comma is part of {2,4}. A ; in an expression is written \;. */
static gboolean
set_rewrite(const number_rewrite **rewrite, const char *text, GError **error)
{
	g_autoptr(number_rewrite) rules = number_rewrite_new();
	g_autoptr(GString) rule = g_string_new(NULL);

	for (const char *p = text;; p++) {
		g_autoptr(GError) broken = NULL;

		if (*p == '\\' && p[1]) {
			g_string_append_len(rule, p++, 2);
			continue;
		}
		if (*p && *p != ';') {
			g_string_append_c(rule, *p);
			continue;
		}
		g_strstrip(rule->str);
		if (*rule->str && !number_rewrite_add(rules, rule->str, &broken))
			return impossible(error, "%s", broken->message);
		g_string_truncate(rule, 0);
		if (!*p)
			break;
	}
	*rewrite = g_steal_pointer(&rules);
	return TRUE;
}

static gboolean
check_zone(const char *text, GError **error)
{
	g_autoptr(GTimeZone) zone = NULL;

	if (strcmp(text, "auto") == 0 || strcmp(text, "local") == 0 || strcmp(text, "utc") == 0)
		return TRUE;
	zone = g_time_zone_new_identifier(text);
	if (zone)
		return TRUE;
	return impossible(error,
	    _("\"%s\" is no time zone known here\n"
	      "Write auto, local, utc, or a name such as Europe/Moscow (timedatectl "
	      "list-timezones)."),
	    text);
}

static gboolean
is_loopback(const char *host)
{
	struct in_addr v4;

	if (g_ascii_strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0)
		return TRUE;
	/* The address and not its looks: 127.example.net is somebody else's machine. */
	return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/*
 * RFC 3986. A user or password in an address is refused without repeating it.
 */
static gboolean
check_url(const char *text, gboolean http_anywhere, GError **error)
{
	g_autoptr(GError) broken = NULL;
	g_autoptr(GUri) uri = NULL;
	const char *scheme, *host;

	if (strchr(text, '@'))
		return impossible(
		    error, _("there is an @ in the address\n"
			     "Write it without user and password: https://HOST/PATH"));
	uri = g_uri_parse(text, G_URI_FLAGS_NONE, &broken);
	if (!uri)
		return impossible(error,
		    _("\"%s\" is not an address: %s\nWrite it as https://HOST/PATH"), text,
		    broken->message);
	scheme = g_uri_get_scheme(uri);
	host = g_uri_get_host(uri);
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return impossible(error,
		    _("\"%s\" is neither https nor http\nWrite it as https://HOST/PATH"), text);
	if (!host || !*host)
		return impossible(
		    error, _("\"%s\" names no host\nWrite it as https://HOST/PATH"), text);
	if (g_uri_get_fragment(uri))
		return impossible(
		    error, _("\"%s\" has a part after #\nWrite it without that."), text);
	if (!http_anywhere && strcmp(scheme, "http") == 0 && !is_loopback(host))
		return impossible(error,
		    _("\"%s\" would send the token unencrypted\n"
		      "Write https:// (http is for loopback addresses only)."),
		    text);
	return TRUE;
}

static gboolean
check_template(const char *name, const char *text, GError **error)
{
	for (const char *p = text; *p; p++) {
		const char *end;
		g_autofree char *word = NULL;

		if (*p == '}')
			return impossible(
			    error, _("a } has no { before it\nWrite placeholders as {NAME}."));
		if (*p != '{')
			continue;
		end = strchr(p, '}');
		if (!end)
			return impossible(
			    error, _("a { has no } behind it\nWrite placeholders as {NAME}."));
		word = g_strndup(p + 1, (gsize)(end - p - 1));
		if (!g_strv_contains(config_placeholders, word)) {
			g_autofree char *known = g_strjoinv("} {", (char **)config_placeholders);

			return impossible(error, _("{%s} is no placeholder\n%s may use: {%s}."),
			    word, name, known);
		}
		p = end;
	}
	return TRUE;
}

static gboolean
set_template(
    struct config *config, GHashTable **table, const char *name, const char *text, GError **error)
{
	const char *field = name + strlen("data_");
	GStringChunk *chunk = config->memory->text;

	if (!*field || strspn(field, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_") != strlen(field))
		return impossible(error,
		    _("the name behind data_ must be letters, digits and _\n"
		      "Give the field in PlanFix such a name, and write it here exactly so."));
	if (!check_template(name, text, error))
		return FALSE;
	g_hash_table_insert(
	    *table, g_string_chunk_insert(chunk, field), g_string_chunk_insert(chunk, text));
	return TRUE;
}

/* Kinds of text that are kept as they are written, once they have been found possible. */
static gboolean
check_text(const struct config_key *key, const char *text, GError **error)
{
	switch (key->type) {
	case CONFIG_WORD:
		if (strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-") == strlen(text))
			return TRUE;
		return impossible(error,
		    _("\"%s\" holds other characters than letters, digits, . _ -\n"
		      "Leave them out."),
		    text);
	case CONFIG_PATH:
		if (g_path_is_absolute(text))
			return TRUE;
		return impossible(error,
		    _("\"%s\" is not an absolute path\nWrite it from the root, beginning with /."),
		    text);
	case CONFIG_NUMBER:
		if (number_is_dialable(text))
			return TRUE;
		return impossible(
		    error, _("\"%s\" is not a phone number\nWrite its digits."), text);
	case CONFIG_ZONE: return check_zone(text, error);
	case CONFIG_URL: return check_url(text, FALSE, error);
	case CONFIG_LINK: return check_url(text, TRUE, error);
	case CONFIG_TEXT:
	case CONFIG_SECRET:
	case CONFIG_START: return TRUE;
	case CONFIG_COUNT:
	case CONFIG_RATE:
	case CONFIG_SWITCH:
	case CONFIG_CHOICE:
	case CONFIG_DURATION:
	case CONFIG_SECONDS:
	case CONFIG_SET:
	case CONFIG_PAIRS:
	case CONFIG_REGEX:
	case CONFIG_REWRITE:
	case CONFIG_TEMPLATES: break;
	}
	g_assert_not_reached();
}

gboolean
config_value_set(struct config *config, const struct config_key *key, const char *name,
    const char *text, GError **error)
{
	double number;

	switch (key->type) {
	case CONFIG_CHOICE: return set_choice(MEMBER(guint), key, text, error);
	case CONFIG_SWITCH: return set_switch(MEMBER(gboolean), text, error);
	case CONFIG_DURATION: return read_duration(key, text, MEMBER(gint64), error);
	case CONFIG_SECONDS: return set_seconds(MEMBER(guint), key, text, error);
	case CONFIG_SET: return set_set(config, MEMBER(GHashTable *), text);
	case CONFIG_PAIRS: return set_pairs(config, MEMBER(GHashTable *), text, error);
	case CONFIG_REGEX: return set_regex(MEMBER(GRegex *), text, error);
	case CONFIG_REWRITE: return set_rewrite(MEMBER(const number_rewrite *), text, error);
	case CONFIG_TEMPLATES: return set_template(config, MEMBER(GHashTable *), name, text, error);
	case CONFIG_RATE: return read_number(key, text, FALSE, MEMBER(double), error);
	case CONFIG_COUNT:
		if (!read_number(key, text, TRUE, &number, error))
			return FALSE;
		*MEMBER(guint) = (guint)number;
		return TRUE;
	case CONFIG_TEXT:
	case CONFIG_WORD:
	case CONFIG_PATH:
	case CONFIG_SECRET:
	case CONFIG_NUMBER:
	case CONFIG_ZONE:
	case CONFIG_START:
	case CONFIG_URL:
	case CONFIG_LINK:
		if (!check_text(key, text, error))
			return FALSE;
		*MEMBER(const char *) = g_string_chunk_insert(config->memory->text, text);
		return TRUE;
	}
	g_assert_not_reached();
}

void
config_values_clear(struct config *config)
{
	for (const struct config_key *key = config_keys(); key->section; key++) {
		if (key->type == CONFIG_SET || key->type == CONFIG_PAIRS ||
		    key->type == CONFIG_TEMPLATES)
			g_clear_pointer(MEMBER(GHashTable *), g_hash_table_unref);
		else if (key->type == CONFIG_REGEX)
			g_clear_pointer(MEMBER(GRegex *), g_regex_unref);
		else if (key->type == CONFIG_REWRITE)
			g_clear_pointer(MEMBER(number_rewrite *), number_rewrite_free);
	}
}
