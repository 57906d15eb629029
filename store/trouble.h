/* The last run that did not end well, for `status`. Times are µs UTC. */
#ifndef CELSYNC_TROUBLE_H
#define CELSYNC_TROUBLE_H

#include "store/store.h"

struct trouble {
	gint64 at;     /* 0: there was none */
	gint64 status; /* its exit code */
	char *words;   /* what it said last; owned */
};
void trouble_clear(struct trouble *trouble);
gboolean trouble_get(store *store, struct trouble *trouble, GError **error);
gboolean trouble_put(store *store, const struct trouble *trouble, GError **error);

#endif
