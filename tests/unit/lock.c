/* Run locks: between processes, two names, dropped with the process. */
#include "sync/lock.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
	char *folder, *store, *read_lock, *deliver_lock;
};

static void
set_up(struct scratch *s, gconstpointer data)
{
	(void)data;
	s->folder = g_dir_make_tmp("celsync-lock-XXXXXX", NULL);
	s->store = g_build_filename(s->folder, "store.db", NULL);
	s->read_lock = g_strconcat(s->store, ".read.lock", NULL);
	s->deliver_lock = g_strconcat(s->store, ".deliver.lock", NULL);
}

static void
tear_down(struct scratch *s, gconstpointer data)
{
	(void)data;
	g_unlink(s->read_lock);
	g_unlink(s->deliver_lock);
	g_assert_cmpint(g_rmdir(s->folder), ==, 0);
	g_free(s->folder);
	g_free(s->store);
	g_free(s->read_lock);
	g_free(s->deliver_lock);
}

static enum lock_outcome
try_lock(const struct scratch *s, const char *name)
{
	g_autoptr(run_lock) lock = NULL;
	GError *error = NULL;
	enum lock_outcome outcome = lock_take(s->store, name, &lock, &error);

	g_assert_no_error(error);
	g_assert_true((outcome == LOCK_TAKEN) == (lock != NULL));
	return outcome;
}

static void
test_taken_and_busy(struct scratch *s, gconstpointer data)
{
	run_lock *lock;
	GError *error = NULL;
	struct stat st;

	(void)data;
	g_assert_cmpint(lock_take(s->store, "read", &lock, &error), ==, LOCK_TAKEN);
	g_assert_no_error(error);
	g_assert_cmpint(try_lock(s, "read"), ==, LOCK_BUSY);
	g_assert_cmpint(try_lock(s, "deliver"), ==, LOCK_TAKEN);
	lock_release(lock);
	g_assert_cmpint(try_lock(s, "read"), ==, LOCK_TAKEN);
	/* The file stays, or two runs could hold locks on two files of one name. */
	g_assert_cmpint(g_stat(s->read_lock, &st), ==, 0);
	g_assert_cmpuint(st.st_mode & 0077, ==, 0);
}

static void
test_dropped_when_killed(struct scratch *s, gconstpointer data)
{
	int ready[2];
	char c;
	pid_t child;

	(void)data;
	g_assert_cmpint(pipe(ready), ==, 0);
	child = fork();
	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		run_lock *lock;

		if (lock_take(s->store, "read", &lock, NULL) != LOCK_TAKEN ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	g_assert_cmpint(read(ready[0], &c, 1), ==, 1);
	close(ready[0]);
	g_assert_cmpint(try_lock(s, "read"), ==, LOCK_BUSY);
	kill(child, SIGKILL);
	g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	g_assert_cmpint(try_lock(s, "read"), ==, LOCK_TAKEN);
}

/* A program started meanwhile (exec) must not keep the lock alive. */
static void
test_not_inherited(struct scratch *s, gconstpointer data)
{
	run_lock *lock;
	g_autoptr(GError) error = NULL;
	const char *sleeper[] = { "cat", NULL };
	GPid pid;
	int in;

	(void)data;
	g_assert_cmpint(lock_take(s->store, "read", &lock, NULL), ==, LOCK_TAKEN);
	g_spawn_async_with_pipes(NULL, (char **)sleeper, NULL,
	    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL,
	    NULL, &pid, &in, NULL, NULL, &error);
	g_assert_no_error(error);
	lock_release(lock);
	g_assert_cmpint(try_lock(s, "read"), ==, LOCK_TAKEN);
	close(in);
	waitpid(pid, NULL, 0);
}

static void
test_impossible(struct scratch *s, gconstpointer data)
{
	g_autofree char *nowhere = g_build_filename(s->folder, "no", "store.db", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) link = NULL;
	run_lock *lock = NULL;

	(void)data;
	g_assert_cmpint(lock_take(nowhere, "read", &lock, &error), ==, LOCK_FAILED);
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_assert_null(lock);
	g_assert_true(g_str_has_prefix(error->message, "the lock file "));
	g_assert_nonnull(strstr(error->message, nowhere));

	/* In a folder that others may write, a symbolic link could lead elsewhere. */
	g_assert_cmpint(symlink("/dev/null", s->read_lock), ==, 0);
	g_assert_cmpint(lock_take(s->store, "read", &lock, &link), ==, LOCK_FAILED);
	g_assert_nonnull(link);
	g_assert_null(lock);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
	g_test_add("/lock/" name, struct scratch, NULL, set_up, function, tear_down)
	ADD("taken-and-busy", test_taken_and_busy);
	ADD("dropped-when-killed", test_dropped_when_killed);
	ADD("not-inherited", test_not_inherited);
	ADD("impossible", test_impossible);
	return g_test_run();
}
