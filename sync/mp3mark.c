#include "sync/mp3mark.h"

#include <string.h>

#define NAME "celsync"

char *
mp3mark_text(const struct mp3mark *mark)
{
	return g_strdup_printf(NAME "=%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "/%s", mark->size,
	    mark->mtime, mark->extension);
}

/* "SIZE/MTIME/EXTENSION" and nothing else. */
static gboolean
read_value(const char *text, struct mp3mark *mark)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 3);

	if (g_strv_length(parts) != 3)
		return FALSE;
	g_strlcpy(mark->extension, parts[2], sizeof mark->extension);
	return g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT64, &mark->size, NULL) &&
	       g_ascii_string_to_signed(parts[1], 10, G_MININT64, G_MAXINT64, &mark->mtime, NULL);
}

/* The body of a TXXX frame: encoding 0 (Latin-1), description, 0, value. */
static gboolean
read_frame(const guint8 *body, gsize n, struct mp3mark *mark)
{
	const gsize skip = 1 + sizeof NAME;
	g_autofree char *value = NULL;

	if (n <= skip || body[0] != 0 || memcmp(body + 1, NAME, sizeof NAME) != 0)
		return FALSE;
	value = g_strndup((const char *)body + skip, n - skip);
	return read_value(value, mark);
}

gboolean
mp3mark_find(const guint8 *head, gsize n, struct mp3mark *mark)
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
		if (memcmp(frame, "TXXX", 4) == 0 && read_frame(head + at, length, mark))
			return TRUE;
		at += length;
	}
	return FALSE;
}
