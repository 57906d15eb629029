/* Root becomes the user who owns a folder. */
#ifndef CELSYNC_BECOME_H
#define CELSYNC_BECOME_H

#include <glib.h>

enum become {
	BECOME_DONE,   /* for good */
	BECOME_NOBODY, /* the folder is root's, or is not there */
	BECOME_FAILED
};

/* *name: the user; free with g_free. */
enum become become_owner(const char *folder, char **name);

#endif
