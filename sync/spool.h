/*
 * Where a recording is. Pure: paths are only computed here, never looked at.
 *
 * Asterisk knows a recording as MixMonitor's appdata in a CEL row ("PATH,options,command"; PATH is absolute, or
 * relative to the monitor folder) and as cdr.recordingfile (the bare name). FreePBX records to
 * YYYY/MM/DD/TYPE-DEST-FROM-YYYYMMDD-HHMMSS-UNIQUEID.wav below the spool folder (FreePBX callrecording,
 * functions.inc.php); the day is the one on which the call was first looked at, by the local clock.
 */
#ifndef CELSYNC_SPOOL_H
#define CELSYNC_SPOOL_H

#include <glib.h>

/*
 * What `said` (appdata, or a bare name) means, relative to the spool folder; in this order: what follows `spool`;
 * a relative path with a folder as it is; the tail YYYY/MM/DD/NAME; YYYY/MM/DD/NAME by the date inside NAME; NAME.
 * NULL for what can be none: empty, "..", a hidden name, control characters, invalid UTF-8. Free with g_free.
 */
char *spool_path(const char *spool, const char *said);

/* The part behind the last slash; borrowed from path. */
const char *spool_base_name(const char *path);

/* The folder of a path ("." where it has none); free with g_free. */
char *spool_folder(const char *path);

/* The MP3 beside a recording: same name, extension replaced. Free with g_free. */
char *spool_mp3_path(const char *path);
/* Where that name is taken by another recording's MP3: "NAME.wav.mp3". Free with g_free. */
char *spool_mp3_other(const char *path);
/* What follows the name's last dot, or ""; borrowed from path. */
const char *spool_extension(const char *path);

/*
 * The time inside a name, which is the call's beginning by the clock of `zone`; NULL where there is none.
 * Free with g_date_time_unref.
 */
GDateTime *spool_name_time(const char *path, GTimeZone *zone);

#endif
