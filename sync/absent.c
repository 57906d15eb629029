#include "sync/absent.h"

#include "store/recordings.h"
#include "sync/beneath.h"
#include "sync/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 500

struct absence {
	int spool;     /* descriptor */
	gint64 before; /* of calls that ended then */
	const char *reason;
	char *folder; /* looked into last; NULL: none. Owned */
	int within;   /* it; -1: it is not there, or cannot be looked into */
	gboolean missing;
};

/* Certainly: what cannot be looked at may be there. */
static gboolean
is_not_there(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

static gboolean
is_missing(int folder, const char *name)
{
	beneath_fd file = beneath_open(folder, name, O_RDONLY, 0);
	return file < 0 && is_not_there(errno);
}

void
absence_refresh(absence *a)
{
	if (a == NULL)
		return;
	g_clear_pointer(&a->folder, g_free);
	beneath_close(&a->within);
	a->within = -1;
}

/* Recordings of one day lie together: mostly the folder is that of the one before. */
static void
enter(absence *a, const char *path, gsize length)
{
	if (a->folder != NULL && strncmp(a->folder, path, length) == 0 && a->folder[length] == '\0')
		return;
	absence_refresh(a);
	a->folder = g_strndup(path, length);
	a->within = beneath_open(a->spool, length > 0 ? a->folder : ".", O_RDONLY | O_DIRECTORY, 0);
	a->missing = a->within < 0 && is_not_there(errno);
}

gboolean
absence_of(absence *a, const char *path, gint64 call_ended)
{
	const char *name = spool_base_name(path);
	if (call_ended <= 0 || call_ended >= a->before)
		return FALSE;
	enter(a, path, name > path ? (gsize)(name - path - 1) : 0);
	if (a->within < 0)
		return a->missing;
	g_autofree char *mp3 = spool_mp3_path(name), *other = spool_mp3_other(name);
	return is_missing(a->within, name) && is_missing(a->within, mp3) &&
	       is_missing(a->within, other);
}

const char *
absence_reason(const absence *a)
{
	return a->reason;
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

gboolean
absence_open(
    store *db, const struct recordings_settings *settings, gint64 now, absence **a, GError **error)
{
	gboolean deserted = FALSE;
	*a = NULL;
	const int spool = open(settings->spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool < 0)
		return TRUE; /* converting says why */
	if (!is_deserted(db, settings->spool, &deserted, error) || deserted) {
		close(spool);
		return deserted;
	}
	*a = g_new0(absence, 1);
	**a = (absence){ .spool = spool,
		.within = -1,
		.before = now - settings->wait,
		.reason = _("the file is not there, and the call ended long ago") };
	return TRUE;
}

void
absence_free(absence *a)
{
	if (a == NULL)
		return;
	absence_refresh(a);
	close(a->spool);
	g_free(a);
}

static gboolean
settle_block(store *db, absence *a, const GArray *rows, gint64 *n, GError **error)
{
	for (guint i = 0; i < rows->len; i++) {
		struct recording *recording = &g_array_index(rows, struct recording, i);
		if (!absence_of(a, recording->path, recording->call_ended))
			continue;
		g_free(recording->reason);
		recording->reason = g_strdup(a->reason);
		recording->state = RECORDING_NONE;
		if (!recordings_move(db, recording, RECORDING_WAITING, error))
			return FALSE;
		++*n;
	}
	return TRUE;
}

/* *after: the last id that was looked at; it stays where there are no more. */
static gboolean
settle_next(store *db, absence *a, gint64 *after, gint64 *n, GError **error)
{
	absence_refresh(a);
	if (!store_begin(db, error))
		return FALSE;
	g_autoptr(GArray) rows = recordings_past(db, *after, a->before, BLOCK, error);
	if (rows == NULL || !settle_block(db, a, rows, n, error) || !store_commit(db, error)) {
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
	absence *a;
	*n = 0;
	gboolean ok = absence_open(db, settings, now, &a, error);
	for (gint64 after = 0, last = -1; ok && a != NULL && !*stop && after != last;) {
		last = after;
		ok = settle_next(db, a, &after, n, error);
	}
	absence_free(a);
	return ok;
}
