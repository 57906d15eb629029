/* What rows come into (assembly.c, assembly_step.c), and groups go out of for good (assembly_out.c) or for a while (assembly_spill.c); nobody else includes it. */
#ifndef CELSYNC_ASSEMBLY_PRIVATE_H
#define CELSYNC_ASSEMBLY_PRIVATE_H

#include "poller/assembly.h"
#include "poller/idmap.h"

struct assembly {
	arena_pool *pool;
	struct idmap channels;      /* uniqueid -> struct channel */
	struct idmap linkedids;     /* linkedid -> struct group */
	struct idmap bridges;       /* bridge_id -> struct bridge */
	GQueue ended;               /* groups nobody is left in, in the order they ended */
	struct group *first, *last; /* groups held and not handed out, in the order they began */
	guint held;
	GPtrArray *spare; /* groups to be used again */
	struct incarnations incarnations;
	/* Of the last rows: the next one is mostly their neighbour. */
	struct channel *recent[2];
	struct bridge *recent_bridge; /* not a holding one */
	gint64 now;                   /* the table's own time: the highest time written so far */
	gint64 swept;                 /* when groups were last looked through for stale ones */
};

/* An empty group, held; `id` is its first row's. */
struct group *assembly_begin_group(assembly *a, gint64 id);

/* Two groups turn out to be one: the smaller goes into the larger, which is returned. */
struct group *assembly_merge(assembly *a, struct group *x, struct group *y);
/* Its id names it no longer; a holding one is no assembly's. */
void assembly_forget_bridge(assembly *a, const struct bridge *b);
/*
 * Adds the step that this kind of event makes; some tell nothing a rebuild needs. May merge groups. `linkedid` is the row's, as the
 * group keeps it.
 */
void
assembly_read_step(assembly *a, struct channel *c, const struct cel_row *row, const char *linkedid);

static inline void
assembly_unlist(assembly *a, struct group *g)
{
	*(g->prev != NULL ? &g->prev->next : &a->first) = g->next;
	*(g->next != NULL ? &g->next->prev : &a->last) = g->prev;
	g->prev = g->next = NULL;
}

#endif
