#include "sync/announcement.h"

#include "poller/party.h"
#include "sync/form.h"
#include "sync/text.h"

#include <string.h>

#define FIRST_LINE "celsync announcement 1"
#define EXTS_MOST 256

const char *
announced_name(enum announced outcome)
{
	static const char *const names[] = { "sent", "failed", "unknown", "new" };
	return names[outcome];
}

static void
ext_clear(gpointer data)
{
	struct announced_ext *ext = data;
	g_free(ext->ext);
	g_free(ext->answer);
}

static void
announcement_init(struct announcement *a)
{
	*a = (struct announcement){ .exts =
					g_array_new(FALSE, FALSE, sizeof(struct announced_ext)) };
	g_array_set_clear_func(a->exts, ext_clear);
}

void
announcement_clear(struct announcement *a)
{
	g_clear_pointer(&a->callid, g_free);
	g_clear_pointer(&a->linkedid, g_free);
	g_clear_pointer(&a->uniqueid, g_free);
	g_clear_pointer(&a->client, g_free);
	g_clear_pointer(&a->did, g_free);
	g_clear_pointer(&a->name, g_free);
	g_clear_pointer(&a->exts, g_array_unref);
}

static struct announced_ext *
find_ext(const struct announcement *a, const char *ext)
{
	for (guint i = 0; i < a->exts->len; i++) {
		struct announced_ext *e = &g_array_index(a->exts, struct announced_ext, i);
		if (strcmp(e->ext, ext) == 0)
			return e;
	}
	return NULL;
}

static void
add_ext(struct announcement *a, const char *ext)
{
	if (a->exts->len == EXTS_MOST || find_ext(a, ext) != NULL)
		return;
	struct announced_ext e = { .ext = g_strdup(ext), .outcome = ANNOUNCED_PENDING };
	g_array_append_val(a->exts, e);
}

/* The value of a line "key value"; NULL: there is none. Free with g_free. */
static char *
value_of(char **lines, const char *key)
{
	gsize n = strlen(key);
	for (; *lines != NULL; lines++) {
		if (strncmp(*lines, key, n) == 0 && (*lines)[n] == ' ')
			return text_clean(*lines + n + 1);
	}
	return NULL;
}

static gboolean
is_id(const char *text)
{
	gsize n = 0;
	while (g_ascii_isgraph(text[n]))
		n++;
	return n > 0 && n <= 200 && text[n] == '\0';
}

/* Facts. */

enum fact {
	FACT_DIRECTION,
	FACT_EXT,
	FACT_LINKEDID,
	FACT_UNIQUEID,
	FACT_DID,
	FACT_NUMBER,
	FACT_CALLERID,
	FACT_CALLERNAME,
	FACT_DIALLED
};
#define FACTS (FACT_DIALLED + 1)

/* By enum fact; "" where absent. Free with g_strfreev. */
static char **
facts_read(const char *text)
{
	static const char *const keys[FACTS] = { "direction", "ext", "linkedid", "uniqueid", "did",
		"number", "callerid", "callername", "dialled" };
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	char **facts = g_new0(char *, FACTS + 1);
	for (gsize i = 0; i < FACTS; i++) {
		char *value = value_of(lines, keys[i]);
		facts[i] = value != NULL ? value : g_strdup("");
	}
	return facts;
}

static gboolean
is_outside(const struct call_rules *rules, const char *number)
{
	return number_is_dialable(number) && !party_is_extension(rules, number);
}

/* The client's number before it is rewritten; NULL: unknown. */
static const char *
client_of(char **facts, const struct call_rules *rules, enum direction direction)
{
	if (direction == DIRECTION_IN)
		return number_is_dialable(facts[FACT_CALLERID]) ? facts[FACT_CALLERID] : NULL;
	/*
	 * What the employee dialled goes before what the route made of it: the batch tells the former. On a call that came
	 * in from outside the number dialled was ours.
	 */
	if (facts[FACT_DID][0] == '\0' && is_outside(rules, facts[FACT_DIALLED]))
		return facts[FACT_DIALLED];
	return number_is_dialable(facts[FACT_NUMBER]) ? facts[FACT_NUMBER] : NULL;
}

/* The number of ours: the one that was called, or the one that is shown to whom we call; NULL: unknown. */
static const char *
did_of(char **facts, const struct call_rules *rules, enum direction direction)
{
	const char *number = facts[FACT_CALLERID];
	if (direction == DIRECTION_IN)
		number =
		    number_is_dialable(facts[FACT_DID]) ? facts[FACT_DID] : facts[FACT_DIALLED];
	return is_outside(rules, number) ? number : NULL;
}

static void
take_exts(struct announcement *a, const char *list, const struct call_rules *rules)
{
	g_auto(GStrv) members = g_strsplit(list, "-", -1);
	for (char **member = members; *member != NULL; member++) {
		const char *ext = party_alias(rules, *member);
		if (party_is_extension(rules, *member) &&
		    (rules->skip_ext == NULL || !g_hash_table_contains(rules->skip_ext, ext)))
			add_ext(a, ext);
	}
}

static const char *
decide(char **facts, const struct call_rules *rules, struct announcement *a)
{
	gboolean out = strcmp(facts[FACT_DIRECTION], "out") == 0;
	a->direction = out ? DIRECTION_OUT : DIRECTION_IN;
	if ((!out && strcmp(facts[FACT_DIRECTION], "in") != 0) || !is_id(facts[FACT_LINKEDID]) ||
	    !is_id(facts[FACT_UNIQUEID]))
		return "no facts";
	const char *client = client_of(facts, rules, a->direction);
	const char *did = did_of(facts, rules, a->direction);
	if (!out && facts[FACT_DID][0] == '\0' && party_is_extension(rules, facts[FACT_CALLERID]))
		return "internal";
	if (did != NULL && rules->skip_did != NULL && g_hash_table_contains(rules->skip_did, did))
		return "excluded";
	take_exts(a, facts[FACT_EXT], rules);
	if (a->exts->len == 0)
		return "no extension";
	if (client == NULL && rules->anonymous == NULL)
		return "no number";
	a->client =
	    client != NULL ? number_rewritten(rules->rewrite, client) : g_strdup(rules->anonymous);
	a->did = g_strdup(did);
	a->linkedid = g_strdup(facts[FACT_LINKEDID]);
	a->uniqueid = g_strdup(facts[FACT_UNIQUEID]);
	a->callid = rules->name != NULL ? g_strdup_printf("%s-%s", rules->name, a->linkedid)
	                                : g_strdup(a->linkedid);
	a->name = facts[FACT_CALLERNAME][0] != '\0' ? g_strdup(facts[FACT_CALLERNAME]) : NULL;
	return NULL;
}

const char *
announcement_of_facts(
    const char *text, const struct call_rules *rules, gint64 now, struct announcement *a)
{
	g_auto(GStrv) facts = facts_read(text);
	announcement_init(a);
	a->at = now;
	const char *skip = decide(facts, rules, a);
	if (skip != NULL)
		announcement_clear(a);
	return skip;
}

const char *
announcement_event(const struct announcement *a)
{
	return event_name(a->direction == DIRECTION_OUT ? EVENT_OUTGOING : EVENT_INCOMING);
}

char *
announcement_form(const struct announcement *a, const char *ext)
{
	const struct form_settings settings = { .data = NULL };
	const struct leg leg = { .ext = ext };
	const struct call call = {
		.callid = a->callid, .direction = a->direction, .client = a->client, .did = a->did
	};
	const struct event event = {
		.kind = a->direction == DIRECTION_OUT ? EVENT_OUTGOING : EVENT_INCOMING,
		.call = &call,
		.leg = &leg,
	};
	g_autoptr(GArray) fields = form_of_event(&event, &settings);
	return form_encode(fields);
}

/* The file. */

char *
announcement_text(const struct announcement *a)
{
	GString *text = g_string_new(FIRST_LINE "\n");
	g_autofree char *client = text_clean(a->client);
	g_string_append_printf(text,
	    "at %" G_GINT64_FORMAT
	    "\ndirection %s\ncallid %s\nlinkedid %s\nuniqueid %s\nclient %s\n",
	    a->at, direction_name(a->direction), a->callid, a->linkedid, a->uniqueid, client);
	if (a->did != NULL)
		g_string_append_printf(text, "did %s\n", a->did);
	for (guint i = 0; i < a->exts->len; i++)
		g_string_append_printf(
		    text, "ext %s\n", g_array_index(a->exts, struct announced_ext, i).ext);
	g_string_append(text, "end\n");
	return g_string_free(text, FALSE);
}

char *
announcement_outcome(const char *ext, enum announced outcome, gint64 status, const char *answer)
{
	g_autofree char *words = text_clean(answer != NULL ? answer : "");
	return g_strdup_printf(
	    "%s %s %" G_GINT64_FORMAT " %s\n", announced_name(outcome), ext, status, words);
}

/* "sent 101 200 words" */
static void
read_outcome(struct announcement *a, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 4);
	struct announced_ext *ext = g_strv_length(words) >= 3 ? find_ext(a, words[1]) : NULL;
	if (ext == NULL)
		return;
	for (int i = ANNOUNCED_SENT; i <= ANNOUNCED_UNKNOWN; i++) {
		if (strcmp(words[0], announced_name((enum announced)i)) == 0)
			ext->outcome = (enum announced)i;
	}
	ext->status = g_ascii_strtoll(words[2], NULL, 10);
	g_free(ext->answer);
	ext->answer = words[3] != NULL && *words[3] != '\0' ? text_clean(words[3]) : NULL;
}

static gboolean
read_lines(struct announcement *a, char **lines)
{
	g_autofree char *at = value_of(lines, "at"), *direction = value_of(lines, "direction");
	a->callid = value_of(lines, "callid");
	a->linkedid = value_of(lines, "linkedid");
	a->uniqueid = value_of(lines, "uniqueid");
	a->client = value_of(lines, "client");
	a->did = value_of(lines, "did");
	if (strcmp(lines[0], FIRST_LINE) != 0 || at == NULL || direction == NULL ||
	    a->client == NULL || a->callid == NULL || !is_id(a->callid) || a->linkedid == NULL ||
	    !is_id(a->linkedid) || a->uniqueid == NULL || !is_id(a->uniqueid))
		return FALSE;
	a->at = g_ascii_strtoll(at, NULL, 10);
	a->direction = strcmp(direction, "out") == 0 ? DIRECTION_OUT : DIRECTION_IN;
	char **line = lines;
	for (; *line != NULL && strcmp(*line, "end") != 0; line++) {
		if (strncmp(*line, "ext ", 4) == 0 && is_id(*line + 4))
			add_ext(a, *line + 4);
	}
	/* What stands behind the last line feed is a line that is being written. */
	for (; *line != NULL && line[1] != NULL; line++)
		read_outcome(a, *line);
	return *line != NULL && a->at > 0 && a->exts->len > 0;
}

gboolean
announcement_read(const char *text, struct announcement *a)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	announcement_init(a);
	if (lines[0] != NULL && read_lines(a, lines))
		return TRUE;
	announcement_clear(a);
	return FALSE;
}
