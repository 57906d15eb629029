/*
 * Where rows come from: a source of CEL and CDR rows.
 *
 * The tables differ between FreePBX versions and between drivers, so table columns are found when
 * the source is opened; a missing optional column costs only what it carried. Required: of cel a
 * key (id or AcctId), eventtype, eventtime, uniqueid, linkedid, channame; of cdr uniqueid, calldate.
 *
 * Nothing is ever written: the MariaDB session is READ ONLY, the SQLite files are opened read-only.
 *
 * One scan and one question may be under way at the same time (MariaDB needs a connection for each:
 * both are opened, the second on first use), so that CDR rows are fetched while CEL rows stream in.
 *
 * Errors are in SOURCE_ERROR. A row's strings live until the next row of the same scan or question.
 * After -1 a scan or an answer is over, but not complete. A connection that failed is opened anew by
 * the next call that needs it.
 */
#ifndef CELSYNC_SOURCE_H
#define CELSYNC_SOURCE_H

#include "poller/row.h"

enum source_driver {
	SOURCE_MARIADB,
	SOURCE_SQLITE
};

enum source_tls {
	SOURCE_TLS_OFF,
	SOURCE_TLS_ON,
	SOURCE_TLS_VERIFY
};

/* Strings are borrowed: they must outlive the source. NULL: the driver's default. */
struct source_config {
	enum source_driver driver;
	const char *host, *socket, *user, *password, *database;
	guint port; /* 0: default */
	enum source_tls tls;
	const char *tls_ca;          /* PEM file; NULL: the system's */
	const char *path, *cdr_path; /* SQLite files; cdr_path NULL: same file as path */
	/* MariaDB: "table" or "database.table". NULL: cel and cdr. */
	const char *cel_table, *cdr_table;
	/*
	 * Seconds for connecting, for waiting for an answer or a lock, and (where the server can) for the
	 * whole of one question; a scan may take as long as it takes. 0: 10
	 */
	guint timeout;
};

#define SOURCE_ERROR (source_error_quark())
GQuark source_error_quark(void);
enum source_error {
	SOURCE_ERROR_UNREACHABLE, /* no server, no file, connection lost */
	SOURCE_ERROR_REFUSED,     /* wrong user, password or rights */
	SOURCE_ERROR_SCHEMA,      /* no such database, table or required column */
	SOURCE_ERROR_QUERY        /* the server would not answer this question (lock, time limit) */
};

typedef struct source source;

/* The message names host and user, or the file, and the next line says what to do. */
source *source_open(const struct source_config *config, GError **error);
void source_close(source *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(source, source_close)

/* What it is and what it lacks, for messages: "asteriskcdrdb on localhost". */
const char *source_name(const source *source);
/*
 * FALSE where the table has no rows or is missing altogether (CEL off: only CDR is there); as it was
 * when the source was opened, and for cel when its bounds were last asked for.
 */
gboolean source_has_cel(const source *source);
gboolean source_has_cdr(const source *source);
/* NULL-terminated names of what is missing: columns ("cdr.linkedid", …), a table ("cel"); borrowed. */
const char *const *source_missing(const source *source);

/* The lowest and highest id of cel; both 0 when it is empty. Costs two index look-ups. */
gboolean source_bounds(source *source, gint64 *first, gint64 *last, GError **error);

/* Id and times of the row with the lowest id >= `id`; *found FALSE when there is none. */
gboolean source_probe(source *source, gint64 id, gint64 *found_id, struct wall *time,
    gboolean *found, GError **error);

/*
 * Scan: the CEL rows with after < id <= until, in order of id, streamed: memory does not grow with
 * their number. Beginning a scan ends the one before it.
 */
gboolean source_scan(source *source, gint64 after, gint64 until, GError **error);
/* 1: *row is the next row; 0: no more; -1: error. */
int source_scan_next(source *source, struct cel_row *row, GError **error);
void source_scan_stop(source *source);

/*
 * Questions: rows by their ids, through an index. At most SOURCE_IDS_MAX ids at once (MariaDB
 * turns longer lists into a temporary table). Asking is quick: MariaDB works on the answer while
 * the caller goes on. Every answer must be read to its end (0 or -1) or dropped before the next is asked.
 *
 * CEL rows come in order of id, CDR rows of one uniqueid in the order in which they were written.
 * MariaDB compares ids by the column's collation, so ids that differ in case only come together.
 * SQLite tables have no index unless somebody made one: then every question walks the whole table.
 */
#define SOURCE_IDS_MAX 500
enum source_key {
	SOURCE_BY_LINKEDID,
	SOURCE_BY_UNIQUEID
};

gboolean source_ask_cel(
    source *source, enum source_key key, const char *const *ids, gsize n, GError **error);
gboolean source_ask_cdr(source *source, const char *const *uniqueids, gsize n, GError **error);
/*
 * CDR rows with from <= calldate < to, in order of calldate: for a PBX whose CEL is off. Times are
 * compared as written. Ask for a day or so at a time: the time limit of a question holds.
 */
gboolean source_ask_cdr_between(source *source, gint64 from_wall, gint64 to_wall, GError **error);
/*
 * What tells one set of CDR rows from another: how many there are, and the sum of the CRC-32 of their uniqueids. Of the rows
 * with from <= calldate < to, through the index and without fetching them; where the driver cannot (SQLite), count is -1.
 */
struct source_sum {
	gint64 count;
	guint64 check;
};
void source_sum_add(struct source_sum *sum, const char *uniqueid, gsize len);
gboolean source_sum_cdr(
    source *source, gint64 from_wall, gint64 to_wall, struct source_sum *sum, GError **error);
int source_answer_cel(source *source, struct cel_row *row, GError **error);
int source_answer_cdr(source *source, struct cdr_row *row, GError **error);
void source_answer_drop(source *source);

/*
 * Ids that exist in after < id <= until, in order, through the primary key alone: to find rows
 * that were committed late. Answered by source_answer_id.
 */
gboolean source_ask_ids(source *source, gint64 after, gint64 until, GError **error);
int source_answer_id(source *source, gint64 *id, GError **error);

#endif
