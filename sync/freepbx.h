/*
 * What can be found out about the PBX from its own files and, with the login that stands in them, from FreePBX's database. Files are
 * read as text and never executed. Whatever is missing costs only what it would have told.
 */
#ifndef CELSYNC_FREEPBX_H
#define CELSYNC_FREEPBX_H

#include <glib.h>

struct freepbx {
	/* All strings owned; NULL: not found. */
	char *host, *socket, *database, *cel_table, *cdr_table; /* of the records */
	guint port;                                             /* 0: the usual one */
	char *sqlite;         /* Asterisk's own file of records, where there is no database */
	char *spool, *format; /* of the recordings */
	GPtrArray *extensions, *trunks; /* char *; trunks as in channel names */
	GPtrArray *
	    notes; /* char *: sentences on what was read and what was odd; a second line says what to do */
};

/* Files are looked for below `root` ("" for the machine itself), and the paths found are put below it as well. */
void freepbx_look(struct freepbx *found, const char *root);
void freepbx_clear(struct freepbx *found);

#endif
