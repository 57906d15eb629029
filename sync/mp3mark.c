#include "sync/mp3mark.h"

#include <stdio.h>
#include <string.h>

#define NAME "celsync"

char *
mp3mark_text(gint64 size, gint64 mtime)
{
	return g_strdup_printf(NAME "=%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, size, mtime);
}

/* "SIZE/MTIME" and nothing else. */
static gboolean
read_value(const char *text, gint64 *size, gint64 *mtime)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);

	return parts[0] && parts[1] &&
	       g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT64, size, NULL) &&
	       g_ascii_string_to_signed(parts[1], 10, G_MININT64, G_MAXINT64, mtime, NULL);
}

/* The body of a TXXX frame: encoding 0 (Latin-1), description, 0, value. */
static gboolean
read_frame(const guint8 *body, gsize n, gint64 *size, gint64 *mtime)
{
	const gsize skip = 1 + sizeof NAME;
	g_autofree char *value = NULL;

	if (n <= skip || body[0] != 0 || memcmp(body + 1, NAME, sizeof NAME) != 0)
		return FALSE;
	value = g_strndup((const char *)body + skip, n - skip);
	return read_value(value, size, mtime);
}

gboolean
mp3mark_find(const guint8 *head, gsize n, gint64 *size, gint64 *mtime)
{
	gsize at = 10, end;

	/* libmp3lame writes version 2.3; another version is another program's. */
	if (n < 10 || memcmp(head, "ID3\x03", 4) != 0)
		return FALSE;
	end = 10 + ((gsize)(head[6] & 0x7f) << 21 | (gsize)(head[7] & 0x7f) << 14 |
		       (gsize)(head[8] & 0x7f) << 7 | (gsize)(head[9] & 0x7f));
	end = MIN(end, n);
	while (end - at > 10 && head[at] != 0) {
		const guint8 *frame = head + at;
		gsize length =
		    (gsize)frame[4] << 24 | (gsize)frame[5] << 16 | (gsize)frame[6] << 8 | frame[7];

		at += 10;
		if (length > end - at)
			return FALSE;
		if (memcmp(frame, "TXXX", 4) == 0 && read_frame(head + at, length, size, mtime))
			return TRUE;
		at += length;
	}
	return FALSE;
}
