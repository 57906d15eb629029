/*
 * What the hook announced becomes part of the store: each window under the id it was opened with, and the request with its outcome
 * (store/announced.h). Called by a pass, under the `read` lock, without an open transaction; both functions commit themselves.
 *
 * Taking a file in twice is harmless (a crash between the commit and the removal): a window is known by its moment of opening. A
 * phone that rings again while its window is open opens no other one; after its window was closed it does.
 *
 * An announcement that failed opened nothing: its request is listed (rejected, or expired where PlanFix could not be
 * reached), and `sync` tells the story when the call is over.
 */
#ifndef CELSYNC_ANNOUNCEMENTS_H
#define CELSYNC_ANNOUNCEMENTS_H

#include "store/store.h"
#include "sync/config.h"

/*
 * Takes in what lies in the announce folder: before rows are read, so that no call is told without what is known of its windows.
 * FALSE is an error of the store; a folder that cannot be read is only logged.
 */
gboolean announcements_take(store *store, const struct config *config, gint64 now, GError **error);

/*
 * Closes windows opened by the hook more than popup_max_age ago whose call is not going on: as Missed (NoAnswer for an outgoing
 * one), not finally, so that a call that turns up later is told. Only after a pass that has read all rows there are.
 */
gboolean announcements_close(store *store, const struct config *config, gint64 now, GError **error);

#endif
