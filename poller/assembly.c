#include "poller/assembly_private.h"

#include "poller/bytes.h"

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

void
assembly_forget_bridge(assembly *a, const struct bridge *b)
{
	const struct idmap_key key = idmap_key_n(b->id, b->id_len);
	if (!b->holding && idmap_get_key(&a->bridges, &key) == b)
		idmap_remove_key(&a->bridges, &key);
}

void
assembly_release(assembly *a, struct group *g)
{
	forget_recent(a, g);
	for (guint i = 0; i < g->n_channels; i++) {
		const struct channel *c = g->channels[i];
		const struct idmap_key key = idmap_key_n(c->uniqueid, c->uniqueid_len);
		idmap_remove_key(&a->channels, &key);
	}
	for (guint i = 0; i < g->n_linkedids; i++)
		idmap_remove(&a->linkedids, g->linkedids[i]);
	for (guint i = 0; i < g->n_named; i++)
		idmap_remove(&a->linkedids, g->named[i]);
	for (guint i = 0; i < g->n_bridges; i++)
		assembly_forget_bridge(a, g->bridges[i]);
	end_group(a, g);
}

struct group *
assembly_merge(assembly *a, struct group *x, struct group *y)
{
	if (x == y || x->out || y->out)
		return x;
	struct group *to = x->n_steps >= y->n_steps ? x : y, *from = to == x ? y : x;
	group_absorb(to, from);
	for (guint i = 0; i < from->n_linkedids; i++) {
		idmap_put(&a->linkedids, from->linkedids[i], to);
		group_add_linkedid(to, from->linkedids[i]);
	}
	for (guint i = 0; i < from->n_named; i++) {
		idmap_put(&a->linkedids, from->named[i], to);
		group_add_named(to, from->named[i]);
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
		g = g != NULL ? assembly_merge(a, slot->value, g) : slot->value;
		/* Named by another channel's `extra` first; now a row carries it. */
		if (g->n_named > 0 && group_drop_named(g, *kept))
			group_add_linkedid(g, *kept);
		return g;
	}
	/* Its channel may be known by rows under another linkedid only. */
	struct channel *c = idmap_get_key(&a->channels, linkedid);
	if (c != NULL)
		g = g != NULL ? assembly_merge(a, c->group, g) : c->group;
	if (g == NULL)
		g = assembly_begin_group(a, id);
	*kept = arena_string_n(&g->arena, linkedid->text, linkedid->len);
	const struct idmap_key key = { *kept, linkedid->len, linkedid->hash };
	idmap_put_key(&a->linkedids, &key, g);
	group_add_linkedid(g, *kept);
	return g;
}

/* `linkedid` is the group's own text; the channel `begins` it where its uniqueid is the same. */
static struct channel *
channel_new(assembly *a, struct group *g, const struct idmap_key *uniqueid, const char *linkedid,
    gboolean begins)
{
	struct channel *c = arena_alloc0(&g->arena, sizeof *c);
	c->uniqueid = begins ? linkedid : arena_string_n(&g->arena, uniqueid->text, uniqueid->len);
	c->uniqueid_len = uniqueid->len;
	if (!uniqueid_parse_n(c->uniqueid, c->uniqueid_len, &c->made))
		c->made = (struct uniqueid){ 0 };
	c->first_id = G_MAXINT64;
	c->last_id = G_MININT64;
	c->cid_last = c->dial = c->linkedid_now = "";
	c->dial_id = G_MAXINT64;
	c->cid_last_id = G_MININT64;
	g->alive++;
	group_add_channel(g, c);
	const struct idmap_key key = { c->uniqueid, uniqueid->len, uniqueid->hash };
	idmap_put_key(&a->channels, &key, c);
	return c;
}

/* What a channel is known by: of CHAN_START, until then of its lowest row. */
static void
describe_channel(struct channel *c, const struct cel_row *row, const char *linkedid)
{
	struct arena *arena = &c->group->arena;
	c->name = arena_string_n(arena, cel_text(row, CEL_CHANNAME), row->length[CEL_CHANNAME]);
	c->name_len = (guint32)row->length[CEL_CHANNAME];
	c->linkedid = row->linkedid_len > 0 ? linkedid : "";
	c->cid_num = arena_string_n(arena, cel_text(row, CEL_CID_NUM), row->length[CEL_CID_NUM]);
	c->cid_name = arena_string_n(arena, cel_text(row, CEL_CID_NAME), row->length[CEL_CID_NAME]);
	c->exten = arena_string_n(arena, cel_text(row, CEL_EXTEN), row->length[CEL_EXTEN]);
}

struct text {
	const char *at;
	gsize len;
};

static void
note_number(struct channel *c, const struct cel_row *row)
{
	if (!bytes_equal(cel_text(row, CEL_CID_NUM), row->length[CEL_CID_NUM], c->cid_last,
		c->cid_last_len)) {
		c->cid_last_len = (guint32)row->length[CEL_CID_NUM];
		c->cid_last = strcmp(cel_text(row, CEL_CID_NUM), c->cid_num) == 0
		                  ? c->cid_num
		                  : arena_string_n(&c->group->arena, cel_text(row, CEL_CID_NUM),
					row->length[CEL_CID_NUM]);
	}
	c->cid_last_id = row->id;
}

/* `linkedid` is the row's as the group keeps it. */
static inline void
note_channel(struct channel *c, const struct cel_row *row, const struct text *linkedid)
{
	if (!c->started && (row->event == CEL_CHAN_START || row->id < c->first_id))
		describe_channel(c, row, linkedid->at);
	c->first_id = MIN(c->first_id, row->id);
	if (row->id > c->last_id) {
		c->last_id = row->id;
		c->linkedid_now = linkedid->at;
		c->linkedid_now_len = (guint32)linkedid->len;
	}
	if (row->length[CEL_CID_NUM] > 0 && row->id > c->cid_last_id)
		note_number(c, row);
	if (row->id < c->dial_id && row->length[CEL_APPDATA] > 0 &&
	    bytes_equal(cel_text(row, CEL_APPNAME), row->length[CEL_APPNAME], "Dial", 4)) {
		c->dial = arena_string_n(
		    &c->group->arena, cel_text(row, CEL_APPDATA), row->length[CEL_APPDATA]);
		c->dial_id = row->id;
	}
	if (row->event == CEL_CHAN_START)
		c->started = TRUE;
	if ((row->event == CEL_HANGUP || row->event == CEL_CHAN_END) && !c->ended) {
		c->ended = TRUE;
		c->group->alive--;
	}
}

/* Rows. */

/* The key of an id as a row has it: up to a NUL byte, should one be in it. */
static struct idmap_key
row_key(const char *id, gsize len)
{
	return idmap_key_n(id, G_LIKELY(!bytes_have(id, len, '\0')) ? len : strlen(id));
}

static struct channel *
known_channel(assembly *a, const struct cel_row *row, struct idmap_key *key)
{
	for (guint i = 0; i < G_N_ELEMENTS(a->recent); i++) {
		struct channel *c = a->recent[i];
		if (c != NULL &&
		    bytes_equal(c->uniqueid, c->uniqueid_len, row->uniqueid, row->uniqueid_len))
			return c;
	}
	*key = row_key(row->uniqueid, row->uniqueid_len);
	return idmap_get_key(&a->channels, key);
}

/* The channel of a row, made where it is new; NULL: the row comes too late or is too much. *linkedid: the row's, as its group keeps it. */
static struct channel *
channel_of(assembly *a, const struct cel_row *row, struct text *linkedid)
{
	struct idmap_key uniqueid, key;
	struct channel *c = known_channel(a, row, &uniqueid);
	if (c != NULL) {
		if (bytes_equal(
			c->linkedid_now, c->linkedid_now_len, linkedid->at, linkedid->len)) {
			linkedid->at = c->linkedid_now;
		} else if (!c->group->out) {
			key = row_key(linkedid->at, linkedid->len);
			linkedid->len = key.len;
			group_with_linkedid(a, c->group, &key, row->id, &linkedid->at);
		}
		return c->group->out ? NULL : c;
	}
	gboolean begins = bytes_equal(uniqueid.text, uniqueid.len, linkedid->at, linkedid->len);
	key = begins ? uniqueid : row_key(linkedid->at, linkedid->len);
	linkedid->len = key.len;
	if (key.len == 0 || uniqueid.len == 0)
		return NULL;
	/* Its own id may be known as a linkedid: another channel's `extra` named it. */
	struct group *g = begins ? NULL : idmap_get_key(&a->linkedids, &uniqueid);
	g = group_with_linkedid(a, g, &key, row->id, &linkedid->at);
	if (g->out)
		return NULL;
	if (g->n_channels >= GROUP_CHANNELS_MAX) {
		g->truncated = TRUE;
		return NULL;
	}
	return channel_new(a, g, &uniqueid, linkedid->at, begins);
}

void
assembly_add(assembly *a, const struct cel_row *row)
{
	if (row->event == CEL_OTHER || row->event == CEL_APP_END)
		return;
	struct text linkedid = row->linkedid_len > 0
	                           ? (struct text){ row->linkedid, row->linkedid_len }
	                           : (struct text){ row->uniqueid, row->uniqueid_len };
	if (linkedid.len == 0)
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
	note_channel(c, row, &linkedid);
	if (began)
		incarnation_watch(&a->incarnations, c->uniqueid, &c->made);
	assembly_read_step(a, c, row, linkedid.at);

	struct group *g = c->group;
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
	const struct idmap_key key = idmap_key_n(row->uniqueid, row->len.uniqueid);
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
