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
};
void recording_clear(struct recording *recording);

/*
 * What is wanted: callid, file, path, not_before, call_ended, title and artist; it is waiting since
 * `now`. A (callid, file) that is there is left as it is.
 */
gboolean recordings_put(
    store *store, const struct recording *recording, gint64 now, gboolean *added, GError **error);
gboolean recordings_get(store *store, const char *callid, const char *file,
    struct recording *recording, gboolean *found, GError **error);
/* Takes up to `limit` waiting ones whose time has come and marks them converting; struct recording. */
GArray *recordings_claim(store *store, gint64 now, int limit, GError **error);
/*
 * Writes state, sizes, duration, mp3, link, reason, not_before of recording->id, from state `from`;
 * STORE_ERROR_STATE when the table above forbids it or the recording is elsewhere.
 */
gboolean recordings_move(
    store *store, const struct recording *recording, enum recording_state from, GError **error);
/* Converting ones left by a run that was killed become waiting again. Only for the holder of the lock. */
gboolean recordings_recover(store *store, int *n, GError **error);
gboolean recordings_counts(store *store, gint64 counts[RECORDING_STATES], GError **error);
/* Of one call, or all in one state (callid NULL); struct recording, oldest first, at most limit. */
GArray *recordings_of(
    store *store, const char *callid, enum recording_state state, int limit, GError **error);

#endif
