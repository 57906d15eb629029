#include "sync/wavs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "poller/cdr_update.h"
#include "store/crash.h"
#include "store/recordings.h"
#include "sync/audio.h"
#include "sync/beneath.h"
#include "sync/publish.h"
#include "sync/spool.h"

#define DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)
#define LOOK_FIRST ((gint64)G_USEC_PER_SEC) /* for CDR rows that came late */
#define SET_ASIDE ".celsync-gone"

struct stage {
	store *db;
	const struct recordings_settings *settings;
	gint64 now;
	int dir;              /* the spool folder */
	publisher *publisher; /* NULL: no links are made */
	cdr_update *cdr;
	struct wavs_result *result;
};

void
wavs_result_clear(struct wavs_result *result)
{
	g_clear_pointer(&result->words, g_free);
}

/* Whether a WAV may go; `why` says what is in the way. */
enum verdict {
	MAY_GO,
	NOT_YET,   /* what is in the way passes by itself */
	MUST_STAY, /* until somebody mends what is in the way; looked at daily */
	NOT_OURS   /* for good */
};

static gint64
ended(const struct recording *recording)
{
	return recording->call_ended ? recording->call_ended : recording->since;
}

/* The MP3 holds what the WAV holds, as it is now, and can be had where it should. */
static enum verdict
examine_mp3(const struct stage *stage, const struct recording *recording, const char **why)
{
	struct mp3mark mark;
	gint64 duration;

	if (!audio_made_from(stage->dir, recording->mp3, &mark)) {
		*why = _("the MP3 beside it was not made by celsync");
		return NOT_OURS;
	}
	if (mark.size != recording->source_size || mark.mtime != recording->source_mtime) {
		*why = _("the MP3 was made from another state of it");
		return MUST_STAY;
	}
	if (!audio_check_mp3(stage->dir, recording->mp3, &duration, NULL) ||
	    duration != recording->duration_ms) {
		*why = _("the MP3 cannot be read back as it was made");
		return MUST_STAY;
	}
	if (stage->publisher && recording->link &&
	    !publisher_works(stage->publisher, stage->dir, recording->mp3, recording->callid)) {
		*why = _("its link does not lead to the MP3");
		return MUST_STAY;
	}
	return MAY_GO;
}

static gboolean
may_go(const struct stage *stage, const struct recording *recording, const struct cdr_file *file,
    enum verdict *verdict, const char **why, GError **error)
{
	gint64 others;

	*verdict = NOT_YET;
	if (!recordings_unfinished(stage->db, recording->path, &others, error))
		return FALSE;
	if (others > 0 || stage->now < ended(recording) + stage->settings->wait)
		return TRUE;
	if (!file->named && stage->now < MAX(ended(recording), recording->since) + DAY)
		return TRUE;
	*verdict = examine_mp3(stage, recording, why);
	return TRUE;
}

/* Set aside, looked at once more, gone. FALSE: somebody wants to write it, and has it back. */
static gboolean
take_away(int folder, const char *name, int fd, const char *aside)
{
	const gboolean leased = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;

	if (!leased && errno == EAGAIN)
		return FALSE;
	CRASH_POINT("before the WAV is set aside");
	if (renameat2(folder, name, folder, aside, RENAME_NOREPLACE) < 0)
		return FALSE;
	CRASH_POINT("after the WAV was set aside");
	/* Who opened it meanwhile waits for our lease, and the kernel has told us so. */
	if (leased && fcntl(fd, F_GETLEASE) != F_RDLCK) {
		renameat2(folder, aside, folder, name, RENAME_NOREPLACE);
		return FALSE;
	}
	unlinkat(folder, aside, 0);
	fcntl(fd, F_SETLEASE, F_UNLCK);
	fsync(folder);
	CRASH_POINT("after the WAV is gone");
	return TRUE;
}

/* Removes the WAV if it is still the one that was converted. */
static enum verdict
remove_wav(const struct stage *stage, struct recording *recording, const char **why)
{
	const char *name;
	beneath_fd folder = beneath_open_folder(stage->dir, recording->path, &name);
	g_autofree char *aside = g_strconcat(".", name, SET_ASIDE, NULL);
	beneath_fd fd = folder < 0 ? -1 : beneath_open(folder, name, O_RDONLY, 0);
	struct stat wav;

	if (fd < 0 && errno == ENOENT && folder >= 0) {
		/* A run that was killed when it had set the WAV aside. */
		unlinkat(folder, aside, 0);
		recording->wav_gone = stage->now;
		return MAY_GO;
	}
	if (fd < 0 || fstat(fd, &wav) < 0 || !S_ISREG(wav.st_mode)) {
		*why = _("it cannot be opened");
		return MUST_STAY;
	}
	if (wav.st_size != recording->source_size ||
	    beneath_time(&wav.st_mtim) != recording->source_mtime)
		return NOT_YET; /* it grew: sync/convert.h sees to that */
	if (beneath_being_written(fd))
		return NOT_YET;
	if (faccessat(folder, ".", W_OK, AT_EACCESS) < 0) {
		*why = _("its folder may not be written");
		return MUST_STAY;
	}
	if (!take_away(folder, name, fd, aside))
		return NOT_YET;
	recording->wav_gone = stage->now;
	stage->result->removed++;
	return MAY_GO;
}

/* One recording, after its CDR rows were seen to. */
static gboolean
settle_one(
    struct stage *stage, struct recording *recording, const struct cdr_file *file, GError **error)
{
	enum verdict verdict = MAY_GO;
	const char *why = NULL;

	recording->wav_due = recording_next_look(recording, stage->now, LOOK_FIRST);
	if (stage->settings->wav != WAV_DELETE || recording->wav_gone ||
	    strcmp(recording->path, recording->mp3) == 0)
		return TRUE;
	if (!may_go(stage, recording, file, &verdict, &why, error))
		return FALSE;
	if (verdict == MAY_GO)
		verdict = remove_wav(stage, recording, &why);
	g_clear_pointer(&recording->reason, g_free);
	if (why) {
		recording->reason = g_strdup_printf(_("the WAV stays: %s"), why);
		stage->result->kept++;
		if (!stage->result->words)
			stage->result->words =
			    g_strdup_printf("%s: %s", recording->path, recording->reason);
	}
	if (verdict == NOT_YET || verdict == MUST_STAY)
		recording->wav_due = MIN(recording->wav_due, stage->now + DAY);
	return TRUE;
}

/* What CDR may say of it, and where: FreePBX the bare name, others a path. */
static void
describe(const struct stage *stage, const struct recording *recording, struct cdr_file *file,
    GStringChunk *texts)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) named = spool_name_time(recording->path, utc);
	g_autofree char *folder = spool_folder(recording->path);
	g_autofree char *below =
	    strcmp(folder, ".") == 0 ? g_strdup("") : g_strconcat(folder, "/", NULL);
	g_autofree char *whole = g_strconcat(stage->settings->spool, "/", below, NULL);
	const gint64 end = ended(recording);
	const gint64 start = named ? g_date_time_to_unix(named) * G_USEC_PER_SEC : end - 2 * DAY;

	*file = (struct cdr_file){
		.from = spool_base_name(recording->path),
		.to = spool_base_name(recording->mp3),
		.folders = { "", g_string_chunk_insert(texts, below),
		    g_string_chunk_insert(texts, whole) },
		.since = MIN(start, end),
		.until = MAX(start, end),
	};
}

static gboolean
keep_all(store *db, GArray *recordings, GError **error)
{
	if (!store_begin(db, error))
		return FALSE;
	for (guint i = 0; i < recordings->len; i++) {
		if (recordings_keep(db, &g_array_index(recordings, struct recording, i), error))
			continue;
		store_rollback(db);
		return FALSE;
	}
	return store_commit(db, error);
}

/* CDR, then the WAVs, then the store: each step is true whatever comes of the next. */
static gboolean
settle_batch(struct stage *stage, GArray *recordings, GError **error)
{
	struct cdr_file files[CDR_FILES_MAX];
	g_autoptr(GStringChunk) texts = g_string_chunk_new(4096);

	for (guint i = 0; i < recordings->len; i++)
		describe(stage, &g_array_index(recordings, struct recording, i), &files[i], texts);
	if (!cdr_update_files(stage->cdr, files, recordings->len, error))
		return FALSE;
	CRASH_POINT("after CDR names the MP3s");
	for (guint i = 0; i < recordings->len; i++) {
		stage->result->named += files[i].changed;
		if (!settle_one(
			stage, &g_array_index(recordings, struct recording, i), &files[i], error))
			return FALSE;
	}
	return keep_all(stage->db, recordings, error);
}

static gboolean
open_stage(struct stage *stage, const struct config *config, GError **error)
{
	const struct recordings_settings *r = &config->recordings;

	if (!audio_ready(error))
		return FALSE;
	stage->dir = open(r->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (stage->dir < 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_MISSING,
		    _("the spool folder %s cannot be opened: %s\nCheck [recordings] spool and its "
		      "rights."),
		    r->spool, g_strerror(errno));
		return FALSE;
	}
	if (r->publish_dir && r->url) {
		stage->publisher = publisher_open(r->publish_dir, r->url, r->secret_file, error);
		if (!stage->publisher)
			return FALSE;
	}
	stage->cdr = cdr_update_open(&config->source.open, error);
	return stage->cdr != NULL;
}

gboolean
wavs_settle(store *db, const struct config *config, gint64 now, const volatile gint *stop,
    struct wavs_result *result, GError **error)
{
	struct stage stage = {
		.db = db, .settings = &config->recordings, .now = now, .dir = -1, .result = result
	};
	gboolean ok = TRUE;

	*result = (struct wavs_result){ .words = NULL };
	if (!config->recordings.update_cdr)
		return TRUE;
	while (ok && !(stop && g_atomic_int_get(stop))) {
		g_autoptr(GArray) due =
		    recordings_done(db, RECORDINGS_WAVS, now, CDR_FILES_MAX, error);
		if (!due || due->len == 0) {
			ok = due != NULL;
			break;
		}
		/* Most passes have nothing due, and no connection is made for them. */
		ok = (stage.cdr || open_stage(&stage, config, error)) &&
		     settle_batch(&stage, due, error);
	}
	g_clear_pointer(&stage.cdr, cdr_update_close);
	g_clear_pointer(&stage.publisher, publisher_close);
	beneath_close(&stage.dir);
	return ok;
}
