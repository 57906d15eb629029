/*
 * Recordings that wait become MP3s behind their links: the part of a pass that comes after its commit.
 *
 * The rows of store/recordings.h are claimed here, looked at and encoded by one worker per core outside any
 * transaction, and moved on as each is finished; only the calling thread touches the store. The caller holds
 * the `read` lock: what a killed run left as converting is taken up again.
 *
 * What becomes of a recording, in this order:
 *   NAME.mp3 is there, ours, made from the WAV as it is (or the WAV is gone) -> done, nothing is encoded
 *   NAME.mp3 is there, not ours: decodes -> done as it is. It is never overwritten. While it is younger than
 *                      `stable` somebody may be writing it: later
 *   NAME.mp3 is there, but is another's: it was made from NAME.gsm, does not decode, or is not as long as the WAV
 *                      beside it -> the same once more with NAME.wav.mp3. Without a WAV: failed
 *   no WAV           -> later; none once `wait` has passed since it was wanted or the call ended. A spool folder
 *                      that holds nothing although it did before is not believed for a week
 *   WAV not complete -> later. Complete: nobody has it open for writing, and its header is closed and the call has
 *                      ended, or nothing was written for `stable`
 *   no audio in it   -> none
 *   not readable     -> failed
 *   encoded, checked -> published where a publish_dir is set -> done
 * What is no fault of the recording (disk full, publish_dir not writable) is tried again later.
 *
 * Done ones are looked at again within a day after the call: one whose WAV has grown (a recording stopped and started
 * again, or re-attached after a transfer) is converted anew, behind the same link. Links older than link_days end.
 *
 * A file costs at most its own recording. Killed anywhere, a run leaves a row that waits and either no MP3 or a
 * whole one that the next run knows by its mark (sync/mp3mark.h).
 */
#ifndef CELSYNC_CONVERT_H
#define CELSYNC_CONVERT_H

#include "store/store.h"
#include "sync/config.h"

struct convert_result {
	gint64 done, adopted; /* adopted: those of `done` whose MP3 was there already */
	gint64 none, failed;
	gint64 later; /* looked at, not complete yet */
	gint64
	    unwritable; /* those of `later` that could not be written or published: tell the administrator */
	gint64 looked, grown; /* done before and looked at again; those whose WAV had grown */
	gint64 ended;         /* links that were removed because of link_days */
	gint64 audio_ms;      /* length of what was encoded in this run */
	gboolean stopped;     /* on request */
	char *words;          /* of the first failure or unwritable one, or NULL; owned */
};
void convert_result_clear(struct convert_result *result);

/*
 * Until nothing is due by `now` (µs UTC) or *stop is set (may be NULL); what is being encoded then is dropped and
 * waits. FALSE when nothing can be converted at all: no spool folder, no secret for the links, a store error.
 */
gboolean convert(store *db, const struct recordings_settings *settings, gint64 now,
    const volatile gint *stop, struct convert_result *result, GError **error);

#endif
