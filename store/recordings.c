#include "store/recordings.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

static const char *const state_names[RECORDING_STATES] = {
	[RECORDING_WAITING] = "waiting",
	[RECORDING_CONVERTING] = "converting",
	[RECORDING_DONE] = "done",
	[RECORDING_NONE] = "none",
	[RECORDING_FAILED] = "failed",
};

/* Which changes there are, [from][to]. waiting -> converting is recordings_claim()'s, which counts the try. */
static const gboolean transitions[RECORDING_STATES][RECORDING_STATES] = {
	[RECORDING_WAITING][RECORDING_NONE] = TRUE,
	[RECORDING_WAITING][RECORDING_FAILED] = TRUE,
	[RECORDING_CONVERTING][RECORDING_WAITING] = TRUE,
	[RECORDING_CONVERTING][RECORDING_DONE] = TRUE,
	[RECORDING_CONVERTING][RECORDING_NONE] = TRUE,
	[RECORDING_CONVERTING][RECORDING_FAILED] = TRUE,
	[RECORDING_DONE][RECORDING_WAITING] = TRUE,
	[RECORDING_NONE][RECORDING_WAITING] = TRUE,
	[RECORDING_FAILED][RECORDING_WAITING] = TRUE,
};

const char *
recording_state_name(enum recording_state state)
{
	return state_names[state];
}

static enum recording_state
state_of(const char *name)
{
	for (int i = 0; i < RECORDING_STATES; i++)
		if (g_strcmp0(name, state_names[i]) == 0)
			return (enum recording_state)i;
	g_error("a recording is in state %s, which its table does not allow", name);
}

void
recording_clear(struct recording *recording)
{
	g_clear_pointer(&recording->callid, g_free);
	g_clear_pointer(&recording->file, g_free);
	g_clear_pointer(&recording->path, g_free);
	g_clear_pointer(&recording->mp3, g_free);
	g_clear_pointer(&recording->link, g_free);
	g_clear_pointer(&recording->reason, g_free);
	g_clear_pointer(&recording->title, g_free);
	g_clear_pointer(&recording->artist, g_free);
}

gint64
recording_next_look(const struct recording *recording, gint64 now, gint64 first)
{
	const gint64 last = 24 * 3600 * (gint64)G_USEC_PER_SEC;
	const gint64 from = MAX(recording->call_ended, recording->since), age = now - from;
	return age >= last ? RECORDING_NEVER : now + CLAMP(age, first, MAX(first, last - age));
}

/* Columns as in recordings/get, waiting, of_call, of_state, look, links, wavs and noted. */
static void
read_recording(statement *query, gpointer element)
{
	*(struct recording *)element = (struct recording){
		.id = store_int(query, 0),
		.callid = g_strdup(store_text(query, 1)),
		.file = g_strdup(store_text(query, 2)),
		.path = g_strdup(store_text(query, 3)),
		.state = state_of(store_text(query, 4)),
		.since = store_int(query, 5),
		.not_before = store_int(query, 6),
		.call_ended = store_int(query, 7),
		.source_size = store_int(query, 8),
		.source_mtime = store_int(query, 9),
		.duration_ms = store_int(query, 10),
		.mp3 = g_strdup(store_text(query, 11)),
		.link = g_strdup(store_text(query, 12)),
		.reason = g_strdup(store_text(query, 13)),
		.title = g_strdup(store_text(query, 14)),
		.artist = g_strdup(store_text(query, 15)),
		.attempts = store_int(query, 16),
		.published = store_int(query, 17),
		.wav_due = store_int(query, 18),
		.wav_gone = store_int(query, 19),
	};
}

static GArray *
recording_rows(statement *query, GError **error)
{
	return store_rows(query, sizeof(struct recording), read_recording,
	    (GDestroyNotify)recording_clear, error);
}

gboolean
recordings_emptied(store *db, const char *callid, gboolean *emptied, GError **error)
{
	statement *query =
	    store_query(db, callid != NULL ? "recordings/emptied" : "recordings/emptied_any");
	if (callid != NULL)
		store_bind_text(query, ":callid", callid);
	if (store_step(query, error) < 0)
		return FALSE;
	*emptied = store_int(query, 0) != 0;
	store_reset(query);
	return TRUE;
}

gboolean
recordings_put(
    store *db, const struct recording *recording, gint64 now, gboolean *added, GError **error)
{
	gboolean emptied;
	*added = FALSE;
	return recordings_emptied(db, recording->callid, &emptied, error) &&
	       (emptied || recordings_add(db, recording, now, added, error));
}

gboolean
recordings_add(
    store *db, const struct recording *recording, gint64 now, gboolean *added, GError **error)
{
	statement *put = store_query(db, "recordings/put");
	store_bind_text(put, ":callid", recording->callid);
	store_bind_text(put, ":file", recording->file);
	store_bind_text(put, ":path", recording->path);
	store_bind_text(put, ":state", state_names[recording->state]);
	store_bind_int(put, ":now", now);
	store_bind_int(put, ":not_before", recording->not_before);
	store_bind_int(put, ":call_ended", recording->call_ended);
	store_bind_text(put, ":reason", recording->reason);
	store_bind_text(put, ":title", recording->title);
	store_bind_text(put, ":artist", recording->artist);
	int changed;
	if (!store_run(put, &changed, error))
		return FALSE;
	*added = changed == 1;
	return TRUE;
}

gboolean
recordings_get(store *db, const char *callid, const char *file, struct recording *recording,
    gboolean *found, GError **error)
{
	statement *get = store_query(db, "recordings/get");
	store_bind_text(get, ":callid", callid);
	store_bind_text(get, ":file", file);
	const int got = store_step(get, error);
	if (got < 0)
		return FALSE;
	*found = got > 0;
	if (*found) {
		read_recording(get, recording);
		store_reset(get);
	}
	return TRUE;
}

GArray *
recordings_claim(store *db, gint64 now, int limit, GError **error)
{
	statement *waiting = store_query(db, "recordings/waiting");
	store_bind_int(waiting, ":now", now);
	store_bind_int(waiting, ":limit", limit);
	g_autoptr(GArray) recordings = recording_rows(waiting, error);
	if (recordings == NULL)
		return NULL;
	for (guint i = 0; i < recordings->len; i++) {
		struct recording *recording = &g_array_index(recordings, struct recording, i);
		statement *claim = store_query(db, "recordings/claim");
		store_bind_int(claim, ":id", recording->id);
		if (!store_run_one(claim, error))
			return NULL;
		recording->state = RECORDING_CONVERTING;
		recording->attempts++;
	}
	return g_steal_pointer(&recordings);
}

gboolean
recordings_move(
    store *db, const struct recording *recording, enum recording_state from, GError **error)
{
	const enum recording_state to = recording->state;
	if (!transitions[from][to]) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_STATE,
		    _("recording %" PRId64 ": there is no way from %s to %s\n"
		      "This is a fault in celsync: please report it with this message."),
		    recording->id, state_names[from], state_names[to]);
		return FALSE;
	}
	statement *move = store_query(db, "recordings/move");
	store_bind_int(move, ":id", recording->id);
	store_bind_text(move, ":from", state_names[from]);
	store_bind_text(move, ":to", state_names[to]);
	store_bind_int(move, ":not_before", recording->not_before);
	store_bind_int(move, ":source_size", recording->source_size);
	store_bind_int(move, ":source_mtime", recording->source_mtime);
	store_bind_int(move, ":duration_ms", recording->duration_ms);
	store_bind_text(move, ":mp3", recording->mp3);
	store_bind_text(move, ":link", recording->link);
	store_bind_text(move, ":reason", recording->reason);
	store_bind_int(move, ":published", recording->published);
	store_bind_int(move, ":wav_due", recording->wav_due);
	store_bind_int(move, ":wav_gone", recording->wav_gone);
	if (store_run_one(move, error))
		return TRUE;
	g_prefix_error(error, _("recording %" PRId64 ", %s to %s: "), recording->id,
	    state_names[from], state_names[to]);
	return FALSE;
}

gboolean
recordings_recover(store *db, int *n, GError **error)
{
	return store_run(store_query(db, "recordings/recover"), n, error);
}

/* The one number that a statement answers with. */
static gboolean
ask_number(statement *query, gint64 *n, GError **error)
{
	if (store_step(query, error) < 0)
		return FALSE;
	*n = store_int(query, 0);
	store_reset(query);
	return TRUE;
}

gboolean
recordings_any(store *db, gint64 now, gint64 before, gboolean *any, GError **error)
{
	statement *query = store_query(db, "recordings/any");
	gint64 n;
	store_bind_int(query, ":now", now);
	store_bind_int(query, ":before", before);
	if (!ask_number(query, &n, error))
		return FALSE;
	*any = n != 0;
	return TRUE;
}

gboolean
recordings_due(store *db, gint64 now, gint64 *n, GError **error)
{
	statement *query = store_query(db, "recordings/due");
	store_bind_int(query, ":now", now);
	return ask_number(query, n, error);
}

gboolean
recordings_unfinished(store *db, const char *path, gint64 *n, GError **error)
{
	statement *query = store_query(db, "recordings/unfinished");
	store_bind_text(query, ":path", path);
	return ask_number(query, n, error);
}

GArray *
recordings_done(store *db, enum recordings_care care, gint64 time, int limit, GError **error)
{
	static const char *const cares[][2] = {
		[RECORDINGS_LOOK] = { "recordings/look", ":now" },
		[RECORDINGS_WAVS] = { "recordings/wavs", ":now" },
		[RECORDINGS_LINKS] = { "recordings/links", ":before" },
	};
	statement *query = store_query(db, cares[care][0]);
	store_bind_int(query, cares[care][1], time);
	store_bind_int(query, ":limit", limit);
	return recording_rows(query, error);
}

GArray *
recordings_noted(store *db, int limit, GError **error)
{
	statement *query = store_query(db, "recordings/noted");
	store_bind_int(query, ":limit", limit);
	return recording_rows(query, error);
}

gboolean
recordings_keep(store *db, const struct recording *recording, GError **error)
{
	statement *keep = store_query(db, "recordings/keep");
	store_bind_int(keep, ":id", recording->id);
	store_bind_int(keep, ":not_before", recording->not_before);
	store_bind_text(keep, ":link", recording->link);
	store_bind_text(keep, ":reason", recording->reason);
	store_bind_int(keep, ":wav_due", recording->wav_due);
	store_bind_int(keep, ":wav_gone", recording->wav_gone);
	return store_run_one(keep, error);
}

gboolean
recordings_counts(store *db, gint64 counts[RECORDING_STATES], GError **error)
{
	memset(counts, 0, RECORDING_STATES * sizeof *counts);
	statement *query = store_query(db, "recordings/counts");
	int got;
	while ((got = store_step(query, error)) > 0)
		counts[state_of(store_text(query, 0))] = store_int(query, 1);
	return got == 0;
}

GArray *
recordings_past(store *db, gint64 after, gint64 before, int limit, GError **error)
{
	statement *query = store_query(db, "recordings/past");
	store_bind_int(query, ":after", after);
	store_bind_int(query, ":before", before);
	store_bind_int(query, ":limit", limit);
	return recording_rows(query, error);
}

GArray *
recordings_of(store *db, const char *callid, enum recording_state state, int limit, GError **error)
{
	statement *query =
	    store_query(db, callid != NULL ? "recordings/of_call" : "recordings/of_state");
	if (callid != NULL)
		store_bind_text(query, ":callid", callid);
	else
		store_bind_text(query, ":state", state_names[state]);
	store_bind_int(query, ":limit", limit);
	return recording_rows(query, error);
}
