#include "sync/dialplan.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_QUARK(celsync_dialplan_error, dialplan_error)

#define MARK "; by celsync init --dialplan"
#define BEGINS                                                                                     \
	"; celsync begins: these lines are written by celsync init --dialplan, and taken out by "  \
	"--undo"
#define ENDS "; celsync ends"

/* The member a hunt rings next; a memory hunt rings those before it again. */
#define HUNTED                                                                                     \
	"${CUT(FILTERED_DIAL,-,${IF($[\"${RingGroupMethod:0:10}\"=\"memoryhunt\"]?1:$[${HuntLoop}" \
	"+"                                                                                        \
	"1])}-$[${HuntLoop}+1])}"
#define CALL "${CHANNEL(linkedid)},${UNIQUEID},${FILTER(0-9A-Za-z+*#,${FROM_DID})}"

static const struct {
	const char *context, *arguments;
} hooks[] = {
	{ "macro-dialout-one-predial-hook", "in,${DEXTEN}," CALL },
	{ "macro-dial-ringall-predial-hook", "in,${FILTERED_DIAL}," CALL },
	{ "macro-dial-hunt-predial-hook", "in," HUNTED "," CALL },
	{ "macro-dialout-trunk-predial-hook",
	    "out,${FILTER(0-9,${AMPUSER})}," CALL ",${FILTER(0-9+*#,${OUTNUM})}" },
};

static GPtrArray *
split(const char *text)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	while (*text != '\0') {
		gsize n = strcspn(text, "\n");
		g_ptr_array_add(lines, g_strndup(text, n));
		text += n + (text[n] == '\n');
	}
	return lines;
}

static char *
join(const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "%s\n", (const char *)lines->pdata[i]);
	return g_string_free(text, FALSE);
}

/* Reading. */

/* Whether a line lies in a comment that ";--" began and "--;" ends; call it for each line in turn. */
static gboolean
is_comment(const char *line, gboolean *inside)
{
	gboolean was = *inside;
	const char *begin = strstr(line, ";--");
	if (*inside && strstr(line, "--;") != NULL)
		*inside = FALSE;
	else if (!*inside && begin != NULL && begin[3] != '-' && strstr(begin, "--;") == NULL)
		*inside = TRUE;
	while (g_ascii_isspace(*line))
		line++;
	return was || *line == ';' || *line == '\0';
}

/* "[name]", whatever stands behind it; NULL: another line. Free with g_free. */
static char *
header_of(const char *line)
{
	const char *end = line[0] == '[' ? strchr(line, ']') : NULL;
	return end != NULL ? g_strndup(line + 1, (gsize)(end - line - 1)) : NULL;
}

/* A line "exten => s,PRIORITY(label),APP" or "same => PRIORITY…"; strings owned. */
struct step {
	gboolean same;
	char *priority, *app;
};

static void
step_clear(struct step *step)
{
	g_free(step->priority);
	g_free(step->app);
}

static gboolean
read_step(const char *line, struct step *step)
{
	static GRegex *pattern;
	static gsize once;
	g_autoptr(GMatchInfo) match = NULL;
	if (g_once_init_enter(&once)) {
		pattern = g_regex_new("^\\s*(?:exten\\s*=>?\\s*s\\s*,|(same)\\s*=>?)\\s*([^\\s,(]+)"
				      "\\s*(?:\\([^)]*\\))?\\s*,\\s*(\\w*)",
		    G_REGEX_CASELESS | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
		g_once_init_leave(&once, 1);
	}
	if (!g_regex_match(pattern, line, 0, &match))
		return FALSE;
	g_autofree char *same = g_match_info_fetch(match, 1);
	*step = (struct step){ .same = *same != '\0',
		.priority = g_match_info_fetch(match, 2),
		.app = g_match_info_fetch(match, 3) };
	return TRUE;
}

/* What may leave the context, or jump over the line behind it. */
static gboolean
may_leave(const char *app)
{
	static const char *const leaving[] = { "goto", "gotoif", "gotoiftime", "execif",
		"execiftime", "macroexit", "return", "hangup", "while", "busy", "congestion",
		NULL };
	g_autofree char *name = g_ascii_strdown(app, -1);
	return g_strv_contains(leaving, name);
}

/* Where one context stands: its first priority, and whether others are numbered by hand. */
struct place {
	gboolean found, numbered;
	int first;        /* line, -1: none */
	gboolean leaves;  /* that line may leave */
	gboolean planfix; /* somebody's own link to PlanFix */
};

static struct place
find_context(const GPtrArray *lines, const char *context)
{
	struct place place = { .first = -1 };
	gboolean inside = FALSE, ours = FALSE;
	for (guint i = 0; i < lines->len; i++) {
		const char *line = lines->pdata[i];
		struct step step;
		if (is_comment(line, &inside))
			continue;
		g_autofree char *header = header_of(line);
		if (header != NULL) {
			ours = strcmp(header, context) == 0;
			place.found |= ours;
			continue;
		}
		if (!ours)
			continue;
		g_autofree char *lower = g_ascii_strdown(line, -1);
		place.planfix |= strstr(lower, "planfix") != NULL;
		if (!read_step(line, &step))
			continue;
		if (place.first < 0 && !step.same && strcmp(step.priority, "1") == 0) {
			place.first = (int)i;
			place.leaves = may_leave(step.app);
		} else if (g_ascii_isdigit(step.priority[0])) {
			place.numbered = TRUE;
		}
		step_clear(&step);
	}
	return place;
}

/* Taking out. */

/* The line that came after ours is the first one again. */
static void
make_first(GPtrArray *lines, guint from)
{
	static GRegex *priority;
	static gsize once;
	if (g_once_init_enter(&once)) {
		priority = g_regex_new("^(\\s*)(?:exten\\s*=>?\\s*s\\s*,|same\\s*=>?)\\s*n",
		    G_REGEX_CASELESS | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
		g_once_init_leave(&once, 1);
	}
	for (guint i = from; i < lines->len; i++) {
		char *line = lines->pdata[i];
		if (line[0] == '[')
			return;
		if (!g_regex_match(priority, line, 0, NULL))
			continue;
		lines->pdata[i] =
		    g_regex_replace(priority, line, -1, 0, "\\1exten => s,1", 0, NULL);
		g_free(line);
		return;
	}
}

char *
dialplan_without(const char *text)
{
	g_autoptr(GPtrArray) lines = split(text);
	gboolean block = FALSE;
	for (guint i = 0; i < lines->len;) {
		const char *line = lines->pdata[i];
		struct step step;
		gboolean first = FALSE;
		gboolean begins = strcmp(line, BEGINS) == 0,
			 ends = block && strcmp(line, ENDS) == 0;
		gboolean marked = g_str_has_suffix(line, MARK);
		block |= begins;
		if (!block && !marked) {
			i++;
			continue;
		}
		if (marked && !block && read_step(line, &step)) {
			first = !step.same && strcmp(step.priority, "1") == 0;
			step_clear(&step);
		}
		block = block && !ends;
		g_ptr_array_remove_index(lines, i);
		/* The empty line that was written before the block. */
		if (begins && i > 0 && *(const char *)lines->pdata[i - 1] == '\0')
			g_ptr_array_remove_index(lines, --i);
		if (first)
			make_first(lines, i);
	}
	return join(lines);
}

/* Putting in. */

static void
insert_line(GPtrArray *lines, const struct place *place, const char *hook, const char *arguments)
{
	if (!place->leaves) {
		g_ptr_array_insert(lines, place->first + 1,
		    g_strdup_printf(" same => n,AGI(%s,%s) " MARK, hook, arguments));
		return;
	}
	/* The priority is the first "1" behind the comma. */
	char *line = lines->pdata[place->first];
	strchr(strchr(line, ','), '1')[0] = 'n';
	g_ptr_array_insert(
	    lines, place->first, g_strdup_printf("exten => s,1,AGI(%s,%s) " MARK, hook, arguments));
}

static void
append_block(GString *block, const char *context, const char *hook, const char *arguments)
{
	g_string_append_printf(block,
	    "[%s]\nexten => s,1,AGI(%s,%s)\n same => n,ExecIf($[0${MACRO_DEPTH} < 1]?Return())\n",
	    context, hook, arguments);
}

char *
dialplan_merge(const char *text, const char *hook, GPtrArray *notes, GError **error)
{
	g_autofree char *clean = dialplan_without(text);
	g_autoptr(GPtrArray) lines = split(clean);
	g_autoptr(GString) block = g_string_new(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++) {
		struct place place = find_context(lines, hooks[i].context);
		if (place.planfix)
			g_ptr_array_add(
			    notes, g_strdup_printf(
				       _("[%s] speaks to PlanFix already: take that out, or every "
					 "window is opened twice"),
				       hooks[i].context));
		if (!place.found) {
			append_block(block, hooks[i].context, hook, hooks[i].arguments);
		} else if (place.first < 0 || place.numbered) {
			g_set_error(error, DIALPLAN_ERROR, DIALPLAN_ERROR_BY_HAND,
			    _("[%s] %s\nWrite this step into it by hand, or make its priorities 1, "
			      "n, n, …: "
			      "AGI(%s,%s)"),
			    hooks[i].context,
			    place.numbered ? _("has priorities that are numbered one by one")
					   : _("has no priority 1 of its own"),
			    hook, hooks[i].arguments);
			return NULL;
		} else {
			insert_line(lines, &place, hook, hooks[i].arguments);
		}
	}
	g_autofree char *merged = join(lines);
	if (block->len == 0)
		return g_steal_pointer(&merged);
	return g_strconcat(
	    merged, lines->len > 0 ? "\n" : "", BEGINS "\n", block->str, ENDS "\n", NULL);
}

GPtrArray *
dialplan_defined(const char *text)
{
	g_autoptr(GPtrArray) lines = split(text);
	GPtrArray *contexts = g_ptr_array_new();
	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++) {
		if (find_context(lines, hooks[i].context).found)
			g_ptr_array_add(contexts, (gpointer)hooks[i].context);
	}
	return contexts;
}

/* How far ahead `line` stands; -1: nowhere near. */
static int
ahead(const GPtrArray *lines, guint from, const char *line)
{
	for (guint i = from; i < lines->len && i < from + 40; i++) {
		if (strcmp(lines->pdata[i], line) == 0)
			return (int)(i - from);
	}
	return -1;
}

char *
dialplan_difference(const char *before, const char *after)
{
	g_autoptr(GPtrArray) old = split(before);
	g_autoptr(GPtrArray) new = split(after);
	GString *text = g_string_new(NULL);
	for (guint i = 0, j = 0; i < old->len || j < new->len;) {
		const char *gone = i < old->len ? old->pdata[i] : NULL;
		const char *came = j < new->len ? new->pdata[j] : NULL;
		if (gone != NULL && came != NULL && strcmp(gone, came) == 0) {
			i++;
			j++;
			continue;
		}
		gboolean added = came != NULL && (gone == NULL || ahead(new, j, gone) > 0);
		gboolean taken = !added && gone != NULL;
		if (taken)
			g_string_append_printf(text, "%5u - %s\n", ++i, gone);
		else
			g_string_append_printf(text, "%5u + %s\n", ++j, came);
	}
	return g_string_free(text, FALSE);
}

enum dialplan_kind
dialplan_kind(const char *generated)
{
	g_autofree char *lower = g_ascii_strdown(generated, -1);
	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++) {
		/* Macro() calls it without the "macro-" of its context. */
		g_autofree char *gosub = g_strconcat("gosub(", hooks[i].context, NULL);
		g_autofree char *macro =
		    g_strconcat("macro(", hooks[i].context + strlen("macro-"), NULL);
		if (strstr(lower, gosub) != NULL)
			return DIALPLAN_GOSUB;
		if (strstr(lower, macro) != NULL)
			return DIALPLAN_MACRO;
	}
	return DIALPLAN_UNKNOWN;
}

static char *
fault_of(const GPtrArray *lines, const char *context, enum dialplan_kind kind)
{
	gboolean inside = FALSE, ours = FALSE, found = FALSE, returns = FALSE;
	for (guint i = 0; i < lines->len; i++) {
		const char *line = lines->pdata[i];
		if (is_comment(line, &inside))
			continue;
		g_autofree char *header = header_of(line);
		if (header != NULL) {
			ours = strcmp(header, context) == 0;
			found |= ours;
			continue;
		}
		if (!ours)
			continue;
		g_autofree char *lower = g_ascii_strdown(line, -1);
		gboolean back = strstr(lower, "return(") != NULL;
		if (kind == DIALPLAN_GOSUB && strstr(lower, "macroexit") != NULL)
			return g_strdup_printf(
			    _("[%s] ends with MacroExit, but FreePBX calls it by Gosub"), context);
		if (kind == DIALPLAN_MACRO && back && strstr(lower, "macro_depth") == NULL)
			return g_strdup_printf(
			    _("[%s] ends with Return, but FreePBX calls it by Macro"), context);
		returns |= back;
	}
	if (kind == DIALPLAN_GOSUB && found && !returns)
		return g_strdup_printf(
		    _("[%s] has no Return, but FreePBX calls it by Gosub"), context);
	return NULL;
}

char *
dialplan_fault(const char *text, enum dialplan_kind kind)
{
	g_autoptr(GPtrArray) lines = split(text);
	char *fault = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(hooks) && fault == NULL; i++)
		fault = fault_of(lines, hooks[i].context, kind);
	return fault;
}
