/*
 * Is PlanFix there? What the answers of one pass say of it as a whole. Pure; `now` is a steady clock, µs.
 *
 * After a request without an answer nothing more is risked until a ping was answered; SILENT_MOST
 * silences in a row, LATER_MOST answers in a row that say "later", or a refused token end the pass.
 */
#ifndef CELSYNC_CIRCUIT_H
#define CELSYNC_CIRCUIT_H

#include "sync/verdict.h"

struct circuit {
	guint silent, later; /* in a row */
	gboolean heard;      /* PlanFix answered in this pass; until then one request at a time */
	gboolean doubt;      /* a ping goes before anything else */
	gint64 probe_at;     /* but not before */
	gboolean refused;    /* 401, 403 */
	gboolean unreachable;
	gboolean open; /* nothing more is started in this pass */
};

/* An answer, or its absence, to a request or to a ping. */
void circuit_learn(struct circuit *circuit, const struct answer *answer, gboolean ping, gint64 now);

#endif
