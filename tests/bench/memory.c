/*
 * Rows already in memory -> calls, one thread: the program's own share of the work, without a database.
 *
 *   memory [--rounds N] DIR
 *
 * DIR is what `generate` wrote. The rows lie in memory as libmariadb would hand them on, one array of strings and one of lengths each; from there on
 * everything is the program's: source.c reads them, rebuild.c drives, groups, timelines and calls are made. Which CDR rows answer
 * which question is looked up in a round before the first, and only handed on in those that count: to find rows is the
 * database's work. Prints the calls in the words of `celsync calls --summary`, and on stderr each round's calls and rows per second.
 */
#include "poller/idmap.h"
#include "poller/source_driver.h"
#include "sync/rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Where the dumps have what source_driver.h wants, in its order. */
static const guint8 cel_from[CEL_COLUMNS] = { 0, 1, 2, 15, 16, 10, 3, 4, 8, 11, 12, 17, 18, 19 };
static const guint8 cdr_from[CDR_COLUMNS] = { 14, 0, 23, 25, 9, 10, 2, 3, 5, 6, 8, 11, 16, 17 };
#define DUMP_COLUMNS_MAX 32

struct table {
	char *text;
	struct source_fields *fields; /* of each row */
	char **values;                /* theirs: rows * columns */
	unsigned long *lengths;       /* the same */
	gsize rows;
};

struct memory {
	struct source base;
	struct table cel, cdr;
	gsize at;                 /* of the scan */
	struct idmap by_uniqueid; /* -> index of its first row in cdr + 1; the others follow */
	gboolean learning;
	GArray *questions; /* struct question, in the order they are asked */
	GArray *answers;   /* struct source_fields: of all of them, one behind the other */
	gsize asked;       /* questions so far */
	gsize row, end;    /* of the answer under way */
};

struct question {
	char *first; /* the first id; owned */
	gsize n;           /* ids */
	gsize end;         /* where its rows end in answers */
};

struct tally {
	guint64 total, direction[3], result[3];
};

/* Reading. */

static void
read_table(
    struct table *table, const char *folder, const char *name, const guint8 *from, guint columns)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GError) error = NULL;
	if (!g_file_get_contents(path, &table->text, NULL, &error)) {
		fprintf(stderr, "memory: %s\n", error->message);
		exit(1);
	}
	for (const char *p = table->text; (p = strchr(p, '\n')) != NULL; p++)
		table->rows++;
	table->fields = g_new(struct source_fields, table->rows);
	table->values = g_new(char *, table->rows *columns);
	table->lengths = g_new(unsigned long, table->rows *columns);
	char *p = table->text;
	for (gsize row = 0; row < table->rows; row++) {
		char *fields[DUMP_COLUMNS_MAX] = { p };
		guint n = 1;
		for (; *p != '\n'; p++) {
			if (*p == '\t') {
				*p = '\0';
				g_assert_cmpuint(n, <, DUMP_COLUMNS_MAX);
				fields[n++] = p + 1;
			}
		}
		*p++ = '\0';
		table->fields[row] = (struct source_fields){ table->values + row * columns,
			table->lengths + row * columns };
		for (guint i = 0; i < columns; i++) {
			table->values[row * columns + i] = fields[from[i]];
			table->lengths[row * columns + i] = strlen(fields[from[i]]);
		}
	}
}

static void
table_clear(struct table *table)
{
	g_free(table->text);
	g_free(table->values);
	g_free(table->lengths);
	g_free(table->fields);
}

static gint
compare_rows(gconstpointer a, gconstpointer b)
{
	const struct source_fields *x = a, *y = b;
	const int order = strcmp(x->text[CDR_UNIQUEID], y->text[CDR_UNIQUEID]);
	return order != 0 ? order : atoi(x->text[CDR_SEQUENCE]) - atoi(y->text[CDR_SEQUENCE]);
}

static void
index_cdr(struct table *cdr, struct idmap *index)
{
	qsort(cdr->fields, cdr->rows, sizeof *cdr->fields, compare_rows);
	idmap_init(index);
	for (gsize i = cdr->rows; i > 0; i--)
		idmap_put(index, cdr->fields[i - 1].text[CDR_UNIQUEID], GSIZE_TO_POINTER(i));
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
	if (m->at == m->cel.rows)
		return 0;
	*row = m->cel.fields[m->at++];
	return 1;
}

static void
learn_answer(struct memory *m, const char *const *ids, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		gsize row = GPOINTER_TO_SIZE(idmap_get(&m->by_uniqueid, ids[i]));
		for (; row > 0 && row <= m->cdr.rows &&
		       strcmp(m->cdr.fields[row - 1].text[CDR_UNIQUEID], ids[i]) == 0;
		     row++)
			g_array_append_val(m->answers, m->cdr.fields[row - 1]);
	}
	const struct question question = { g_strdup(ids[0]), n, m->answers->len };
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
	*row = g_array_index(m->answers, struct source_fields, m->row++);
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

static double
cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
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
	const double began = cpu_seconds();
	rebuild *r = rebuild_new(&m->base, &options, count_group, NULL, tally);
	if (!rebuild_scan(r, 0, G_MAXINT64, NULL, &error) || !rebuild_finish(r, &error)) {
		fprintf(stderr, "memory: %s\n", error->message);
		exit(1);
	}
	rebuild_free(r);
	const double took = cpu_seconds() - began;
	if (m->learning)
		return;
	fprintf(stderr, "%.0f calls/s, %.0f rows/s, %.0f ns a row\n", (double)tally->total / took,
	    (double)m->cel.rows / took, took * 1e9 / (double)m->cel.rows);
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
	m.answers = g_array_new(FALSE, FALSE, sizeof(struct source_fields));
	for (int i = 0; i <= rounds; i++) {
		m.learning = i == 0;
		run_round(&m, &tally);
	}
	for (guint i = 0; i < m.questions->len; i++)
		g_free(g_array_index(m.questions, struct question, i).first);
	g_array_free(m.questions, TRUE);
	g_array_free(m.answers, TRUE);
	table_clear(&m.cel);
	table_clear(&m.cdr);
	idmap_clear(&m.by_uniqueid);
	printf("%" G_GUINT64_FORMAT " calls: %" G_GUINT64_FORMAT " in, %" G_GUINT64_FORMAT
	       " out, %" G_GUINT64_FORMAT " internal; %" G_GUINT64_FORMAT
	       " answered, %" G_GUINT64_FORMAT " missed, %" G_GUINT64_FORMAT " failed\n",
	    tally.total, tally.direction[0], tally.direction[1], tally.direction[2],
	    tally.result[0], tally.result[1], tally.result[2]);
	return 0;
}
