/*
 * celsync backfill: reports calls of the past. The outbox is filled at history's priority, in one stream of the rows and constant
 * memory; then it is emptied. What was told before is not told again, so the command may be stopped and started at will.
 */
#include "sync/absent.h"
#include "sync/app.h"
#include "sync/convert.h"
#include "sync/days.h"
#include "sync/lock.h"
#include "sync/log.h"
#include "sync/pass.h"
#include "sync/pbx.h"
#include "sync/place.h"
#include "sync/progress.h"
#include "sync/tell.h"

#include "store/jobs.h"
#include "store/standing.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct backfill {
	struct app *app;
	store *db; /* NULL in a dry run without a store */
	struct pbx pbx;
	struct teller teller;
	struct job job;
	GHashTable *known; /* callids told by somebody else; NULL: none */
	struct days *days; /* of a dry run; NULL: it is none */
	struct progress *progress;
	const char *from, *to, *known_file; /* as given */
	gint64 waiting;                     /* requests, when sending began */
	gboolean writing;
	gboolean yes, declined; /* not to be asked; asked, and it was no */
	gint64 low;             /* the first row of the period */
	gboolean read;          /* all rows were, by an earlier run */
	guint64 total, left_out, open;
	guint64 uncommitted; /* calls in the open transaction */
	gint64 began;        /* it, by the monotonic clock, µs */
};

/*
 * So much goes into one commit: the disk is waited for once. Live traffic must not wait long for the store, and what is not committed is
 * done again after a crash.
 */
#define COMMIT_CALLS 1000
#define COMMIT_TIME (G_USEC_PER_SEC / 4)

/* Calls. */

static gboolean
is_known(const struct backfill *b, const struct call *call)
{
	if (b->known == NULL)
		return FALSE;
	gboolean known = g_hash_table_contains(b->known, call->callid);
	for (const char *const *id = call->linkedids; *id != NULL && !known; id++)
		known = g_hash_table_contains(b->known, *id);
	return known;
}

static gboolean
begin_once(struct backfill *b, GError **error)
{
	if (b->writing || b->teller.print != NULL)
		return TRUE;
	b->writing = store_begin(b->db, error);
	b->uncommitted = 0;
	b->began = g_get_monotonic_time();
	return b->writing && tell_begin(&b->teller, error);
}

static gboolean
take_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	struct backfill *b = data;
	struct call_patience patience = pbx_patience(b->app->config);
	(void)group;
	if (!begin_once(b, error))
		return FALSE;
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (call->start < b->job.from || call->start >= b->job.to)
			continue;
		b->total++;
		b->uncommitted++;
		call_settle(call, t, &patience,
		    t->last != TIME_NONE ? b->teller.now - t->last : patience.stale);
		if (call->settled == SETTLED_OPEN) {
			b->open++;
			continue;
		}
		if (is_known(b, call)) {
			b->left_out++;
			continue;
		}
		const gint64 before = b->teller.events;
		if (!tell_call(&b->teller, call, TRUE, error))
			return FALSE;
		if (b->days != NULL && call->skip == NULL)
			days_add(b->days, call, b->teller.events - before);
	}
	progress_reading(b->progress, g_get_monotonic_time(), t->last, b->total, b->teller.events);
	return TRUE;
}

static gboolean
commit(struct backfill *b, gint64 id, GError **error)
{
	b->job.next = MAX(b->job.next, id + 1);
	b->job.changed = b->teller.now;
	b->job.calls = b->teller.calls;
	b->job.events = b->teller.events;
	b->writing = FALSE;
	return jobs_put(b->db, &b->job, error) && store_commit(b->db, error);
}

static gboolean
commit_block(gint64 id, gpointer data, GError **error)
{
	struct backfill *b = data;
	if (!b->writing ||
	    (b->uncommitted < COMMIT_CALLS && g_get_monotonic_time() - b->began < COMMIT_TIME))
		return TRUE;
	return commit(b, id, error);
}

/*
 * A job that has read all its rows and was stopped while sending goes on with sending. With nothing left to send its rows are
 * read again: some may have come late.
 */
static gboolean
was_read(struct backfill *b, const struct job *before, gboolean *read, GError **error)
{
	gint64 since;
	*read = FALSE;
	if (before->finished == 0 || before->last < b->job.last)
		return TRUE;
	if (!standing_waiting(b->db, OUTBOX_HISTORY, &b->waiting, &since, error))
		return FALSE;
	*read = b->waiting > 0;
	if (!*read)
		return TRUE;
	b->job = *before;
	log_say(LOG_LEVEL_INFO,
	    "all rows were read before: %" PRId64 " calls; %" PRId64 " requests still wait",
	    before->calls, b->waiting);
	return TRUE;
}

/* The range of ids, or where an earlier run of this job stopped. */
static gboolean
find_range(struct backfill *b, GError **error)
{
	gint64 low, high;
	gboolean found = FALSE;
	struct job before;
	if (!place_range(b->pbx.source, &b->pbx.zone, b->job.from, b->job.to, &low, &high, error))
		return FALSE;
	if (b->db != NULL && !jobs_get(b->db, b->job.from, b->job.to, &before, &found, error))
		return FALSE;
	b->job.next = b->low = low;
	b->job.last = high;
	b->job.began = b->teller.now;
	if (found && before.finished == 0 && before.next > low && b->teller.print == NULL) {
		b->job = before;
		b->job.last = high;
		b->teller.calls = before.calls;
		b->teller.events = before.events;
		log_say(
		    LOG_LEVEL_INFO, "going on at row %" PRId64 " of %" PRId64, before.next, high);
	}
	return !found || b->teller.print != NULL || was_read(b, &before, &b->read, error);
}

/*
 * A store that knows nothing of these days may be a new one in place of one that was lost: then PlanFix has the calls already. Whoever sits
 * at a terminal is asked; elsewhere it is said. FALSE: no.
 */
static gboolean
is_meant(struct backfill *b, GError **error)
{
	gboolean known;
	if (b->teller.print != NULL || b->yes || b->known != NULL || b->job.next > b->low)
		return TRUE;
	if (!jobs_known(b->db, b->job.from, b->job.to, &known, error))
		return FALSE;
	if (known)
		return TRUE;
	log_say(LOG_LEVEL_WARNING, "nothing is known here of calls of these days: what PlanFix was "
				   "told of them before, by another program or "
				   "from a store that was lost, is told again\n"
				   "--dry-run shows the requests; --known FILE leaves calls out.");
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return TRUE;
	fputs(_("Go on? [y/N] "), stderr);
	char answer[16] = "";
	if (fgets(answer, sizeof answer, stdin) != NULL && g_ascii_tolower(*answer) == 'y')
		return TRUE;
	b->declined = TRUE;
	return TRUE;
}

static gboolean
fill(struct backfill *b, GError **error)
{
	if (!find_range(b, error) || !is_meant(b, error))
		return FALSE;
	if (b->read || b->declined)
		return TRUE;
	if (b->db != NULL && b->teller.print == NULL &&
	    !absence_open(
		b->db, &b->app->config->recordings, b->teller.now, &b->teller.absence, error))
		return FALSE;
	struct rebuild_options options = pbx_rebuild_options(&b->pbx, b->app->config);
	options.open = TRUE;
	g_autoptr(rebuild) r = rebuild_new(b->pbx.source, &options, take_group, commit_block, b);
	gboolean ok = rebuild_scan(r, b->job.next - 1, b->job.last, &app_stop, error);
	if (ok && !app_stop)
		ok = rebuild_orphans(
		    r, b->job.from, MIN(b->job.to, b->teller.now), &app_stop, error);
	if (ok && !app_stop)
		ok = rebuild_finish(r, error);
	if (ok && !app_stop && b->teller.print == NULL) {
		b->job.finished = b->teller.now;
		ok = begin_once(b, error) && commit(b, b->job.last, error);
	}
	if (b->writing)
		store_rollback(b->db);
	b->writing = FALSE;
	return ok;
}

/* What follows. */

static void
say_filled(const struct backfill *b)
{
	log_say(LOG_LEVEL_INFO,
	    "calls: %" PRIu64 "; told now: %" PRId64 ", skipped with a reason: %" PRId64
	    ", known by --known: %" PRIu64 ", still open: %" PRIu64
	    "; the others had been told before",
	    b->total, b->teller.calls, b->teller.skipped, b->left_out, b->open);
}

/* The recordings, where no other run is at it. */
static void
convert_now(struct backfill *b)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(run_lock) lock = NULL;
	struct convert_result result = { 0 };
	gint64 absent = 0;
	const gboolean mine =
	    lock_take(b->app->config->store.path, "read", &lock, &error) == LOCK_TAKEN;
	g_clear_error(&error);
	/* Those that were wanted before, by a run that waited for them. */
	if (mine && !absent_settle(b->db, &b->app->config->recordings, g_get_real_time(), &app_stop,
			&absent, &error)) {
		app_fail(_("recordings"), error);
		return;
	}
	absent += b->teller.absent;
	if (absent > 0)
		log_say(LOG_LEVEL_INFO, "%" PRId64 " recordings are not there any more", absent);
	if (!mine) {
		log_say(LOG_LEVEL_INFO, "recordings are left to the run that is at work");
		return;
	}
	if (!app_stop && !convert(b->db, &b->app->config->recordings, g_get_real_time(), &app_stop,
			     &result, &error))
		app_fail(_("recordings"), error);
	convert_result_clear(&result);
}

static void
watch_sending(const struct deliver_result *so_far, gpointer data)
{
	struct backfill *b = data;
	progress_sending(b->progress, g_get_monotonic_time(), so_far->sent, b->waiting);
}

static int
send_now(struct backfill *b, GError **error)
{
	gboolean busy = FALSE;
	gint64 since;
	convert_now(b);
	if (app_stop)
		return EXIT_DONE;
	if (!standing_waiting(b->db, OUTBOX_HISTORY, &b->waiting, &since, error))
		return app_fail(NULL, *error);
	int status = pass_send_watched(b->app, b->db, watch_sending, b, &busy);
	if (busy)
		log_say(LOG_LEVEL_INFO,
		    "another run is sending: it sends these, too, after what is live");
	return status;
}

/* As it was given, so that it can be copied. */
static void
say_how_to_go_on(const struct backfill *b)
{
	g_autofree char *from = g_shell_quote(b->from), *to = g_shell_quote(b->to),
			*known = b->known_file != NULL ? g_shell_quote(b->known_file) : NULL;
	log_say(LOG_LEVEL_INFO,
	    "stopped at row %" PRId64 " of %" PRId64
	    "\nTo go on from here: celsync backfill --from %s --to %s%s%s\n"
	    "What waits in the outbox is also sent by the next passes, after what is live.",
	    MIN(b->job.next, b->job.last + 1), b->job.last, from, to,
	    known != NULL ? _(" --known ") : "", known != NULL ? known : "");
}

static void
begin_progress(struct backfill *b)
{
	b->progress = progress_new(
	    stderr, isatty(STDERR_FILENO) == 1, b->job.from, b->job.to, g_get_monotonic_time());
}

/* On a terminal the bar's line is cleaned before anything else is said. */
static void
end_progress(struct backfill *b)
{
	g_clear_pointer(&b->progress, progress_free);
}

static int
run(struct backfill *b, gboolean dry_run)
{
	g_autoptr(GError) error = NULL;
	const char *path = b->app->config->store.path;
	if (!dry_run || g_file_test(path, G_FILE_TEST_EXISTS)) {
		b->db = store_open(path, dry_run ? STORE_READ : STORE_WRITE, &error);
		if (b->db == NULL)
			return app_fail(NULL, error);
	}
	if (!pbx_open(&b->pbx, b->app->config, &error))
		return app_fail(NULL, error);
	b->teller = (struct teller){ .store = b->db,
		.print = dry_run ? stdout : NULL,
		.config = b->app->config,
		.form = pbx_form_settings(&b->pbx, b->app->config),
		.now = g_get_real_time(),
		.history = TRUE };
	if (dry_run)
		b->days = days_new(b->pbx.tz, &b->app->config->recordings);
	begin_progress(b);
	gboolean ok = fill(b, &error);
	end_progress(b);
	g_clear_pointer(&b->teller.absence, absence_free);
	if (ok && dry_run)
		days_print(b->days, stderr, b->app->config->planfix.rate);
	g_clear_pointer(&b->days, days_free);
	pbx_close(&b->pbx);
	if (!ok)
		return app_fail(NULL, error);
	if (dry_run)
		return EXIT_DONE;
	if (b->declined)
		return EXIT_PARTLY;
	int status = EXIT_DONE;
	if (!app_stop) {
		if (!b->read)
			say_filled(b);
		begin_progress(b);
		status = send_now(b, &error);
		end_progress(b);
	}
	if (app_stop)
		say_how_to_go_on(b);
	return status;
}

/* A file of call ids, one a line. */
static GHashTable *
read_known(const char *file, GError **error)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents(file, &text, NULL, error))
		return NULL;
	GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		if (*g_strstrip(*line) != '\0')
			g_hash_table_add(known, g_strdup(*line));
	}
	return known;
}

static gboolean
period(struct backfill *b, const char *from, const char *to)
{
	g_autoptr(GError) error = NULL;
	if (from == NULL || to == NULL) {
		log_say(LOG_LEVEL_ERROR, "backfill wants --from T and --to T\nFor example: celsync "
					 "backfill --from 2026-10-01 --to 2026-11-01");
		return FALSE;
	}
	if (!config_parse_time(from, NULL, &b->job.from, &error) ||
	    !config_parse_time(to, NULL, &b->job.to, &error)) {
		log_say(LOG_LEVEL_ERROR, "backfill: %s", error->message);
		return FALSE;
	}
	if (b->job.from >= b->job.to) {
		log_say(LOG_LEVEL_ERROR, "--from %s is not before --to %s", from, to);
		return FALSE;
	}
	return TRUE;
}

int
cmd_backfill(struct app *app, int argc, char **argv)
{
	g_autofree char *from = NULL, *to = NULL, *known = NULL;
	gboolean dry_run = FALSE;
	double rate = -1;
	struct backfill b = { .app = app };
	const GOptionEntry entries[] = {
		{ "from", 0, 0, G_OPTION_ARG_STRING, &from, N_("Calls that began at T or later"),
		    "T" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &to, N_("Calls that began before T"), "T" },
		{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run,
		    N_("Print the requests, and a summary by day; change nothing"), NULL },
		{ "rate", 0, 0, G_OPTION_ARG_DOUBLE, &rate,
		    N_("At most N requests a second, 0: no limit"), "N" },
		{ "known", 0, 0, G_OPTION_ARG_FILENAME, &known,
		    N_("Leave out the calls whose ids stand in FILE, one a line"), "FILE" },
		{ "yes", 0, 0, G_OPTION_ARG_NONE, &b.yes,
		    N_("Do not ask where nothing is known of these days"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GError) error = NULL;
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (!period(&b, from, to))
		return EXIT_USAGE;
	if (!app_config(app,
		CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_STORE | (dry_run ? 0 : CONFIG_NEEDS_PLANFIX),
		&status))
		return status;
	if (rate >= 0)
		app->config->planfix.rate = rate;
	if (known != NULL) {
		b.known = read_known(known, &error);
		if (b.known == NULL)
			return app_fail("--known", error);
	}
	b.from = from;
	b.to = to;
	b.known_file = known;
	status = run(&b, dry_run);
	g_clear_pointer(&b.db, store_close);
	g_clear_pointer(&b.known, g_hash_table_unref);
	return status;
}
