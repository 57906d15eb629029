/*
 * What `celsync show` tells of one call, gathered by cmd_show.c: as lines for people (show_text.c) and as JSON for programs
 * (show_json.c). Both are pure.
 */
#ifndef CELSYNC_SHOW_H
#define CELSYNC_SHOW_H

#include "store/attempts.h"
#include "store/recordings.h"
#include "sync/draw.h"

struct show {
	const struct call *call;
	const GPtrArray *calls; /* struct call: all of the group, this one among them */
	const tracks *tracks;
	/* Of the store; NULL where there is none, or it could not be read. */
	GArray *requests;  /* struct outbox_item */
	GPtrArray *bodies; /* char *, of the same index: as sent, token masked; NULL: removed */
	GArray *attempts; /* struct attempt, of all requests: tries that did not end well at once */
	GArray *recordings;   /* struct recording */
	gint64 start;         /* µs UTC: nothing that began before is told; 0: everything */
	gboolean unread;      /* rows of it have not been read by a pass yet */
	const char *no_store; /* why there is nothing of the store */
	gboolean masked;      /* numbers and callers' names are hidden */
};

/* Lines (char *) without newline, names masked where wanted, numbers not; free with g_ptr_array_unref. */
GPtrArray *show_text(const struct show *show, const struct draw_style *style);
/* One line; callers' names are not in it. Free with g_free. */
char *show_json(const struct show *show);

#endif
