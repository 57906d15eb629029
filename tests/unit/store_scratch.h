/* What the tests of store/ share: a folder of their own, a store in it, the sqlite3 shell beside it. */
#ifndef CELSYNC_STORE_SCRATCH_H
#define CELSYNC_STORE_SCRATCH_H

#include "store/store.h"

#include <glib/gstdio.h>

struct scratch {
	char *folder, *path;
	store *db;
};

static inline void
scratch_open(struct scratch *scratch)
{
	g_autoptr(GError) error = NULL;
	scratch->folder = g_dir_make_tmp("celsync-store-XXXXXX", &error);
	g_assert_no_error(error);
	scratch->path = g_build_filename(scratch->folder, "celsync.db", NULL);
	scratch->db = store_open(scratch->path, STORE_WRITE, &error);
	g_assert_no_error(error);
}

static inline void
scratch_close(struct scratch *scratch)
{
	g_clear_pointer(&scratch->db, store_close);
	GDir *dir = g_dir_open(scratch->folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(scratch->folder, name, NULL);
		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_dir_close(dir);
	g_assert_cmpint(g_rmdir(scratch->folder), ==, 0);
	g_clear_pointer(&scratch->folder, g_free);
	g_clear_pointer(&scratch->path, g_free);
}

/* What the sqlite3 shell prints for `sql` on the file; free with g_free. */
static inline char *
scratch_shell(const char *path, const char *sql)
{
	g_autoptr(GError) error = NULL;
	const char *const argv[] = { "sqlite3", "-batch", "-bail", path, sql, NULL };
	char *out = NULL;
	g_autofree char *err = NULL;
	int status;
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err,
	    &status, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(err, ==, "");
	g_assert_true(g_spawn_check_wait_status(status, NULL));
	return g_strchomp(out);
}

static inline void
scratch_run(const char *path, const char *sql)
{
	g_free(scratch_shell(path, sql));
}

#define assert_begin(db) g_assert_true(store_begin(db, NULL))
#define assert_commit(db) g_assert_true(store_commit(db, NULL))

#endif
