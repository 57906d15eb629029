#include "sync/draw.h"

#include "sync/text.h"

#include <glib/gi18n.h>
#include <string.h>

/* Room behind the picture for the sign of a hang-up and its cause: "×127". */
#define MARGIN 4
/* Between the times on the axis, and what each takes: "|12:28:20". */
#define TIME_COLUMNS 9
#define TIME_APART (TIME_COLUMNS + 2)

#define DIM "2"
#define BOLD "1"

struct sign {
	const char *utf8, *ascii;
	const char *colour; /* SGR; NULL: plain */
	const char *means;
};

static const struct sign span_signs[SPAN_KINDS] = {
	[SPAN_WAITING] = { "·", "_", DIM, N_("alone: dialling, menu, queue") },
	[SPAN_RINGING] = { "░", ".", "33", N_("ringing") },
	[SPAN_BRIDGED] = { "─", "-", NULL, N_("in a bridge, but no talk with the client") },
	[SPAN_TALK] = { "▓", "=", "32", N_("talking, connected with the client") },
	[SPAN_MUSIC] = { "♪", "m", "36", N_("music on hold") },
	[SPAN_HELD] = { "~", "~", "36", N_("parked or held") },
};

enum mark {
	MARK_WIRE, /* instead of SPAN_BRIDGED */
	MARK_HANGUP,
	MARK_GOES_ON,
	MARK_NO_END,
	MARKS
};
static const struct sign marks[MARKS] = {
	[MARK_WIRE] = { "┄", ":", DIM, N_("Local channel in a bridge") },
	[MARK_HANGUP] = { "×", "x", NULL, N_("hang-up, with its cause") },
	[MARK_GOES_ON] = { "›", ">", DIM, N_("goes on after this call") },
	[MARK_NO_END] = { "?", "?", "31", N_("its end was not written") },
};

/* Text. */

char *
draw_text(const struct draw_style *style, const char *text)
{
	g_autofree char *clean = text_clean(text);
	GString *out = g_string_sized_new(strlen(clean));
	for (const char *p = clean; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		GUnicodeType type = g_unichar_type(c);
		/* Overrides of the direction of writing would show other words than are there. */
		gboolean harmful = type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR ||
		                   type == G_UNICODE_PARAGRAPH_SEPARATOR;
		g_string_append_unichar(out, harmful ? '?' : c);
	}
	if (style->utf8)
		return g_string_free(out, FALSE);
	char *ascii = g_str_to_ascii(out->str, NULL);
	g_string_free(out, TRUE);
	return ascii;
}

static guint
char_columns(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

guint
draw_columns(const char *text)
{
	guint columns = 0;
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		columns += char_columns(g_utf8_get_char(p));
	return columns;
}

char *
draw_fit(const struct draw_style *style, const char *text, guint columns)
{
	g_autofree char *clean = draw_text(style, text);
	gboolean cut = draw_columns(clean) > columns;
	GString *out = g_string_new(NULL);
	guint at = 0, room = cut && columns > 0 ? columns - 1 : columns;
	for (const char *p = clean; *p != '\0'; p = g_utf8_next_char(p)) {
		guint wide = char_columns(g_utf8_get_char(p));
		if (at + wide > room)
			break;
		g_string_append_len(out, p, g_utf8_next_char(p) - p);
		at += wide;
	}
	if (cut && columns > 0) {
		g_string_append(out, style->utf8 ? "…" : "~");
		at++;
	}
	for (; at < columns; at++)
		g_string_append_c(out, ' ');
	return g_string_free(out, FALSE);
}

static void
append_painted(GString *line, const struct draw_style *style, const char *colour, const char *text)
{
	if (style->colour && colour != NULL)
		g_string_append_printf(line, "\033[%sm%s\033[0m", colour, text);
	else
		g_string_append(line, text);
}

char *
draw_heading(const struct draw_style *style, const char *text)
{
	GString *line = g_string_new(NULL);
	g_autofree char *clean = draw_text(style, text);
	append_painted(line, style, BOLD, clean);
	return g_string_free(line, FALSE);
}

char *
draw_who(const tracks *of, const struct track *track)
{
	const struct lane *lane = &of->timeline->lanes[track->lane];
	switch (track->role) {
	case TRACK_CLIENT: return g_strdup(_("client"));
	case TRACK_WIRE: return g_strdup_printf("Local %s", track->who);
	case TRACK_EMPLOYEE:
	case TRACK_OUTSIDE: break;
	}
	return track->who[0] != '\0' ? g_strdup(track->who)
	                             : g_strndup(lane->name.peer, lane->name.peer_len);
}

/* The picture. */

struct picture {
	const tracks *of;
	const struct draw_style *style;
	guint number, label, width; /* columns: of a track's number, of who it is, of time */
	gint64 span;                /* µs */
	gboolean used[SPAN_KINDS], marked[MARKS];
};

static guint
column_of(const struct picture *p, gint64 us)
{
	gint64 at = ((us - p->of->from) * p->width + p->span / 2) / p->span;
	return (guint)CLAMP(at, 0, p->width);
}

static const char *
sign_text(const struct draw_style *style, const struct sign *sign)
{
	return style->utf8 ? sign->utf8 : sign->ascii;
}

/* Which kind of span each column shows; *end: the column behind the track's last one. */
static void
paint(struct picture *p, const struct track *track, guint8 *cells, guint *end)
{
	for (guint i = 0; i < track->spans->len; i++) {
		const struct span *s = &g_array_index(track->spans, struct span, i);
		for (guint x = column_of(p, s->from); x < column_of(p, s->to); x++)
			cells[x] = s->kind;
	}
	*end = column_of(p, track->to);
	/* A talk too short for a column has one all the same: it is what decides. */
	for (guint i = 0; i < track->spans->len; i++) {
		const struct span *s = &g_array_index(track->spans, struct span, i);
		guint x = MIN(column_of(p, s->from), p->width - 1);
		gboolean shown = FALSE;
		for (guint y = x; y < column_of(p, s->to); y++)
			shown |= cells[y] == SPAN_TALK;
		if (s->kind != SPAN_TALK || shown)
			continue;
		cells[x] = SPAN_TALK;
		*end = MAX(*end, x + 1);
	}
}

static void
append_cells(
    struct picture *p, GString *line, const struct track *track, const guint8 *cells, guint end)
{
	for (guint x = 0; x < end;) {
		g_autoptr(GString) run = g_string_new(NULL);
		guint8 kind = cells[x];
		const struct sign *sign = kind < SPAN_KINDS ? &span_signs[kind] : NULL;
		if (kind == SPAN_BRIDGED && track->role == TRACK_WIRE) {
			sign = &marks[MARK_WIRE];
			p->marked[MARK_WIRE] = TRUE;
		} else if (sign != NULL) {
			p->used[kind] = TRUE;
		}
		for (; x < end && cells[x] == kind; x++)
			g_string_append(run, sign != NULL ? sign_text(p->style, sign) : " ");
		append_painted(line, p->style,
		    sign == NULL                ? NULL
		    : track->role == TRACK_WIRE ? DIM
						: sign->colour,
		    run->str);
	}
}

static void
append_end(struct picture *p, GString *line, const struct track *track)
{
	enum mark mark = track->ended ? MARK_HANGUP : track->goes_on ? MARK_GOES_ON : MARK_NO_END;
	int cause = p->of->timeline->lanes[track->lane].cause;
	g_autoptr(GString) text = g_string_new(sign_text(p->style, &marks[mark]));
	if (mark == MARK_HANGUP && cause >= 0 && cause <= 127)
		g_string_append_printf(text, "%d", cause);
	p->marked[mark] = TRUE;
	append_painted(
	    line, p->style, track->role == TRACK_WIRE ? DIM : marks[mark].colour, text->str);
}

static char *
draw_track(struct picture *p, guint index)
{
	const struct track *track = &g_array_index(p->of->tracks, struct track, index);
	g_autofree char *who = draw_who(p->of, track);
	g_autofree char *label = draw_fit(p->style, who, p->label);
	g_autofree guint8 *cells = g_malloc(p->width);
	guint end;
	memset(cells, SPAN_KINDS, p->width);
	paint(p, track, cells, &end);
	GString *line = g_string_new(NULL);
	g_string_append_printf(line, "%*u ", (int)p->number, index + 1);
	append_painted(line, p->style, track->role == TRACK_WIRE ? DIM : NULL, label);
	g_string_append_c(line, ' ');
	append_cells(p, line, track, cells, end);
	append_end(p, line, track);
	return g_string_free(line, FALSE);
}

/* The smallest step of a clock's face for which the times on the axis do not touch; seconds. */
static gint64
axis_step(const struct picture *p)
{
	static const gint64 steps[] = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
		7200, 10800, 21600, 43200 };
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		if (steps[i] * G_USEC_PER_SEC * p->width / p->span >= TIME_APART)
			return steps[i];
	}
	return G_TIME_SPAN_DAY / G_USEC_PER_SEC;
}

/* "12:28:20" in the style's zone. */
static void
clock_text(const struct draw_style *style, gint64 us, char text[TEXT_TIME])
{
	text_time(us, style->tz, text);
	const char *t = strchr(text, 'T');
	if (t != NULL)
		memmove(text, t + 1, 8);
	text[t != NULL ? 8 : 0] = '\0';
}

static char *
draw_axis(const struct picture *p)
{
	gint64 step = axis_step(p) * G_USEC_PER_SEC, from = p->of->from;
	/* Round times are round on the clock that is shown. */
	int interval =
	    g_time_zone_find_interval(p->style->tz, G_TIME_TYPE_UNIVERSAL, from / G_USEC_PER_SEC);
	gint64 shift =
	    g_time_zone_get_offset(p->style->tz, MAX(0, interval)) * (gint64)G_USEC_PER_SEC;
	g_autoptr(GString) axis = g_string_new(NULL);
	gint64 at = (from + shift + step - 1) / step * step - shift;
	/* A call of no second's length: its beginning is the only time there is. */
	if (column_of(p, at) + TIME_COLUMNS > p->width + MARGIN)
		at = from;
	for (; at <= p->of->from + p->span; at += step) {
		guint x = column_of(p, at);
		char text[TEXT_TIME];
		if (x < axis->len || x + TIME_COLUMNS > p->width + MARGIN)
			continue;
		clock_text(p->style, at, text);
		g_string_append_printf(axis, "%*s|%s", (int)(x - axis->len), "", text);
	}
	GString *line = g_string_new(NULL);
	g_string_append_printf(line, "%*s", (int)(p->number + p->label + 2), "");
	append_painted(line, p->style, DIM, axis->str);
	return g_string_free(line, FALSE);
}

/* Signs and what they mean, as many on a line as it takes. */
static void
add_legend(GPtrArray *lines, const struct picture *p)
{
	g_autoptr(GString) line = g_string_new(NULL);
	guint columns = 0;
	for (guint i = 0; i < SPAN_KINDS + MARKS; i++) {
		const struct sign *sign = i < SPAN_KINDS ? &span_signs[i] : &marks[i - SPAN_KINDS];
		if (!(i < SPAN_KINDS ? p->used[i] : p->marked[i - SPAN_KINDS]))
			continue;
		guint more = draw_columns(sign_text(p->style, sign)) + 1 +
		             draw_columns(_(sign->means)) + (columns > 0 ? 3 : 0);
		if (columns > 0 && columns + more > MAX(p->style->width, DRAW_WIDTH_MIN)) {
			g_ptr_array_add(lines, g_strdup(line->str));
			g_string_truncate(line, 0);
			more -= 3;
			columns = 0;
		}
		g_string_append(line, columns > 0 ? "   " : "");
		append_painted(line, p->style, sign->colour, sign_text(p->style, sign));
		g_string_append_printf(line, " %s", _(sign->means));
		columns += more;
	}
	g_ptr_array_add(lines, g_strdup(line->str));
}

GPtrArray *
draw_tracks(const tracks *of, const struct draw_style *style)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	if (of->tracks->len == 0)
		return lines;
	struct picture p = { .of = of, .style = style };
	guint width = MAX(style->width, DRAW_WIDTH_MIN);
	for (guint i = 0; i < of->tracks->len; i++) {
		g_autofree char *who = draw_who(of, &g_array_index(of->tracks, struct track, i));
		g_autofree char *clean = draw_text(style, who);
		p.label = MAX(p.label, draw_columns(clean));
	}
	p.label = MIN(p.label, width / 4);
	for (guint n = of->tracks->len; n > 0; n /= 10)
		p.number++;
	p.width = width - p.number - p.label - 2 - MARGIN;
	p.span = MAX(of->to - of->from, G_USEC_PER_SEC);
	g_ptr_array_add(lines, draw_axis(&p));
	for (guint i = 0; i < of->tracks->len; i++)
		g_ptr_array_add(lines, draw_track(&p, i));
	add_legend(lines, &p);
	return lines;
}
