#include "sync/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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
	return (int)fd;
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
