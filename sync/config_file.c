#include "sync/config_file.h"

#include "sync/config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)

static gboolean
unreadable(const char *path, int e, GError **error)
{
	const char *remedy =
	    e == ENOENT   ? _("Write it, or name another one. celsync.conf.sample shows every key.")
	    : e == EACCES ? _("Run celsync as the user or group the file belongs to.")
			  : _("Name a regular file.");

	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE, _("%s cannot be read: %s\n%s"), path,
	    g_strerror(e), remedy);
	return FALSE;
}

/* Reads to the end: a file may be longer by now than fstat said. */
static gboolean
read_all(int fd, GByteArray *bytes)
{
	guint8 block[8192];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		g_byte_array_append(bytes, block, (guint)n);
		if (bytes->len > FILE_MAX) {
			errno = EFBIG;
			return FALSE;
		}
	}
	return TRUE;
}

char *
config_file_read(const char *path, guint *mode, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	/* A FIFO must not make a run from cron wait for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *text;
	gsize length;
	struct stat st = { 0 };
	int e = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		e = errno;
	else if (!S_ISREG(st.st_mode))
		e = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else if (!read_all(fd, bytes))
		e = errno;
	if (fd >= 0)
		close(fd);
	if (e) {
		unreadable(path, e, error);
		return NULL;
	}

	*mode = st.st_mode;
	text = (const char *)bytes->data;
	length = bytes->len;
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		length -= 3;
	}
	if (length > 0 && !g_utf8_validate_len(text, length, NULL)) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
		    _("%s is not a text in UTF-8\nSave it as UTF-8."), path);
		return NULL;
	}
	return g_strndup(length > 0 ? text : "", length);
}

gboolean
config_file_is_private(const char *path, guint mode, GError **error)
{
	const char *who = mode & S_IWOTH   ? _("changed by everybody")
	                  : mode & S_IROTH ? _("read by everybody")
	                  : mode & S_IWGRP ? _("changed by its group")
	                                   : NULL;

	if (!who)
		return TRUE;
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_MODE,
	    _("%s holds a secret and can be %s (mode %04o)\nchmod 640 %s"), path, who, mode & 07777,
	    path);
	return FALSE;
}

char *
config_file_read_secret(const char *path, GError **error)
{
	guint mode;
	g_autofree char *text = config_file_read(path, &mode, error);
	const char *wrong = NULL;

	if (!text || !config_file_is_private(path, mode, error))
		return NULL;
	g_strstrip(text);
	if (!*text)
		wrong = _("is empty");
	for (const char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p))
			wrong = _("holds more than one line");
	if (wrong) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("%s %s\nPut the secret into it, alone and on one line."), path, wrong);
		return NULL;
	}
	return g_steal_pointer(&text);
}

char *
config_file_read_credential(const char *name, GError **error)
{
	const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
	g_autofree char *path = NULL;

	if (!folder || !*folder)
		return NULL;
	path = g_build_filename(folder, name, NULL);
	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	return config_file_read_secret(path, error);
}
