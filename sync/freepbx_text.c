#include "sync/freepbx_text.h"

#include <string.h>

static void
put(GHashTable *into, char *key, char *value)
{
	if (g_hash_table_contains(into, key)) {
		g_free(key);
		g_free(value);
		return;
	}
	g_hash_table_insert(into, key, value);
}

/* In double quotes: a variable ("$name", "${name}", "{$name"), or a character that is written as "\n", "\x41". */
static gboolean
needs_php(const char *text)
{
	guchar next = (guchar)text[1];
	if (*text == '$')
		return g_ascii_isalpha(next) || next == '_' || next == '{' || next >= 0x80;
	return *text == '\\' && next != '\0' && strchr("nrtvef01234567xu", next) != NULL;
}

/*
 * A string of PHP behind its opening quote: what it says, and *end behind its closing one. NULL: it has no end, or
 * PHP would put a variable's value into it, which nobody can know here. Free with g_free.
 */
static char *
php_string(const char *text, char quote, const char **end)
{
	g_autoptr(GString) value = g_string_new(NULL);
	gboolean known = TRUE;
	for (; *text != '\0' && *text != quote; text++) {
		known &= quote != '"' || !needs_php(text);
		gboolean escaped = text[0] == '\\' && (text[1] == quote || text[1] == '\\' ||
							  (quote == '"' && text[1] == '$'));
		if (escaped)
			text++;
		g_string_append_c(value, *text);
	}
	known &= *text == quote;
	*end = *text == quote ? text + 1 : text;
	return known ? g_strdup(value->str) : NULL;
}

static const char *
skip_blank(const char *text)
{
	while (g_ascii_isspace(*text))
		text++;
	return text;
}

/* The quoted string that stands next; NULL: something else does. */
static char *
php_next(const char **text)
{
	const char *at = skip_blank(*text);
	if (*at != '\'' && *at != '"')
		return NULL;
	return php_string(at + 1, *at, text);
}

/* Behind a comment that begins here; `text` where none does. */
static const char *
php_comment(const char *text)
{
	if (text[0] == '#' || (text[0] == '/' && text[1] == '/'))
		return text + strcspn(text, "\n");
	if (text[0] != '/' || text[1] != '*')
		return text;
	const char *end = strstr(text + 2, "*/");
	return end != NULL ? end + 2 : text + strlen(text);
}

/* $amp_conf['KEY'] = 'value'; begins at `text`. Behind it; NULL: that is not what stands there. */
static const char *
php_assignment(const char *text, GHashTable *into)
{
	static const char name[] = "$amp_conf";
	if (!g_str_has_prefix(text, name))
		return NULL;
	text = skip_blank(text + strlen(name));
	if (*text != '[')
		return NULL;
	text++;
	g_autofree char *key = php_next(&text);
	text = skip_blank(text);
	if (key == NULL || *text != ']')
		return NULL;
	text = skip_blank(text + 1);
	if (*text != '=')
		return NULL;
	text++;
	g_autofree char *value = php_next(&text);
	if (value == NULL || *skip_blank(text) != ';')
		return NULL;
	put(into, g_steal_pointer(&key), g_steal_pointer(&value));
	return text;
}

void
freepbx_text_php(const char *text, GHashTable *into)
{
	while (*text != '\0') {
		const char *next = php_comment(text);
		if (next == text)
			next = php_assignment(text, into);
		if (next == NULL && (*text == '\'' || *text == '"')) {
			/* A string that says nothing to us may hold what looks like an assignment. */
			const char *after = NULL;
			g_free(php_string(text + 1, *text, &after));
			next = after;
		}
		text = next != NULL ? next : text + 1;
	}
}

void
freepbx_text_amportal(const char *text, GHashTable *into)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i] != NULL; i++) {
		char *line = g_strstrip(lines[i]);
		char *equals = strchr(line, '=');
		if (*line == '#' || *line == ';' || equals == NULL || equals == line)
			continue;
		g_autoptr(GString) value = g_string_new(NULL);
		for (const char *p = equals + 1; *p != '\0'; p++) {
			if (p[0] == '\\' && p[1] == ' ')
				p++;
			g_string_append_c(value, *p);
		}
		*equals = '\0';
		put(into, g_strdup(g_strchomp(line)), g_strdup(value->str));
	}
}

/* Asterisk's comments: from ";" to the end of the line, unless it is "\;". Works in place. */
static void
cut_comment(char *line)
{
	char *to = line;
	for (const char *from = line; *from != '\0' && *from != ';'; from++) {
		if (from[0] == '\\' && from[1] == ';')
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

/* Every "[section]" (key and value NULL; `rest` is what stands behind it) and every "key = value" below one. */
typedef void (*found_line)(
    const char *section, const char *key, const char *value, const char *rest, gpointer data);

static void
each_line(const char *text, found_line found, gpointer data)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *section = NULL;
	gboolean commented = FALSE;
	for (int i = 0; lines[i] != NULL; i++) {
		/* ";--" to "--;" is a comment over several lines. */
		if (commented || g_str_has_prefix(lines[i], ";--")) {
			commented = strstr(lines[i], "--;") == NULL;
			continue;
		}
		cut_comment(lines[i]);
		char *line = g_strstrip(lines[i]);
		char *end = *line == '[' ? strchr(line, ']') : NULL;
		char *equals = strchr(line, '=');
		if (end != NULL) {
			*end = '\0';
			g_free(section);
			section = g_strdup(line + 1);
			found(section, NULL, NULL, end + 1, data);
		} else if (section != NULL && equals != NULL && *line != '#') {
			*equals = '\0';
			char *value = equals[1] == '>' ? equals + 2 : equals + 1;
			found(section, g_strchomp(line), g_strchug(value), NULL, data);
		}
	}
}

struct wanted {
	const char *section;
	GHashTable *into;
	gboolean there;
};

static void
take_wanted(
    const char *section, const char *key, const char *value, const char *rest, gpointer data)
{
	struct wanted *wanted = data;
	(void)rest;
	if (strcmp(section, wanted->section) != 0)
		return;
	wanted->there = TRUE;
	if (key != NULL)
		put(wanted->into, g_ascii_strdown(key, -1), g_strdup(value));
}

gboolean
freepbx_text_section(const char *text, const char *section, GHashTable *into)
{
	struct wanted wanted = { .section = section, .into = into };
	each_line(text, take_wanted, &wanted);
	return wanted.there;
}

void
freepbx_text_add(GPtrArray *list, const char *name)
{
	if (*name == '\0' || g_ptr_array_find_with_equal_func(list, name, g_str_equal, NULL))
		return;
	g_ptr_array_add(list, g_strdup(name));
}

/* One section of pjsip.conf, until the next begins. */
struct endpoint {
	char *name, *context; /* owned */
	gboolean is_endpoint, is_template;
	GPtrArray *extensions, *trunks;
};

static gboolean
is_extension(const char *name)
{
	gsize n = strlen(name);
	return n >= 2 && n <= 6 && strspn(name, G_CSET_DIGITS) == n;
}

/* FreePBX lets calls from outside in at from-pstn or from-trunk…; its employees are in from-internal (FreePBX core, PJSip.class.php). */
static gboolean
is_trunk_context(const char *context)
{
	return context != NULL &&
	       (g_str_has_prefix(context, "from-pstn") || g_str_has_prefix(context, "from-trunk") ||
		   g_str_has_prefix(context, "from-sip-external"));
}

static void
endpoint_end(struct endpoint *e)
{
	if (e->name != NULL && e->is_endpoint && !e->is_template) {
		gboolean trunk = is_trunk_context(e->context) || !is_extension(e->name);
		freepbx_text_add(trunk ? e->trunks : e->extensions, e->name);
	}
	g_clear_pointer(&e->name, g_free);
	g_clear_pointer(&e->context, g_free);
	e->is_endpoint = FALSE;
}

static void
take_endpoint(
    const char *section, const char *key, const char *value, const char *rest, gpointer data)
{
	struct endpoint *e = data;
	if (key == NULL) {
		endpoint_end(e);
		e->name = g_strdup(section);
		e->is_template = strchr(rest, '!') != NULL;
	} else if (g_ascii_strcasecmp(key, "type") == 0) {
		e->is_endpoint = g_ascii_strcasecmp(value, "endpoint") == 0;
	} else if (g_ascii_strcasecmp(key, "context") == 0) {
		g_free(e->context);
		e->context = g_strdup(value);
	}
}

/* Every PBX has these, and none of them is anybody's. */
static gboolean
is_nobody(const char *name)
{
	return strcmp(name, "anonymous") == 0 || strcmp(name, "dpma_endpoint") == 0;
}

void
freepbx_text_endpoints(const char *text, GPtrArray *extensions, GPtrArray *trunks)
{
	struct endpoint e = { .extensions = extensions, .trunks = trunks };
	each_line(text, take_endpoint, &e);
	endpoint_end(&e);
	for (guint i = trunks->len; i > 0; i--)
		if (is_nobody(trunks->pdata[i - 1]))
			g_ptr_array_remove_index(trunks, i - 1);
}

char *
freepbx_text_extension(const GPtrArray *extensions)
{
	gsize least = 5, most = 2;
	gboolean zero = FALSE, other = FALSE;
	for (guint i = 0; i < extensions->len; i++) {
		const char *name = extensions->pdata[i];
		gsize n = strlen(name);
		if (strspn(name, G_CSET_DIGITS) != n)
			continue;
		zero |= *name == '0';
		other |= n < 2 || n > 5;
		least = MIN(least, n);
		most = MAX(most, n);
	}
	if (!zero && !other)
		return NULL;
	/* The first digit is counted apart where it is no zero. */
	gsize apart = zero ? 0 : 1;
	g_autofree char *times = least == most
	                             ? g_strdup_printf("%zu", most - apart)
	                             : g_strdup_printf("%zu,%zu", least - apart, most - apart);
	return g_strdup_printf("^%s{%s}$", zero ? "[0-9]" : "[1-9][0-9]", times);
}
