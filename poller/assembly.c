#include "poller/assembly_private.h"

#include "poller/extra.h"

#include <string.h>

assembly *
assembly_new(void)
{
	assembly *a = g_new0(assembly, 1);
	a->pool = arena_pool_new();
	idmap_init(&a->channels);
	idmap_init(&a->linkedids);
	idmap_init(&a->bridges);
	g_queue_init(&a->ended);
	a->spare = g_ptr_array_new();
	incarnations_init(&a->incarnations);
	a->now = a->swept = WALL_NONE;
	return a;
}

void
assembly_free(assembly *a)
{
	if (a == NULL)
		return;
	while (a->first != NULL) {
		struct group *g = a->first;
		a->first = g->next;
		group_free(g);
	}
	for (guint i = 0; i < a->spare->len; i++)
		group_free(a->spare->pdata[i]);
	g_ptr_array_free(a->spare, TRUE);
	g_queue_clear(&a->ended);
	idmap_clear(&a->channels);
	idmap_clear(&a->linkedids);
	idmap_clear(&a->bridges);
	incarnations_clear(&a->incarnations);
	arena_pool_free(a->pool);
	g_free(a);
}

guint
assembly_held(const assembly *a)
{
	return a->held;
}

/* The list of held groups. */

static void
list_append(assembly *a, struct group *g)
{
	g->prev = a->last;
	g->next = NULL;
	*(a->last != NULL ? &a->last->next : &a->first) = g;
	a->last = g;
}

struct group *
assembly_begin_group(assembly *a, gint64 id)
{
	struct group *g = a->spare->len > 0
	                      ? g_ptr_array_steal_index_fast(a->spare, a->spare->len - 1)
	                      : group_new(a->pool);
	g->first_id = g->last_id = id;
	g->last_wall = WALL_NONE;
	list_append(a, g);
	a->held++;
	return g;
}

static void
end_group(assembly *a, struct group *g)
{
	group_empty(g);
	a->held--;
	g_ptr_array_add(a->spare, g);
}

static void
forget_recent(assembly *a, const struct group *g)
{
	for (guint i = 0; i < G_N_ELEMENTS(a->recent); i++) {
		if (a->recent[i] != NULL && a->recent[i]->group == g)
			a->recent[i] = NULL;
	}
	if (a->recent_bridge != NULL && a->recent_bridge->group == g)
		a->recent_bridge = NULL;
}

static void
forget_bridge(assembly *a, const struct bridge *b)
{
	const struct idmap_key key = idmap_key_n(b->id, b->id_len);
	if (!b->holding && idmap_get_key(&a->bridges, &key) == b)
		idmap_remove_key(&a->bridges, &key);
}

void
assembly_release(assembly *a, struct group *g)
{
	forget_recent(a, g);
	for (guint i = 0; i < g->channels->len; i++)
		idmap_remove(&a->channels, ((struct channel *)g->channels->pdata[i])->uniqueid);
	for (guint i = 0; i < g->linkedids->len; i++)
		idmap_remove(&a->linkedids, g->linkedids->pdata[i]);
	for (guint i = 0; i < g->named->len; i++)
		idmap_remove(&a->linkedids, g->named->pdata[i]);
	for (guint i = 0; i < g->bridges->len; i++)
		forget_bridge(a, g->bridges->pdata[i]);
	end_group(a, g);
}

/* Two groups turn out to be one: the smaller goes into the larger, which is returned. */
static struct group *
merge(assembly *a, struct group *x, struct group *y)
{
	if (x == y || x->out || y->out)
		return x;
	struct group *to = x->n_steps >= y->n_steps ? x : y, *from = to == x ? y : x;
	group_absorb(to, from);
	for (guint i = 0; i < from->linkedids->len; i++) {
		idmap_put(&a->linkedids, from->linkedids->pdata[i], to);
		g_ptr_array_add(to->linkedids, from->linkedids->pdata[i]);
	}
	for (guint i = 0; i < from->named->len; i++) {
		idmap_put(&a->linkedids, from->named->pdata[i], to);
		g_ptr_array_add(to->named, from->named->pdata[i]);
	}
	if (from->queued)
		g_queue_remove(&a->ended, from);
	assembly_unlist(a, from);
	end_group(a, from);
	return to;
}

/* The group of a linkedid, with which `g` (NULL: none) is merged; *kept is the id as the group keeps it. */
static struct group *
group_with_linkedid(
    assembly *a, struct group *g, const struct idmap_key *linkedid, gint64 id, const char **kept)
{
	const struct idmap_slot *slot = idmap_find_key(&a->linkedids, linkedid);
	if (slot != NULL) {
		*kept = slot->key;
		g = g != NULL ? merge(a, slot->value, g) : slot->value;
		/* Named by another channel's `extra` first; now a row carries it. */
		if (g->named->len > 0 && g_ptr_array_remove_fast(g->named, (gpointer)*kept))
			g_ptr_array_add(g->linkedids, (gpointer)*kept);
		return g;
	}
	/* Its channel may be known by rows under another linkedid only. */
	struct channel *c = idmap_get_key(&a->channels, linkedid);
	if (c != NULL)
		g = g != NULL ? merge(a, c->group, g) : c->group;
	if (g == NULL)
		g = assembly_begin_group(a, id);
	*kept = arena_string_n(&g->arena, linkedid->text, linkedid->len);
	const struct idmap_key key = { *kept, linkedid->len, linkedid->hash };
	idmap_put_key(&a->linkedids, &key, g);
	g_ptr_array_add(g->linkedids, (gpointer)*kept);
	return g;
}

/* `linkedid` is the group's own text. */
static struct channel *
channel_new(assembly *a, struct group *g, const struct idmap_key *uniqueid, const char *linkedid)
{
	struct channel *c = arena_alloc0(&g->arena, sizeof *c);
	c->group = g;
	c->uniqueid = strcmp(uniqueid->text, linkedid) == 0
	                  ? linkedid
	                  : arena_string_n(&g->arena, uniqueid->text, uniqueid->len);
	if (!uniqueid_parse(c->uniqueid, &c->made))
		c->made = (struct uniqueid){ 0 };
	c->first_id = G_MAXINT64;
	c->last_id = G_MININT64;
	c->cid_last = c->dial = c->linkedid_now = "";
	c->dial_id = G_MAXINT64;
	c->cid_last_id = G_MININT64;
	c->index = g->channels->len;
	g->alive++;
	g_ptr_array_add(g->channels, c);
	const struct idmap_key key = { c->uniqueid, uniqueid->len, uniqueid->hash };
	idmap_put_key(&a->channels, &key, c);
	return c;
}

/* A uniqueid that `extra` names belongs to this group, whether or not a row of it came yet. */
static void
tie_uniqueid(assembly *a, struct group *g, const struct extra_pair *pair)
{
	char id[64];
	if (pair->value_len == 0 || pair->value_len >= sizeof id)
		return;
	memcpy(id, pair->value, pair->value_len);
	id[pair->value_len] = '\0';
	if (strcmp(id, "N/A") == 0)
		return;
	struct channel *c = idmap_get(&a->channels, id);
	struct group *known = c != NULL ? c->group : idmap_get(&a->linkedids, id);
	if (known != NULL) {
		merge(a, g, known);
		return;
	}
	/* No row of it came yet: the first one will find the group by this name. */
	gpointer key = (gpointer)arena_string(&g->arena, id);
	idmap_put(&a->linkedids, key, g);
	g_ptr_array_add(g->named, key);
}

/* What a channel is known by: of CHAN_START, until then of its lowest row. */
static void
describe_channel(struct channel *c, const struct cel_row *row, const char *linkedid)
{
	struct arena *arena = &c->group->arena;
	c->name = arena_string(arena, row->channame);
	c->linkedid = row->linkedid[0] != '\0' ? linkedid : "";
	c->cid_num = arena_string(arena, row->cid_num);
	c->cid_name = arena_string(arena, row->cid_name);
	c->exten = arena_string(arena, row->exten);
}

/* `linkedid` is the row's as the group keeps it. */
static void
note_channel(struct channel *c, const struct cel_row *row, const char *linkedid)
{
	struct arena *arena = &c->group->arena;
	if (!c->started && (row->event == CEL_CHAN_START || row->id < c->first_id))
		describe_channel(c, row, linkedid);
	c->first_id = MIN(c->first_id, row->id);
	if (row->id > c->last_id) {
		c->last_id = row->id;
		c->linkedid_now = linkedid;
	}
	if (row->cid_num[0] != '\0' && row->id > c->cid_last_id) {
		if (strcmp(row->cid_num, c->cid_last) != 0)
			c->cid_last = strcmp(row->cid_num, c->cid_num) == 0
			                  ? c->cid_num
			                  : arena_string(arena, row->cid_num);
		c->cid_last_id = row->id;
	}
	if (row->id < c->dial_id && row->appname[0] == 'D' && strcmp(row->appname, "Dial") == 0 &&
	    row->appdata[0] != '\0') {
		c->dial = arena_string(arena, row->appdata);
		c->dial_id = row->id;
	}
	if (row->event == CEL_CHAN_START)
		c->started = TRUE;
	if ((row->event == CEL_HANGUP || row->event == CEL_CHAN_END) && !c->ended) {
		c->ended = TRUE;
		c->group->alive--;
	}
}

/* Steps. */

/* A holding bridge outlives the calls in it, so each group has its own view of it. */
static struct bridge *
holding_bridge(const struct group *g, const struct extra_bridge *named)
{
	for (guint i = 0; i < g->bridges->len; i++) {
		struct bridge *b = g->bridges->pdata[i];
		if (b->holding && b->id_len == named->id_len &&
		    memcmp(b->id, named->id, named->id_len) == 0)
			return b;
	}
	return NULL;
}

/* The bridge of a row; NULL: it names none. May merge groups. */
static struct bridge *
bridge_of(assembly *a, struct group *g, const struct extra_bridge *named)
{
	struct bridge *b = a->recent_bridge;
	if (named->id_len == 0 || named->id_len >= 80)
		return NULL;
	if (named->holding) {
		b = holding_bridge(g, named);
	} else if (b == NULL || b->id_len != named->id_len ||
		   memcmp(b->id, named->id, named->id_len) != 0) {
		const struct idmap_key key = idmap_key_n(named->id, named->id_len);
		b = idmap_get_key(&a->bridges, &key);
	}
	/* Nobody joins a group that was handed out: its id names another bridge from now on. */
	if (b != NULL && b->group->out) {
		forget_bridge(a, b);
		b = NULL;
	}
	if (b == NULL) {
		b = arena_alloc0(&g->arena, sizeof *b);
		b->group = g;
		b->id = arena_string_n(&g->arena, named->id, named->id_len);
		b->id_len = (guint)named->id_len;
		b->holding = named->holding;
		b->index = g->bridges->len;
		g_ptr_array_add(g->bridges, b);
		if (!b->holding)
			idmap_put(&a->bridges, b->id, b);
	} else if (b->group != g) {
		merge(a, b->group, g);
	}
	if (!b->holding)
		a->recent_bridge = b;
	return b;
}

static enum dialstatus
dialstatus_from(const char *text, gsize n)
{
	static const char names[][12] = { "", "ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION",
		"CHANUNAVAIL" };
	static const guint8 lengths[] = { 0, 6, 4, 8, 6, 10, 11 };
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (lengths[i] == n && memcmp(names[i], text, n) == 0)
			return (enum dialstatus)i;
	}
	return DIALSTATUS_OTHER;
}

static void
read_hangup(struct step *step, struct arena *arena, const char *extra)
{
	struct extra_hangup hangup;
	extra_hangup(extra, &hangup);
	step->hangup.cause = (gint16)hangup.cause;
	step->hangup.source = arena_string_n(arena, hangup.source, hangup.source_len);
	step->hangup.dialstatus = (guint8)dialstatus_from(hangup.dialstatus, hangup.dialstatus_len);
}

/* Its name where this is an application that matters; NULL. Nearly always it is the first. */
static const char *
app_that_matters(const char *name)
{
	static const char *const apps[] = { "MixMonitor", "StopMixMonitor", "Monitor", "Queue",
		"VoiceMail", "ConfBridge", "MeetMe" };
	for (guint i = 0; i < G_N_ELEMENTS(apps); i++) {
		if ((apps[i][0] | 0x20) == (name[0] | 0x20) &&
		    (strcmp(apps[i], name) == 0 || g_ascii_strcasecmp(apps[i], name) == 0))
			return apps[i];
	}
	return NULL;
}

/* Fills what this kind of event carries; FALSE: the row tells nothing a rebuild needs. May merge groups. */
static gboolean
read_step(assembly *a, struct step *step, const struct cel_row *row)
{
	struct group *g = step->channel->group;
	switch (row->event) {
	case CEL_CHAN_START:
	case CEL_CHAN_END:
	case CEL_ANSWER: return TRUE;
	case CEL_HANGUP: read_hangup(step, &g->arena, row->extra); return TRUE;
	case CEL_BRIDGE_ENTER:
	case CEL_BRIDGE_EXIT: {
		struct extra_bridge named;
		extra_bridge(row->extra, &named);
		step->bridge = bridge_of(a, g, &named);
		step->peer = arena_string(&step->channel->group->arena, row->peer);
		return TRUE;
	}
	case CEL_APP_START:
		step->app.name = app_that_matters(row->appname);
		if (step->app.name == NULL)
			return FALSE;
		step->app.data = arena_string(&g->arena, row->appdata);
		return TRUE;
	case CEL_BLINDTRANSFER:
	case CEL_ATTENDEDTRANSFER:
	case CEL_PICKUP:
	case CEL_LOCAL_OPTIMIZE:
	case CEL_LOCAL_OPTIMIZE_BEGIN: {
		const char *at = row->extra;
		struct extra_pair pair;
		while (extra_next(&at, &pair)) {
			if (pair.key_len > 9 &&
			    memcmp(pair.key + pair.key_len - 9, "_uniqueid", 9) == 0)
				tie_uniqueid(a, step->channel->group, &pair);
		}
		step->extra = arena_string(&step->channel->group->arena, row->extra);
		return TRUE;
	}
	case CEL_PARK_START:
	case CEL_PARK_END:
	case CEL_FORWARD: step->extra = arena_string(&g->arena, row->extra); return TRUE;
	case CEL_LINKEDID_END:
		step->linkedid = arena_string(&g->arena, row->linkedid);
		g->linkedids_ended++;
		return TRUE;
	case CEL_STREAM_BEGIN:
	case CEL_STREAM_END:
		step->moh = strstr(row->extra, "\"class\"") != NULL ||
		            strncmp(row->userdeftype, "MOH", 3) == 0;
		return step->moh || row->event == CEL_STREAM_END;
	case CEL_APP_END:
	case CEL_OTHER: return FALSE;
	}
	return FALSE;
}

static struct channel *
known_channel(assembly *a, const char *uniqueid, struct idmap_key *key)
{
	for (guint i = 0; i < G_N_ELEMENTS(a->recent); i++) {
		if (a->recent[i] != NULL && strcmp(a->recent[i]->uniqueid, uniqueid) == 0)
			return a->recent[i];
	}
	*key = idmap_key(uniqueid);
	return idmap_get_key(&a->channels, key);
}

/* The channel of a row, made where it is new; NULL: the row comes too late or is too much. *linkedid: the row's, as its group keeps it. */
static struct channel *
channel_of(assembly *a, const struct cel_row *row, const char **linkedid)
{
	struct idmap_key uniqueid, key;
	struct channel *c = known_channel(a, row->uniqueid, &uniqueid);
	if (c != NULL) {
		if (strcmp(c->linkedid_now, *linkedid) == 0) {
			*linkedid = c->linkedid_now;
		} else if (!c->group->out) {
			key = idmap_key(*linkedid);
			group_with_linkedid(a, c->group, &key, row->id, linkedid);
		}
		return c->group->out ? NULL : c;
	}
	gboolean begins = strcmp(row->uniqueid, *linkedid) == 0;
	key = begins ? uniqueid : idmap_key(*linkedid);
	/* Its own id may be known as a linkedid: another channel's `extra` named it. */
	struct group *g = begins ? NULL : idmap_get_key(&a->linkedids, &uniqueid);
	g = group_with_linkedid(a, g, &key, row->id, linkedid);
	if (g->out)
		return NULL;
	if (g->channels->len >= GROUP_CHANNELS_MAX) {
		g->truncated = TRUE;
		return NULL;
	}
	return channel_new(a, g, &uniqueid, *linkedid);
}

void
assembly_add(assembly *a, const struct cel_row *row)
{
	if (row->event == CEL_OTHER || row->event == CEL_APP_END)
		return;
	const char *linkedid = row->linkedid[0] != '\0' ? row->linkedid : row->uniqueid;
	if (linkedid[0] == '\0')
		return;
	struct channel *c = channel_of(a, row, &linkedid);
	if (c == NULL)
		return;
	if (c != a->recent[0]) {
		a->recent[1] = a->recent[0];
		a->recent[0] = c;
	}
	if (c->group->n_steps >= GROUP_STEPS_MAX) {
		c->group->truncated = TRUE;
		return;
	}
	gboolean began = row->event == CEL_CHAN_START && !c->started;
	note_channel(c, row, linkedid);
	if (began)
		incarnation_watch(&a->incarnations, c->uniqueid, &c->made);
	struct step step = { .id = row->id, .time = row->time, .event = row->event, .channel = c };
	gboolean wanted = read_step(a, &step, row);

	struct group *g = c->group;
	if (wanted) {
		if (g->n_steps > 0 && g->steps[g->n_steps - 1].id >= row->id)
			g->unordered = TRUE;
		group_add_step(g, &step);
	}
	g->first_id = MIN(g->first_id, row->id);
	g->last_id = MAX(g->last_id, row->id);
	g->last_wall = MAX(g->last_wall, row->time.us);
	a->now = MAX(a->now, row->time.us);
	if (g->alive == 0 && !g->queued) {
		g->queued = TRUE;
		g_queue_push_tail(&a->ended, g);
	}
}

struct group *
assembly_find(assembly *a, const char *id)
{
	struct group *g = idmap_get(&a->linkedids, id);
	if (g != NULL)
		return g;
	struct channel *c = idmap_get(&a->channels, id);
	return c != NULL ? c->group : NULL;
}

gboolean
assembly_add_record(assembly *a, const struct cdr_row *row)
{
	const struct idmap_key key = idmap_key(row->uniqueid);
	struct channel *c = idmap_get_key(&a->channels, &key);
	struct group *g = c != NULL ? c->group : idmap_get_key(&a->linkedids, &key);
	if (g == NULL || g->n_records >= GROUP_CHANNELS_MAX)
		return FALSE;
	group_add_record(g, c, row);
	return TRUE;
}

void
assembly_add_alone(assembly *a, const struct cdr_row *row)
{
	const char *id = row->linkedid[0] != '\0' ? row->linkedid : row->uniqueid;
	if (id[0] == '\0')
		return;
	const struct idmap_key key = idmap_key(id);
	struct group *g = group_with_linkedid(a, NULL, &key, G_MAXINT64, &id);
	if (!g->out && g->n_records < GROUP_CHANNELS_MAX)
		group_add_record(g, NULL, row);
}
