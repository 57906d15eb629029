#include "poller/uniqueid.h"

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

/* "EPOCH.NUMBER", as nearly all are: read from the front in one go. FALSE: it may be one of the others. */
static gboolean
parse_plain(const char *text, struct uniqueid *id)
{
	const char *p = text;
	gint64 epoch = 0, number = 0;
	for (; (unsigned)*p - '0' <= 9 && p - text < 11; p++)
		epoch = epoch * 10 + (*p - '0');
	const char *dot = p;
	if (*p++ != '.' || epoch < 100000000)
		return FALSE;
	for (; (unsigned)*p - '0' <= 9 && p - dot < 18; p++)
		number = number * 10 + (*p - '0');
	if (*p != '\0' || p == dot + 1)
		return FALSE;
	*id = (struct uniqueid){ .epoch = epoch, .number = number };
	return TRUE;
}

gboolean
uniqueid_parse(const char *text, struct uniqueid *id)
{
	if (parse_plain(text, id))
		return TRUE;
	const char *end = text + strlen(text);
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
