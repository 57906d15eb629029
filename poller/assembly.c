#include "poller/assembly.h"

#include "poller/extra.h"
#include "poller/idmap.h"

#include <string.h>

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
	struct channel *recent; /* of the last row: the next one is often its neighbour */
	gint64 now;             /* the table's own time: the highest time written so far */
	gint64 swept;           /* when groups were last looked through for stale ones */
};

/* How long a restart must stand uncontradicted before calls are ended by it, in the table's time. */
#define RESTART_QUIET (60 * G_USEC_PER_SEC)

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

static void
group_free(struct group *g)
{
	arena_clear(&g->arena);
	g_ptr_array_free(g->channels, TRUE);
	g_ptr_array_free(g->bridges, TRUE);
	g_ptr_array_free(g->linkedids, TRUE);
	g_ptr_array_free(g->named, TRUE);
	g_array_free(g->steps, TRUE);
	g_array_free(g->records, TRUE);
	g_free(g);
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

static void
list_remove(assembly *a, struct group *g)
{
	*(g->prev != NULL ? &g->prev->next : &a->first) = g->next;
	*(g->next != NULL ? &g->next->prev : &a->last) = g->prev;
	g->prev = g->next = NULL;
}

static struct group *
group_new(assembly *a, gint64 id)
{
	struct group *g;
	if (a->spare->len > 0) {
		g = g_ptr_array_steal_index_fast(a->spare, a->spare->len - 1);
	} else {
		g = g_new0(struct group, 1);
		g->channels = g_ptr_array_new();
		g->bridges = g_ptr_array_new();
		g->linkedids = g_ptr_array_new();
		g->named = g_ptr_array_new();
		g->steps = g_array_new(FALSE, FALSE, sizeof(struct step));
		g->records = g_array_new(FALSE, FALSE, sizeof(struct record));
	}
	arena_init(&g->arena, a->pool);
	g->first_id = g->last_id = id;
	g->last_wall = WALL_NONE;
	list_append(a, g);
	a->held++;
	return g;
}

static void
group_empty(assembly *a, struct group *g)
{
	arena_clear(&g->arena);
	g_ptr_array_set_size(g->channels, 0);
	g_ptr_array_set_size(g->bridges, 0);
	g_ptr_array_set_size(g->linkedids, 0);
	g_ptr_array_set_size(g->named, 0);
	g_array_set_size(g->steps, 0);
	g_array_set_size(g->records, 0);
	struct group kept = *g;
	*g = (struct group){ .channels = kept.channels,
		.bridges = kept.bridges,
		.linkedids = kept.linkedids,
		.named = kept.named,
		.steps = kept.steps,
		.records = kept.records };
	a->held--;
	g_ptr_array_add(a->spare, g);
}

static void
forget_bridge(assembly *a, const struct bridge *b)
{
	if (!b->holding && idmap_get(&a->bridges, b->id) == b)
		idmap_remove(&a->bridges, b->id);
}

void
assembly_release(assembly *a, struct group *g)
{
	for (guint i = 0; i < g->channels->len; i++) {
		struct channel *c = g->channels->pdata[i];
		idmap_remove(&a->channels, c->uniqueid);
		if (a->recent == c)
			a->recent = NULL;
	}
	for (guint i = 0; i < g->linkedids->len; i++)
		idmap_remove(&a->linkedids, g->linkedids->pdata[i]);
	for (guint i = 0; i < g->named->len; i++)
		idmap_remove(&a->linkedids, g->named->pdata[i]);
	for (guint i = 0; i < g->bridges->len; i++)
		forget_bridge(a, g->bridges->pdata[i]);
	group_empty(a, g);
}

/* Two groups turn out to be one: the smaller goes into the larger, which is returned. */
static struct group *
merge(assembly *a, struct group *x, struct group *y)
{
	if (x == y || x->out || y->out)
		return x;
	struct group *to = x->steps->len >= y->steps->len ? x : y, *from = to == x ? y : x;
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
	for (guint i = 0; i < from->linkedids->len; i++) {
		idmap_put(&a->linkedids, from->linkedids->pdata[i], to);
		g_ptr_array_add(to->linkedids, from->linkedids->pdata[i]);
	}
	for (guint i = 0; i < from->named->len; i++) {
		idmap_put(&a->linkedids, from->named->pdata[i], to);
		g_ptr_array_add(to->named, from->named->pdata[i]);
	}
	if (from->steps->len > 0)
		g_array_append_vals(to->steps, from->steps->data, from->steps->len);
	if (from->records->len > 0)
		g_array_append_vals(to->records, from->records->data, from->records->len);
	arena_absorb(&to->arena, &from->arena);
	to->unordered = TRUE;
	to->alive += from->alive;
	to->linkedids_ended += from->linkedids_ended;
	to->truncated |= from->truncated;
	to->first_id = MIN(to->first_id, from->first_id);
	to->last_id = MAX(to->last_id, from->last_id);
	to->last_wall = MAX(to->last_wall, from->last_wall);
	if (from->queued)
		g_queue_remove(&a->ended, from);
	list_remove(a, from);
	group_empty(a, from);
	return to;
}

static struct group *
group_with_linkedid(assembly *a, struct group *g, const char *linkedid, gint64 id)
{
	const struct idmap_slot *slot = idmap_find(&a->linkedids, linkedid);
	gpointer key;
	if (slot != NULL) {
		key = (gpointer)slot->key;
		g = g != NULL ? merge(a, slot->value, g) : slot->value;
		/* Named by another channel's `extra` first; now a row carries it. */
		if (g->named->len > 0 && g_ptr_array_remove_fast(g->named, key))
			g_ptr_array_add(g->linkedids, key);
		return g;
	}
	/* Its channel may be known by rows under another linkedid only. */
	struct channel *c = idmap_get(&a->channels, linkedid);
	if (c != NULL)
		g = g != NULL ? merge(a, c->group, g) : c->group;
	if (g == NULL)
		g = group_new(a, id);
	key = (gpointer)arena_string(&g->arena, linkedid);
	idmap_put(&a->linkedids, key, g);
	g_ptr_array_add(g->linkedids, key);
	return g;
}

static struct channel *
channel_new(assembly *a, struct group *g, const char *uniqueid)
{
	struct channel *c = arena_alloc0(&g->arena, sizeof *c);
	c->group = g;
	c->uniqueid = arena_string(&g->arena, uniqueid);
	if (!uniqueid_parse(uniqueid, &c->made))
		c->made = (struct uniqueid){ 0 };
	c->first_id = G_MAXINT64;
	c->last_id = G_MININT64;
	c->cid_last = c->dial = c->linkedid_now = "";
	c->dial_id = G_MAXINT64;
	c->cid_last_id = G_MININT64;
	c->index = g->channels->len;
	g->alive++;
	g_ptr_array_add(g->channels, c);
	idmap_put(&a->channels, (gpointer)c->uniqueid, c);
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
describe_channel(struct channel *c, const struct cel_row *row)
{
	struct arena *arena = &c->group->arena;
	c->name = arena_string(arena, row->channame);
	c->linkedid = arena_string(arena, row->linkedid);
	c->cid_num = arena_string(arena, row->cid_num);
	c->cid_name = arena_string(arena, row->cid_name);
	c->cid_dnid = arena_string(arena, row->cid_dnid);
	c->exten = arena_string(arena, row->exten);
	c->context = arena_string(arena, row->context);
}

static void
note_channel(struct channel *c, const struct cel_row *row)
{
	struct arena *arena = &c->group->arena;
	if ((row->event == CEL_CHAN_START && !c->started) || (!c->started && row->id < c->first_id))
		describe_channel(c, row);
	c->first_id = MIN(c->first_id, row->id);
	if (row->id > c->last_id) {
		c->last_id = row->id;
		if (strcmp(c->linkedid_now, row->linkedid) != 0)
			c->linkedid_now = arena_string(arena, row->linkedid);
	}
	if (row->cid_num[0] != '\0' && row->id > c->cid_last_id) {
		if (strcmp(row->cid_num, c->cid_last) != 0)
			c->cid_last = arena_string(arena, row->cid_num);
		c->cid_last_id = row->id;
	}
	if (row->id < c->dial_id && strcmp(row->appname, "Dial") == 0 && row->appdata[0] != '\0') {
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

/* Restarts. */

/* The restart that ended a group whose channels never hung up; 0: none is known. */
static gint64
restart_of(assembly *a, const struct group *g)
{
	gint64 restarted = 0;
	for (guint i = 0; i < g->channels->len; i++) {
		const struct channel *c = g->channels->pdata[i];
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

/* Steps. */

/* A holding bridge outlives the calls in it, so each group has its own view of it. */
static struct bridge *
holding_bridge(const struct group *g, const char *id)
{
	for (guint i = 0; i < g->bridges->len; i++) {
		struct bridge *b = g->bridges->pdata[i];
		if (b->holding && strcmp(b->id, id) == 0)
			return b;
	}
	return NULL;
}

/* The rest of `text` behind this literal; NULL where something else stands there. */
#define AFTER(text, literal)                                                                       \
	(strncmp((text), (literal), sizeof(literal) - 1) == 0 ? (text) + sizeof(literal) - 1 : NULL)

/* A JSON string without escapes, whose opening quote was read; returns what follows the closing one, NULL: it is not that. */
static const char *
plain_string(const char *text, const char **value, gsize *n)
{
	const char *end = strpbrk(text, "\"\\");
	if (end == NULL || *end != '"')
		return NULL;
	*value = text;
	*n = (gsize)(end - text);
	return end + 1;
}

/* `extra` of BRIDGE_*, just as Asterisk has written it since version 13; anything else is for the tolerant reader. */
static gboolean
read_bridge(const char *extra, const char **id, gsize *n, gboolean *holding)
{
	const char *technology, *at = AFTER(extra, "{\"bridge_id\":\"");
	gsize technology_len;
	if (at == NULL || (at = plain_string(at, id, n)) == NULL ||
	    (at = AFTER(at, ",\"bridge_technology\":\"")) == NULL ||
	    (at = plain_string(at, &technology, &technology_len)) == NULL || strcmp(at, "}") != 0)
		return FALSE;
	*holding = technology_len == 14 && memcmp(technology, "holding_bridge", 14) == 0;
	return TRUE;
}

static struct bridge *
bridge_of(assembly *a, struct group **g, const char *extra)
{
	struct extra_pair pair;
	char id[80] = "";
	gboolean holding = FALSE;
	const char *plain;
	gsize plain_len;
	if (read_bridge(extra, &plain, &plain_len, &holding) && plain_len < sizeof id) {
		memcpy(id, plain, plain_len);
		id[plain_len] = '\0';
		extra = "";
	}
	while (extra_next(&extra, &pair)) {
		if (extra_key_is(&pair, "bridge_id") && pair.value_len < sizeof id) {
			memcpy(id, pair.value, pair.value_len);
			id[pair.value_len] = '\0';
		} else if (extra_key_is(&pair, "bridge_technology")) {
			holding =
			    pair.value_len == 14 && memcmp(pair.value, "holding_bridge", 14) == 0;
		}
	}
	if (id[0] == '\0')
		return NULL;
	struct bridge *b = holding ? holding_bridge(*g, id) : idmap_get(&a->bridges, id);
	/* Nobody joins a group that was handed out: its id names another bridge from now on. */
	if (b != NULL && b->group->out) {
		forget_bridge(a, b);
		b = NULL;
	}
	if (b == NULL) {
		b = arena_alloc0(&(*g)->arena, sizeof *b);
		b->group = *g;
		b->id = arena_string(&(*g)->arena, id);
		b->holding = holding;
		b->index = (*g)->bridges->len;
		g_ptr_array_add((*g)->bridges, b);
		if (!holding)
			idmap_put(&a->bridges, (gpointer)b->id, b);
	} else if (b->group != *g) {
		*g = merge(a, b->group, *g);
	}
	return b;
}

static enum dialstatus
dialstatus_from(const char *text, gsize n)
{
	static const char *const names[] = { "", "ANSWER", "BUSY", "NOANSWER", "CANCEL",
		"CONGESTION", "CHANUNAVAIL" };
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
			return (enum dialstatus)i;
	}
	return DIALSTATUS_OTHER;
}

/* `extra` of HANGUP in the shape Asterisk gives it; FALSE: anything else. */
static gboolean
read_plain_hangup(struct step *step, struct arena *arena, const char *extra)
{
	const char *at = AFTER(extra, "{\"hangupcause\":"), *source, *status;
	gsize source_len, status_len;
	int cause = 0, digits = 0;
	if (at == NULL)
		return FALSE;
	for (; g_ascii_isdigit(*at) && digits < 3; at++, digits++)
		cause = cause * 10 + (*at - '0');
	if (digits == 0 || (at = AFTER(at, ",\"hangupsource\":\"")) == NULL ||
	    (at = plain_string(at, &source, &source_len)) == NULL ||
	    (at = AFTER(at, ",\"dialstatus\":\"")) == NULL ||
	    (at = plain_string(at, &status, &status_len)) == NULL || strcmp(at, "}") != 0)
		return FALSE;
	step->hangup.cause = (gint16)cause;
	step->hangup.source = arena_string_n(arena, source, source_len);
	step->hangup.dialstatus = (guint8)dialstatus_from(status, status_len);
	return TRUE;
}

static void
read_hangup(struct step *step, struct arena *arena, const char *extra)
{
	struct extra_pair pair;
	step->hangup.cause = -1;
	step->hangup.source = "";
	step->hangup.dialstatus = DIALSTATUS_NONE;
	if (read_plain_hangup(step, arena, extra))
		return;
	while (extra_next(&extra, &pair)) {
		if (extra_key_is(&pair, "hangupcause"))
			step->hangup.cause =
			    (gint16)CLAMP(g_ascii_strtoll(pair.value, NULL, 10), -1, 999);
		else if (extra_key_is(&pair, "hangupsource"))
			step->hangup.source = arena_string_n(arena, pair.value, pair.value_len);
		else if (extra_key_is(&pair, "dialstatus"))
			step->hangup.dialstatus =
			    (guint8)dialstatus_from(pair.value, pair.value_len);
	}
}

static gboolean
app_matters(const char *name)
{
	static const char *const apps[] = { "MixMonitor", "StopMixMonitor", "Monitor", "Queue",
		"VoiceMail", "Voicemail", "ConfBridge", "MeetMe" };
	for (guint i = 0; i < G_N_ELEMENTS(apps); i++) {
		if (g_ascii_strcasecmp(apps[i], name) == 0)
			return TRUE;
	}
	return FALSE;
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
	case CEL_BRIDGE_EXIT:
		step->bridge = bridge_of(a, &g, row->extra);
		step->peer = arena_string(&g->arena, row->peer);
		return TRUE;
	case CEL_APP_START:
		if (!app_matters(row->appname))
			return FALSE;
		step->app.name = arena_string(&g->arena, row->appname);
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
channel_of(assembly *a, const struct cel_row *row, const char *linkedid)
{
	struct channel *c = a->recent;
	if (c == NULL || strcmp(c->uniqueid, row->uniqueid) != 0)
		c = idmap_get(&a->channels, row->uniqueid);
	if (c != NULL) {
		if (strcmp(c->linkedid_now, linkedid) != 0 && !c->group->out)
			group_with_linkedid(a, c->group, linkedid, row->id);
		return c;
	}
	/* Its own id may be known as a linkedid: another channel's `extra` named it. */
	struct group *g =
	    group_with_linkedid(a, idmap_get(&a->linkedids, row->uniqueid), linkedid, row->id);
	if (g->out)
		return NULL;
	if (g->channels->len >= GROUP_CHANNELS_MAX) {
		g->truncated = TRUE;
		return NULL;
	}
	return channel_new(a, g, row->uniqueid);
}

void
assembly_add(assembly *a, const struct cel_row *row)
{
	if (row->event == CEL_OTHER || row->event == CEL_APP_END)
		return;
	const char *linkedid = row->linkedid[0] != '\0' ? row->linkedid : row->uniqueid;
	if (linkedid[0] == '\0')
		return;
	struct channel *c = channel_of(a, row, linkedid);
	if (c == NULL || c->group->out)
		return;
	a->recent = c;
	if (c->group->steps->len >= GROUP_STEPS_MAX) {
		c->group->truncated = TRUE;
		return;
	}
	gboolean began = row->event == CEL_CHAN_START && !c->started;
	note_channel(c, row);
	if (began)
		incarnation_watch(&a->incarnations, c->uniqueid, &c->made);
	struct step step = { .id = row->id, .time = row->time, .event = row->event, .channel = c };
	gboolean wanted = read_step(a, &step, row);

	struct group *g = c->group;
	if (wanted) {
		if (g->steps->len > 0 &&
		    g_array_index(g->steps, struct step, g->steps->len - 1).id >= row->id)
			g->unordered = TRUE;
		g_array_append_val(g->steps, step);
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

gint64
assembly_lowest_id(const assembly *a)
{
	gint64 lowest = G_MAXINT64;
	for (const struct group *g = a->first; g != NULL; g = g->next)
		lowest = MIN(lowest, g->first_id);
	return lowest;
}

static void
append_record(struct group *g, struct channel *c, const struct cdr_row *row)
{
	struct arena *m = &g->arena;
	struct record r = {
		.channel = c,
		.uniqueid = arena_string(m, row->uniqueid),
		.src = arena_string(m, row->src),
		.dst = arena_string(m, row->dst),
		.channel_name = arena_string(m, row->channel),
		.dstchannel = arena_string(m, row->dstchannel),
		.lastapp = arena_string(m, row->lastapp),
		.lastdata = arena_string(m, row->lastdata),
		.disposition = arena_string(m, row->disposition),
		.did = arena_string(m, row->did),
		.recordingfile = arena_string(m, row->recordingfile),
		.sequence = row->sequence,
		.duration = row->duration,
		.billsec = row->billsec,
		.calldate = row->calldate,
	};
	g_array_append_val(g->records, r);
}

gboolean
assembly_add_record(assembly *a, const struct cdr_row *row)
{
	struct channel *c = idmap_get(&a->channels, row->uniqueid);
	struct group *g = c != NULL ? c->group : idmap_get(&a->linkedids, row->uniqueid);
	if (g == NULL || g->records->len >= GROUP_CHANNELS_MAX)
		return FALSE;
	append_record(g, c, row);
	return TRUE;
}

void
assembly_add_alone(assembly *a, const struct cdr_row *row)
{
	const char *id = row->linkedid[0] != '\0' ? row->linkedid : row->uniqueid;
	if (id[0] == '\0')
		return;
	struct group *g = group_with_linkedid(a, NULL, id, G_MAXINT64);
	if (!g->out && g->records->len < GROUP_CHANNELS_MAX)
		append_record(g, NULL, row);
}

/* Handing out. */

static gint
by_id(gconstpointer x, gconstpointer y)
{
	gint64 a = ((const struct step *)x)->id, b = ((const struct step *)y)->id;
	return (a > b) - (a < b);
}

static void
order_steps(struct group *g)
{
	g_array_sort(g->steps, by_id);
	guint kept = 0;
	for (guint i = 0; i < g->steps->len; i++) {
		const struct step *s = &g_array_index(g->steps, struct step, i);
		if (kept > 0 && g_array_index(g->steps, struct step, kept - 1).id == s->id)
			continue;
		g_array_index(g->steps, struct step, kept++) = *s;
	}
	g_array_set_size(g->steps, kept);
	/* Rows that came twice were counted twice. */
	g->linkedids_ended = 0;
	for (guint i = 0; i < kept; i++)
		g->linkedids_ended +=
		    g_array_index(g->steps, struct step, i).event == CEL_LINKEDID_END;
}

/* Whose CHAN_START was lost may be known by rows under another linkedid only; but an id that is a linkedid was its own. */
static void
find_lost_beginnings(assembly *a, struct group *g)
{
	for (guint i = 0; i < g->linkedids->len; i++) {
		struct channel *c = idmap_get(&a->channels, g->linkedids->pdata[i]);
		if (c != NULL && !c->started)
			c->linkedid = c->uniqueid;
	}
}

static struct group *
hand_out(assembly *a, struct group *g)
{
	if (g->queued && a->ended.head != NULL && a->ended.head->data == g)
		g_queue_pop_head(&a->ended);
	else if (g->queued)
		g_queue_remove(&a->ended, g);
	g->queued = FALSE;
	list_remove(a, g);
	g->out = TRUE;
	g->restarted = g->alive > 0 ? restart_of(a, g) : 0;
	if (g->unordered)
		order_steps(g);
	find_lost_beginnings(a, g);
	return g;
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
		gboolean found = FALSE;
		for (guint j = 0; j < g->channels->len && !found; j++)
			found = strcmp(((struct channel *)g->channels->pdata[j])->uniqueid,
				    g->linkedids->pdata[i]) == 0;
		if (!found)
			return FALSE;
	}
	return TRUE;
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
			g_queue_pop_head(&a->ended);
			g->queued = FALSE;
			continue;
		}
		if (a->now - g->last_wall < quiet)
			break;
		return hand_out(a, g);
	}
	struct group *g = forgotten(a, stale);
	return g != NULL ? hand_out(a, g) : NULL;
}

GPtrArray *
assembly_incomplete(assembly *a, gboolean open)
{
	GPtrArray *list = g_ptr_array_new();
	for (struct group *g = a->first; g != NULL; g = g->next) {
		if ((!open || g->alive == 0) && group_is_whole(g))
			continue;
		for (guint i = 0; i < g->linkedids->len; i++)
			g_ptr_array_add(list, g->linkedids->pdata[i]);
		for (guint i = 0; i < g->named->len; i++)
			g_ptr_array_add(list, g->named->pdata[i]);
		/* Its last rows may stand under a linkedid that is not known yet. */
		for (guint i = 0; i < g->channels->len; i++) {
			struct channel *c = g->channels->pdata[i];
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
		for (guint i = 0; i < g->linkedids->len; i++)
			g_ptr_array_add(linkedids, g->linkedids->pdata[i]);
		for (guint i = 0; i < g->bridges->len; i++) {
			struct bridge *b = g->bridges->pdata[i];
			if (!b->holding)
				g_ptr_array_add(bridges, (gpointer)b->id);
		}
	}
}

struct group *
assembly_rest(assembly *a)
{
	return a->first != NULL ? hand_out(a, a->first) : NULL;
}
