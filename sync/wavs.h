/*
 * What is left to do when a recording has its MP3: cdr.recordingfile names it ([recordings] update_cdr), and its WAV goes
 * ([recordings] wav = delete). The part of a pass that comes after sync/convert.h; the caller holds the `read` lock.
 *
 * A WAV is removed when all of this holds, and stays as long as it does not:
 *   the call ended `wait` ago, and no other call waits for the same file
 *   the WAV is, by size and time, the one that was converted, and nobody has it open for writing
 *   the MP3 beside it is ours, was made from just that WAV, and decodes to the length the store knows
 *   where links are made, its link leads to that MP3 and everyone may read it
 *   a row of cdr names the MP3; or none has named the recording at all for a day
 * It is first set aside under a hidden name and looked at once more, so that a program that opens it in that very moment
 * gets it back. Killed anywhere, there is the WAV, or a checked MP3 that cdr names; the next run finishes the step.
 *
 * CDR rows that come late with the old name are changed by later runs, within a day (recording_next_look).
 * The CEL page of FreePBX, unlike its CDR page, goes by the name in cel.appdata and loses a recording whose WAV is gone.
 */
#ifndef CELSYNC_WAVS_H
#define CELSYNC_WAVS_H

#include "store/store.h"
#include "sync/config.h"

struct wavs_result {
	gint64 named;   /* CDR rows that name an MP3 now */
	gint64 removed; /* WAVs */
	gint64 kept; /* WAVs that should go but may not for a reason that will not pass by itself */
	char *words; /* of the first of those, or NULL; owned */
};
void wavs_result_clear(struct wavs_result *result);

/*
 * All that is due by `now` (µs UTC), until *stop is set (may be NULL). Without update_cdr nothing is done. FALSE: the
 * database, the spool folder or the store could not be used; what is due stays due.
 */
gboolean wavs_settle(store *db, const struct config *config, gint64 now, const volatile gint *stop,
    struct wavs_result *result, GError **error);

#endif
