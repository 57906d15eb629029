/*
 * celsync: reads Asterisk's call records and reports the calls to PlanFix.
 */
#include "sync/app.h"
#include "sync/i18n.h"
#include "sync/log.h"
#include "sync/nearest.h"

#include <errno.h>
#include <malloc.h>
#include <glib/gi18n.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
	const char *name;
	int (*run)(struct app *app, int argc, char **argv);
	const char *arguments;
	const char *help;
};

static const struct command commands[] = {
	{ "sync", cmd_sync, "", N_("One pass: read, convert, report. What the timer runs") },
	{ "watch", cmd_watch, "", N_("Passes every few seconds, until told to stop") },
	{ "backfill", cmd_backfill, "--from T --to T", N_("Report past dates") },
	{ "replay", cmd_replay, "", N_("Send again what was not delivered") },
	{ "announce", cmd_announce, "", N_("Open the window of a ringing call; used by the hook") },
	{ "calls", cmd_calls, "--from T --to T | --call ID",
	    N_("Calls as rebuilt from the source; changes nothing") },
	{ "show", cmd_show, "ID | NUMBER DATE", N_("One call: timeline, requests, answers") },
	{ "report", cmd_report, "", N_("Every call of a period: sent, waiting, skipped and why") },
	{ "status", cmd_status, "", N_("Where things stand") },
	{ "check", cmd_check, "", N_("Test configuration, database, recordings and PlanFix") },
	{ "recordings", cmd_recordings, "", N_("Recordings that wait or failed, and why") },
	{ "forget", cmd_forget, "NUMBER", N_("Remove one number's personal data") },
	{ "init", cmd_init, "", N_("Write a configuration from FreePBX's own files") },
};

static void
print_help(void)
{
	fputs(_("Usage: celsync [-c FILE] [-v] COMMAND [OPTION…]\n\n"
		"Reads Asterisk's call records and reports every call to PlanFix.\n\nCommands:\n"),
	    stdout);
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(stdout, "  %-11s %s\n", commands[i].name, _(commands[i].help));
	fputs(_("\nOptions:\n"
		"  -c, --config=FILE  Use this configuration (else $CELSYNC_CONFIG, else\n"
		"                     /etc/celsync/celsync.conf)\n"
		"  -v, --verbose      Say more on stderr\n"
		"  --version          Print the version\n"
		"  -h, --help         Print this; celsync COMMAND --help tells more of one\n"),
	    stdout);
}

static const struct command *
find_command(const char *name)
{
	const char *names[G_N_ELEMENTS(commands)];
	const char *near;

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	near = nearest_word(name, names, G_N_ELEMENTS(names));
	log_say(LOG_LEVEL_ERROR, "there is no command \"%s\"\n%s%s%scelsync --help lists them.",
	    name, near ? _("Did you mean ") : "", near ? near : "", near ? "? " : "");
	return NULL;
}

static int
run(const struct command *command, struct app *app, int argc, char **argv)
{
	g_autofree char *usage = g_strdup_printf("celsync %s", command->name);
	int status;

	app->command = command->name;
	app->arguments = command->arguments;
	app->help = _(command->help);
	g_set_prgname(usage); /* what --help begins with */
	status = command->run(app, argc, argv);
	return app_stop ? EXIT_SIGNAL + app_stop : status;
}

/* The options before the command, then the command. */
static int
begin(struct app *app, int argc, char **argv)
{
	gboolean help = FALSE, version = FALSE;
	const GOptionEntry entries[] = { { "config", 'c', 0, G_OPTION_ARG_FILENAME,
					     &app->config_file, NULL, NULL },
		{ "verbose", 'v', 0, G_OPTION_ARG_NONE, &app->verbose, NULL, NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &version, NULL, NULL },
		{ "help", 'h', 0, G_OPTION_ARG_NONE, &help, NULL, NULL }, G_OPTION_ENTRY_NULL };
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	const struct command *command;

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_add_main_entries(context, entries, I18N_DOMAIN);
	g_auto(GStrv) words = g_strdupv(argv);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_autofree char *near = app_near_option(words, entries, NULL);
		log_say(LOG_LEVEL_ERROR, "%s\n%s%s%sTry celsync --help.", error->message,
		    near ? _("Did you mean ") : "", near ? near : "", near ? "? " : "");
		return EXIT_USAGE;
	}
	if (version) {
		fputs("celsync " CELSYNC_VERSION "\n", stdout);
		return EXIT_DONE;
	}
	if (help) {
		print_help();
		return EXIT_DONE;
	}
	if (argc < 2) {
		log_say(LOG_LEVEL_ERROR, "no command was given\ncelsync --help lists them.");
		return EXIT_USAGE;
	}
	command = find_command(argv[1]);
	return command ? run(command, app, argc - 1, argv + 1) : EXIT_USAGE;
}

/* A pipe whose reading end is closed. */
static gboolean
reader_is_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

/* A result that did not arrive is not a success, be it that the disk is full. */
static int
finish_output(int status)
{
	gboolean failed = fflush(stdout) != 0;
	int e = errno;

	if (!failed && !ferror(stdout))
		return status;
	/* A reader that has seen enough (`| head`) needs no message. */
	if (!reader_is_gone())
		log_say(LOG_LEVEL_ERROR, "the output could not be written: %s",
		    failed ? g_strerror(e) : _("an earlier write failed"));
	return status == EXIT_DONE ? EXIT_PARTLY : status;
}

int
main(int argc, char **argv)
{
	struct app app = { 0 };
	int status;

	/* What a block of calls took is taken again by the next: not given back and asked for each time. */
	mallopt(M_TRIM_THRESHOLD, 8 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	i18n_init();
	app_catch_signals();
	status = finish_output(begin(&app, argc, argv));
	g_clear_pointer(&app.config, config_free);
	g_free(app.config_file);
	return status;
}
