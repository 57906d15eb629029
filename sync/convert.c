#include "sync/convert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sync/audio.h"
#include "sync/beneath.h"
#include "sync/conversion.h"
#include "sync/spool.h"

#define QUEUED_PER_WORKER 2
#define LANES 64
#define BATCH 200          /* done ones looked at in one transaction */
#define MISSING_BATCH 1000 /* the same of those that are not there */
#define DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)

/* Shared by the workers, who change nothing in it but the lanes and the queue. */
struct run {
	struct conversion_setting one;
	GMutex lanes[LANES];   /* recordings of one MP3 go one after another: calls may share it */
	GAsyncQueue *finished; /* struct conversion */
};

void
convert_result_clear(struct convert_result *result)
{
	g_clear_pointer(&result->words, g_free);
}

static void
work(gpointer data, gpointer user_data)
{
	struct conversion *job = data;
	struct run *run = user_data;
	g_autofree char *mp3 = spool_mp3_path(job->recording.path);
	GMutex *lane = &run->lanes[g_str_hash(mp3) % LANES];

	g_mutex_lock(lane);
	conversion_run(&run->one, job);
	g_mutex_unlock(lane);
	g_async_queue_push(run->finished, job);
}

static void
count(const struct conversion *job, struct convert_result *result)
{
	const struct recording *recording = &job->recording;

	switch (recording->state) {
	case RECORDING_DONE: result->done++; break;
	case RECORDING_NONE: result->none++; break;
	case RECORDING_FAILED: result->failed++; break;
	case RECORDING_WAITING:
	case RECORDING_CONVERTING: result->later += !job->dropped; break;
	}
	result->adopted += job->adopted && recording->state == RECORDING_DONE;
	result->unwritable += job->unwritable;
	result->audio_ms += job->audio_ms;
	if (!result->words && (job->unwritable || recording->state == RECORDING_FAILED))
		result->words = g_strdup(recording->reason);
}

/* Claims some in the open transaction: those that are missing are moved on at once, the others are added to `jobs`. */
static gboolean
claim(store *db, struct run *run, int limit, GPtrArray *jobs, struct convert_result *result,
    guint *claimed, GError **error)
{
	g_autoptr(GArray) rows = recordings_claim(db, run->one.now, limit, error);
	gsize n;
	if (!rows)
		return FALSE;
	g_autofree struct recording *recordings = (gpointer)g_array_steal(rows, &n);
	gboolean ok = TRUE;
	*claimed = (guint)n;
	for (gsize i = 0; i < n; i++) {
		struct conversion *job = g_new0(struct conversion, 1);

		job->recording = recordings[i];
		if (!conversion_missing(&run->one, job)) {
			g_ptr_array_add(jobs, job);
			continue;
		}
		ok = ok && recordings_move(db, &job->recording, RECORDING_CONVERTING, error);
		count(job, result);
		conversion_free(job);
	}
	return ok;
}

/* Claims up to `limit` that are there, and hands them to the workers. Each folder is swept of leftovers once. */
static gboolean
start_jobs(store *db, struct run *run, GThreadPool *pool, GHashTable *swept, guint limit,
    guint *started, gboolean *more, struct convert_result *result, GError **error)
{
	g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func((GDestroyNotify)conversion_free);
	guint looked = 0, claimed = 1;

	*started = 0;
	if (!store_begin(db, error))
		return FALSE;
	for (; jobs->len < limit && looked < MISSING_BATCH && claimed > 0; looked += claimed) {
		if (!claim(db, run, (int)(limit - jobs->len), jobs, result, &claimed, error)) {
			store_rollback(db);
			return FALSE;
		}
	}
	if (!store_commit(db, error))
		return FALSE;
	*more = claimed > 0;
	for (guint i = 0; i < jobs->len; i++) {
		struct conversion *job = jobs->pdata[i];
		char *folder = spool_folder(job->recording.path);

		if (!g_hash_table_contains(swept, folder))
			audio_sweep(run->one.dir, folder, run->one.now);
		g_hash_table_add(swept, folder);
		g_thread_pool_push(pool, job, NULL);
	}
	*started = jobs->len;
	g_ptr_array_set_free_func(jobs, NULL);
	return TRUE;
}

/* Waits for one job; it and all that are ready by then are moved in one transaction. */
static gboolean
collect(store *db, struct run *run, guint *busy, struct convert_result *result, GError **error)
{
	g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func((GDestroyNotify)conversion_free);
	struct conversion *job = g_async_queue_pop(run->finished);

	for (; job; job = g_async_queue_try_pop(run->finished))
		g_ptr_array_add(jobs, job);
	*busy -= jobs->len;
	if (!store_begin(db, error))
		return FALSE;
	for (guint i = 0; i < jobs->len; i++) {
		job = jobs->pdata[i];
		if (!recordings_move(db, &job->recording, RECORDING_CONVERTING, error)) {
			g_prefix_error(error, _("recording %s of call %s: "), job->recording.file,
			    job->recording.callid);
			store_rollback(db);
			return FALSE;
		}
	}
	if (!store_commit(db, error))
		return FALSE;
	for (guint i = 0; i < jobs->len; i++)
		count(jobs->pdata[i], result);
	return TRUE;
}

/* Links made before this are to end; 0: none are. */
static gint64
links_before(const struct conversion_setting *one)
{
	return one->settings->link_days ? one->now - one->settings->link_days * DAY : 0;
}

static gboolean
recover(store *db, GError **error)
{
	int n;

	if (!store_begin(db, error))
		return FALSE;
	if (!recordings_recover(db, &n, error)) {
		store_rollback(db);
		return FALSE;
	}
	return store_commit(db, error);
}

static gboolean
stopping(const struct run *run)
{
	return run->one.stop && g_atomic_int_get(run->one.stop);
}

/* On a terminal only: `due` is 0 elsewhere. */
static void
show_progress(const struct convert_result *result, gint64 due)
{
	const gint64 seen = result->done + result->none + result->failed + result->later;

	if (due <= 1)
		return;
	fputs("\r\033[K", stderr);
	fprintf(stderr, _("recordings: %" PRId64 " of %" PRId64 ", %.1f hours of sound"), seen,
	    MAX(seen, due), (double)result->audio_ms / 3600000);
}

/* One done recording as recordings_done() found it: seen to, and its new state kept. */
typedef gboolean (*care_function)(store *db, struct run *run, struct recording *recording,
    struct convert_result *result, GError **error);

/* Its WAV may have grown since: then it is converted again, and its link stays. */
static gboolean
look_again(store *db, struct run *run, struct recording *recording, struct convert_result *result,
    GError **error)
{
	result->looked++;
	if (!conversion_grown(&run->one, recording))
		return recordings_keep(db, recording, error);
	result->grown++;
	return recordings_move(db, recording, RECORDING_DONE, error);
}

/* The file first: killed in between, the next run finds nothing to remove and goes on. */
static gboolean
end_link(store *db, struct run *run, struct recording *recording, struct convert_result *result,
    GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!publisher_remove(
		run->one.publisher, recording->callid, spool_base_name(recording->mp3), &reason)) {
		if (!result->words)
			result->words = g_strdup(reason->message);
		result->unwritable++;
		return TRUE;
	}
	g_clear_pointer(&recording->link, g_free);
	result->ended++;
	return recordings_keep(db, recording, error);
}

/* All that are due, a batch a transaction. One that stays due (its link cannot be removed) ends it. */
static gboolean
see_to(store *db, struct run *run, enum recordings_care which, gint64 time, care_function care,
    struct convert_result *result, GError **error)
{
	for (gint64 before = -1; before != result->ended + result->looked;) {
		g_autoptr(GArray) found = NULL;
		before = result->ended + result->looked;
		if (stopping(run))
			return TRUE;
		if (!store_begin(db, error))
			return FALSE;
		found = recordings_done(db, which, time, BATCH, error);
		gboolean ok = found != NULL;
		for (guint i = 0; ok && i < found->len; i++)
			ok = care(
			    db, run, &g_array_index(found, struct recording, i), result, error);
		if (!ok) {
			store_rollback(db);
			return FALSE;
		}
		if (!store_commit(db, error))
			return FALSE;
	}
	return TRUE;
}

/* Keeps the workers busy until nothing is due. */
static gboolean
drive(store *db, struct run *run, GThreadPool *pool, guint room, struct convert_result *result,
    GError **error)
{
	g_autoptr(GHashTable) swept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint busy = 0;
	gint64 due = 0;
	gboolean more = TRUE,
		 ok = !isatty(STDERR_FILENO) || recordings_due(db, run->one.now, &due, error);

	while (ok) {
		guint started = 0;

		result->stopped = stopping(run);
		if (result->stopped)
			more = FALSE;
		else
			ok = start_jobs(
			    db, run, pool, swept, room - busy, &started, &more, result, error);
		busy += started;
		if (!ok || (busy == 0 && !more))
			break;
		if (busy == 0)
			continue;
		ok = collect(db, run, &busy, result, error);
		show_progress(result, due);
	}
	if (due > 0)
		fputs("\r\033[K", stderr);
	/* After an error of the store the workers end what they have; the rows are taken up by the next run. */
	for (; busy > 0; busy--)
		conversion_free(g_async_queue_pop(run->finished));
	return ok;
}

/* Nothing in it but what a file system puts there itself. */
static gboolean
is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!list) {
		beneath_close(&fd);
		return FALSE;
	}
	do
		entry = readdir(list);
	while (entry && (entry->d_name[0] == '.' || strcmp(entry->d_name, "lost+found") == 0));
	closedir(list);
	return entry == NULL;
}

/* A disk that is not mounted shows an empty folder: it must not end all recordings as missing. */
static gboolean
note_deserted(store *db, struct run *run, GError **error)
{
	gint64 counts[RECORDING_STATES];

	if (!is_empty(run->one.dir))
		return TRUE;
	if (!recordings_counts(db, counts, error))
		return FALSE;
	run->one.deserted = counts[RECORDING_DONE] > 0;
	return TRUE;
}

static gboolean
open_run(struct run *run, GError **error)
{
	const struct recordings_settings *settings = run->one.settings;

	run->one.dir = open(settings->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->one.dir < 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_MISSING,
		    _("the spool folder %s cannot be opened: %s\nCheck [recordings] spool and its "
		      "rights."),
		    settings->spool, g_strerror(errno));
		return FALSE;
	}
	if (!settings->publish_dir || !settings->url)
		return TRUE;
	run->one.publisher =
	    publisher_open(settings->publish_dir, settings->url, settings->secret_file, error);
	return run->one.publisher != NULL;
}

static void
close_run(struct run *run)
{
	g_clear_pointer(&run->one.publisher, publisher_close);
	beneath_close(&run->one.dir);
}

/* With the folder open: what is done is looked after, then what waits is converted. */
static gboolean
run_all(store *db, struct run *run, struct convert_result *result, GError **error)
{
	const guint workers = g_get_num_processors();
	const gint64 before = links_before(&run->one);
	GThreadPool *pool;
	gboolean ok;

	if (!recover(db, error) || !note_deserted(db, run, error))
		return FALSE;
	if (!run->one.deserted &&
	    !see_to(db, run, RECORDINGS_LOOK, run->one.now, look_again, result, error))
		return FALSE;
	if (before > 0 && run->one.publisher &&
	    !see_to(db, run, RECORDINGS_LINKS, before, end_link, result, error))
		return FALSE;
	run->finished = g_async_queue_new();
	pool = g_thread_pool_new(work, run, (int)workers, FALSE, NULL);
	ok = drive(db, run, pool, workers * QUEUED_PER_WORKER, result, error);
	g_thread_pool_free(pool, FALSE, TRUE);
	g_async_queue_unref(run->finished);
	return ok;
}

gboolean
convert(store *db, const struct recordings_settings *settings, gint64 now,
    const volatile gint *stop, struct convert_result *result, GError **error)
{
	struct run run = { .one = { .settings = settings, .now = now, .stop = stop, .dir = -1 } };
	gboolean ok, any;

	memset(result, 0, sizeof *result);
	/* Idle passes are many: where nothing is due neither folder nor secret is needed. */
	if (!recordings_any(db, now, links_before(&run.one), &any, error))
		return FALSE;
	if (!any)
		return TRUE;
	/* Before anything is claimed: that a library is missing says nothing of a recording. */
	ok = open_run(&run, error) && audio_ready(error) && run_all(db, &run, result, error);
	close_run(&run);
	return ok;
}
