#include "sync/app.h"

#include "store/store.h"
#include "sync/i18n.h"
#include "sync/library.h"
#include "sync/log.h"
#include "sync/nearest.h"
#include "sync/table.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

static void
add_names(GPtrArray *names, const GOptionEntry *entries)
{
	for (; entries != NULL && entries->long_name != NULL; entries++)
		g_ptr_array_add(names, (gpointer)entries->long_name);
}

char *
app_near_option(char **argv, const GOptionEntry *entries, const GOptionEntry *more)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	add_names(names, entries);
	add_names(names, more);
	for (char **word = argv; *word && strcmp(*word, "--") != 0; word++) {
		if (!g_str_has_prefix(*word, "--"))
			continue;
		g_autofree char *name = g_strndup(*word + 2, strcspn(*word + 2, "="));
		if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			continue;
		const char *near =
		    nearest_word(name, (const char *const *)names->pdata, names->len);
		return near ? g_strconcat("--", near, NULL) : NULL;
	}
	return NULL;
}

/* What was wrong with the options, and which one may have been meant. */
static void
tell_options(const char *command, const GError *error, const char *near)
{
	log_say(LOG_LEVEL_ERROR, "%s: %s\n%s%s%sTry celsync %s --help.", command, error->message,
	    near ? _("Did you mean ") : "", near ? near : "", near ? "? " : "", command);
}

gboolean
app_options(struct app *app, const GOptionEntry *entries, int argc, char **argv, int *status)
{
	gboolean help = FALSE;
	const GOptionEntry common[] = { { "config", 'c', 0, G_OPTION_ARG_FILENAME,
					    &app->config_file, N_("Use this configuration"),
					    "FILE" },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &app->verbose, N_("Say more on stderr"),
		    NULL },
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_("Show this help"), NULL },
		G_OPTION_ENTRY_NULL };
	g_autoptr(GOptionContext) context =
	    g_option_context_new(*app->arguments ? app->arguments : NULL);
	g_autoptr(GError) error = NULL;

	/* GLib's own --help would exit at once, without looking whether stdout took it. */
	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_summary(context, app->help);
	if (entries)
		g_option_context_add_main_entries(context, entries, I18N_DOMAIN);
	g_option_context_add_main_entries(context, common, I18N_DOMAIN);
	g_auto(GStrv) words = g_strdupv(argv);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_autofree char *near =
		    g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION)
			? app_near_option(words, entries, common)
			: NULL;
		tell_options(app->command, error, near);
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
	if (error->domain == CONFIG_ERROR || error->domain == LIBRARY_ERROR)
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
