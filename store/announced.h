/*
 * Windows that the hook opened: under which callid, by which ids their call may be found, and what became of the request, which
 * was sent past the outbox and is written there afterwards. The windows themselves: store/windows.h.
 *
 * Functions that write act inside the caller's transaction; times are µs UTC.
 */
#ifndef CELSYNC_ANNOUNCED_H
#define CELSYNC_ANNOUNCED_H

#include "store/outbox.h"

/*
 * The request as an item that is over: state SENT, UNKNOWN, REJECTED or EXPIRED; call_start is when it was sent. Where the key is
 * there already, a failure gives way to what came later; anything else stays as it is.
 */
gboolean announced_put(store *store, const struct outbox_new *item, enum outbox_state state,
    gint64 status, const char *answer, gint64 now, GError **error);

/* The call with this linkedid or uniqueid was announced as `callid`. */
gboolean announced_id(store *store, const char *id, const char *callid, gint64 at, GError **error);

/* Whether the hook ever announced anything that is still known. */
gboolean announced_any(store *store, gboolean *any, GError **error);
/*
 * The callid under which the hook opened a window of `ext` for a call known by any of `ids` (NULL at the end), the first that has
 * one; *callid NULL: none did. Free with g_free.
 */
gboolean
announced_as(store *store, const char *const *ids, const char *ext, char **callid, GError **error);

/*
 * Adds to `callids` (char *) those under which the hook announced a call known by any of `ids` (NULL at the end), each once, but for
 * those that are there.
 */
gboolean
announced_callids(store *store, const char *const *ids, GPtrArray *callids, GError **error);

/*
 * *going_on TRUE where the store knows an open call by an id that was announced as `callid`. An answer is worth something only
 * after a pass has read all rows there are.
 */
gboolean announced_going_on(store *store, const char *callid, gboolean *going_on, GError **error);

#endif
