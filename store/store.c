#include "store/handle.h"

#include "sql/sql.h"
#include "store/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `application_id` of our files: "cels", written by the first migration. */
#define APPLICATION 0x63656c73
#define BUSY_MS 5000
#define LOOK_MS 2
#define RETRY_MS 10
/* What the -wal file is cut back to after a checkpoint; a backfill may have made it longer. */
#define WAL_LIMIT "PRAGMA journal_size_limit = 16777216"
/*
 * The log is carried over when it has 16 MB instead of 4, because most pages are written again soon. SQLite's own 2 MB of pages are enough
 * for a thousand calls a commit; with 16 MB a backfill of 1.3 million rows took twice the memory of one of 130,000, and no less time.
 */
#define ROOM "PRAGMA cache_size = -2000; PRAGMA wal_autocheckpoint = 4000"
/* Pages that became free go back to the file system when they are asked to, a few at a time. */
#define FREE_PAGES "PRAGMA auto_vacuum = INCREMENTAL"

G_DEFINE_QUARK(celsync - store - error, store_error)

static enum store_error
kind_of(sqlite3 *handle, int result)
{
	switch (result & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return STORE_ERROR_CORRUPT;
	case SQLITE_FULL: return STORE_ERROR_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return STORE_ERROR_BUSY;
	case SQLITE_IOERR: {
		/* SQLite says FULL for its own files only, not for the shared index or a quota. */
		const int number = sqlite3_system_errno(handle);
		return number == ENOSPC || number == EDQUOT ? STORE_ERROR_FULL : STORE_ERROR_OPEN;
	}
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH: return STORE_ERROR_OPEN;
	default: return STORE_ERROR_SQL;
	}
}

/* The second line of a message: what the administrator can do. */
static const char *
remedy_of(enum store_error kind)
{
	switch (kind) {
	case STORE_ERROR_OPEN:
		return _(
		    "Check [store] path: the folder must exist, this user must be allowed to "
		    "write "
		    "the folder, the file and the -wal and -shm beside it, and the file system "
		    "must not be read-only.");
	case STORE_ERROR_NEWER:
		return _("Install that version again, or name another file in [store] path.");
	case STORE_ERROR_CORRUPT:
		return _(
		    "Move the file aside together with the -wal and -shm beside it; a new one "
		    "is "
		    "made by the next run. What the old one knew to be sent is then not known: "
		    "see `celsync backfill --dry-run` before sending past days again.");
	case STORE_ERROR_FULL:
		return _("Make room on the file system of that file; nothing is lost, the next run "
			 "goes on where this one stopped.");
	case STORE_ERROR_BUSY:
		return _("Another program is writing to it: try again; if this stays, see who has "
			 "the "
			 "file open.");
	case STORE_ERROR_STATE:
		return _("Another run changed it meanwhile: see `celsync status`, then try again.");
	case STORE_ERROR_SQL:
		return _("This is a fault in celsync: please report it with this message.");
	}
	return "";
}

gboolean
handle_failed(store *db, const char *what, GError **error)
{
	const enum store_error kind = kind_of(db->handle, sqlite3_extended_errcode(db->handle));
	const int number = sqlite3_system_errno(db->handle);
	const gboolean system = kind == STORE_ERROR_OPEN && number != 0;
	g_set_error(error, STORE_ERROR, kind, _("store %s: %s: %s%s%s%s\n%s"), db->path, what,
	    sqlite3_errmsg(db->handle), system ? " (" : "", system ? g_strerror(number) : "",
	    system ? ")" : "", remedy_of(kind));
	return FALSE;
}

static gboolean
execute(store *db, const char *what, const char *sql, GError **error)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       handle_failed(db, what, error);
}

/* The first column of the first row, as a number and, where `text` is given, as text (g_free). */
static gboolean
ask(store *db, const char *what, const char *sql, gint64 *number, char **text, GError **error)
{
	sqlite3_stmt *query = NULL;
	if (sqlite3_prepare_v2(db->handle, sql, -1, &query, NULL) != SQLITE_OK ||
	    sqlite3_step(query) != SQLITE_ROW) {
		handle_failed(db, what, error);
		sqlite3_finalize(query);
		return FALSE;
	}
	*number = sqlite3_column_int64(query, 0);
	if (text != NULL)
		*text = g_strdup((const char *)sqlite3_column_text(query, 0));
	sqlite3_finalize(query);
	return TRUE;
}

/*
 * While another program writes. SQLite's own wait looks every 100 ms; one who writes transaction after transaction, as a backfill does,
 * leaves the lock for moments only, and who looks that rarely may never meet one.
 */
static int
look_again(void *unused, int looked)
{
	(void)unused;
	g_usleep(LOOK_MS * 1000);
	return looked < BUSY_MS / LOOK_MS;
}

static gboolean
connect_file(store *db, const char *name, int flags, GError **error)
{
	/* No locks within the library: one thread at a time uses a store. Nor a count of its memory; refused once it is at work, which is well. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	flags |= SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
	const int result = sqlite3_open_v2(name, &db->handle, flags, NULL);
	if (result != SQLITE_OK)
		return handle_failed(db, _("cannot be opened"), error);
	sqlite3_busy_handler(db->handle, look_again, NULL);
	/* "name" in double quotes is a column or a fault, never a string; nobody edits the schema. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return TRUE;
}

static gboolean
connect_to_write(store *db, GError **error)
{
	/*
	 * Created here, so that it never exists with other rights; -wal and -shm get those of the
	 * file. Only a new file is opened this way: closing a descriptor of an old one would
	 * drop the locks that another store in this process holds on it.
	 */
	const int fd = open(db->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST) {
		g_set_error(error, STORE_ERROR,
		    errno == ENOSPC || errno == EDQUOT ? STORE_ERROR_FULL : STORE_ERROR_OPEN,
		    _("store %s: cannot be created: %s\n%s"), db->path, g_strerror(errno),
		    remedy_of(STORE_ERROR_OPEN));
		return FALSE;
	}
	if (!connect_file(db, db->path, SQLITE_OPEN_READWRITE, error))
		return FALSE;
	/* SQLite silently opens read-only what it may not write. */
	if (sqlite3_db_readonly(db->handle, "main") == 1) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("store %s: this user may read but not write it\n%s"), db->path,
		    remedy_of(STORE_ERROR_OPEN));
		return FALSE;
	}
	/*
	 * -wal and -shm stay after the last writer: a reader who may not write the folder
	 * could not make them, and without them a WAL file cannot be read.
	 */
	int keep = 1;
	sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	return TRUE;
}

/* Whether the file's -wal holds anything. */
static gboolean
has_wal(const char *path)
{
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	struct stat status;
	return stat(wal, &status) == 0 && status.st_size > 0;
}

static gboolean
connect_to_read(store *db, GError **error)
{
	if (access(db->path, R_OK) != 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("store %s: cannot be read: %s\n%s"), db->path, g_strerror(errno),
		    errno == ENOENT
			? _("Check [store] path; the first `celsync sync` makes the file.")
			: _("Run this as the user that celsync runs as, or as root."));
		return FALSE;
	}
	g_autoptr(GError) first = NULL;
	gint64 version;
	if (!connect_file(db, db->path, SQLITE_OPEN_READONLY, error))
		return FALSE;
	if (ask(db, _("cannot be read"), "PRAGMA user_version", &version, NULL, &first))
		return TRUE;
	/*
	 * A WAL file without -wal and -shm, in a folder this user may not write: a copy, or a
	 * read-only file system. Nobody writes to it, so it is read as it is.
	 */
	if (!g_error_matches(first, STORE_ERROR, STORE_ERROR_OPEN) || has_wal(db->path)) {
		g_propagate_error(error, g_steal_pointer(&first));
		return FALSE;
	}
	sqlite3_close(g_steal_pointer(&db->handle));
	g_autofree char *escaped = g_uri_escape_string(db->path, "/", FALSE);
	g_autofree char *uri = g_strdup_printf("file:%s?immutable=1", escaped);
	return connect_file(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error);
}

/* Is it ours, and of which version? Before anything is written to it. */
static gboolean
identify(store *db, int *version, GError **error)
{
	gint64 application, user_version, objects;
	/* One view of the three: another first run may be making the tables just now. */
	if (!execute(db, _("cannot be read"), "BEGIN", error) ||
	    !ask(db, _("cannot be read"), "PRAGMA application_id", &application, NULL, error) ||
	    !ask(db, _("cannot be read"), "PRAGMA user_version", &user_version, NULL, error) ||
	    !ask(db, _("cannot be read"), "SELECT count(*) FROM sqlite_schema", &objects, NULL,
		error) ||
	    !execute(db, _("cannot be read"), "COMMIT", error))
		return FALSE;
	if (application != APPLICATION && objects > 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("store %s: is an SQLite file of another program\n"
		      "Name a file of celsync's own in [store] path."),
		    db->path);
		return FALSE;
	}
	if (user_version > store_version()) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_NEWER,
		    _("store %s: was written by a later version of celsync (schema %" PRId64
		      ", this program knows %d)\n%s"),
		    db->path, user_version, store_version(), remedy_of(STORE_ERROR_NEWER));
		return FALSE;
	}
	if (user_version < store_version() && db->mode == STORE_READ) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("store %s: was written by an earlier version of celsync (schema "
		      "%" PRId64 ", this program knows %d)\n"
		      "The next `celsync sync` brings it up to date: run it once, then try again."),
		    db->path, user_version, store_version());
		return FALSE;
	}
	*version = (int)user_version;
	return TRUE;
}

static gboolean
is_migration(const char *name)
{
	return g_str_has_prefix(name, HANDLE_MIGRATIONS);
}

int
store_version(void)
{
	int n = 0;
	for (const struct sql_statement *s = sql_statements; s->name != NULL; s++)
		n += is_migration(s->name);
	return n;
}

/* Runs one migration, unless another program has done so since the version was read. */
static gboolean
migrate_one(store *db, const struct sql_statement *migration, int number, GError **error)
{
	gint64 version;
	g_autofree char *done = g_strdup_printf("PRAGMA user_version = %d", number);
	if (!execute(db, migration->name, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (ask(db, _("cannot be read"), "PRAGMA user_version", &version, NULL, error) &&
	    (version >= number || (execute(db, migration->name, migration->text, error) &&
				      execute(db, migration->name, done, error))) &&
	    execute(db, migration->name, "COMMIT", error))
		return TRUE;
	store_rollback(db);
	return FALSE;
}

/*
 * Switching a new file to WAL: of several first runs that try at once SQLite refuses all but one without
 * waiting, as each holds what the others need.
 */
static gboolean
switch_to_wal(store *db, char **journal, GError **error)
{
	gint64 ignored;
	for (int waited = 0;; waited += RETRY_MS) {
		g_autoptr(GError) failed = NULL;
		if (ask(db, _("cannot be set up"), "PRAGMA journal_mode = WAL", &ignored, journal,
			&failed))
			return TRUE;
		if (waited >= BUSY_MS || !g_error_matches(failed, STORE_ERROR, STORE_ERROR_BUSY)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		g_usleep(RETRY_MS * 1000);
	}
}

static gboolean
set_up_to_write(store *db, int version, GError **error)
{
	g_autofree char *journal = NULL;
	/* Only a file without tables takes this; an older one does when it is compacted. One that has it is written to all the same. */
	if ((version == 0 && !execute(db, _("cannot be set up"), FREE_PAGES, error)) ||
	    !switch_to_wal(db, &journal, error) ||
	    !execute(db, _("cannot be set up"),
		"PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; " ROOM "; " WAL_LIMIT,
		error))
		return FALSE;
	if (g_strcmp0(journal, "wal") != 0) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("store %s: its file system allows no write-ahead log (journal mode %s)\n"
		      "Name a file on a local disk in [store] path."),
		    db->path, journal);
		return FALSE;
	}
	int number = 0;
	for (const struct sql_statement *s = sql_statements; s->name != NULL; s++)
		if (is_migration(s->name) && ++number > version &&
		    !migrate_one(db, s, number, error))
			return FALSE;
	return TRUE;
}

store *
store_open(const char *path, enum store_mode mode, GError **error)
{
	g_autoptr(store) db = g_new0(store, 1);
	db->path = g_strdup(path);
	db->mode = mode;
	int version;
	if (!(mode == STORE_WRITE ? connect_to_write(db, error) : connect_to_read(db, error)) ||
	    !identify(db, &version, error) ||
	    !execute(db, _("cannot be set up"),
		"PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
		"PRAGMA cell_size_check = ON",
		error) ||
	    (mode == STORE_WRITE && !set_up_to_write(db, version, error)))
		return NULL;
	/* From here on no statement may touch the schema's own table; a migration may. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	handle_statements(db);
	return g_steal_pointer(&db);
}

void
store_close(store *db)
{
	if (db == NULL)
		return;
	g_clear_pointer(&db->statements, g_hash_table_unref);
	sqlite3_close(db->handle);
	g_free(db->path);
	g_free(db);
}

const char *
store_path(const store *db)
{
	return db->path;
}

enum store_mode
store_mode_of(const store *db)
{
	return db->mode;
}

gboolean
store_begin(store *db, GError **error)
{
	return store_run(store_query(db, "begin"), NULL, error);
}

gboolean
store_commit(store *db, GError **error)
{
	CRASH_POINT("before commit");
	if (store_run(store_query(db, "commit"), NULL, error)) {
		CRASH_POINT("after commit");
		return TRUE;
	}
	/* Nothing stays half done: the caller's next transaction must be able to begin. */
	store_rollback(db);
	return FALSE;
}

void
store_rollback(store *db)
{
	/* Whoever failed may have left a statement before its last row. */
	for (sqlite3_stmt *s = sqlite3_next_stmt(db->handle, NULL); s != NULL;
	     s = sqlite3_next_stmt(db->handle, s))
		if (sqlite3_stmt_busy(s))
			sqlite3_reset(s);
	/* A full disk makes SQLite roll back by itself. */
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, sql_text("store/rollback"), NULL, NULL, NULL);
}

gboolean
store_shrink(store *db, guint pages, gint64 *free, GError **error)
{
	g_autofree char *some = g_strdup_printf("PRAGMA incremental_vacuum(%u)", pages);
	gint64 before;
	if (!ask(db, _("cannot be read"), "PRAGMA freelist_count", &before, NULL, error))
		return FALSE;
	*free = 0;
	return before == 0 ||
	       (execute(db, _("cannot be made smaller"), some, error) &&
		   ask(db, _("cannot be read"), "PRAGMA freelist_count", free, NULL, error));
}

gboolean
store_compact(store *db, GError **error)
{
	gint64 busy;
	if (!execute(db, _("cannot be compacted"), FREE_PAGES "; VACUUM", error) ||
	    !ask(db, _("cannot be compacted"), "PRAGMA wal_checkpoint(TRUNCATE)", &busy, NULL,
		error))
		return FALSE;
	if (busy == 0)
		return TRUE;
	g_set_error(error, STORE_ERROR, STORE_ERROR_BUSY,
	    _("store %s: its -wal could not be emptied, because another program reads the file\n"
	      "Do the same again."),
	    db->path);
	return FALSE;
}

gint64
store_last_id(store *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

const char *
store_library(void)
{
	return sqlite3_libversion();
}
