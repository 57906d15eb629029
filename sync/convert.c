#include "sync/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sync/audio.h"
#include "sync/beneath.h"
#include "sync/conversion.h"
#include "sync/spool.h"

#define QUEUED_PER_WORKER 2
#define LANES 64

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

/* Claims up to `limit` and hands them to the workers. Each folder is swept of leftovers once. */
static gboolean
start_jobs(store *db, struct run *run, GThreadPool *pool, GHashTable *swept, guint limit,
    guint *started, GError **error)
{
	g_autoptr(GArray) claimed = NULL;
	g_autofree struct recording *recordings = NULL;
	gsize n;

	*started = 0;
	if (!store_begin(db, error))
		return FALSE;
	claimed = recordings_claim(db, run->one.now, (int)limit, error);
	if (!claimed) {
		store_rollback(db);
		return FALSE;
	}
	if (!store_commit(db, error))
		return FALSE;
	recordings = (gpointer)g_array_steal(claimed, &n);
	for (gsize i = 0; i < n; i++) {
		struct conversion *job = g_new0(struct conversion, 1);
		char *folder = spool_folder(recordings[i].path);

		job->recording = recordings[i];
		if (!g_hash_table_contains(swept, folder))
			audio_sweep(run->one.dir, folder, run->one.now);
		g_hash_table_add(swept, folder);
		g_thread_pool_push(pool, job, NULL);
	}
	*started = (guint)n;
	return TRUE;
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
			g_prefix_error(error, "recording %s of call %s: ", job->recording.file,
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

/* Idle passes are many: without a recording to convert neither folder nor secret is needed. */
static gboolean
any_work(store *db, gboolean *any, GError **error)
{
	gint64 counts[RECORDING_STATES];

	if (!recordings_counts(db, counts, error))
		return FALSE;
	*any = counts[RECORDING_WAITING] + counts[RECORDING_CONVERTING] > 0;
	return TRUE;
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

/* Keeps the workers busy until nothing is due. */
static gboolean
drive(store *db, struct run *run, GThreadPool *pool, guint room, struct convert_result *result,
    GError **error)
{
	g_autoptr(GHashTable) swept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint busy = 0;
	gboolean ok = TRUE;

	while (ok) {
		guint started = 0;

		result->stopped = run->one.stop && g_atomic_int_get(run->one.stop);
		if (!result->stopped)
			ok = start_jobs(db, run, pool, swept, room - busy, &started, error);
		busy += started;
		if (!ok || busy == 0)
			break;
		ok = collect(db, run, &busy, result, error);
	}
	/* After an error of the store the workers end what they have; the rows are taken up by the next run. */
	for (; busy > 0; busy--)
		conversion_free(g_async_queue_pop(run->finished));
	return ok;
}

static gboolean
open_run(struct run *run, GError **error)
{
	const struct recordings_settings *settings = run->one.settings;

	run->one.dir = open(settings->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (run->one.dir < 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_MISSING,
		    "the spool folder %s cannot be opened: %s\nCheck [recordings] spool and its "
		    "rights.",
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

gboolean
convert(store *db, const struct recordings_settings *settings, gint64 now,
    const volatile gint *stop, struct convert_result *result, GError **error)
{
	struct run run = { .one = { .settings = settings, .now = now, .stop = stop, .dir = -1 } };
	const guint workers = g_get_num_processors();
	GThreadPool *pool;
	gboolean ok, any;

	memset(result, 0, sizeof *result);
	if (!any_work(db, &any, error))
		return FALSE;
	if (!any)
		return TRUE;
	ok = open_run(&run, error) && recover(db, error);
	if (ok) {
		run.finished = g_async_queue_new();
		pool = g_thread_pool_new(work, &run, (int)workers, FALSE, NULL);
		ok = drive(db, &run, pool, workers * QUEUED_PER_WORKER, result, error);
		g_thread_pool_free(pool, FALSE, TRUE);
		g_async_queue_unref(run.finished);
	}
	close_run(&run);
	return ok;
}
