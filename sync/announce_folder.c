#include "sync/announce_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST 65536
#define STALE_SECONDS 60 /* a temporary file this old was left by a program that is gone */

struct announce_file {
	char *folder, *stem; /* owned */
	int fd;
	enum announced worst;
};

char *
announce_folder(const char *store_path)
{
	g_autofree char *parent = g_path_get_dirname(store_path);
	return g_build_filename(parent, "announce", NULL);
}

static void
set_error(GError **error, const char *path, const char *what)
{
	int e = errno;
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(e),
	    _("%s %s: %s\nIts folder must belong to the user celsync and Asterisk run as."), path,
	    what, g_strerror(e));
}

static int
open_in(const char *folder, const char *name, int flags)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static gboolean
lock(int fd, int how)
{
	int got;
	while ((got = flock(fd, how)) < 0 && errno == EINTR)
		continue;
	return got == 0;
}

static gboolean
write_all(int fd, const char *text)
{
	gsize n = strlen(text);
	ssize_t written;
	while ((written = write(fd, text, n)) < 0 && errno == EINTR)
		continue;
	return written == (ssize_t)n;
}

/* Reads a small file; NULL: it is too long, or it cannot be read. Free with g_free. */
static char *
read_small(int fd, gsize most)
{
	g_autofree char *text = g_malloc(most + 1);
	gsize used = 0;
	ssize_t n;
	while ((n = pread(fd, text + used, most - used, (off_t)used)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (used += (gsize)n) == most)
			return NULL;
	}
	text[used] = '\0';
	return g_steal_pointer(&text);
}

/* Adds one to the counter, or makes it 0, under its lock; returns what it was, 0 where there is none. The new number is written over the
 * old one before the rest is cut off: whoever looks without the lock, or after a crash in between, never finds the file empty. */
static gint64
count(const char *folder, gboolean reset)
{
	int fd = open_in(folder, "dropped", reset ? O_RDWR : O_RDWR | O_CREAT);
	if (fd < 0)
		return 0;
	gint64 n = 0;
	/* Whoever holds it does so for a moment. */
	if (lock(fd, LOCK_EX)) {
		g_autofree char *text = read_small(fd, 64);
		g_autofree char *next = NULL;
		n = text != NULL ? MAX(0, g_ascii_strtoll(text, NULL, 10)) : 0;
		next = g_strdup_printf("%" G_GINT64_FORMAT "\n", reset ? 0 : n + 1);
		/* Where it is not cut off, what follows the line is never read. */
		(void)((n > 0 || !reset) && lseek(fd, 0, SEEK_SET) == 0 && write_all(fd, next) &&
		       ftruncate(fd, (off_t)strlen(next)) == 0);
	}
	close(fd);
	return n;
}

gint64
announce_dropped(const char *folder)
{
	return count(folder, TRUE);
}

/* The side of `announce`. */

enum announce_slot
announce_take_slot(const char *folder, GError **error)
{
	if (g_mkdir(folder, 0700) != 0 && errno != EEXIST) {
		set_error(error, folder, _("cannot be made"));
		return ANNOUNCE_SLOT_FAILED;
	}
	for (int i = 0; i < ANNOUNCE_SLOTS; i++) {
		char name[16];
		g_snprintf(name, sizeof name, "slot.%02d", i);
		int fd = open_in(folder, name, O_RDWR | O_CREAT);
		if (fd < 0) {
			set_error(error, folder, _("cannot be written"));
			return ANNOUNCE_SLOT_FAILED;
		}
		/* Stays open: the lock ends with the process. */
		if (lock(fd, LOCK_EX | LOCK_NB))
			return ANNOUNCE_SLOT_TAKEN;
		close(fd);
	}
	count(folder, FALSE);
	return ANNOUNCE_SLOT_NONE;
}

static gboolean
rename_in(const char *folder, const char *from, const char *to)
{
	g_autofree char *old = g_build_filename(folder, from, NULL);
	g_autofree char *new = g_build_filename(folder, to, NULL);
	return g_rename(old, new) == 0;
}

announce_file *
announce_drop(const char *folder, const struct announcement *a, GError **error)
{
	g_autofree char *stem =
	    g_strdup_printf("%020" G_GINT64_FORMAT "-%08x", a->at, g_random_int());
	g_autofree char *temporary = g_strdup_printf(".%s.tmp", stem);
	g_autofree char *name = g_strconcat(stem, ".new", NULL);
	g_autofree char *text = announcement_text(a);
	int fd = open_in(folder, temporary, O_RDWR | O_CREAT | O_EXCL | O_APPEND);
	if (fd >= 0 && lock(fd, LOCK_EX | LOCK_NB) && write_all(fd, text) &&
	    rename_in(folder, temporary, name)) {
		announce_file *file = g_new0(announce_file, 1);
		file->folder = g_strdup(folder);
		file->stem = g_steal_pointer(&stem);
		file->fd = fd;
		return file;
	}
	set_error(error, folder, _("takes no announcement"));
	if (fd >= 0) {
		announce_remove(folder, temporary);
		close(fd);
	}
	return NULL;
}

gboolean
announce_note(announce_file *file, const char *ext, enum announced outcome, gint64 status,
    const char *answer, GError **error)
{
	g_autofree char *line = announcement_outcome(ext, outcome, status, answer);
	file->worst = MAX(file->worst, outcome);
	if (write_all(file->fd, line))
		return TRUE;
	set_error(error, file->folder, _("takes no outcome"));
	return FALSE;
}

void
announce_finish(announce_file *file)
{
	if (file == NULL)
		return;
	g_autofree char *old = g_strconcat(file->stem, ".new", NULL);
	g_autofree char *new = g_strconcat(file->stem, ".", announced_name(file->worst), NULL);
	/* A file that keeps its name is taken in all the same. */
	rename_in(file->folder, old, new);
	close(file->fd);
	g_free(file->folder);
	g_free(file->stem);
	g_free(file);
}

/* The side of a pass. */

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
sweep(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	struct stat st;
	if (lstat(path, &st) == 0 && st.st_mtime < time(NULL) - STALE_SECONDS)
		g_unlink(path);
}

GPtrArray *
announce_list(const char *folder, guint most, GError **error)
{
	static const char *const endings[] = { ".new", ".sent", ".failed", ".unknown" };
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	if (!g_file_test(folder, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&names);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
	if (dir == NULL)
		return NULL;
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		if (g_str_has_suffix(name, ".tmp"))
			sweep(folder, name);
		for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
			if (g_str_has_suffix(name, endings[i]))
				g_ptr_array_add(names, g_strdup(name));
		}
	}
	g_ptr_array_sort(names, by_name);
	if (names->len > most)
		g_ptr_array_set_size(names, (gint)most);
	return g_steal_pointer(&names);
}

enum announce_read
announce_read(const char *folder, const char *name, struct announcement *a)
{
	int fd = open_in(folder, name, O_RDONLY);
	if (fd < 0)
		return errno == ENOENT ? ANNOUNCE_GONE : ANNOUNCE_BROKEN;
	struct stat st;
	enum announce_read is = ANNOUNCE_BROKEN;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		/* The lock first: who has it knows that nothing will be added. */
		gboolean alone = lock(fd, LOCK_EX | LOCK_NB);
		g_autofree char *text = read_small(fd, FILE_MOST);
		if (text != NULL && announcement_read(text, a))
			is = alone ? ANNOUNCE_READ : ANNOUNCE_UNDER_WAY;
	}
	close(fd);
	return is;
}

void
announce_remove(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_unlink(path);
}
