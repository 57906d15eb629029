/*
 * Asterisk restarts: a channel whose epoch is later than that of the newest channel so far while its number is lower. Calls
 * begun before the restart on that systemname have ended. The knowledge may be carried from one pass to the next.
 */
#ifndef CELSYNC_INCARNATION_H
#define CELSYNC_INCARNATION_H

#include "poller/uniqueid.h"

struct incarnation {
	const char *systemname; /* owned by the assembly */
	gint64 epoch, number;   /* of the newest channel */
	gint64 restarted;       /* epoch; 0: none seen */
	gint64 number_before;   /* highest number before that restart */
	gboolean shared; /* two Asterisks write under this name: their counters say nothing */
};

struct incarnations {
	GArray *list;     /* struct incarnation */
	GPtrArray *names; /* owned strings */
};

void incarnations_init(struct incarnations *set);
void incarnations_clear(struct incarnations *set);
/* That of the systemname which the first `len` bytes of a uniqueid are; made where there is none yet; NULL: there are too many. */
struct incarnation *incarnation_of(struct incarnations *set, const char *name, gsize len);
/* A channel began: is this another incarnation, or do two Asterisks write under one name? */
void incarnation_watch(struct incarnations *set, const char *uniqueid, const struct uniqueid *made);

#endif
