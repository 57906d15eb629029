/* Which groups are complete, and their way out. */
#include "poller/assembly_private.h"

#include <string.h>

/* How long a restart must stand uncontradicted before calls are ended by it, in the table's time. */
#define RESTART_QUIET (60 * G_USEC_PER_SEC)

/* Restarts. */

/* The restart that ended a group whose channels never hung up; 0: none is known. */
static gint64
restart_of(assembly *a, const struct group *g)
{
	gint64 restarted = 0;
	for (guint i = 0; i < g->n_channels; i++) {
		const struct channel *c = g->channels[i];
		const struct incarnation *inc =
		    c->made.epoch != 0
			? incarnation_of(&a->incarnations, c->uniqueid, c->made.system_len)
			: NULL;
		if (inc == NULL || inc->shared || c->made.epoch >= inc->restarted)
			return 0;
		restarted = inc->restarted;
	}
	return restarted;
}

const GArray *
assembly_incarnations(const assembly *a)
{
	return a->incarnations.list;
}

void
assembly_set_incarnation(assembly *a, const struct incarnation *incarnation)
{
	struct incarnation *inc = incarnation_of(
	    &a->incarnations, incarnation->systemname, strlen(incarnation->systemname));
	if (inc == NULL)
		return;
	const char *name = inc->systemname;
	*inc = *incarnation;
	inc->systemname = name;
}

/* What is held. */

gint64
assembly_lowest_id(const assembly *a)
{
	gint64 lowest = G_MAXINT64;
	for (const struct group *g = a->first; g != NULL; g = g->next)
		lowest = MIN(lowest, g->first_id);
	return lowest;
}

/* Handing out. */

/* Whose CHAN_START was lost may be known by rows under another linkedid only; but an id that is a linkedid was its own. */
static void
find_lost_beginnings(assembly *a, struct group *g)
{
	for (guint i = 0; i < g->n_linkedids; i++) {
		struct channel *c = idmap_get(&a->channels, g->linkedids[i]);
		if (c != NULL && !c->started)
			c->linkedid = c->uniqueid;
	}
}

/* Where the group is whole, nothing of it was lost. */
static struct group *
hand_out(assembly *a, struct group *g, gboolean whole)
{
	assembly_unqueue(a, g);
	assembly_unlist(a, g);
	g->out = TRUE;
	g->restarted = g->alive > 0 ? restart_of(a, g) : 0;
	if (g->unordered)
		group_order(g);
	if (!whole)
		find_lost_beginnings(a, g);
	return g;
}

struct group *
assembly_hand_out(assembly *a, struct group *g)
{
	return hand_out(a, g, FALSE);
}

/* Looks through all held groups, but seldom: for those a restart cut and those nothing came for. */
static struct group *
forgotten(assembly *a, gint64 stale)
{
	if (a->swept != WALL_NONE && a->now - a->swept < RESTART_QUIET)
		return NULL;
	for (struct group *g = a->first; g != NULL; g = g->next) {
		if (g->last_wall == WALL_NONE || !group_is_whole(g))
			continue;
		if (a->now - g->last_wall >= stale ||
		    (a->now - g->last_wall >= RESTART_QUIET && restart_of(a, g) != 0))
			return g;
	}
	a->swept = a->now;
	return NULL;
}

struct group *
assembly_next(assembly *a, gint64 quiet, gint64 stale)
{
	while (!g_queue_is_empty(&a->ended)) {
		struct group *g = g_queue_peek_head(&a->ended);
		if (g->alive > 0 || !group_is_whole(g)) {
			assembly_unqueue(a, g);
			continue;
		}
		if (a->now - g->last_wall < quiet)
			break;
		return hand_out(a, g, TRUE);
	}
	struct group *g = forgotten(a, stale);
	return g != NULL ? hand_out(a, g, TRUE) : NULL;
}

GPtrArray *
assembly_incomplete(assembly *a, gboolean open)
{
	GPtrArray *list = g_ptr_array_new();
	for (struct group *g = a->first; g != NULL; g = g->next) {
		if ((!open || g->alive == 0) && group_is_whole(g))
			continue;
		for (guint i = 0; i < g->n_linkedids; i++)
			g_ptr_array_add(list, (gpointer)g->linkedids[i]);
		for (guint i = 0; i < g->n_named; i++)
			g_ptr_array_add(list, (gpointer)g->named[i]);
		/* Its last rows may stand under a linkedid that is not known yet. */
		for (guint i = 0; i < g->n_channels; i++) {
			struct channel *c = g->channels[i];
			if (!c->ended || !c->started)
				g_ptr_array_add(list, (gpointer)c->uniqueid);
		}
	}
	return list;
}

void
assembly_names(const assembly *a, GPtrArray *linkedids, GPtrArray *bridges)
{
	for (const struct group *g = a->first; g != NULL; g = g->next) {
		for (guint i = 0; i < g->n_linkedids; i++)
			g_ptr_array_add(linkedids, (gpointer)g->linkedids[i]);
		for (guint i = 0; i < g->n_bridges; i++) {
			struct bridge *b = g->bridges[i];
			if (!b->holding)
				g_ptr_array_add(bridges, (gpointer)b->id);
		}
	}
}

struct group *
assembly_rest(assembly *a)
{
	return a->first != NULL ? hand_out(a, a->first, FALSE) : NULL;
}
