#include "poller/group.h"

#include <string.h>

struct group *
group_new(arena_pool *pool)
{
	struct group *g = g_new0(struct group, 1);
	g->channels = g_ptr_array_new();
	g->bridges = g_ptr_array_new();
	g->linkedids = g_ptr_array_new();
	g->named = g_ptr_array_new();
	arena_init(&g->arena, pool);
	return g;
}

void
group_free(struct group *g)
{
	arena_clear(&g->arena);
	g_ptr_array_free(g->channels, TRUE);
	g_ptr_array_free(g->bridges, TRUE);
	g_ptr_array_free(g->linkedids, TRUE);
	g_ptr_array_free(g->named, TRUE);
	g_free(g->steps);
	g_free(g);
}

void
group_empty(struct group *g)
{
	arena_clear(&g->arena);
	g_ptr_array_set_size(g->channels, 0);
	if (g->bridges->len > 0)
		g_ptr_array_set_size(g->bridges, 0);
	g_ptr_array_set_size(g->linkedids, 0);
	if (g->named->len > 0)
		g_ptr_array_set_size(g->named, 0);
	*g = (struct group){ .channels = g->channels,
		.bridges = g->bridges,
		.linkedids = g->linkedids,
		.named = g->named,
		.steps = g->steps,
		.room_steps = g->room_steps,
		.arena = g->arena };
}

void
group_add_step(struct group *g, const struct step *step)
{
	if (g->n_steps == g->room_steps) {
		g->room_steps = g->room_steps > 0 ? g->room_steps * 2 : 32;
		g->steps = g_renew(struct step, g->steps, g->room_steps);
	}
	g->steps[g->n_steps++] = *step;
	g->events |= (guint32)1 << step->event;
}

void
group_add_record(struct group *g, struct channel *c, const struct cdr_row *row)
{
	struct arena *m = &g->arena;
	gboolean answered = strcmp(row->disposition, "ANSWERED") == 0;
	g->records = arena_grow(m, g->records, g->n_records, &g->room_records, sizeof *g->records);
	g->records[g->n_records++] = (struct record){
		.channel = c,
		.uniqueid = c != NULL ? c->uniqueid : arena_string(m, row->uniqueid),
		.src = c != NULL ? "" : arena_string(m, row->src),
		.dst = arena_string(m, row->dst),
		.channel_name = c != NULL ? "" : arena_string(m, row->channel),
		.dstchannel = arena_string(m, row->dstchannel),
		.lastdata = arena_string(m, row->lastdata),
		.disposition = answered ? "ANSWERED" : arena_string(m, row->disposition),
		.did = arena_string(m, row->did),
		.recordingfile = arena_string(m, row->recordingfile),
		.duration = row->duration,
		.billsec = row->billsec,
		.calldate = row->calldate,
	};
}

void
group_absorb(struct group *to, struct group *from)
{
	for (guint i = 0; i < from->channels->len; i++) {
		struct channel *c = from->channels->pdata[i];
		c->group = to;
		c->index = to->channels->len;
		g_ptr_array_add(to->channels, c);
	}
	for (guint i = 0; i < from->bridges->len; i++) {
		struct bridge *b = from->bridges->pdata[i];
		b->group = to;
		b->index = to->bridges->len;
		g_ptr_array_add(to->bridges, b);
	}
	for (guint i = 0; i < from->n_steps; i++)
		group_add_step(to, &from->steps[i]);
	arena_absorb(&to->arena, &from->arena);
	for (guint i = 0; i < from->n_records; i++) {
		to->records = arena_grow(
		    &to->arena, to->records, to->n_records, &to->room_records, sizeof *to->records);
		to->records[to->n_records++] = from->records[i];
	}
	to->unordered = TRUE;
	to->alive += from->alive;
	to->linkedids_ended += from->linkedids_ended;
	to->truncated |= from->truncated;
	to->events |= from->events;
	to->first_id = MIN(to->first_id, from->first_id);
	to->last_id = MAX(to->last_id, from->last_id);
	to->last_wall = MAX(to->last_wall, from->last_wall);
}

static int
by_id(const void *x, const void *y)
{
	gint64 a = ((const struct step *)x)->id, b = ((const struct step *)y)->id;
	return (a > b) - (a < b);
}

void
group_order(struct group *g)
{
	/* A stable order of equal ids does not matter: only one of them is kept, and they are the same row. */
	qsort(g->steps, g->n_steps, sizeof *g->steps, by_id);
	guint kept = 0;
	for (guint i = 0; i < g->n_steps; i++) {
		if (kept == 0 || g->steps[kept - 1].id != g->steps[i].id)
			g->steps[kept++] = g->steps[i];
	}
	g->n_steps = kept;
	/* Rows that came twice were counted twice. */
	g->linkedids_ended = 0;
	for (guint i = 0; i < kept; i++)
		g->linkedids_ended += g->steps[i].event == CEL_LINKEDID_END;
}

gboolean
group_is_whole(const struct group *g)
{
	if (g->named->len > 0)
		return FALSE;
	/* Of CDR records alone: there is nothing to wait for. */
	if (g->channels->len == 0)
		return TRUE;
	for (guint i = 0; i < g->channels->len; i++) {
		if (!((struct channel *)g->channels->pdata[i])->started)
			return FALSE;
	}
	for (guint i = 0; i < g->linkedids->len; i++) {
		const char *linkedid = g->linkedids->pdata[i];
		gboolean found = FALSE;
		for (guint j = 0; j < g->channels->len && !found; j++) {
			const char *uniqueid = ((struct channel *)g->channels->pdata[j])->uniqueid;
			found = uniqueid == linkedid || strcmp(uniqueid, linkedid) == 0;
		}
		if (!found)
			return FALSE;
	}
	return TRUE;
}
