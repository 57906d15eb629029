#include "sync/text.h"

#include <string.h>

const char *
text_time(gint64 us, GTimeZone *tz, char buffer[TEXT_TIME])
{
	buffer[0] = '\0';
	if (us == G_MININT64)
		return buffer;
	gint64 s = us / G_USEC_PER_SEC - (us % G_USEC_PER_SEC < 0);
	gint offset = 0;
	if (tz != NULL)
		offset = g_time_zone_get_offset(
		    tz, MAX(0, g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, s)));
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(s + offset);
	if (utc == NULL)
		return buffer;
	int n = g_snprintf(buffer, TEXT_TIME, "%04d-%02d-%02dT%02d:%02d:%02d",
	    g_date_time_get_year(utc), g_date_time_get_month(utc),
	    g_date_time_get_day_of_month(utc), g_date_time_get_hour(utc),
	    g_date_time_get_minute(utc), g_date_time_get_second(utc));
	if (tz == NULL)
		g_snprintf(buffer + n, (gulong)(TEXT_TIME - n), "Z");
	else
		g_snprintf(buffer + n, (gulong)(TEXT_TIME - n), "%c%02d:%02d",
		    offset < 0 ? '-' : '+', ABS(offset) / 3600, ABS(offset) / 60 % 60);
	return buffer;
}

gint64
text_seconds(gint64 us)
{
	return (us + (us >= 0 ? 1 : -1) * (gint64)(G_USEC_PER_SEC / 2)) / (gint64)G_USEC_PER_SEC;
}

/* Turns the direction of a line, or ends it. */
static gboolean
is_treacherous(gunichar c)
{
	return (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Nothing but the letters, digits and marks of ASCII, as most of what is told. */
static gboolean
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return FALSE;
	}
	return TRUE;
}

char *
text_clean(const char *text)
{
	if (is_plain(text))
		return g_strdup(text);
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_sized_new(strlen(valid));
	for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		gsize n = (gsize)(g_utf8_next_char(p) - p);
		/* ESC and its kind; C1 controls are two bytes in UTF-8, and two marks. */
		if (g_unichar_iscntrl(c))
			g_string_append_len(clean, "????", (gssize)n);
		else if (is_treacherous(c))
			g_string_append_c(clean, '?');
		else
			g_string_append_len(clean, p, (gssize)n);
	}
	return g_string_free(clean, FALSE);
}
