/*
 * Files below an open folder. A path comes from a database that others write: it may neither leave the
 * folder nor pass through a symbolic link, whatever happens on the disk meanwhile. The kernel sees to it
 * (openat2, Linux 5.6, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS); an older one is asked for each folder on the way.
 */
#ifndef CELSYNC_BENEATH_H
#define CELSYNC_BENEATH_H

#include <sys/types.h>
#include <time.h>

#include <glib.h>

/* As openat(), with O_CLOEXEC and O_NONBLOCK (a FIFO must not hang us); -1 and errno. */
int beneath_open(int dir, const char *path, int flags, mode_t mode);
/* The folder that `path` is in; *name is the path's last part, borrowed from it. -1 and errno. */
int beneath_open_folder(int dir, const char *path, const char **name);

/* A file's time in µs UTC. */
gint64 beneath_time(const struct timespec *time);

/* Writes all of it; -1 and errno. */
int beneath_write(int fd, const void *data, size_t length);

/*
 * TRUE when somebody has this file open for writing, whoever it is. The kernel is asked by way of a lease (fcntl(2),
 * F_SETLEASE), which it grants to the file's owner and to root on local file systems; elsewhere the answer is FALSE, and
 * only size and time can tell. An open() that comes in that moment waits for the microseconds this takes.
 */
gboolean beneath_being_written(int fd);

/* A descriptor that closes itself at the end of its block; start it as -1. Stolen, it stays open. */
void beneath_close(const int *fd);
int beneath_steal(int *fd);
#define beneath_fd __attribute__((cleanup(beneath_close))) int

#endif
