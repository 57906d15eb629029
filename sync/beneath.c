#include "sync/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opens the next folder of a path; closes `at`. A symbolic link is refused, as is what is no folder. */
static int
enter(int at, const char *name)
{
	struct stat status;
	int fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	beneath_close(&at);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		return fd;
	close(fd);
	errno = S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
	return -1;
}

/* The same step by step, for kernels before 5.6. A path with ".." is refused: none that Asterisk writes has it. */
static int
open_by_steps(int dir, const char *path, int flags, mode_t mode)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	const char *last = ".";
	int at = fcntl(dir, F_DUPFD_CLOEXEC, 0);

	if (path[0] == '/' || g_strcmp0(names[0], "..") == 0) {
		beneath_close(&at);
		errno = EXDEV;
		return -1;
	}
	for (char **name = names; *name != NULL && at >= 0; name++) {
		if (**name == '\0' || strcmp(*name, ".") == 0)
			continue;
		at = strcmp(last, ".") == 0 ? at : enter(at, last);
		last = *name;
		if (at >= 0 && strcmp(last, "..") == 0) {
			close(at);
			errno = ENOENT;
			return -1;
		}
	}
	if (at < 0)
		return -1;
	int fd = openat(at, last, flags | O_NOFOLLOW, mode);
	beneath_close(&at);
	return fd;
}

int
beneath_open(int dir, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (guint64)(flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 && errno == ENOSYS ? open_by_steps(dir, path, (int)how.flags, mode) : (int)fd;
}

int
beneath_open_folder(int dir, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	g_autofree char *folder = slash ? g_strndup(path, (gsize)(slash - path)) : g_strdup(".");

	*name = slash ? slash + 1 : path;
	return beneath_open(dir, folder, O_RDONLY | O_DIRECTORY, 0);
}

gint64
beneath_time(const struct timespec *time)
{
	return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_nsec / 1000;
}

int
beneath_write(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

gboolean
beneath_being_written(int fd)
{
	static gsize once;

	/* Whoever opens the file meanwhile makes the kernel send us SIGIO, which would end the program. */
	if (g_once_init_enter(&once)) {
		signal(SIGIO, SIG_IGN);
		g_once_init_leave(&once, 1);
	}
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return FALSE;
}

void
beneath_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

int
beneath_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}
