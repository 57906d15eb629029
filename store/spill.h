/*
 * What one run has no room for in memory: parcels of bytes, each with names by which it is found again.
 *
 * They stand in a nameless file of SQLite's, in the folder for temporary files (SQLITE_TMPDIR, TMPDIR, /var/tmp, /tmp: the first there is): only
 * this process can read it, and it is gone when the process ends, however it ends. Nothing in it is meant to outlive a crash: whoever
 * puts something there keeps the cursor below it. Of memory a few MB are taken, however much is put.
 *
 * Errors are in STORE_ERROR.
 */
#ifndef CELSYNC_SPILL_H
#define CELSYNC_SPILL_H

#include <glib.h>

typedef struct spill spill;
spill *spill_new(GError **error);
void spill_free(spill *spill);

/* names: guint64. `first` and `due` are what spill_take() and spill_lowest() go by. */
gboolean spill_put(spill *spill, gint64 first, gint64 due, const GArray *names,
    const GByteArray *bytes, GError **error);

enum spill_by {
	SPILL_BY_NAME, /* one that has this name */
	SPILL_BY_TIME, /* the one with the lowest `due`, where that is at most this */
	SPILL_BY_ID    /* the one with the lowest `first`, where that is at least this */
};
/* One parcel is taken out, its bytes put in place of what `bytes` holds; *found FALSE: there is none. */
gboolean spill_take(spill *spill, enum spill_by by, gint64 value, GByteArray *bytes,
    gboolean *found, GError **error);
/* The lowest `first`; G_MAXINT64 when there is none. */
gboolean spill_lowest(spill *spill, gint64 *first, GError **error);

#endif
