/*
 * The one thing that is ever written into the PBX's tables: cdr.recordingfile names the MP3 where it named the WAV, so
 * that FreePBX goes on playing a recording whose WAV was removed. Only for [recordings] update_cdr, only in MariaDB, and on
 * a connection of its own: a source never writes.
 *
 * FreePBX 15.0.24 plays from transient_cdr or replicate_cdr, copies of cdr that its trigger fills on INSERT alone
 * (FreePBX/cdr Cdr.class.php): where these tables exist, and the user may see them, they are changed as well.
 *
 * Rows are found through the index on recordingfile, or, where there is none (FreePBX 13), the one on calldate; an
 * UPDATE is sent only where a row is to be changed, so that Asterisk's INSERT never waits for nothing.
 *
 * The user needs: GRANT UPDATE (recordingfile) ON asteriskcdrdb.cdr, beside SELECT. Errors are SOURCE_ERROR.
 */
#ifndef CELSYNC_CDR_UPDATE_H
#define CELSYNC_CDR_UPDATE_H

#include "poller/source.h"

typedef struct cdr_update cdr_update;

/* config's strings must outlive it. After an error it can only be closed. */
cdr_update *cdr_update_open(const struct source_config *config, GError **error);
void cdr_update_close(cdr_update *update);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(cdr_update, cdr_update_close)

#define CDR_FILES_MAX 100

struct cdr_file {
	const char *from, *to; /* base names: "x.wav", "x.mp3" */
	const char
	    *folders[3]; /* what may stand before the base name, each with its slash; "" for none */
	gint64 since,
	    until; /* calldate as written, µs of that clock; a day more is looked at on both sides */
	/* The answer. */
	gint64 changed; /* rows that named `from` and name `to` now, in all tables */
	gboolean named; /* a row of cdr names `to` */
};

/*
 * Renames up to CDR_FILES_MAX files, wherever they are named. Doing it again changes nothing, or the rows that came late; it
 * costs one look-up a table when there are none.
 */
gboolean cdr_update_files(cdr_update *update, struct cdr_file *files, gsize n, GError **error);

#endif
