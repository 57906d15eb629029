#include "sync/app.h"

#include "store/store.h"
#include "sync/log.h"
#include "sync/table.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

volatile gint app_stop;
static int stop_fd = -1;

static void
on_stop(int number)
{
	int saved = errno;

	app_stop = number;
	/* The counter of an eventfd that nobody empties stays readable for ever: that is what is wanted. */
	(void)!write(stop_fd, &(guint64){ 1 }, sizeof(guint64));
	errno = saved;
}

int
app_stop_fd(void)
{
	return stop_fd;
}

void
app_catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		g_error("no file descriptor for signals: %s", g_strerror(errno));
	sigemptyset(&stop.sa_mask);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	/* A peer that hangs up, or `celsync calls | head`, is an error of write() and no reason to die. */
	sigaction(SIGPIPE, &ignore, NULL);
}

gboolean
app_options(struct app *app, const GOptionEntry *entries, int argc, char **argv, int *status)
{
	gboolean help = FALSE;
	const GOptionEntry common[] = { { "config", 'c', 0, G_OPTION_ARG_FILENAME,
					    &app->config_file, "Use this configuration", "FILE" },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &app->verbose, "Say more on stderr", NULL },
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL },
		G_OPTION_ENTRY_NULL };
	g_autoptr(GOptionContext) context =
	    g_option_context_new(*app->arguments ? app->arguments : NULL);
	g_autoptr(GError) error = NULL;

	/* GLib's own --help would exit at once, without looking whether stdout took it. */
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, app->help);
	if (entries)
		g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_add_main_entries(context, common, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		log_say(LOG_LEVEL_ERROR, "%s: %s\nTry celsync %s --help.", app->command,
		    error->message, app->command);
		*status = EXIT_USAGE;
		return FALSE;
	}
	if (help) {
		g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);

		fputs(text, stdout);
		*status = EXIT_DONE;
		return FALSE;
	}
	if (argc > 1) {
		log_say(LOG_LEVEL_ERROR, "%s: what is \"%s\" for?\nTry celsync %s --help.",
		    app->command, argv[1], app->command);
		*status = EXIT_USAGE;
		return FALSE;
	}
	return TRUE;
}

gboolean
app_config(struct app *app, guint needs, int *status)
{
	g_autoptr(GError) error = NULL;

	app->config = config_load(app->config_file, needs, &error);
	if (!app->config) {
		*status = app_fail(NULL, error);
		return FALSE;
	}
	log_set_level(app->verbose ? LOG_LEVEL_DEBUG : app->config->log.level);
	/* Each pass would say the same: they are for whoever looks. */
	for (guint i = 0; app->verbose && i < app->config->warnings->len; i++)
		log_say(LOG_LEVEL_WARNING, "%s", (const char *)app->config->warnings->pdata[i]);
	return TRUE;
}

static enum exit_code
source_exit_code(enum source_error kind)
{
	switch (kind) {
	case SOURCE_ERROR_UNREACHABLE:
	case SOURCE_ERROR_REFUSED:
	case SOURCE_ERROR_QUERY: return EXIT_UNREACHABLE;
	case SOURCE_ERROR_SCHEMA: return EXIT_CONFIG;
	}
	return EXIT_UNREACHABLE;
}

enum exit_code
app_exit_code(const GError *error)
{
	if (error->domain == CONFIG_ERROR)
		return EXIT_CONFIG;
	if (error->domain == SOURCE_ERROR)
		return source_exit_code((enum source_error)error->code);
	if (error->domain == TABLE_ERROR)
		return EXIT_UNREACHABLE;
	if (error->domain == STORE_ERROR)
		return EXIT_STORE;
	return EXIT_PARTLY;
}

int
app_fail(const char *what, const GError *error)
{
	log_say(LOG_LEVEL_ERROR, "%s%s%s", what ? what : "", what ? ": " : "", error->message);
	return (int)app_exit_code(error);
}
