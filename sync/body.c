#include "sync/body.h"

#include "store/recordings.h"

void
body_clear(struct body *body)
{
	g_clear_pointer(&body->text, g_free);
}

void
body_append(GString *text, const char *name, const char *value)
{
	g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);
	g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "&" : "", name, escaped);
}

/* *recorded: there is audio, or it is awaited; *link: owned, NULL when there is none yet. */
static gboolean
look_up(store *db, const struct outbox_item *item, gboolean *recorded, char **link, GError **error)
{
	*recorded = FALSE;
	*link = NULL;
	if (item->recording == NULL)
		return TRUE;
	struct recording recording = { .id = 0 };
	gboolean found;
	if (!recordings_get(db, item->callid, item->recording, &recording, &found, error))
		return FALSE;
	if (!found)
		return TRUE;
	switch (recording.state) {
	case RECORDING_DONE: *link = g_strdup(recording.link); G_GNUC_FALLTHROUGH;
	case RECORDING_WAITING:
	case RECORDING_CONVERTING: *recorded = TRUE; break;
	case RECORDING_NONE:
	case RECORDING_FAILED: break;
	}
	recording_clear(&recording);
	return TRUE;
}

gboolean
body_compose(
    store *db, const struct outbox_item *item, const char *token, struct body *body, GError **error)
{
	gboolean recorded;
	g_autofree char *link = NULL;
	*body = (struct body){ .text = NULL };
	if (!look_up(db, item, &recorded, &link, error))
		return FALSE;
	if (item->rank == OUTBOX_RECORD && link == NULL)
		return TRUE;

	GString *text = g_string_new(NULL);
	body_append(text, "planfix_token", token);
	g_string_append_printf(text, "&%s", item->body);
	if (item->rank == OUTBOX_COMPLETED) {
		body_append(text, "is_recorded", recorded ? "1" : "0");
		body->owes_link = recorded && link == NULL;
	}
	if (link != NULL && (item->rank == OUTBOX_COMPLETED || item->rank == OUTBOX_RECORD))
		body_append(text, "record_link", link);
	body->text = g_string_free(text, FALSE);
	return TRUE;
}
