/*
 * The public link of a recording: publish_dir/KEY/NAME.mp3, a hard link to the MP3 (a copy across file
 * systems, and where the MP3 is not for everyone's eyes: Asterisk may write 0640, and the web server must be able to
 * read what lies behind a link without being let into the spool), where KEY is the first 32 hex digits of HMAC-SHA256(secret, callid "/" file). Without the
 * secret nobody can guess another link from one they know.
 *
 * The secret (32 random bytes, as hex) is made on first use, in a file with mode 0600; a secret file that
 * others can read is refused.
 */
#ifndef CELSYNC_PUBLISH_H
#define CELSYNC_PUBLISH_H

#include <glib.h>

#define PUBLISH_ERROR (publish_error_quark())
GQuark publish_error_quark(void);
enum publish_error {
	PUBLISH_ERROR_SECRET,
	PUBLISH_ERROR_WRITE
};

typedef struct publisher publisher;

/* `url` gets a slash at its end where it has none. Opens or makes the secret; makes no folder. */
publisher *
publisher_open(const char *publish_dir, const char *url, const char *secret_file, GError **error);
void publisher_close(publisher *publisher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(publisher, publisher_close)

/* The link a recording has or would have; free with g_free. `file` is the MP3's base name. */
char *publisher_link(const publisher *publisher, const char *callid, const char *file);

/*
 * Puts the MP3 (path below the open directory `dir`) behind its link; doing it again changes nothing, an
 * MP3 made anew replaces the old one at once (temporary name, rename). Returns the link; free with g_free.
 */
char *publisher_publish(
    publisher *publisher, int dir, const char *mp3, const char *callid, GError **error);

/* Ends a link: its file and its folder go, the MP3 stays. One that is not there is no error. */
gboolean
publisher_remove(publisher *publisher, const char *callid, const char *file, GError **error);

/* TRUE when the link leads to this MP3 as it is, and the web server may read it. */
gboolean publisher_works(const publisher *publisher, int dir, const char *mp3, const char *callid);

#endif
