#include "sync/call_json.h"

#include "sync/text.h"

static json_t *
text_or_null(const char *text)
{
	if (text == NULL)
		return json_null();
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	return json_string(valid);
}

static json_t *
time_or_null(gint64 us)
{
	char buffer[TEXT_TIME];
	return us == TIME_NONE ? json_null() : json_string(text_time(us, NULL, buffer));
}

/* Seconds: whole ones as integers, others to the millisecond. */
static json_t *
seconds(gint64 us)
{
	gint64 ms = (us + 500) / 1000;
	return ms % 1000 == 0 ? json_integer(ms / 1000) : json_real((double)ms / 1000);
}

static json_t *
leg_to_json(const struct leg *leg)
{
	json_t *o = json_object();
	json_object_set_new(o, "ext", text_or_null(leg->ext));
	json_object_set_new(o, "outside", text_or_null(leg->outside));
	json_object_set_new(o, "rang", time_or_null(leg->rang));
	json_object_set_new(o, "answered", time_or_null(leg->answered));
	json_object_set_new(o, "ended", time_or_null(leg->ended));
	json_object_set_new(o, "talk", seconds(leg->talk));
	json_object_set_new(o, "status", text_or_null(status_name(leg->status)));
	json_object_set_new(o, "recording", text_or_null(leg->recording));
	if (leg->transferred_from != NULL)
		json_object_set_new(o, "transferred_from", text_or_null(leg->transferred_from));
	if (leg->reason != NULL)
		json_object_set_new(o, "reason", text_or_null(leg->reason));
	return o;
}

json_t *
call_to_json(const struct call *call)
{
	json_t *o = json_object();
	json_object_set_new(o, "callid", text_or_null(call->callid));
	json_t *ids = json_array();
	for (const char *const *id = call->linkedids; *id != NULL; id++)
		json_array_append_new(ids, text_or_null(*id));
	json_object_set_new(o, "linkedids", ids);
	json_object_set_new(o, "basis", json_string(call->basis));
	json_object_set_new(o, "direction", json_string(direction_name(call->direction)));
	json_object_set_new(o, "client", text_or_null(call->client));
	json_object_set_new(o, "did", text_or_null(call->did));
	json_object_set_new(o, "start", time_or_null(call->start));
	json_object_set_new(o, "answer", time_or_null(call->answer));
	json_object_set_new(o, "end", time_or_null(call->end));
	json_object_set_new(o, "talk", seconds(call->talk));
	json_object_set_new(o, "hold", call->hold < 0 ? json_null() : seconds(call->hold));
	json_object_set_new(o, "result", json_string(result_name(call->result)));
	json_object_set_new(o, "settled", json_string(settled_name(call->settled)));
	json_object_set_new(o, "voicemail", json_boolean(call->voicemail));
	json_object_set_new(o, "skip", text_or_null(call->skip));
	json_t *legs = json_array();
	for (guint i = 0; i < call->n_legs; i++)
		json_array_append_new(legs, leg_to_json(&call->legs[i]));
	json_object_set_new(o, "legs", legs);
	json_t *recordings = json_array();
	for (guint i = 0; i < call->n_recordings; i++)
		json_array_append_new(recordings, text_or_null(call->recordings[i].file));
	json_object_set_new(o, "recordings", recordings);
	json_t *notes = json_array();
	for (guint i = 0; i < call->n_notes; i++)
		json_array_append_new(notes, text_or_null(call->notes[i]));
	json_object_set_new(o, "notes", notes);
	return o;
}
