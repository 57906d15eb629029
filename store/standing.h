/* Single questions about where things stand, for `status`. All are cheap, whatever the store's size. Times are µs UTC. */
#ifndef CELSYNC_STORE_STANDING_H
#define CELSYNC_STORE_STANDING_H

#include "store/outbox.h"

/* Extensions (char *) the newest few thousand requests were for; free with g_ptr_array_unref. */
GPtrArray *standing_extensions(store *store, GError **error);
/* When the hook last announced something, 0: never; and how many calls were told live since, among the newest thousand requests. */
gboolean standing_hook(store *store, gint64 *heard, gint64 *calls_since, GError **error);
/* Requests that wait, and since when the oldest (0: none does). */
gboolean standing_waiting(
    store *store, enum outbox_priority priority, gint64 *n, gint64 *since, GError **error);
/* Requests that came to this end, or recordings that failed, since then. */
gboolean
standing_ended(store *store, enum outbox_state state, gint64 since, gint64 *n, GError **error);
gboolean standing_failed(store *store, gint64 since, gint64 *n, GError **error);

#endif
