/*
 * One number's personal data goes, call by call: what its requests said, the answers' words, and the names of its recordings.
 * Keys, states, times and HTTP statuses stay, as after retention (store/retention.h); a request that still waits is given
 * up (expired), and a recording that waits becomes `none`.
 *
 * A row that was emptied is gone from the file only once that was compacted: store_compact().
 */
#ifndef CELSYNC_FORGET_H
#define CELSYNC_FORGET_H

#include "store/store.h"

/* The callids (char *) whose requests or recordings hold these digits; free with g_ptr_array_unref. */
GPtrArray *forget_calls(store *store, const char *digits, GError **error);

struct forgotten {
	gint64 requests, recordings; /* emptied */
	gint64 given_up;             /* requests among them that had not been sent */
};
/*
 * Adds to *forgotten. Inside the caller's transaction, by the holder of both locks: nothing of the call is being sent or
 * converted.
 */
gboolean forget_call(
    store *store, const char *callid, gint64 now, struct forgotten *forgotten, GError **error);
/* The words of the last run that failed, where they hold these digits. Inside the caller's transaction. */
gboolean forget_words(store *store, const char *digits, GError **error);

#endif
