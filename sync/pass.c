#include "sync/pass.h"

#include "store/store.h"
#include "sync/announcements.h"
#include "sync/convert.h"
#include "sync/deliver.h"
#include "sync/intake.h"
#include "sync/lock.h"
#include "sync/log.h"
#include "sync/wavs.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <poll.h>

/* After a round that saw calls end just now, another one follows once they are seasoned. */
#define ROUNDS 2

static void
wait_for(gint64 us)
{
	struct pollfd stop = { .fd = app_stop_fd(), .events = POLLIN };
	poll(&stop, 1, (int)(us / 1000) + 1);
}

static void
say_number(const char *what, const char *key, gint64 n)
{
	if (n == 0)
		return;
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, n);
	log_fact(LOG_LEVEL_INFO, what, key, text, NULL);
}

static void
say_intake(const struct intake_result *r)
{
	if (r->first && r->history > 0)
		log_say(LOG_LEVEL_INFO,
		    "first run: %" G_GINT64_FORMAT " older rows are left to backfill", r->history);
	if (r->events + r->recordings == 0)
		return;
	g_autofree char *calls = g_strdup_printf("%" G_GINT64_FORMAT, r->calls),
			*events = g_strdup_printf("%" G_GINT64_FORMAT, r->events),
			*recordings = g_strdup_printf("%" G_GINT64_FORMAT, r->recordings),
			*open = g_strdup_printf("%" G_GINT64_FORMAT, r->open);
	log_fact(LOG_LEVEL_INFO, "read", "calls", calls, "events", events, "recordings", recordings,
	    "open", open, NULL);
}

static int
take_in(struct app *app, store *db, int rounds)
{
	g_autoptr(GError) error = NULL;
	struct pbx pbx;
	if (!pbx_open(&pbx, app->config, &error))
		return app_fail(NULL, error);
	if (!source_has_cel(pbx.source))
		log_say(LOG_LEVEL_WARNING,
		    "%s has no CEL rows: calls are rebuilt from CDR alone, without transfers and "
		    "real talk time\n"
		    "Switch CEL on (FreePBX: Advanced Settings, CEL_ENABLED; cel_odbc must be "
		    "loaded).",
		    source_name(pbx.source));
	int status = EXIT_DONE;
	if (!announcements_take(db, app->config, g_get_real_time(), &error))
		status = app_fail(NULL, error);
	for (int round = 0; round < rounds && status == EXIT_DONE && !app_stop; round++) {
		struct intake_result result;
		if (!intake(
			db, &pbx, app->config, g_get_real_time(), NULL, &app_stop, &result, &error))
			status = app_fail(NULL, error);
		say_intake(&result);
		if (result.unsettled == 0)
			break;
		if (round + 1 < rounds && status == EXIT_DONE)
			wait_for(app->config->source.settle + 50000);
	}
	if (status == EXIT_DONE && !app_stop &&
	    !announcements_close(db, app->config, g_get_real_time(), &error))
		status = app_fail(NULL, error);
	pbx_close(&pbx);
	return status;
}

static int
convert_all(struct app *app, store *db)
{
	g_autoptr(GError) error = NULL;
	struct convert_result result = { 0 };
	int status = EXIT_DONE;
	if (!convert(db, &app->config->recordings, g_get_real_time(), &app_stop, &result, &error))
		status = app_fail("recordings", error);
	say_number("converted", "mp3", result.done);
	say_number("no recording", "files", result.none);
	say_number("converted again, the WAV had grown", "mp3", result.grown);
	say_number("links ended", "links", result.ended);
	if (result.failed + result.unwritable > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("%" PRId64 " recording could not be converted: %s",
			"%" PRId64 " recordings could not be converted: %s",
			(gulong)(result.failed + result.unwritable)),
		    result.failed + result.unwritable,
		    result.words != NULL ? result.words : "see `celsync recordings`");
	if (result.unwritable > 0)
		status = MAX(status, EXIT_PARTLY);
	convert_result_clear(&result);
	return status;
}

/* CDR names the MP3s, and WAVs go, where the configuration says so. */
static int
settle_wavs(struct app *app, store *db)
{
	g_autoptr(GError) error = NULL;
	struct wavs_result result;
	int status = EXIT_DONE;
	if (!wavs_settle(db, app->config, g_get_real_time(), &app_stop, &result, &error))
		status = app_fail("recordings", error);
	say_number("cdr names the MP3", "rows", result.named);
	say_number("removed", "wav", result.removed);
	if (result.kept > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("%" PRId64 " WAV stays: %s", "%" PRId64 " WAVs stay: %s",
			(gulong)result.kept),
		    result.kept, result.words);
	wavs_result_clear(&result);
	return status;
}

static int
told_outcome(struct app *app, const struct deliver_result *r)
{
	const char *words = r->words != NULL ? r->words : "";
	say_number("sent", "requests", r->sent);
	say_number("expired", "requests", r->expired);
	if (r->refused) {
		log_say(LOG_LEVEL_ERROR,
		    "PlanFix refused the token: %s\nEverything is held. Correct [planfix] token in "
		    "%s and run sync again.",
		    words, app->config->file);
		return EXIT_TOKEN;
	}
	if (r->rejected > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("PlanFix rejected %" PRId64 " request: %s",
			"PlanFix rejected %" PRId64 " requests: %s", (gulong)r->rejected),
		    r->rejected, words);
	if (r->unknown > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("the answer to %" PRId64
			     " request was lost: whether it arrived is unknown",
			"the answer to %" PRId64
			" requests was lost: whether they arrived is unknown",
			(gulong)r->unknown),
		    r->unknown);
	if (r->unreachable) {
		log_say(LOG_LEVEL_WARNING,
		    "PlanFix does not answer: %s\nWhat waits is kept and tried again.", words);
		return EXIT_UNREACHABLE;
	}
	return r->rejected > 0 ? EXIT_PARTLY : EXIT_DONE;
}

int
pass_send(struct app *app, store *db, gboolean *busy)
{
	*busy = FALSE;
	g_autoptr(GError) error = NULL;
	g_autoptr(run_lock) lock = NULL;
	switch (lock_take(app->config->store.path, "deliver", &lock, &error)) {
	case LOCK_BUSY:
		log_fact(LOG_LEVEL_DEBUG, "another run is sending", NULL);
		*busy = TRUE;
		return EXIT_DONE;
	case LOCK_FAILED: return app_fail(NULL, error);
	case LOCK_TAKEN: break;
	}
	struct deliver_result result = { 0 };
	struct deliver_options options = { .planfix = &app->config->planfix,
		.recordings = &app->config->recordings,
		.stop = &app_stop };
	gboolean ok = deliver(db, &options, &result, &error);
	int status = told_outcome(app, &result);
	deliver_result_clear(&result);
	return ok ? status : app_fail(NULL, error);
}

int
pass_run(struct app *app, gboolean wait)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(run_lock) lock = NULL;
	switch (lock_take(app->config->store.path, "read", &lock, &error)) {
	case LOCK_BUSY:
		if (app->verbose)
			log_say(LOG_LEVEL_INFO, "another run is at work");
		return EXIT_BUSY;
	case LOCK_FAILED: app_fail(NULL, error); return EXIT_STORE;
	case LOCK_TAKEN: break;
	}
	g_autoptr(store) db = store_open(app->config->store.path, STORE_WRITE, &error);
	if (db == NULL)
		return app_fail(NULL, error);
	int status = take_in(app, db, wait ? ROUNDS : 1);
	if (!app_stop && status != EXIT_STORE) {
		int converted = convert_all(app, db);
		status = status != EXIT_DONE ? status : converted;
		int settled = app_stop ? EXIT_DONE : settle_wavs(app, db);
		status = status != EXIT_DONE ? status : settled;
	}
	g_clear_pointer(&lock, lock_release);
	if (!app_stop && status != EXIT_STORE) {
		gboolean busy;
		int sent = pass_send(app, db, &busy);
		if (sent == EXIT_TOKEN || status == EXIT_DONE)
			status = sent;
	}
	return status;
}

int
pass_show(struct app *app)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = NULL;
	if (g_file_test(app->config->store.path, G_FILE_TEST_EXISTS)) {
		db = store_open(app->config->store.path, STORE_READ, &error);
		if (db == NULL)
			return app_fail(NULL, error);
	}
	struct pbx pbx;
	if (!pbx_open(&pbx, app->config, &error))
		return app_fail(NULL, error);
	struct intake_result result;
	gboolean ok =
	    intake(db, &pbx, app->config, g_get_real_time(), stdout, &app_stop, &result, &error);
	pbx_close(&pbx);
	return ok ? EXIT_DONE : app_fail(NULL, error);
}
