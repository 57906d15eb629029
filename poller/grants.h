/*
 * What a database user may do, from the lines of SHOW GRANTS. Pure. A line may hold the hash of a password, so no line is handed on:
 * only privileges and what they are on.
 *
 * Form: "GRANT SELECT, UPDATE (`recordingfile`) ON `asteriskcdrdb`.`cdr` TO `celsync`@`localhost` …" (MariaDB and MySQL manuals, SHOW
 * GRANTS); a role: "GRANT `role` TO …".
 */
#ifndef CELSYNC_GRANTS_H
#define CELSYNC_GRANTS_H

#include <glib.h>

/* What this program needs: SELECT on two tables ("table" or "database.table"), UPDATE of recordingfile where update_cdr says so. */
struct grants_needed {
	const char *database, *cel_table, *cdr_table;
	gboolean update_cdr;
};

struct grants {
	GPtrArray *excess; /* char *: what is more than needed, as "INSERT on asteriskcdrdb.cdr" */
	gboolean may_update; /* recordingfile of cdr_table can be changed */
};

struct grants grants_read(const GPtrArray *lines, const struct grants_needed *needed);
void grants_clear(struct grants *grants);

#endif
