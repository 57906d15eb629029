/* celsync check: recordings can be read, an MP3 can be made, and what is published can be fetched. */
#include "sync/audio.h"
#include "sync/check.h"
#include "sync/http.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* One second of 440 Hz, as Asterisk records it. */
#define RATE 8000
#define SECOND_MS 1000
#define TOLERANCE_MS 200
#define TONE 440.0
/* A web server that has not answered by then answers PlanFix no better. */
#define PATIENCE (10 * (gint64)G_USEC_PER_SEC)

void
check_recordings(struct check_report *report, const struct config *config)
{
	const char *spool = config->recordings.spool;

	if (!check_folder(report, N_("recordings"), spool, R_OK | X_OK,
		_("Correct [recordings] spool, or let the user celsync runs as read it (group "
		  "asterisk).")))
		return;
	if (access(spool, W_OK) < 0)
		check_tell(report, CHECK_LOOK, N_("recordings"),
		    "%s can be read but not written: MP3s are put beside their recordings\n"
		    "Run celsync as the user Asterisk runs as.",
		    spool);
	else
		check_tell(report, CHECK_WELL, N_("recordings"), "%s", spool);
}

static void
put(GByteArray *bytes, guint32 value, guint size)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(bytes, (const guint8 *)&value, size);
}

static GByteArray *
tone(void)
{
	GByteArray *wav = g_byte_array_new();
	guint data = RATE * 2;

	g_byte_array_append(wav, (const guint8 *)"RIFF", 4);
	put(wav, data + 36, 4);
	g_byte_array_append(wav, (const guint8 *)"WAVEfmt ", 8);
	put(wav, 16, 4);
	put(wav, 1, 2);
	put(wav, 1, 2);
	put(wav, RATE, 4);
	put(wav, RATE * 2, 4);
	put(wav, 2, 2);
	put(wav, 16, 2);
	g_byte_array_append(wav, (const guint8 *)"data", 4);
	put(wav, data, 4);
	for (int i = 0; i < RATE; i++)
		put(wav, (guint16)(gint16)(8000 * sin(2 * G_PI * TONE * i / RATE)), 2);
	return wav;
}

/* The MP3 of a second of tone, made and verified in `folder`. */
static GBytes *
make_mp3(const char *folder, int quality, GError **error)
{
	g_autoptr(GByteArray) wav = tone();
	g_autofree char *recording = g_build_filename(folder, "tone.wav", NULL);
	g_autofree char *target = g_build_filename(folder, "tone.mp3", NULL);
	g_autofree char *mp3 = NULL;
	struct audio_tags tags = { .title = "celsync check" };
	gint64 ms = 0;
	gsize n;
	int dir;

	if (!g_file_set_contents(recording, (const char *)wav->data, wav->len, error))
		return NULL;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean ok = audio_encode(dir, "tone.wav", "tone.mp3", quality, &tags, NULL, &ms, error) &&
	              audio_check_mp3(dir, "tone.mp3", &ms, error) &&
	              g_file_get_contents(target, &mp3, &n, error);
	close(dir);
	g_unlink(recording);
	g_unlink(target);
	if (ok && ABS(ms - SECOND_MS) > TOLERANCE_MS) {
		g_set_error(error, AUDIO_ERROR, AUDIO_ERROR_CHECK,
		    _("a second of tone became %" PRId64 " ms"), ms);
		return NULL;
	}
	return ok ? g_bytes_new_take(g_steal_pointer(&mp3), n) : NULL;
}

void
check_mp3(struct check_report *report, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("celsync-check.XXXXXX", &error);

	if (folder) {
		if (audio_ready(&error))
			report->mp3 = make_mp3(folder, config->recordings.mp3_quality, &error);
		g_rmdir(folder);
	}
	if (report->mp3)
		check_tell(report, CHECK_WELL, N_("mp3"), "made of a second of tone, and plays");
	else
		check_tell(report, CHECK_WRONG, N_("mp3"),
		    "none can be made: %s\nLook at the free space and the rights of %s; install "
		    "the "
		    "package again.",
		    error->message, g_get_tmp_dir());
}

/* Where a link leads, as sync/publish.h says; the key is a random one, so that it can be nobody's. */
struct link {
	char *folder, *file, *url;
};

static gboolean
link_put(struct link *link, const struct recordings_settings *settings, GBytes *mp3, GError **error)
{
	guint64 key[2];
	gsize n;
	const char *data = g_bytes_get_data(mp3, &n);

	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		g_error("no random numbers");
	g_autofree char *hex =
	    g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", key[0], key[1]);
	const char *slash = g_str_has_suffix(settings->url, "/") ? "" : "/";
	link->folder = g_build_filename(settings->publish_dir, hex, NULL);
	link->file = g_build_filename(link->folder, "check.mp3", NULL);
	link->url = g_strconcat(settings->url, slash, hex, "/check.mp3", NULL);
	if (g_mkdir(link->folder, 0755) < 0 || g_chmod(link->folder, 0755) < 0) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s",
		    link->folder, g_strerror(errno));
		return FALSE;
	}
	return g_file_set_contents_full(
	    link->file, data, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

static void
link_clear(struct link *link)
{
	g_unlink(link->file);
	g_rmdir(link->folder);
	g_free(link->folder);
	g_free(link->file);
	g_free(link->url);
}

static void
tell_link(struct check_report *report, const struct recordings_settings *settings,
    const struct link *link, GBytes *mp3)
{
	g_autoptr(GError) error = NULL;
	gsize n;
	const void *data = g_bytes_get_data(mp3, &n);
	long status;
	g_autoptr(GByteArray) got = http_fetch(link->url, PATIENCE, 2 * n, &status, &error);

	if (got && got->len == n && memcmp(got->data, data, n) == 0)
		check_tell(report, CHECK_WELL, N_("links"),
		    "%s leads into %s: a file put there came back", settings->url,
		    settings->publish_dir);
	else if (got)
		check_tell(report, CHECK_WRONG, N_("links"),
		    "%s answers, but not with the file that was put into %s\n"
		    "Let the web server hand out that folder as it is: see the samples "
		    "nginx-celsync.conf and apache-celsync.conf.",
		    settings->url, settings->publish_dir);
	else if (status != 0)
		check_tell(report, CHECK_WRONG, N_("links"),
		    "%s: %s for a file in %s\n"
		    "Let the web server hand out that folder, and read it: see the samples "
		    "nginx-celsync.conf and apache-celsync.conf.",
		    settings->url, error->message, settings->publish_dir);
	else
		check_tell(report, CHECK_LOOK, N_("links"),
		    "%s cannot be fetched from here: %s\n"
		    "Where the way out and in again is closed, open a link from outside: PlanFix "
		    "fetches recordings over it.",
		    settings->url, error->message);
}

void
check_links(struct check_report *report, const struct config *config)
{
	const struct recordings_settings *settings = &config->recordings;
	g_autoptr(GError) error = NULL;
	struct link link = { .folder = NULL };

	if (!settings->publish_dir) {
		check_tell(report, CHECK_WELL, N_("links"),
		    "none are made, because publish_dir and url are not set");
		return;
	}
	if (!check_folder(report, N_("links"), settings->publish_dir, W_OK | X_OK,
		_("Make the folder and give it to the user celsync runs as.")) ||
	    !report->mp3)
		return;
	if (link_put(&link, settings, report->mp3, &error))
		tell_link(report, settings, &link, report->mp3);
	else
		check_tell(report, CHECK_WRONG, N_("links"),
		    "%s\nGive %s to the user celsync runs as.", error->message,
		    settings->publish_dir);
	link_clear(&link);
}
