/*
 * What every command shares: exit codes, options, configuration, signals, the way an error is told.
 *
 * A command is a function of (app, argc, argv) that returns an exit code; main.c has the table. It
 * begins with app_options(), then app_config() with what it needs, then does its work, looking at
 * app_stop between steps. Results go to stdout, everything else to stderr; main flushes and
 * checks stdout after the command.
 */
#ifndef CELSYNC_APP_H
#define CELSYNC_APP_H

#include "sync/config.h"

/* Exit codes; from 64 on as in <sysexits.h>. After a signal n: 128 + n. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_PARTLY = 1,       /* something of what was asked could not be done */
	EXIT_USAGE = 64,       /* unknown command or option */
	EXIT_UNREACHABLE = 69, /* the source or PlanFix: not there, or it refused the login */
	EXIT_STORE = 73,       /* the store cannot be written */
	EXIT_BUSY = 75,        /* another run holds the lock */
	EXIT_TOKEN = 77,       /* PlanFix refused the token */
	EXIT_CONFIG = 78,      /* or a library is missing */
	EXIT_SIGNAL = 128
};

struct app {
	const char *command;   /* its name */
	const char *arguments; /* what --help shows behind it; may be "" */
	const char *help;      /* one line */
	char *config_file;     /* -c; NULL: looked for. Owned */
	gboolean verbose;      /* -v */
	struct config *config; /* set by app_config(); owned */
};

/*
 * The number of the signal that asks this program to stop, 0 until then; and a file descriptor that
 * becomes readable with it, for waits. The first signal only sets these; a second one kills.
 */
extern volatile gint app_stop;
int app_stop_fd(void);
void app_catch_signals(void);

/*
 * Reads the command's own options (entries may be NULL) and -c, -v, which may stand behind the
 * command as well. argv[0] is the command's name; no other arguments are left over. FALSE: the
 * command returns *status now (--help was shown, or there is no such option).
 */
gboolean
app_options(struct app *app, const GOptionEntry *entries, int argc, char **argv, int *status);

/*
 * The option among `entries` and `more` (each may be NULL) that the first unknown one in argv is nearest to, with its dashes; NULL: none
 * is near, or every one is known. Free with g_free.
 */
char *app_near_option(char **argv, const GOptionEntry *entries, const GOptionEntry *more);

/*
 * Loads the configuration with what this run needs (enum config_need, or-ed), starts the log at its
 * level (debug with -v) and logs its warnings when verbose. FALSE: the error was told, and the
 * command returns *status.
 */
gboolean app_config(struct app *app, guint needs, int *status);

/*
 * Tells an error on stderr (its second line, the remedy, indented) and returns the exit code that
 * belongs to its kind. `what` goes before the message; may be NULL.
 */
int app_fail(const char *what, const GError *error);
enum exit_code app_exit_code(const GError *error);

int cmd_sync(struct app *app, int argc, char **argv);
int cmd_calls(struct app *app, int argc, char **argv);
int cmd_status(struct app *app, int argc, char **argv);
int cmd_watch(struct app *app, int argc, char **argv);
int cmd_show(struct app *app, int argc, char **argv);
int cmd_backfill(struct app *app, int argc, char **argv);
int cmd_report(struct app *app, int argc, char **argv);
int cmd_check(struct app *app, int argc, char **argv);
int cmd_announce(struct app *app, int argc, char **argv);
int cmd_init(struct app *app, int argc, char **argv);
int cmd_recordings(struct app *app, int argc, char **argv);
int cmd_show(struct app *app, int argc, char **argv);
int cmd_forget(struct app *app, int argc, char **argv);
int cmd_replay(struct app *app, int argc, char **argv);

#endif
