#include "poller/uniqueid.h"

#include "poller/bytes.h"

#include <string.h>

/* Digits that end at `end`: at most 18, so that they fit. Returns where they begin, or NULL. */
static const char *
digits_before(const char *start, const char *end, gint64 *value)
{
	const char *p = end;
	while (p > start && g_ascii_isdigit(p[-1]))
		p--;
	if (p == end || end - p > 18)
		return NULL;
	*value = 0;
	for (const char *q = p; q < end; q++)
		*value = *value * 10 + (*q - '0');
	return p;
}

/* "EPOCH.NUMBER", as nearly all are: an epoch of ten digits (until 2286). FALSE: it may be one of the others. */
static gboolean
parse_plain(const char *text, gsize len, struct uniqueid *id)
{
	if (len < 12 || len > 26 || text[10] != '.')
		return FALSE;
	const gint64 high = bytes_number(text, 8), digits = (gint64)len - 11;
	const unsigned tens = (unsigned)(unsigned char)text[8] - '0',
		       ones = (unsigned)(unsigned char)text[9] - '0';
	if (high < 1000000 || tens > 9 || ones > 9)
		return FALSE;
	gint64 number = 0;
	if (digits >= 4 && digits <= 8) {
		number = bytes_number(text + 11, (gsize)digits);
		if (number < 0)
			return FALSE;
	}
	for (gint64 i = 0; (digits < 4 || digits > 8) && i < digits; i++) {
		const unsigned digit = (unsigned)(unsigned char)text[11 + i] - '0';
		if (digit > 9)
			return FALSE;
		number = number * 10 + digit;
	}
	*id = (struct uniqueid){ .epoch = high * 100 + tens * 10 + ones, .number = number };
	return TRUE;
}

gboolean
uniqueid_parse_n(const char *text, gsize len, struct uniqueid *id)
{
	if (parse_plain(text, len, id))
		return TRUE;
	const char *end = text + len;
	const char *number = digits_before(text, end, &id->number);
	if (number == NULL || number - text < 2 || number[-1] != '.')
		return FALSE;
	const char *epoch = digits_before(text, number - 1, &id->epoch);
	if (epoch == NULL || id->epoch > 99999999999 || id->epoch < 100000000)
		return FALSE;
	if (epoch == text) {
		id->system_len = 0;
		return TRUE;
	}
	if (epoch[-1] != '-' || epoch - text < 2)
		return FALSE;
	id->system_len = (gsize)(epoch - 1 - text);
	return TRUE;
}

gboolean
uniqueid_parse(const char *text, struct uniqueid *id)
{
	return uniqueid_parse_n(text, strlen(text), id);
}

int
uniqueid_compare(const char *a, const char *b)
{
	struct uniqueid x, y;
	gboolean x_ok = uniqueid_parse(a, &x), y_ok = uniqueid_parse(b, &y);
	if (x_ok != y_ok)
		return x_ok ? -1 : 1;
	if (x_ok && x.epoch != y.epoch)
		return x.epoch < y.epoch ? -1 : 1;
	if (x_ok && x.number != y.number)
		return x.number < y.number ? -1 : 1;
	return strcmp(a, b);
}
