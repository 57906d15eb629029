#include "sync/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>
#include <sndfile.h>

#include "sync/beneath.h"
#include "sync/library.h"
#include "sync/wav.h"

/* What is used of libsndfile. */
/* clang-format off */
#define NAMES(NAME) \
	NAME(sf_close) NAME(sf_error) NAME(sf_open_virtual) NAME(sf_readf_float) NAME(sf_strerror) \
	NAME(sf_version_string)
/* clang-format on */
LIBRARY("libsndfile.so.1", "libsndfile1", NAMES);

#define HEADER_ONLY 44 /* FreePBX, too, takes a file of so many bytes for none */

/*
 * What libsndfile gets to see: a stretch of a file, behind a header of our own where the file's is of no use.
 * So a WAV whose writer was killed is read to its true end.
 */
struct window {
	int fd;
	gint64 start, length; /* of the stretch */
	guint8 header[WAV_GSM_HEADER];
	gint64 header_length;
	gint64 position;
	int failed; /* errno of a read */
};

static sf_count_t
window_length(void *data)
{
	const struct window *window = data;

	return window->header_length + window->length;
}

static sf_count_t
window_tell(void *data)
{
	const struct window *window = data;

	return window->position;
}

static sf_count_t
window_seek(sf_count_t offset, int whence, void *data)
{
	struct window *window = data;
	gint64 base = whence == SEEK_CUR   ? window->position
	              : whence == SEEK_END ? window_length(data)
	                                   : 0;

	window->position = CLAMP(base + offset, 0, window_length(data));
	return window->position;
}

static sf_count_t
window_read(void *buffer, sf_count_t wanted, void *data)
{
	struct window *window = data;
	guint8 *at = buffer;
	sf_count_t left = MIN(wanted, window_length(data) - window->position);

	while (left > 0) {
		gint64 inside = window->position - window->header_length;
		ssize_t n;

		if (inside < 0) {
			n = (ssize_t)MIN(left, -inside);
			memcpy(at, window->header + window->position, (size_t)n);
		} else {
			n = pread(window->fd, at, (size_t)left, window->start + inside);
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			window->failed = errno;
		if (n <= 0)
			break;
		at += n;
		left -= n;
		window->position += n;
	}
	return at - (guint8 *)buffer;
}

static SNDFILE *
window_open(struct window *window, SF_INFO *info)
{
	static SF_VIRTUAL_IO io = {
		.get_filelen = window_length,
		.seek = window_seek,
		.read = window_read,
		.tell = window_tell,
	};

	window->position = 0;
	return lib.sf_open_virtual(&io, SFM_READ, info, window);
}

struct sound {
	char *name; /* owned; for messages */
	int fd, owned;
	struct window window;
	SNDFILE *file; /* NULL where there is no sample */
	SF_INFO sf;
	gboolean closed;
};

/* Headerless formats by extension, as Asterisk names them; slin means signed linear, little endian. */
static const struct headerless {
	const char *extension;
	int format, rate;
} headerless[] = {
	{ "ulaw", SF_FORMAT_ULAW, 8000 },
	{ "ul", SF_FORMAT_ULAW, 8000 },
	{ "pcm", SF_FORMAT_ULAW, 8000 },
	{ "alaw", SF_FORMAT_ALAW, 8000 },
	{ "al", SF_FORMAT_ALAW, 8000 },
	{ "gsm", SF_FORMAT_GSM610, 8000 },
	{ "sln", SF_FORMAT_PCM_16, 8000 },
	{ "raw", SF_FORMAT_PCM_16, 8000 },
	{ "sln12", SF_FORMAT_PCM_16, 12000 },
	{ "sln16", SF_FORMAT_PCM_16, 16000 },
	{ "sln24", SF_FORMAT_PCM_16, 24000 },
	{ "sln32", SF_FORMAT_PCM_16, 32000 },
	{ "sln44", SF_FORMAT_PCM_16, 44100 },
	{ "sln48", SF_FORMAT_PCM_16, 48000 },
	{ "sln96", SF_FORMAT_PCM_16, 96000 },
	{ "sln192", SF_FORMAT_PCM_16, 192000 },
	{ "g722", 0, 0 },
	{ "g729", 0, 0 },
};

static const struct headerless *
find_headerless(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (gsize i = 0; dot && i < G_N_ELEMENTS(headerless); i++)
		if (g_ascii_strcasecmp(dot + 1, headerless[i].extension) == 0)
			return &headerless[i];
	return NULL;
}

/* The libsndfile name of a WAV's samples; 0: leave the whole file to the library. */
static int
wav_format(const struct wav *wav)
{
	switch ((enum wav_tag)wav->tag) {
	case WAV_PCM:
		return wav->bits == 8    ? SF_FORMAT_PCM_U8
		       : wav->bits == 16 ? SF_FORMAT_PCM_16
		       : wav->bits == 24 ? SF_FORMAT_PCM_24
		       : wav->bits == 32 ? SF_FORMAT_PCM_32
		                         : 0;
	case WAV_FLOAT:
		return wav->bits == 32 ? SF_FORMAT_FLOAT : wav->bits == 64 ? SF_FORMAT_DOUBLE : 0;
	case WAV_ALAW: return SF_FORMAT_ALAW;
	case WAV_ULAW: return SF_FORMAT_ULAW;
	case WAV_GSM: return SF_FORMAT_GSM610;
	}
	return 0;
}

static gboolean
place_headerless(sound *in, const struct headerless *kind, GError **error)
{
	if (kind->format == 0) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: libsndfile cannot read .%s\nLet Asterisk record as wav."), in->name,
		    kind->extension);
		return FALSE;
	}
	in->sf.format = SF_FORMAT_RAW | SF_ENDIAN_LITTLE | kind->format;
	in->sf.samplerate = kind->rate;
	in->sf.channels = 1;
	return TRUE;
}

static void
place_wav(sound *in, const struct wav *wav)
{
	struct window *window = &in->window;
	int format = wav_format(wav);

	in->closed = wav->closed;
	if (format == 0)
		return;
	window->start = wav->offset;
	window->length = wav->length;
	/* GSM in a RIFF is packed in another way than bare GSM: the library must see a header. */
	if (wav->tag == WAV_GSM) {
		window->header_length = WAV_GSM_HEADER;
		wav_gsm_header(window->header, wav->rate, wav->length);
		return;
	}
	in->sf.format = SF_FORMAT_RAW | SF_ENDIAN_LITTLE | format;
	in->sf.samplerate = (int)MIN(wav->rate, G_MAXINT);
	in->sf.channels = (int)wav->channels;
}

/* Says what stretch of the file is to be read as what. */
static gboolean
place(sound *in, gint64 size, GError **error)
{
	const struct headerless *kind = find_headerless(in->name);
	g_autofree guint8 *head = NULL;
	struct wav wav;
	ssize_t n;

	in->window.fd = in->fd;
	in->window.length = size;
	if (kind)
		return place_headerless(in, kind, error);
	head = g_malloc(WAV_HEAD);
	n = pread(in->fd, head, WAV_HEAD, 0);
	switch (wav_parse(head, n < 0 ? 0 : (gsize)n, size, &wav)) {
	case WAV_NOT_RIFF: return TRUE; /* another container: the library looks for itself */
	case WAV_OK: place_wav(in, &wav); return TRUE;
	case WAV_INCOMPLETE: break;
	}
	g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
	    _("%s: its RIFF header has no fmt or no data chunk\nThe file is damaged; listen to it "
	      "by "
	      "hand."),
	    in->name);
	return FALSE;
}

/* What the library gets to read must be something that can become an MP3. */
static gboolean
start(sound *in, GError **error)
{
	if (!library_need(&library, error))
		return FALSE;
	/* The library keeps the reason of a failed opening in one place for all threads. */
	static GMutex opening;
	g_mutex_lock(&opening);
	in->file = window_open(&in->window, &in->sf);
	g_autofree char *reason = in->file ? NULL : g_strdup(lib.sf_strerror(NULL));
	g_mutex_unlock(&opening);
	if (!in->file) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: not audio that libsndfile can read: %s\nListen to it by hand; `replay` "
		      "tries again."),
		    in->name, reason);
		return FALSE;
	}
	if (in->sf.channels > 2 || in->sf.samplerate < 4000 || in->sf.samplerate > 192000) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: %d channels at %d Hz cannot become an MP3\nExpected: mono or stereo, 4 "
		      "to "
		      "192 kHz."),
		    in->name, in->sf.channels, in->sf.samplerate);
		return FALSE;
	}
	return TRUE;
}

/* A file of at most 44 bytes holds nothing, but may be a header that its writer has finished. */
static gboolean
closed_header(int fd, gint64 size)
{
	guint8 head[HEADER_ONLY];
	struct wav wav;

	return pread(fd, head, sizeof head, 0) == HEADER_ONLY &&
	       wav_parse(head, sizeof head, size, &wav) == WAV_OK && wav.closed;
}

static gboolean
look(sound *in, gint64 size, GError **error)
{
	if (size <= HEADER_ONLY) {
		in->closed = closed_header(in->fd, size);
		return TRUE;
	}
	return place(in, size, error) && (in->window.length == 0 || start(in, error));
}

static int
open_regular(int dir, const char *path, struct audio_info *info, GError **error)
{
	beneath_fd fd = beneath_open(dir, path, O_RDONLY, 0);
	struct stat stat;

	if (fd < 0) {
		int code = errno;
		gboolean missing = code == ENOENT || code == ENOTDIR;

		g_set_error(error, AUDIO_ERROR,
		    missing ? AUDIO_ERROR_MISSING : AUDIO_ERROR_UNREADABLE,
		    _("%s: cannot be opened: %s\n%s"), path, g_strerror(code),
		    missing         ? _("It is not below the spool folder.")
		    : code == ELOOP ? _("Symbolic links below the spool folder are not followed.")
				    : _("Check the rights of the file and its folders."));
		return -1;
	}
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: is not a regular file\nRemove it, or name the right folder in "
		      "[recordings] spool."),
		    path);
		return -1;
	}
	info->size = stat.st_size;
	info->mtime = beneath_time(&stat.st_mtim);
	info->writing = beneath_being_written(fd);
	return beneath_steal(&fd);
}

static void
tell(const sound *in, struct audio_info *info)
{
	info->frames = in->file ? in->sf.frames : 0;
	info->rate = in->sf.samplerate;
	info->channels = in->sf.channels;
	info->closed = in->closed;
}

sound *
sound_open(int dir, const char *path, struct audio_info *info, GError **error)
{
	g_autoptr(sound) in = g_new0(struct sound, 1);

	memset(info, 0, sizeof *info);
	in->name = g_strdup(path);
	in->fd = open_regular(dir, path, info, error);
	in->owned = TRUE;
	if (in->fd < 0 || !look(in, info->size, error))
		return NULL;
	tell(in, info);
	return g_steal_pointer(&in);
}

sound *
sound_open_mp3(int fd, const char *name, struct audio_info *info, GError **error)
{
	g_autoptr(sound) in = g_new0(struct sound, 1);

	memset(info, 0, sizeof *info);
	in->name = g_strdup(name);
	in->fd = in->window.fd = fd;
	in->window.length = info->size = lseek(fd, 0, SEEK_END);
	if (!start(in, error))
		return NULL;
	if ((in->sf.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_MPEG) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
		    _("%s: is not an MP3\nRemove or rename it; it is not ours to overwrite."),
		    name);
		return NULL;
	}
	tell(in, info);
	return g_steal_pointer(&in);
}

void
sound_close(sound *in)
{
	if (!in)
		return;
	if (in->file)
		lib.sf_close(in->file);
	if (in->owned)
		beneath_close(&in->fd);
	g_free(in->name);
	g_free(in);
}

gint64
sound_read(sound *in, float *samples, gint64 frames, GError **error)
{
	gint64 n = in->file ? lib.sf_readf_float(in->file, samples, frames) : 0;

	if (n > 0 || !in->file || (!in->window.failed && !lib.sf_error(in->file)))
		return n;
	g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_UNREADABLE,
	    _("%s: reading stopped: %s\nCheck the disk; `replay` tries again."), in->name,
	    in->window.failed ? g_strerror(in->window.failed) : lib.sf_strerror(in->file));
	return -1;
}

int
sound_fd(const sound *in)
{
	return in->fd;
}

const char *
sound_library(GError **error)
{
	return !library_need(&library, error) ? NULL : lib.sf_version_string();
}
