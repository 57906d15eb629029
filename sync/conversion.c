#include "sync/conversion.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "sync/audio.h"
#include "sync/beneath.h"
#include "sync/spool.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
#define RETRY (5 * 60 * SECOND) /* after a full disk and the like */
#define DESERTED_MOST                                                                              \
	(7 * 24 * 3600 * SECOND) /* for so long an empty spool folder is not believed */
#define SAME_MS 1000             /* somebody else's MP3 may differ so much from the WAV beside it */

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

/* A recording may itself be an MP3: then there is no WAV beside it. */
static gboolean
is_mp3(const char *path)
{
	return g_ascii_strcasecmp(spool_extension(path), "mp3") == 0;
}

/* When a WAV that is done is to be looked at again. */
static gint64
next_look(const struct conversion_setting *run, const struct recording *recording)
{
	if (recording->wav_gone || is_mp3(recording->path))
		return RECORDING_NEVER;
	return recording_next_look(recording, run->now, run->settings->stable);
}

/* The time of the first link counts for link_days, however often the MP3 behind it is made anew. */
static gboolean
publish(const struct conversion_setting *run, struct recording *recording, const char *mp3,
    GError **error)
{
	if (!run->publisher)
		return TRUE;
	g_autofree char *link =
	    publisher_publish(run->publisher, run->dir, mp3, recording->callid, error);
	if (!link)
		return FALSE;
	g_free(recording->link);
	recording->link = g_steal_pointer(&link);
	if (!recording->published)
		recording->published = run->now;
	return TRUE;
}

/* The MP3 is there and checked: behind its link, and done. */
static void
finish(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    gint64 duration_ms)
{
	struct recording *recording = &job->recording;
	g_autoptr(GError) error = NULL;

	if (!publish(run, recording, mp3, &error)) {
		job->unwritable = TRUE;
		later(run, job, run->now + RETRY, error->message);
		return;
	}
	g_free(recording->mp3);
	recording->mp3 = g_strdup(mp3);
	recording->duration_ms = duration_ms;
	recording->wav_due = 0;
	conclude(job, RECORDING_DONE, NULL);
	recording->not_before = next_look(run, recording);
}

/* What is known of the two files before anything is decided. */
typedef struct sight {
	struct audio_info wav;
	gboolean wav_missing;
	GError *wav_error; /* owned; NULL: readable */
	gboolean mp3_there, mp3_ours;
	gint64 mp3_mtime;
	struct mp3mark from; /* the source of ours */
} sight;

static void
sight_clear(sight *seen)
{
	g_clear_error(&seen->wav_error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(sight, sight_clear)

static void
see_wav(const struct conversion_setting *run, const char *wav, sight *seen)
{
	if (is_mp3(wav))
		seen->wav_missing = TRUE;
	else if (!audio_probe(run->dir, wav, &seen->wav, &seen->wav_error))
		seen->wav_missing =
		    g_error_matches(seen->wav_error, AUDIO_ERROR, AUDIO_ERROR_MISSING);
}

static void
see_mp3(const struct conversion_setting *run, const char *mp3, sight *seen)
{
	g_autoptr(GError) error = NULL;
	struct audio_info info;

	seen->mp3_there = audio_probe(run->dir, mp3, &info, &error) ||
	                  !g_error_matches(error, AUDIO_ERROR, AUDIO_ERROR_MISSING);
	seen->mp3_mtime = info.mtime;
	seen->mp3_ours = audio_made_from(run->dir, mp3, &seen->from);
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

static gint64
wav_ms(const sight *seen)
{
	return seen->wav.rate > 0 ? seen->wav.frames * 1000 / seen->wav.rate : 0;
}

enum adoption {
	ADOPTION_DECIDED, /* it is the recording, or shows that there is none */
	ADOPTION_NONE,    /* there is none, or one of ours that is out of date: make it */
	ADOPTION_TAKEN /* there is one, but not of this recording: it stays, and ours gets another name */
};

/* Ours by its mark: of this recording as it is, as it was, or of another one. */
static enum adoption
look_at_ours(const struct recording *recording, const sight *seen)
{
	if (is_mp3(recording->path))
		return ADOPTION_DECIDED;
	if (strcmp(seen->from.extension, spool_extension(recording->path)) != 0)
		return seen->wav_missing ? ADOPTION_NONE : ADOPTION_TAKEN;
	if (seen->wav_missing ||
	    (seen->from.size == seen->wav.size && seen->from.mtime == seen->wav.mtime))
		return ADOPTION_DECIDED;
	/* The WAV it was made from was removed since, or shrank, which Asterisk never does: this is another. */
	return recording->wav_gone || seen->wav.size < seen->from.size ? ADOPTION_TAKEN
	                                                               : ADOPTION_NONE;
}

/* An MP3 that was there before us. */
static enum adoption
adopt(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    const sight *seen)
{
	const gboolean usable = !seen->wav_missing && !seen->wav_error && seen->wav.frames > 0;
	g_autoptr(GError) error = NULL;
	gint64 duration_ms;

	if (!seen->mp3_there)
		return ADOPTION_NONE;
	if (seen->mp3_ours) {
		const enum adoption ours = look_at_ours(&job->recording, seen);
		if (ours != ADOPTION_DECIDED)
			return ours;
	} else if (!quiet(run, seen->mp3_mtime)) {
		later(run, job, quiet_at(run, seen->mp3_mtime),
		    _("another program may be writing the MP3"));
		return ADOPTION_DECIDED;
	}
	if (!audio_check_mp3(run->dir, mp3, &duration_ms, &error)) {
		if (usable)
			return seen->mp3_ours ? ADOPTION_NONE : ADOPTION_TAKEN;
		g_prefix_error(&error,
		    _("the MP3 beside the recording is of no use and not ours to replace: "));
		conclude(job, RECORDING_FAILED, error->message);
		return ADOPTION_DECIDED;
	}
	/* Made before the recording was complete, or of something else. */
	if (!seen->mp3_ours && usable && ABS(duration_ms - wav_ms(seen)) > SAME_MS)
		return ADOPTION_TAKEN;
	job->adopted = TRUE;
	if (seen->mp3_ours)
		note_source(job, seen->from.size, seen->from.mtime);
	else
		note_source(job, seen->wav.size, seen->wav.mtime);
	job->recording.wav_gone = seen->wav_missing && !is_mp3(job->recording.path) ? run->now : 0;
	finish(run, job, mp3, duration_ms);
	return ADOPTION_DECIDED;
}

/* No WAV: it is awaited for its time, then there is none. */
static void
await(const struct conversion_setting *run, struct conversion *job)
{
	const struct recording *recording = &job->recording;
	const gint64 wanted = MAX(recording->since, recording->call_ended);
	const gint64 deadline = wanted + run->settings->wait;
	g_autofree char *reason = g_strdup_printf(_("the file never came: %s"), recording->path);

	if (run->deserted && run->now < wanted + DESERTED_MOST) {
		g_autofree char *empty = g_strdup_printf(_("the spool folder %s is empty\n"
							   "Is its disk mounted?"),
		    run->settings->spool);
		job->unwritable = TRUE;
		later(run, job, run->now + RETRY, empty);
	} else if (run->now >= deadline) {
		conclude(job, RECORDING_NONE, reason);
	} else {
		later(run, job, MIN(deadline, run->now + run->settings->stable),
		    _("the file is awaited"));
	}
}

/* Nobody writes any more: the header says so and the call has ended, or it was quiet for long enough. */
static gboolean
complete(const struct conversion_setting *run, struct conversion *job, const sight *seen)
{
	const gboolean finished = seen->wav.closed && job->recording.call_ended > 0;

	/* Who keeps it open for ever without writing must not keep the recording from anybody. */
	if (seen->wav.writing && ABS(run->now - seen->wav.mtime) < run->settings->wait) {
		later(run, job, run->now + run->settings->stable,
		    _("a program has the file open for writing"));
		return FALSE;
	}
	if (!finished && !quiet(run, seen->wav.mtime)) {
		later(
		    run, job, quiet_at(run, seen->wav.mtime), _("the file is still being written"));
		return FALSE;
	}
	return TRUE;
}

/* The WAV as it is now: is it worth an encoder? */
static gboolean
ready(const struct conversion_setting *run, struct conversion *job, const sight *seen)
{
	if (seen->wav_missing) {
		await(run, job);
		return FALSE;
	}
	if (!complete(run, job, seen))
		return FALSE;
	if (seen->wav_error) {
		conclude(job, RECORDING_FAILED, seen->wav_error->message);
		return FALSE;
	}
	if (seen->wav.frames == 0) {
		conclude(job, RECORDING_NONE, _("no audio: a header only"));
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
	conclude(job, RECORDING_WAITING, _("stopped before it was encoded"));
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
		    _("the file vanished while it was looked at"));
		break;
	case AUDIO_ERROR_UNREADABLE:
	case AUDIO_ERROR_CHECK: conclude(job, RECORDING_FAILED, error->message); break;
	}
}

static void
encode(const struct conversion_setting *run, struct conversion *job, const char *mp3,
    const sight *seen)
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
	    (after.size != seen->wav.size || after.mtime != seen->wav.mtime)) {
		later(run, job, run->now + run->settings->stable,
		    _("the file grew while it was encoded"));
		return;
	}
	job->audio_ms = duration_ms;
	recording->wav_gone = 0;
	note_source(job, seen->wav.size, seen->wav.mtime);
	finish(run, job, mp3, duration_ms);
}

/* Where the MP3 of this recording is, or goes when its name is not taken. */
static char *
mp3_of(const struct conversion_setting *run, const struct recording *recording)
{
	g_autofree char *other = spool_mp3_other(recording->path);
	struct mp3mark mark;

	if (audio_made_from(run->dir, other, &mark) &&
	    strcmp(mark.extension, spool_extension(recording->path)) == 0)
		return g_steal_pointer(&other);
	return spool_mp3_path(recording->path);
}

void
conversion_run(const struct conversion_setting *run, struct conversion *job)
{
	g_autofree char *mp3 = mp3_of(run, &job->recording);
	g_auto(sight) seen = { .wav_missing = FALSE };
	enum adoption adoption;

	if (run->stop && g_atomic_int_get(run->stop)) {
		drop(run, job);
		return;
	}
	see_wav(run, job->recording.path, &seen);
	see_mp3(run, mp3, &seen);
	adoption = adopt(run, job, mp3, &seen);
	if (adoption == ADOPTION_TAKEN) {
		g_free(mp3);
		mp3 = spool_mp3_other(job->recording.path);
		see_mp3(run, mp3, &seen);
		adoption = adopt(run, job, mp3, &seen);
	}
	if (adoption == ADOPTION_TAKEN)
		conclude(job, RECORDING_FAILED,
		    _("NAME.mp3 and NAME.wav.mp3 are both there, and not of this recording\n"
		      "Move them elsewhere; `replay` tries again."));
	else if (adoption == ADOPTION_NONE && ready(run, job, &seen))
		encode(run, job, mp3, &seen);
}

static gboolean
is_absent(int folder, const char *path)
{
	struct stat ignored;
	return fstatat(folder, spool_base_name(path), &ignored, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT;
}

gboolean
conversion_missing(const struct conversion_setting *run, struct conversion *job)
{
	const char *path = job->recording.path, *name;
	g_autofree char *mp3 = spool_mp3_path(path), *other = spool_mp3_other(path);
	beneath_fd folder = beneath_open_folder(run->dir, path, &name);
	if (folder < 0
		? errno != ENOENT
		: !is_absent(folder, path) || !is_absent(folder, mp3) || !is_absent(folder, other))
		return FALSE;
	await(run, job);
	return TRUE;
}

gboolean
conversion_grown(const struct conversion_setting *run, struct recording *recording)
{
	beneath_fd folder = -1;
	const char *name;
	struct stat wav;

	folder = beneath_open_folder(run->dir, recording->path, &name);
	recording->not_before = next_look(run, recording);
	if (recording->wav_gone || folder < 0 ||
	    fstatat(folder, name, &wav, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(wav.st_mode))
		return FALSE;
	if (recording->source_size == wav.st_size &&
	    recording->source_mtime == beneath_time(&wav.st_mtim))
		return FALSE;
	/* An MP3 that was there before us: it is the recording, and its WAV no more than a witness. */
	if (recording->source_size == 0)
		return FALSE;
	recording->state = RECORDING_WAITING;
	recording->not_before = run->now;
	g_free(recording->reason);
	recording->reason = g_strdup(_("the file has grown since it was converted"));
	return TRUE;
}
