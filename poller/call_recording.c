/* The recordings of a call, and which of them holds whose talk. */
#include "poller/call_private.h"

struct recorder {
	struct call_recording what;
	int lane; /* the channel that records; -1: only a CDR record tells of it */
	gint64 started, started_id;
	gboolean bridged_only; /* option b: nothing is written while the channel is in no bridge */
};

/* The name behind the last / of a path of n bytes. */
static const char *
base_name(const char *path, gsize n)
{
	const char *slash = memrchr(path, '/', n);
	return slash != NULL ? slash + 1 : path;
}

/*
 * The MP3 made of a recording is that recording: cdr may name it where cel still names the WAV (the old scripts, and our
 * own update_cdr). "x.mp3" is made of x.wav, x.WAV, …; "x.wav.mp3" of x.wav.
 */
static gboolean
same_recording(const char *a, const char *b)
{
	const gsize mp3 = strlen(".mp3");
	if (strcmp(a, b) == 0)
		return TRUE;
	const gsize n = strlen(b);
	if (n < mp3 || memcmp(b + n - mp3, ".mp3", mp3) != 0)
		return FALSE;
	const gsize stem = n - mp3;
	const char *dot = strrchr(a, '.');
	return strncmp(a, b, stem) == 0 && (a[stem] == '\0' || a + stem == dot);
}

struct recorder_list {
	struct arena *arena;
	struct recorder *items;
	guint n, room;
	struct recorder few[4]; /* the first of them */
};

/* Stopped and started again, or re-attached after a transfer: the same file goes on. */
static G_GNUC_NO_INLINE gboolean
is_listed(const struct recorder_list *list, const char *file)
{
	for (guint i = 0; i < list->n; i++) {
		if (same_recording(list->items[i].what.file, file))
			return TRUE;
	}
	return FALSE;
}

/* The recorder of this file, to be filled in; NULL: it names none, or one that is listed. */
static inline struct recorder *
add_recorder(struct recorder_list *list, const char *file)
{
	if (file[0] == '\0' || (list->n > 0 && is_listed(list, file)))
		return NULL;
	list->items =
	    arena_grow(list->arena, list->items, list->n, &list->room, sizeof *list->items);
	return &list->items[list->n++];
}

/* Is there a "b" among the options of MixMonitor, ",options" and what comes behind them? */
static gboolean
is_bridged_only(const char *options)
{
	if (*options == '\0')
		return FALSE;
	for (options++; *options != '\0' && *options != ',' && *options != '('; options++) {
		if (*options == 'b')
			return TRUE;
	}
	return FALSE;
}

static void
list_started(struct call_builder *b, struct recorder_list *list)
{
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		if (s->event != CEL_APP_START || s->app.id != APP_MIXMONITOR)
			continue;
		const gsize n = (gsize)(strchrnul(s->app.data, ',') - s->app.data);
		const char *path = arena_string_n(b->arena, s->app.data, n),
			   *file = base_name(path, n);
		struct recorder *r = add_recorder(list, file);
		if (r != NULL)
			*r = (struct recorder){ .what = { file, path },
				.lane = timeline_lane(b->t, s->channel),
				.started = call_time_of(b, s),
				.started_id = s->id,
				.bridged_only = is_bridged_only(s->app.data + n) };
	}
}

static void
list_recorders(struct call_builder *b, struct recorder_list *list)
{
	list->arena = b->arena;
	list->items = list->few;
	list->n = 0;
	list->room = G_N_ELEMENTS(list->few);
	if (group_has_application(b->group, APP_MIXMONITOR))
		list_started(b, list);
	const struct record *record = b->group->records;
	for (guint left = b->group->n_records; left > 0; left--, record++) {
		const char *path = record->recordingfile;
		/* Mostly the one that the channel began with, and without a folder. */
		if (path[0] == '\0' || (list->n > 0 && strcmp(list->items[0].what.file, path) == 0))
			continue;
		const char *file = base_name(path, strlen(path));
		struct recorder *r = add_recorder(list, file);
		if (r == NULL)
			continue;
		const int lane = timeline_lane(b->t, record->channel);
		*r = (struct recorder){ .what = { file, path },
			.lane = lane,
			.started = lane >= 0 ? b->t->lanes[lane].start : TIME_NONE,
			.started_id = lane >= 0 ? b->t->lanes[lane].start_id : 0 };
	}
}

/* About how long the recording is. */
static gint64
recorded_length(const struct call_builder *b, const struct recorder *r)
{
	const struct lane *lane = &b->t->lanes[r->lane];
	/* Of its channel only rows came that tell nothing. */
	if (r->started == TIME_NONE)
		return 0;
	if (!r->bridged_only)
		return (lane->end != TIME_NONE ? lane->end : b->t->last) - r->started;
	gint64 length = 0;
	for (guint i = 0; i < b->t->n_stays; i++) {
		const struct stay *s = &b->t->stays[i];
		if (s->lane == (guint)r->lane && s->to > r->started)
			length += s->to - MAX(s->from, r->started);
	}
	return length;
}

/* What a recorder holds of a leg's talk. */
struct witness {
	const struct recorder *recorder;
	gint64 heard;
	gboolean missed; /* any of it */
};

static struct witness
ask_recorder(const struct call_builder *b, const struct recorder *r, const guint64 *leg)
{
	struct witness w = { .recorder = r };
	const guint words = b->t->words;
	for (guint i = 0; i < b->n_talks; i++) {
		const struct segment *s = b->talks[i].segment;
		const guint64 *set = b->talks[i].set;
		if (!lane_set_meets(set, leg, words))
			continue;
		const gint64 from = MAX(s->from, r->started), span = s->to - from;
		const gboolean there =
		    lane_set_has(set, (guint)r->lane) && s->to_id > r->started_id && span >= 0;
		if (there)
			w.heard += span;
		/* A recording may begin a moment after the talk did. */
		if (s->to > s->from && (!there || from - s->from > 2 * G_USEC_PER_SEC))
			w.missed = TRUE;
	}
	return w;
}

/* Two lengths that the table's clock of whole seconds cannot tell apart. */
#define SAME_LENGTH (2 * G_USEC_PER_SEC)

/*
 * One that covers all the talk, the shortest of them; of several of one length the one that began last, because it
 * was made for this leg; where none covers all, the one that holds most.
 */
static gboolean
is_better(const struct call_builder *b, const struct witness *w, const struct witness *best)
{
	if (w->missed != best->missed)
		return best->missed;
	gint64 gain = w->missed
	                  ? w->heard - best->heard
	                  : recorded_length(b, best->recorder) - recorded_length(b, w->recorder);
	if (gain > -SAME_LENGTH && gain < SAME_LENGTH)
		return w->recorder->started_id > best->recorder->started_id;
	return gain > 0;
}

static void
choose_recording(struct call_builder *b, const struct recorder_list *recorders, guint leg_index)
{
	struct leg *leg = &b->call->legs[leg_index];
	struct witness best = { 0 };
	for (guint i = 0; i < recorders->n; i++) {
		const struct recorder *r = &recorders->items[i];
		if (r->lane < 0)
			continue;
		const struct witness w = ask_recorder(b, r, call_leg_set(b, leg_index));
		if (w.heard == 0 && (w.missed || leg->talk > 0))
			continue;
		if (best.recorder == NULL || is_better(b, &w, &best))
			best = w;
	}
	if (best.recorder != NULL) {
		leg->recording = best.recorder->what.file;
		leg->recording_path = best.recorder->what.path;
	}
}

void
call_find_recordings(struct call_builder *b)
{
	struct call *call = b->call;
	struct recorder_list recorders;
	list_recorders(b, &recorders);
	call->n_recordings = recorders.n;
	call->recordings = arena_alloc(b->arena, (recorders.n + 1) * sizeof *call->recordings);
	for (guint i = 0; i < recorders.n; i++)
		call->recordings[i] = recorders.items[i].what;
	for (guint i = 0; i < call->n_legs; i++) {
		if (call->legs[i].connected)
			choose_recording(b, &recorders, i);
	}
}
