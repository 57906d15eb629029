/* What rows come into (assembly.c, assembly_step.c), and groups go out of for good (assembly_out.c) or for a while (assembly_spill.c); nobody else includes it. */
#ifndef CELSYNC_ASSEMBLY_PRIVATE_H
#define CELSYNC_ASSEMBLY_PRIVATE_H

#include "poller/assembly.h"
#include "poller/idmap.h"

struct assembly {
	arena_pool *pool;
	struct idmap channels;  /* uniqueid -> struct channel, by its own text */
	struct idmap linkedids; /* linkedid -> struct group */
	struct idmap bridges;   /* bridge_id -> struct bridge */
	GQueue ended; /* groups nobody is left in, in the order they ended: their own links */
	struct group *first, *last; /* groups held and not handed out, in the order they began */
	guint held;
	GPtrArray *spare; /* groups to be used again */
	struct incarnations incarnations;
	/* Of the last row, and of another before it: the next one is mostly of one of them. Where there is none: assembly_nobody. */
	struct channel *recent[2];
	struct bridge *recent_bridge; /* not a holding one */
	gint64 now;                   /* the table's own time: the highest time written so far */
	gint64 swept;                 /* when groups were last looked through for stale ones */
};

/* A channel that no row is of. */
extern struct channel assembly_nobody;

/* Of an id: what tells it from most others. */
static inline guint64
assembly_tail(const char *id, gsize len)
{
	return len >= 8 ? bytes_8(id + (len - 8)) : 0;
}

/*
 * Takes in a row that does not only go on with its channel. `c`: its channel, where it is one of `recent`, else NULL; `before`: that of the row
 * before. The channel with all that is new, NULL: the row tells nothing; *kept: the row's linkedid as its group keeps it.
 */
struct channel *assembly_take_in(assembly *a, struct channel *c, const struct channel *before,
    const struct cel_row *row, const char **kept);

/* An empty group, held; `id` is its first row's. */
struct group *assembly_begin_group(assembly *a, gint64 id);

/* Two groups turn out to be one: the smaller goes into the larger, which is returned. */
struct group *assembly_merge(assembly *a, struct group *x, struct group *y);
/* Its id names it no longer; a holding one is no assembly's. */
void assembly_forget_bridge(assembly *a, const struct bridge *b);
/* Nobody is left in it: its time comes. */
static inline void
assembly_queue(assembly *a, struct group *g)
{
	g->queued = TRUE;
	g->ended = (GList){ .data = g };
	g_queue_push_tail_link(&a->ended, &g->ended);
}

static inline void
assembly_unqueue(assembly *a, struct group *g)
{
	if (g->queued)
		g_queue_unlink(&a->ended, &g->ended);
	g->queued = FALSE;
}

static inline void
assembly_unlist(assembly *a, struct group *g)
{
	*(g->prev != NULL ? &g->prev->next : &a->first) = g->next;
	*(g->next != NULL ? &g->next->prev : &a->last) = g->prev;
	g->prev = g->next = NULL;
}

#endif
