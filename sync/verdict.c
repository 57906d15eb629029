#include "sync/verdict.h"

#include <stdio.h>
#include <string.h>

#define DELAY_FIRST (5 * (gint64)G_USEC_PER_SEC)
#define DELAY_MOST (15 * 60 * (gint64)G_USEC_PER_SEC)

const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SENT: return "sent";
	case VERDICT_LATER: return "later";
	case VERDICT_REJECTED: return "rejected";
	case VERDICT_REFUSED: return "refused";
	case VERDICT_UNKNOWN: return "unknown";
	}
	g_return_val_if_reached("?");
}

void
answer_clear(struct answer *answer)
{
	g_clear_pointer(&answer->text, g_free);
}

/* Four characters of a secret tell nothing yet. */
#define SECRET_PART 4

static void
hide(GString *text, const char *secret)
{
	g_string_replace(text, secret, "***", 0);
	gsize part = MIN(strlen(secret) - 1, text->len);
	while (part > SECRET_PART && strncmp(text->str + text->len - part, secret, part) != 0)
		part--;
	if (part > SECRET_PART) {
		g_string_truncate(text, text->len - part);
		g_string_append(text, "***");
	}
}

char *
answer_text_without(const struct answer *answer, const char *secret)
{
	GString *text = g_string_new(answer->text == NULL ? "" : answer->text);
	if (secret != NULL && *secret != '\0') {
		g_autofree char *escaped = g_uri_escape_string(secret, NULL, FALSE);
		hide(text, secret);
		hide(text, escaped);
	}
	return g_string_free(text, FALSE);
}

enum verdict
verdict_of(const struct answer *answer)
{
	if (!answer->answered)
		return answer->sent ? VERDICT_UNKNOWN : VERDICT_LATER;
	switch (answer->status) {
	case 401:
	case 403: return VERDICT_REFUSED;
	case 408:
	case 425:
	case 429: return VERDICT_LATER;
	}
	if (answer->status >= 200 && answer->status <= 299)
		return VERDICT_SENT;
	if (answer->status >= 300 && answer->status <= 499)
		return VERDICT_REJECTED;
	/* A status that HTTP does not know is to be read as 5xx (RFC 9110, 15). */
	return VERDICT_LATER;
}

gint64
verdict_delay(const struct answer *answer, gint64 attempts, guint32 random)
{
	if (answer->retry_after >= 0)
		return CLAMP(answer->retry_after, 1, RETRY_AFTER_MOST) * G_USEC_PER_SEC;

	/* Eight doublings pass the cap; more of them would only overflow. */
	const gint64 plain = MIN(DELAY_FIRST << CLAMP(attempts - 1, 0, 8), DELAY_MOST);
	const double jitter = 0.8 + 0.4 * random / G_MAXUINT32;
	return MIN((gint64)((double)plain * jitter), DELAY_MOST);
}

/* "Nov" -> 11; 0 when it is no month. */
static int
month_number(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; i < 12; i++)
		if (strncmp(months + 3 * i, name, 3) == 0)
			return i + 1;
	return 0;
}

/* The three forms of RFC 9110, 5.6.7; senders write the first, readers must know all. */
static GDateTime *
http_date(const char *text, gint64 now)
{
	int day, year, hour, minute, second, end = -1;
	char month[4];

	if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &day, month, &year,
		&hour, &minute, &second, &end) == 6 &&
	    end > 0) {
		/* Sun, 06 Nov 1994 08:49:37 GMT */
	} else if (sscanf(text, "%*[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &day, month,
		       &year, &hour, &minute, &second, &end) == 6 &&
		   end > 0) {
		/* Sunday, 06-Nov-94 08:49:37 GMT: a year more than 50 ahead is one of the past. */
		g_autoptr(GDateTime) today = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);
		const int this_year = today == NULL ? 1970 : g_date_time_get_year(today);
		year += this_year - this_year % 100;
		if (year > this_year + 50)
			year -= 100;
	} else if (sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &day, &hour,
		       &minute, &second, &year, &end) == 6 &&
		   end > 0) {
		/* Sun Nov  6 08:49:37 1994 */
	} else {
		return NULL;
	}
	if (text[end] != '\0' || strlen(month) != 3 || month_number(month) == 0)
		return NULL;
	/* A leap second is the second before it. */
	return g_date_time_new_utc(year, month_number(month), day, hour, minute, MIN(second, 59));
}

gint64
verdict_retry_after(const char *value, gint64 now)
{
	if (value == NULL)
		return -1;
	g_autofree char *text = g_strstrip(g_strdup(value));
	const gsize digits = strspn(text, "0123456789");
	if (digits > 0 && text[digits] == '\0')
		/* More digits than a number holds are still "a long time". */
		return digits > 10 ? G_MAXINT32 : g_ascii_strtoll(text, NULL, 10);

	g_autoptr(GDateTime) date = http_date(text, now);
	if (date == NULL)
		return -1;
	/* Rounded up: never before the time that was said. */
	const gint64 left = g_date_time_to_unix(date) * G_USEC_PER_SEC - now;
	return left <= 0 ? 0 : (left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
}
