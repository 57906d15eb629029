#include "sql/sql.h"
#include "store/checkpoint.h"
#include "store/handle.h"
#include "store/outbox.h"
#include "tests/unit/store_scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Offsets in the file header: https://www.sqlite.org/fileformat2.html#the_database_header */
#define HEADER_WRITE_VERSION 18
#define HEADER_USER_VERSION 60

static guint32
user_version(const char *path)
{
	guint32 version;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_assert_cmpint(pread(fd, &version, 4, HEADER_USER_VERSION), ==, 4);
	close(fd);
	return GUINT32_FROM_BE(version);
}

/* The message names the file, and a second line says what to do. */
static void
assert_refused(const char *path, enum store_mode mode, enum store_error code, const char *words)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(path, mode, &error);
	g_assert_null(db);
	g_assert_error(error, STORE_ERROR, (int)code);
	const char *remedy = strchr(error->message, '\n');
	if (strstr(error->message, path) == NULL || strstr(error->message, words) == NULL ||
	    remedy == NULL || strlen(remedy) < 20 || strchr(remedy + 1, '\n') != NULL)
		g_error("a message that does not help: %s", error->message);
}

static gint64
cursor_of(store *db)
{
	struct checkpoint checkpoint = { 0 };
	gboolean found;
	g_autoptr(GError) error = NULL;
	checkpoint_get(db, &checkpoint, &found, &error);
	g_assert_no_error(error);
	return found ? checkpoint.cursor : -1;
}

static void
write_cursor(store *db, gint64 cursor)
{
	g_autoptr(GError) error = NULL;
	checkpoint_put(db, &(struct checkpoint){ .cursor = cursor }, &error);
	g_assert_no_error(error);
}

static void
test_create(void)
{
	const mode_t before = umask(0);
	struct scratch s;
	scratch_open(&s);
	write_cursor(s.db, 7);
	const char *const suffixes[] = { "", "-wal", "-shm" };
	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = g_strconcat(s.path, suffixes[i], NULL);
		struct stat status;
		g_assert_cmpint(stat(path, &status), ==, 0);
		g_assert_cmphex(status.st_mode & 07777, ==, 0600);
	}
	umask(before);
	g_assert_cmpstr(store_path(s.db), ==, s.path);
	g_assert_cmpint(store_mode_of(s.db), ==, STORE_WRITE);

	g_clear_pointer(&s.db, store_close);
	g_autofree char *bytes = NULL;
	g_assert_true(g_file_get_contents(s.path, &bytes, NULL, NULL));
	g_assert_cmpint(bytes[HEADER_WRITE_VERSION], ==, 2); /* 2: WAL */
	g_assert_cmpint(user_version(s.path), ==, store_version());

	s.db = store_open(s.path, STORE_WRITE, NULL);
	g_assert_cmpint(cursor_of(s.db), ==, 7);
	scratch_close(&s);
}

static void
test_schema(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *loose =
	    scratch_shell(s.path, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND "
				  "type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'");
	g_assert_cmpstr(loose, ==, "");
	g_autofree char *check = scratch_shell(s.path, "PRAGMA integrity_check");
	g_assert_cmpstr(check, ==, "ok");
	scratch_close(&s);
}

static void
test_migration_names(void)
{
	int n = 0;
	for (const struct sql_statement *q = sql_statements; q->name != NULL; q++)
		if (g_str_has_prefix(q->name, "store/migration/")) {
			g_autofree char *expected = g_strdup_printf("store/migration/%03d", ++n);
			g_assert_cmpstr(q->name, ==, expected);
		}
	g_assert_cmpint(n, >=, 4);
	g_assert_cmpint(store_version(), ==, n);
}

/* A file as the program left it when it knew only `version` migrations. */
static void
make_version(const char *path, int version)
{
	g_autoptr(GString) sql = g_string_new("PRAGMA journal_mode = WAL;\n");
	int n = 0;
	for (const struct sql_statement *q = sql_statements; q->name != NULL; q++)
		if (g_str_has_prefix(q->name, "store/migration/") && n++ < version)
			g_string_append(sql, q->text);
	g_string_append_printf(sql, "PRAGMA user_version = %d;\n", version);
	g_string_append(sql, "INSERT INTO checkpoint VALUES (1, 42, 0, 0, 0);\n");
	scratch_run(path, sql->str);
}

static void
test_upgrade(void)
{
	struct scratch s;
	scratch_open(&s);
	for (int version = 1; version < store_version(); version++) {
		g_autofree char *path = g_strdup_printf("%s/old-%d.db", s.folder, version);
		make_version(path, version);
		assert_refused(path, STORE_READ, STORE_ERROR_OPEN, "earlier version");
		g_assert_cmpint(user_version(path), ==, version);
		g_autoptr(GError) error = NULL;
		g_autoptr(store) db = store_open(path, STORE_WRITE, &error);
		g_assert_no_error(error);
		g_assert_cmpint(cursor_of(db), ==, 42);
	}
	scratch_close(&s);
}

static void
test_newer(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *sql = g_strdup_printf("PRAGMA user_version = %d", store_version() + 1);
	scratch_run(s.path, sql);
	g_clear_pointer(&s.db, store_close);
	assert_refused(s.path, STORE_WRITE, STORE_ERROR_NEWER, "later version");
	assert_refused(s.path, STORE_READ, STORE_ERROR_NEWER, "later version");
	g_assert_cmpint(user_version(s.path), ==, store_version() + 1);
	scratch_close(&s);
}

/* [store] path names Asterisk's own master.db: nothing of ours may get into it. */
static void
test_foreign(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *path = g_build_filename(s.folder, "master.db", NULL);
	scratch_run(path, "CREATE TABLE cel (id INTEGER)");
	g_autofree char *before = NULL, *after = NULL;
	gsize n_before, n_after;
	g_assert_true(g_file_get_contents(path, &before, &n_before, NULL));
	assert_refused(path, STORE_WRITE, STORE_ERROR_OPEN, "another program");
	assert_refused(path, STORE_READ, STORE_ERROR_OPEN, "another program");
	g_assert_true(g_file_get_contents(path, &after, &n_after, NULL));
	g_assert_cmpmem(before, n_before, after, n_after);
	scratch_close(&s);
}

static void
test_garbage(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *path = g_build_filename(s.folder, "garbage.db", NULL);
	g_autofree char *bytes = g_malloc(8192);
	memset(bytes, 'x', 8192);
	g_assert_true(g_file_set_contents(path, bytes, 8192, NULL));
	assert_refused(path, STORE_WRITE, STORE_ERROR_CORRUPT, "not a database");
	assert_refused(path, STORE_READ, STORE_ERROR_CORRUPT, "not a database");
	g_autofree char *after = NULL;
	gsize n;
	g_assert_true(g_file_get_contents(path, &after, &n, NULL));
	g_assert_cmpmem(bytes, 8192, after, n);

	/* No table is in an empty file: there is nothing to read, but all may be written. */
	g_autofree char *empty = g_build_filename(s.folder, "empty.db", NULL);
	g_assert_true(g_file_set_contents(empty, "", 0, NULL));
	assert_refused(empty, STORE_READ, STORE_ERROR_OPEN, "earlier version");
	g_autoptr(store) db = store_open(empty, STORE_WRITE, NULL);
	g_assert_nonnull(db);
	scratch_close(&s);
}

/* The header is whole, the pages behind it are not. */
static void
test_damaged(void)
{
	struct scratch s;
	scratch_open(&s);
	assert_begin(s.db);
	for (int i = 0; i < 2000; i++) {
		gboolean added;
		g_autofree char *callid = g_strdup_printf("1763900900.%d", i);
		g_assert_true(outbox_put(s.db,
		    &(struct outbox_new){
			.callid = callid, .ext = "101", .event = "COMPLETED", .body = "x" },
		    1, &added, NULL));
	}
	assert_commit(s.db);
	g_clear_pointer(&s.db, store_close);

	const int fd = open(s.path, O_WRONLY | O_CLOEXEC);
	struct stat status;
	g_assert_cmpint(fstat(fd, &status), ==, 0);
	g_autofree char *bytes = g_malloc(4096);
	memset(bytes, 0x5a, 4096);
	g_assert_cmpint(status.st_size, >, 60 * 4096);
	for (off_t at = 40 * 4096; at < status.st_size; at += 4096)
		g_assert_cmpint(pwrite(fd, bytes, 4096, at), ==, 4096);
	close(fd);

	g_autoptr(GError) error = NULL;
	s.db = store_open(s.path, STORE_WRITE, &error);
	g_assert_no_error(error);
	for (int i = 0; i < 2000 && error == NULL; i++) {
		g_autofree char *callid = g_strdup_printf("1763900900.%d", i);
		GArray *items = outbox_of_call(s.db, callid, &error);
		g_clear_pointer(&items, g_array_unref);
	}
	g_assert_error(error, STORE_ERROR, STORE_ERROR_CORRUPT);
	g_assert_nonnull(strstr(error->message, s.path));
	g_assert_nonnull(strstr(error->message, "\nMove the file aside"));
	scratch_close(&s);
}

static void
test_no_file(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *missing = g_build_filename(s.folder, "missing.db", NULL);
	assert_refused(missing, STORE_READ, STORE_ERROR_OPEN, "No such file");
	g_assert_false(g_file_test(missing, G_FILE_TEST_EXISTS));
	g_autofree char *no_folder = g_build_filename(s.folder, "no", "folder.db", NULL);
	assert_refused(no_folder, STORE_WRITE, STORE_ERROR_OPEN, "No such file");
	assert_refused(s.folder, STORE_WRITE, STORE_ERROR_OPEN, "");
	assert_refused(s.folder, STORE_READ, STORE_ERROR_OPEN, "");
	scratch_close(&s);
}

static void
test_read(void)
{
	struct scratch s;
	scratch_open(&s);
	write_cursor(s.db, 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(store) reader = store_open(s.path, STORE_READ, &error);
	g_assert_no_error(error);
	g_assert_cmpint(cursor_of(reader), ==, 1);
	/* A reader sees what was committed, not what is being written, and holds nobody up. */
	assert_begin(s.db);
	write_cursor(s.db, 2);
	g_assert_cmpint(cursor_of(reader), ==, 1);
	assert_commit(s.db);
	g_assert_cmpint(cursor_of(reader), ==, 2);

	g_assert_false(checkpoint_put(reader, &(struct checkpoint){ .cursor = 3 }, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_OPEN);
	g_clear_error(&error);
	/* Its transaction is one view of the file, whatever is written meanwhile. */
	assert_begin(reader);
	g_assert_cmpint(cursor_of(reader), ==, 2);
	write_cursor(s.db, 4);
	g_assert_cmpint(cursor_of(reader), ==, 2);
	assert_commit(reader);
	g_assert_cmpint(cursor_of(reader), ==, 4);

	/* Sightings are looked at, none is dropped. */
	gint64 id;
	g_assert_true(checkpoint_sight(s.db, 10, 100, NULL));
	g_assert_true(checkpoint_sight(s.db, 20, 200, NULL));
	g_assert_true(checkpoint_seasoned(reader, 250, &id, NULL));
	g_assert_cmpint(id, ==, 20);
	g_assert_true(checkpoint_seasoned(reader, 150, &id, NULL));
	g_assert_cmpint(id, ==, 10);
	scratch_close(&s);
}

/* In a process of its own, as a user who may read the file and write nothing: the cursor, or what went wrong. */
static int
cursor_as_nobody(const char *path)
{
	const pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
			_exit(200);
		g_autoptr(GError) error = NULL;
		g_autoptr(store) db = store_open(path, STORE_READ, &error);
		struct checkpoint checkpoint;
		gboolean found;
		if (db == NULL || !checkpoint_get(db, &checkpoint, &found, &error))
			_exit(g_error_matches(error, STORE_ERROR, STORE_ERROR_OPEN) ? 201 : 202);
		_exit((int)checkpoint.cursor);
	}
	int status;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_read_other_user(void)
{
	if (geteuid() != 0) {
		g_test_skip("only root can become another user");
		return;
	}
	struct scratch s;
	scratch_open(&s);
	g_autofree char *wal = g_strconcat(s.path, "-wal", NULL);
	g_autofree char *shm = g_strconcat(s.path, "-shm", NULL);
	g_assert_cmpint(chmod(s.folder, 0755), ==, 0);
	g_assert_cmpint(chmod(s.path, 0644), ==, 0);
	write_cursor(s.db, 41);
	g_clear_pointer(&s.db, store_close);
	/* -wal and -shm stay, and are empty of what is not in the file. */
	g_assert_true(g_file_test(wal, G_FILE_TEST_EXISTS));
	g_assert_cmpint(chmod(wal, 0644), ==, 0);
	g_assert_cmpint(chmod(shm, 0644), ==, 0);
	g_assert_cmpint(cursor_as_nobody(s.path), ==, 41);

	s.db = store_open(s.path, STORE_WRITE, NULL);
	write_cursor(s.db, 42);
	g_assert_cmpint(cursor_as_nobody(s.path), ==, 42);
	g_clear_pointer(&s.db, store_close);

	g_assert_cmpint(g_remove(wal), ==, 0);
	g_assert_cmpint(g_remove(shm), ==, 0);
	g_assert_cmpint(cursor_as_nobody(s.path), ==, 42);
	g_assert_false(g_file_test(wal, G_FILE_TEST_EXISTS));

	/* Who may not read it is told so. */
	g_assert_cmpint(chmod(s.path, 0600), ==, 0);
	g_assert_cmpint(cursor_as_nobody(s.path), ==, 201);
	scratch_close(&s);
}

/* The same user, the same copy without -wal and -shm: they are made, and nothing is lost. */
static void
test_read_copy(void)
{
	struct scratch s;
	scratch_open(&s);
	write_cursor(s.db, 5);
	g_clear_pointer(&s.db, store_close);
	g_autofree char *copy = g_build_filename(s.folder, "copy #1?.db", NULL);
	g_autofree char *bytes = NULL;
	gsize n;
	g_assert_true(g_file_get_contents(s.path, &bytes, &n, NULL));
	g_assert_true(g_file_set_contents(copy, bytes, (gssize)n, NULL));
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(copy, STORE_READ, &error);
	g_assert_no_error(error);
	g_assert_cmpint(cursor_of(db), ==, 5);
	scratch_close(&s);
}

/*
 * A commit that SQLite refuses leaves its transaction open: it must be rolled back, or no other could begin. A full disk rolls back by itself,
 * so what fails here is a reference that is checked by the commit. Tried: no store_rollback() in store_commit().
 */
static void
test_commit_fails(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autoptr(GError) error = NULL;
	assert_begin(s.db);
	write_cursor(s.db, 1);
	assert_commit(s.db);
	g_assert_cmpint(sqlite3_exec(s.db->handle,
			    "CREATE TEMP TABLE there (n INTEGER PRIMARY KEY); CREATE TEMP TABLE "
			    "refers (n INTEGER "
			    "REFERENCES there DEFERRABLE INITIALLY DEFERRED)",
			    NULL, NULL, NULL),
	    ==, SQLITE_OK);
	assert_begin(s.db);
	write_cursor(s.db, 2);
	g_assert_cmpint(
	    sqlite3_exec(s.db->handle, "INSERT INTO refers VALUES (7)", NULL, NULL, NULL), ==,
	    SQLITE_OK);
	g_assert_false(store_commit(s.db, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_SQL);
	g_assert_cmpint(sqlite3_get_autocommit(s.db->handle), ==, 1);
	g_assert_cmpint(cursor_of(s.db), ==, 1);
	assert_begin(s.db);
	write_cursor(s.db, 3);
	assert_commit(s.db);
	g_assert_cmpint(cursor_of(s.db), ==, 3);
	scratch_close(&s);
}

static void
test_transactions(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autoptr(GError) error = NULL;
	assert_begin(s.db);
	write_cursor(s.db, 1);
	assert_commit(s.db);
	assert_begin(s.db);
	write_cursor(s.db, 2);
	store_rollback(s.db);
	store_rollback(s.db);
	g_assert_cmpint(cursor_of(s.db), ==, 1);

	/* They do not nest, and a commit wants one. */
	assert_begin(s.db);
	g_assert_false(store_begin(s.db, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_SQL);
	g_clear_error(&error);
	store_rollback(s.db);
	g_assert_false(store_commit(s.db, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_SQL);

	/* A statement left before its last row does not outlive the rollback. */
	assert_begin(s.db);
	write_cursor(s.db, 3);
	statement *get = store_query(s.db, "checkpoint/get");
	g_assert_cmpint(store_step(get, NULL), ==, 1);
	store_rollback(s.db);
	g_assert_cmpint(cursor_of(s.db), ==, 1);
	scratch_close(&s);
}

static void
put_mark(store *db, gint64 id, gboolean backwards)
{
	statement *put = store_query(db, "mark/put");
	if (!backwards)
		store_bind_int(put, ":id", id);
	store_bind_text(put, ":uniqueid", "u");
	store_bind_int(put, ":wall", id + 1);
	if (backwards)
		store_bind_int(put, ":id", id);
	g_assert_true(store_run(put, NULL, NULL));
}

/* In whatever order parameters get their values, and after SQLite prepared the statement anew. */
static void
test_bindings(void)
{
	struct scratch s;
	scratch_open(&s);
	put_mark(s.db, 1, FALSE);
	put_mark(s.db, 2, TRUE);
	put_mark(s.db, 3, FALSE);
	g_assert_true(store_compact(s.db, NULL));
	scratch_run(s.path, "CREATE TABLE later (x); DROP TABLE later");
	put_mark(s.db, 4, TRUE);
	put_mark(s.db, 5, FALSE);
	g_autofree char *marks =
	    scratch_shell(s.path, "SELECT id, uniqueid, wall FROM mark ORDER BY id");
	g_assert_cmpstr(marks, ==, "1|u|2\n2|u|3\n3|u|4\n4|u|5\n5|u|6");
	scratch_close(&s);
}

static void
test_busy(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autoptr(GError) error = NULL;
	g_autoptr(store) other = store_open(s.path, STORE_WRITE, &error);
	g_assert_no_error(error);
	assert_begin(other);
	g_assert_false(store_begin(s.db, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_BUSY);
	g_assert_nonnull(strstr(error->message, s.path));
	assert_commit(other);
	assert_begin(s.db);
	assert_commit(s.db);
	scratch_close(&s);
}

/* Exit code of a child with a file system of its own, 1 MiB big, that is filled to the last byte. */
static int
fill_disk(const char *folder)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", folder, "tmpfs", 0, "size=1m") != 0)
		return 77;
	g_autofree char *path = g_build_filename(folder, "celsync.db", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open(path, STORE_WRITE, &error);
	g_assert_no_error(error);
	write_cursor(db, 1);
	g_autofree char *body = g_strnfill(2000, 'b');
	for (int i = 0; error == NULL && i < 10000; i++) {
		gboolean added;
		const struct outbox_new item = {
			.callid = "c", .ext = "1", .event = "E", .n = i, .body = body
		};
		assert_begin(db);
		if (!checkpoint_put(db, &(struct checkpoint){ .cursor = i + 2 }, &error) ||
		    !outbox_put(db, &item, 1, &added, &error)) {
			store_rollback(db);
			g_assert_cmpint(cursor_of(db), ==, i + 1);
		} else if (!store_commit(db, &error))
			g_assert_cmpint(cursor_of(db), ==, i + 1);
	}
	g_assert_error(error, STORE_ERROR, STORE_ERROR_FULL);
	g_assert_nonnull(strstr(error->message, "\nMake room"));
	/* No new file fits either. */
	g_autofree char *filler = g_build_filename(folder, "filler", NULL);
	const int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, body, 2000) > 0 || write(fd, body, 1) > 0)
		continue;
	close(fd);
	g_clear_error(&error);
	g_autofree char *second = g_build_filename(folder, "second.db", NULL);
	g_assert_null(store_open(second, STORE_WRITE, &error));
	g_assert_error(error, STORE_ERROR, STORE_ERROR_FULL);
	return 0;
}

static void
test_full(void)
{
	struct scratch s;
	scratch_open(&s);
	g_autofree char *folder = g_build_filename(s.folder, "small", NULL);
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	const pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0)
		_exit(fill_disk(folder));
	int status;
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		g_test_skip("only root can mount a small file system");
	else
		g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	scratch_close(&s);
}

/* Several first runs at once: one makes the tables, none fails. */
static void
test_first_runs(void)
{
	struct scratch s;
	scratch_open(&s);
	for (int round = 0; round < 10; round++) {
		g_autofree char *path = g_strdup_printf("%s/first-%d.db", s.folder, round);
		pid_t pids[6];
		for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
			pids[i] = fork();
			g_assert_cmpint(pids[i], >=, 0);
			if (pids[i] == 0) {
				g_autoptr(GError) error = NULL;
				store *db = store_open(path, STORE_WRITE, &error);
				if (db == NULL)
					g_error("%s", error->message);
				write_cursor(db, 9);
				store_close(db);
				_exit(0);
			}
		}
		for (gsize i = 0; i < G_N_ELEMENTS(pids); i++) {
			int status;
			g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
			g_assert_cmpint(status, ==, 0);
		}
		g_autoptr(store) db = store_open(path, STORE_READ, NULL);
		g_assert_cmpint(cursor_of(db), ==, 9);
		g_autofree char *check = scratch_shell(path, "PRAGMA integrity_check");
		g_assert_cmpstr(check, ==, "ok");
	}
	scratch_close(&s);
}

/* Mistakes of this program show themselves at once, with the statement's name. */
static void
test_mistakes(void)
{
	if (g_test_subprocess()) {
		const char *which = g_getenv("MISTAKE");
		struct scratch s;
		scratch_open(&s);
		statement *of = store_query(s.db, "open/of");
		if (g_str_equal(which, "name"))
			store_query(s.db, "open/nothing");
		if (g_str_equal(which, "parameter"))
			store_bind_text(of, ":nothing", "x");
		if (g_str_equal(which, "unbound"))
			store_step(of, NULL);
		if (g_str_equal(which, "twice")) {
			write_cursor(s.db, 1);
			store_step(store_query(s.db, "checkpoint/get"), NULL);
			store_query(s.db, "checkpoint/get");
		}
		return;
	}
	const char *const mistakes[][2] = {
		{ "name", "*no statement is named open/nothing*" },
		{ "parameter", "*open/of has no parameter :nothing*" },
		{ "unbound", "*open/of: a parameter has no value*" },
		{ "twice", "*checkpoint/get is asked for again*" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(mistakes); i++) {
		g_autofree char *folder = g_dir_make_tmp("celsync-mistake-XXXXXX", NULL);
		g_setenv("MISTAKE", mistakes[i][0], TRUE);
		g_setenv("TMPDIR", folder, TRUE);
		g_test_trap_subprocess(NULL, 0, 0);
		g_test_trap_assert_failed();
		g_test_trap_assert_stderr(mistakes[i][1]);
		g_unsetenv("TMPDIR");
		const char *const argv[] = { "rm", "-rf", folder, NULL };
		g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
		    NULL, NULL, NULL, NULL, NULL));
	}
}

/* Every statement that is prepared is used, and every one that is used is there. */
static void
test_statements_used(void)
{
	const char *top = g_getenv("CELSYNC_TOP") != NULL ? g_getenv("CELSYNC_TOP") : ".";
	g_autofree char *folder = g_build_filename(top, "store", NULL);
	GDir *dir = g_dir_open(folder, 0, NULL);
	g_assert_nonnull(dir);
	g_autoptr(GString) sources = g_string_new("");
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *text = NULL;
		if (g_str_has_suffix(name, ".c") && g_file_get_contents(path, &text, NULL, NULL))
			g_string_append(sources, text);
	}
	g_dir_close(dir);

	int n = 0;
	struct scratch s;
	scratch_open(&s);
	g_autoptr(GError) error = NULL;
	store_prepare_all(s.db, &error);
	g_assert_no_error(error);
	for (const struct sql_statement *q = sql_statements; q->name != NULL; q++) {
		if (!g_str_has_prefix(q->name, "store/") ||
		    g_str_has_prefix(q->name, "store/migration/"))
			continue;
		const char *name = q->name + strlen("store/");
		g_autofree char *below = g_strdup_printf("\"%s\"", name);
		g_autofree char *whole = g_strdup_printf("sql_text(\"%s\")", q->name);
		if (strstr(sources->str, below) == NULL && strstr(sources->str, whole) == NULL)
			g_error("no file of store/ uses %s", q->name);
		g_assert_nonnull(store_query(s.db, name));
		/* The file is there, so the table was made from what is in the repository. */
		g_autofree char *file = g_strdup_printf("%s/sql/%s.sql", top, q->name);
		g_assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
		n++;
	}
	g_assert_cmpint(n, >, 40);
	scratch_close(&s);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/store/create", test_create);
	g_test_add_func("/store/schema", test_schema);
	g_test_add_func("/store/migration-names", test_migration_names);
	g_test_add_func("/store/upgrade", test_upgrade);
	g_test_add_func("/store/newer", test_newer);
	g_test_add_func("/store/foreign", test_foreign);
	g_test_add_func("/store/garbage", test_garbage);
	g_test_add_func("/store/damaged", test_damaged);
	g_test_add_func("/store/no-file", test_no_file);
	g_test_add_func("/store/read", test_read);
	g_test_add_func("/store/read-other-user", test_read_other_user);
	g_test_add_func("/store/read-copy", test_read_copy);
	g_test_add_func("/store/transactions", test_transactions);
	g_test_add_func("/store/bindings", test_bindings);
	g_test_add_func("/store/commit-that-fails", test_commit_fails);
	g_test_add_func("/store/busy", test_busy);
	g_test_add_func("/store/full", test_full);
	g_test_add_func("/store/first-runs", test_first_runs);
	g_test_add_func("/store/mistakes", test_mistakes);
	g_test_add_func("/store/statements-used", test_statements_used);
	return g_test_run();
}
