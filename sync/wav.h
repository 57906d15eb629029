/*
 * Where the samples of a WAV file are. Pure.
 *
 * Asterisk (formats/format_wav.c, format_wav_gsm.c) writes both sizes of the RIFF header as 0 and fills them in
 * when it closes the file: as long as they do not match the file's size it is being written, was appended
 * to, or its writer was killed. Then the samples reach to the end of the file, whatever the header says.
 */
#ifndef CELSYNC_WAV_H
#define CELSYNC_WAV_H

#include <glib.h>

/* As many bytes of the start of a file as wav_parse wants, where there are so many. */
#define WAV_HEAD 65536

/* Format tags (Microsoft mmreg.h); of an extensible header, the one inside. */
enum wav_tag {
	WAV_PCM = 1,
	WAV_FLOAT = 3,
	WAV_ALAW = 6,
	WAV_ULAW = 7,
	WAV_GSM = 0x31
};

struct wav {
	guint tag; /* enum wav_tag, or one we do not know */
	guint channels, rate, bits;
	guint block;           /* bytes of one frame, or of one block of a compressed format */
	gint64 offset, length; /* of the samples, bytes; length is a multiple of `block` */
	gboolean closed;       /* its sizes match the file's */
};

enum wav_verdict {
	WAV_OK,
	WAV_NOT_RIFF,
	WAV_INCOMPLETE
};

/* `head`: the first `n` bytes of a file of `size` bytes. WAV_INCOMPLETE: no fmt or data chunk in them. */
enum wav_verdict wav_parse(const guint8 *head, gsize n, gint64 size, struct wav *wav);

/* A closed GSM header for `length` bytes of samples, as a decoder wants to see one. */
#define WAV_GSM_HEADER 60
void wav_gsm_header(guint8 header[WAV_GSM_HEADER], guint rate, gint64 length);

#endif
