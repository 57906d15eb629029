/*
 * One call, found by any of its ids: its callid, or a linkedid or uniqueid of its group, with or without the PBX's name before it.
 *
 * The call that begins with an id is meant by it; else the reported call in which that channel talked with the client; else
 * the one under whose linkedid it began. Or: the calls of a client's number in a period.
 */
#ifndef CELSYNC_FIND_H
#define CELSYNC_FIND_H

#include "sync/pbx.h"

/* Gets the call, settled as of now, and all calls of its group; they are gone when it returns. */
typedef gboolean (*find_sink)(const struct call *call, const struct timeline *timeline,
    const GPtrArray *calls, gpointer data, GError **error);

/* *found FALSE: the source has no such call, and the sink was not called. `now`: µs UTC. */
gboolean find_call(struct pbx *pbx, const struct config *config, const char *id, gint64 now,
    find_sink sink, gpointer data, gboolean *found, GError **error);

/*
 * The calls whose client's number has any of these digits (char *, see number_forms) and that began in from <= t < to (µs UTC), in the
 * order in which they ended; *n says how many.
 */
gboolean find_calls_of_number(struct pbx *pbx, const struct config *config, const GPtrArray *forms,
    gint64 from, gint64 to, gint64 now, find_sink sink, gpointer data, guint *n, GError **error);

#endif
