#include "tests/planfix/fields.h"

#include <string.h>

/* Where a field may stand, and where it must. */
enum place {
	PLACE_EVENT = 1,     /* cmd=event, any but COMPLETED */
	PLACE_COMPLETED = 2, /* cmd=event, event=COMPLETED */
	PLACE_RECORD = 4,
	PLACE_PING = 8,
	PLACE_CONTACT = 16
};
#define PLACE_ANY_EVENT (PLACE_EVENT | PLACE_COMPLETED)
#define PLACE_ANYWHERE (PLACE_ANY_EVENT | PLACE_RECORD | PLACE_PING | PLACE_CONTACT)

/* Each returns what the value ought to be when it is not, NULL when all is well. */
typedef const char *(*value_check)(const char *value);

static gboolean
is_digits(const char *value)
{
	return *value && strspn(value, "0123456789") == strlen(value);
}

static const char *
check_phone(const char *value)
{
	gsize length = strlen(value);
	return is_digits(value) && length >= 2 && length <= 32 ? NULL
	                                                       : "2 to 32 digits and nothing else";
}

static const char *
check_ext(const char *value)
{
	for (const char *c = value; *c; c++)
		if (!g_ascii_isalnum(*c))
			return "digits and letters";
	return *value ? NULL : "digits and letters, not empty";
}

static const char *
check_diversion(const char *value)
{
	return *value && strlen(value) <= 64 ? NULL : "a number of the PBX, at most 64 bytes";
}

static const char *
check_callid(const char *value)
{
	for (const char *c = value; *c; c++)
		if (!g_ascii_isgraph(*c))
			return "printable ASCII without spaces";
	return *value && strlen(value) <= 255 ? NULL : "1 to 255 characters";
}

static const char *
check_duration(const char *value)
{
	return is_digits(value) && strlen(value) <= 9 ? NULL : "whole seconds, not negative";
}

static const char *
check_flag(const char *value)
{
	return strcmp(value, "0") == 0 || strcmp(value, "1") == 0 ? NULL : "0 or 1";
}

static const char *
check_link(const char *value)
{
	static const char words[] = "an absolute http or https URL";

	for (const char *c = value; *c; c++)
		if (!g_ascii_isgraph(*c))
			return words;
	g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
	if (!uri || !g_uri_get_host(uri) || !*g_uri_get_host(uri))
		return words;
	const char *scheme = g_uri_get_scheme(uri);
	return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0 ? NULL : words;
}

static const char *
check_type(const char *value)
{
	return strcmp(value, "in") == 0 || strcmp(value, "out") == 0 ? NULL : "in or out";
}

static const char *
check_event(const char *value)
{
	static const char *const known[] = { "INCOMING", "OUTGOING", "ACCEPTED", "COMPLETED",
		NULL };
	return g_strv_contains(known, value) ? NULL : "INCOMING, OUTGOING, ACCEPTED or COMPLETED";
}

static const struct rule {
	const char *name;
	guint may, must; /* places */
	value_check check;
} rules[] = {
	{ "cmd", PLACE_ANYWHERE, PLACE_ANYWHERE, NULL },
	{ "planfix_token", PLACE_ANYWHERE, 0, NULL },
	{ "type", PLACE_ANY_EVENT, PLACE_ANY_EVENT, check_type },
	{ "event", PLACE_ANY_EVENT, PLACE_ANY_EVENT, check_event },
	{ "phone", PLACE_ANY_EVENT | PLACE_CONTACT, PLACE_ANY_EVENT | PLACE_CONTACT, check_phone },
	{ "ext", PLACE_ANY_EVENT, PLACE_ANY_EVENT, check_ext },
	{ "diversion", PLACE_ANY_EVENT, 0, check_diversion },
	{ "callid", PLACE_ANY_EVENT | PLACE_RECORD | PLACE_CONTACT, PLACE_ANY_EVENT | PLACE_RECORD,
	    check_callid },
	{ "duration", PLACE_COMPLETED, PLACE_COMPLETED, check_duration },
	{ "is_recorded", PLACE_COMPLETED, PLACE_COMPLETED, check_flag },
	{ "status", PLACE_COMPLETED, PLACE_COMPLETED, NULL },
	{ "record_link", PLACE_COMPLETED | PLACE_RECORD, PLACE_RECORD, check_link },
	{ "is_temp", PLACE_RECORD, 0, check_flag },
};

/* data_NAME is one rule for a whole family. */
static const struct rule data_rule = { "data_", PLACE_COMPLETED, 0, NULL };

static const struct rule *
find_rule(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	if (g_str_has_prefix(name, "data_") && name[strlen("data_")])
		return &data_rule;
	return NULL;
}

static enum place
place_of(const char *cmd, const char *event)
{
	if (g_strcmp0(cmd, "record") == 0)
		return PLACE_RECORD;
	if (g_strcmp0(cmd, "ping") == 0)
		return PLACE_PING;
	if (g_strcmp0(cmd, "contact") == 0)
		return PLACE_CONTACT;
	return g_strcmp0(event, "COMPLETED") == 0 ? PLACE_COMPLETED : PLACE_EVENT;
}

static gboolean
status_fits(const char *type, const char *status)
{
	static const char *const in[] = { "Success", "Missed", "Cancelled", NULL };
	static const char *const out[] = { "Success", "Busy", "NoAnswer", "NotAvailable",
		"NotAllowed", NULL };
	return g_strv_contains(g_strcmp0(type, "out") == 0 ? out : in, status);
}

/* Fields that contradict each other. */
static void
check_together(const struct form *form, GPtrArray *faults)
{
	const char *type = form_get(form, "type"), *event = form_get(form, "event");
	const char *status = form_get(form, "status"), *duration = form_get(form, "duration");

	if ((g_strcmp0(event, "INCOMING") == 0 && g_strcmp0(type, "out") == 0) ||
	    (g_strcmp0(event, "OUTGOING") == 0 && g_strcmp0(type, "in") == 0))
		g_ptr_array_add(faults, g_strdup_printf("event: %s with type=%s", event, type));
	if (g_strcmp0(event, "COMPLETED") != 0)
		return;
	if (status && !status_fits(type, status))
		g_ptr_array_add(faults, g_strdup_printf("status: \"%s\" does not exist for type=%s",
					    status, type ? type : "?"));
	if (g_strcmp0(status, "Success") != 0 && duration && is_digits(duration) &&
	    strspn(duration, "0") != strlen(duration))
		g_ptr_array_add(faults, g_strdup_printf("duration: %s although status is %s",
					    duration, status ? status : "missing"));
	if (form_get(form, "record_link") && g_strcmp0(form_get(form, "is_recorded"), "0") == 0)
		g_ptr_array_add(faults, g_strdup("record_link: given although is_recorded=0"));
}

void
fields_check(const struct form *form, GPtrArray *faults)
{
	static const char *const commands[] = { "event", "record", "ping", "contact", NULL };
	const char *cmd = form_get(form, "cmd");

	if (!cmd || !g_strv_contains(commands, cmd)) {
		g_ptr_array_add(faults, cmd ? g_strdup_printf("cmd: \"%s\" does not exist", cmd)
					    : g_strdup("cmd: missing"));
		return;
	}
	guint place = place_of(cmd, form_get(form, "event"));
	for (guint i = 0; i < form->fields->len; i++) {
		const struct field *field = &g_array_index(form->fields, struct field, i);
		const struct rule *rule = find_rule(field->name);
		if (!rule) {
			g_ptr_array_add(faults, g_strdup_printf("%s: unknown field", field->name));
			continue;
		}
		if (!(rule->may & place)) {
			gboolean late = place == PLACE_EVENT && rule->may & PLACE_COMPLETED;
			g_ptr_array_add(faults, g_strdup_printf("%s: %s", field->name,
						    late ? "only allowed at COMPLETED"
							 : "not a field of this command"));
		}
		const char *wanted = rule->check ? rule->check(field->value) : NULL;
		if (wanted)
			g_ptr_array_add(faults, g_strdup_printf("%s: \"%s\" is not %s", field->name,
						    field->value, wanted));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
		if (rules[i].must & place && !form_get(form, rules[i].name))
			g_ptr_array_add(faults, g_strdup_printf("%s: missing", rules[i].name));
	if (place & PLACE_ANY_EVENT)
		check_together(form, faults);
}
