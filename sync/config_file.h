/*
 * Reading the files a configuration consists of, and whether others can read them too.
 */
#ifndef CELSYNC_CONFIG_FILE_H
#define CELSYNC_CONFIG_FILE_H

#include <glib.h>

/* The text of a regular file of at most 1 MiB and its mode; UTF-8, without a byte order mark. */
char *config_file_read(const char *path, guint *mode, GError **error);

/* A file with a secret may be read by its owner and group and written by its owner, nobody else. */
gboolean config_file_is_private(const char *path, guint mode, GError **error);

/* The one line of a file that holds nothing but a secret. No message quotes it. */
char *config_file_read_secret(const char *path, GError **error);

/*
 * The systemd credential of that name ($CREDENTIALS_DIRECTORY/NAME, see systemd.exec(5)); NULL
 * without error where there is none.
 */
char *config_file_read_credential(const char *name, GError **error);

#endif
