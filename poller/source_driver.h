/*
 * Between source.c and the drivers, private to them: what a driver must be able to do, and what
 * source.c found out about the tables.
 *
 * A driver hands rows on as an array of C strings (NULL for SQL NULL) and one of their lengths, in the order of
 * source_table.list; source.c alone knows what stands where.
 */
#ifndef CELSYNC_SOURCE_DRIVER_H
#define CELSYNC_SOURCE_DRIVER_H

#include "poller/source.h"

/* Every column of cdr that is read, in the order in which it is selected; of cel: enum cel_column (row.h). */
enum cdr_column {
	CDR_UNIQUEID,
	CDR_CALLDATE,
	CDR_LINKEDID,
	CDR_SEQUENCE,
	CDR_DURATION,
	CDR_BILLSEC,
	CDR_SRC,
	CDR_DST,
	CDR_CHANNEL,
	CDR_DSTCHANNEL,
	CDR_LASTDATA,
	CDR_DISPOSITION,
	CDR_DID,
	CDR_RECORDINGFILE,
	CDR_COLUMNS
};
#define SOURCE_COLUMNS_MAX 14

enum source_table_kind {
	SOURCE_CEL,
	SOURCE_CDR
};

/* A table as it was found. Strings are owned, and ready to stand in a statement. */
struct source_table {
	gboolean there;
	char *name;                       /* quoted */
	char *column[SOURCE_COLUMNS_MAX]; /* quoted; NULL: the table lacks it */
	char *list;                       /* all of them, a constant in place of a missing one */
};

enum source_question_kind {
	SOURCE_QUESTION_NONE,
	SOURCE_QUESTION_CEL,
	SOURCE_QUESTION_CDR,
	SOURCE_QUESTION_CDR_BETWEEN,
	SOURCE_QUESTION_IDS
};

struct source_question {
	enum source_question_kind kind;
	enum source_key key;    /* CEL */
	const char *const *ids; /* CEL, CDR; borrowed while asking */
	gsize n;                /* at least 1 */
	gint64 from, to;        /* CDR_BETWEEN: wall clock; IDS: after and until */
};

/* A row as a driver hands it on: both arrays are the driver's and live until the next row. */
struct source_fields {
	char **text;
	const unsigned long
	    *length; /* in bytes, without the NUL; 0 for NULL. As mysql_fetch_lengths has it */
};

struct source_functions {
	void (*close)(source *base);
	/* The first row of a short statement as strings ("" for NULL), or *row NULL when there is none. */
	gboolean (*look_up)(source *base, enum source_table_kind table, const char *sql, GStrv *row,
	    GError **error);
	gboolean (*scan)(source *base, gint64 after, gint64 until, GError **error);
	int (*scan_next)(source *base, struct source_fields *row, GError **error);
	void (*scan_stop)(source *base);
	gboolean (*ask)(source *base, const struct source_question *question, GError **error);
	/* Optional. The statement whose one row has the number of CDR rows and the sum of CRC-32; free with g_free. */
	char *(*sum_sql)(source *base, gint64 from, gint64 to);
	int (*answer)(source *base, struct source_fields *row, GError **error);
	void (*answer_drop)(source *base);
};

/* The time read last: rows that follow one another mostly have the same second, nearly always the same day. */
#define SOURCE_TIME_LENGTH (sizeof "2025-11-23 12:28:20" - 1)
struct source_time {
	char text[SOURCE_TIME_LENGTH + 1]; /* "": none */
	gint64 us, day_us;
};

/* The id that the next row is expected to have, and how it is written. */
struct source_id {
	char text[19];
	gsize length; /* 0: none is expected */
	gint64 id;
};

/* The first member of every driver's own struct. */
struct source {
	const struct source_functions *functions;
	char *name; /* owned; for messages */
	struct source_table cel, cdr;
	gboolean has_cel, has_cdr;
	GPtrArray *missing; /* of char *, owned; ends with NULL once the source is open */
	gboolean scanning;
	enum source_question_kind asked;
	struct source_id cel_id;
	struct source_time cel_time, cdr_time;
};

/* Open, and every table described with source_table_describe(); the rest is source.c's. */
source *source_mariadb_open(const struct source_config *config, GError **error);
source *source_sqlite_open(const struct source_config *config, GError **error);

/*
 * Describes a table that is there, from the names of its columns as the database has them. name is
 * how a statement calls it (taken over), quote what the dialect puts around a column's name.
 */
gboolean source_table_describe(source *base, enum source_table_kind kind, char *name, char quote,
    const char *const *columns, GError **error);

/*
 * A connection of its own that may write, for poller/cdr_update.c alone; MariaDB only. What source_open() returns never does.
 * A statement fails after config->timeout seconds. After an error the writer can only be closed.
 */
typedef struct source_writer source_writer;
source_writer *source_writer_open(const struct source_config *config, GError **error);
void source_writer_close(source_writer *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(source_writer, source_writer_close)
const char *source_writer_name(const source_writer *writer);
/* A literal, and a table ("table" or "database.table"), as a statement takes them; free with g_free. */
char *source_writer_quoted(source_writer *writer, const char *text);
char *source_writer_table(const char *name);
/* The number a statement answers with; 0 when it answers nothing. */
gboolean source_writer_number(source_writer *writer, const char *sql, gint64 *n, GError **error);
/* Adds the texts a statement answers with to a set that frees them. */
gboolean
source_writer_texts(source_writer *writer, const char *sql, GHashTable *texts, GError **error);
/* *changed: rows that are different now. */
gboolean
source_writer_change(source_writer *writer, const char *sql, gint64 *changed, GError **error);

/* `name` between quotes, quotes inside it doubled; free with g_free. */
char *source_quoted(const char *name, char quote);

/* The version of the database's client library; borrowed. */
const char *source_mariadb_library(void);

#endif
