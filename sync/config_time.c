/*
 * Times and durations as people write them.
 */
#include "sync/config.h"

#include <glib/gi18n.h>
#include <string.h>

gboolean
config_parse_duration(const char *text, gint64 *us, GError **error)
{
	static const struct {
		const char *name;
		gint64 ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "sec", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	char *end;
	guint64 number = g_ascii_strtoull(text, &end, 10);

	/* strtoull takes signs and blanks as well; ten million of anything is no wait. */
	if (g_ascii_isdigit(*text) && number <= 10000000) {
		while (*end == ' ')
			end++;
		for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
			if (strcmp(end, units[i].name) == 0) {
				*us = (gint64)number * units[i].ms * 1000;
				return TRUE;
			}
		}
	}
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
	    _("\"%s\" is not a length of time\n"
	      "Write a whole number and a unit: 500 ms, 5 s, 10 min, 6 h or 7 d."),
	    text);
	return FALSE;
}

/* What the groups of the expression below are. */
enum {
	WHOLE,
	YEAR,
	MONTH,
	DAY,
	CLOCK,
	HOUR,
	MINUTE,
	SECOND,
	FRACTION,
	OFFSET
};

static int
group_int(const GMatchInfo *match, int group)
{
	g_autofree char *text = g_match_info_fetch(match, group);

	return text && *text ? (int)g_ascii_strtoll(text, NULL, 10) : 0;
}

/* ".25" -> 250000. The rest beyond microseconds is cut off. */
static gint64
group_fraction(const GMatchInfo *match)
{
	g_autofree char *text = g_match_info_fetch(match, FRACTION);
	gint64 us = 0, unit = 100000;

	for (const char *p = text; p && *p && unit > 0; p++, unit /= 10)
		us += g_ascii_digit_value(*p) * unit;
	return us;
}

gboolean
config_parse_time(const char *text, GTimeZone *tz, gint64 *us, GError **error)
{
	g_autoptr(GRegex) form = g_regex_new("^(\\d{4})-(\\d\\d)-(\\d\\d)"
					     "([T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d+))?)?"
					     "(Z|[+-]\\d\\d:\\d\\d)?)?$",
	    G_REGEX_DOLLAR_ENDONLY, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GTimeZone) zone = NULL;
	g_autoptr(GDateTime) time = NULL;

	if (g_utf8_validate(text, -1, NULL) && g_regex_match(form, text, 0, &match)) {
		g_autofree char *offset = g_match_info_fetch(match, OFFSET);

		if (offset && *offset)
			zone = g_time_zone_new_identifier(offset);
		else
			zone = tz ? g_time_zone_ref(tz) : g_time_zone_new_local();
		if (zone)
			time = g_date_time_new(zone, group_int(match, YEAR),
			    group_int(match, MONTH), group_int(match, DAY), group_int(match, HOUR),
			    group_int(match, MINUTE), group_int(match, SECOND));
	}
	if (!time) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("\"%s\" is not a time\n"
		      "Write 2025-11-23, \"2025-11-23 10:00\" or 2025-11-23T10:00:00Z."),
		    text);
		return FALSE;
	}
	*us = g_date_time_to_unix(time) * G_USEC_PER_SEC + group_fraction(match);
	return TRUE;
}
