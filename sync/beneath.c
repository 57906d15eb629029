#include "sync/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib.h>

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
