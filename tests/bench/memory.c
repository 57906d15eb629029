/*
 * Rows already in memory -> calls, one thread: the program's own share of the work, without a database.
 *
 *   memory [--rounds N] DIR
 *
 * DIR is what `generate` wrote. The rows lie in memory one behind the other, each as libmariadb would hand it on: an array of strings, one of
 * lengths, and the columns asked for. From there on everything is the program's: source.c reads them, rebuild.c drives, groups, timelines and calls are made. Which CDR rows answer
 * which question is looked up in a round before the first, and only handed on in those that count: to find rows is the
 * database's work.
 *
 * The yardstick is a number that was taken elsewhere, not a program that runs in turn. So between two questions, every 128 calls, a loop
 * is timed that always takes as long: where it took a tenth longer than at its best, somebody else was in the other half of the core.
 * What was done beside it does not count, nor does a round of which more than half does not.
 *
 * Prints the calls in the words of `celsync calls --summary`, and on stderr the calls and rows per second of each round that counts.
 */
#include "poller/idmap.h"
#include "poller/source_driver.h"
#include "sync/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* Where the dumps have what source_driver.h wants, in its order. */
static const guint8 cel_from[CEL_COLUMNS] = { 0, 1, 2, 15, 16, 10, 3, 4, 8, 11, 12, 17, 18, 19 };
static const guint8 cdr_from[CDR_COLUMNS] = { 14, 0, 23, 25, 9, 10, 2, 3, 5, 6, 8, 11, 16, 17 };
#define DUMP_COLUMNS_MAX 32

/* Rows, one behind the other: what libmariadb points to, and then itself. */
struct rows {
	char *bytes, *end;
	gsize size;                   /* of the room there is */
	struct source_fields *fields; /* of each */
	gsize n;
};

struct tally {
	guint64 total, direction[3], result[3];
};

/* What is done between two questions. */
struct block {
	guint64 calls; /* while it is under way: told before it */
	double took;   /* seconds; while it is under way: when it began */
	double loop;   /* of the two loops beside it the slower; while it is under way: the first */
};

struct memory {
	struct source base;
	struct rows cel, cdr, answers; /* answers: of all questions, in the order they are asked */
	gsize at;                      /* of the scan */
	struct idmap by_uniqueid;      /* -> index of its first row in cdr + 1; the others follow */
	gboolean learning;
	GArray *questions; /* struct question, in the order they are asked */
	gsize asked;       /* questions so far */
	gsize row, end;    /* of the answer under way */
	const struct tally *tally;
	GArray *blocks; /* struct block, of all rounds, one behind the other */
	struct block block;
};

struct question {
	char *first; /* the first id; owned */
	gsize n;     /* ids */
	gsize end;   /* where its rows end in answers */
};

/* Reading. */

#define ROUND_UP(n, unit) (((n) + (unit)-1) / (unit) * (unit))

/* Room for so many bytes, in pages as large as there are: a row that came over a socket would not have left the cache. */
static char *
make_room(gsize n)
{
	char *room = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED) {
		fprintf(stderr, "memory: no memory for %zu bytes of rows\n", n);
		exit(1);
	}
	madvise(room, n, MADV_HUGEPAGE);
	return room;
}

static void
rows_init(struct rows *rows, gsize n, gsize text, guint columns)
{
	rows->size =
	    text + n * (columns * (sizeof(char *) + sizeof(long)) + columns + sizeof(char *));
	rows->bytes = rows->end = make_room(rows->size);
	rows->fields = g_new(struct source_fields, n);
	rows->n = 0;
}

static void
rows_clear(struct rows *rows)
{
	munmap(rows->bytes, rows->size);
	g_free(rows->fields);
}

static void
add_row(struct rows *rows, char *const *text, const unsigned long *length, guint columns)
{
	char **texts = (char **)rows->end;
	unsigned long *lengths = (unsigned long *)(texts + columns);
	char *at = (char *)(lengths + columns);
	for (guint i = 0; i < columns; i++) {
		texts[i] = memcpy(at, text[i], length[i] + 1);
		lengths[i] = length[i];
		at += length[i] + 1;
	}
	rows->end += ROUND_UP((gsize)(at - rows->end), sizeof(char *));
	rows->fields[rows->n++] = (struct source_fields){ texts, lengths };
}

static void
read_table(
    struct rows *rows, const char *folder, const char *name, const guint8 *from, guint columns)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize n = 0, size = 0;
	if (!g_file_get_contents(path, &text, &size, &error)) {
		fprintf(stderr, "memory: %s\n", error->message);
		exit(1);
	}
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	rows_init(rows, n, size, columns);
	char *p = text;
	for (gsize row = 0; row < n; row++) {
		char *fields[DUMP_COLUMNS_MAX] = { p }, *values[SOURCE_COLUMNS_MAX];
		unsigned long lengths[SOURCE_COLUMNS_MAX];
		guint count = 1;
		for (; *p != '\n'; p++) {
			if (*p == '\t') {
				*p = '\0';
				g_assert_cmpuint(count, <, DUMP_COLUMNS_MAX);
				fields[count++] = p + 1;
			}
		}
		*p++ = '\0';
		for (guint i = 0; i < columns; i++) {
			values[i] = fields[from[i]];
			lengths[i] = strlen(values[i]);
		}
		add_row(rows, values, lengths, columns);
	}
}

static gint
compare_rows(gconstpointer a, gconstpointer b)
{
	const struct source_fields *x = a, *y = b;
	const int order = strcmp(x->text[CDR_UNIQUEID], y->text[CDR_UNIQUEID]);
	return order != 0 ? order : atoi(x->text[CDR_SEQUENCE]) - atoi(y->text[CDR_SEQUENCE]);
}

static void
index_cdr(struct rows *cdr, struct idmap *index)
{
	qsort(cdr->fields, cdr->n, sizeof *cdr->fields, compare_rows);
	idmap_init(index);
	for (gsize i = cdr->n; i > 0; i--)
		idmap_put(index, cdr->fields[i - 1].text[CDR_UNIQUEID], GSIZE_TO_POINTER(i));
}

/* Measuring. */

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* How long it takes to keep every unit of a core busy with the same work. */
static double
loop_seconds(void)
{
	guint64 a = 1, b = 2, c = 3, d = 4, e = 5, f = 6;
	const double began = seconds();
	for (guint i = 0; i < 10000; i++) {
		a += b ^ i, b = (b << 1) + c, c ^= a >> 3;
		d += e ^ i, e = (e << 1) + f, f ^= d >> 3;
		/* What becomes of them is not to be known beforehand. */
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	}
	return seconds() - began;
}

static void
block_begin(struct memory *m, double loop)
{
	m->block.loop = loop;
	m->block.calls = m->tally->total;
	m->block.took = seconds();
}

static void
block_end(struct memory *m)
{
	struct block done = { .calls = m->tally->total - m->block.calls,
		.took = seconds() - m->block.took };
	const double loop = loop_seconds();
	done.loop = MAX(m->block.loop, loop);
	g_array_append_val(m->blocks, done);
	block_begin(m, loop);
}

/* The source. */

static struct memory *
memory_of(source *base)
{
	return (struct memory *)base;
}

static gboolean
memory_scan(source *base, gint64 after, gint64 until, GError **error)
{
	(void)after, (void)until, (void)error;
	memory_of(base)->at = 0;
	return TRUE;
}

static int
memory_scan_next(source *base, struct source_fields *row, GError **error)
{
	struct memory *m = memory_of(base);
	(void)error;
	if (m->at == m->cel.n)
		return 0;
	*row = m->cel.fields[m->at++];
	return 1;
}

static void
learn_answer(struct memory *m, const char *const *ids, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		gsize row = GPOINTER_TO_SIZE(idmap_get(&m->by_uniqueid, ids[i]));
		for (; row > 0 && row <= m->cdr.n &&
		       strcmp(m->cdr.fields[row - 1].text[CDR_UNIQUEID], ids[i]) == 0;
		     row++)
			add_row(&m->answers, m->cdr.fields[row - 1].text,
			    m->cdr.fields[row - 1].length, CDR_COLUMNS);
	}
	const struct question question = { g_strdup(ids[0]), n, m->answers.n };
	g_array_append_val(m->questions, question);
}

static gboolean
memory_ask(source *base, const struct source_question *question, GError **error)
{
	struct memory *m = memory_of(base);
	(void)error;
	m->row = m->end;
	/* A call that lacks rows has none elsewhere. */
	if (question->kind != SOURCE_QUESTION_CDR)
		return TRUE;
	block_end(m);
	if (m->learning)
		learn_answer(m, question->ids, question->n);
	const struct question *known = &g_array_index(m->questions, struct question, m->asked++);
	/* Every round is the same, or its rows would answer other questions. */
	g_assert_cmpuint(m->asked, <=, m->questions->len);
	g_assert_cmpuint(known->n, ==, question->n);
	g_assert_cmpstr(known->first, ==, question->ids[0]);
	m->end = known->end;
	return TRUE;
}

static int
memory_answer(source *base, struct source_fields *row, GError **error)
{
	struct memory *m = memory_of(base);
	(void)error;
	if (m->row == m->end)
		return 0;
	*row = m->answers.fields[m->row++];
	return 1;
}

static void
memory_nothing(source *base)
{
	(void)base;
}

static const struct source_functions memory_functions = {
	.close = memory_nothing,
	.scan = memory_scan,
	.scan_next = memory_scan_next,
	.scan_stop = memory_nothing,
	.ask = memory_ask,
	.answer = memory_answer,
	.answer_drop = memory_nothing,
};

/* Rounds. */

static gboolean
count_group(struct group *group, const struct timeline *timeline, GPtrArray *calls, gpointer data,
    GError **error)
{
	struct tally *tally = data;
	(void)group, (void)timeline, (void)error;
	for (guint i = 0; i < calls->len; i++) {
		const struct call *call = calls->pdata[i];
		tally->total++;
		tally->direction[call->direction]++;
		tally->result[call->result]++;
	}
	return TRUE;
}

static void
run_round(struct memory *m, struct tally *tally)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GRegex) extension = g_regex_new("^[1-9]\\d{1,3}$", G_REGEX_OPTIMIZE, 0, NULL);
	g_autoptr(GError) error = NULL;
	struct zone zone;
	g_hash_table_add(trunk, (gpointer) "mango");
	struct call_memo memo = { 0 };
	const struct call_rules rules = { .extension = extension, .memo = &memo, .trunk = trunk };
	zone_init(&zone, utc, FALSE);
	const struct rebuild_options options = { .rules = &rules,
		.zone = &zone,
		.stale = 6 * 3600 * (gint64)G_USEC_PER_SEC,
		.open = TRUE };
	*tally = (struct tally){ 0 };
	m->asked = m->row = m->end = 0;
	block_begin(m, loop_seconds());
	rebuild *r = rebuild_new(&m->base, &options, count_group, NULL, tally);
	if (!rebuild_scan(r, 0, G_MAXINT64, NULL, &error) || !rebuild_finish(r, &error)) {
		fprintf(stderr, "memory: %s\n", error->message);
		exit(1);
	}
	rebuild_free(r);
	block_end(m);
}

/* The calls of a second, from those blocks of a round that count; 0: too few do. */
static double
calls_per_second(const struct block *blocks, guint n, double best)
{
	guint64 calls = 0;
	double took = 0;
	guint counted = 0;
	for (guint i = 0; i < n; i++) {
		if (blocks[i].loop > 1.1 * best)
			continue;
		calls += blocks[i].calls;
		took += blocks[i].took;
		counted++;
	}
	return counted * 2 > n ? (double)calls / took : 0;
}

static gint
compare_speeds(gconstpointer a, gconstpointer b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The calls of a second of each of these rounds that counts. */
static GArray *
list_speeds(const struct memory *m, guint rounds)
{
	GArray *speeds = g_array_new(FALSE, FALSE, sizeof(double));
	const struct block *blocks = (const struct block *)m->blocks->data;
	const guint n = m->blocks->len / rounds;
	double best = G_MAXDOUBLE;
	for (guint i = 0; i < m->blocks->len; i++)
		best = MIN(best, blocks[i].loop);
	for (guint i = 0; i < rounds; i++) {
		const double speed = calls_per_second(blocks + i * n, n, best);
		if (speed > 0)
			g_array_append_val(speeds, speed);
	}
	return speeds;
}

/* Until so many rounds count, or twenty times as many were tried. */
static void
run_rounds(struct memory *m, struct tally *tally, guint wanted)
{
	g_autoptr(GArray) speeds = NULL;
	guint rounds = 0;
	m->learning = TRUE;
	run_round(m, tally);
	m->learning = FALSE;
	g_array_set_size(m->blocks, 0);
	do {
		run_round(m, tally);
		g_clear_pointer(&speeds, g_array_unref);
		speeds = list_speeds(m, ++rounds);
	} while (speeds->len < wanted && rounds < 20 * wanted);
	g_array_sort(speeds, compare_speeds);
	for (guint i = 0; i < speeds->len; i++) {
		const double calls = g_array_index(speeds, double, i);
		const double rows = calls * (double)m->cel.n / (double)tally->total;
		fprintf(
		    stderr, "%.0f calls/s, %.0f rows/s, %.0f ns a row\n", calls, rows, 1e9 / rows);
	}
	fprintf(stderr, "%u of %u rounds count\n", speeds->len, rounds);
}

int
main(int argc, char **argv)
{
	int rounds = 5;
	g_auto(GStrv) rest = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {
		{ "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "How often", "N" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "DIR" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || rest == NULL ||
	    g_strv_length(rest) != 1) {
		fprintf(stderr, "memory: %s\n", error != NULL ? error->message : "wants a folder");
		return 64;
	}
	struct memory m = {
		.base = { .functions = &memory_functions, .has_cel = TRUE, .has_cdr = TRUE }
	};
	struct tally tally = { 0 };
	read_table(&m.cel, rest[0], "cel.tsv", cel_from, CEL_COLUMNS);
	read_table(&m.cdr, rest[0], "cdr.tsv", cdr_from, CDR_COLUMNS);
	index_cdr(&m.cdr, &m.by_uniqueid);
	m.base.name = (char *)"memory";
	m.base.cel.there = m.base.cdr.there = TRUE;
	m.questions = g_array_new(FALSE, FALSE, sizeof(struct question));
	/* No record answers twice. */
	rows_init(&m.answers, m.cdr.n, (gsize)(m.cdr.end - m.cdr.bytes), CDR_COLUMNS);
	m.blocks = g_array_new(FALSE, FALSE, sizeof(struct block));
	m.tally = &tally;
	run_rounds(&m, &tally, (guint)MAX(rounds, 1));
	g_array_free(m.blocks, TRUE);
	for (guint i = 0; i < m.questions->len; i++)
		g_free(g_array_index(m.questions, struct question, i).first);
	g_array_free(m.questions, TRUE);
	rows_clear(&m.cel);
	rows_clear(&m.cdr);
	rows_clear(&m.answers);
	idmap_clear(&m.by_uniqueid);
	printf("%" G_GUINT64_FORMAT " calls: %" G_GUINT64_FORMAT " in, %" G_GUINT64_FORMAT
	       " out, %" G_GUINT64_FORMAT " internal; %" G_GUINT64_FORMAT
	       " answered, %" G_GUINT64_FORMAT " missed, %" G_GUINT64_FORMAT " failed\n",
	    tally.total, tally.direction[0], tally.direction[1], tally.direction[2],
	    tally.result[0], tally.result[1], tally.result[2]);
	return 0;
}
