#include "sync/absent.h"

#include "store/recordings.h"
#include "sync/beneath.h"
#include "sync/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>

#define BLOCK 500

/* Certainly: what cannot be looked at may be there. */
static gboolean
is_missing(int spool, const char *path)
{
	beneath_fd file = beneath_open(spool, path, O_RDONLY, 0);
	return file < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static gboolean
is_absent(int spool, const struct recording *recording)
{
	g_autofree char *mp3 = spool_mp3_path(recording->path),
			*other = spool_mp3_other(recording->path);
	return is_missing(spool, recording->path) && is_missing(spool, mp3) &&
	       is_missing(spool, other);
}

/* Nothing in it but what a file system puts there itself. */
static gboolean
is_empty(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		if (name[0] != '.' && strcmp(name, "lost+found") != 0)
			return FALSE;
	return dir != NULL;
}

static gboolean
is_deserted(store *db, const char *spool, gboolean *deserted, GError **error)
{
	gint64 counts[RECORDING_STATES];
	*deserted = FALSE;
	if (!is_empty(spool))
		return TRUE;
	if (!recordings_counts(db, counts, error))
		return FALSE;
	*deserted = counts[RECORDING_DONE] > 0;
	return TRUE;
}

static gboolean
settle_block(store *db, int spool, const GArray *rows, gint64 *n, GError **error)
{
	for (guint i = 0; i < rows->len; i++) {
		struct recording *recording = &g_array_index(rows, struct recording, i);
		if (!is_absent(spool, recording))
			continue;
		g_free(recording->reason);
		recording->reason = g_strdup_printf(
		    _("the file is not there, and the call ended long ago: %s"), recording->path);
		recording->state = RECORDING_NONE;
		if (!recordings_move(db, recording, RECORDING_WAITING, error))
			return FALSE;
		++*n;
	}
	return TRUE;
}

/* *after: the last id that was looked at; it stays where there are no more. */
static gboolean
settle_next(store *db, int spool, gint64 before, gint64 *after, gint64 *n, GError **error)
{
	if (!store_begin(db, error))
		return FALSE;
	g_autoptr(GArray) rows = recordings_past(db, *after, before, BLOCK, error);
	if (rows == NULL || !settle_block(db, spool, rows, n, error) || !store_commit(db, error)) {
		store_rollback(db);
		return FALSE;
	}
	if (rows->len > 0)
		*after = g_array_index(rows, struct recording, rows->len - 1).id;
	return TRUE;
}

gboolean
absent_settle(store *db, const struct recordings_settings *settings, gint64 now,
    const volatile gint *stop, gint64 *n, GError **error)
{
	gboolean deserted;
	*n = 0;
	beneath_fd spool = open(settings->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool < 0)
		return TRUE; /* converting says why */
	gboolean ok = is_deserted(db, settings->spool, &deserted, error);
	for (gint64 after = 0, last = -1; ok && !deserted && !*stop && after != last;) {
		last = after;
		ok = settle_next(db, spool, now - settings->wait, &after, n, error);
	}
	return ok;
}
