#include "sync/words.h"

#include "sync/screen.h"

#include <glib/gi18n.h>
#include <string.h>

/* Most values a note has. */
#define VALUES 3

const char *
words_direction(enum direction direction)
{
	switch (direction) {
	case DIRECTION_IN: return C_("call", "in");
	case DIRECTION_OUT: return C_("call", "out");
	case DIRECTION_INTERNAL: return C_("call", "internal");
	}
	return "?";
}

const char *
words_result(enum result result)
{
	switch (result) {
	case RESULT_ANSWERED: return C_("call", "answered");
	case RESULT_MISSED: return C_("call", "missed");
	case RESULT_FAILED: return C_("call", "failed");
	}
	return "?";
}

const char *
words_settled(enum settled settled)
{
	switch (settled) {
	case SETTLED_OPEN: return C_("call", "open");
	case SETTLED_ENDED: return C_("call", "ended");
	case SETTLED_GRACE: return C_("call", "grace");
	case SETTLED_RESTART: return C_("call", "restart");
	case SETTLED_STALE: return C_("call", "stale");
	}
	return "?";
}

const char *
words_request(enum outbox_state state)
{
	switch (state) {
	case OUTBOX_READY: return C_("request", "ready");
	case OUTBOX_SENDING: return C_("request", "sending");
	case OUTBOX_SENT: return C_("request", "sent");
	case OUTBOX_REJECTED: return C_("request", "rejected");
	case OUTBOX_UNKNOWN: return C_("request", "unknown");
	case OUTBOX_EXPIRED: return C_("request", "expired");
	}
	return "?";
}

const char *
words_recording(enum recording_state state)
{
	switch (state) {
	case RECORDING_WAITING: return C_("recording", "waiting");
	case RECORDING_CONVERTING: return C_("recording", "converting");
	case RECORDING_DONE: return C_("recording", "done");
	case RECORDING_NONE: return C_("recording", "none");
	case RECORDING_FAILED: return C_("recording", "failed");
	}
	return "?";
}

const char *
words_skip(const char *skip)
{
	static const char *const reasons[] = { NC_("skip", "internal"), NC_("skip", "no extension"),
		NC_("skip", "no number"), NC_("skip", "excluded"), NC_("skip", "before start") };
	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
		if (strcmp(skip, reasons[i]) == 0)
			return g_dpgettext2(NULL, "skip", skip);
	}
	return skip;
}

/* As they are made, every value a %s. What begins like another one stands before it. */
static const char *const notes[] = {
	N_("Asterisk restarted during the call; its end was not written"),
	N_("more rows than are looked at for one call: the rest was left out"),
	N_("the client's number is unknown; sent as %s"),
	N_("%s transferred the call to an unknown extension"),
	N_("%s transferred the call to %s"),
	N_("%s transferred the call after asking"),
	N_("CDR says answered for %s s, but by CEL nobody was connected with the client"),
	N_("CDR has no answered record, but by CEL the client was connected for %s s"),
	N_("its phone had no channel"),
	N_("%s was told %s s of talk, but it was %s s"),
	N_("%s was told the number %s, but it was %s"),
	N_("%s was told %s, but it was %s"),
	N_("%s was not told: %s, %s s of talk"),
	N_("it was told, but it is to be skipped: %s"),
};

/* Takes the note apart by its pattern; the values are words without blanks but for the last one. */
static gboolean
matches(const char *note, const char *pattern, char *values[VALUES])
{
	g_auto(GStrv) parts = g_strsplit(pattern, "%s", VALUES + 1);
	guint n = 0;
	if (!g_str_has_prefix(note, parts[0]))
		return FALSE;
	note += strlen(parts[0]);
	for (int i = 1; parts[i] != NULL; i++) {
		const char *end =
		    parts[i][0] != '\0' ? strstr(note, parts[i]) : note + strlen(note);
		if (end == NULL || (parts[i + 1] != NULL && memchr(note, ' ', (gsize)(end - note))))
			break;
		values[n++] = g_strndup(note, (gsize)(end - note));
		note = end + strlen(parts[i]);
	}
	if (n + 1 == g_strv_length(parts) && *note == '\0')
		return TRUE;
	while (n > 0)
		g_clear_pointer(&values[--n], g_free);
	return FALSE;
}

char *
words_note(const char *note)
{
	for (guint i = 0; i < G_N_ELEMENTS(notes); i++) {
		char *values[VALUES] = { NULL };
		if (!matches(note, notes[i], values))
			continue;
		g_auto(GStrv) parts = g_strsplit(_(notes[i]), "%s", VALUES + 1);
		GString *out = g_string_new(parts[0]);
		for (guint k = 0; k < VALUES && values[k] != NULL && parts[k + 1] != NULL; k++) {
			/* A reason to be skipped is such a word itself. */
			g_string_append(out, words_skip(values[k]));
			g_string_append(out, parts[k + 1]);
		}
		for (guint k = 0; k < VALUES; k++)
			g_free(values[k]);
		return g_string_free(out, FALSE);
	}
	return g_strdup(note);
}

char *
words_pad(const char *text, guint columns)
{
	const guint used = screen_columns(text);
	return g_strdup_printf("%s%*s", text, used < columns ? (int)(columns - used) : 0, "");
}
