/*
 * The mark by which an MP3 is known as ours: an ID3v2.3 frame TXXX with the description "celsync" and the value
 * "SIZE/MTIME/EXTENSION", bytes, µs UTC and name's end of the file it was made from (x.wav and x.gsm would both become x.mp3). A run that was killed after the rename finds its
 * work by it; an MP3 without a mark is somebody else's and is never overwritten. Pure.
 */
#ifndef CELSYNC_MP3MARK_H
#define CELSYNC_MP3MARK_H

#include <glib.h>

/* As many bytes of the start of a file as mp3mark_find wants, where there are so many. */
#define MP3MARK_HEAD 65536

struct mp3mark {
	gint64 size, mtime;
	char extension[16]; /* cut to this; "" where the name has none */
};

/* "celsync=SIZE/MTIME/EXTENSION", as a tag writer takes it; free with g_free. */
char *mp3mark_text(const struct mp3mark *mark);
/* FALSE: no mark of ours in the first `n` bytes of a file. */
gboolean mp3mark_find(const guint8 *head, gsize n, struct mp3mark *mark);

#endif
