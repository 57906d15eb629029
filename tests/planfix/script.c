#include "tests/planfix/script.h"

#include <string.h>

G_DEFINE_QUARK(planfix_script_error, script_error)

struct rule {
	guint after;
	gint64 count; /* -1: forever */
	struct form *match;
	struct action action;
};

struct script {
	GPtrArray *rules; /* struct rule */
};

static const struct {
	const char *name;
	enum action_kind kind;
} actions[] = {
	{ "status", ACTION_STATUS },
	{ "redirect", ACTION_REDIRECT },
	{ "hang", ACTION_HANG },
	{ "slow", ACTION_SLOW },
	{ "drop", ACTION_DROP },
	{ "half", ACTION_HALF },
	{ "garbage", ACTION_GARBAGE },
	{ "huge", ACTION_HUGE },
};

static void
rule_free(gpointer data)
{
	struct rule *rule = data;
	form_free(rule->match);
	g_free(rule->action.words);
	g_free(rule->action.text);
	g_free(rule->action.retry_after);
	g_free(rule);
}

script *
script_new(void)
{
	script *play = g_new0(struct script, 1);
	play->rules = g_ptr_array_new_with_free_func(rule_free);
	return play;
}

void
script_free(script *play)
{
	if (!play)
		return;
	g_ptr_array_unref(play->rules);
	g_free(play);
}

static gboolean
syntax_error(GError **error, const char *word, const char *wanted)
{
	g_set_error(error, SCRIPT_ERROR, SCRIPT_ERROR_SYNTAX, "\"%s\": expected %s",
	    word ? word : "", wanted);
	return FALSE;
}

/* The next word of a line, NULL at its end; *rest is moved to what follows. */
static char *
next_word(const char **rest)
{
	const char *begin = *rest + strspn(*rest, " \t");
	gsize length = strcspn(begin, " \t");

	*rest = begin + length + strspn(begin + length, " \t");
	return length ? g_strndup(begin, length) : NULL;
}

static gboolean
next_number(const char **rest, gint64 min, gint64 max, gint64 *number, GError **error)
{
	g_autofree char *word = next_word(rest);

	if (word && g_ascii_string_to_signed(word, 10, min, max, number, NULL))
		return TRUE;
	g_autofree char *wanted =
	    g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, min, max);
	return syntax_error(error, word, wanted);
}

/* What follows "status CODE". A date has spaces: it reaches to "body" or to the end. */
static gboolean
parse_status(struct action *action, const char *rest, GError **error)
{
	g_autofree char *word = next_word(&rest);

	if (g_strcmp0(word, "retry-after") == 0) {
		const char *body = strstr(rest, " body ");
		action->retry_after = body ? g_strndup(rest, (gsize)(body - rest)) : g_strdup(rest);
		if (!*g_strstrip(action->retry_after))
			return syntax_error(error, NULL, "seconds or a date after retry-after");
		rest = body ? body : "";
		g_free(word);
		word = next_word(&rest);
	}
	if (g_strcmp0(word, "body") == 0)
		action->text = g_strdup(rest);
	else if (word)
		return syntax_error(error, word, "retry-after or body");
	return TRUE;
}

static gboolean
parse_action(struct action *action, const char *word, const char *rest, GError **error)
{
	gsize i = 0;

	while (i < G_N_ELEMENTS(actions) && g_strcmp0(actions[i].name, word) != 0)
		i++;
	if (i == G_N_ELEMENTS(actions))
		return syntax_error(error, word,
		    "an action (status, redirect, hang, slow, drop, half, "
		    "garbage or huge)");
	action->kind = actions[i].kind;
	switch (action->kind) {
	case ACTION_STATUS:
		return next_number(&rest, 200, 599, &action->number, error) &&
		       parse_status(action, rest, error);
	case ACTION_REDIRECT:
		action->text = next_word(&rest);
		if (!action->text)
			return syntax_error(error, NULL, "a URL");
		break;
	case ACTION_SLOW:
		if (!next_number(&rest, 0, 3600000, &action->number, error))
			return FALSE;
		break;
	case ACTION_HUGE:
		if (!next_number(&rest, 1, G_GINT64_CONSTANT(1) << 40, &action->number, error))
			return FALSE;
		break;
	case ACTION_HANG:
	case ACTION_DROP:
	case ACTION_HALF:
	case ACTION_GARBAGE: break;
	}
	return !*rest || syntax_error(error, rest, "the end of the line");
}

static gboolean
parse_match(struct rule *rule, const char *word, GError **error)
{
	static const char *const known[] = { "cmd", "event", "type", "phone", "ext", "callid",
		"status", NULL };
	g_auto(GStrv) pair = g_strsplit(word, "=", 2);

	if (!g_strv_contains((const char *const *)known, pair[0]))
		return syntax_error(
		    error, pair[0], "cmd, event, type, phone, ext, callid or status");
	form_add(rule->match, pair[0], pair[1]);
	return TRUE;
}

static gboolean
parse_rule(struct rule *rule, const char *line, GError **error)
{
	const char *rest = line;
	gint64 number;

	for (;;) {
		const char *from = rest;
		g_autofree char *word = next_word(&rest);
		if (g_strcmp0(word, "after") == 0) {
			if (!next_number(&rest, 0, G_MAXINT32, &number, error))
				return FALSE;
			rule->after = (guint)number;
		} else if (g_strcmp0(word, "count") == 0) {
			if (!next_number(&rest, 1, G_MAXINT32, &rule->count, error))
				return FALSE;
		} else if (g_strcmp0(word, "forever") == 0) {
			rule->count = -1;
		} else if (word && strchr(word, '=')) {
			if (!parse_match(rule, word, error))
				return FALSE;
		} else {
			rule->action.words = g_strstrip(g_strdup(from));
			return parse_action(&rule->action, word, rest, error);
		}
	}
}

gboolean
script_add(script *play, const char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(rule_free);
	gboolean clear = FALSE;

	for (guint i = 0; lines[i]; i++) {
		const char *line = g_strstrip(lines[i]);
		if (!*line || *line == '#')
			continue;
		if (strcmp(line, "clear") == 0) {
			clear = TRUE;
			g_ptr_array_set_size(fresh, 0);
			continue;
		}
		struct rule *rule = g_new0(struct rule, 1);
		rule->count = 1;
		rule->match = form_new();
		g_ptr_array_add(fresh, rule);
		if (!parse_rule(rule, line, error)) {
			g_prefix_error(error, "script line %u: ", i + 1);
			return FALSE;
		}
	}
	if (clear)
		g_ptr_array_set_size(play->rules, 0);
	g_ptr_array_extend_and_steal(play->rules, g_steal_pointer(&fresh));
	return TRUE;
}

static gboolean
matches(const struct rule *rule, const struct form *form)
{
	for (guint i = 0; i < rule->match->fields->len; i++) {
		const struct field *wanted = &g_array_index(rule->match->fields, struct field, i);
		if (g_strcmp0(form_get(form, wanted->name), wanted->value) != 0)
			return FALSE;
	}
	return TRUE;
}

const struct action *
script_next(script *play, const struct form *form)
{
	for (guint i = 0; i < play->rules->len; i++) {
		struct rule *rule = g_ptr_array_index(play->rules, i);
		if (rule->count == 0 || !matches(rule, form))
			continue;
		if (rule->after > 0) {
			rule->after--;
			continue;
		}
		if (rule->count > 0)
			rule->count--;
		return &rule->action;
	}
	return NULL;
}

guint
script_pending(const script *play)
{
	guint pending = 0;

	for (guint i = 0; i < play->rules->len; i++)
		pending += ((const struct rule *)g_ptr_array_index(play->rules, i))->count != 0;
	return pending;
}
