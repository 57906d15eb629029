/* Calls as text, so that a test compares them whole and a failure shows both. */
#include "tests/scene/scene.h"

#include <string.h>

static void
add_seconds(GString *out, gint64 us)
{
	g_string_append_printf(out, " %" G_GINT64_FORMAT, us / G_USEC_PER_SEC);
	gint64 rest = us % G_USEC_PER_SEC;
	if (rest != 0)
		g_string_append_printf(out, ".%06" G_GINT64_FORMAT, ABS(rest));
}

char *
scene_summary(const scene *s)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < s->calls->len; i++) {
		const struct call *call = s->calls->pdata[i];
		g_string_append_printf(out, "%s%s %s %s", i > 0 ? "\n" : "",
		    direction_name(call->direction), call->client != NULL ? call->client : "?",
		    result_name(call->result));
		if (call->talk != 0)
			add_seconds(out, call->talk);
		for (guint j = 0; j < call->n_legs; j++) {
			const struct leg *leg = &call->legs[j];
			g_string_append_printf(out, " | %s", leg->ext != NULL ? leg->ext : "-");
			if (leg->outside != NULL)
				g_string_append_printf(out, "/%s", leg->outside);
			if (leg->status != STATUS_NONE)
				g_string_append_printf(out, " %s", status_name(leg->status));
			if (leg->talk != 0)
				add_seconds(out, leg->talk);
		}
		if (call->skip != NULL)
			g_string_append_printf(out, " ! %s", call->skip);
	}
	return g_string_free(out, FALSE);
}

static void
add_time(GString *out, const char *name, gint64 us)
{
	if (us == TIME_NONE)
		g_string_append_printf(out, " %s=-", name);
	else
		g_string_append_printf(out, " %s=%" G_GINT64_FORMAT, name, us);
}

static void
add_text(GString *out, const char *name, const char *text)
{
	g_string_append_printf(out, " %s=%s", name, text != NULL ? text : "-");
}

static void
dump_leg(GString *out, const struct leg *leg)
{
	g_string_append(out, "  leg");
	add_text(out, "ext", leg->ext);
	add_text(out, "outside", leg->outside);
	add_time(out, "rang", leg->rang);
	add_time(out, "answered", leg->answered);
	add_time(out, "ended", leg->ended);
	add_time(out, "talk", leg->talk);
	g_string_append_printf(out, " connected=%d", leg->connected);
	add_text(out, "status", status_name(leg->status));
	add_text(out, "recording", leg->recording);
	add_text(out, "path", leg->recording_path);
	add_text(out, "from", leg->transferred_from);
	add_text(out, "reason", leg->reason);
	g_string_append_c(out, '\n');
}

char *
scene_dump(const scene *s)
{
	GString *out = g_string_new(NULL);
	for (guint i = 0; i < s->calls->len; i++) {
		const struct call *call = s->calls->pdata[i];
		g_string_append_printf(out, "call %s linkedid=%s basis=%s %s", call->callid,
		    call->linkedid, call->basis, direction_name(call->direction));
		for (const char *const *id = call->linkedids; *id != NULL; id++)
			g_string_append_printf(out, " +%s", *id);
		add_text(out, "client", call->client);
		add_text(out, "did", call->did);
		add_text(out, "queue", call->queue);
		add_text(out, "hung_up", call->hung_up);
		add_time(out, "start", call->start);
		add_time(out, "answer", call->answer);
		add_time(out, "end", call->end);
		add_time(out, "talk", call->talk);
		add_time(out, "hold", call->hold);
		g_string_append_printf(out, " %s %s voicemail=%d", result_name(call->result),
		    settled_name(call->settled), call->voicemail);
		add_text(out, "skip", call->skip);
		g_string_append_c(out, '\n');
		for (guint j = 0; j < call->n_legs; j++)
			dump_leg(out, &call->legs[j]);
		for (guint j = 0; j < call->n_recordings; j++)
			g_string_append_printf(out, "  recording %s %s\n", call->recordings[j].file,
			    call->recordings[j].path);
		for (guint j = 0; j < call->n_notes; j++)
			g_string_append_printf(out, "  note %s\n", call->notes[j]);
	}
	return g_string_free(out, FALSE);
}

void
scene_expect(scene *s, const char *summary)
{
	scene_build(s);
	g_autofree char *text = scene_summary(s);
	g_assert_cmpstr(text, ==, summary);
}
