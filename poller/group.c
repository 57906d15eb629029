#include "poller/group.h"

#include "poller/bytes.h"

#include <string.h>

struct group *
group_new(arena_pool *pool)
{
	struct group *g = g_new0(struct group, 1);
	arena_init(&g->arena, pool);
	return g;
}

void
group_free(struct group *g)
{
	arena_clear(&g->arena);
	g_free(g->steps);
	g_free(g);
}

void
group_empty(struct group *g)
{
	arena_clear(&g->arena);
	/* One by one, and not the whole with `rep stos`. */
	g->channels = NULL;
	g->bridges = NULL;
	g->linkedids = g->named = NULL;
	g->records = NULL;
	g->n_channels = g->n_bridges = g->n_linkedids = g->n_named = g->n_steps = g->n_records = 0;
	g->room_channels = g->room_bridges = g->room_linkedids = g->room_named = g->room_records =
	    0;
	g->events = g->applications = 0;
	g->first_id = g->last_id = g->last_wall = g->restarted = 0;
	g->alive = g->linkedids_ended = 0;
	g->truncated = g->queued = g->out = g->unordered = FALSE;
	g->prev = g->next = NULL;
}

void
group_add_channel(struct group *g, struct channel *channel)
{
	channel->group = g;
	channel->index = g->n_channels;
	g->channels = arena_grow(
	    &g->arena, g->channels, g->n_channels, &g->room_channels, sizeof *g->channels);
	g->channels[g->n_channels++] = channel;
}

void
group_add_bridge(struct group *g, struct bridge *bridge)
{
	bridge->group = g;
	bridge->index = g->n_bridges;
	g->bridges =
	    arena_grow(&g->arena, g->bridges, g->n_bridges, &g->room_bridges, sizeof *g->bridges);
	g->bridges[g->n_bridges++] = bridge;
}

void
group_add_linkedid(struct group *g, const char *linkedid)
{
	g->linkedids = arena_grow(
	    &g->arena, g->linkedids, g->n_linkedids, &g->room_linkedids, sizeof *g->linkedids);
	g->linkedids[g->n_linkedids++] = linkedid;
}

void
group_add_named(struct group *g, const char *uniqueid)
{
	g->named = arena_grow(&g->arena, g->named, g->n_named, &g->room_named, sizeof *g->named);
	g->named[g->n_named++] = uniqueid;
}

gboolean
group_drop_named(struct group *g, const char *uniqueid)
{
	for (guint i = 0; i < g->n_named; i++) {
		if (g->named[i] == uniqueid) {
			g->named[i] = g->named[--g->n_named];
			return TRUE;
		}
	}
	return FALSE;
}

void
group_more_steps(struct group *g)
{
	g->room_steps = g->room_steps > 0 ? g->room_steps * 2 : 32;
	g->steps = g_renew(struct step, g->steps, g->room_steps);
}

/* The name of a channel as the group has it already, or a copy. */
static const char *
channel_name(struct group *g, const char *name, gsize n)
{
	for (guint i = 0; i < MIN(g->n_channels, 4); i++) {
		if (bytes_equal(g->channels[i]->name, g->channels[i]->name_len, name, n))
			return g->channels[i]->name;
	}
	return arena_string_n(&g->arena, name, n);
}

void
group_add_record(struct group *g, struct channel *c, const struct cdr_row *row)
{
	struct arena *m = &g->arena;
	gboolean answered = row->len.disposition == strlen("ANSWERED") &&
	                    bytes_same(row->disposition, "ANSWERED", strlen("ANSWERED"));
	g->records = arena_grow(m, g->records, g->n_records, &g->room_records, sizeof *g->records);
	g->records[g->n_records++] = (struct record){
		.channel = c,
		.uniqueid = c != NULL ? c->uniqueid : arena_string(m, row->uniqueid),
		.src = c != NULL ? "" : arena_string(m, row->src),
		.dst = arena_string_n(m, row->dst, row->len.dst),
		.channel_name = c != NULL ? "" : arena_string(m, row->channel),
		.dstchannel = channel_name(g, row->dstchannel, row->len.dstchannel),
		.lastdata = arena_string_n(m, row->lastdata, row->len.lastdata),
		.disposition = answered ? "ANSWERED"
		                        : arena_string_n(m, row->disposition, row->len.disposition),
		.did = arena_string_n(m, row->did, row->len.did),
		.recordingfile = arena_string_n(m, row->recordingfile, row->len.recordingfile),
		.duration = row->duration,
		.billsec = row->billsec,
		.calldate = row->calldate,
	};
}

void
group_absorb(struct group *to, struct group *from)
{
	for (guint i = 0; i < from->n_channels; i++)
		group_add_channel(to, from->channels[i]);
	for (guint i = 0; i < from->n_bridges; i++)
		group_add_bridge(to, from->bridges[i]);
	for (guint i = 0; i < from->n_steps; i++)
		*group_new_step(to, from->steps[i].event) = from->steps[i];
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
	to->applications |= from->applications;
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
	if (g->n_steps > 1)
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
	if (g->n_named > 0)
		return FALSE;
	/* Of CDR records alone: there is nothing to wait for. */
	if (g->n_channels == 0)
		return TRUE;
	for (guint i = 0; i < g->n_channels; i++) {
		if (!g->channels[i]->started)
			return FALSE;
	}
	for (guint i = 0; i < g->n_linkedids; i++) {
		const char *linkedid = g->linkedids[i];
		gboolean found = FALSE;
		for (guint j = 0; j < g->n_channels && !found; j++) {
			const char *uniqueid = g->channels[j]->uniqueid;
			found = uniqueid == linkedid || strcmp(uniqueid, linkedid) == 0;
		}
		if (!found)
			return FALSE;
	}
	return TRUE;
}
