/* What a row tells besides its channel: beginnings and ends, bridges, applications, transfers, the end; and whom it ties together. */
#include "poller/assembly_private.h"

#include "poller/bytes.h"
#include "poller/extra.h"

#include <string.h>

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
		assembly_merge(a, g, known);
		return;
	}
	/* No row of it came yet: the first one will find the group by this name. */
	const char *key = arena_string(&g->arena, id);
	idmap_put(&a->linkedids, key, g);
	group_add_named(g, key);
}

/* A holding bridge outlives the calls in it, so each group has its own view of it. */
static struct bridge *
holding_bridge(const struct group *g, const struct extra_bridge *named)
{
	for (guint i = 0; i < g->n_bridges; i++) {
		struct bridge *b = g->bridges[i];
		if (b->holding && b->id_len == named->id_len &&
		    memcmp(b->id, named->id, named->id_len) == 0)
			return b;
	}
	return NULL;
}

static struct bridge *
bridge_new(struct group *g, const struct extra_bridge *named)
{
	struct bridge *b = arena_alloc0(&g->arena, sizeof *b);
	b->id = arena_string_n(&g->arena, named->id, named->id_len);
	b->id_len = (guint)named->id_len;
	b->holding = named->holding;
	group_add_bridge(g, b);
	return b;
}

/* The bridge of this id that ties; made where nobody who is still here was in it. */
static struct bridge *
tying_bridge(assembly *a, struct group *g, const struct extra_bridge *named)
{
	const struct idmap_key key = idmap_key_n(named->id, named->id_len);
	struct idmap_slot *slot = idmap_seek(&a->bridges, &key);
	if (slot->key != NULL) {
		struct bridge *known = slot->value;
		if (!known->group->out)
			return known;
		/* Nobody joins a group that was handed out: its id names another bridge from now on. */
		assembly_forget_bridge(a, known);
		slot = idmap_seek(&a->bridges, &key);
	}
	struct bridge *b = bridge_new(g, named);
	b->hash = key.hash;
	const struct idmap_key own = { b->id, key.len, key.hash };
	idmap_fill(&a->bridges, slot, &own, b);
	return b;
}

/* The bridge of a row; NULL: it names none. May merge groups. */
static struct bridge *
bridge_of(assembly *a, struct group *g, const struct extra_bridge *named)
{
	if (named->id_len == 0 || named->id_len >= 80)
		return NULL;
	if (named->holding) {
		struct bridge *b = holding_bridge(g, named);
		return b != NULL ? b : bridge_new(g, named);
	}
	struct bridge *b = tying_bridge(a, g, named);
	if (b->group != g)
		assembly_merge(a, b->group, g);
	a->recent_bridge = b;
	return b;
}

static struct bridge *
bridge_of_row(assembly *a, struct group *g, const struct cel_row *row)
{
	struct bridge *recent = a->recent_bridge;
	/* Mostly the one that the row before named, and of the same group. */
	if (recent != NULL && recent->group == g &&
	    extra_names_bridge(
		cel_text(row, CEL_EXTRA), row->length[CEL_EXTRA], recent->id, recent->id_len))
		return recent;
	struct extra_bridge named;
	extra_bridge(cel_text(row, CEL_EXTRA), row->length[CEL_EXTRA], &named);
	return bridge_of(a, g, &named);
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

/* One more step of the channel's group, as the row has it; what is its event's own is not set. */
static inline struct step *
add_step(struct channel *c, const struct cel_row *row)
{
	struct group *g = c->group;
	if (G_UNLIKELY(row->id <= g->last_id) && g->n_steps > 0)
		g->unordered = TRUE;
	struct step *step = group_new_step(g, row->event);
	step->id = row->id;
	step->wall = row->time.us;
	step->utc = row->time.utc != FALSE;
	step->event = (guint8)row->event;
	step->channel = c;
	return step;
}

/* The channel of another row a moment ago, of this group; NULL. */
static struct channel *
neighbour_of(const assembly *a, const struct channel *c)
{
	struct channel *other = a->recent[0] != c ? a->recent[0] : a->recent[1];
	return other->group == c->group && other->name_len > 0 ? other : NULL;
}

/* A channel's name as the group keeps it: mostly its neighbour's. */
static const char *
name_kept(const assembly *a, struct channel *c, const char *name, gsize len)
{
	const struct channel *other = len > 0 ? neighbour_of(a, c) : NULL;
	if (other != NULL && bytes_equal(other->name, other->name_len, name, len))
		return other->name;
	return arena_string_n(&c->group->arena, name, len);
}

static void
read_hangup(const assembly *a, struct step *step, struct channel *c, const struct cel_row *row)
{
	const struct channel *other = neighbour_of(a, c);
	const struct extra_name names[] = { { c->name, c->name_len },
		{ other != NULL ? other->name : "", other != NULL ? other->name_len : 0 } };
	struct extra_hangup hangup;
	extra_hangup(cel_text(row, CEL_EXTRA), row->length[CEL_EXTRA], names, other != NULL ? 2 : 1,
	    &hangup);
	step->hangup.cause = (gint16)hangup.cause;
	gboolean kept = hangup.source == c->name || (other != NULL && hangup.source == other->name);
	step->hangup.source =
	    kept ? hangup.source
		 : arena_string_n(&c->group->arena, hangup.source, hangup.source_len);
	step->hangup.dialstatus = (guint8)dialstatus_from(hangup.dialstatus, hangup.dialstatus_len);
}

/* Nearly always it is the first, or none. */
static enum application
application_named(const char *name)
{
	static const struct {
		const char *name;
		enum application id;
	} known[] = { { "MixMonitor", APP_MIXMONITOR }, { "StopMixMonitor", APP_STOP_MIXMONITOR },
		{ "Monitor", APP_MONITOR }, { "Queue", APP_QUEUE }, { "VoiceMail", APP_VOICEMAIL },
		{ "ConfBridge", APP_CONFBRIDGE }, { "MeetMe", APP_MEETME } };
	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if ((known[i].name[0] | 0x20) == (name[0] | 0x20) &&
		    g_ascii_strcasecmp(known[i].name, name) == 0)
			return known[i].id;
	}
	return APP_NONE;
}

/* Ties the group to the channels that `extra` names. */
static void
tie_named(assembly *a, struct channel *c, const char *extra)
{
	struct extra_pair pair;
	while (extra_next(&extra, &pair)) {
		if (pair.key_len > 9 && memcmp(pair.key + pair.key_len - 9, "_uniqueid", 9) == 0)
			tie_uniqueid(a, c->group, &pair);
	}
}

static gboolean
is_music(const struct cel_row *row)
{
	return strstr(cel_text(row, CEL_EXTRA), "\"class\"") != NULL ||
	       strncmp(cel_text(row, CEL_USERDEFTYPE), "MOH", 3) == 0;
}

/* Beginnings and ends, of which each counts once. */
static inline void
begin_channel(assembly *a, struct channel *c)
{
	if (!c->started)
		incarnation_watch(&a->incarnations, c->uniqueid, &c->made);
	c->started = TRUE;
}

static inline void
end_channel(struct channel *c)
{
	c->group->alive -= !c->ended;
	c->ended = TRUE;
}

/*
 * What this kind of event tells, and the step it makes; some tell nothing a rebuild needs. May merge groups. `linkedid` is the row's, as
 * the group keeps it.
 */
static inline void
read_step(assembly *a, struct channel *c, const struct cel_row *row, const char *linkedid)
{
	switch (row->event) {
	case CEL_CHAN_START:
		begin_channel(a, c);
		add_step(c, row);
		return;
	case CEL_HANGUP:
		end_channel(c);
		read_hangup(a, add_step(c, row), c, row);
		return;
	case CEL_CHAN_END:
		end_channel(c);
		add_step(c, row);
		return;
	case CEL_ANSWER: add_step(c, row); return;
	case CEL_BRIDGE_ENTER:
	case CEL_BRIDGE_EXIT: {
		struct bridge *bridge = bridge_of_row(a, c->group, row);
		struct step *step = add_step(c, row);
		step->bridge = bridge;
		step->peer = name_kept(a, c, row->text[CEL_PEER], row->length[CEL_PEER]);
		return;
	}
	case CEL_APP_START: {
		enum application id = bytes_equal(cel_text(row, CEL_APPNAME),
					  row->length[CEL_APPNAME], "MixMonitor", 10)
		                          ? APP_MIXMONITOR
		                          : application_named(cel_text(row, CEL_APPNAME));
		if (id == APP_NONE)
			return;
		struct step *step = add_step(c, row);
		c->group->applications |= (guint32)1 << id;
		step->app.id = id;
		step->app.data = arena_string_n(
		    &c->group->arena, cel_text(row, CEL_APPDATA), row->length[CEL_APPDATA]);
		return;
	}
	case CEL_BLINDTRANSFER:
	case CEL_ATTENDEDTRANSFER:
	case CEL_PICKUP:
	case CEL_LOCAL_OPTIMIZE:
	case CEL_LOCAL_OPTIMIZE_BEGIN:
		tie_named(a, c, cel_text(row, CEL_EXTRA));
		G_GNUC_FALLTHROUGH;
	case CEL_PARK_START:
	case CEL_PARK_END:
	case CEL_FORWARD:
		add_step(c, row)->extra = arena_string_n(
		    &c->group->arena, cel_text(row, CEL_EXTRA), row->length[CEL_EXTRA]);
		return;
	case CEL_LINKEDID_END:
		add_step(c, row)->linkedid = linkedid;
		c->group->linkedids_ended++;
		return;
	case CEL_STREAM_BEGIN:
	case CEL_STREAM_END: {
		gboolean moh = is_music(row);
		if (moh || row->event == CEL_STREAM_END)
			add_step(c, row)->moh = moh;
		return;
	}
	case CEL_APP_END:
	case CEL_OTHER: return;
	}
}

/* Rows. */

static G_GNUC_NO_INLINE void
note_number(struct channel *c, const struct cel_row *row)
{
	const char *number = row->text[CEL_CID_NUM];
	c->cid_last_len = (guint32)row->length[CEL_CID_NUM];
	c->cid_last = strcmp(number, c->cid_num) == 0
	                  ? c->cid_num
	                  : arena_string_n(&c->group->arena, number, c->cid_last_len);
}

static gboolean
is_dial(const struct cel_row *row)
{
	return row->length[CEL_APPNAME] == 4 && bytes_4(row->text[CEL_APPNAME]) == bytes_4("Dial");
}

static inline void
note_caller(struct channel *c, const struct cel_row *row)
{
	if (row->length[CEL_CID_NUM] == 0 || row->id <= c->cid_last_id)
		return;
	if (G_UNLIKELY(row->length[CEL_CID_NUM] != c->cid_last_len ||
		       !bytes_same(row->text[CEL_CID_NUM], c->cid_last, c->cid_last_len)))
		note_number(c, row);
	c->cid_last_id = row->id;
}

static inline void
note_dial(struct channel *c, const struct cel_row *row)
{
	if (G_UNLIKELY(is_dial(row)) && row->id < c->dial_id && row->length[CEL_APPDATA] > 0) {
		c->dial = arena_string_n(
		    &c->group->arena, row->text[CEL_APPDATA], row->length[CEL_APPDATA]);
		c->dial_id = row->id;
	}
}

static inline gboolean
is_of(const struct channel *c, const struct cel_row *row)
{
	return c->uniqueid_len == row->uniqueid_len &&
	       bytes_same_id(c->uniqueid, row->uniqueid, row->uniqueid_len);
}

/*
 * The row is this channel's, and nothing about it is new but the row itself: it began, comes later than its last row, and goes on under the linkedid it
 * had. So it is with nearly all rows but the first.
 */
static inline gboolean
goes_on(const struct channel *c, const struct cel_row *row)
{
	/* All at once: each is so nearly always. */
	return ((c->uniqueid_len == row->uniqueid_len) & c->started & (row->id > c->last_id) &
		   (c->linkedid_now_len == row->linkedid_len)) &&
	       bytes_same_id(c->uniqueid, row->uniqueid, row->uniqueid_len) &&
	       bytes_same_id(c->linkedid_now, row->linkedid, row->linkedid_len) && !c->group->out &&
	       c->group->n_steps < GROUP_STEPS_MAX;
}

void
assembly_add(assembly *a, const struct cel_row *row)
{
	if (row->event == CEL_OTHER || row->event == CEL_APP_END)
		return;
	/* Which of the two it is nobody could guess: it is chosen, not decided. */
	const guint64 tail = assembly_tail(row->uniqueid, row->uniqueid_len);
	const guint other = a->recent[0]->tail != tail;
	struct channel *c = a->recent[other], *last = a->recent[0];
	const char *linkedid;
	a->recent[1] = a->recent[1 - other];
	a->recent[0] = c;
	if (G_LIKELY(goes_on(c, row))) {
		c->last_id = row->id;
		linkedid = c->linkedid_now;
	} else {
		c = assembly_take_in(a, is_of(c, row) ? c : NULL, last, row, &linkedid);
		a->recent[0] = c != NULL ? c : &assembly_nobody;
		if (c == NULL)
			return;
	}
	note_caller(c, row);
	note_dial(c, row);
	read_step(a, c, row, linkedid);

	/* Bridges and transfers may have brought it into another group. */
	struct group *g = c->group;
	if (G_LIKELY(row->id > g->last_id))
		g->last_id = row->id;
	else
		g->first_id = MIN(g->first_id, row->id);
	g->last_wall = MAX(g->last_wall, row->time.us);
	a->now = MAX(a->now, row->time.us);
	if (g->alive == 0 && !g->queued)
		assembly_queue(a, g);
}
