/*
 * What is known of a request only once it has been sent: that its answer was lost, that its link is
 * still owed. Columns `lost` and `owes_link` of outbox; no state is changed here but through
 * outbox_move(). Functions that write act inside the caller's transaction; times are µs UTC.
 */
#ifndef CELSYNC_LATE_H
#define CELSYNC_LATE_H

#include "store/outbox.h"

/* A COMPLETED leaves with is_recorded=1 and without (owes) or with (not) a link. */
gboolean late_owe(store *store, gint64 id, gboolean owes, GError **error);
/*
 * At most `most` COMPLETEDs that arrived owing a link which is there by now. Of struct outbox_item
 * only id, callid, ext, n, priority, recording and call_start are set.
 */
GArray *late_records(store *store, int most, GError **error);

/*
 * Unknown items up to `rank` of which fewer than `lost` answers were lost become ready; not those that were overtaken: an
 * ACCEPTED after its COMPLETED would open the window again. Not counted are tries that certainly did not arrive: hours without
 * a connection must not use up the one repetition.
 */
gboolean
late_resend(store *store, gint64 now, gint64 lost, enum outbox_rank rank, int *n, GError **error);

/* *doubt TRUE where a ready item's last try had no answer: PlanFix may be away. */
gboolean late_doubt(store *store, gboolean *doubt, GError **error);

#endif
