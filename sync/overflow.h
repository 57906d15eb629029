/*
 * Open calls beyond those that memory is meant for: the groups that were held longest leave the assembly for a file, and come back when a row
 * names them, when their time has come, or in portions at the end. So memory does not grow with the calls that are open at once.
 */
#ifndef CELSYNC_OVERFLOW_H
#define CELSYNC_OVERFLOW_H

#include "poller/assembly.h"
#include "store/spill.h"

struct overflow {
	assembly *assembly;  /* borrowed */
	guint held_most;     /* groups in memory */
	gint64 quiet, stale; /* of assembly_next() */
	guint64 away;        /* groups that left and are not back */
	/* Its own. */
	spill *spill; /* NULL: none ever left */
	struct stowed stowed;
	gint64 looked; /* the table's time when groups were last looked for whose time has come */
};

void overflow_init(
    struct overflow *overflow, assembly *assembly, guint held_most, gint64 quiet, gint64 stale);
void overflow_clear(struct overflow *overflow);

/* Before a row is added, or a record by an id, where any group is away: those it belongs to come back. */
gboolean overflow_recall_row(struct overflow *overflow, const struct cel_row *row, GError **error);
gboolean overflow_recall_id(struct overflow *overflow, const char *id, GError **error);
/* The oldest leave until no more are held than memory is meant for. */
gboolean overflow_shed(struct overflow *overflow, GError **error);
/* Groups away that assembly_next() would give by now are handed out and added, at most `limit` of them. */
gboolean overflow_due(struct overflow *overflow, GPtrArray *groups, guint limit, GError **error);
/* The `limit` that began first come back. */
gboolean overflow_return(struct overflow *overflow, guint limit, GError **error);
/* The lowest id of a row of a group that is away; G_MAXINT64: none is. */
gboolean overflow_lowest(struct overflow *overflow, gint64 *id, GError **error);

#endif
