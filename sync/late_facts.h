/*
 * What was told of a call, against what its rows tell now: facts that came too late. What was sent is never corrected; `report`
 * shows the difference. Pure.
 */
#ifndef CELSYNC_LATE_FACTS_H
#define CELSYNC_LATE_FACTS_H

#include "poller/call.h"
#include "store/outbox.h"

/*
 * `items`: struct outbox_item, the requests of this call. A sentence for each difference (char *; free with g_ptr_array_unref); none
 * where nothing final was told, or where retention has removed what was told.
 */
GPtrArray *late_facts(const struct call *call, const GArray *items);

#endif
