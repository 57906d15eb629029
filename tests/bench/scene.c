#include "tests/bench/scene.h"

#include <stdlib.h>
#include <string.h>

const char *const scene_directions[CALLS_DIRECTIONS] = { "in", "out", "internal" };
const char *const scene_results[CALLS_RESULTS] = { "answered", "missed", "failed" };

/* Columns of the capture's dumps. */
enum {
	CEL_EVENT = 1,
	CEL_TIME = 2,
	CEL_LINKEDID = 16,
	CEL_COLUMNS = 20,
	CDR_CALLDATE = 0,
	CDR_DURATION = 9,
	CDR_BILLSEC = 10,
	CDR_LINKEDID = 23,
	CDR_SEQUENCE = 25,
	CDR_COLUMNS = 26
};

static G_GNUC_NORETURN G_GNUC_PRINTF(1, 2) void give_up(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_printerr("generate: %s\n", message);
	exit(1);
}

static guint
index_of(const char *const *names, guint n, const char *name)
{
	for (guint i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	give_up("\"%s\" in the mix is neither a direction nor a result", name);
}

/* "30 1795397150.0 in:answered,internal:failed" */
static struct scene *
read_mix_line(const char *text)
{
	struct scene *scene = g_new0(struct scene, 1);
	g_auto(GStrv) words = g_regex_split_simple(" +", text, 0, 0);
	if (g_strv_length(words) != 3)
		give_up("a line of the mix is not \"weight linkedids calls\": %s", text);
	scene->weight = (guint)atoi(words[0]);
	scene->linkedids = g_strsplit(words[1], ",", 0);
	g_auto(GStrv) calls = g_strsplit(words[2], ",", 0);
	for (char **call = calls; *call != NULL; call++) {
		g_auto(GStrv) parts = g_strsplit(*call, ":", 2);
		if (g_strv_length(parts) != 2)
			give_up("a call of the mix is not \"direction:result\": %s", *call);
		scene->calls[index_of(scene_directions, CALLS_DIRECTIONS, parts[0])]
			    [index_of(scene_results, CALLS_RESULTS, parts[1])]++;
	}
	scene->cel = g_array_new(FALSE, TRUE, sizeof(struct line));
	scene->cdr = g_array_new(FALSE, TRUE, sizeof(struct line));
	return scene;
}

static gint64
read_time(const char *text)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
	if (time == NULL)
		give_up("the capture has no time \"%s\"", text);
	return g_date_time_to_unix(time);
}

/* One value of a dump's VALUES (…); *at goes behind it and its comma. Free with g_free. */
static char *
read_value(const char **at)
{
	GString *value = g_string_new(NULL);
	const char *p = *at;
	if (*p != '\'') {
		while (*p != ',' && *p != ')')
			g_string_append_c(value, *p++);
	} else {
		for (p++; *p != '\'' || p[1] == '\''; p++) {
			if (*p == '\\' || *p == '\'')
				p++;
			g_string_append_c(value, *p);
		}
		p++;
	}
	*at = p + 1;
	return g_string_free(value, FALSE);
}

/* The values of an INSERT of one row; NULL where the line is something else. Free with g_strfreev. */
static char **
read_insert(const char *text, guint columns)
{
	const char *at = strstr(text, " VALUES (");
	if (!g_str_has_prefix(text, "INSERT INTO") || at == NULL)
		return NULL;
	at += strlen(" VALUES (");
	char **values = g_new0(char *, columns + 1);
	for (guint i = 0; i < columns; i++)
		values[i] = read_value(&at);
	return values;
}

/* Pieces. */

struct reader {
	struct scene *scene;
	GPtrArray *names[SLOT_KINDS]; /* char *: what a slot's value is in the capture */
	GArray *pieces;
	GString *text; /* not yet a piece */
};

static void
add_piece(struct reader *r, const struct piece *piece)
{
	if (r->text->len > 0) {
		const struct piece text = { .kind = PIECE_TEXT,
			.text = g_intern_string(r->text->str),
			.length = r->text->len };
		g_array_append_val(r->pieces, text);
		g_string_truncate(r->text, 0);
	}
	if (piece != NULL)
		g_array_append_vals(r->pieces, piece, 1);
}

static guint
slot_of(struct reader *r, enum slot_kind kind, const char *text, gsize length)
{
	GPtrArray *names = r->names[kind];
	for (guint i = 0; i < names->len; i++) {
		if (strlen(names->pdata[i]) == length && memcmp(names->pdata[i], text, length) == 0)
			return i;
	}
	if (names->len == SCENE_SLOTS)
		give_up(
		    "scene %s has more than %d ids of a kind", r->scene->linkedids[0], SCENE_SLOTS);
	g_ptr_array_add(names, g_strndup(text, length));
	r->scene->slots[kind] = names->len;
	if (kind == SLOT_UNIQUEID)
		r->scene->epoch[names->len - 1] = g_ascii_strtoll(text, NULL, 10) - r->scene->base;
	return names->len - 1;
}

static void
add_slot(struct reader *r, enum slot_kind kind, const char *text, gsize length)
{
	const struct piece piece = {
		.kind = PIECE_SLOT, .slot_kind = kind, .slot = slot_of(r, kind, text, length)
	};
	add_piece(r, &piece);
}

/* How many of its first characters are as the pattern says: 'd' a digit, 'x' a hexadecimal one, anything else itself; 0: not all. */
static gsize
matches(const char *text, const char *pattern)
{
	gsize i = 0;
	for (; pattern[i] != '\0'; i++) {
		const gboolean same = pattern[i] == 'd'   ? g_ascii_isdigit(text[i])
		                      : pattern[i] == 'x' ? g_ascii_isxdigit(text[i])
		                                          : text[i] == pattern[i];
		if (!same)
			return 0;
	}
	return i;
}

static gint64
read_stamp(const char *t)
{
	g_autofree char *iso = g_strdup_printf(
	    "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", t, t + 4, t + 6, t + 9, t + 11, t + 13);
	return read_time(iso);
}

/* What begins at `text`, the first character of a word, and differs from call to call; its length, 0: nothing. */
static gsize
read_token(struct reader *r, const char *text, char before, gboolean local)
{
	gsize digits = strspn(text, "0123456789"), n;
	struct piece piece = { 0 };
	if ((n = matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) > 0) {
		add_slot(r, SLOT_BRIDGE, text, n);
		return n;
	}
	if ((n = matches(text, "dddddddd-dddddd")) > 0 && digits == 8) {
		piece.kind = PIECE_STAMP;
		piece.at = read_stamp(text) - r->scene->base;
		add_piece(r, &piece);
		return n;
	}
	if (before == '-' && (n = matches(text, "xxxxxxxx")) > 0 && !g_ascii_isalnum(text[n])) {
		add_slot(r, local ? SLOT_LOCAL : SLOT_PJSIP, text, n);
		return n;
	}
	if ((n = matches(text, "dddd/dd/dd/")) > 0) {
		piece.kind = PIECE_DAY;
		add_piece(r, &piece);
		return n - 1;
	}
	if (digits == 10 && matches(text, "17dddddddd.d") > 0) {
		n = digits + 1 + strspn(text + digits + 1, "0123456789");
		add_slot(r, SLOT_UNIQUEID, text, n);
		return n;
	}
	if (digits >= 10 && text[digits - 10] == '9') {
		g_string_append_len(r->text, text, (gssize)digits - 10);
		add_slot(r, SLOT_NUMBER, text + digits - 10, 10);
		return digits;
	}
	if (digits == 3 && text[0] == '1' && text[1] == '0' && text[2] != '0') {
		piece.kind = PIECE_EXTENSION;
		piece.text = g_intern_string((char[]){ text[2], '\0' });
		add_piece(r, &piece);
		return digits;
	}
	return 0;
}

static void
add_text(struct reader *r, const char *text)
{
	char before = '\0';
	/* The last channel's technology: the serial numbers of Local channels are their own. */
	gboolean local = FALSE;
	if (strpbrk(text, "\t\n\\") != NULL)
		give_up("a value of the capture cannot be written without escapes: %s", text);
	while (*text != '\0') {
		gsize n = 0;
		if (g_str_has_prefix(text, "PJSIP/") || g_str_has_prefix(text, "Local/"))
			local = *text == 'L';
		if (!g_ascii_isalnum(before) && g_ascii_isxdigit(*text))
			n = read_token(r, text, before, local);
		if (n == 0) {
			n = 1;
			g_string_append_c(r->text, *text);
		}
		before = text[n - 1];
		text += n;
	}
}

static void
add_seconds(struct reader *r, gint64 at, gint64 to)
{
	const struct piece piece = { .kind = PIECE_SECONDS, .at = at, .to = to };
	add_piece(r, &piece);
}

static void
add_time(struct reader *r, gint64 at)
{
	const struct piece piece = { .kind = PIECE_TIME, .at = at };
	add_piece(r, &piece);
}

static void
end_column(struct reader *r, gboolean last)
{
	g_string_append_c(r->text, last ? '\n' : '\t');
	if (last)
		add_piece(r, NULL);
}

static void
add_cel(struct reader *r, char **values)
{
	const gint64 at = read_time(values[CEL_TIME]) - r->scene->base;
	const struct line line = { g_array_new(FALSE, FALSE, sizeof(struct piece)), at };
	r->pieces = line.pieces;
	for (guint i = 1; i < CEL_COLUMNS; i++) {
		if (i == CEL_TIME)
			add_time(r, at);
		else
			add_text(r, values[i]);
		end_column(r, i == CEL_COLUMNS - 1);
	}
	g_array_append_val(r->scene->cel, line);
}

static void
add_cdr(struct reader *r, char **values)
{
	const gint64 from = read_time(values[CDR_CALLDATE]) - r->scene->base;
	const gint64 to = from + atoi(values[CDR_DURATION]);
	const struct line line = { g_array_new(FALSE, FALSE, sizeof(struct piece)), to };
	const struct piece sequence = { .kind = PIECE_SEQUENCE };
	r->pieces = line.pieces;
	for (guint i = 0; i < CDR_COLUMNS; i++) {
		switch (i) {
		case CDR_CALLDATE: add_time(r, from); break;
		case CDR_DURATION: add_seconds(r, from, to); break;
		case CDR_BILLSEC: add_seconds(r, to - atoi(values[i]), to); break;
		case CDR_SEQUENCE: add_piece(r, &sequence); break;
		default: add_text(r, values[i]); break;
		}
		end_column(r, i == CDR_COLUMNS - 1);
	}
	g_array_append_val(r->scene->cdr, line);
}

/* The capture. */

static struct reader *
reader_of(GPtrArray *readers, const char *linkedid)
{
	for (guint i = 0; i < readers->len; i++) {
		struct reader *r = readers->pdata[i];
		if (g_strv_contains((const char *const *)r->scene->linkedids, linkedid))
			return r;
	}
	return NULL;
}

/* Where the conversation (else the ringing) can be made longer: the longest silence. */
static void
find_pause(struct scene *scene, gint64 bridged_at)
{
	gint64 longest = -1;
	scene->bridged = bridged_at >= 0;
	for (guint i = 0; i + 1 < scene->cel->len; i++) {
		const gint64 at = g_array_index(scene->cel, struct line, i).at;
		const gint64 silence = g_array_index(scene->cel, struct line, i + 1).at - at;
		if (at >= bridged_at && silence > longest) {
			longest = silence;
			scene->pause = at;
		}
	}
}

static char **
read_lines(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL), *text = NULL;
	g_autoptr(GError) error = NULL;
	if (!g_file_get_contents(path, &text, NULL, &error))
		give_up("%s", error->message);
	return g_strsplit(text, "\n", 0);
}

static void
read_cel(GPtrArray *readers, const char *capture)
{
	g_auto(GStrv) lines = read_lines(capture, "cel.sql");
	g_autofree gint64 *bridged = g_new(gint64, readers->len);
	for (guint i = 0; i < readers->len; i++)
		bridged[i] = -1;
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) values = read_insert(*line, CEL_COLUMNS);
		struct reader *r = values != NULL ? reader_of(readers, values[CEL_LINKEDID]) : NULL;
		if (r == NULL)
			continue;
		if (r->scene->cel->len == 0)
			r->scene->base = read_time(values[CEL_TIME]);
		add_cel(r, values);
		guint i;
		if (strcmp(values[CEL_EVENT], "BRIDGE_ENTER") == 0 &&
		    g_ptr_array_find(readers, r, &i) && bridged[i] < 0)
			bridged[i] = read_time(values[CEL_TIME]) - r->scene->base;
	}
	for (guint i = 0; i < readers->len; i++)
		find_pause(((struct reader *)readers->pdata[i])->scene, bridged[i]);
}

static void
read_cdr(GPtrArray *readers, const char *capture)
{
	g_auto(GStrv) lines = read_lines(capture, "cdr.sql");
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) values = read_insert(*line, CDR_COLUMNS);
		struct reader *r = values != NULL ? reader_of(readers, values[CDR_LINKEDID]) : NULL;
		if (r != NULL)
			add_cdr(r, values);
	}
}

static void
reader_free(gpointer data)
{
	struct reader *r = data;
	for (guint i = 0; i < SLOT_KINDS; i++)
		g_ptr_array_free(r->names[i], TRUE);
	g_string_free(r->text, TRUE);
	g_free(r);
}

GPtrArray *
scenes_load(const char *mix, const char *capture)
{
	g_autofree char *folder = g_path_get_dirname(mix), *name = g_path_get_basename(mix);
	g_auto(GStrv) lines = read_lines(folder, name);
	g_autoptr(GPtrArray) readers = g_ptr_array_new_with_free_func(reader_free);
	GPtrArray *scenes = g_ptr_array_new();
	for (char **line = lines; *line != NULL; line++) {
		if (**line == '#' || **line == '\0')
			continue;
		struct reader *r = g_new0(struct reader, 1);
		r->scene = read_mix_line(*line);
		r->text = g_string_new(NULL);
		for (guint i = 0; i < SLOT_KINDS; i++)
			r->names[i] = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(readers, r);
		g_ptr_array_add(scenes, r->scene);
	}
	read_cel(readers, capture);
	read_cdr(readers, capture);
	for (guint i = 0; i < scenes->len; i++) {
		const struct scene *scene = scenes->pdata[i];
		if (scene->cel->len == 0)
			give_up("the capture has no rows of %s", scene->linkedids[0]);
	}
	return scenes;
}
