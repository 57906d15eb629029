#include "poller/number.h"

#include "poller/bytes.h"

#include <glib/gi18n.h>
#include <string.h>

struct rule {
	GRegex *regex;
	char *replacement; /* in GRegex's own language */
};

struct number_rewrite {
	GArray *rules;      /* struct rule */
	gboolean plus_only; /* there is one, and it takes a leading + away */
};

static void
rule_clear(gpointer data)
{
	struct rule *rule = data;

	g_regex_unref(rule->regex);
	g_free(rule->replacement);
}

number_rewrite *
number_rewrite_new(void)
{
	number_rewrite *rewrite = g_new0(number_rewrite, 1);

	rewrite->rules = g_array_new(FALSE, FALSE, sizeof(struct rule));
	g_array_set_clear_func(rewrite->rules, rule_clear);
	return rewrite;
}

void
number_rewrite_free(number_rewrite *rewrite)
{
	if (!rewrite)
		return;
	g_array_free(rewrite->rules, TRUE);
	g_free(rewrite);
}

/*
 * Groups are written \1 or $1, and \1 followed by a digit stays group 1: there are no more than
 * nine in a rule. GRegex would read "\10" as group 10, so groups are spelt out for it.
 */
static char *
replacement_for_gregex(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p; p++) {
		if ((*p == '\\' || *p == '$') && g_ascii_isdigit(p[1]))
			g_string_append_printf(out, "\\g<%c>", *++p);
		else if (*p == '\\')
			g_string_append(out, "\\\\");
		else
			g_string_append_c(out, *p);
	}
	return g_string_free(out, FALSE);
}

/* The highest group that a replacement names. */
static int
highest_group(const char *text)
{
	int highest = 0;

	for (const char *p = text; *p; p++)
		if ((*p == '\\' || *p == '$') && g_ascii_isdigit(p[1]))
			highest = MAX(highest, g_ascii_digit_value(p[1]));
	return highest;
}

gboolean
number_rewrite_add(number_rewrite *rewrite, const char *rule, GError **error)
{
	const char *arrow = strstr(rule, "=>");
	g_autofree char *pattern = NULL;
	g_autofree char *replacement = NULL;
	g_autoptr(GError) broken = NULL;
	struct rule new;

	if (!arrow) {
		g_set_error(error, G_REGEX_ERROR, G_REGEX_ERROR_COMPILE,
		    _("\"%s\" has no =>\nWrite each rule as REGEX => REPLACEMENT."), rule);
		return FALSE;
	}
	pattern = g_strstrip(g_strndup(rule, (gsize)(arrow - rule)));
	replacement = g_strstrip(g_strdup(arrow + 2));
	if (!*pattern) {
		g_set_error(error, G_REGEX_ERROR, G_REGEX_ERROR_COMPILE,
		    _("\"%s\" has nothing before =>\nWrite each rule as REGEX => REPLACEMENT."),
		    rule);
		return FALSE;
	}
	new.regex = g_regex_new(pattern, G_REGEX_OPTIMIZE, 0, &broken);
	if (!new.regex) {
		g_set_error(error, G_REGEX_ERROR, broken->code,
		    _("%s\nThe part before => must be a Perl-compatible regular expression."),
		    broken->message);
		return FALSE;
	}
	if (highest_group(replacement) > g_regex_get_capture_count(new.regex)) {
		g_set_error(error, G_REGEX_ERROR, G_REGEX_ERROR_REPLACE,
		    _("\"%s\" names group %d, but the expression has %d\n"
		      "Put ( ) around each part that $1, $2, … are to repeat."),
		    replacement, highest_group(replacement), g_regex_get_capture_count(new.regex));
		g_regex_unref(new.regex);
		return FALSE;
	}
	new.replacement = replacement_for_gregex(replacement);
	/* The array owns the rule's members now. */
	g_array_append_val(rewrite->rules, new);
	rewrite->plus_only = rewrite->rules->len == 1 && replacement[0] == '\0' &&
	                     strcmp(g_regex_get_pattern(new.regex), "^\\+") == 0;
	// cppcheck-suppress memleak
	return TRUE;
}

const char *
number_rewritten_part(const number_rewrite *rewrite, const char *number)
{
	if (rewrite != NULL && !rewrite->plus_only)
		return NULL;
	return *number == '+' ? number + 1 : number;
}

/* A caller ID may hold any bytes; what is told is UTF-8. */
static gboolean
is_ascii(const char *text)
{
	while ((guchar)*text > 0 && (guchar)*text < 0x80)
		text++;
	return *text == '\0';
}

char *
number_rewritten(const number_rewrite *rewrite, const char *number)
{
	char *text;

	const char *part = is_ascii(number) ? number_rewritten_part(rewrite, number) : NULL;

	if (part != NULL)
		return g_strdup(part);
	/* A caller ID may hold any bytes, and GRegex wants UTF-8. */
	text = g_utf8_make_valid(number, -1);
	if (rewrite == NULL && text[0] == '+')
		memmove(text, text + 1, strlen(text));
	for (guint i = 0; rewrite != NULL && i < rewrite->rules->len; i++) {
		const struct rule *rule = &g_array_index(rewrite->rules, struct rule, i);
		char *next = g_regex_replace(rule->regex, text, -1, 0, rule->replacement, 0, NULL);

		/* An expression that runs away on this number (backtracking limit) leaves it as it is. */
		if (!next)
			continue;
		g_free(text);
		text = next;
	}
	return text;
}

char *
number_digits(const char *text)
{
	GString *digits = g_string_new(NULL);
	for (const char *p = text; *p != '\0'; p++)
		if (g_ascii_isdigit(*p))
			g_string_append_c(digits, *p);
	return g_string_free(digits, FALSE);
}

static void
add_form(GPtrArray *forms, const char *number, gsize least)
{
	g_autofree char *digits = number_digits(number);
	if (strlen(digits) >= least &&
	    !g_ptr_array_find_with_equal_func(forms, digits, g_str_equal, NULL))
		g_ptr_array_add(forms, g_steal_pointer(&digits));
}

GPtrArray *
number_forms(const number_rewrite *rewrite, const char *typed, gsize least)
{
	GPtrArray *forms = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *digits = number_digits(typed), *plus = g_strconcat("+", digits, NULL);
	const char *const ways[] = { typed, digits, plus };
	add_form(forms, typed, least);
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_autofree char *rewritten = number_rewritten(rewrite, ways[i]);
		add_form(forms, rewritten, least);
	}
	return forms;
}

/* What a character is to a number: a digit, something people type between digits, or (0, as NUL is) neither. */
enum sort {
	SORT_OTHER,
	SORT_BETWEEN,
	SORT_DIGIT
};
static const guint8 sorts[256] = { ['0'] = SORT_DIGIT,
	['1'] = SORT_DIGIT,
	['2'] = SORT_DIGIT,
	['3'] = SORT_DIGIT,
	['4'] = SORT_DIGIT,
	['5'] = SORT_DIGIT,
	['6'] = SORT_DIGIT,
	['7'] = SORT_DIGIT,
	['8'] = SORT_DIGIT,
	['9'] = SORT_DIGIT,
	['+'] = SORT_BETWEEN,
	['*'] = SORT_BETWEEN,
	['#'] = SORT_BETWEEN,
	[' '] = SORT_BETWEEN,
	['('] = SORT_BETWEEN,
	[')'] = SORT_BETWEEN,
	['.'] = SORT_BETWEEN,
	['-'] = SORT_BETWEEN };

gboolean
number_is_dialable(const char *text)
{
	guint sum = 0, n = 0, sort;
	for (; (sort = sorts[(guchar)text[n]]) != SORT_OTHER; n++)
		sum += sort;
	/* A digit counts for two, the others for one. */
	return text[n] == '\0' && sum >= n + 2;
}

gboolean
number_is_dialable_n(const char *text, gsize n)
{
	/* Most are of 10 to 12 digits and nothing else. */
	const gsize plus = text[0] == '+', digits = n - plus;
	if (digits >= 8 && digits <= 16 && bytes_number(text + plus, 8) >= 0 &&
	    bytes_number(text + n - 8, 8) >= 0)
		return TRUE;
	return number_is_dialable(text);
}
