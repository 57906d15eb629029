#include "sync/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

struct run_lock {
	int fd;
};

enum lock_outcome
lock_take(const char *store_path, const char *name, run_lock **lock, GError **error)
{
	g_autofree char *path = g_strdup_printf("%s.%s.lock", store_path, name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*lock = NULL;
	if (fd < 0) {
		int e = errno;

		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(e),
		    _("the lock file %s cannot be opened: %s\n"
		      "Its folder must exist and belong to the user celsync runs as."),
		    path, g_strerror(e));
		return LOCK_FAILED;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int e = errno;

		if (e == EINTR)
			continue;
		close(fd);
		if (e == EWOULDBLOCK)
			return LOCK_BUSY;
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(e),
		    _("the file %s cannot be locked: %s\n"
		      "The store must lie on a local file system that knows flock."),
		    path, g_strerror(e));
		return LOCK_FAILED;
	}
	*lock = g_new(run_lock, 1);
	(*lock)->fd = fd;
	return LOCK_TAKEN;
}

void
lock_release(run_lock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	g_free(lock);
}
