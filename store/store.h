/*
 * What survives a crash: one SQLite file, and the only code that opens it.
 *
 * WAL with synchronous=FULL: a commit that returned is on the disk. Every statement is a file under
 * sql/store/, embedded at build time and prepared when the store is opened, so that a typo fails at
 * the start and not in the night; a name or parameter that does not exist ends the program. Tables are STRICT. Migrations are only ever added; the file's
 * user_version says how many have run, and a file that is newer than this program is refused.
 *
 * The modules beside this one (checkpoint, outbox, windows, recordings) each own their tables and
 * use store_query(). The store knows nothing of calls or HTTP, and reads no clock: `now` is an
 * argument everywhere, microseconds UTC.
 *
 * Errors are in STORE_ERROR.
 */
#ifndef CELSYNC_STORE_H
#define CELSYNC_STORE_H

#include <glib.h>

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);
enum store_error {
	STORE_ERROR_OPEN,    /* cannot be opened, created or written */
	STORE_ERROR_NEWER,   /* written by a later version of this program */
	STORE_ERROR_CORRUPT, /* SQLite says the file is damaged */
	STORE_ERROR_FULL,    /* no space left */
	STORE_ERROR_BUSY, /* another program holds the write lock longer than the busy time-out */
	STORE_ERROR_STATE, /* a state did not change as it must: exactly one row, from the expected state */
	STORE_ERROR_SQL /* anything else, with SQLite's own words */
};

typedef struct store store;

/*
 * STORE_WRITE creates the file (mode 0600) and brings it up to date. STORE_READ changes nothing in
 * it; where no file exists, or an older one, it answers STORE_ERROR_OPEN. A file of another program
 * is refused with STORE_ERROR_OPEN, too.
 */
enum store_mode {
	STORE_WRITE,
	STORE_READ
};
store *store_open(const char *path, enum store_mode mode, GError **error);
void store_close(store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_close)

const char *store_path(const store *store);
enum store_mode store_mode_of(const store *store);
/* How many migrations this program knows. */
int store_version(void);

/*
 * Transactions do not nest. store_begin takes the write lock at once (BEGIN IMMEDIATE); with STORE_READ it
 * takes none, and what is read until the commit is one view of the file. A commit that
 * fails has rolled back. store_rollback may be called whether or not a transaction is open.
 */
gboolean store_begin(store *store, GError **error);
gboolean store_commit(store *store, GError **error);
void store_rollback(store *store);

/*
 * What is deleted is overwritten (secure_delete). Outside a transaction: store_shrink gives up to `pages` free pages (4 KiB) back to
 * the file system, under the write lock for as long as that takes; *free are left. store_compact writes the whole file anew
 * and empties its -wal, so that nothing of what was removed is left in either: seconds under the write lock, for a file of 100 MB;
 * STORE_ERROR_BUSY where a reader kept the -wal from being emptied.
 */
gboolean store_shrink(store *store, guint pages, gint64 *free, GError **error);
gboolean store_compact(store *store, GError **error);

/*
 * A prepared statement, by the name of its file below sql/store without ".sql" ("outbox/put"). It is
 * borrowed, reset and unbound; only one user at a time, and the last row must be read (or store_reset
 * called) before it is asked for again. Parameters are bound by name (":callid"), each one; NULL
 * text binds NULL, and other text is borrowed until the statement has been stepped to its end or reset.
 */
typedef struct statement statement;
/* Prepares all of them, so that a typo shows: for tests and for `check`. */
gboolean store_prepare_all(store *store, GError **error);
statement *store_query(store *store, const char *name);
void store_bind_int(statement *statement, const char *parameter, gint64 value);
void store_bind_text(statement *statement, const char *parameter, const char *value);
/* 1: a row is there; 0: done; -1: error. After 0 or -1 the statement is reset. */
int store_step(statement *statement, GError **error);
/* Runs to the end, no rows wanted; *changed (may be NULL) is the number of rows changed. */
gboolean store_run(statement *statement, int *changed, GError **error);
/* Runs to the end; STORE_ERROR_STATE unless exactly one row changed. */
gboolean store_run_one(statement *statement, GError **error);
/*
 * Runs to the end and collects the rows: `read` fills one zeroed element of `size` bytes from the
 * current row; `clear` (may be NULL) clears an element. NULL: error. Free with g_array_unref.
 */
GArray *store_rows(statement *query, guint size, void (*read)(statement *, gpointer element),
    GDestroyNotify clear, GError **error);
/* Ends a statement before its last row. */
void store_reset(statement *statement);
/* Columns of the current row, from 0; text is borrowed until the next step, NULL for SQL NULL. */
gint64 store_int(statement *statement, int column);
const char *store_text(statement *statement, int column);
gint64 store_last_id(store *store);

/* SQLite's version; borrowed. */
const char *store_library(void);

#endif
