/*
 * A group on its way out of memory and back: its bytes are for this process alone. They hold its structures as they are, and behind
 * each the texts that it points to; pointers are set anew when it comes back.
 */
#include "poller/assembly_private.h"

#include "poller/extra.h"

#include <stddef.h>
#include <string.h>

/* Names. */

/* FNV-1a. Two names of one number cost a look at a group that was not meant, no more. */
static guint64
name_of(const char *id, gsize n)
{
	guint64 hash = G_GUINT64_CONSTANT(0xcbf29ce484222325);
	for (gsize i = 0; i < n; i++)
		hash = (hash ^ (guint8)id[i]) * G_GUINT64_CONSTANT(0x100000001b3);
	return hash;
}

static void
add_name(GArray *names, const char *id, gsize n)
{
	const guint64 name = name_of(id, n);
	g_array_append_val(names, name);
}

static void
group_names(const struct group *g, GArray *names)
{
	for (guint i = 0; i < g->n_channels; i++)
		add_name(names, g->channels[i]->uniqueid, g->channels[i]->uniqueid_len);
	for (guint i = 0; i < g->n_linkedids; i++)
		add_name(names, g->linkedids[i], strlen(g->linkedids[i]));
	for (guint i = 0; i < g->n_named; i++)
		add_name(names, g->named[i], strlen(g->named[i]));
	for (guint i = 0; i < g->n_bridges; i++) {
		const struct bridge *b = g->bridges[i];
		if (!b->holding)
			add_name(names, b->id, b->id_len);
	}
}

/* An id of a group that is held needs no look elsewhere: no two have it. */
static void
add_unknown(const assembly *a, GArray *names, const char *id, gsize n)
{
	const struct idmap_key key = idmap_key_n(id, n);
	if (n > 0 && idmap_find_key(&a->channels, &key) == NULL &&
	    idmap_find_key(&a->linkedids, &key) == NULL)
		add_name(names, id, n);
}

void
assembly_row_names(const assembly *a, const struct cel_row *row, GArray *names)
{
	const gboolean begins = strcmp(row->uniqueid, row->linkedid) == 0;
	add_unknown(a, names, row->uniqueid, strlen(row->uniqueid));
	if (!begins)
		add_unknown(a, names, row->linkedid, strlen(row->linkedid));
	if (row->event == CEL_BRIDGE_ENTER || row->event == CEL_BRIDGE_EXIT) {
		struct extra_bridge named;
		extra_bridge(cel_text(row, CEL_EXTRA), row->length[CEL_EXTRA], &named);
		const struct idmap_key key = idmap_key_n(named.id, named.id_len);
		if (named.id_len > 0 && !named.holding && idmap_find_key(&a->bridges, &key) == NULL)
			add_name(names, named.id, named.id_len);
		return;
	}
	/* Whatever it ties: one name too many costs a look. */
	const char *at = cel_text(row, CEL_EXTRA);
	struct extra_pair pair;
	while (extra_next(&at, &pair)) {
		if (pair.key_len > 9 && memcmp(pair.key + pair.key_len - 9, "_uniqueid", 9) == 0)
			add_unknown(a, names, pair.value, pair.value_len);
	}
}

void
assembly_id_names(const assembly *a, const char *id, GArray *names)
{
	add_unknown(a, names, id, strlen(id));
}

/* Bytes. */

static const gsize channel_texts[] = { offsetof(struct channel, uniqueid),
	offsetof(struct channel, name), offsetof(struct channel, linkedid),
	offsetof(struct channel, linkedid_now), offsetof(struct channel, cid_num),
	offsetof(struct channel, cid_name), offsetof(struct channel, exten),
	offsetof(struct channel, cid_last), offsetof(struct channel, dial) };
static const gsize record_texts[] = { offsetof(struct record, uniqueid),
	offsetof(struct record, dst), offsetof(struct record, dstchannel),
	offsetof(struct record, lastdata), offsetof(struct record, disposition),
	offsetof(struct record, did), offsetof(struct record, recordingfile),
	offsetof(struct record, src), offsetof(struct record, channel_name) };

/* Where the texts of a step are; NULL where there is none. */
struct step_texts {
	const char **text[2];
};

static struct step_texts
texts_of(struct step *s)
{
	switch ((enum cel_event)s->event) {
	case CEL_BRIDGE_ENTER:
	case CEL_BRIDGE_EXIT: return (struct step_texts){ { &s->peer, NULL } };
	case CEL_HANGUP: return (struct step_texts){ { &s->hangup.source, NULL } };
	case CEL_APP_START:
	case CEL_APP_END: return (struct step_texts){ { &s->app.data, NULL } };
	case CEL_BLINDTRANSFER:
	case CEL_ATTENDEDTRANSFER:
	case CEL_PICKUP:
	case CEL_FORWARD:
	case CEL_PARK_START:
	case CEL_PARK_END:
	case CEL_LOCAL_OPTIMIZE:
	case CEL_LOCAL_OPTIMIZE_BEGIN: return (struct step_texts){ { &s->extra, NULL } };
	case CEL_LINKEDID_END: return (struct step_texts){ { &s->linkedid, NULL } };
	case CEL_OTHER:
	case CEL_CHAN_START:
	case CEL_CHAN_END:
	case CEL_ANSWER:
	case CEL_STREAM_BEGIN:
	case CEL_STREAM_END: break;
	}
	return (struct step_texts){ { NULL, NULL } };
}

static void
put(GByteArray *bytes, const void *what, gsize n)
{
	g_byte_array_append(bytes, what, (guint)n);
}

/* Its length, and itself: no end is needed. */
static void
put_text(GByteArray *bytes, const char *text)
{
	const guint32 n = text != NULL ? (guint32)strlen(text) : G_MAXUINT32;
	put(bytes, &n, sizeof n);
	if (text != NULL)
		put(bytes, text, n);
}

static void
put_texts(GByteArray *bytes, const void *thing, const gsize *offsets, guint n)
{
	for (guint i = 0; i < n; i++)
		put_text(bytes, *(const char *const *)((const char *)thing + offsets[i]));
}

static void
get(const guint8 **at, void *what, gsize n)
{
	memcpy(what, *at, n);
	*at += n;
}

static const char *
get_text(const guint8 **at, struct group *g)
{
	guint32 n;
	get(at, &n, sizeof n);
	if (n == G_MAXUINT32)
		return NULL;
	const char *text = arena_string_n(&g->arena, (const char *)*at, n);
	*at += n;
	return text;
}

static void
get_texts(const guint8 **at, struct group *g, void *thing, const gsize *offsets, guint n)
{
	for (guint i = 0; i < n; i++)
		*(const char **)((char *)thing + offsets[i]) = get_text(at, g);
}

/* By which a step or a record refers to its channel. */
static guint32
place_of(const struct channel *c)
{
	return c != NULL ? c->index : G_MAXUINT32;
}

/* Of place_of(); NULL where there was none. */
static struct channel *
channel_at(const struct group *g, guint32 place)
{
	return place < g->n_channels ? g->channels[place] : NULL;
}

static gboolean
names_bridge(const struct step *s)
{
	return s->event == CEL_BRIDGE_ENTER || s->event == CEL_BRIDGE_EXIT;
}

static void
pack_steps(const struct group *g, GByteArray *bytes)
{
	for (guint i = 0; i < g->n_steps; i++) {
		struct step *s = &g->steps[i];
		const gboolean bridged = names_bridge(s) && s->bridge != NULL;
		const guint32 places[] = { place_of(s->channel),
			bridged ? s->bridge->index : G_MAXUINT32 };
		put(bytes, s, sizeof *s);
		put(bytes, places, sizeof places);
		const struct step_texts texts = texts_of(s);
		for (guint k = 0; k < G_N_ELEMENTS(texts.text); k++) {
			if (texts.text[k] != NULL)
				put_text(bytes, *texts.text[k]);
		}
	}
}

static void
unpack_steps(struct group *g, guint n, const guint8 **at)
{
	for (guint i = 0; i < n; i++) {
		struct step s;
		guint32 places[2];
		get(at, &s, sizeof s);
		get(at, places, sizeof places);
		s.channel = channel_at(g, places[0]);
		if (names_bridge(&s))
			s.bridge = places[1] < g->n_bridges ? g->bridges[places[1]] : NULL;
		const struct step_texts texts = texts_of(&s);
		for (guint k = 0; k < G_N_ELEMENTS(texts.text); k++) {
			if (texts.text[k] != NULL)
				*texts.text[k] = get_text(at, g);
		}
		*group_new_step(g, s.event) = s;
	}
}

/* How many there are of each thing. */
struct counts {
	guint channels, bridges, linkedids, named, steps, records;
};

static void
pack(const struct group *g, GByteArray *bytes)
{
	const struct counts n = { g->n_channels, g->n_bridges, g->n_linkedids, g->n_named,
		g->n_steps, g->n_records };
	put(bytes, g, sizeof *g);
	put(bytes, &n, sizeof n);
	for (guint i = 0; i < n.linkedids; i++)
		put_text(bytes, g->linkedids[i]);
	for (guint i = 0; i < n.named; i++)
		put_text(bytes, g->named[i]);
	for (guint i = 0; i < n.channels; i++) {
		put(bytes, g->channels[i], sizeof(struct channel));
		put_texts(bytes, g->channels[i], channel_texts, G_N_ELEMENTS(channel_texts));
	}
	for (guint i = 0; i < n.bridges; i++) {
		put(bytes, g->bridges[i], sizeof(struct bridge));
		put_text(bytes, g->bridges[i]->id);
	}
	pack_steps(g, bytes);
	for (guint i = 0; i < n.records; i++) {
		const guint32 place = place_of(g->records[i].channel);
		put(bytes, &g->records[i], sizeof g->records[i]);
		put(bytes, &place, sizeof place);
		put_texts(bytes, &g->records[i], record_texts, G_N_ELEMENTS(record_texts));
	}
}

static void
unpack_records(struct group *g, guint n, const guint8 **at)
{
	for (guint i = 0; i < n; i++) {
		struct record *r;
		guint32 place;
		g->records = arena_grow(
		    &g->arena, g->records, g->n_records, &g->room_records, sizeof *g->records);
		r = &g->records[g->n_records++];
		get(at, r, sizeof *r);
		get(at, &place, sizeof place);
		r->channel = channel_at(g, place);
		get_texts(at, g, r, record_texts, G_N_ELEMENTS(record_texts));
	}
}

/* Into an empty group. */
static void
unpack(struct group *g, const guint8 *at)
{
	const struct group own = *g;
	struct counts n;
	get(&at, g, sizeof *g);
	g->channels = NULL;
	g->bridges = NULL;
	g->linkedids = g->named = NULL;
	g->n_channels = g->n_bridges = g->n_linkedids = g->n_named = 0;
	g->room_channels = g->room_bridges = g->room_linkedids = g->room_named = 0;
	g->steps = own.steps;
	g->room_steps = own.room_steps;
	g->arena = own.arena;
	g->prev = own.prev;
	g->next = own.next;
	g->records = NULL;
	g->n_steps = g->n_records = g->room_records = 0;
	g->queued = g->out = FALSE;
	get(&at, &n, sizeof n);
	for (guint i = 0; i < n.linkedids; i++)
		group_add_linkedid(g, get_text(&at, g));
	for (guint i = 0; i < n.named; i++)
		group_add_named(g, get_text(&at, g));
	for (guint i = 0; i < n.channels; i++) {
		struct channel *c = arena_alloc(&g->arena, sizeof *c);
		get(&at, c, sizeof *c);
		get_texts(&at, g, c, channel_texts, G_N_ELEMENTS(channel_texts));
		/* Of what stood behind a NUL byte nothing is left. */
		c->name_len = (guint32)strlen(c->name);
		c->cid_last_len = (guint32)strlen(c->cid_last);
		c->uniqueid_len = (guint32)strlen(c->uniqueid);
		c->linkedid_now_len = (guint32)strlen(c->linkedid_now);
		group_add_channel(g, c);
	}
	for (guint i = 0; i < n.bridges; i++) {
		struct bridge *b = arena_alloc(&g->arena, sizeof *b);
		get(&at, b, sizeof *b);
		b->id = get_text(&at, g);
		group_add_bridge(g, b);
	}
	unpack_steps(g, n.steps, &at);
	unpack_records(g, n.records, &at);
}

/* Out and in. */

gboolean
assembly_stow(assembly *a, gint64 quiet, gint64 stale, struct stowed *stowed)
{
	struct group *g = a->first;
	if (g == NULL)
		return FALSE;
	stowed->first_id = g->first_id;
	stowed->due = G_MAXINT64;
	if (g->last_wall != WALL_NONE && group_is_whole(g))
		stowed->due = g->last_wall + (g->alive == 0 ? quiet : stale);
	g_byte_array_set_size(stowed->bytes, 0);
	g_array_set_size(stowed->names, 0);
	pack(g, stowed->bytes);
	group_names(g, stowed->names);
	assembly_unqueue(a, g);
	assembly_unlist(a, g);
	assembly_release(a, g);
	return TRUE;
}

struct group *
assembly_unstow(assembly *a, const GByteArray *bytes)
{
	struct group *g = assembly_begin_group(a, 0);
	unpack(g, bytes->data);
	for (guint i = 0; i < g->n_channels; i++)
		idmap_put(&a->channels, g->channels[i]->uniqueid, g->channels[i]);
	for (guint i = 0; i < g->n_linkedids; i++)
		idmap_put(&a->linkedids, g->linkedids[i], g);
	for (guint i = 0; i < g->n_named; i++)
		idmap_put(&a->linkedids, g->named[i], g);
	for (guint i = 0; i < g->n_bridges; i++) {
		struct bridge *b = g->bridges[i];
		if (!b->holding)
			idmap_put(&a->bridges, b->id, b);
	}
	if (g->alive == 0 && g->n_channels > 0)
		assembly_queue(a, g);
	return g;
}

gint64
assembly_now(const assembly *a)
{
	return a->now;
}
