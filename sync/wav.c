#include "sync/wav.h"

#include <string.h>

static guint
read16(const guint8 *p)
{
	return (guint)p[0] | (guint)p[1] << 8;
}

static guint32
read32(const guint8 *p)
{
	return (guint32)read16(p) | (guint32)read16(p + 2) << 16;
}

static void
write32(guint8 *p, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(p, &value, 4);
}

static gboolean
read_format(const guint8 *fmt, gsize n, struct wav *wav)
{
	if (n < 16)
		return FALSE;
	wav->tag = read16(fmt);
	wav->channels = read16(fmt + 2);
	wav->rate = read32(fmt + 4);
	wav->block = read16(fmt + 12);
	wav->bits = read16(fmt + 14);
	/* Extensible: the real tag begins the GUID behind the 24 bytes. */
	if (wav->tag == 0xfffe && n >= 26)
		wav->tag = read16(fmt + 24);
	return wav->channels > 0 && wav->rate > 0 && wav->block > 0;
}

/* Sizes have 32 bits: beyond 4 GiB they wrap around. Odd data may have been padded with one byte. */
static gboolean
sizes_match(guint32 said, gint64 real)
{
	guint32 difference = (guint32)real - said;

	return difference == 0 || difference == 1 || difference == (guint32)-1;
}

static void
place_samples(struct wav *wav, guint32 riff, guint32 data, gint64 size)
{
	gint64 rest = size - wav->offset;

	wav->closed = sizes_match(riff, size - 8) && (data != 0 || rest == 0);
	/* Other chunks may follow the samples; where the sizes wrapped, nobody can say. */
	wav->length = wav->closed && size <= G_MAXUINT32 ? MIN((gint64)data, rest) : rest;
	wav->length -= wav->length % wav->block;
}

enum wav_verdict
wav_parse(const guint8 *head, gsize n, gint64 size, struct wav *wav)
{
	gsize at = 12;
	gboolean format = FALSE;

	memset(wav, 0, sizeof *wav);
	if (n < 12 || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0)
		return WAV_NOT_RIFF;
	while (n - at >= 8) {
		const guint8 *chunk = head + at;
		guint32 length = read32(chunk + 4);

		at += 8;
		if (memcmp(chunk, "data", 4) == 0) {
			if (!format)
				return WAV_INCOMPLETE;
			wav->offset = (gint64)at;
			place_samples(wav, read32(head + 4), length, size);
			return WAV_OK;
		}
		if (length > n - at)
			return WAV_INCOMPLETE;
		if (memcmp(chunk, "fmt ", 4) == 0)
			format = read_format(head + at, length, wav);
		at = MIN(n, at + length + (length & 1));
	}
	return WAV_INCOMPLETE;
}

void
wav_gsm_header(guint8 header[WAV_GSM_HEADER], guint rate, gint64 length)
{
	/* Blocks of 65 bytes hold 320 samples each. */
	static const guint8 model[WAV_GSM_HEADER] =
	    "RIFF....WAVEfmt \x14\0\0\0\x31\0\x01\0........\x41\0\0\0"
	    "\x02\0\x40\x01"
	    "fact\x04\0\0\0....data....";
	guint32 bytes = (guint32)CLAMP(length, 0, G_MAXUINT32 - WAV_GSM_HEADER);

	/* Bytes, not text. */
	memcpy(header, model, WAV_GSM_HEADER); // NOLINT(bugprone-not-null-terminated-result)
	write32(header + 4, bytes + WAV_GSM_HEADER - 8);
	write32(header + 24, rate);
	write32(header + 28, (guint32)((guint64)rate * 65 / 320));
	write32(header + 48, bytes / 65 * 320);
	write32(header + 56, bytes);
}
