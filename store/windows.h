/*
 * What stands open on the employees' screens.
 *
 * A window is opened by INCOMING or OUTGOING and closed by COMPLETED. Its number `n` counts the
 * windows of one (callid, ext) from 0 and is part of the key of every event told about it; it is
 * read from this table in the transaction that writes the event, never computed again.
 */
#ifndef CELSYNC_WINDOWS_H
#define CELSYNC_WINDOWS_H

#include "store/store.h"

struct window {
	char *callid, *ext; /* owned */
	gint64 n;
	char *
	    opened_by; /* "hook", "poll", or NULL: never opened, the row only carries the closing */
	gint64 opened; /* µs UTC; 0: never */
	char *accepted;  /* "yes" once ACCEPTED was written, else NULL */
	char *closed_as; /* status of the COMPLETED; NULL while open */
	gint64 closed;
	gboolean final; /* closed by the finished call, not early */
};
void window_clear(struct window *window);

/* The newest window of (callid, ext); *found FALSE when there was none. */
gboolean windows_get(store *store, const char *callid, const char *ext, struct window *window,
    gboolean *found, GError **error);
/* Inserts or replaces by (callid, ext, n). */
gboolean windows_put(store *store, const struct window *window, GError **error);
/* Inserts; where (callid, ext, n) is there already, *added is FALSE and it stays. */
gboolean windows_add(store *store, const struct window *window, gboolean *added, GError **error);
/* All windows of a call, or, callid NULL, all that are open and opened before `before`. struct window. */
GArray *windows_of(store *store, const char *callid, gint64 before, GError **error);

#endif
