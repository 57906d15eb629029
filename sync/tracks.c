#include "sync/tracks.h"

#include "poller/party.h"

#include <string.h>

struct builder {
	tracks *of;
	const struct timeline *t;
	const struct call *call;
	struct party *parties;  /* by lane */
	guint64 *client, *legs; /* sets of lanes: the two sides of a talk */
	int beginning;          /* lane; -1 */
};

static gboolean
is_beginning(const struct builder *b, guint lane)
{
	const struct channel *c = b->t->lanes[lane].channel;
	return b->parties[lane].kind != PARTY_PLUMBING && strcmp(c->uniqueid, c->linkedid) == 0;
}

static gboolean
is_under(const struct builder *b, guint lane)
{
	return strcmp(b->t->lanes[lane].channel->linkedid, b->call->linkedid) == 0;
}

/* The first phone rung, where a Local channel began the call. */
static int
first_rung(const struct builder *b)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if ((int)i != b->beginning && is_under(b, i) &&
		    (b->parties[i].kind == PARTY_EMPLOYEE || b->parties[i].kind == PARTY_OUTSIDE))
			return (int)i;
	}
	return -1;
}

/* Whom the call dialled: outside, or, within the house, other employees. */
static void
add_dialled(struct builder *b, enum party_kind kind)
{
	const char *caller = b->beginning >= 0 ? b->parties[b->beginning].ext : NULL;
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (is_under(b, i) && !is_beginning(b, i) && b->parties[i].kind == kind &&
		    (kind == PARTY_OUTSIDE || g_strcmp0(b->parties[i].ext, caller) != 0))
			lane_set_add(b->client, i);
	}
}

/* The two sides, by the rules of poller/call.h. */
static void
find_sides(struct builder *b)
{
	b->beginning = -1;
	for (guint i = 0; i < b->t->n_lanes && b->beginning < 0; i++) {
		if (is_beginning(b, i) && is_under(b, i))
			b->beginning = (int)i;
	}
	if (b->beginning < 0)
		return;
	switch (b->call->direction) {
	case DIRECTION_IN: {
		int lane =
		    b->parties[b->beginning].kind == PARTY_LOCAL ? first_rung(b) : b->beginning;
		if (lane >= 0)
			lane_set_add(b->client, (guint)lane);
		break;
	}
	case DIRECTION_OUT: add_dialled(b, PARTY_OUTSIDE); break;
	case DIRECTION_INTERNAL: add_dialled(b, PARTY_EMPLOYEE); break;
	}
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (!lane_set_has(b->client, i) &&
		    (b->parties[i].kind == PARTY_EMPLOYEE ||
			(b->parties[i].kind == PARTY_OUTSIDE && !is_beginning(b, i))))
			lane_set_add(b->legs, i);
	}
}

/* Spans. */

static void
add_span(GArray *spans, enum span_kind kind, gint64 from, gint64 to)
{
	if (spans->len > 0) {
		struct span *last = &g_array_index(spans, struct span, spans->len - 1);
		if (last->kind == kind && last->to == from) {
			last->to = to;
			return;
		}
	}
	struct span span = { .kind = kind, .from = from, .to = MAX(from, to) };
	g_array_append_val(spans, span);
}

static gboolean
is_talk(const struct builder *b, const guint64 *set)
{
	return lane_set_meets(set, b->client, b->t->words) &&
	       lane_set_meets(set, b->legs, b->t->words);
}

static GArray *
list_connected(const struct builder *b, guint lane)
{
	GArray *connected = g_array_new(FALSE, FALSE, sizeof(struct span));
	for (guint i = 0; i < b->t->n_segments; i++) {
		const struct segment *s = &b->t->segments[i];
		for (guint k = 0; k < s->n_sets; k++) {
			const guint64 *set = b->t->sets + (gsize)(s->first_set + k) * b->t->words;
			if (lane_set_has(set, lane) && is_talk(b, set)) {
				add_span(connected, SPAN_TALK, s->from, s->to);
				break;
			}
		}
	}
	return connected;
}

static gboolean
is_holding(const struct timeline *t, int bridge)
{
	return (guint)bridge < t->group->n_bridges && t->group->bridges[bridge]->holding;
}

static void
add_stays(const struct builder *b, GArray *spans, guint lane, enum span_kind kind)
{
	for (guint i = 0; i < b->t->n_stays; i++) {
		const struct stay *s = &b->t->stays[i];
		if (s->lane == lane && is_holding(b->t, s->bridge) == (kind == SPAN_HELD))
			add_span(spans, kind, s->from, s->to);
	}
}

static void
add_music(const struct builder *b, GArray *spans, guint lane, gint64 until)
{
	gint64 began = TIME_NONE;
	for (guint i = 0; i < b->t->group->n_steps; i++) {
		const struct step *s = &b->t->group->steps[i];
		if (s->channel != b->t->lanes[lane].channel ||
		    (s->event != CEL_STREAM_BEGIN && s->event != CEL_STREAM_END))
			continue;
		if (began != TIME_NONE)
			add_span(spans, SPAN_MUSIC, began, b->t->times[i]);
		began = s->event == CEL_STREAM_BEGIN && s->moh ? b->t->times[i] : TIME_NONE;
	}
	if (began != TIME_NONE)
		add_span(spans, SPAN_MUSIC, began, until);
}

/* Cuts what lies outside the track's time; a span of no time stays one. */
static void
cut_spans(struct track *track)
{
	guint kept = 0;
	for (guint i = 0; i < track->spans->len; i++) {
		struct span s = g_array_index(track->spans, struct span, i);
		if (s.to < track->from || s.from > track->to)
			continue;
		s.from = MAX(s.from, track->from);
		s.to = MIN(s.to, track->to);
		g_array_index(track->spans, struct span, kept++) = s;
	}
	g_array_set_size(track->spans, kept);
}

static void
add_spans(const struct builder *b, struct track *track)
{
	const struct lane *l = &b->t->lanes[track->lane];
	track->spans = g_array_new(FALSE, FALSE, sizeof(struct span));
	add_span(track->spans, SPAN_WAITING, track->from, track->to);
	if (track->role == TRACK_WIRE) {
		add_stays(b, track->spans, track->lane, SPAN_BRIDGED);
		if (track->half >= 0)
			add_stays(b, track->spans, (guint)track->half, SPAN_BRIDGED);
		cut_spans(track);
		return;
	}
	/* Who began a call was not rung. No row tells of ringing: it is from the dialling to the answer. */
	if (!is_beginning(b, track->lane)) {
		gint64 until = l->answer != TIME_NONE ? l->answer : track->to;
		if (l->bridged != TIME_NONE)
			until = MIN(until, l->bridged);
		add_span(track->spans, SPAN_RINGING, l->start, until);
	}
	add_stays(b, track->spans, track->lane, SPAN_BRIDGED);
	for (guint i = 0; i < track->connected->len; i++) {
		const struct span *s = &g_array_index(track->connected, struct span, i);
		add_span(track->spans, SPAN_TALK, s->from, s->to);
	}
	add_music(b, track->spans, track->lane, track->to);
	add_stays(b, track->spans, track->lane, SPAN_HELD);
	cut_spans(track);
}

/* Tracks. */

static const char *
number_of(struct builder *b, guint lane)
{
	const struct lane *l = &b->t->lanes[lane];
	switch (b->parties[lane].kind) {
	case PARTY_EMPLOYEE: return b->parties[lane].ext;
	case PARTY_LOCAL: return arena_string_n(&b->of->memory, l->name.peer, l->name.peer_len);
	case PARTY_OUTSIDE:
	case PARTY_PLUMBING: break;
	}
	if (lane_set_has(b->client, lane) && b->call->client != NULL)
		return b->call->client;
	return number_is_dialable(l->channel->cid_num) ? l->channel->cid_num : "";
}

static enum track_role
role_of(const struct builder *b, guint lane)
{
	if (b->parties[lane].kind == PARTY_LOCAL)
		return TRACK_WIRE;
	if (lane_set_has(b->client, lane))
		return TRACK_CLIENT;
	return b->parties[lane].kind == PARTY_EMPLOYEE ? TRACK_EMPLOYEE : TRACK_OUTSIDE;
}

/* The channels of a call end one after the other: what lives on for no longer than this has ended with it. */
#define AFTERMATH G_USEC_PER_SEC

/* A wire lives as long as either half. */
static gint64
end_of(const struct timeline *t, guint lane, int half)
{
	gint64 end = t->lanes[lane].end;
	if (half < 0 || end == TIME_NONE)
		return end;
	return t->lanes[half].end == TIME_NONE ? TIME_NONE : MAX(end, t->lanes[half].end);
}

static void
add_track(struct builder *b, guint lane)
{
	const struct lane *l = &b->t->lanes[lane];
	struct track track = { .lane = lane, .half = l->pair };
	gint64 end = end_of(b->t, lane, l->pair), life = end != TIME_NONE ? end : b->t->last;
	if (l->start == TIME_NONE || l->start > b->of->to || life < b->of->from)
		return;
	track.role = role_of(b, lane);
	track.who = number_of(b, lane);
	track.from = MAX(l->start, b->of->from);
	track.to = MIN(life, b->of->to);
	track.goes_on = life > b->of->to + AFTERMATH;
	track.ended = end != TIME_NONE && !track.goes_on;
	track.connected = list_connected(b, lane);
	add_spans(b, &track);
	g_array_append_val(b->of->tracks, track);
}

static void
track_clear(gpointer element)
{
	struct track *track = element;
	g_array_free(track->spans, TRUE);
	g_array_free(track->connected, TRUE);
}

tracks *
tracks_new(const struct call *call, const struct timeline *t, const struct call_rules *rules)
{
	tracks *of = g_new0(tracks, 1);
	of->timeline = t;
	of->pool = arena_pool_new();
	arena_init(&of->memory, of->pool);
	of->tracks = g_array_new(FALSE, FALSE, sizeof(struct track));
	g_array_set_clear_func(of->tracks, track_clear);
	of->from = call->start != TIME_NONE ? call->start : t->first;
	of->to = MAX(of->from, call->end != TIME_NONE ? call->end : t->last);

	struct builder b = { .of = of, .t = t, .call = call };
	b.parties = arena_alloc(&of->memory, (t->n_lanes + 1) * sizeof *b.parties);
	b.client = arena_alloc0(&of->memory, t->words * sizeof *b.client);
	b.legs = arena_alloc0(&of->memory, t->words * sizeof *b.legs);
	for (guint i = 0; i < t->n_lanes; i++)
		b.parties[i] = party_of(rules, &t->lanes[i], &of->memory);
	find_sides(&b);
	for (guint i = 0; i < t->n_lanes; i++) {
		/* The half that began first stands for both. */
		if (b.parties[i].kind != PARTY_PLUMBING &&
		    (t->lanes[i].pair < 0 || t->lanes[i].pair > (int)i))
			add_track(&b, i);
	}
	return of;
}

void
tracks_free(tracks *of)
{
	if (of == NULL)
		return;
	g_array_free(of->tracks, TRUE);
	arena_clear(&of->memory);
	arena_pool_free(of->pool);
	g_free(of);
}
