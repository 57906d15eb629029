#include "sync/form.h"

#include "sync/text.h"

#include <string.h>

#define FIELDS_USUAL 12
#define DIVERSION_MOST 64 /* bytes; numbers of a PBX are far shorter */

static void
field_clear(gpointer data)
{
	g_clear_pointer(&((struct form_field *)data)->value, g_free);
}

/* `name` stays. */
static void
add(GArray *fields, const char *name, const char *value)
{
	struct form_field field = { name, text_clean(value) };
	g_array_append_val(fields, field);
}

static void
add_int(GArray *fields, const char *name, gint64 value)
{
	char text[24];
	g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
	add(fields, name, text);
}

static char *
list_rung(const struct call *call)
{
	GString *list = g_string_new(NULL);
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		const char *who = leg->ext != NULL ? leg->ext : leg->outside;
		if (who != NULL && leg->rang != TIME_NONE)
			g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", who);
	}
	return g_string_free(list, FALSE);
}

/* The value of one placeholder; NULL: there is none of that name. */
static char *
placeholder(const char *name, const struct event *event, const struct form_settings *settings)
{
	const struct call *call = event->call;
	const struct leg *leg = event->leg;
	char buffer[TEXT_TIME];
	if (strcmp(name, "call_start") == 0)
		return g_strdup(text_time(call->start, settings->tz, buffer));
	if (strcmp(name, "answered_at") == 0)
		return g_strdup(text_time(leg->answered, settings->tz, buffer));
	if (strcmp(name, "wait") == 0) {
		gint64 until = call->answer != TIME_NONE ? call->answer : call->end;
		return until == TIME_NONE ? g_strdup("")
		                          : g_strdup_printf("%" G_GINT64_FORMAT,
						text_seconds(until - call->start));
	}
	if (strcmp(name, "talk") == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT, text_seconds(leg->talk));
	if (strcmp(name, "rang") == 0)
		return list_rung(call);
	if (strcmp(name, "queue") == 0)
		return g_strdup(call->queue != NULL ? call->queue : "");
	if (strcmp(name, "did") == 0)
		return g_strdup(call->did != NULL ? call->did : "");
	if (strcmp(name, "transferred_from") == 0)
		return g_strdup(leg->transferred_from != NULL ? leg->transferred_from : "");
	if (strcmp(name, "who_hung_up") == 0)
		return g_strdup(call->hung_up != NULL ? call->hung_up : "");
	if (strcmp(name, "voicemail") == 0)
		return g_strdup(call->voicemail ? "1" : "0");
	if (strcmp(name, "pbx") == 0)
		return g_strdup(settings->pbx != NULL ? settings->pbx : "");
	return NULL;
}

static char *
fill_template(const char *template, const struct event *event, const struct form_settings *settings)
{
	GString *out = g_string_new(NULL);
	while (*template != '\0') {
		const char *close = *template == '{' ? strchr(template, '}') : NULL;
		g_autofree char *name =
		    close != NULL ? g_strndup(template + 1, (gsize)(close - template - 1)) : NULL;
		g_autofree char *value = name != NULL ? placeholder(name, event, settings) : NULL;
		if (value != NULL) {
			g_string_append(out, value);
			template = close + 1;
		} else {
			g_string_append_c(out, *template ++);
		}
	}
	return g_string_free(out, FALSE);
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static void
add_data(GArray *fields, const struct event *event, const struct form_settings *settings)
{
	if (settings->data == NULL)
		return;
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(settings->data), by_name);
	for (GList *l = names; l != NULL; l = l->next) {
		g_autofree char *name = g_strconcat("data_", l->data, NULL);
		g_autofree char *value =
		    fill_template(g_hash_table_lookup(settings->data, l->data), event, settings);
		if (value[0] != '\0')
			add(fields, g_intern_string(name), value);
	}
}

GArray *
form_of_event(const struct event *event, const struct form_settings *settings)
{
	const struct call *call = event->call;
	GArray *fields = g_array_sized_new(FALSE, FALSE, sizeof(struct form_field), FIELDS_USUAL);
	g_array_set_clear_func(fields, field_clear);
	add(fields, "cmd", "event");
	add(fields, "type", call->direction == DIRECTION_IN ? "in" : "out");
	add(fields, "event", event_name(event->kind));
	add(fields, "phone", call->client != NULL ? call->client : "");
	/* What is no number must not cost the call. */
	if (call->did != NULL && strlen(call->did) <= DIVERSION_MOST)
		add(fields, "diversion", call->did);
	add(fields, "ext", event->leg->ext);
	add(fields, "callid", call->callid);
	if (event->kind == EVENT_COMPLETED) {
		add_int(fields, "duration", text_seconds(event->leg->talk));
		add(fields, "status", status_name(event->leg->status));
		add_data(fields, event, settings);
	}
	return fields;
}

/* RFC 3986: "unreserved" stays, every other byte is three; returns the end. */
static char *
append_escaped(char *to, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	for (; *value != '\0'; value++) {
		const guchar c = (guchar)*value;
		if (g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	return to;
}

char *
form_encode(const GArray *fields)
{
	gsize most = 1;
	for (guint i = 0; i < fields->len; i++) {
		const struct form_field *field = &g_array_index(fields, struct form_field, i);
		most += 2 + strlen(field->name) + 3 * strlen(field->value);
	}
	char *body = g_malloc(most), *at = body;
	for (guint i = 0; i < fields->len; i++) {
		const struct form_field *field = &g_array_index(fields, struct form_field, i);
		if (i > 0)
			*at++ = '&';
		at = g_stpcpy(at, field->name);
		*at++ = '=';
		at = append_escaped(at, field->value);
	}
	*at = '\0';
	return body;
}
