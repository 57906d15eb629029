#include "sync/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/crash.h"
#include "sync/beneath.h"
#include "sync/spool.h"

#define SECRET_BYTES 32
#define SECRET_DIGITS (2 * SECRET_BYTES)
#define KEY_DIGITS 32
#define COPY_BLOCK 65536

struct publisher {
	char *folder, *url; /* url ends with a slash */
	char secret[SECRET_DIGITS + 1];
};

G_DEFINE_QUARK(celsync - publish - error, publish_error)

static gboolean
fail(enum publish_error code, const char *path, const char *what, GError **error)
{
	int reason = errno;

	g_set_error(error, PUBLISH_ERROR, code, "%s: %s: %s\n%s", path, what, g_strerror(reason),
	    code == PUBLISH_ERROR_SECRET
		? _("Check [recordings] secret_file and the rights of its folder.")
		: _("Check [recordings] publish_dir, free space and the rights of the folder."));
	return FALSE;
}

static void
to_hex(const guint8 *bytes, gsize n, char *text)
{
	for (gsize i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

static gboolean
random_hex(char text[SECRET_DIGITS + 1])
{
	guint8 bytes[SECRET_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return FALSE;
	to_hex(bytes, sizeof bytes, text);
	return TRUE;
}

/* The file under its temporary name, whole and on the disk. */
static gboolean
write_secret(const char *temporary, const char *secret)
{
	beneath_fd fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 && fchmod(fd, 0600) == 0 && beneath_write(fd, secret, SECRET_DIGITS) == 0 &&
	       beneath_write(fd, "\n", 1) == 0 && fsync(fd) == 0;
}

static gboolean
sync_folder_of(const char *file)
{
	g_autofree char *folder = g_path_get_dirname(file);
	beneath_fd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

/* Two processes may do this at once: link() lets one of them win, and both read the winner's. */
static gboolean
make_secret(const char *file, GError **error)
{
	char secret[SECRET_DIGITS + 1], suffix[SECRET_DIGITS + 1];
	g_autofree char *temporary = NULL;
	gboolean ok;

	if (!random_hex(secret) || !random_hex(suffix))
		return fail(PUBLISH_ERROR_SECRET, file, _("no random numbers"), error);
	temporary = g_strdup_printf("%s.%.16s", file, suffix);
	ok = write_secret(temporary, secret) && (link(temporary, file) == 0 || errno == EEXIST) &&
	     sync_folder_of(file);
	if (!ok)
		fail(PUBLISH_ERROR_SECRET, file, _("cannot be made"), error);
	CRASH_POINT("the secret is there");
	unlink(temporary);
	return ok;
}

static gboolean
read_secret(int fd, const char *file, char secret[SECRET_DIGITS + 1], GError **error)
{
	char text[SECRET_DIGITS + 2] = "";
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return fail(PUBLISH_ERROR_SECRET, file, _("cannot be read"), error);
	if (!S_ISREG(stat.st_mode) || (stat.st_mode & 077)) {
		g_set_error(error, PUBLISH_ERROR, PUBLISH_ERROR_SECRET,
		    _("%s: others can read or change it (mode %04o)\nRun: chmod 600 %s"), file,
		    stat.st_mode & 07777, file);
		return FALSE;
	}
	if (pread(fd, text, SECRET_DIGITS + 1, 0) < 0)
		return fail(PUBLISH_ERROR_SECRET, file, _("cannot be read"), error);
	g_strchomp(text);
	if (strlen(text) != SECRET_DIGITS || strspn(text, "0123456789abcdef") != SECRET_DIGITS) {
		g_set_error(error, PUBLISH_ERROR, PUBLISH_ERROR_SECRET,
		    _("%s: does not hold %d hex digits\nRestore it; without it, links that were "
		      "sent "
		      "end. "
		      "Removed, it is made anew."),
		    file, SECRET_DIGITS);
		return FALSE;
	}
	memcpy(secret, text, SECRET_DIGITS + 1);
	return TRUE;
}

static gboolean
load_secret(const char *file, char secret[SECRET_DIGITS + 1], GError **error)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	beneath_fd fd = open(file, flags);

	if (fd < 0 && errno == ENOENT) {
		if (!make_secret(file, error))
			return FALSE;
		fd = open(file, flags);
	}
	if (fd < 0)
		return fail(PUBLISH_ERROR_SECRET, file, _("cannot be opened"), error);
	return read_secret(fd, file, secret, error);
}

publisher *
publisher_open(const char *publish_dir, const char *url, const char *secret_file, GError **error)
{
	g_autoptr(publisher) self = g_new0(struct publisher, 1);

	self->folder = g_strdup(publish_dir);
	self->url = g_strconcat(url, g_str_has_suffix(url, "/") ? "" : "/", NULL);
	if (!load_secret(secret_file, self->secret, error))
		return NULL;
	return g_steal_pointer(&self);
}

void
publisher_close(publisher *self)
{
	if (!self)
		return;
	explicit_bzero(self->secret, sizeof self->secret);
	g_free(self->folder);
	g_free(self->url);
	g_free(self);
}

/* The secret's digits are the key as they stand: openssl dgst -sha256 -hmac "$(cat FILE)" says the same. */
static char *
key_of(const publisher *self, const char *callid, const char *file)
{
	g_autofree char *what = g_strconcat(callid, "/", file, NULL);
	char *key = g_compute_hmac_for_string(
	    G_CHECKSUM_SHA256, (const guchar *)self->secret, SECRET_DIGITS, what, -1);

	key[KEY_DIGITS] = '\0';
	return key;
}

static char *
link_of(const publisher *self, const char *key, const char *file)
{
	g_autofree char *name = g_uri_escape_string(file, NULL, FALSE);

	return g_strconcat(self->url, key, "/", name, NULL);
}

char *
publisher_link(const publisher *self, const char *callid, const char *file)
{
	g_autofree char *key = key_of(self, callid, file);

	return link_of(self, key, file);
}

/* An open folder, made where there is none; one that we made lets the web server in, whatever our umask is. */
static int
open_folder(int parent, const char *name)
{
	const gboolean made = mkdirat(parent, name, 0755) == 0;

	if (!made && errno != EEXIST)
		return -1;
	beneath_fd fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && made && fchmod(fd, 0755) < 0 ? -1 : beneath_steal(&fd);
}

/* The folder of one key; a run killed in between may have left it closed to the web server. */
static int
open_key(int all, const char *key)
{
	beneath_fd fd = open_folder(all, key);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return -1;
	if ((stat.st_mode & 0777) != 0755 && fchmod(fd, 0755) < 0)
		return -1;
	return fsync(all) < 0 ? -1 : beneath_steal(&fd);
}

static gboolean
copy(int from, int folder, const char *temporary)
{
	beneath_fd to =
	    openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	g_autofree char *block = g_malloc(COPY_BLOCK);
	struct stat stat;
	off_t at = 0;
	ssize_t n;

	if (to < 0 || fstat(from, &stat) < 0)
		return FALSE;
	while ((n = pread(from, block, COPY_BLOCK, at)) > 0) {
		if (beneath_write(to, block, (size_t)n) < 0)
			return FALSE;
		at += n;
	}
	/* The time stays with it: by size and time a copy is known as the same. */
	const struct timespec times[2] = { stat.st_atim, stat.st_mtim };
	return n == 0 && futimens(to, times) == 0 && fchmod(to, 0644) == 0 && fsync(to) == 0;
}

/* The MP3 once more, under a temporary name: a hard link where everyone may read it, and the kernel allows it. */
static gboolean
duplicate(int from, int mp3_folder, const char *name, int folder, const char *temporary)
{
	struct stat wanted, made;

	unlinkat(folder, temporary, 0);
	if (fstat(from, &wanted) < 0)
		return FALSE;
	if ((wanted.st_mode & S_IROTH) && linkat(mp3_folder, name, folder, temporary, 0) == 0) {
		/* It must be the very file that was opened: the name may mean another one by now. */
		if (fstatat(folder, temporary, &made, AT_SYMLINK_NOFOLLOW) == 0 &&
		    wanted.st_ino == made.st_ino && wanted.st_dev == made.st_dev)
			return TRUE;
		unlinkat(folder, temporary, 0);
	}
	return copy(from, folder, temporary);
}

static gboolean
is_there(int from, int folder, const char *name)
{
	struct stat wanted, there;

	if (fstat(from, &wanted) < 0 || fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !(there.st_mode & S_IROTH))
		return FALSE;
	if (wanted.st_ino == there.st_ino && wanted.st_dev == there.st_dev)
		return TRUE;
	return S_ISREG(there.st_mode) && wanted.st_size == there.st_size &&
	       wanted.st_mtim.tv_sec == there.st_mtim.tv_sec &&
	       wanted.st_mtim.tv_nsec == there.st_mtim.tv_nsec;
}

/* In the folder of its key: temporary name, rename, folder on the disk. */
static gboolean
put(int from, int mp3_folder, const char *name, int folder)
{
	g_autofree char *temporary = g_strconcat(".", name, ".celsync-tmp", NULL);

	if (is_there(from, folder, name))
		return TRUE;
	if (duplicate(from, mp3_folder, name, folder, temporary)) {
		CRASH_POINT("before the link's file has its name");
		if (renameat(folder, temporary, folder, name) == 0 && fsync(folder) == 0) {
			CRASH_POINT("after the link's file has its name");
			return TRUE;
		}
	}
	int saved = errno;
	unlinkat(folder, temporary, 0);
	errno = saved;
	return FALSE;
}

char *
publisher_publish(publisher *self, int dir, const char *mp3, const char *callid, GError **error)
{
	const char *name = spool_base_name(mp3);
	g_autofree char *key = key_of(self, callid, name);
	beneath_fd mp3_folder = beneath_open_folder(dir, mp3, &name);
	beneath_fd from = mp3_folder < 0 ? -1 : beneath_open(mp3_folder, name, O_RDONLY, 0);
	beneath_fd all = -1, folder = -1;

	if (from < 0) {
		fail(PUBLISH_ERROR_WRITE, mp3, _("cannot be opened"), error);
		return NULL;
	}
	all = open_folder(AT_FDCWD, self->folder);
	folder = all < 0 ? -1 : open_key(all, key);
	if (folder < 0 || !put(from, mp3_folder, name, folder)) {
		fail(PUBLISH_ERROR_WRITE, self->folder, _("the recording cannot be put there"),
		    error);
		return NULL;
	}
	return link_of(self, key, name);
}

gboolean
publisher_works(const publisher *self, int dir, const char *mp3, const char *callid)
{
	g_autofree char *key = key_of(self, callid, spool_base_name(mp3));
	beneath_fd from = beneath_open(dir, mp3, O_RDONLY, 0);
	beneath_fd all = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	beneath_fd folder = all < 0 ? -1 : beneath_open(all, key, O_RDONLY | O_DIRECTORY, 0);

	return from >= 0 && folder >= 0 && is_there(from, folder, spool_base_name(mp3));
}

gboolean
publisher_remove(publisher *self, const char *callid, const char *file, GError **error)
{
	g_autofree char *key = key_of(self, callid, file);
	beneath_fd all = open(self->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	beneath_fd folder = all < 0 ? -1 : beneath_open(all, key, O_RDONLY | O_DIRECTORY, 0);

	if (all >= 0 && folder < 0 && errno == ENOENT)
		return TRUE;
	if (folder < 0 || (unlinkat(folder, file, 0) < 0 && errno != ENOENT))
		return fail(
		    PUBLISH_ERROR_WRITE, self->folder, _("a link cannot be removed"), error);
	/* Whatever else may lie there is not ours: then the folder stays. */
	unlinkat(all, key, AT_REMOVEDIR);
	return fsync(all) == 0 ||
	       fail(PUBLISH_ERROR_WRITE, self->folder, _("a link cannot be removed"), error);
}
