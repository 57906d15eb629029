/* sync/audio: real recordings and made-up ones become MP3s; mpg123 is the judge where it is installed. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "sync/audio.h"
#include "sync/mp3mark.h"
#include "sync/wav.h"

#define DAY "tests/captures/ast22/monitor/2026/11/23"
#define KILLED "external-101-79167690245-20261123-014731-1795398451.459.wav"
#define KILLED_EMPTY "external-101-79167100097-20261123-014746-1795398466.2.wav"

static char *top; /* of the repository */

struct place {
	char *path;
	int dir;
};

static void
place_init(struct place *place)
{
	place->path = g_dir_make_tmp("celsync-audio-XXXXXX", NULL);
	place->dir = open(place->path, O_RDONLY | O_DIRECTORY);
	g_assert_cmpint(place->dir, >=, 0);
}

static void
place_clear(struct place *place)
{
	const char *arguments[] = { "rm", "-rf", place->path, NULL };

	close(place->dir);
	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	    NULL, NULL);
	g_free(place->path);
}

static void
write_file(const struct place *place, const char *name, const void *data, gsize n)
{
	g_autofree char *path = g_build_filename(place->path, name, NULL);

	g_assert_true(g_file_set_contents(path, data, (gssize)n, NULL));
}

static gboolean
exists(const struct place *place, const char *name)
{
	return faccessat(place->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Files in the place, hidden ones too. */
static guint
count_files(const struct place *place)
{
	g_autoptr(GDir) dir = g_dir_open(place->path, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

static void
put32(GByteArray *bytes, guint32 value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(bytes, (const guint8 *)&value, 4);
}

static void
put16(GByteArray *bytes, guint value)
{
	guint16 little = GUINT16_TO_LE((guint16)value);

	g_byte_array_append(bytes, (const guint8 *)&little, 2);
}

/* A RIFF header as Asterisk writes it, with the sizes wanted. */
static GByteArray *
wav_header(guint tag, guint channels, guint rate, guint bits, guint32 riff, guint32 data)
{
	GByteArray *wav = g_byte_array_new();

	g_byte_array_append(wav, (const guint8 *)"RIFF", 4);
	put32(wav, riff);
	g_byte_array_append(wav, (const guint8 *)"WAVEfmt ", 8);
	put32(wav, 16);
	put16(wav, tag);
	put16(wav, channels);
	put32(wav, rate);
	put32(wav, rate * channels * bits / 8);
	put16(wav, channels * bits / 8);
	put16(wav, bits);
	g_byte_array_append(wav, (const guint8 *)"data", 4);
	put32(wav, data);
	return wav;
}

static double
tone(guint i, guint rate)
{
	return 0.4 * sin(2 * G_PI * 440 * i / rate);
}

/* `frames` of a tone; the right channel of a stereo file is silent. */
static GByteArray *
wav16(guint channels, guint rate, guint frames)
{
	guint32 size = frames * channels * 2;
	GByteArray *wav = wav_header(WAV_PCM, channels, rate, 16, size + 36, size);

	for (guint i = 0; i < frames; i++) {
		put16(wav, (guint)(gint16)(32767 * tone(i, rate)));
		if (channels == 2)
			put16(wav, 0);
	}
	return wav;
}

static void
write_wav16(const struct place *place, const char *name, guint channels, guint rate, guint frames)
{
	g_autoptr(GByteArray) wav = wav16(channels, rate, frames);

	write_file(place, name, wav->data, wav->len);
}

/* What mpg123 decodes of an MP3, as 16-bit samples; NULL where it is not installed. */
static gint16 *
mpg123(const struct place *place, const char *mp3, gsize *n)
{
	g_autofree char *path = g_build_filename(place->path, mp3, NULL);
	g_autofree char *quoted = g_shell_quote(path);
	g_autofree char *output = g_build_filename(place->path, "pcm", NULL);
	g_autofree char *to = g_shell_quote(output);
	g_autofree char *program = g_find_program_in_path("mpg123");
	g_autofree char *command = g_strdup_printf("mpg123 -q -s %s > %s", quoted, to);
	const char *arguments[] = { "sh", "-c", command, NULL };
	char *pcm;
	int status;

	if (!program)
		return NULL;
	g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
	    NULL, NULL, &status, NULL));
	g_assert_cmpint(status, ==, 0);
	g_assert_true(g_file_get_contents(output, &pcm, n, NULL));
	g_unlink(output);
	*n /= 2;
	return (gint16 *)(gpointer)pcm;
}

/* Encodes, and compares lengths to the sample. */
static void
assert_encodes(const struct place *place, const char *source, gint64 frames, int rate, int channels)
{
	g_autoptr(GError) error = NULL;
	struct audio_info info;
	gint64 duration = 0, again = 0;
	g_autofree gint16 *pcm = NULL;
	gsize n;

	g_assert_true(audio_probe(place->dir, source, &info, &error));
	g_assert_no_error(error);
	g_assert_cmpint(info.frames, ==, frames);
	g_assert_cmpint(info.rate, ==, rate);
	g_assert_cmpint(info.channels, ==, channels);
	g_assert_true(
	    audio_encode(place->dir, source, "out.mp3", 5, NULL, NULL, &duration, &error));
	g_assert_no_error(error);
	g_assert_cmpint(duration, ==, frames * 1000 / rate);
	g_assert_true(audio_check_mp3(place->dir, "out.mp3", &again, &error));
	g_assert_cmpint(again, ==, duration);
	pcm = mpg123(place, "out.mp3", &n);
	if (pcm)
		g_assert_cmpint(n, ==, frames * channels);
}

static void
test_wav_parse(void)
{
	struct wav wav;
	g_autoptr(GByteArray) closed = wav16(1, 8000, 100);
	const gsize n = closed->len;

	g_assert_cmpint(wav_parse(closed->data, n, (gint64)n, &wav), ==, WAV_OK);
	g_assert_true(wav.closed);
	g_assert_cmpint(wav.offset, ==, 44);
	g_assert_cmpint(wav.length, ==, 200);
	/* Appended to since its header was written: to the end, and not closed. */
	g_assert_cmpint(wav_parse(closed->data, n, (gint64)n + 1001, &wav), ==, WAV_OK);
	g_assert_false(wav.closed);
	g_assert_cmpint(wav.length, ==, 1200);
	/* Cut off. */
	g_assert_cmpint(wav_parse(closed->data, 60, 60, &wav), ==, WAV_OK);
	g_assert_false(wav.closed);
	g_assert_cmpint(wav.length, ==, 16);
	/* Every shorter piece is an answer, too. */
	for (gsize cut = 0; cut < 44; cut++)
		g_assert_cmpint(wav_parse(closed->data, cut, (gint64)cut, &wav), !=, WAV_OK);
	g_assert_cmpint(
	    wav_parse((const guint8 *)"ID3 is not a RIFF header", 24, 24, &wav), ==, WAV_NOT_RIFF);

	/* A chunk behind the samples is none of them. */
	g_autoptr(GByteArray) more = wav_header(WAV_PCM, 1, 8000, 16, 36 + 4 + 12, 4);
	put32(more, 0);
	g_byte_array_append(more, (const guint8 *)"LIST\4\0\0\0INFO", 12);
	g_assert_cmpint(wav_parse(more->data, more->len, more->len, &wav), ==, WAV_OK);
	g_assert_true(wav.closed);
	g_assert_cmpint(wav.length, ==, 4);

	/* Beyond 4 GiB the sizes have wrapped. */
	const gint64 size = G_GINT64_CONSTANT(5000000044);
	g_autoptr(GByteArray) large =
	    wav_header(WAV_PCM, 1, 8000, 16, (guint32)(size - 8), (guint32)(size - 44));
	g_assert_cmpint(wav_parse(large->data, large->len, size, &wav), ==, WAV_OK);
	g_assert_true(wav.closed);
	g_assert_cmpint(wav.length, ==, size - 44);
}

static void
test_mark(void)
{
	struct mp3mark mark = { .size = 123, .mtime = -456, .extension = "wav" };
	g_autofree char *text = mp3mark_text(&mark);
	static const guint8 tag[] = "ID3\x03\0\0\0\0\0\x42"
				    "TXXX\0\0\0\x0a\0\0\0celsync\0"
				    "1"
				    "TIT2\0\0\0\x02\0\0\0x"
				    "TXXX\0\0\0\x14\0\0\0celsync\0"
				    "123/456/gsm";

	g_assert_cmpstr(text, ==, "celsync=123/-456/wav");
	g_assert_true(mp3mark_find(tag, sizeof tag - 1, &mark));
	g_assert_cmpint(mark.size, ==, 123);
	g_assert_cmpint(mark.mtime, ==, 456);
	g_assert_cmpstr(mark.extension, ==, "gsm");
	for (gsize cut = 0; cut < sizeof tag - 1; cut++) {
		g_autofree guint8 *piece = g_memdup2(tag, cut);

		g_assert_false(mp3mark_find(piece, cut, &mark));
	}
	g_assert_false(mp3mark_find((const guint8 *)"ID3\x04\0\0\0\0\0\x10TXXX", 14, &mark));
}

/* Every recording of the capture: as long as its file says, and to the sample. */
static void
test_captures(void)
{
	struct place place;
	g_autofree char *day = g_build_filename(top, DAY, NULL);
	g_autoptr(GDir) list = g_dir_open(day, 0, NULL);
	const char *name;
	guint sounds = 0, headers = 0, open_ones = 0;

	g_assert_nonnull(list);
	place_init(&place);
	while ((name = g_dir_read_name(list))) {
		g_autofree char *path = g_build_filename(day, name, NULL);
		g_autofree char *contents = NULL;
		g_autoptr(GError) error = NULL;
		struct audio_info info;
		gsize size;

		g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
		write_file(&place, "in.wav", contents, size);
		g_assert_true(audio_probe(place.dir, "in.wav", &info, &error));
		g_assert_no_error(error);
		g_assert_cmpint(info.size, ==, size);
		if (!info.closed) {
			g_assert_true(strcmp(name, KILLED) == 0 || strcmp(name, KILLED_EMPTY) == 0);
			open_ones++;
		}
		if (size == 44) {
			g_assert_cmpint(info.frames, ==, 0);
			headers++;
			continue;
		}
		assert_encodes(&place, "in.wav", (gint64)(size - 44) / 2, 8000, 1);
		sounds++;
	}
	g_assert_cmpint(sounds, ==, 143);
	g_assert_cmpint(headers, ==, 59);
	g_assert_cmpint(open_ones, ==, 2);
	place_clear(&place);
}

/* What is heard is what was recorded: sample by sample, within what 32 kbit/s leaves of a tone. */
static void
test_sound(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree gint16 *pcm = NULL;
	gint64 duration;
	gsize n;
	double error_power = 0, power = 0;

	place_init(&place);
	write_wav16(&place, "in.wav", 2, 8000, 16000);
	g_assert_true(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, NULL, &duration, &error));
	pcm = mpg123(&place, "out.mp3", &n);
	if (!pcm) {
		g_test_skip("mpg123 is not installed");
		place_clear(&place);
		return;
	}
	g_assert_cmpint(n, ==, 32000);
	for (guint i = 1000; i < 15000; i++) {
		double wanted = tone(i, 8000), left = pcm[2 * i] / 32767.0,
		       right = pcm[2 * i + 1] / 32767.0;

		power += wanted * wanted;
		error_power += (left - wanted) * (left - wanted) + right * right;
	}
	g_assert_cmpfloat(error_power / power, <, 0.02);
	place_clear(&place);
}

static void
test_lengths(void)
{
	static const guint frames[] = { 23, 160, 575, 576, 1152, 8000, 8001, 80123 };
	static const struct {
		guint channels, rate;
	} shapes[] = { { 1, 8000 }, { 2, 8000 }, { 1, 16000 }, { 2, 16000 }, { 1, 44100 },
		{ 2, 48000 } };
	struct place place;

	place_init(&place);
	for (gsize s = 0; s < G_N_ELEMENTS(shapes); s++)
		for (gsize f = 0; f < G_N_ELEMENTS(frames); f++) {
			write_wav16(
			    &place, "in.wav", shapes[s].channels, shapes[s].rate, frames[f]);
			assert_encodes(&place, "in.wav", frames[f], (int)shapes[s].rate,
			    (int)shapes[s].channels);
		}
	place_clear(&place);
}

/* One frame of bare GSM is 33 bytes for 160 samples; in a RIFF, 65 bytes hold 320. */
static void
test_formats(void)
{
	static const struct {
		const char *name;
		guint tag, bits; /* 0: headerless */
		gsize bytes;
		gint64 frames;
		int rate;
	} cases[] = {
		{ "a.ulaw", 0, 0, 8000, 8000, 8000 },
		{ "a.alaw", 0, 0, 8000, 8000, 8000 },
		{ "a.sln", 0, 0, 16000, 8000, 8000 },
		{ "a.sln16", 0, 0, 32000, 16000, 16000 },
		{ "a.gsm", 0, 0, 3300, 16000, 8000 },
		{ "8.wav", WAV_PCM, 8, 8000, 8000, 8000 },
		{ "24.wav", WAV_PCM, 24, 24000, 8000, 8000 },
		{ "32.WAV", WAV_PCM, 32, 32000, 8000, 8000 },
		{ "float.wav", WAV_FLOAT, 32, 32000, 8000, 8000 },
		{ "ulaw.wav", WAV_ULAW, 8, 8000, 8000, 8000 },
		{ "alaw.wav", WAV_ALAW, 8, 8000, 8000, 8000 },
	};
	struct place place;

	place_init(&place);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const guint32 bytes = (guint32)cases[i].bytes;
		g_autoptr(GByteArray) file = cases[i].tag ? wav_header(cases[i].tag, 1, 8000,
								cases[i].bits, bytes + 36, bytes)
		                                          : g_byte_array_new();
		g_autofree guint8 *data = g_malloc0(bytes);

		if (g_str_has_suffix(cases[i].name, ".gsm"))
			for (gsize at = 0; at < bytes; at += 33)
				data[at] = 0xd0;
		g_byte_array_append(file, data, bytes);
		write_file(&place, cases[i].name, file->data, file->len);
		assert_encodes(&place, cases[i].name, cases[i].frames, cases[i].rate, 1);
	}
	place_clear(&place);
}

/* As Asterisk's format_wav_gsm leaves it: closed, and killed. */
static void
test_wav_gsm(void)
{
	enum {
		BLOCKS = 50
	};
	struct place place;
	guint8 header[WAV_GSM_HEADER];
	g_autofree guint8 *data = g_malloc0(BLOCKS * 65);

	place_init(&place);
	wav_gsm_header(header, 8000, BLOCKS * 65);
	for (int killed = 0; killed < 2; killed++) {
		g_autoptr(GByteArray) file = g_byte_array_new();
		struct audio_info info;

		if (killed) {
			memset(header + 4, 0, 4);
			memset(header + 48, 0, 4);
			memset(header + 56, 0, 4);
		}
		g_byte_array_append(file, header, sizeof header);
		g_byte_array_append(file, data, BLOCKS * 65);
		write_file(&place, "in.WAV", file->data, file->len);
		assert_encodes(&place, "in.WAV", BLOCKS * 320, 8000, 1);
		g_assert_true(audio_probe(place.dir, "in.WAV", &info, NULL));
		g_assert_cmpint(info.closed, ==, !killed);
	}
	place_clear(&place);
}

/* A sparse file of 5 GB: its header's sizes have wrapped, its length has not. */
static void
test_large(void)
{
	const gint64 size = G_GINT64_CONSTANT(5000000044);
	g_autoptr(GByteArray) head =
	    wav_header(WAV_PCM, 1, 8000, 16, (guint32)(size - 8), (guint32)(size - 44));
	struct place place;
	struct audio_info info;

	place_init(&place);
	write_file(&place, "in.wav", head->data, head->len);
	g_autofree char *path = g_build_filename(place.path, "in.wav", NULL);
	g_assert_cmpint(truncate(path, size), ==, 0);
	g_assert_true(audio_probe(place.dir, "in.wav", &info, NULL));
	g_assert_cmpint(info.frames, ==, (size - 44) / 2);
	g_assert_true(info.closed);
	place_clear(&place);
}

static void
assert_refused(
    const struct place *place, const char *name, enum audio_error code, const char *words)
{
	g_autoptr(GError) error = NULL, again = NULL;
	struct audio_info info;
	gint64 duration;

	if (code == AUDIO_ERROR_MISSING || words) {
		g_assert_false(audio_probe(place->dir, name, &info, &error));
		g_assert_error(error, AUDIO_ERROR, (int)code);
		if (words)
			g_assert_nonnull(strstr(error->message, words));
	}
	g_assert_false(audio_encode(place->dir, name, "out.mp3", 5, NULL, NULL, &duration, &again));
	g_assert_error(again, AUDIO_ERROR, (int)code);
	g_assert_false(exists(place, "out.mp3"));
	g_assert_false(exists(place, ".out.mp3.celsync-tmp"));
}

static void
test_broken(void)
{
	struct place place;
	struct audio_info info;
	g_autofree guint8 *noise = g_malloc(5000);

	place_init(&place);
	for (int i = 0; i < 5000; i++)
		noise[i] = (guint8)(i * 7919 >> 3);
	write_wav16(&place, "good.wav", 1, 8000, 8000);
	write_file(&place, "noise.wav", noise, 5000);
	write_file(&place, "noise.mp3", noise, 5000);
	write_file(&place, "a.g722", noise, 5000);
	write_file(&place, "a.g729", noise, 5000);
	write_file(&place, "empty.wav", "", 0);
	write_file(
	    &place, "riff.wav", "RIFF\0\0\0\0WAVEfmt \4\0\0\0abcdabcdabcdabcdabcdabcdabcd", 48);
	g_autoptr(GByteArray) many = wav_header(WAV_PCM, 6, 8000, 16, 36 + 1200, 1200);
	g_byte_array_append(many, noise, 1200);
	write_file(&place, "six.wav", many->data, many->len);
	g_autoptr(GByteArray) fast = wav_header(WAV_PCM, 1, 0x7fffffff, 16, 36 + 1200, 1200);
	g_byte_array_append(fast, noise, 1200);
	write_file(&place, "fast.wav", fast->data, fast->len);
	g_assert_cmpint(mkdirat(place.dir, "folder.wav", 0755), ==, 0);
	g_assert_cmpint(mkfifoat(place.dir, "fifo.wav", 0644), ==, 0);
	g_assert_cmpint(symlinkat("good.wav", place.dir, "link.wav"), ==, 0);
	g_assert_cmpint(symlinkat("folder.wav", place.dir, "linked"), ==, 0);

	assert_refused(&place, "none.wav", AUDIO_ERROR_MISSING, NULL);
	assert_refused(&place, "none/none.wav", AUDIO_ERROR_MISSING, NULL);
	assert_refused(&place, "good.wav/x.wav", AUDIO_ERROR_MISSING, NULL);
	assert_refused(&place, "empty.wav", AUDIO_ERROR_UNREADABLE, NULL);
	assert_refused(&place, "noise.wav", AUDIO_ERROR_UNREADABLE, "not audio");
	assert_refused(&place, "riff.wav", AUDIO_ERROR_UNREADABLE, "RIFF header");
	assert_refused(&place, "six.wav", AUDIO_ERROR_UNREADABLE, "6 channels");
	assert_refused(&place, "fast.wav", AUDIO_ERROR_UNREADABLE, "2147483647 Hz");
	assert_refused(&place, "a.g722", AUDIO_ERROR_UNREADABLE, "g722");
	assert_refused(&place, "a.g729", AUDIO_ERROR_UNREADABLE, "g729");
	assert_refused(&place, "folder.wav", AUDIO_ERROR_UNREADABLE, "regular file");
	assert_refused(&place, "fifo.wav", AUDIO_ERROR_UNREADABLE, "regular file");
	/* A device: only root can make one. */
	if (mknodat(place.dir, "zero.wav", S_IFCHR | 0644, makedev(1, 5)) == 0)
		assert_refused(&place, "zero.wav", AUDIO_ERROR_UNREADABLE, "regular file");
	assert_refused(&place, "link.wav", AUDIO_ERROR_UNREADABLE, "Symbolic links");
	assert_refused(&place, "linked/x.wav", AUDIO_ERROR_UNREADABLE, "Symbolic links");
	assert_refused(&place, "folder.wav/../good.wav/../../x.wav", AUDIO_ERROR_MISSING, NULL);
	assert_refused(&place, "../x.wav", AUDIO_ERROR_UNREADABLE, "cannot be opened");
	assert_refused(&place, "/etc/passwd", AUDIO_ERROR_UNREADABLE, "cannot be opened");

	/* Empty is no error to look at, and an unreadable file still tells its size. */
	g_assert_true(audio_probe(place.dir, "empty.wav", &info, NULL));
	g_assert_cmpint(info.frames, ==, 0);
	g_assert_false(info.closed);
	g_assert_false(audio_probe(place.dir, "noise.wav", &info, NULL));
	g_assert_cmpint(info.size, ==, 5000);
	g_assert_cmpint(info.mtime, >, 0);

	gint64 duration;
	g_autoptr(GError) error = NULL;
	g_assert_false(audio_check_mp3(place.dir, "noise.mp3", &duration, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE);
	g_clear_error(&error);
	/* A WAV is not an MP3, whatever it is called. */
	g_assert_false(audio_check_mp3(place.dir, "good.wav", &duration, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE);
	place_clear(&place);
}

static gboolean
contains(const char *data, gsize n, const void *part, gsize length)
{
	return memmem(data, n, part, length) != NULL;
}

static void
test_tags(void)
{
	static const struct audio_tags tags = { .title = "101 – Иванов \"Ы\"",
		.artist = "79161234567",
		.album = "celsync",
		.comment = "вызов 1795397150.0",
		.recorded = G_GINT64_CONSTANT(1795397150000000) };
	struct place place;
	struct stat wav, mp3;
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL;
	g_autofree gunichar2 *title = g_utf8_to_utf16(tags.title, -1, NULL, NULL, NULL);
	g_autofree gunichar2 *comment = g_utf8_to_utf16(tags.comment, -1, NULL, NULL, NULL);
	struct mp3mark mark;
	gint64 duration;
	gsize n;

	place_init(&place);
	write_wav16(&place, "in.wav", 1, 8000, 8000);
	g_assert_cmpint(fchmodat(place.dir, "in.wav", 0640, 0), ==, 0);
	g_assert_true(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, &tags, NULL, &duration, &error));
	g_assert_no_error(error);
	g_autofree char *path = g_build_filename(place.path, "out.mp3", NULL);
	g_assert_true(g_file_get_contents(path, &data, &n, NULL));
	g_assert_true(contains(data, n, title, 2 * (gsize)g_utf8_strlen(tags.title, -1)));
	g_assert_true(contains(data, n, comment, 2 * (gsize)g_utf8_strlen(tags.comment, -1)));
	g_assert_true(contains(data, n, "79161234567", 11));
	g_assert_true(contains(data, n, "TYER", 4));
	g_assert_true(contains(data, n, "2026", 4));
	g_assert_true(contains(data, n, "TDAT", 4));

	/* The mark names the source as it was, and the MP3 is for the same eyes. */
	g_assert_cmpint(fstatat(place.dir, "in.wav", &wav, 0), ==, 0);
	g_assert_cmpint(fstatat(place.dir, "out.mp3", &mp3, 0), ==, 0);
	g_assert_true(audio_made_from(place.dir, "out.mp3", &mark));
	g_assert_cmpint(mark.size, ==, wav.st_size);
	g_assert_cmpint(
	    mark.mtime, ==, (gint64)wav.st_mtim.tv_sec * 1000000 + wav.st_mtim.tv_nsec / 1000);
	g_assert_cmpstr(mark.extension, ==, "wav");
	g_assert_cmpint(mp3.st_mode & 07777, ==, 0640);
	g_assert_false(audio_made_from(place.dir, "in.wav", &mark));
	g_assert_false(audio_made_from(place.dir, "none.mp3", &mark));

	/* A tag of any length does not disturb the sound behind it. */
	g_autofree char *long_text = g_strnfill(40000, 'x');
	const struct audio_tags longer = { .comment = long_text };
	g_assert_true(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, &longer, NULL, &duration, &error));
	g_assert_cmpint(duration, ==, 1000);
	place_clear(&place);
}

/* Nothing is left of a run that was stopped or found no room; what was there before stays. */
static void
test_interrupted(void)
{
	struct place place;
	struct rlimit limit, old;
	g_autoptr(GError) error = NULL;
	volatile gint cancel = 1;
	gint64 duration, before, after;

	place_init(&place);
	write_wav16(&place, "in.wav", 1, 8000, 80000);
	g_assert_true(audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, NULL, &before, &error));
	g_assert_false(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, &cancel, &duration, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_CANCELLED);
	g_clear_error(&error);
	g_assert_cmpint(count_files(&place), ==, 2);

	/* A limit on the file's size does to us what a full disk does. */
	signal(SIGXFSZ, SIG_IGN);
	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &old), ==, 0);
	limit = old;
	limit.rlim_cur = 10000;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	g_assert_false(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, NULL, &duration, &error));
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE);
	g_clear_error(&error);
	g_assert_cmpint(count_files(&place), ==, 2);
	g_assert_true(audio_check_mp3(place.dir, "out.mp3", &after, &error));
	g_assert_cmpint(after, ==, before);

	g_assert_false(
	    audio_encode(place.dir, "in.wav", "none/out.mp3", 5, NULL, NULL, &duration, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE);
	place_clear(&place);
}

static void
test_leftovers(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	gint64 duration;
	const gint64 now = g_get_real_time(), hour = G_GINT64_CONSTANT(3600000000);

	place_init(&place);
	write_wav16(&place, "in.wav", 1, 8000, 8000);
	/* A killed run's half is taken over. */
	write_file(&place, ".out.mp3.celsync-tmp", "half", 4);
	g_assert_true(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, NULL, &duration, &error));
	g_assert_no_error(error);
	g_assert_cmpint(count_files(&place), ==, 2);

	/* A living run's is not. */
	int rival = openat(place.dir, ".out.mp3.celsync-tmp", O_RDWR | O_CREAT, 0600);
	g_assert_cmpint(flock(rival, LOCK_EX), ==, 0);
	g_assert_false(
	    audio_encode(place.dir, "in.wav", "out.mp3", 5, NULL, NULL, &duration, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE);
	g_assert_nonnull(strstr(error->message, "another run"));
	g_assert_true(exists(&place, ".out.mp3.celsync-tmp"));
	close(rival);

	/* Swept once they are old; nothing else is. */
	write_file(&place, ".other.mp3", "x", 1);
	audio_sweep(place.dir, ".", now);
	g_assert_true(exists(&place, ".out.mp3.celsync-tmp"));
	audio_sweep(place.dir, ".", now + 2 * hour);
	g_assert_false(exists(&place, ".out.mp3.celsync-tmp"));
	g_assert_cmpint(count_files(&place), ==, 3);
	audio_sweep(place.dir, "none", now);
	place_clear(&place);
}

/* The kernel tells whether anybody has the file open for writing: this process or another. */
static void
test_writing(void)
{
	struct place place;
	struct audio_info info;
	int ends[2], status;
	char byte;

	place_init(&place);
	write_wav16(&place, "in.wav", 1, 8000, 8000);
	g_assert_true(audio_probe(place.dir, "in.wav", &info, NULL));
	g_assert_false(info.writing);
	g_assert_cmpint(pipe(ends), ==, 0);
	const pid_t child = fork();
	if (child == 0) {
		int fd = openat(place.dir, "in.wav", O_WRONLY | O_APPEND);
		_exit(fd >= 0 && write(ends[1], "x", 1) == 1 && pause() == -1 ? 0 : 1);
	}
	g_assert_cmpint(read(ends[0], &byte, 1), ==, 1);
	g_assert_true(audio_probe(place.dir, "in.wav", &info, NULL));
	g_assert_true(info.writing);
	kill(child, SIGKILL);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(audio_probe(place.dir, "in.wav", &info, NULL));
	g_assert_false(info.writing);
	close(ends[0]);
	close(ends[1]);
	place_clear(&place);
}

/* Peak memory of this process, KiB. */
static long
peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/*
 * Six hours, sparse. A child of its own for each length tells its peak: a long file takes no more memory than a
 * short one, but for what differs from run to run.
 */
static void
test_six_hours(void)
{
	static const guint32 seconds[] = { 10, 6 * 3600 };
	struct place place;
	long peaks[2];

	place_init(&place);
	for (int i = 0; i < 2; i++) {
		const guint32 data = seconds[i] * 16000;
		g_autoptr(GByteArray) head = wav_header(WAV_PCM, 1, 8000, 16, data + 36, data);
		g_autofree char *path = g_build_filename(place.path, "in.wav", NULL);
		int ends[2], status;

		write_file(&place, "in.wav", head->data, head->len);
		g_assert_cmpint(truncate(path, 44 + (gint64)data), ==, 0);
		g_assert_cmpint(pipe(ends), ==, 0);
		const pid_t child = fork();
		if (child == 0) {
			gint64 duration = 0;
			const gboolean ok = audio_encode(
			    place.dir, "in.wav", "out.mp3", 9, NULL, NULL, &duration, NULL);
			const long kib = peak();

			_exit(ok && duration == seconds[i] * 1000 &&
				      write(ends[1], &kib, sizeof kib) == sizeof kib
				  ? 0
				  : 1);
		}
		g_assert_cmpint(waitpid(child, &status, 0), ==, child);
		g_assert_cmpint(status, ==, 0);
		g_assert_cmpint(read(ends[0], &peaks[i], sizeof *peaks), ==, sizeof *peaks);
		close(ends[0]);
		close(ends[1]);
	}
	g_assert_cmpint(peaks[1], <, peaks[0] + 4096);
	place_clear(&place);
}

/* Several at once, each with its own file and all with one: every MP3 whole, none half. */
static gpointer
encode_thread(gpointer data)
{
	const struct place *place = data;
	g_autofree char *own = g_strdup_printf("own-%p.mp3", (void *)g_thread_self());
	g_autoptr(GError) error = NULL;
	gint64 duration;

	g_assert_true(audio_encode(place->dir, "in.wav", own, 5, NULL, NULL, &duration, &error));
	g_assert_cmpint(duration, ==, 10000);
	if (!audio_encode(place->dir, "in.wav", "shared.mp3", 5, NULL, NULL, &duration, &error))
		g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE);
	return NULL;
}

static void
test_threads(void)
{
	enum {
		THREADS = 8
	};
	struct place place;
	GThread *threads[THREADS];
	gint64 duration;

	place_init(&place);
	write_wav16(&place, "in.wav", 1, 8000, 80000);
	for (int i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("encode", encode_thread, &place);
	for (int i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	g_assert_true(audio_check_mp3(place.dir, "shared.mp3", &duration, NULL));
	g_assert_cmpint(duration, ==, 10000);
	g_assert_cmpint(count_files(&place), ==, 1 + THREADS + 1);
	place_clear(&place);
}

int
main(int argc, char **argv)
{
	const char *given = g_getenv("CELSYNC_TOP");
	int result;

	g_test_init(&argc, &argv, NULL);
	top = g_strdup(given ? given : ".");
	g_test_add_func("/audio/wav-parse", test_wav_parse);
	g_test_add_func("/audio/mark", test_mark);
	g_test_add_func("/audio/captures", test_captures);
	g_test_add_func("/audio/sound", test_sound);
	g_test_add_func("/audio/lengths", test_lengths);
	g_test_add_func("/audio/formats", test_formats);
	g_test_add_func("/audio/wav-gsm", test_wav_gsm);
	g_test_add_func("/audio/large", test_large);
	g_test_add_func("/audio/broken", test_broken);
	g_test_add_func("/audio/tags", test_tags);
	g_test_add_func("/audio/interrupted", test_interrupted);
	g_test_add_func("/audio/leftovers", test_leftovers);
	g_test_add_func("/audio/writing", test_writing);
	g_test_add_func("/audio/six-hours", test_six_hours);
	g_test_add_func("/audio/threads", test_threads);
	result = g_test_run();
	g_free(top);
	return result;
}
