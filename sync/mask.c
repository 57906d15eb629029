#include "sync/mask.h"

#include <string.h>

#define NUMBER_DIGITS 7
#define DIGITS_KEPT 2

/* All digits of text[0..n) but the last ones become asterisks. */
static void
append_masked(GString *out, const char *text, gsize n)
{
	gsize digits = 0;
	for (gsize i = 0; i < n; i++)
		digits += g_ascii_isdigit(text[i]);
	for (gsize i = 0; i < n; i++) {
		gboolean digit = g_ascii_isdigit(text[i]);
		g_string_append_c(out, digit && digits > DIGITS_KEPT ? '*' : text[i]);
		digits -= digit;
	}
}

char *
mask_number(const char *number)
{
	gsize digits = 0;
	for (const char *p = number; *p != '\0'; p++)
		digits += g_ascii_isdigit(*p);
	if (digits < NUMBER_DIGITS)
		return g_strdup(number);
	GString *out = g_string_new(NULL);
	append_masked(out, number, strlen(number));
	return g_string_free(out, FALSE);
}

/* Small letters only: "%2B" before a number is a plus sign, "2b" before digits is part of a key. */
static gboolean
is_hex(char c)
{
	return c >= 'a' && c <= 'f';
}

/* Is this run of digits, which begins at text[at], no telephone number? */
static gboolean
is_own(const char *text, gsize at, gsize n)
{
	static const char key[] = "\"id\":";
	const gsize key_len = sizeof key - 1;
	char before = at > 0 ? text[at - 1] : '\0';
	const char *behind = text + at + n;
	if (n < NUMBER_DIGITS || is_hex(before) || is_hex(*behind) || before == '.' ||
	    before == '#')
		return TRUE;
	if (*behind == '.' && g_ascii_isdigit(behind[1]))
		return TRUE;
	/* Asterisks would be no JSON. */
	if (at >= key_len && memcmp(text + at - key_len, key, key_len) == 0)
		return TRUE;
	return n == 8 && *behind == '-' && strspn(behind + 1, "0123456789") == 6;
}

char *
mask_numbers(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));
	for (const char *p = text; *p != '\0';) {
		gsize n = strspn(p, "0123456789");
		if (n == 0) {
			g_string_append_c(out, *p++);
			continue;
		}
		if (is_own(text, (gsize)(p - text), n))
			g_string_append_len(out, p, (gssize)n);
		else
			append_masked(out, p, n);
		p += n;
	}
	return g_string_free(out, FALSE);
}
