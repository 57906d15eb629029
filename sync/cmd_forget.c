/*
 * celsync forget: removes one number's personal data from the store. Keys and outcomes stay, so that nothing is told twice; afterwards the
 * store's files are searched for the digits, and what is not ours to remove is named.
 */
#include "store/forget.h"
#include "store/outbox.h"
#include "store/recordings.h"
#include "sync/announce_folder.h"
#include "sync/announcements.h"
#include "sync/app.h"
#include "sync/lock.h"
#include "sync/log.h"
#include "sync/publish.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* Fewer digits stand in ids, times and other numbers as well. */
#define DIGITS_LEAST 7
#define WAIT_FOR_LOCK (60 * (gint64)G_USEC_PER_SEC)
#define WAIT_STEP_MS 200

struct forgetting {
	const struct config *config;
	store *db;
	GPtrArray *numbers; /* char *: the digits as typed, and as they are rewritten */
	gboolean dry_run;
	publisher *links; /* opened when it is needed */
	GPtrArray *files; /* char *: recordings that stay, because they are the PBX's */
	gint64 calls, links_ended;
	struct forgotten forgotten;
};

/* Locks: whoever reads, converts or sends holds what we are about to remove. */

static enum lock_outcome
wait_for_lock(const char *path, const char *name, run_lock **lock, GError **error)
{
	const gint64 until = g_get_monotonic_time() + WAIT_FOR_LOCK;
	enum lock_outcome outcome;
	while ((outcome = lock_take(path, name, lock, error)) == LOCK_BUSY && !app_stop &&
	       g_get_monotonic_time() < until) {
		struct pollfd stop = { .fd = app_stop_fd(), .events = POLLIN };
		poll(&stop, 1, WAIT_STEP_MS);
	}
	return outcome;
}

/* Calls. */

static gboolean
end_link(struct forgetting *f, const struct recording *recording, GError **error)
{
	const struct recordings_settings *settings = &f->config->recordings;
	if (recording->link == NULL || recording->mp3 == NULL || settings->publish_dir == NULL)
		return TRUE;
	if (f->links == NULL)
		f->links = publisher_open(
		    settings->publish_dir, settings->url, settings->secret_file, error);
	g_autofree char *name = g_path_get_basename(recording->mp3);
	if (f->links == NULL || !publisher_remove(f->links, recording->callid, name, error))
		return FALSE;
	f->links_ended++;
	return TRUE;
}

/* A link is removed before the name by which it is found. */
static gboolean
look_at_recordings(struct forgetting *f, const char *callid, GError **error)
{
	g_autoptr(GArray) rows = recordings_of(f->db, callid, RECORDING_WAITING, G_MAXINT, error);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const struct recording *recording = &g_array_index(rows, struct recording, i);
		if (recording->path[0] != '\0')
			g_ptr_array_add(f->files, g_strdup(recording->path));
		if (recording->mp3 != NULL)
			g_ptr_array_add(f->files, g_strdup(recording->mp3));
		if (!f->dry_run && !end_link(f, recording, error))
			return FALSE;
	}
	return rows != NULL;
}

static gboolean
forget_one(struct forgetting *f, const char *callid, GError **error)
{
	f->calls++;
	if (f->dry_run) {
		printf("%s\n", callid);
		return look_at_recordings(f, callid, error);
	}
	if (!look_at_recordings(f, callid, error) || !store_begin(f->db, error))
		return FALSE;
	if (forget_call(f->db, callid, g_get_real_time(), &f->forgotten, error) &&
	    store_commit(f->db, error))
		return TRUE;
	store_rollback(f->db);
	return FALSE;
}

static gboolean
forget_number(struct forgetting *f, const char *digits, GError **error)
{
	g_autoptr(GPtrArray) callids = forget_calls(f->db, digits, error);
	if (callids == NULL)
		return FALSE;
	for (guint i = 0; i < callids->len && !app_stop; i++)
		if (!forget_one(f, callids->pdata[i], error))
			return FALSE;
	if (f->dry_run)
		return TRUE;
	if (!store_begin(f->db, error))
		return FALSE;
	if (forget_words(f->db, digits, error) && store_commit(f->db, error))
		return TRUE;
	store_rollback(f->db);
	return FALSE;
}

/* What runs that were killed have left: with both locks held nobody is at it. */
static gboolean
recover(struct forgetting *f, GError **error)
{
	const gint64 now = g_get_real_time();
	int n;
	if (!announcements_take(f->db, f->config, now, error) || !store_begin(f->db, error))
		return FALSE;
	if (outbox_recover(f->db, now, &n, error) && recordings_recover(f->db, &n, error) &&
	    store_commit(f->db, error))
		return TRUE;
	store_rollback(f->db);
	return FALSE;
}

/* Are the digits still there? */

static gboolean
file_holds(const struct forgetting *f, const char *path)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
	if (file == NULL || g_mapped_file_get_length(file) == 0)
		return FALSE;
	for (guint i = 0; i < f->numbers->len; i++) {
		const char *digits = f->numbers->pdata[i];
		if (memmem(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), digits,
			strlen(digits)) != NULL)
			return TRUE;
	}
	return FALSE;
}

/* Announcements under way go by themselves; one that cannot be read is only in the way. */
static guint
look_at_announcements(const struct forgetting *f)
{
	guint under_way = 0;
	g_autofree char *folder = announce_folder(f->config->store.path);
	g_autoptr(GPtrArray) names = announce_list(folder, G_MAXUINT, NULL);
	for (guint i = 0; names != NULL && i < names->len; i++) {
		g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
		struct announcement announcement = { 0 };
		if (!file_holds(f, path))
			continue;
		const enum announce_read read =
		    announce_read(folder, names->pdata[i], &announcement);
		if (read == ANNOUNCE_READ || read == ANNOUNCE_UNDER_WAY)
			under_way++;
		else
			announce_remove(folder, names->pdata[i]);
		announcement_clear(&announcement);
	}
	return under_way;
}

static gboolean
is_gone(const struct forgetting *f)
{
	gboolean gone = TRUE;
	const char *const endings[] = { "", "-wal" };
	for (guint i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *path = g_strconcat(f->config->store.path, endings[i], NULL);
		if (!file_holds(f, path))
			continue;
		log_say(LOG_LEVEL_WARNING,
		    "these digits still stand in %s: in the id of another call, or in a copy of a "
		    "page\nIf this does not change when you do it again, they are part of an id.",
		    path);
		gone = FALSE;
	}
	guint under_way = look_at_announcements(f);
	if (under_way > 0)
		log_say(LOG_LEVEL_WARNING,
		    "%u announcements of this number are under way just now\nDo the same again in "
		    "a minute.",
		    under_way);
	return gone && under_way == 0;
}

static void
say_what_was_done(const struct forgetting *f)
{
	printf(_("calls       %" PRId64 "\n"), f->calls);
	if (!f->dry_run)
		printf(_("requests    emptied: %" PRId64 ", of them unsent, and given up: %" PRId64
			 "\nrecordings  names removed: %" PRId64 ", links ended: %" PRId64 "\n"),
		    f->forgotten.requests, f->forgotten.given_up, f->forgotten.recordings,
		    f->links_ended);
	printf(_("not touched: Asterisk's tables, PlanFix, logs, backups of the store"));
	printf(f->files->len > 0 ? _(", and below %s:\n") : "\n", f->config->recordings.spool);
	for (guint i = 0; i < f->files->len; i++)
		printf("    %s\n", (const char *)f->files->pdata[i]);
}

static gboolean
forget_all(struct forgetting *f, GError **error)
{
	if (!f->dry_run && !recover(f, error))
		return FALSE;
	for (guint i = 0; i < f->numbers->len && !app_stop; i++)
		if (!forget_number(f, f->numbers->pdata[i], error))
			return FALSE;
	return f->dry_run || store_compact(f->db, error);
}

static int
run(struct forgetting *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(run_lock) reading = NULL;
	g_autoptr(run_lock) sending = NULL;
	const char *path = f->config->store.path;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		log_say(LOG_LEVEL_ERROR,
		    "there is no store %s yet\nIt is made by the first `celsync sync`.", path);
		return EXIT_PARTLY;
	}
	if (!f->dry_run) {
		enum lock_outcome taken = wait_for_lock(path, "read", &reading, &error);
		if (taken == LOCK_TAKEN)
			taken = wait_for_lock(path, "deliver", &sending, &error);
		if (taken == LOCK_FAILED) {
			app_fail(NULL, error);
			return EXIT_STORE;
		}
		if (taken == LOCK_BUSY) {
			log_say(LOG_LEVEL_ERROR,
			    "another run is at work, and was for a minute\nTry again when it is "
			    "over; nothing was removed.");
			return EXIT_BUSY;
		}
	}
	f->db = store_open(path, f->dry_run ? STORE_READ : STORE_WRITE, &error);
	if (f->db == NULL)
		return app_fail(NULL, error);
	gboolean ok = forget_all(f, &error);
	say_what_was_done(f);
	if (!ok)
		return app_fail(NULL, error);
	return f->dry_run || is_gone(f) ? EXIT_DONE : EXIT_PARTLY;
}

int
cmd_forget(struct app *app, int argc, char **argv)
{
	g_auto(GStrv) numbers = NULL;
	struct forgetting f = { 0 };
	const GOptionEntry entries[] = {
		{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &f.dry_run,
		    N_("List the calls concerned, and change nothing"), NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &numbers, NULL, NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	g_autofree char *digits = number_digits(numbers != NULL ? numbers[0] : "");
	if (numbers == NULL || numbers[1] != NULL || strlen(digits) < DIGITS_LEAST ||
	    !number_is_dialable(numbers[0])) {
		log_say(LOG_LEVEL_ERROR,
		    "forget wants one telephone number, of %d digits or more\nFor example: celsync "
		    "forget '+7 916 123-45-67'",
		    DIGITS_LEAST);
		return EXIT_USAGE;
	}
	if (!app_config(app, CONFIG_NEEDS_STORE, &status))
		return status;
	f.config = app->config;
	f.numbers = number_forms(app->config->pbx.rewrite, numbers[0], DIGITS_LEAST);
	f.files = g_ptr_array_new_with_free_func(g_free);
	status = run(&f);
	g_clear_pointer(&f.db, store_close);
	g_clear_pointer(&f.links, publisher_close);
	g_ptr_array_unref(f.numbers);
	g_ptr_array_unref(f.files);
	return status;
}
