/* celsync status: where things stand, and what is silently wrong. Changes nothing, and asks nothing of PlanFix. */
#include "sync/app.h"
#include "sync/log.h"
#include "sync/screen.h"
#include "sync/standing.h"

#include <glib/gi18n.h>
#include <stdio.h>

struct output {
	gboolean json, prometheus, exit_status;
};

static int
failed(const struct output *output, const GError *error)
{
	int status = app_fail(NULL, error);
	return output->exit_status ? SEVERITY_CRITICAL : status;
}

static int
run(struct app *app, const struct output *output)
{
	g_autoptr(GError) error = NULL;
	const char *path = app->config->store.path;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		log_say(LOG_LEVEL_ERROR,
		    "there is no store %s yet\nIt is made by the first `celsync sync`.", path);
		return output->exit_status ? SEVERITY_CRITICAL : EXIT_PARTLY;
	}
	g_autoptr(store) db = store_open(path, STORE_READ, &error);
	struct standing s = { 0 };
	if (db == NULL || !standing_gather(db, app->config, g_get_real_time(), &s, &error)) {
		standing_clear(&s);
		return failed(output, error);
	}
	g_autofree char *text = output->json         ? standing_json(&s)
	                        : output->prometheus ? standing_prometheus(&s)
	                                             : standing_text(&s, screen_width());
	int status = output->exit_status ? (int)standing_worst(&s) : EXIT_DONE;
	fputs(text, stdout);
	standing_clear(&s);
	return status;
}

int
cmd_status(struct app *app, int argc, char **argv)
{
	struct output output = { 0 };
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &output.json, N_("One JSON object"), NULL },
		{ "prometheus", 0, 0, G_OPTION_ARG_NONE, &output.prometheus,
		    N_("Metrics for node_exporter's textfile collector"), NULL },
		{ "exit-status", 0, 0, G_OPTION_ARG_NONE, &output.exit_status,
		    N_("End as Nagios has it: 0 well, 1 warning, 2 critical"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (output.json && output.prometheus) {
		log_say(LOG_LEVEL_ERROR, "--json or --prometheus, not both");
		return EXIT_USAGE;
	}
	if (!app_config(app, CONFIG_NEEDS_STORE, &status))
		return output.exit_status ? (int)SEVERITY_CRITICAL : status;
	return run(app, &output);
}
