#include "sync/find.h"

#include "sync/app.h"
#include "sync/place.h"
#include "sync/tracks.h"

#include <string.h>

struct search {
	struct pbx *pbx;
	const struct config *config;
	const char *ids
	    [2]; /* as given, and without the PBX's name: a systemname of Asterisk's looks like one */
	guint n_ids;
	gint64 now; /* µs UTC; the table's own time where that is later */
	find_sink sink;
	gpointer data;
	gboolean found;
	/* A group that was fetched by its ids lacks those whom only a bridge ties to it. */
	gboolean wide, lacks_members;
	gint64 from, to; /* then its time, µs UTC */
};

/* Which call of a group. */

static gboolean
is_part_of_talk(const struct search *s, const struct call *call, const struct timeline *t,
    const struct channel *channel)
{
	g_autoptr(tracks) of = tracks_new(call, t, &s->config->pbx);
	for (guint i = 0; i < of->tracks->len; i++) {
		const struct track *track = &g_array_index(of->tracks, struct track, i);
		if (t->lanes[track->lane].channel == channel)
			return track->connected->len > 0;
	}
	return FALSE;
}

static struct call *
call_of_linkedid(const GPtrArray *calls, const char *linkedid)
{
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (strcmp(call->linkedid, linkedid) == 0)
			return call;
	}
	return NULL;
}

static struct call *
first_reported(const GPtrArray *calls)
{
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (call->direction != DIRECTION_INTERNAL)
			return call;
	}
	return calls->len > 0 ? calls->pdata[0] : NULL;
}

static struct call *
call_of_channel(const struct search *s, const struct timeline *t, const GPtrArray *calls,
    const struct channel *channel)
{
	/* A phone that was consulted first began under the consultation; its talk with the client is asked for more. */
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (call->direction != DIRECTION_INTERNAL && is_part_of_talk(s, call, t, channel))
			return call;
	}
	struct call *call = call_of_linkedid(calls, channel->linkedid);
	return call != NULL ? call : first_reported(calls);
}

/* The call that an id means; NULL: the group does not know this id. */
static struct call *
choose_call(
    const struct search *s, const struct timeline *t, const GPtrArray *calls, const char *id)
{
	const struct group *group = t->group;
	struct call *call = call_of_linkedid(calls, id);
	if (call != NULL)
		return call;
	for (guint i = 0; i < group->n_channels; i++) {
		const struct channel *c = group->channels[i];
		if (strcmp(c->uniqueid, id) == 0)
			return call_of_channel(s, t, calls, c);
	}
	for (guint i = 0; i < group->n_linkedids; i++) {
		if (strcmp(group->linkedids[i], id) == 0)
			return first_reported(calls);
	}
	return NULL;
}

/* Is the group whole? */

/* Is somebody named in a row of a bridge who is not here? The last name may be cut off by the column. */
static gboolean
lacks_peer(GHashTable *names, const char *peers)
{
	g_auto(GStrv) list = g_strsplit(peers, ",", -1);
	for (char **name = list; *name != NULL; name++) {
		struct channame parts;
		channame_parse(*name, &parts);
		if (**name != '\0' && parts.kind != CHANNAME_PLUMBING &&
		    !g_hash_table_contains(names, *name))
			return TRUE;
	}
	return FALSE;
}

/* A bridge that only one channel ever was in: the others are not here, or there were none. */
static gboolean
has_lonely_bridge(const struct timeline *t)
{
	g_autoptr(GHashTable) lanes = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < t->n_stays; i++) {
		const struct stay *s = &t->stays[i];
		gpointer bridge = GINT_TO_POINTER(s->bridge), lane = GUINT_TO_POINTER(s->lane + 1),
			 before = g_hash_table_lookup(lanes, bridge);
		/* 0: several. */
		if (!g_hash_table_contains(lanes, bridge))
			g_hash_table_insert(lanes, bridge, lane);
		else if (before != lane)
			g_hash_table_insert(lanes, bridge, NULL);
	}
	for (guint i = 0; i < t->group->n_bridges; i++) {
		const struct bridge *bridge = t->group->bridges[i];
		if (!bridge->holding && g_hash_table_lookup(lanes, GUINT_TO_POINTER(i)) != NULL)
			return TRUE;
	}
	return FALSE;
}

static gboolean
lacks_members(const struct timeline *t)
{
	const struct group *group = t->group;
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	if (has_lonely_bridge(t))
		return TRUE;
	for (guint i = 0; i < group->n_channels; i++)
		g_hash_table_add(names, (gpointer)group->channels[i]->name);
	for (guint i = 0; i < group->n_steps; i++) {
		const struct step *step = &group->steps[i];
		if ((step->event == CEL_BRIDGE_ENTER || step->event == CEL_BRIDGE_EXIT) &&
		    lacks_peer(names, step->peer))
			return TRUE;
	}
	return FALSE;
}

/* Looking. */

static gboolean
look_at_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	(void)group;
	struct search *s = data;
	struct call *call = NULL;
	for (guint i = 0; i < s->n_ids && call == NULL && !s->found; i++)
		call = choose_call(s, t, calls, s->ids[i]);
	if (call == NULL)
		return TRUE;
	s->found = TRUE;
	s->lacks_members = !s->wide && lacks_members(t);
	s->from = t->first;
	s->to = t->last;
	if (s->lacks_members)
		return TRUE;
	struct call_patience patience = pbx_patience(s->config);
	call_settle(call, t, &patience, s->now - t->last);
	return s->sink(call, t, calls, s->data, error);
}

/* The table's clock may go ahead of ours: a call that is old by it is old. */
static gboolean
learn_now(struct search *s, GError **error)
{
	gint64 first, last, at;
	struct wall time;
	gboolean found;
	if (!source_has_cel(s->pbx->source))
		return TRUE;
	if (!source_bounds(s->pbx->source, &first, &last, error) ||
	    !source_probe(s->pbx->source, last, &at, &time, &found, error))
		return FALSE;
	if (found && time.us != WALL_NONE)
		s->now = MAX(s->now, zone_utc_once(&s->pbx->zone, time));
	return TRUE;
}

static rebuild *
new_rebuild(struct search *s)
{
	struct rebuild_options options = pbx_rebuild_options(s->pbx, s->config);
	options.open = TRUE;
	s->found = FALSE;
	return rebuild_new(s->pbx->source, &options, look_at_group, NULL, s);
}

static gboolean
look_by_ids(struct search *s, GError **error)
{
	g_autoptr(rebuild) r = new_rebuild(s);
	return rebuild_fetch(r, s->ids, s->n_ids, error) && rebuild_finish(r, error);
}

/* Members of a conference keep their own linkedids; that they met is seen by reading all rows of that time. */
static gboolean
look_around(struct search *s, GError **error)
{
	gint64 first, next, around = s->config->source.stale;
	s->wide = TRUE;
	if (!place_bisect(s->pbx->source, &s->pbx->zone, s->from - around, &first, error) ||
	    !place_bisect(s->pbx->source, &s->pbx->zone, s->to + around, &next, error))
		return FALSE;
	g_autoptr(rebuild) r = new_rebuild(s);
	return rebuild_scan(r, first - 1, next - 1, &app_stop, error) &&
	       (app_stop || rebuild_finish(r, error));
}

gboolean
find_call(struct pbx *pbx, const struct config *config, const char *id, gint64 now, find_sink sink,
    gpointer data, gboolean *found, GError **error)
{
	struct search s = { .pbx = pbx,
		.config = config,
		.ids = { id },
		.n_ids = 1,
		.now = now,
		.sink = sink,
		.data = data };
	const char *name = config->pbx.name;
	if (name != NULL && g_str_has_prefix(id, name) && id[strlen(name)] == '-')
		s.ids[s.n_ids++] = id + strlen(name) + 1;
	gboolean ok = learn_now(&s, error) && look_by_ids(&s, error);
	if (ok && s.lacks_members)
		ok = look_around(&s, error);
	/* Times that are out of all order led elsewhere: then what its own ids tell. */
	if (ok && !s.found && s.lacks_members && !app_stop)
		ok = look_by_ids(&s, error);
	*found = s.found;
	return ok;
}
