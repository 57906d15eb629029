#include "sync/pass.h"

#include "store/store.h"
#include "store/trouble.h"
#include "sync/announcements.h"
#include "sync/convert.h"
#include "sync/deliver.h"
#include "sync/intake.h"
#include "sync/lock.h"
#include "sync/log.h"
#include "sync/retain.h"
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

/* What a pass did, told in one line at its end; nothing is said of a pass that did nothing. */
enum done {
	DONE_CALLS,
	DONE_EVENTS,
	DONE_RECORDINGS,
	DONE_OPEN,
	DONE_MP3,
	DONE_NONE,
	DONE_GROWN,
	DONE_LINKS,
	DONE_NAMED,
	DONE_REMOVED,
	DONE_SENT,
	DONE_EXPIRED,
	DONES
};

struct tally {
	gint64 n[DONES];
};

static void
tally_say(const struct tally *tally)
{
	char *text[DONES]; /* owned */
	gboolean any = FALSE;
	for (int i = 0; i < DONES; i++) {
		text[i] =
		    tally->n[i] != 0 ? g_strdup_printf("%" G_GINT64_FORMAT, tally->n[i]) : NULL;
		/* Calls that only go on, or are not reported, are no news. */
		any |= text[i] != NULL && i != DONE_OPEN && i != DONE_CALLS;
	}
	if (any)
		log_fact(LOG_LEVEL_INFO, "pass", "calls", text[DONE_CALLS], "events",
		    text[DONE_EVENTS], "recordings", text[DONE_RECORDINGS], "open", text[DONE_OPEN],
		    "mp3", text[DONE_MP3], "no_recording", text[DONE_NONE], "grown_again",
		    text[DONE_GROWN], "links_ended", text[DONE_LINKS], "cdr_named",
		    text[DONE_NAMED], "wav_removed", text[DONE_REMOVED], "sent", text[DONE_SENT],
		    "expired", text[DONE_EXPIRED], NULL);
	for (int i = 0; i < DONES; i++)
		g_clear_pointer(&text[i], g_free);
}

static void
note_intake(struct tally *tally, const struct intake_result *r)
{
	if (r->first && r->history > 0)
		log_say(LOG_LEVEL_INFO,
		    ngettext("first run: %" PRId64 " older row is left to backfill",
			"first run: %" PRId64 " older rows are left to backfill",
			(gulong)r->history),
		    r->history);
	tally->n[DONE_CALLS] += r->calls;
	tally->n[DONE_EVENTS] += r->events;
	tally->n[DONE_RECORDINGS] += r->recordings;
	tally->n[DONE_OPEN] = r->open;
}

static int
take_in(struct app *app, store *db, int rounds, gboolean *unsettled, struct tally *tally)
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
		note_intake(tally, &result);
		*unsettled = result.unsettled > 0;
		if (!*unsettled)
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
convert_all(struct app *app, store *db, struct tally *tally)
{
	g_autoptr(GError) error = NULL;
	struct convert_result result = { 0 };
	int status = EXIT_DONE;
	if (!convert(db, &app->config->recordings, g_get_real_time(), &app_stop, &result, &error))
		status = app_fail(_("recordings"), error);
	tally->n[DONE_MP3] = result.done;
	tally->n[DONE_NONE] = result.none;
	tally->n[DONE_GROWN] = result.grown;
	tally->n[DONE_LINKS] = result.ended;
	if (result.failed + result.unwritable > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("%" PRId64 " recording could not be converted: %s",
			"%" PRId64 " recordings could not be converted: %s",
			(gulong)(result.failed + result.unwritable)),
		    result.failed + result.unwritable,
		    result.words != NULL ? result.words : _("see `celsync recordings`"));
	if (result.unwritable > 0)
		status = MAX(status, EXIT_PARTLY);
	convert_result_clear(&result);
	return status;
}

/* CDR names the MP3s, and WAVs go, where the configuration says so. */
static int
settle_wavs(struct app *app, store *db, struct tally *tally)
{
	g_autoptr(GError) error = NULL;
	struct wavs_result result;
	int status = EXIT_DONE;
	if (!wavs_settle(db, app->config, g_get_real_time(), &app_stop, &result, &error))
		status = app_fail(_("recordings"), error);
	tally->n[DONE_NAMED] = result.named;
	tally->n[DONE_REMOVED] = result.removed;
	if (result.kept > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext("%" PRId64 " WAV stays: %s", "%" PRId64 " WAVs stay: %s",
			(gulong)result.kept),
		    result.kept, result.words);
	wavs_result_clear(&result);
	return status;
}

static int
told_outcome(struct app *app, const struct deliver_result *r, struct tally *tally)
{
	const char *words = r->words != NULL ? r->words : "";
	tally->n[DONE_SENT] = r->sent;
	tally->n[DONE_EXPIRED] = r->expired;
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

static int
send_all(struct app *app, store *db,
    void (*watch)(const struct deliver_result *so_far, gpointer data), gpointer data,
    gboolean *busy, struct tally *tally)
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
		.stop = &app_stop,
		.watch = watch,
		.watch_data = data };
	gboolean ok = deliver(db, &options, &result, &error);
	int status = told_outcome(app, &result, tally);
	deliver_result_clear(&result);
	return ok ? status : app_fail(NULL, error);
}

/* What is kept of a pass that did not end well, for `status`. */
static void
note_trouble(store *db, int status)
{
	const char *words = log_last_trouble();
	const struct trouble trouble = { .at = g_get_real_time(),
		.status = status,
		.words = (char *)(words != NULL ? words : "") };
	g_autoptr(GError) error = NULL;
	if (!store_begin(db, &error) || !trouble_put(db, &trouble, &error) ||
	    !store_commit(db, &error)) {
		store_rollback(db);
		log_error(LOG_LEVEL_WARNING, "not noted", error);
	}
}

int
pass_send_watched(struct app *app, store *db,
    void (*watch)(const struct deliver_result *so_far, gpointer data), gpointer data,
    gboolean *busy)
{
	struct tally tally = { { 0 } };
	int status = send_all(app, db, watch, data, busy, &tally);
	tally_say(&tally);
	return status;
}

int
pass_send(struct app *app, store *db, gboolean *busy)
{
	return pass_send_watched(app, db, NULL, NULL, busy);
}

int
pass_run(struct app *app, gboolean *unsettled)
{
	gboolean ended = FALSE;
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
	struct tally tally = { { 0 } };
	int status = take_in(app, db, unsettled == NULL ? ROUNDS : 1, &ended, &tally);
	if (unsettled != NULL)
		*unsettled = ended;
	if (!app_stop && status != EXIT_STORE) {
		int converted = convert_all(app, db, &tally);
		status = status != EXIT_DONE ? status : converted;
		int settled = app_stop ? EXIT_DONE : settle_wavs(app, db, &tally);
		status = status != EXIT_DONE ? status : settled;
	}
	g_clear_pointer(&lock, lock_release);
	if (!app_stop && status != EXIT_STORE) {
		gboolean busy;
		int sent = send_all(app, db, NULL, NULL, &busy, &tally);
		if (sent == EXIT_TOKEN || status == EXIT_DONE)
			status = sent;
	}
	if (!app_stop && status != EXIT_STORE &&
	    !retain(db, app->config, g_get_real_time(), &app_stop, &error)) {
		int failed = app_fail("retention", error);
		status = status != EXIT_DONE ? status : failed;
	}
	if (!app_stop && status != EXIT_DONE)
		note_trouble(db, status);
	tally_say(&tally);
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
