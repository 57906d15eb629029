#include "sync/audio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dirent.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <lame/lame.h>

#include "store/crash.h"
#include "sync/beneath.h"
#include "sync/library.h"
#include "sync/mp3mark.h"
#include "sync/sound.h"
#include "sync/spool.h"

/* What is used of libmp3lame. */
/* clang-format off */
#define NAMES(NAME) \
	NAME(get_lame_version) NAME(id3tag_add_v2) NAME(id3tag_init) NAME(id3tag_set_comment_latin1) NAME(id3tag_set_comment_utf16) \
	NAME(id3tag_set_fieldvalue) NAME(id3tag_set_textinfo_latin1) NAME(id3tag_set_textinfo_utf16) \
	NAME(id3tag_v2_only) NAME(lame_close) NAME(lame_encode_buffer_ieee_float) \
	NAME(lame_encode_buffer_interleaved_ieee_float) NAME(lame_encode_flush) \
	NAME(lame_get_id3v2_tag) NAME(lame_get_lametag_frame) NAME(lame_init) NAME(lame_init_params) \
	NAME(lame_set_VBR) NAME(lame_set_VBR_mean_bitrate_kbps) NAME(lame_set_bWriteVbrTag) NAME(lame_set_debugf) \
	NAME(lame_set_errorf) NAME(lame_set_in_samplerate) NAME(lame_set_mode) NAME(lame_set_msgf) \
	NAME(lame_set_num_channels) NAME(lame_set_out_samplerate) NAME(lame_set_quality) \
	NAME(lame_set_write_id3tag_automatic)
/* clang-format on */
LIBRARY("libmp3lame.so.0", "libmp3lame0", NAMES);

#define TEMPORARY_SUFFIX ".celsync-tmp"
#define NO_SHAPING 7     /* from this quality on LAME shapes no noise */
#define TOLERANCE_MS 200 /* an MP3 may differ from its source by so much */
#define LEFTOVER (3600 * (gint64)G_USEC_PER_SEC)

G_DEFINE_QUARK(celsync - audio - error, audio_error)

static gint64
milliseconds(gint64 frames, int rate)
{
	return rate > 0 ? frames * 1000 / rate : 0;
}

gboolean
audio_probe(int dir, const char *path, struct audio_info *info, GError **error)
{
	g_autoptr(sound) in = sound_open(dir, path, info, error);

	return in != NULL;
}

/* Rates an MP3 can have: the source's, or the next one above it. */
static int
mp3_rate(int rate)
{
	static const int rates[] = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 };

	for (gsize i = 0; i < G_N_ELEMENTS(rates); i++)
		if (rate <= rates[i])
			return rates[i];
	return 48000;
}

/* kbit/s for one channel of speech, as the encoder is told; it comes out a tenth above, without noise shaping some more. */
static int
mp3_bitrate(int rate, int quality)
{
	return rate <= 12000   ? (quality < NO_SHAPING ? 28 : 27)
	       : rate <= 16000 ? 48
	       : rate <= 24000 ? 56
	                       : 64;
}

/* ASCII goes in as it is, anything else as UTF-16 with a byte order mark: ID3v2.3 knows no UTF-8. */
static void
tag_text(lame_t lame, const char *frame, const char *text)
{
	g_autofree char *marked = NULL;
	g_autofree gunichar2 *wide = NULL;
	gboolean comment = strcmp(frame, "COMM") == 0;

	if (!text || !*text)
		return;
	if (g_str_is_ascii(text)) {
		if (comment)
			lib.id3tag_set_comment_latin1(lame, "eng", "", text);
		else
			lib.id3tag_set_textinfo_latin1(lame, frame, text);
		return;
	}
	marked = g_strconcat("\xef\xbb\xbf", text, NULL);
	wide = g_utf8_to_utf16(marked, -1, NULL, NULL, NULL);
	if (wide && comment)
		lib.id3tag_set_comment_utf16(lame, "eng", NULL, wide);
	else if (wide)
		lib.id3tag_set_textinfo_utf16(lame, frame, wide);
}

/* Version 2.3 splits a date into year, day and month, hour and minute. */
static void
tag_date(lame_t lame, gint64 recorded)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(recorded / G_USEC_PER_SEC);
	static const char *const frames[][2] = { { "TYER", "%Y" }, { "TDAT", "%d%m" },
		{ "TIME", "%H%M" } };

	for (gsize i = 0; time && i < G_N_ELEMENTS(frames); i++) {
		g_autofree char *text = g_date_time_format(time, frames[i][1]);

		lib.id3tag_set_textinfo_latin1(lame, frames[i][0], text);
	}
}

static void
tag(lame_t lame, const struct audio_tags *tags, const struct mp3mark *source)
{
	g_autofree char *mark = mp3mark_text(source);

	lib.id3tag_init(lame);
	lib.id3tag_add_v2(lame);
	lib.id3tag_v2_only(lame);
	lib.id3tag_set_fieldvalue(lame, "TENC=celsync " CELSYNC_VERSION);
	g_autofree char *field = g_strconcat("TXXX=", mark, NULL);
	lib.id3tag_set_fieldvalue(lame, field);
	if (!tags)
		return;
	tag_text(lame, "TIT2", tags->title);
	tag_text(lame, "TPE1", tags->artist);
	tag_text(lame, "TALB", tags->album);
	tag_text(lame, "COMM", tags->comment);
	if (tags->recorded)
		tag_date(lame, tags->recorded);
}

static lame_t
encoder_open(const char *path, const struct audio_info *source, int quality,
    const struct audio_tags *tags, GError **error)
{
	struct mp3mark mark = { .size = source->size, .mtime = source->mtime };
	static GMutex tables; /* the first lame_init_params fills tables that all encoders share */
	lame_t lame;
	int code = -1;

	if (!library_need(&library, error))
		return NULL;
	lame = lib.lame_init();
	if (lame) {
		lib.lame_set_errorf(lame, NULL);
		lib.lame_set_msgf(lame, NULL);
		lib.lame_set_debugf(lame, NULL);
		lib.lame_set_num_channels(lame, source->channels);
		lib.lame_set_in_samplerate(lame, source->rate);
		lib.lame_set_out_samplerate(lame, mp3_rate(source->rate));
		if (source->channels == 1)
			lib.lame_set_mode(lame, MONO);
		lib.lame_set_VBR(lame, vbr_abr);
		lib.lame_set_VBR_mean_bitrate_kbps(
		    lame, mp3_bitrate(source->rate, quality) * source->channels);
		lib.lame_set_quality(lame, quality);
		/* The Xing/LAME frame tells decoders what the encoder added at both ends: exact length. */
		lib.lame_set_bWriteVbrTag(lame, 1);
		lib.lame_set_write_id3tag_automatic(lame, 0);
		g_strlcpy(mark.extension, spool_extension(path), sizeof mark.extension);
		tag(lame, tags, &mark);
		g_mutex_lock(&tables);
		code = lib.lame_init_params(lame);
		g_mutex_unlock(&tables);
	}
	if (code >= 0)
		return lame;
	g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
	    _("libmp3lame refuses %d channels at %d Hz\nListen to the recording by hand."),
	    source->channels, source->rate);
	if (lame)
		lib.lame_close(lame);
	return NULL;
}

static gboolean
write_failed(const char *target, GError **error)
{
	int code = errno;

	g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE,
	    _("%s: cannot be written: %s\nCheck free space and the rights of the folder."), target,
	    g_strerror(code));
	return FALSE;
}

/* An MP3 on its way: a temporary file in the folder of the target. */
typedef struct {
	int folder, fd;
	const char *target; /* as given, for messages; borrowed */
	const char *name;   /* its last part */
	char *temporary;    /* owned */
	gboolean kept;
} draft;

static void
draft_clear(draft *out)
{
	if (out->fd >= 0 && !out->kept)
		unlinkat(out->folder, out->temporary, 0);
	beneath_close(&out->fd);
	beneath_close(&out->folder);
	g_free(out->temporary);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(draft, draft_clear)

/* The lock is on the file; it is worth something only while the name still means that file. */
static gboolean
draft_is_ours(const draft *out)
{
	struct stat ours, there;

	return fstat(out->fd, &ours) == 0 &&
	       fstatat(out->folder, out->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

static gboolean
draft_open(draft *out, int dir, const char *target, GError **error)
{
	*out = (draft){ .fd = -1, .target = target };
	out->folder = beneath_open_folder(dir, target, &out->name);
	if (out->folder < 0)
		return write_failed(target, error);
	out->temporary = g_strconcat(".", out->name, TEMPORARY_SUFFIX, NULL);
	beneath_fd fd = beneath_open(out->folder, out->temporary, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return write_failed(target, error);
	/* What a killed run left is taken over; what a live one is writing is not. */
	out->fd = fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || !draft_is_ours(out)) {
		out->fd = -1;
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_WRITE,
		    _("%s: another run is making it\nNothing to do; it is looked at again later."),
		    target);
		return FALSE;
	}
	beneath_steal(&fd);
	return ftruncate(out->fd, 0) == 0 || write_failed(target, error);
}

/* Owner and rights as the source has them. Only root can give a file away; others keep their own. */
static void
draft_dress(const draft *out, int source)
{
	struct stat stat;

	if (fstat(source, &stat) < 0)
		return;
	if (fchown(out->fd, stat.st_uid, stat.st_gid) < 0 && errno != EPERM)
		return;
	fchmod(out->fd, (stat.st_mode & 0666) | 0600);
}

static gboolean
draft_keep(draft *out, GError **error)
{
	CRASH_POINT("before the MP3 has its name");
	if (fsync(out->fd) < 0 || renameat(out->folder, out->temporary, out->folder, out->name) < 0)
		return write_failed(out->target, error);
	CRASH_POINT("after the MP3 has its name");
	out->kept = TRUE;
	return fsync(out->folder) == 0 || write_failed(out->target, error);
}

/* From the source to the end of the MP3's frames; *frames: how many were read. */
static gboolean
encode_frames(lame_t lame, sound *source, const struct audio_info *info, const draft *out,
    const volatile gint *cancel, gint64 *frames, GError **error)
{
	const gint64 block = info->rate; /* a second */
	g_autofree float *samples = g_new(float, (gsize)(block * info->channels));
	const int room = (int)block * 2 + 7200; /* at least 1.25 n + 7200, lame.h says */
	g_autofree guint8 *mp3 = g_malloc((gsize)room);
	gint64 n;
	int bytes;

	*frames = 0;
	while ((n = sound_read(source, samples, block, error)) > 0) {
		if (cancel && g_atomic_int_get(cancel)) {
			g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_CANCELLED,
			    _("%s: stopped on request"), out->target);
			return FALSE;
		}
		bytes = info->channels == 1 ? lib.lame_encode_buffer_ieee_float(
						  lame, samples, NULL, (int)n, mp3, room)
		                            : lib.lame_encode_buffer_interleaved_ieee_float(
						  lame, samples, (int)n, mp3, room);
		if (bytes < 0 || beneath_write(out->fd, mp3, (size_t)bytes) < 0)
			return write_failed(out->target, error);
		*frames += n;
	}
	if (n < 0)
		return FALSE;
	bytes = lib.lame_encode_flush(lame, mp3, room);
	return (bytes >= 0 && beneath_write(out->fd, mp3, (size_t)bytes) == 0) ||
	       write_failed(out->target, error);
}

/* ID3 tag, frames, and in the place of the first frame the one with the exact length. */
static gboolean
encode(lame_t lame, sound *source, const struct audio_info *info, const draft *out,
    const volatile gint *cancel, gint64 *frames, GError **error)
{
	size_t id3 = lib.lame_get_id3v2_tag(lame, NULL, 0), length;
	g_autofree guint8 *head = g_malloc0(id3 + 1);
	guint8 first[2880]; /* no MP3 frame is longer */

	if (beneath_write(out->fd, head, lib.lame_get_id3v2_tag(lame, head, id3)) < 0)
		return write_failed(out->target, error);
	if (!encode_frames(lame, source, info, out, cancel, frames, error))
		return FALSE;
	length = lib.lame_get_lametag_frame(lame, first, sizeof first);
	if (length > sizeof first)
		return TRUE; /* without it the length is off by an encoder's delay; the check will tell */
	return pwrite(out->fd, first, length, (off_t)id3) == (ssize_t)length ||
	       write_failed(out->target, error);
}

/* Decoded to the end: the only proof that it can be played. */
static gboolean
decode(int fd, const char *name, gint64 *duration_ms, GError **error)
{
	struct audio_info info;
	g_autoptr(sound) in = sound_open_mp3(fd, name, &info, error);
	g_autofree float *samples = NULL;
	gint64 n, frames = 0;

	if (!in)
		return FALSE;
	samples = g_new(float, (gsize)info.rate *(gsize)info.channels);
	while ((n = sound_read(in, samples, info.rate, error)) > 0)
		frames += n;
	if (n < 0)
		return FALSE;
	if (frames == 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: holds no audio\nRemove or rename it if it is not wanted."), name);
		return FALSE;
	}
	*duration_ms = milliseconds(frames, info.rate);
	return TRUE;
}

static gboolean
check(const draft *out, gint64 wanted_ms, gint64 *duration_ms, GError **error)
{
	g_autoptr(GError) reason = NULL;

	if (!decode(out->fd, out->target, duration_ms, &reason)) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_CHECK,
		    _("the MP3 just made does not decode: %s"), reason->message);
		return FALSE;
	}
	if (ABS(*duration_ms - wanted_ms) <= TOLERANCE_MS)
		return TRUE;
	g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_CHECK,
	    _("%s: the MP3 just made lasts %" PRId64 " ms, its source %" PRId64
	      " ms\nNothing was kept; `replay` tries again."),
	    out->target, *duration_ms, wanted_ms);
	return FALSE;
}

static gboolean
encode_draft(draft *out, lame_t lame, sound *source, const struct audio_info *info,
    const volatile gint *cancel, gint64 *duration_ms, GError **error)
{
	gint64 frames;

	if (!encode(lame, source, info, out, cancel, &frames, error))
		return FALSE;
	if (!check(out, milliseconds(frames, info->rate), duration_ms, error))
		return FALSE;
	draft_dress(out, sound_fd(source));
	return draft_keep(out, error);
}

gboolean
audio_encode(int dir, const char *source, const char *target, int quality,
    const struct audio_tags *tags, const volatile gint *cancel, gint64 *duration_ms, GError **error)
{
	struct audio_info info;
	g_autoptr(sound) in = sound_open(dir, source, &info, error);
	g_auto(draft) out = { .folder = -1, .fd = -1 };
	lame_t lame;
	gboolean ok;

	if (!in)
		return FALSE;
	if (info.frames == 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: holds no audio\nA header alone is no recording."), source);
		return FALSE;
	}
	lame = encoder_open(source, &info, quality, tags, error);
	if (!lame)
		return FALSE;
	ok = draft_open(&out, dir, target, error) &&
	     encode_draft(&out, lame, in, &info, cancel, duration_ms, error);
	lib.lame_close(lame);
	return ok;
}

gboolean
audio_check_mp3(int dir, const char *path, gint64 *duration_ms, GError **error)
{
	struct audio_info info;
	g_autoptr(sound) in = sound_open(dir, path, &info, error);

	return in && decode(sound_fd(in), path, duration_ms, error);
}

gboolean
audio_made_from(int dir, const char *mp3, struct mp3mark *mark)
{
	beneath_fd fd = beneath_open(dir, mp3, O_RDONLY, 0);
	g_autofree guint8 *head = g_malloc(MP3MARK_HEAD);
	ssize_t n = fd < 0 ? 0 : pread(fd, head, MP3MARK_HEAD, 0);

	return n > 0 && mp3mark_find(head, (gsize)n, mark);
}

void
audio_sweep(int dir, const char *folder, gint64 now)
{
	int fd = beneath_open(dir, folder, O_RDONLY | O_DIRECTORY, 0);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!list) {
		beneath_close(&fd);
		return;
	}
	while ((entry = readdir(list))) {
		struct stat stat;

		if (entry->d_name[0] != '.' ||
		    !g_str_has_suffix(entry->d_name, ".mp3" TEMPORARY_SUFFIX))
			continue;
		if (fstatat(fd, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(stat.st_mode))
			continue;
		if ((gint64)stat.st_mtim.tv_sec * G_USEC_PER_SEC < now - LEFTOVER)
			unlinkat(fd, entry->d_name, 0);
	}
	closedir(list);
}

const char *
audio_library(GError **error)
{
	return !library_need(&library, error) ? NULL : lib.get_lame_version();
}

gboolean
audio_ready(GError **error)
{
	return audio_library(error) != NULL && sound_library(error) != NULL;
}
