#include "poller/assembly_private.h"

#include "poller/bytes.h"

#include <string.h>

struct channel assembly_nobody = { .uniqueid = "", .uniqueid_len = G_MAXUINT32 };

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
	a->recent[0] = a->recent[1] = &assembly_nobody;
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
		if (a->recent[i]->group == g)
			a->recent[i] = &assembly_nobody;
	}
	if (a->recent_bridge != NULL && a->recent_bridge->group == g)
		a->recent_bridge = NULL;
}

void
assembly_forget_bridge(assembly *a, const struct bridge *b)
{
	if (!b->holding)
		idmap_remove_text(&a->bridges, b->id, b->hash);
}

/* Mostly that of the channel which began it. */
static guint32
hash_of_linkedid(const struct group *g, const char *linkedid)
{
	for (guint i = 0; i < MIN(g->n_channels, 4); i++) {
		if (g->channels[i]->uniqueid == linkedid)
			return g->channels[i]->hash;
	}
	return idmap_key(linkedid).hash;
}

static inline void
forget_id(struct idmap *map, const char *id, guint32 hash)
{
	/* It is in the table by its own text: nothing may be left there that points to what is gone. */
	if (G_UNLIKELY(!idmap_remove_text(map, id, hash)))
		idmap_remove(map, id);
}

void
assembly_release(assembly *a, struct group *g)
{
	forget_recent(a, g);
	for (guint i = 0; i < g->n_channels; i++)
		forget_id(&a->channels, g->channels[i]->uniqueid, g->channels[i]->hash);
	for (guint i = 0; i < g->n_linkedids; i++)
		forget_id(&a->linkedids, g->linkedids[i], hash_of_linkedid(g, g->linkedids[i]));
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
	assembly_unqueue(a, from);
	assembly_unlist(a, from);
	end_group(a, from);
	return to;
}

/*
 * The group of a linkedid, with which `g` (NULL: none) is merged; *kept is the id as the group keeps it. `unknown`: no channel has it for
 * its uniqueid.
 */
static struct group *
group_with_linkedid(assembly *a, struct group *g, const struct idmap_key *linkedid,
    gboolean unknown, gint64 id, const char **kept)
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
	struct channel *c = unknown ? NULL : idmap_get_key(&a->channels, linkedid);
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

/*
 * `linkedid` is the group's own text; the channel `begins` it where its uniqueid is the same. `slot` is the channel's, and
 * empty.
 */
static struct channel *
channel_new(assembly *a, struct group *g, struct idmap_slot *slot, const struct idmap_key *uniqueid,
    const char *linkedid, gboolean begins)
{
	struct channel *c = arena_alloc(&g->arena, sizeof *c);
	/* One by one: a struct of this size is set with `rep stos`, which takes as long as all the rest of this. */
	c->uniqueid = begins ? linkedid : arena_string_n(&g->arena, uniqueid->text, uniqueid->len);
	c->uniqueid_len = uniqueid->len;
	c->tail = assembly_tail(c->uniqueid, c->uniqueid_len);
	c->hash = uniqueid->hash;
	c->name = c->linkedid = c->linkedid_now = "";
	c->name_len = c->linkedid_now_len = 0;
	c->first_id = G_MAXINT64;
	c->last_id = G_MININT64;
	c->started = c->ended = FALSE;
	c->cid_num = c->cid_name = c->exten = c->cid_last = c->dial = "";
	c->cid_last_len = 0;
	c->cid_last_id = G_MININT64;
	c->dial_id = G_MAXINT64;
	if (!uniqueid_parse_n(c->uniqueid, c->uniqueid_len, &c->made))
		c->made = (struct uniqueid){ 0 };
	g->alive++;
	group_add_channel(g, c);
	const struct idmap_key key = { c->uniqueid, uniqueid->len, uniqueid->hash };
	idmap_fill(&a->channels, slot, &key, c);
	return c;
}

/* What a channel is known by: of CHAN_START, until then of its lowest row. */
static G_GNUC_NO_INLINE void
describe_channel(struct channel *c, const struct cel_row *row, const char *linkedid)
{
	struct arena *arena = &c->group->arena;
	c->name = arena_string_n(arena, cel_text(row, CEL_CHANNAME), row->length[CEL_CHANNAME]);
	c->name_len = (guint32)row->length[CEL_CHANNAME];
	c->linkedid = row->linkedid_len > 0 ? linkedid : "";
	c->cid_num = arena_string_n(arena, cel_text(row, CEL_CID_NUM), row->length[CEL_CID_NUM]);
	c->cid_name = arena_string_n(arena, cel_text(row, CEL_CID_NAME), row->length[CEL_CID_NAME]);
	c->exten = arena_string_n(arena, cel_text(row, CEL_EXTEN), row->length[CEL_EXTEN]);
	if (row->length[CEL_CID_NUM] > 0 && row->id > c->cid_last_id) {
		c->cid_last = c->cid_num;
		c->cid_last_len = (guint32)row->length[CEL_CID_NUM];
		c->cid_last_id = row->id;
	}
}

struct text {
	const char *at;
	gsize len;
};

/* Rows. */

/* The key of an id as a row has it: up to a NUL byte, should one be in it. */
static struct idmap_key
row_key(const char *id, gsize len)
{
	return idmap_key_n(id, G_LIKELY(!bytes_have(id, len, '\0')) ? len : strlen(id));
}

/* Of a channel that is known: `linkedid` becomes the group's, and its group theirs. NULL: the row comes too late. */
static struct channel *
change_linkedid(assembly *a, struct channel *c, const struct cel_row *row, struct text *linkedid)
{
	if (c->group->out)
		return NULL;
	const struct idmap_key key = row_key(linkedid->at, linkedid->len);
	linkedid->len = key.len;
	group_with_linkedid(a, c->group, &key, FALSE, row->id, &linkedid->at);
	return c->group->out ? NULL : c;
}

/* The same where it may be the one it had before. */
static inline struct channel *
follow_linkedid(assembly *a, struct channel *c, const struct cel_row *row, struct text *linkedid)
{
	if (c->linkedid_now_len == linkedid->len && !c->group->out &&
	    bytes_same_id(c->linkedid_now, linkedid->at, linkedid->len)) {
		linkedid->at = c->linkedid_now;
		return c;
	}
	return change_linkedid(a, c, row, linkedid);
}

/*
 * The channel of a row that is not of the last ones, made where it is new; NULL: the row comes too late or is too much. `linkedid`
 * becomes the group's. `before`: of the row before.
 */
static G_GNUC_NO_INLINE struct channel *
find_channel(
    assembly *a, const struct channel *before, const struct cel_row *row, struct text *linkedid)
{
	const struct idmap_key uniqueid = row_key(row->uniqueid, row->uniqueid_len);
	struct idmap_slot *slot = idmap_seek(&a->channels, &uniqueid);
	if (slot->key != NULL)
		return follow_linkedid(a, slot->value, row, linkedid);
	if (uniqueid.len == 0)
		return NULL;
	gboolean begins = bytes_equal(uniqueid.text, uniqueid.len, linkedid->at, linkedid->len);
	/* Its own id may be known as a linkedid: another channel's `extra` named it. */
	struct group *g = begins ? NULL : idmap_get_key(&a->linkedids, &uniqueid);
	if (g == NULL && before->group != NULL && !before->group->out &&
	    before->linkedid_now_len == linkedid->len &&
	    bytes_same_id(before->linkedid_now, linkedid->at, linkedid->len)) {
		/* Of the call of the row before, as a channel that is dialled mostly is. */
		g = before->group;
		linkedid->at = before->linkedid_now;
	} else {
		const struct idmap_key key =
		    begins ? uniqueid : row_key(linkedid->at, linkedid->len);
		linkedid->len = key.len;
		if (key.len == 0)
			return NULL;
		g = group_with_linkedid(a, g, &key, begins, row->id, &linkedid->at);
	}
	if (g->out)
		return NULL;
	if (g->n_channels >= GROUP_CHANNELS_MAX) {
		g->truncated = TRUE;
		return NULL;
	}
	return channel_new(a, g, slot, &uniqueid, linkedid->at, begins);
}

struct channel *
assembly_take_in(assembly *a, struct channel *c, const struct channel *before,
    const struct cel_row *row, const char **kept)
{
	struct text linkedid = row->linkedid_len > 0
	                           ? (struct text){ row->linkedid, row->linkedid_len }
	                           : (struct text){ row->uniqueid, row->uniqueid_len };
	if (linkedid.len == 0)
		return NULL;
	c = c != NULL ? follow_linkedid(a, c, row, &linkedid)
	              : find_channel(a, before, row, &linkedid);
	if (c == NULL)
		return NULL;
	if (c->group->n_steps >= GROUP_STEPS_MAX) {
		c->group->truncated = TRUE;
		return NULL;
	}
	if (!c->started && (row->event == CEL_CHAN_START || row->id < c->first_id))
		describe_channel(c, row, linkedid.at);
	if (row->id > c->last_id) {
		c->last_id = row->id;
		c->linkedid_now = linkedid.at;
		c->linkedid_now_len = (guint32)linkedid.len;
	}
	c->first_id = MIN(c->first_id, row->id);
	*kept = linkedid.at;
	return c;
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
	struct group *g = group_with_linkedid(a, NULL, &key, FALSE, G_MAXINT64, &id);
	if (!g->out && g->n_records < GROUP_CHANNELS_MAX)
		group_add_record(g, NULL, row);
}
