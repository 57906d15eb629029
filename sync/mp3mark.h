/*
 * The mark by which an MP3 is known as ours: an ID3v2.3 frame TXXX with the description "celsync" and the value
 * "SIZE/MTIME", bytes and µs UTC of the file it was made from. A run that was killed after the rename finds its
 * work by it; an MP3 without a mark is somebody else's and is never overwritten. Pure.
 */
#ifndef CELSYNC_MP3MARK_H
#define CELSYNC_MP3MARK_H

#include <glib.h>

/* As many bytes of the start of a file as mp3mark_find wants, where there are so many. */
#define MP3MARK_HEAD 65536

/* "celsync=SIZE/MTIME", as a tag writer takes it; free with g_free. */
char *mp3mark_text(gint64 size, gint64 mtime);
/* FALSE: no mark of ours in the first `n` bytes of a file. */
gboolean mp3mark_find(const guint8 *head, gsize n, gint64 *size, gint64 *mtime);

#endif
