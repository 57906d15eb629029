/*
 * What a row's words and times mean. Called for every row there is, a million of them a second, so
 * nothing here allocates, and a name is compared with the one it can be.
 */
#include "poller/row.h"

#include "poller/bytes.h"

#include <string.h>

/* Asterisk main/cel.c, cel_event_types[]. */
static const char *const event_names[] = {
	[CEL_OTHER] = "OTHER",
	[CEL_CHAN_START] = "CHAN_START",
	[CEL_CHAN_END] = "CHAN_END",
	[CEL_HANGUP] = "HANGUP",
	[CEL_ANSWER] = "ANSWER",
	[CEL_APP_START] = "APP_START",
	[CEL_APP_END] = "APP_END",
	[CEL_BRIDGE_ENTER] = "BRIDGE_ENTER",
	[CEL_BRIDGE_EXIT] = "BRIDGE_EXIT",
	[CEL_PARK_START] = "PARK_START",
	[CEL_PARK_END] = "PARK_END",
	[CEL_BLINDTRANSFER] = "BLINDTRANSFER",
	[CEL_ATTENDEDTRANSFER] = "ATTENDEDTRANSFER",
	[CEL_PICKUP] = "PICKUP",
	[CEL_FORWARD] = "FORWARD",
	[CEL_LINKEDID_END] = "LINKEDID_END",
	[CEL_LOCAL_OPTIMIZE] = "LOCAL_OPTIMIZE",
	[CEL_LOCAL_OPTIMIZE_BEGIN] = "LOCAL_OPTIMIZE_BEGIN",
	[CEL_STREAM_BEGIN] = "STREAM_BEGIN",
	[CEL_STREAM_END] = "STREAM_END",
};

/* Names by their length and first letter, which no two share; the whole name decides. */
#define EVENT_NAME_MAX 20
#define LIKE(length, letter) ((length)*32 + ((letter)&31))
static const guint8 event_like[LIKE(EVENT_NAME_MAX + 1, 0)] = {
	[LIKE(6, 'H')] = CEL_HANGUP,
	[LIKE(6, 'A')] = CEL_ANSWER,
	[LIKE(6, 'P')] = CEL_PICKUP,
	[LIKE(7, 'A')] = CEL_APP_END,
	[LIKE(7, 'F')] = CEL_FORWARD,
	[LIKE(8, 'C')] = CEL_CHAN_END,
	[LIKE(8, 'P')] = CEL_PARK_END,
	[LIKE(9, 'A')] = CEL_APP_START,
	[LIKE(10, 'C')] = CEL_CHAN_START,
	[LIKE(10, 'P')] = CEL_PARK_START,
	[LIKE(10, 'S')] = CEL_STREAM_END,
	[LIKE(11, 'B')] = CEL_BRIDGE_EXIT,
	[LIKE(12, 'B')] = CEL_BRIDGE_ENTER,
	[LIKE(12, 'L')] = CEL_LINKEDID_END,
	[LIKE(12, 'S')] = CEL_STREAM_BEGIN,
	[LIKE(13, 'B')] = CEL_BLINDTRANSFER,
	[LIKE(14, 'L')] = CEL_LOCAL_OPTIMIZE,
	[LIKE(16, 'A')] = CEL_ATTENDEDTRANSFER,
	[LIKE(20, 'L')] = CEL_LOCAL_OPTIMIZE_BEGIN,
};

/* All names have at least 6 bytes, and nearly all rows names of up to 12: three words of 4 cover them without a decision. */
static inline gboolean
same_name(const char *name, const char *known, gsize len)
{
	if (G_UNLIKELY(len > 12))
		return bytes_same(name, known, len);
	const gsize middle = MIN(4, len - 4), last = len - 4;
	return ((bytes_4(name) ^ bytes_4(known)) |
		   (bytes_4(name + middle) ^ bytes_4(known + middle)) |
		   (bytes_4(name + last) ^ bytes_4(known + last))) == 0;
}

enum cel_event
cel_event_from_name(const char *name, gsize len)
{
	if (len - 1 >= EVENT_NAME_MAX)
		return CEL_OTHER;
	const enum cel_event event = (enum cel_event)event_like[LIKE(len, name[0])];
	return event != CEL_OTHER && same_name(name, event_names[event], len) ? event : CEL_OTHER;
}

void
cdr_row_measure(struct cdr_row *row)
{
	row->len.uniqueid = (guint32)strlen(row->uniqueid);
	row->len.dst = (guint32)strlen(row->dst);
	row->len.dstchannel = (guint32)strlen(row->dstchannel);
	row->len.lastdata = (guint32)strlen(row->lastdata);
	row->len.disposition = (guint32)strlen(row->disposition);
	row->len.did = (guint32)strlen(row->did);
	row->len.recordingfile = (guint32)strlen(row->recordingfile);
}

const char *
cel_event_name(enum cel_event event)
{
	return event_names[event];
}

/* The number that exactly n digits make; -1 where something else stands there. */
static inline int
digits(const char *text, int n)
{
	int value = 0;
	for (int i = 0; i < n; i++) {
		const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
		if (digit > 9)
			return -1;
		value = value * 10 + (int)digit;
	}
	return value;
}

/*
 * Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that a
 * leap day is the last day of its year.
 */
static gint64
day_number(int year, int month, int day)
{
	const int march_year = year - (month <= 2);
	const int march_month = (month + 9) % 12;
	const gint64 leap_days = march_year / 4 - march_year / 100 + march_year / 400;
	return (gint64)march_year * 365 + leap_days + (march_month * 153 + 2) / 5 + day - 1 -
	       719468;
}

static gboolean
date_exists(int year, int month, int day)
{
	static const gint8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	/* Columns without a date hold 0000-00-00 or 1000-01-01, by the default of their table. */
	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return FALSE;
	const gboolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= days[month - 1] + (month == 2 && leap);
}

/* ".ffffff" and the end of the text: microseconds, further digits cut off; -1: unreadable. */
static gint64
fraction(const char *text)
{
	if (*text == '\0')
		return 0;
	if (*text != '.' || !g_ascii_isdigit(text[1]))
		return -1;
	gint64 us = 0, unit = 100000;
	for (text++; g_ascii_isdigit(*text); text++, unit /= 10)
		us += (*text - '0') * unit;
	return *text == '\0' ? us : -1;
}

static struct wall
epoch_parse(const char *text)
{
	const struct wall none = { .us = WALL_NONE };
	gint64 seconds = 0;
	int n = 0;
	for (; n < 12 && g_ascii_isdigit(text[n]); n++)
		seconds = seconds * 10 + (text[n] - '0');
	const gint64 us = fraction(text + n);
	/* Asterisk writes a time that never was as 0. */
	if (n == 0 || us < 0 || seconds + us == 0)
		return none;
	return (struct wall){ .us = seconds * G_USEC_PER_SEC + us, .utc = TRUE };
}

gboolean
wall_time_of_day(const char *text, gint64 *us)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
	/* All eight at once: what is left of "00:00:00" are the digits, each of them at most 9, and nothing of the colons. */
	const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);
	const guint64 digits = bytes_8(text) ^ bytes_8("00:00:00");
	const guint64 wrong = ((digits | (digits + ones * (0x7f - 9))) & ones * 0x80) |
	                      (digits & G_GUINT64_CONSTANT(0x0000ff0000ff0000));
	const guint64 pairs = digits * 10 + (digits >> 8);
	const unsigned hour = pairs & 0xff, minute = (pairs >> 24) & 0xff,
		       second = (pairs >> 48) & 0xff;
#else
	guint64 wrong = (text[2] != ':') | (text[5] != ':');
	const int hour = digits(text, 2), minute = digits(text + 3, 2),
		  second = digits(text + 6, 2);
	wrong |= (hour < 0) | (minute < 0) | (second < 0);
#endif
	*us = (hour * 3600 + minute * 60 + second) * (gint64)G_USEC_PER_SEC;
	return wrong == 0 && hour <= 23 && minute <= 59 && second <= 60;
}

struct wall
wall_parse(const char *text)
{
	const struct wall none = { .us = WALL_NONE };
	/* Each test ends at a NUL, so a text that is too short is never read past its end. */
	const int year = digits(text, 4);
	if (year < 0 || text[4] != '-')
		return epoch_parse(text);
	const int month = digits(text + 5, 2);
	if (month < 0 || text[7] != '-')
		return none;
	const int day = digits(text + 8, 2);
	if (day < 0 || (text[10] != ' ' && text[10] != 'T'))
		return none;
	const int hour = digits(text + 11, 2);
	if (hour < 0 || text[13] != ':')
		return none;
	const int minute = digits(text + 14, 2);
	if (minute < 0 || text[16] != ':')
		return none;
	const int second = digits(text + 17, 2);
	if (second < 0)
		return none;
	const gint64 us = fraction(text + 19);
	/* Second 60 is a leap second. */
	if (us < 0 || hour > 23 || minute > 59 || second > 60 || !date_exists(year, month, day))
		return none;
	const gint64 seconds =
	    day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return (struct wall){ .us = seconds * G_USEC_PER_SEC + us };
}
