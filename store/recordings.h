/*
 * Recordings to be converted, and what became of them.
 *
 *   waiting -> converting -> done
 *              converting -> waiting   not complete yet, or a run was killed: again at `not_before`
 *   waiting, converting -> none        no audio: a header only, or the file never came (reason kept)
 *   waiting, converting -> failed      unreadable audio (reason kept)
 *   none, failed -> waiting            by replay
 *   done -> waiting                    the source grew again: converted anew, the link stays
 *
 * A done one is looked at again at `not_before` (has its WAV grown?) and at `wav_due` (CDR rows that should name the
 * MP3, a WAV that may go); RECORDING_NEVER ends that. What such a look finds is kept with recordings_keep().
 *
 * A recording is known by (callid, file): file is its base name, path is where its WAV is expected,
 * relative to the spool folder ("2026/11/23/external-101-….wav").
 */
#ifndef CELSYNC_RECORDINGS_H
#define CELSYNC_RECORDINGS_H

#include "store/store.h"

enum recording_state {
	RECORDING_WAITING,
	RECORDING_CONVERTING,
	RECORDING_DONE,
	RECORDING_NONE,
	RECORDING_FAILED
};
#define RECORDING_STATES (RECORDING_FAILED + 1)
const char *recording_state_name(enum recording_state state);

struct recording {
	gint64 id;
	char *callid, *file, *path; /* owned */
	enum recording_state state;
	gint64 since;         /* when it was first wanted, µs UTC */
	gint64 not_before;    /* when to look again */
	gint64 call_ended;    /* µs UTC */
	gint64 source_size;   /* bytes of the WAV the MP3 was made from; 0: not yet */
	gint64 source_mtime;  /* µs */
	gint64 duration_ms;   /* of the MP3; 0: not yet */
	char *mp3;            /* relative to the spool; NULL until done */
	char *link;           /* public address; NULL: none is made */
	char *reason;         /* of none and failed, or why it waits */
	char *title, *artist; /* for the ID3 tags: employee and client as known when wanted */
	gint64 attempts;
	gint64
	    published; /* when its link was first made, µs UTC; 0: never. Stays when the link has ended */
	gint64 wav_due;  /* when CDR rows and WAV are to be seen to; 0: at once */
	gint64 wav_gone; /* since when the WAV is not there; 0: it is */
};
#define RECORDING_NEVER G_MAXINT64
/*
 * When a done one is looked at again, after a look at `now`: after `first` (µs), then at distances that double, for a day
 * after the call's end or after it was first wanted, whichever is later.
 */
gint64 recording_next_look(const struct recording *recording, gint64 now, gint64 first);
void recording_clear(struct recording *recording);

/*
 * Whether retention has emptied recordings of a call, or (callid NULL) any: their names are not known any more, so those
 * of that call must not be taken in again.
 */
gboolean recordings_emptied(store *store, const char *callid, gboolean *emptied, GError **error);
/*
 * What is wanted: callid, file, path, not_before, call_ended, title and artist; it is waiting since `now`, or none (with its
 * reason) where it is known already that there is no file. A (callid, file) that is there is left as it is, and so are those of a
 * call of which retention has emptied one. recordings_add() does not look for that: for who knows that nothing is emptied.
 */
gboolean recordings_add(
    store *store, const struct recording *recording, gint64 now, gboolean *added, GError **error);
gboolean recordings_put(
    store *store, const struct recording *recording, gint64 now, gboolean *added, GError **error);
gboolean recordings_get(store *store, const char *callid, const char *file,
    struct recording *recording, gboolean *found, GError **error);
/* Takes up to `limit` waiting ones whose time has come and marks them converting; struct recording. */
GArray *recordings_claim(store *store, gint64 now, int limit, GError **error);
/*
 * Writes state, sizes, duration, mp3, link, reason and all times of recording->id, from state `from`;
 * STORE_ERROR_STATE when the table above forbids it or the recording is elsewhere.
 */
gboolean recordings_move(
    store *store, const struct recording *recording, enum recording_state from, GError **error);
/* Converting ones left by a run that was killed become waiting again. Only for the holder of the lock. */
gboolean recordings_recover(store *store, int *n, GError **error);
/* Whether a run at `now` has anything to do; `before`: links made before that are to end. */
gboolean recordings_any(store *store, gint64 now, gint64 before, gboolean *any, GError **error);
/* How many are to be converted by now. */
gboolean recordings_due(store *store, gint64 now, gint64 *n, GError **error);

/* Done ones by what they are waiting for; struct recording, the most urgent first, at most limit. */
enum recordings_care {
	RECORDINGS_LOOK, /* not_before <= time */
	RECORDINGS_WAVS, /* wav_due <= time */
	RECORDINGS_LINKS /* have a link made before time */
};
GArray *
recordings_done(store *store, enum recordings_care care, gint64 time, int limit, GError **error);
/* Writes not_before, link, reason, wav_due and wav_gone of a done one; STORE_ERROR_STATE when it is not. */
gboolean recordings_keep(store *store, const struct recording *recording, GError **error);
/* Done ones with a word to say (the WAV stays, and why); struct recording, oldest first, at most limit. */
GArray *recordings_noted(store *store, int limit, GError **error);
/* How many recordings (of other calls) still need the WAV at `path`. */
gboolean recordings_unfinished(store *store, const char *path, gint64 *n, GError **error);

gboolean recordings_counts(store *store, gint64 counts[RECORDING_STATES], GError **error);
/* Of one call, or all in one state (callid NULL); struct recording, oldest first, at most limit. */
GArray *recordings_of(
    store *store, const char *callid, enum recording_state state, int limit, GError **error);
/* Waiting ones with id > after of calls that ended before `before`; struct recording, in order of id, at most limit. */
GArray *recordings_past(store *store, gint64 after, gint64 before, int limit, GError **error);

#endif
