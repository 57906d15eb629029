/*
 * celsync init: writes a configuration from what the PBX's own files and database say, what the options say and, on a terminal, the
 * answers to two questions; makes the database user; ends with `check`.
 *
 * A configuration that is there is not touched without `force`, and then kept as FILE.bak. Secrets get files of their own beside
 * it (token, password; 0640, group of the service's user), and come from files, standard input or the terminal, never from
 * an argument.
 */
#ifndef CELSYNC_INIT_H
#define CELSYNC_INIT_H

#include "sync/app.h"

/* As given on the command line; NULL: not. */
struct init_options {
	char *root; /* where the PBX's files are looked for */
	char *planfix_url;
	char *token_file; /* "-": standard input */
	char *db_user, *db_password_file;
	char *db_admin, *db_admin_password_file;
	char **settings; /* SECTION.KEY=VALUE */
	gboolean print_sql, force;
};

int init_configuration(struct app *app, const struct init_options *options);

/* The hook's program: it lies beside this one. Free with g_free. */
char *init_hook_path(void);

#endif
