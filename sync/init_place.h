/*
 * Where init puts a configuration, the files with its secrets beside it, and whom they belong to: the group of the user the service
 * runs as (Asterisk's, else the package's own). Only root can give them away.
 */
#ifndef CELSYNC_INIT_PLACE_H
#define CELSYNC_INIT_PLACE_H

#include <glib.h>
#include <sys/types.h>

struct init_place {
	char *file, *folder; /* of the configuration; owned */
	gid_t group;         /* (gid_t)-1: as it comes */
};

/* `named`: the file that was asked for; NULL: $CELSYNC_CONFIG, or the usual place below `root` (NULL: the machine itself). */
void init_place_find(struct init_place *place, const char *named, const char *root);
void init_place_clear(struct init_place *place);

/* "celsync" of celsync.conf; free with g_free. */
char *init_place_name(const struct init_place *place);
/* A file that goes with the configuration: "token" with celsync.conf, "office.token" with office.conf; free with g_free. */
char *init_place_beside(const struct init_place *place, const char *what);

/* Errors are CONFIG_ERROR or G_FILE_ERROR. */
gboolean init_place_make(const struct init_place *place, GError **error);
/* Temporary name, fsync, rename; 0640. */
gboolean init_place_write(
    const struct init_place *place, const char *path, const char *text, GError **error);
/* Tells errno; FALSE. */
gboolean init_place_fail(const char *path, const char *what, GError **error);

#endif
