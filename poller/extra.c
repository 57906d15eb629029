#include "poller/extra.h"

#include "poller/bytes.h"

#include <string.h>

/* *p stands on the opening quote; on return behind the closing one. FALSE when the text ends before. */
static gboolean
skip_string(const char **p, const char **start, gsize *n)
{
	const char *q = ++*p;
	*start = q;
	while (*q != '"') {
		if (*q == '\0')
			return FALSE;
		if (*q == '\\' && q[1] == '\0')
			return FALSE;
		q += *q == '\\' ? 2 : 1;
	}
	*n = (gsize)(q - *start);
	*p = q + 1;
	return TRUE;
}

gboolean
extra_next(const char **at, struct extra_pair *pair)
{
	const char *p = *at;
	while (*p != '\0' && *p != '"')
		p++;
	if (*p == '\0' || !skip_string(&p, &pair->key, &pair->key_len))
		return FALSE;
	while (*p == ' ' || *p == ':')
		p++;
	if (*p == '"') {
		if (!skip_string(&p, &pair->value, &pair->value_len))
			return FALSE;
	} else {
		pair->value = p;
		while (*p != '\0' && *p != ',' && *p != '}' && *p != ' ')
			p++;
		/* A number at the very end may have lost digits. */
		if (*p == '\0')
			return FALSE;
		pair->value_len = (gsize)(p - pair->value);
	}
	*at = p;
	return TRUE;
}

gboolean
extra_key_is(const struct extra_pair *pair, const char *key)
{
	return strlen(key) == pair->key_len && memcmp(key, pair->key, pair->key_len) == 0;
}

static gunichar
hex4(const char *p)
{
	gunichar c = 0;
	for (int i = 0; i < 4; i++) {
		int digit = g_ascii_xdigit_value(p[i]);
		if (digit < 0)
			return 0xFFFD;
		c = c << 4 | (gunichar)digit;
	}
	return c;
}

static char *
unescape(const char *text, gsize n)
{
	GString *out = g_string_sized_new(n);
	for (gsize i = 0; i < n; i++) {
		if (text[i] != '\\' || i + 1 == n) {
			g_string_append_c(out, text[i]);
			continue;
		}
		char c = text[++i];
		if (c == 'u' && i + 4 < n) {
			gunichar u = hex4(text + i + 1);
			/* NUL would end the string; half of a surrogate pair says nothing. */
			g_string_append_unichar(
			    out, u == 0 || (u >= 0xD800 && u < 0xE000) ? 0xFFFD : u);
			i += 4;
		} else {
			const char *from = "nrtbf", *to = "\n\r\t\b\f", *found = strchr(from, c);
			g_string_append_c(out, found != NULL ? to[found - from] : c);
		}
	}
	return g_string_free(out, FALSE);
}

char *
extra_dup(const char *text, const char *key)
{
	struct extra_pair pair;
	while (extra_next(&text, &pair)) {
		if (extra_key_is(&pair, key))
			return unescape(pair.value, pair.value_len);
	}
	return NULL;
}

/*
 * BRIDGE_* and HANGUP are more than half of all rows that have an `extra`, and Asterisk has written them in just one shape since
 * version 13. That shape is read at a glance; anything else is for extra_next().
 */

/* A string value up to its closing quote, without escapes; returns what follows, NULL: it is not that. */
static inline const char *
plain_string(const char *at, const char *end, const char **value, gsize *n)
{
	const char *quote = at < end ? memchr(at, '"', (gsize)(end - at)) : NULL;
	if (quote == NULL)
		return NULL;
	*value = at;
	*n = (gsize)(quote - at);
	return bytes_have(at, *n, '\\') || bytes_have(at, *n, '\0') ? NULL : quote + 1;
}

#define LENGTH(literal) (sizeof(literal) - 1)
/* Moves `at` behind this literal; FALSE where something else stands there. */
#define PASS(at, end, literal)                                                                     \
	((gsize)((end) - (at)) >= LENGTH(literal) && bytes_same((at), (literal), LENGTH(literal))  \
		? ((at) += LENGTH(literal), TRUE)                                                  \
		: FALSE)

gboolean
extra_names_bridge(const char *text, gsize len, const char *id, gsize id_len)
{
	return len > LENGTH("{\"bridge_id\":\"") + id_len &&
	       bytes_same(text, "{\"bridge_id\":\"", LENGTH("{\"bridge_id\":\"")) &&
	       bytes_same(text + LENGTH("{\"bridge_id\":\""), id, id_len) &&
	       text[LENGTH("{\"bridge_id\":\"") + id_len] == '"';
}

static gboolean
plain_bridge(const char *at, const char *end, struct extra_bridge *bridge)
{
	const char *technology;
	gsize n;
	if (!PASS(at, end, "{\"bridge_id\":\"") ||
	    (at = plain_string(at, end, &bridge->id, &bridge->id_len)) == NULL ||
	    !PASS(at, end, ",\"bridge_technology\":\"") ||
	    (at = plain_string(at, end, &technology, &n)) == NULL || !PASS(at, end, "}") ||
	    at != end)
		return FALSE;
	bridge->holding =
	    n == LENGTH("holding_bridge") && bytes_same(technology, "holding_bridge", n);
	return TRUE;
}

void
extra_bridge(const char *text, gsize len, struct extra_bridge *bridge)
{
	struct extra_pair pair;
	if (plain_bridge(text, text + len, bridge))
		return;
	*bridge = (struct extra_bridge){ .id = "" };
	while (extra_next(&text, &pair)) {
		if (extra_key_is(&pair, "bridge_id")) {
			bridge->id = pair.value;
			bridge->id_len = pair.value_len;
		} else if (extra_key_is(&pair, "bridge_technology")) {
			bridge->holding = pair.value_len == LENGTH("holding_bridge") &&
			                  memcmp(pair.value, "holding_bridge", pair.value_len) == 0;
		}
	}
}

/* The source is one of these names: moves `at` behind it and its quote. */
static inline gboolean
pass_name(const char **at, const char *end, const struct extra_name *name)
{
	if ((gsize)(end - *at) <= name->len || (*at)[name->len] != '"' ||
	    !bytes_same(*at, name->text, name->len))
		return FALSE;
	*at += name->len + 1;
	return TRUE;
}

static inline gboolean
plain_source(const char **at, const char *end, const struct extra_name *names, guint n,
    struct extra_hangup *hangup)
{
	/* Nobody is named where the dialling side gave up. */
	if (*at < end && **at == '"') {
		hangup->source = *at;
		hangup->source_len = 0;
		(*at)++;
		return TRUE;
	}
	for (guint i = 0; i < n; i++) {
		if (pass_name(at, end, &names[i])) {
			hangup->source = names[i].text;
			hangup->source_len = names[i].len;
			return TRUE;
		}
	}
	*at = plain_string(*at, end, &hangup->source, &hangup->source_len);
	return *at != NULL;
}

static gboolean
plain_hangup(const char *at, const char *end, const struct extra_name *names, guint n,
    struct extra_hangup *hangup)
{
	int cause = 0, digits = 0;
	if (!PASS(at, end, "{\"hangupcause\":"))
		return FALSE;
	for (; at < end && (unsigned)*at - '0' <= 9 && digits < 3; at++, digits++)
		cause = cause * 10 + (*at - '0');
	if (digits == 0 || !PASS(at, end, ",\"hangupsource\":\"") ||
	    !plain_source(&at, end, names, n, hangup) || !PASS(at, end, ",\"dialstatus\":\""))
		return FALSE;
	hangup->dialstatus = at;
	while (at < end && (unsigned)*at - 'A' < 26)
		at++;
	hangup->dialstatus_len = (gsize)(at - hangup->dialstatus);
	if (end - at != 2 || at[0] != '"' || at[1] != '}')
		return FALSE;
	hangup->cause = cause;
	return TRUE;
}

void
extra_hangup(const char *text, gsize len, const struct extra_name *names, guint n,
    struct extra_hangup *hangup)
{
	struct extra_pair pair;
	if (plain_hangup(text, text + len, names, n, hangup))
		return;
	*hangup = (struct extra_hangup){ .cause = -1, .source = "", .dialstatus = "" };
	while (extra_next(&text, &pair)) {
		if (extra_key_is(&pair, "hangupcause")) {
			hangup->cause = (int)CLAMP(g_ascii_strtoll(pair.value, NULL, 10), -1, 999);
		} else if (extra_key_is(&pair, "hangupsource")) {
			hangup->source = pair.value;
			hangup->source_len = pair.value_len;
		} else if (extra_key_is(&pair, "dialstatus")) {
			hangup->dialstatus = pair.value;
			hangup->dialstatus_len = pair.value_len;
		}
	}
}
