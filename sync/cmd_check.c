/* celsync check: see sync/check.h. */
#include "sync/check.h"

#include <glib/gi18n.h>

int
cmd_check(struct app *app, int argc, char **argv)
{
	g_autofree char *root = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &json, N_("One JSON object a finding"), NULL },
		{ "root", 0, 0, G_OPTION_ARG_FILENAME, &root,
		    N_("Look for the system's files below DIR"), "DIR" },
		G_OPTION_ENTRY_NULL,
	};
	int status;

	if (!app_options(app, entries, argc, argv, &status))
		return status;
	return check_run(app, root ? root : "", json);
}
