#include "poller/extra.h"

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
