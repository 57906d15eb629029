#include "tests/scene/scene.h"

#include "sync/overflow.h"

#include <math.h>
#include <string.h>

/* Where a channel of that name stands: its ids as of its last line. */
struct known {
	const char *uniqueid, *linkedid;
};

scene *
scene_new(void)
{
	scene *s = g_new0(scene, 1);
	s->base = SCENE_BASE;
	s->rows = g_array_new(FALSE, FALSE, sizeof(struct cel_row));
	s->records = g_array_new(FALSE, FALSE, sizeof(struct cdr_row));
	s->calls = g_ptr_array_new();
	s->groups = g_ptr_array_new();
	s->timelines = g_ptr_array_new();
	s->strings = g_string_chunk_new(4096);
	s->fields = g_ptr_array_new_with_free_func(g_free);
	s->channels = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	s->sets = g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
	zone_init(&s->zone, NULL, FALSE);
	return s;
}

/* Timelines and calls live as long as their groups. */
static void
release(scene *s)
{
	for (guint i = 0; i < s->groups->len; i++)
		assembly_release(s->assembly, s->groups->pdata[i]);
	g_ptr_array_set_size(s->groups, 0);
	g_clear_pointer(&s->assembly, assembly_free);
}

void
scene_free(scene *s)
{
	release(s);
	g_ptr_array_free(s->groups, TRUE);
	g_array_free(s->rows, TRUE);
	g_array_free(s->records, TRUE);
	g_ptr_array_free(s->calls, TRUE);
	g_ptr_array_free(s->timelines, TRUE);
	g_string_chunk_free(s->strings);
	g_ptr_array_free(s->fields, TRUE);
	g_hash_table_destroy(s->channels);
	g_ptr_array_free(s->sets, TRUE);
	g_free(s);
}

GHashTable *
scene_set(scene *s, const char *words)
{
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	for (char **word = list; *word != NULL; word++) {
		char *equals = strchr(*word, '=');
		char *key =
		    equals != NULL ? g_strndup(*word, (gsize)(equals - *word)) : g_strdup(*word);
		g_hash_table_insert(set, key, g_strdup(equals != NULL ? equals + 1 : *word));
	}
	g_ptr_array_add(s->sets, set);
	return set;
}

const char *
scene_id(scene *s, const char *short_id)
{
	if (*short_id == '!')
		return g_string_chunk_insert_const(s->strings, short_id + 1);
	char *dot;
	gint64 second = g_ascii_strtoll(short_id, &dot, 10);
	g_assert_cmpint(*dot, ==, '.');
	g_autofree char *id =
	    g_strdup_printf("%s%s%" G_GINT64_FORMAT "%s", s->system != NULL ? s->system : "",
		s->system != NULL ? "-" : "", s->base + second, dot);
	return g_string_chunk_insert_const(s->strings, id);
}

/* Ids within a value: "@1.2". */
static const char *
with_ids(scene *s, const char *value)
{
	g_autoptr(GString) out = g_string_new(NULL);
	while (*value != '\0') {
		if (*value != '@' || !g_ascii_isdigit(value[1]) ||
		    strcspn(value + 1, ".") != strspn(value + 1, "0123456789")) {
			g_string_append_c(out, *value++);
			continue;
		}
		gsize n = strspn(value + 1, "0123456789.");
		g_autofree char *id = g_strndup(value + 1, n);
		g_string_append(out, scene_id(s, id));
		value += 1 + n;
	}
	return g_string_chunk_insert_const(s->strings, out->str);
}

/* The next word of a line, a 'quoted part' in it taken whole; NULL at its end. */
static char *
next_word(const char **at)
{
	const char *p = *at + strspn(*at, " \t");
	if (*p == '\0' || *p == '\n')
		return NULL;
	GString *word = g_string_new(NULL);
	for (gboolean quoted = FALSE;
	     *p != '\0' && *p != '\n' && (quoted || (*p != ' ' && *p != '\t')); p++) {
		if (*p == '\'')
			quoted = !quoted;
		else
			g_string_append_c(word, *p);
	}
	*at = p;
	return g_string_free(word, FALSE);
}

static struct wall
wall_at(const scene *s, double seconds)
{
	gint64 us = s->base * G_USEC_PER_SEC + (gint64)llround(seconds * 1e6);
	if (s->clock != NULL) {
		gint interval =
		    g_time_zone_find_interval(s->clock, G_TIME_TYPE_UNIVERSAL, us / G_USEC_PER_SEC);
		us += g_time_zone_get_offset(s->clock, interval) * (gint64)G_USEC_PER_SEC;
	}
	if (s->whole)
		us -= us % G_USEC_PER_SEC;
	return (struct wall){ .us = us };
}

struct fact {
	const char *name;
	gsize offset; /* of a string in the row */
};

static gboolean
set_fact(const struct fact *facts, gsize n, void *row, const char *name, const char *value)
{
	for (gsize i = 0; i < n; i++) {
		if (strcmp(facts[i].name, name) == 0) {
			*(const char **)((char *)row + facts[i].offset) = value;
			return TRUE;
		}
	}
	return FALSE;
}

/* Texts of a row stand where the row points to. */
static void
set_text(scene *s, struct cel_row *row, enum cel_column column, const char *text)
{
	char **texts = (char **)row->text;
	unsigned long *lengths = (unsigned long *)row->length;
	texts[column] = g_string_chunk_insert_const(s->strings, text);
	lengths[column] = strlen(text);
}

static void
set_cel_fact(scene *s, struct cel_row *row, GString *extra, const char *name, const char *value)
{
	static const struct {
		const char *name;
		enum cel_column column;
	} facts[] = {
		{ "num", CEL_CID_NUM },
		{ "name", CEL_CID_NAME },
		{ "exten", CEL_EXTEN },
		{ "app", CEL_APPNAME },
		{ "data", CEL_APPDATA },
		{ "peer", CEL_PEER },
		{ "userdef", CEL_USERDEFTYPE },
		{ "extra", CEL_EXTRA },
	};
	for (guint i = 0; i < G_N_ELEMENTS(facts); i++) {
		if (strcmp(facts[i].name, name) == 0) {
			set_text(s, row, facts[i].column, value);
			return;
		}
	}
	const char *comma = extra->len > 0 ? "," : "";
	if (strcmp(name, "bridge") == 0 || strcmp(name, "holding") == 0)
		g_string_append_printf(extra, "%s\"bridge_id\":\"%s\",\"bridge_technology\":\"%s\"",
		    comma, value, *name == 'h' ? "holding_bridge" : "simple_bridge");
	else if (strcmp(name, "cause") == 0)
		g_string_append_printf(extra, "%s\"hangupcause\":%s", comma, value);
	else if (strcmp(name, "by") == 0)
		g_string_append_printf(extra, "%s\"hangupsource\":\"%s\"", comma, value);
	else if (strcmp(name, "dialstatus") == 0)
		g_string_append_printf(extra, "%s\"dialstatus\":\"%s\"", comma, value);
	else
		g_error("a scene knows no fact \"%s\" of CEL", name);
	g_autofree char *whole = g_strdup_printf("{%s}", extra->str);
	set_text(s, row, CEL_EXTRA, whole);
}

static void
set_cdr_fact(struct cdr_row *row, const char *name, const char *value)
{
	static const struct fact facts[] = {
		{ "src", offsetof(struct cdr_row, src) },
		{ "dst", offsetof(struct cdr_row, dst) },
		{ "did", offsetof(struct cdr_row, did) },
		{ "rec", offsetof(struct cdr_row, recordingfile) },
		{ "dstchan", offsetof(struct cdr_row, dstchannel) },
		{ "lastdata", offsetof(struct cdr_row, lastdata) },
		{ "disp", offsetof(struct cdr_row, disposition) },
	};
	if (set_fact(facts, G_N_ELEMENTS(facts), row, name, value))
		return;
	if (strcmp(name, "billsec") == 0)
		row->billsec = g_ascii_strtoll(value, NULL, 10);
	else if (strcmp(name, "duration") == 0)
		row->duration = g_ascii_strtoll(value, NULL, 10);
	else
		g_error("a scene knows no fact \"%s\" of CDR", name);
}

static void
add_line(scene *s, const char *line)
{
	g_autofree char *time = next_word(&line), *event = next_word(&line),
			*channel = next_word(&line), *fact = NULL;
	if (time == NULL)
		return;
	g_assert_nonnull(channel);
	struct wall wall = wall_at(s, g_ascii_strtod(time, NULL));
	const char *name = g_string_chunk_insert_const(s->strings, channel);
	struct cel_row row = { .id = (gint64)s->rows->len + 1,
		.event = cel_event_from_name(event, strlen(event)),
		.time = wall,
		.text = g_new0(char *, CEL_COLUMNS),
		.length = g_new0(unsigned long, CEL_COLUMNS) };
	g_ptr_array_add(s->fields, (gpointer)row.text);
	g_ptr_array_add(s->fields, (gpointer)row.length);
	set_text(s, &row, CEL_CHANNAME, name);
	struct cdr_row record = { .calldate = wall,
		.src = "",
		.dst = "",
		.channel = name,
		.dstchannel = "",
		.lastdata = "",
		.disposition = "",
		.did = "",
		.recordingfile = "" };
	gboolean cdr = strcmp(event, "CDR") == 0;
	g_autoptr(GString) extra = g_string_new(NULL);
	struct known *known = g_hash_table_lookup(s->channels, name);
	if (known == NULL) {
		known = g_new0(struct known, 1);
		g_hash_table_insert(s->channels, (gpointer)name, known);
	}
	while ((fact = next_word(&line)) != NULL) {
		char *value = strchr(fact, '=');
		g_assert_nonnull(value);
		*value++ = '\0';
		if (strcmp(fact, "id") == 0)
			known->uniqueid = known->linkedid = scene_id(s, value);
		else if (strcmp(fact, "lid") == 0)
			known->linkedid = scene_id(s, value);
		else if (cdr)
			set_cdr_fact(&record, fact, with_ids(s, value));
		else
			set_cel_fact(s, &row, extra, fact, with_ids(s, value));
		g_clear_pointer(&fact, g_free);
	}
	g_assert_nonnull(known->uniqueid);
	row.uniqueid = record.uniqueid = known->uniqueid;
	row.linkedid = record.linkedid = known->linkedid;
	row.uniqueid_len = strlen(row.uniqueid);
	row.linkedid_len = strlen(row.linkedid);
	cdr_row_measure(&record);
	if (cdr)
		g_array_append_val(s->records, record);
	else
		g_array_append_val(s->rows, row);
}

void
scene_rows(scene *s, const char *lines)
{
	while (*lines != '\0') {
		add_line(s, lines);
		lines += strcspn(lines, "\n");
		lines += *lines == '\n';
	}
}

static gint
by_callid(gconstpointer a, gconstpointer b)
{
	const struct call *x = *(struct call *const *)a, *y = *(struct call *const *)b;
	return uniqueid_compare(x->linkedid, y->linkedid);
}

void
scene_build_order(scene *s, const guint *order, guint n)
{
	release(s);
	g_ptr_array_set_size(s->calls, 0);
	g_ptr_array_set_size(s->timelines, 0);
	s->assembly = assembly_new();
	struct overflow overflow;
	overflow_init(&overflow, s->assembly, 0, 0, 0);
	for (guint i = 0; i < n; i++) {
		const struct cel_row *row = &g_array_index(s->rows, struct cel_row, order[i]);
		if (s->shed)
			g_assert_true(overflow_recall_row(&overflow, row, NULL));
		assembly_add(s->assembly, row);
		if (s->shed)
			g_assert_true(overflow_shed(&overflow, NULL));
	}
	g_assert_true(overflow_return(&overflow, G_MAXUINT, NULL));
	overflow_clear(&overflow);
	for (guint i = 0; i < s->records->len; i++)
		assembly_add_record(s->assembly, &g_array_index(s->records, struct cdr_row, i));
	struct group *group;
	while ((group = assembly_rest(s->assembly)) != NULL) {
		struct timeline *timeline = timeline_build(group, &s->zone);
		g_autoptr(GPtrArray) calls = g_ptr_array_new();
		call_build(group, timeline, &s->rules, calls);
		g_ptr_array_add(s->groups, group);
		g_ptr_array_add(s->timelines, timeline);
		for (guint i = 0; i < calls->len; i++)
			g_ptr_array_add(s->calls, calls->pdata[i]);
	}
	g_ptr_array_sort(s->calls, by_callid);
}

void
scene_build(scene *s)
{
	g_autofree guint *order = g_new(guint, s->rows->len + 1);
	for (guint i = 0; i < s->rows->len; i++)
		order[i] = i;
	scene_build_order(s, order, s->rows->len);
}

struct call *
scene_call(scene *s, const char *short_id)
{
	const char *id = scene_id(s, short_id);
	for (guint i = 0; i < s->calls->len; i++) {
		struct call *call = s->calls->pdata[i];
		if (strcmp(call->linkedid, id) == 0)
			return call;
	}
	return NULL;
}

const struct leg *
scene_leg(const struct call *call, const char *ext)
{
	for (guint i = 0; i < call->n_legs; i++) {
		if (g_strcmp0(call->legs[i].ext, ext) == 0)
			return &call->legs[i];
	}
	return NULL;
}

gboolean
scene_has_note(const struct call *call, const char *part)
{
	for (guint i = 0; i < call->n_notes; i++) {
		if (strstr(call->notes[i], part) != NULL)
			return TRUE;
	}
	return FALSE;
}
