/*
 * Writes cel and cdr rows of a year's calls: as many as asked for, the same for the same seed.
 *
 *   generate --rows N [--seed S] [--capture DIR] [--mix FILE] DIR
 *
 * DIR/cel.tsv and DIR/cdr.tsv are for LOAD DATA (scene.h says how they are written). Prints how many calls of each direction and result
 * there are, in the words of `celsync calls --summary`. Memory is that of the calls that are going on at one moment.
 */
#include "tests/bench/scene.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2025-01-01 00:00:00 UTC. */
#define YEAR_BEGINS G_GINT64_CONSTANT(1735689600)
#define YEAR_HOURS (365 * 24)

/* A call that is going on. */
struct play {
	const struct scene *scene;
	gint64 base, pause;  /* epoch of its first row; how much longer its pause is, seconds */
	guint64 order, next; /* among calls of one second; its next row of cel */
	guint64 number[SCENE_SLOTS], bridge[SCENE_SLOTS][2], phone[SCENE_SLOTS];
	guint pjsip[SCENE_SLOTS], local[SCENE_SLOTS];
	char tens; /* of its extensions */
};

struct generator {
	GPtrArray *scenes;
	guint weights;
	guint64 random;
	double hours[YEAR_HOURS + 1]; /* share of the year's calls up to that hour */
	GPtrArray *going;             /* struct play: a heap, next row first */
	FILE *cel, *cdr;
	gint64 id;
	guint64 channels, sequence, plays, cdr_rows;
	guint pjsip, local;
	guint64 calls[CALLS_DIRECTIONS][CALLS_RESULTS];
};

/* SplitMix64 (Steele, Lea, Flood 2014): the same everywhere. */
static guint64
draw(struct generator *g)
{
	guint64 z = g->random += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static double
draw_unit(struct generator *g)
{
	return (double)(draw(g) >> 11) / (double)(G_GUINT64_CONSTANT(1) << 53);
}

static double
draw_exponential(struct generator *g, double mean)
{
	return -mean * log(1 - draw_unit(g));
}

/* Time. */

/* Office hours of Moscow, quieter at noon; little on Saturday, less on Sunday. */
static void
fill_hours(struct generator *g)
{
	static const double of_day[24] = { .02, .02, .02, .02, .1, .4, .9, 1, 1, .7, .9, 1, 1, .9,
		.7, .3, .15, .1, .06, .04, .03, .02, .02, .02 };
	double total = 0;
	for (int hour = 0; hour < YEAR_HOURS; hour++) {
		const int weekday = (hour / 24 + 2) % 7; /* the year began on a Wednesday */
		const double day = weekday == 5 ? .3 : weekday == 6 ? .15 : 1;
		g->hours[hour] = total;
		total += day * of_day[hour % 24];
	}
	g->hours[YEAR_HOURS] = total;
	for (int hour = 0; hour <= YEAR_HOURS; hour++)
		g->hours[hour] /= total;
}

/* The second at which this share of the year's calls has begun; the next year goes on in the same way. `hour` goes along. */
static gint64
time_of_share(const struct generator *g, double share, int *hour)
{
	const int year = (int)share;
	const double rest = share - year;
	if (*hour / YEAR_HOURS != year)
		*hour = year * YEAR_HOURS;
	while (*hour % YEAR_HOURS < YEAR_HOURS - 1 && g->hours[*hour % YEAR_HOURS + 1] <= rest)
		(*hour)++;
	const double *at = &g->hours[*hour % YEAR_HOURS];
	return YEAR_BEGINS + *hour * 3600 + (gint64)((rest - at[0]) / (at[1] - at[0]) * 3600);
}

static gint64
time_at(const struct play *play, gint64 at)
{
	return play->base + at + (at > play->scene->pause ? play->pause : 0);
}

/* The calendar, kept for the day before: gmtime would be most of the work. */
static void
write_time(FILE *file, gint64 epoch, const char *format)
{
	static _Thread_local gint64 day = -1;
	static _Thread_local int year, month, date;
	if (epoch / 86400 != day) {
		g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(epoch);
		day = epoch / 86400;
		g_date_time_get_ymd(time, &year, &month, &date);
	}
	const int second = (int)(epoch % 86400);
	switch (*format) {
	case 'd': fprintf(file, "%04d/%02d/%02d", year, month, date); break;
	case 's':
		fprintf(file, "%04d%02d%02d-%02d%02d%02d", year, month, date, second / 3600,
		    second / 60 % 60, second % 60);
		break;
	default:
		fprintf(file, "%04d-%02d-%02d %02d:%02d:%02d", year, month, date, second / 3600,
		    second / 60 % 60, second % 60);
	}
}

/* The calls that go on, by their next row. */

static gint64
next_time(const struct play *play)
{
	return time_at(play, g_array_index(play->scene->cel, struct line, play->next).at);
}

static gboolean
is_before(const struct play *a, const struct play *b)
{
	const gint64 at_a = next_time(a), at_b = next_time(b);
	return at_a != at_b ? at_a < at_b : a->order < b->order;
}

static void
swap(GPtrArray *heap, guint a, guint b)
{
	gpointer kept = heap->pdata[a];
	heap->pdata[a] = heap->pdata[b];
	heap->pdata[b] = kept;
}

static void
heap_add(GPtrArray *heap, struct play *play)
{
	g_ptr_array_add(heap, play);
	for (guint i = heap->len - 1; i > 0 && is_before(heap->pdata[i], heap->pdata[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(heap, i, (i - 1) / 2);
}

/* Its first one has another next row now. */
static void
heap_sink(GPtrArray *heap)
{
	for (guint i = 0;;) {
		guint first = i;
		for (guint child = 2 * i + 1; child <= 2 * i + 2 && child < heap->len; child++) {
			if (is_before(heap->pdata[child], heap->pdata[first]))
				first = child;
		}
		if (first == i)
			return;
		swap(heap, i, first);
		i = first;
	}
}

/* Rows. */

static void
write_slot(struct generator *g, FILE *file, struct play *play, const struct piece *piece)
{
	const guint slot = piece->slot;
	switch (piece->slot_kind) {
	case SLOT_UNIQUEID:
		/* Asterisk counts channels in the order in which they begin. */
		if (play->number[slot] == 0)
			play->number[slot] = ++g->channels;
		fprintf(file, "%" G_GINT64_FORMAT ".%" G_GUINT64_FORMAT,
		    time_at(play, play->scene->epoch[slot]), play->number[slot]);
		break;
	case SLOT_PJSIP:
		if (play->pjsip[slot] == 0)
			play->pjsip[slot] = ++g->pjsip;
		fprintf(file, "%08x", play->pjsip[slot]);
		break;
	case SLOT_LOCAL:
		if (play->local[slot] == 0)
			play->local[slot] = ++g->local;
		fprintf(file, "%08x", play->local[slot]);
		break;
	case SLOT_BRIDGE: {
		guint64 *id = play->bridge[slot];
		if (id[0] == 0) {
			id[0] = draw(g);
			id[1] = draw(g);
		}
		fprintf(file, "%08x-%04x-%04x-%04x-%012" G_GINT64_MODIFIER "x",
		    (guint)(id[0] >> 32), (guint)(id[0] >> 16) & 0xffff, (guint)id[0] & 0xffff,
		    (guint)(id[1] >> 48), id[1] & G_GUINT64_CONSTANT(0xffffffffffff));
		break;
	}
	case SLOT_NUMBER:
		/* 90…: nobody's in the Russian numbering plan. */
		if (play->phone[slot] == 0)
			play->phone[slot] = G_GUINT64_CONSTANT(9000000000) + draw(g) % 100000000;
		fprintf(file, "%" G_GUINT64_FORMAT, play->phone[slot]);
		break;
	case SLOT_KINDS: g_assert_not_reached();
	}
}

static void
write_line(struct generator *g, FILE *file, struct play *play, const struct line *line)
{
	for (guint i = 0; i < line->pieces->len; i++) {
		const struct piece *piece = &g_array_index(line->pieces, struct piece, i);
		switch (piece->kind) {
		case PIECE_TEXT: fwrite(piece->text, 1, piece->length, file); break;
		case PIECE_SLOT: write_slot(g, file, play, piece); break;
		case PIECE_EXTENSION: fprintf(file, "1%c%s", play->tens, piece->text); break;
		case PIECE_TIME: write_time(file, time_at(play, piece->at), "time"); break;
		case PIECE_STAMP: write_time(file, time_at(play, piece->at), "stamp"); break;
		case PIECE_DAY: write_time(file, play->base, "day"); break;
		case PIECE_SECONDS:
			fprintf(file, "%" G_GINT64_FORMAT,
			    time_at(play, piece->to) - time_at(play, piece->at));
			break;
		case PIECE_SEQUENCE: fprintf(file, "%" G_GUINT64_FORMAT, g->sequence++); break;
		}
	}
}

/* Writes the rows that come before `until`. */
static void
write_until(struct generator *g, gint64 until)
{
	GPtrArray *heap = g->going;
	while (heap->len > 0 && next_time(heap->pdata[0]) < until) {
		struct play *play = heap->pdata[0];
		const struct scene *scene = play->scene;
		fprintf(g->cel, "%" G_GINT64_FORMAT "\t", ++g->id);
		write_line(g, g->cel, play, &g_array_index(scene->cel, struct line, play->next));
		if (++play->next == scene->cel->len) {
			for (guint i = 0; i < scene->cdr->len; i++, g->cdr_rows++)
				write_line(
				    g, g->cdr, play, &g_array_index(scene->cdr, struct line, i));
			swap(heap, 0, heap->len - 1);
			g_ptr_array_set_size(heap, (int)heap->len - 1);
			g_free(play);
		}
		heap_sink(heap);
	}
}

static const struct scene *
draw_scene(struct generator *g)
{
	guint at = (guint)(draw(g) % g->weights);
	for (guint i = 0;; i++) {
		const struct scene *scene = g->scenes->pdata[i];
		if (at < scene->weight)
			return scene;
		at -= scene->weight;
	}
}

/* Returns how many rows of cel it will have. */
static guint
begin_call(struct generator *g, gint64 base)
{
	struct play *play = g_new0(struct play, 1);
	play->scene = draw_scene(g);
	play->base = base;
	play->order = g->plays++;
	/* Two minutes of talk on average; somebody who is not answered waits a little. */
	play->pause = play->scene->bridged ? (gint64)MIN(draw_exponential(g, 120), 5400)
	                                   : (gint64)(draw(g) % 12);
	play->tens = (char)('0' + draw(g) % 10);
	for (guint d = 0; d < CALLS_DIRECTIONS; d++) {
		for (guint r = 0; r < CALLS_RESULTS; r++)
			g->calls[d][r] += play->scene->calls[d][r];
	}
	heap_add(g->going, play);
	return play->scene->cel->len;
}

static void
run(struct generator *g, guint64 rows)
{
	double per_call = 0;
	for (guint i = 0; i < g->scenes->len; i++) {
		const struct scene *scene = g->scenes->pdata[i];
		g->weights += scene->weight;
		per_call += scene->weight * (double)scene->cel->len;
	}
	per_call /= g->weights;
	const double step = per_call / (double)rows;
	double share = 0;
	int hour = 0;
	for (guint64 written = 0; written < rows;) {
		share += draw_exponential(g, step);
		const gint64 base = time_of_share(g, share, &hour);
		write_until(g, base);
		written += begin_call(g, base);
	}
	write_until(g, G_MAXINT64);
}

static void
print_calls(const struct generator *g)
{
	guint64 direction[CALLS_DIRECTIONS] = { 0 }, result[CALLS_RESULTS] = { 0 }, total = 0;
	for (guint d = 0; d < CALLS_DIRECTIONS; d++) {
		for (guint r = 0; r < CALLS_RESULTS; r++) {
			direction[d] += g->calls[d][r];
			result[r] += g->calls[d][r];
			total += g->calls[d][r];
		}
	}
	printf("%" G_GUINT64_FORMAT " calls: ", total);
	for (guint d = 0; d < CALLS_DIRECTIONS; d++)
		printf("%s%" G_GUINT64_FORMAT " %s", d > 0 ? ", " : "", direction[d],
		    scene_directions[d]);
	for (guint r = 0; r < CALLS_RESULTS; r++)
		printf(
		    "%s%" G_GUINT64_FORMAT " %s", r > 0 ? ", " : "; ", result[r], scene_results[r]);
	printf("\n");
	fprintf(stderr,
	    "%" G_GINT64_FORMAT " rows of cel, %" G_GUINT64_FORMAT " of cdr, %" G_GUINT64_FORMAT
	    " channels\n",
	    g->id, g->cdr_rows, g->channels);
}

static FILE *
create(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	FILE *file = fopen(path, "we");
	if (file == NULL) {
		g_printerr("generate: %s cannot be written: %s\n", path, g_strerror(errno));
		exit(1);
	}
	return file;
}

int
main(int argc, char **argv)
{
	gint64 rows = 130000, seed = 1;
	g_autofree char *capture = NULL, *mix = NULL;
	g_auto(GStrv) rest = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {
		{ "rows", 0, 0, G_OPTION_ARG_INT64, &rows, "At least so many rows of cel", "N" },
		{ "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Another one makes other calls", "S" },
		{ "capture", 0, 0, G_OPTION_ARG_FILENAME, &capture, "cel.sql and cdr.sql", "DIR" },
		{ "mix", 0, 0, G_OPTION_ARG_FILENAME, &mix, "Which calls, how often", "FILE" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "DIR" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	setlocale(LC_ALL, "C");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || rest == NULL ||
	    g_strv_length(rest) != 1 || rows < 1) {
		g_printerr("generate: %s\n", error != NULL ? error->message : "wants --rows N DIR");
		return 64;
	}
	/* It lives as long as the program. */
	static struct generator generator;
	struct generator *g = &generator;
	g->scenes = scenes_load(mix != NULL ? mix : "tests/bench/mix",
	    capture != NULL ? capture : "tests/captures/ast22");
	g->random = (guint64)seed;
	g->going = g_ptr_array_new();
	g->cel = create(rest[0], "cel.tsv");
	g->cdr = create(rest[0], "cdr.tsv");
	fill_hours(g);
	run(g, (guint64)rows);
	if (fclose(g->cel) != 0 || fclose(g->cdr) != 0) {
		g_printerr("generate: %s cannot be written: %s\n", rest[0], g_strerror(errno));
		return 1;
	}
	print_calls(g);
	g_ptr_array_free(g->going, TRUE);
	return 0;
}
