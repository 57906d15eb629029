/*
 * What other runs left in the outbox, settled in one commit before anything is sent: items of owners
 * that are gone become unknown; under the policy "resend" those whose answer was lost once go again;
 * those whose time is over expire; COMPLETEDs whose link came too late for them get a `record`.
 */
#ifndef CELSYNC_LEFTOVERS_H
#define CELSYNC_LEFTOVERS_H

#include "store/store.h"
#include "sync/config.h"

#define LOST_MOST 2 /* an event whose answer was lost twice is not sent a third time */

struct leftovers {
	int lost, again, expired, records; /* items */
	gboolean doubt; /* the last try of an item that is ready again had no answer */
};

gboolean leftovers_settle(store *store, const struct planfix_settings *planfix, gint64 now,
    struct leftovers *found, GError **error);

#endif
