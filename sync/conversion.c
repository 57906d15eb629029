#include "sync/conversion.h"

#include <string.h>

#include "sync/audio.h"
#include "sync/spool.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define RETRY (5 * 60 * SECOND) /* after a full disk and the like */

void
conversion_free(struct conversion *job)
{
	recording_clear(&job->recording);
	g_free(job);
}

static void
conclude(struct conversion *job, enum recording_state state, const char *reason)
{
	job->recording.state = state;
	g_free(job->recording.reason);
	job->recording.reason = g_strdup(reason);
}

/* Again at `when`, but not in this run. */
static void
later(const struct conversion_setting *run, struct conversion *job, gint64 when, const char *reason)
{
	job->recording.not_before = MAX(when, run->now + SECOND);
	conclude(job, RECORDING_WAITING, reason);
}

/* The MP3 is there and checked: behind its link, and done. */
static void
finish(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    gint64 duration_ms)
{
	struct recording *recording = &job->recording;
	g_autoptr(GError) error = NULL;
	g_autofree char *link = NULL;

	if (run->publisher) {
		link = publisher_publish(run->publisher, run->dir, mp3, recording->callid, &error);
		if (!link) {
			job->unwritable = TRUE;
			later(run, job, run->now + RETRY, error->message);
			return;
		}
	}
	g_free(recording->mp3);
	recording->mp3 = g_strdup(mp3);
	g_free(recording->link);
	recording->link = g_steal_pointer(&link);
	recording->duration_ms = duration_ms;
	conclude(job, RECORDING_DONE, NULL);
}

/* What is known of the two files before anything is decided. */
struct sight {
	struct audio_info wav;
	gboolean wav_missing;
	GError *wav_error; /* owned; NULL: readable */
	gboolean mp3_there, mp3_ours;
	gint64 mp3_mtime;
	gint64 from_size, from_mtime; /* of the source, by the mark of ours */
};

static void
sight_clear(struct sight *sight)
{
	g_clear_error(&sight->wav_error);
}

static void
see(const struct conversion_setting *run, const char *wav, const char *mp3, struct sight *sight)
{
	g_autoptr(GError) error = NULL;
	struct audio_info info;

	memset(sight, 0, sizeof *sight);
	/* A recording may itself be an MP3: then there is no WAV beside it. */
	if (strcmp(wav, mp3) == 0)
		sight->wav_missing = TRUE;
	else if (!audio_probe(run->dir, wav, &sight->wav, &sight->wav_error))
		sight->wav_missing =
		    g_error_matches(sight->wav_error, AUDIO_ERROR, AUDIO_ERROR_MISSING);
	sight->mp3_there = audio_probe(run->dir, mp3, &info, &error) ||
	                   !g_error_matches(error, AUDIO_ERROR, AUDIO_ERROR_MISSING);
	sight->mp3_mtime = info.mtime;
	sight->mp3_ours = audio_made_from(run->dir, mp3, &sight->from_size, &sight->from_mtime);
}

/* Nothing was written for `stable`. A time far ahead is a wrong clock's, and as good as an old one. */
static gboolean
quiet(const struct conversion_setting *run, gint64 mtime)
{
	return ABS(run->now - mtime) >= run->settings->stable;
}

static gint64
quiet_at(const struct conversion_setting *run, gint64 mtime)
{
	return CLAMP(mtime, run->now - run->settings->stable, run->now) + run->settings->stable;
}

static void
note_source(struct conversion *job, gint64 size, gint64 mtime)
{
	job->recording.source_size = size;
	job->recording.source_mtime = mtime;
}

/* An MP3 that was there before us. TRUE when that decided the matter. */
static gboolean
adopt(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    const struct sight *sight)
{
	g_autoptr(GError) error = NULL;
	gint64 duration_ms;

	if (!sight->mp3_there)
		return FALSE;
	/* One of ours from an earlier state of the WAV is made anew. */
	if (sight->mp3_ours && !sight->wav_missing &&
	    (sight->from_size != sight->wav.size || sight->from_mtime != sight->wav.mtime))
		return FALSE;
	if (!sight->mp3_ours && !quiet(run, sight->mp3_mtime)) {
		later(run, job, quiet_at(run, sight->mp3_mtime),
		    "another program may be writing the MP3");
		return TRUE;
	}
	if (!audio_check_mp3(run->dir, mp3, &duration_ms, &error)) {
		if (sight->mp3_ours && !sight->wav_missing)
			return FALSE;
		g_prefix_error(
		    &error, "the MP3 beside the recording is of no use and not ours to replace: ");
		conclude(job, RECORDING_FAILED, error->message);
		return TRUE;
	}
	job->adopted = TRUE;
	if (sight->mp3_ours)
		note_source(job, sight->from_size, sight->from_mtime);
	else
		note_source(job, sight->wav.size, sight->wav.mtime);
	finish(run, job, mp3, duration_ms);
	return TRUE;
}

/* The WAV as it is now: is it worth an encoder? */
static gboolean
ready(const struct conversion_setting *run, struct conversion *job, const struct sight *sight)
{
	const struct recording *recording = &job->recording;
	const gint64 deadline = MAX(recording->since, recording->call_ended) + run->settings->wait;

	if (sight->wav_missing) {
		g_autofree char *reason =
		    g_strdup_printf("the file never came: %s", recording->path);

		if (run->now >= deadline)
			conclude(job, RECORDING_NONE, reason);
		else
			later(run, job, MIN(deadline, run->now + run->settings->stable),
			    "the file is awaited");
		return FALSE;
	}
	if (!(sight->wav.closed && recording->call_ended > 0) && !quiet(run, sight->wav.mtime)) {
		later(run, job, quiet_at(run, sight->wav.mtime), "the file is still being written");
		return FALSE;
	}
	if (sight->wav_error) {
		conclude(job, RECORDING_FAILED, sight->wav_error->message);
		return FALSE;
	}
	if (sight->wav.frames == 0) {
		conclude(job, RECORDING_NONE, "no audio: a header only");
		return FALSE;
	}
	return TRUE;
}

static gint64
recorded(const struct recording *recording)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_local();
	g_autoptr(GDateTime) time = spool_name_time(recording->path, zone);

	return time ? g_date_time_to_unix(time) * SECOND : recording->call_ended;
}

static void
drop(const struct conversion_setting *run, struct conversion *job)
{
	job->dropped = TRUE;
	job->recording.not_before = run->now;
	conclude(job, RECORDING_WAITING, "stopped before it was encoded");
}

static void
encode_failed(const struct conversion_setting *run, struct conversion *job, const GError *error)
{
	switch ((enum audio_error)error->code) {
	case AUDIO_ERROR_CANCELLED: drop(run, job); break;
	case AUDIO_ERROR_WRITE:
		job->unwritable = TRUE;
		later(run, job, run->now + RETRY, error->message);
		break;
	case AUDIO_ERROR_MISSING:
		later(run, job, run->now + run->settings->stable,
		    "the file vanished while it was looked at");
		break;
	case AUDIO_ERROR_UNREADABLE:
	case AUDIO_ERROR_CHECK: conclude(job, RECORDING_FAILED, error->message); break;
	}
}

static void
encode(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    const struct sight *sight)
{
	struct recording *recording = &job->recording;
	const struct audio_tags tags = {
		.title = recording->title ? recording->title : recording->file,
		.artist = recording->artist,
		.album = recording->callid,
		.recorded = recorded(recording),
	};
	g_autoptr(GError) error = NULL;
	struct audio_info after;
	gint64 duration_ms;

	if (!audio_encode(run->dir, recording->path, mp3, run->settings->mp3_quality, &tags,
		run->stop, &duration_ms, &error)) {
		encode_failed(run, job, error);
		return;
	}
	/* A WAV that grew meanwhile: the MP3's mark says from what it was made, and it is made anew. */
	if (audio_probe(run->dir, recording->path, &after, NULL) &&
	    (after.size != sight->wav.size || after.mtime != sight->wav.mtime)) {
		later(run, job, run->now + run->settings->stable,
		    "the file grew while it was encoded");
		return;
	}
	job->audio_ms = duration_ms;
	note_source(job, sight->wav.size, sight->wav.mtime);
	finish(run, job, mp3, duration_ms);
}

void
conversion_run(const struct conversion_setting *run, struct conversion *job)
{
	g_autofree char *mp3 = spool_mp3_path(job->recording.path);
	struct sight sight;

	if (run->stop && g_atomic_int_get(run->stop)) {
		drop(run, job);
		return;
	}
	see(run, job->recording.path, mp3, &sight);
	if (!adopt(run, job, mp3, &sight) && ready(run, job, &sight))
		encode(run, job, mp3, &sight);
	sight_clear(&sight);
}
