#include "sync/show.h"

#include "sync/call_json.h"
#include "sync/text.h"

#include <string.h>

static json_t *
text_or_null(const char *text)
{
	if (text == NULL)
		return json_null();
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	return json_string(valid);
}

/* Absent is TIME_NONE among the poller's times and 0 among the store's. */
static json_t *
time_or_null(gint64 us)
{
	char buffer[TEXT_TIME];
	return us == TIME_NONE || us == 0 ? json_null() : json_string(text_time(us, NULL, buffer));
}

static json_t *
bridge_to_json(const struct timeline *t, int bridge)
{
	/* One that no row named. */
	if ((guint)bridge >= t->group->n_bridges)
		return json_null();
	/* Of a holding bridge each group has its own, told apart by what stands behind the id. */
	const char *id = t->group->bridges[bridge]->id;
	g_autofree char *own = g_strndup(id, strcspn(id, " "));
	return text_or_null(own);
}

static json_t *
stays_to_json(const struct timeline *t, guint lane)
{
	json_t *stays = json_array();
	for (guint i = 0; i < t->n_stays; i++) {
		const struct stay *s = &t->stays[i];
		if (s->lane != lane)
			continue;
		json_t *o = json_object();
		json_object_set_new(o, "bridge", bridge_to_json(t, s->bridge));
		json_object_set_new(o, "from", time_or_null(s->from));
		json_object_set_new(o, "to", time_or_null(s->to));
		json_array_append_new(stays, o);
	}
	return stays;
}

static json_t *
channel_to_json(const tracks *of, const struct track *track, guint index)
{
	const struct lane *lane = &of->timeline->lanes[index];
	json_t *o = json_object(), *connected = json_array();
	json_object_set_new(o, "uniqueid", text_or_null(lane->channel->uniqueid));
	json_object_set_new(o, "name", text_or_null(lane->channel->name));
	json_object_set_new(o, "linkedid", text_or_null(lane->channel->linkedid));
	json_object_set_new(o, "start", time_or_null(lane->start));
	json_object_set_new(o, "answer", time_or_null(lane->answer));
	json_object_set_new(o, "end", time_or_null(lane->end));
	json_object_set_new(o, "cause", lane->cause >= 0 ? json_integer(lane->cause) : json_null());
	json_object_set_new(o, "stays", stays_to_json(of->timeline, index));
	for (guint i = 0; i < track->connected->len; i++) {
		const struct span *s = &g_array_index(track->connected, struct span, i);
		json_t *span = json_object();
		json_object_set_new(span, "from", time_or_null(s->from));
		json_object_set_new(span, "to", time_or_null(s->to));
		json_array_append_new(connected, span);
	}
	json_object_set_new(o, "connected", connected);
	return o;
}

static json_t *
attempts_to_json(const struct show *show, gint64 item)
{
	json_t *tries = json_array();
	for (guint i = 0; show->attempts != NULL && i < show->attempts->len; i++) {
		const struct attempt *a = &g_array_index(show->attempts, struct attempt, i);
		if (a->item != item)
			continue;
		json_t *o = json_object();
		json_object_set_new(o, "n", json_integer(a->n));
		json_object_set_new(o, "at", time_or_null(a->at));
		json_object_set_new(o, "state", json_string(outbox_state_name(a->state)));
		json_object_set_new(
		    o, "status", a->status != 0 ? json_integer(a->status) : json_null());
		json_object_set_new(o, "answer", text_or_null(a->answer));
		json_array_append_new(tries, o);
	}
	return tries;
}

static json_t *
request_to_json(const struct show *show, const struct outbox_item *item, const char *body)
{
	json_t *o = json_object();
	json_object_set_new(o, "id", json_integer(item->id));
	json_object_set_new(o, "callid", text_or_null(item->callid));
	json_object_set_new(o, "event", text_or_null(item->event));
	json_object_set_new(o, "ext", text_or_null(item->ext));
	json_object_set_new(o, "window", json_integer(item->n));
	json_object_set_new(o, "state", json_string(outbox_state_name(item->state)));
	json_object_set_new(o, "attempts", json_integer(item->attempts));
	json_object_set_new(
	    o, "status", item->status != 0 ? json_integer(item->status) : json_null());
	json_object_set_new(o, "answer", text_or_null(item->answer));
	json_object_set_new(o, "created", time_or_null(item->created));
	json_object_set_new(o, "changed", time_or_null(item->changed));
	json_object_set_new(o, "body", text_or_null(body));
	json_object_set_new(o, "tries", attempts_to_json(show, item->id));
	return o;
}

static json_t *
recording_to_json(const struct recording *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "file", text_or_null(r->file));
	json_object_set_new(o, "path", text_or_null(r->path));
	json_object_set_new(o, "state", json_string(recording_state_name(r->state)));
	json_object_set_new(o, "reason", text_or_null(r->reason));
	json_object_set_new(o, "mp3", text_or_null(r->mp3));
	json_object_set_new(o, "link", text_or_null(r->link));
	json_object_set_new(o, "duration",
	    r->duration_ms > 0 ? json_real((double)r->duration_ms / 1000) : json_null());
	json_object_set_new(o, "attempts", json_integer(r->attempts));
	return o;
}

/*
 * JSON only escapes the controls below space. What else a terminal might obey, or that hides the text around it, stands in strings
 * only and is escaped as well.
 */
static char *
without_controls(const char *json)
{
	GString *out = g_string_sized_new(strlen(json));
	for (const char *p = json; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(c);
		gboolean harmful = type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
		                   type == G_UNICODE_LINE_SEPARATOR ||
		                   type == G_UNICODE_PARAGRAPH_SEPARATOR;
		if (harmful && c <= 0xffff)
			g_string_append_printf(out, "\\u%04x", c);
		else if (harmful)
			g_string_append_printf(out, "\\u%04x\\u%04x",
			    0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

static json_t *
requests_to_json(const struct show *show)
{
	if (show->requests == NULL)
		return json_null();
	json_t *requests = json_array();
	for (guint i = 0; i < show->requests->len; i++)
		json_array_append_new(requests,
		    request_to_json(show, &g_array_index(show->requests, struct outbox_item, i),
			show->bodies->pdata[i]));
	return requests;
}

static json_t *
recordings_to_json(const struct show *show)
{
	if (show->recordings == NULL)
		return json_null();
	json_t *recordings = json_array();
	for (guint i = 0; i < show->recordings->len; i++)
		json_array_append_new(recordings,
		    recording_to_json(&g_array_index(show->recordings, struct recording, i)));
	return recordings;
}

char *
show_json(const struct show *show)
{
	json_t *o = call_to_json(show->call), *channels = json_array(), *others = json_array();
	for (guint i = 0; i < show->tracks->tracks->len; i++) {
		const struct track *track = &g_array_index(show->tracks->tracks, struct track, i);
		json_array_append_new(channels, channel_to_json(show->tracks, track, track->lane));
		if (track->half >= 0)
			json_array_append_new(
			    channels, channel_to_json(show->tracks, track, (guint)track->half));
	}
	for (guint i = 0; i < show->calls->len; i++) {
		const struct call *call = show->calls->pdata[i];
		if (call != show->call)
			json_array_append_new(others, text_or_null(call->callid));
	}
	json_object_set_new(o, "others", others);
	json_object_set_new(o, "channels", channels);
	json_object_set_new(o, "requests", requests_to_json(show));
	json_object_set_new(o, "recordings_state", recordings_to_json(show));
	g_autofree char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(o);
	return without_controls(line);
}
