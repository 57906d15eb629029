#include "tests/planfix/judge.h"

#include "tests/planfix/fields.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void
judgement_clear(struct judgement *judgement)
{
	form_free(judgement->form);
	g_clear_pointer(&judgement->faults, g_ptr_array_unref);
	g_free(judgement->script);
	g_free(judgement->body);
	g_free(judgement->retry_after);
	g_free(judgement->location);
	*judgement = (struct judgement){ 0 };
}

static gboolean
is_form(const char *content_type)
{
	static const char wanted[] = "application/x-www-form-urlencoded";
	gsize length = strlen(wanted);

	if (!content_type || g_ascii_strncasecmp(content_type, wanted, length) != 0)
		return FALSE;
	g_autofree char *rest = g_strstrip(g_strdup(content_type + length));
	return !*rest ||
	       (*rest == ';' && g_ascii_strcasecmp(g_strchug(rest + 1), "charset=utf-8") == 0);
}

/* Everything but form and token. */
static void
check_envelope(const struct incoming *in, GPtrArray *faults)
{
	if (strcmp(in->path, "/tel/api/") != 0)
		g_ptr_array_add(faults, g_strdup_printf("path: %s is not /tel/api/", in->path));
	if (strcmp(in->method, "POST") != 0)
		g_ptr_array_add(faults, g_strdup_printf("method: %s is not POST", in->method));
	if (in->query)
		g_ptr_array_add(faults, g_strdup("path: something stands after a \"?\""));
	if (!is_form(in->content_type))
		g_ptr_array_add(
		    faults, g_strdup_printf("content type: %s is not "
					    "application/x-www-form-urlencoded in UTF-8",
				in->content_type ? in->content_type : "none"));
	if (in->too_long)
		g_ptr_array_add(faults, g_strdup("body: longer than any request of this API"));
}

/* FALSE: not our token. A copy of it in another field is a leak, and never gets into the log. */
static gboolean
check_token(const char *token, const struct form *form, GPtrArray *faults)
{
	const char *given = form_get(form, "planfix_token");

	for (guint i = 0; i < form->fields->len; i++) {
		const struct field *field = &g_array_index(form->fields, struct field, i);
		if (strcmp(field->name, "planfix_token") != 0 && strstr(field->value, token))
			g_ptr_array_add(
			    faults, g_strdup_printf("%s: holds the token", field->name));
	}
	if (given && strcmp(given, token) == 0)
		return TRUE;
	g_ptr_array_add(
	    faults, g_strdup(given ? "planfix_token: wrong" : "planfix_token: missing"));
	return FALSE;
}

static char *
contact_answer(const char *phone)
{
	g_autofree char *name = g_strdup_printf("Client %s", phone);
	json_t *object = json_pack("{s:s,s:i}", "contact_name", name, "responsible", 103);
	char *text = json_dumps(object, JSON_COMPACT), *copy = g_strdup(text);

	free(text);
	json_decref(object);
	return copy;
}

static void
usual_answer(struct judgement *out)
{
	const char *cmd = form_get(out->form, "cmd");

	out->type = "application/json";
	switch (out->status) {
	case 401: out->body = g_strdup("{\"error\":\"Invalid token\"}"); return;
	case 404: out->body = g_strdup("{\"error\":\"Not found\"}"); return;
	case 400: out->body = g_strdup("{\"error\":\"Invalid parameters\"}"); return;
	}
	if (strcmp(cmd, "contact") == 0) {
		out->body = contact_answer(form_get(out->form, "phone"));
	} else if (strcmp(cmd, "ping") == 0) {
		/* PlanFix echoes the secret of the PBX here. */
		out->secret = TRUE;
		out->body = g_strdup(
		    "{\"pbxToken\":\"stand-in-pbx-secret\",\"pbxUrl\":\"https://pbx.invalid/\"}");
	} else {
		out->body = g_strdup("{}");
	}
}

/* An answer of the script in place of the usual one. */
static void
scripted_answer(struct judgement *out, guint status, const char *body)
{
	g_free(out->body);
	out->secret = FALSE;
	if (body)
		out->body = g_strdup(body);
	else if (status == 401)
		out->body = g_strdup("{\"error\":\"Invalid token\"}");
	else if (status == 400)
		out->body = g_strdup("{\"error\":\"Invalid parameters\"}");
	else if (status < 500)
		out->body = g_strdup("{}");
	else
		out->body = g_strdup_printf("<!DOCTYPE html>\n<html><head><title>%u</title></head>"
					    "<body><h1>%u</h1></body></html>\n",
		    status, status);
	out->type = *out->body == '<' ? "text/html" : "application/json";
	out->status = status;
	out->accepted = out->accepted && status < 300;
}

static void
follow_script(const struct action *action, struct judgement *out)
{
	out->script = g_strdup(action->words);
	switch (action->kind) {
	case ACTION_STATUS:
		scripted_answer(out, (guint)action->number, action->text);
		out->retry_after = g_strdup(action->retry_after);
		break;
	case ACTION_REDIRECT:
		scripted_answer(out, 301, NULL);
		out->location = g_strdup(action->text);
		break;
	case ACTION_HANG: out->delivery = DELIVERY_HANG; break;
	case ACTION_SLOW: out->delay = action->number; break;
	case ACTION_DROP: out->delivery = DELIVERY_DROP; break;
	case ACTION_HALF: out->delivery = DELIVERY_HALF; break;
	case ACTION_GARBAGE:
		scripted_answer(out, 200, "\x01\xff{]\"not JSON, not UTF-8\xc3");
		break;
	case ACTION_HUGE:
		scripted_answer(out, 200, "");
		out->delivery = DELIVERY_STREAM;
		out->bytes = action->number;
		break;
	}
}

void
judge_request(struct judge *judge, const struct incoming *in, struct judgement *out)
{
	*out = (struct judgement){ .faults = g_ptr_array_new_with_free_func(g_free) };
	check_envelope(in, out->faults);
	out->form = form_parse(in->body, in->length, out->faults);

	if (!check_token(judge->token, out->form, out->faults)) {
		out->status = 401;
	} else {
		fields_check(out->form, out->faults);
		/* What came before says nothing about a request that is wrong by itself. */
		if (out->faults->len == 0)
			out->repeat = calls_check(judge->calls, out->form, out->faults);
		out->accepted = out->faults->len == 0;
		out->status = out->accepted ? 200 : 400;
	}
	if (strcmp(in->path, "/tel/api/") != 0)
		out->status = 404;
	usual_answer(out);

	const struct action *action = script_next(judge->script, out->form);
	if (action)
		follow_script(action, out);
	if (!out->accepted) {
		out->repeat = FALSE;
		return;
	}
	calls_take(judge->calls, out->form);
	if (out->delivery == DELIVERY_DROP || out->delivery == DELIVERY_HANG ||
	    out->delivery == DELIVERY_HALF)
		calls_lose(judge->calls, out->form);
}
