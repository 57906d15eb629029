/*
 * A recording becomes an MP3: libsndfile reads (sync/sound.c, the only file that includes sndfile.h),
 * libmp3lame encodes (sync/audio.c, the only one that includes lame.h).
 *
 * The MP3 is written under a temporary name in the target's folder (".NAME.mp3.celsync-tmp"), read
 * back and checked, fsynced and renamed, then the folder is fsynced: there is a whole MP3 or none.
 * Memory does not depend on the length of the recording. No clock, no log, no store. Safe to be used by
 * several threads at once; two writers of one MP3, in whatever process, do not get into each other's way.
 *
 * Encoding: the source's rate and channels are kept (MPEG-2.5 has 8 kHz). For 8 kHz speech LAME is told 27 kbit/s a channel on average
 * (28 below quality 7): it gives the frames what they need and comes out, with tags, just below half of what the scripts'
 * "lame -h -b 192" makes. A constant rate of 32 is a little above half. And 48 for 16 kHz: there 32 is worse by 9 dB of
 * log-spectral distance, because the encoder cuts off what is above 4 kHz; 40 is worse by 0.8 dB, 64 better
 * by 0.8 dB for a third more bytes. From quality 7 on, the default, LAME does not shape its noise, which at such rates saves a third of the time
 * and nothing else: with as many bytes it is as near to the recording, and as much of the difference is masked (docs/BENCHMARKS.md).
 *
 * Every MP3 carries the mark of sync/mp3mark.h, and gets the owner and the rights of its source: who may hear the one may hear the other.
 *
 * Sources: .wav, .WAV, .wav16 (PCM, float, A-law, µ-law, GSM), and by extension the headerless ulaw, alaw, sln,
 * sln12 … sln192, gsm. libsndfile has no G.722 and no G.729: AUDIO_ERROR_UNREADABLE says so.
 */
#ifndef CELSYNC_AUDIO_H
#define CELSYNC_AUDIO_H

#include <glib.h>

#include "sync/mp3mark.h"

#define AUDIO_ERROR (audio_error_quark())
GQuark audio_error_quark(void);
enum audio_error {
	AUDIO_ERROR_MISSING, /* no such file */
	AUDIO_ERROR_UNREADABLE, /* not audio, a format the library cannot read, not a regular file, no right */
	AUDIO_ERROR_WRITE, /* the MP3 could not be written (disk full, rights) */
	AUDIO_ERROR_CHECK, /* the MP3 that was written does not decode to the same length */
	AUDIO_ERROR_CANCELLED
};

/*
 * What a source file looks like. Files are named by an open directory and a path below it and are
 * opened so that the path can neither leave the directory nor pass through a symbolic link
 * (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), and only regular files are read.
 */
struct audio_info {
	gint64 size;   /* bytes */
	gint64 mtime;  /* µs UTC */
	gint64 frames; /* per channel; 0: a header without audio, or at most 44 bytes */
	int rate, channels;
	gboolean closed;  /* a RIFF header whose sizes are filled in: its writer has finished */
	gboolean writing; /* somebody has it open for writing, as far as the kernel tells us */
};
/* With AUDIO_ERROR_UNREADABLE, size, mtime and writing are known where the file could be opened, else 0. */
gboolean audio_probe(int dir, const char *path, struct audio_info *info, GError **error);

struct audio_tags {
	const char *title, *artist, *album, *comment; /* UTF-8, NULL: none */
	gint64 recorded;                              /* µs UTC; 0: none */
};

/*
 * Encodes `source` to `target`, both below `dir`; quality as libmp3lame counts (0…9). *duration_ms is that
 * of the checked MP3. `cancel` may be NULL; it is looked at every second of audio.
 * An existing target is replaced: whether it may be is the caller's to know.
 */
gboolean audio_encode(int dir, const char *source, const char *target, int quality,
    const struct audio_tags *tags, const volatile gint *cancel, gint64 *duration_ms,
    GError **error);

/* Duration of an MP3, decoded as a check; error when it does not decode. */
gboolean audio_check_mp3(int dir, const char *path, gint64 *duration_ms, GError **error);

/* TRUE when audio_encode made this MP3: *mark is its source as it was opened then. */
gboolean audio_made_from(int dir, const char *mp3, struct mp3mark *mark);

/* Removes temporary files of this program, older than an hour by `now` (µs UTC), in one folder below dir. */
void audio_sweep(int dir, const char *folder, gint64 now);

/*
 * libmp3lame and libsndfile are loaded when they are first needed. FALSE: they cannot be, and any function above that needs
 * them would fail with this LIBRARY_ERROR (sync/library.h), which says nothing of the recording.
 */
gboolean audio_ready(GError **error);

/* LAME's version, borrowed; NULL: it cannot be loaded. */
const char *audio_library(GError **error);

#endif
