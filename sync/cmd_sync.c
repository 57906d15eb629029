/* celsync sync: one pass; what the timer runs. */
#include "sync/app.h"
#include "sync/pass.h"

#include <glib/gi18n.h>

int
cmd_sync(struct app *app, int argc, char **argv)
{
	gboolean dry_run = FALSE;
	const GOptionEntry entries[] = {
		{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run,
		    N_("Print the requests that would be sent; change nothing"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	guint needs =
	    CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_STORE | (dry_run ? 0 : CONFIG_NEEDS_PLANFIX);
	if (!app_config(app, needs, &status))
		return status;
	return dry_run ? pass_show(app) : pass_run(app, NULL);
}
