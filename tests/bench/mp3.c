/*
 * Recordings to MP3 as the program does it, on as many cores as told, without the store around it; and recordings to do it with.
 *
 *   mp3 --make N --seconds S DIR     writes DIR/0000.wav …: 8 kHz, 16 bit, the rhythm and spectrum of speech
 *   mp3 [--quality Q] [--threads T] DIR
 */
#include "sync/audio.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE 8000
#define PI 3.14159265358979323846

struct work {
	int dir, quality;
	gint failed;
};

static double
noise(guint64 *state)
{
	*state = *state * G_GUINT64_CONSTANT(6364136223846793005) + 1442695040888963407;
	return (double)(gint32)(*state >> 32) / 2147483648.0;
}

/* Syllables of voice and hiss with gaps between them, and a pause while the other one speaks. */
static void
fill_speech(gint16 *samples, gsize n, guint64 seed)
{
	guint64 state = seed * 2 + 1;
	double phase = 0, pitch = 120, formant = 600, voiced = 1, low = 0;
	for (gsize i = 0; i < n; i++) {
		const gsize syllable = i % (RATE / 4);
		if (syllable == 0) {
			pitch = 110 + 60 * fabs(noise(&state));
			formant = 400 + 1200 * fabs(noise(&state));
			voiced = noise(&state) > -0.5;
		}
		const double at = (double)syllable / (RATE / 4);
		const double loud =
		    i / (RATE * 4) % 2 == 1 || at > 0.8 ? 0.003 : sin(PI * at / 0.8);
		phase += pitch / RATE;
		phase -= floor(phase);
		const double pulse =
		    exp(-phase * RATE / pitch / 12) * sin(2 * PI * formant * phase / pitch);
		low += 0.3 * (noise(&state) - low);
		samples[i] = (gint16)(9000 * loud * (voiced > 0 ? pulse + 0.05 * low : low));
	}
}

static void
put_number(guint8 *at, guint32 value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		at[i] = (guint8)(value >> (8 * i));
}

static void
make_file(const char *folder, int number, int seconds)
{
	const gsize n = (gsize)RATE * (gsize)seconds, bytes = 44 + n * 2;
	g_autofree guint8 *file = g_malloc0(bytes);
	g_autofree char *path = g_strdup_printf("%s/%04d.wav", folder, number);
	g_autoptr(GError) error = NULL;
	memcpy(file, "RIFF....WAVEfmt ", 16);
	put_number(file + 4, (guint32)bytes - 8, 4);
	put_number(file + 16, 16, 4);
	put_number(file + 20, 1, 2);
	put_number(file + 22, 1, 2);
	put_number(file + 24, RATE, 4);
	put_number(file + 28, RATE * 2, 4);
	put_number(file + 32, 2, 2);
	put_number(file + 34, 16, 2);
	memcpy(file + 36, "data", 4);
	put_number(file + 40, (guint32)n * 2, 4);
	g_autofree gint16 *samples = g_new(gint16, n);
	fill_speech(samples, n, (guint64)number);
	for (gsize i = 0; i < n; i++)
		put_number(file + 44 + 2 * i, (guint16)samples[i], 2);
	if (!g_file_set_contents(path, (char *)file, (gssize)bytes, &error)) {
		fprintf(stderr, "mp3: %s\n", error->message);
		exit(1);
	}
}

static void
encode(gpointer data, gpointer user)
{
	struct work *work = user;
	g_autofree char *source = data;
	g_autofree char *target = g_strdup_printf("%.*s.mp3", (int)strlen(source) - 4, source);
	const struct audio_tags tags = { 0 };
	g_autoptr(GError) error = NULL;
	gint64 ms;
	if (!audio_encode(work->dir, source, target, work->quality, &tags, NULL, &ms, &error)) {
		fprintf(stderr, "mp3: %s: %s\n", source, error->message);
		g_atomic_int_set(&work->failed, 1);
	}
}

static int
encode_all(const char *folder, int quality, int threads)
{
	struct work work = { .dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.quality = quality };
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) list = g_dir_open(folder, 0, &error);
	if (list == NULL || work.dir < 0) {
		fprintf(stderr, "mp3: %s cannot be read\n", folder);
		return 1;
	}
	GThreadPool *pool = g_thread_pool_new(encode, &work, threads, TRUE, NULL);
	const char *name;
	while ((name = g_dir_read_name(list)) != NULL) {
		if (g_str_has_suffix(name, ".wav"))
			g_thread_pool_push(pool, g_strdup(name), NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
	close(work.dir);
	return work.failed;
}

int
main(int argc, char **argv)
{
	int make = 0, seconds = 60, quality = 7, threads = (int)g_get_num_processors();
	g_auto(GStrv) rest = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {
		{ "make", 0, 0, G_OPTION_ARG_INT, &make, "Write so many recordings", "N" },
		{ "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Of this length", "S" },
		{ "quality", 0, 0, G_OPTION_ARG_INT, &quality, "As libmp3lame counts", "Q" },
		{ "threads", 0, 0, G_OPTION_ARG_INT, &threads, "At once", "T" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "DIR" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || rest == NULL ||
	    g_strv_length(rest) != 1) {
		fprintf(stderr, "mp3: %s\n", error != NULL ? error->message : "wants a folder");
		return 64;
	}
	for (int i = 0; i < make; i++)
		make_file(rest[0], i, seconds);
	return make > 0 ? 0 : encode_all(rest[0], quality, threads);
}
