/* celsync watch: passes every few seconds, in the foreground, until told to stop: for windows that open and close in time. */
#include "sync/app.h"
#include "sync/log.h"
#include "sync/notify.h"
#include "sync/pass.h"
#include "sync/watchdog.h"

#include <poll.h>
#include <signal.h>

/* While passes fail they are made less and less often, up to this. */
#define SLOWEST (60 * (gint64)G_USEC_PER_SEC)
/* Beyond `settle`: the pass that saw a call end looked at its clock a little earlier than the watch. */
#define SEASONED 50000

static volatile gint reload;

static void
ask_for_reload(int signal)
{
	(void)signal;
	g_atomic_int_set(&reload, TRUE);
}

/* A configuration with a mistake in it changes nothing: the one that is running goes on. */
static void
reload_config(struct app *app)
{
	g_autoptr(GError) error = NULL;
	notify_systemd("RELOADING=1");
	struct config *config = config_load(app->config_file,
	    CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_STORE | CONFIG_NEEDS_PLANFIX, &error);
	if (config == NULL) {
		log_say(LOG_LEVEL_ERROR,
		    "%s\nThe configuration that was read before stays in force.", error->message);
	} else {
		config_free(app->config);
		app->config = config;
		log_set_level(app->verbose ? LOG_LEVEL_DEBUG : config->log.level);
		log_say(LOG_LEVEL_INFO, "%s was read again", config->file);
	}
	notify_systemd("READY=1");
}

static void
wait_until(gint64 until)
{
	gint64 often = watchdog_period();
	struct pollfd stop = { .fd = app_stop_fd(), .events = POLLIN };
	while (!app_stop && !g_atomic_int_get(&reload)) {
		gint64 left = until - g_get_monotonic_time();
		if (left <= 0)
			return;
		poll(&stop, 1, (int)((often > 0 ? MIN(left, often) : left) / 1000) + 1);
		/* While nothing happens the watchdog has nothing to see. */
		notify_systemd("WATCHDOG=1");
	}
}

/*
 * When the next pass is to begin, beside those of every interval: as soon as calls that the last one saw end are settled. `due` has
 * those moments, the earliest first; under steady traffic no more than one a second.
 */
static gint64
next_pass(GArray *due, gboolean unsettled, gint64 settle, gint64 tick)
{
	gint64 now = g_get_monotonic_time(), settled = now + settle + SEASONED;
	while (due->len > 0 && g_array_index(due, gint64, 0) <= now)
		g_array_remove_index(due, 0);
	if (unsettled &&
	    (due->len == 0 || settled - g_array_index(due, gint64, due->len - 1) >= G_USEC_PER_SEC))
		g_array_append_val(due, settled);
	return due->len > 0 ? MIN(tick, g_array_index(due, gint64, 0)) : tick;
}

/* What no later pass can mend ends the watch. */
static gboolean
is_hopeless(int status)
{
	return status == EXIT_CONFIG || status == EXIT_STORE;
}

static int
watch(struct app *app)
{
	gint64 pause = app->config->source.interval;
	g_autoptr(GArray) due = g_array_new(FALSE, FALSE, sizeof(gint64));
	notify_systemd("READY=1");
	while (!app_stop) {
		if (g_atomic_int_compare_and_exchange(&reload, TRUE, FALSE))
			reload_config(app);
		gboolean unsettled = FALSE;
		gint64 began = g_get_monotonic_time();
		int status = pass_run(app, &unsettled);
		if (is_hopeless(status))
			return status;
		gboolean well = status == EXIT_DONE || status == EXIT_PARTLY || status == EXIT_BUSY;
		pause = well ? app->config->source.interval
		             : MIN(MAX(pause, app->config->source.interval) * 2, SLOWEST);
		notify_systemd(well ? "STATUS=all is well\nWATCHDOG=1"
				    : "STATUS=the last pass failed, see the log\nWATCHDOG=1");
		/* From beginning to beginning; whoever is slow still leaves the machine to others for a while. */
		gint64 tick = MAX(began + pause, g_get_monotonic_time() + pause / 4);
		wait_until(next_pass(due, unsettled, app->config->source.settle, tick));
	}
	notify_systemd("STOPPING=1");
	return EXIT_DONE;
}

int
cmd_watch(struct app *app, int argc, char **argv)
{
	int status;
	if (!app_options(app, NULL, argc, argv, &status) ||
	    !app_config(
		app, CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_STORE | CONFIG_NEEDS_PLANFIX, &status))
		return status;
	struct sigaction action = { .sa_handler = ask_for_reload, .sa_flags = SA_RESTART };
	sigaction(SIGHUP, &action, NULL);
	watchdog *dog = watchdog_start();
	status = watch(app);
	watchdog_stop(dog);
	return status;
}
