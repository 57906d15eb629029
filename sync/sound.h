/*
 * Sound files are read: libsndfile, and what it does not know of Asterisk's files. The only file that includes
 * sndfile.h. What is read and how it is opened: sync/audio.h. Errors are AUDIO_ERROR.
 */
#ifndef CELSYNC_SOUND_H
#define CELSYNC_SOUND_H

#include "sync/audio.h"

typedef struct sound sound;

/* *info as audio_probe says, also where this fails. The sound may hold no frame at all. */
sound *sound_open(int dir, const char *path, struct audio_info *info, GError **error);
/* An MP3 that is open already; fd is borrowed, `name` is for messages. Nothing but an MP3 will do. */
sound *sound_open_mp3(int fd, const char *name, struct audio_info *info, GError **error);
void sound_close(sound *in);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sound, sound_close)

/* Up to `frames` frames, channels interleaved, full scale ±1. How many; 0: the end; -1: error. */
gint64 sound_read(sound *in, float *samples, gint64 frames, GError **error);

/* The open file, borrowed. */
int sound_fd(const sound *in);

/* "libsndfile-1.2.0", borrowed; NULL: it cannot be loaded. */
const char *sound_library(GError **error);

#endif
