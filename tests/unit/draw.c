/* The picture of a call, to scale and within its width; and that nothing a caller is called reaches a terminal as it is. */
#include "sync/show.h"
#include "tests/scene/scene.h"

#include <jansson.h>
#include <string.h>

#define CLIENT "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
#define ANSWERED                                                                                   \
	CLIENT                                                                                     \
	"1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"                                        \
	"1 CHAN_START PJSIP/102-1 id=1.3 lid=0.1 num=102\n"                                        \
	"4 ANSWER PJSIP/101-1\n"                                                                   \
	"4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"           \
	"4 HANGUP PJSIP/102-1 cause=26\n"                                                          \
	"20 HANGUP PJSIP/101-1 cause=16\n20 HANGUP PJSIP/mango-1 cause=16\n"

static struct draw_style
style_of(guint width, gboolean utf8)
{
	static GTimeZone *utc;
	if (utc == NULL)
		utc = g_time_zone_new_utc();
	return (struct draw_style){ .width = width, .utf8 = utf8, .tz = utc };
}

static scene *
built(const char *rows)
{
	scene *s = scene_new();
	s->rules.trunk = scene_set(s, "mango");
	scene_rows(s, rows);
	scene_build(s);
	return s;
}

static tracks *
tracks_of(scene *s, const char *id)
{
	const struct call *call = scene_call(s, id);
	g_assert_cmpuint(s->timelines->len, ==, 1);
	return tracks_new(call, s->timelines->pdata[0], &s->rules);
}

static GPtrArray *
drawn(const char *rows, const struct draw_style *style)
{
	g_autoptr(scene) s = built(rows);
	g_autoptr(tracks) of = tracks_of(s, "0.1");
	return draw_tracks(of, style);
}

static char *
joined(const GPtrArray *lines)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(
		    text, "%s%s", i > 0 ? "\n" : "", (const char *)lines->pdata[i]);
	return g_string_free(text, FALSE);
}

static void
expect(const char *rows, const struct draw_style *style, const char *wanted)
{
	g_autoptr(GPtrArray) lines = drawn(rows, style);
	g_autofree char *text = joined(lines);
	g_assert_cmpstr(text, ==, wanted);
}

static void
test_picture(void)
{
	struct draw_style style = style_of(60, FALSE);
	expect(ANSWERED, &style,
	    "         |12:28:20   |12:28:25   |12:28:30  |12:28:35\n"
	    "1 client _________======================================x16\n"
	    "2 101      .......======================================x16\n"
	    "3 102      .......x26\n"
	    "_ alone: dialling, menu, queue   . ringing\n"
	    "= talking, connected with the client\n"
	    "x hang-up, with its cause");
	style.utf8 = TRUE;
	expect(ANSWERED, &style,
	    "         |12:28:20   |12:28:25   |12:28:30  |12:28:35\n"
	    "1 client ·········▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓×16\n"
	    "2 101      ░░░░░░░▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓×16\n"
	    "3 102      ░░░░░░░×26\n"
	    "· alone: dialling, menu, queue   ░ ringing\n"
	    "▓ talking, connected with the client\n"
	    "× hang-up, with its cause");
	/* In the zone of the PBX, which is half an hour off the hour. */
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("America/St_Johns");
	style.tz = zone;
	g_autoptr(GPtrArray) lines = drawn(ANSWERED, &style);
	g_assert_nonnull(strstr(lines->pdata[0], "|08:58:20"));
}

/* One of everything: a wire, music, parking, somebody who goes on, an end that was not written. */
static void
test_signs(void)
{
	struct draw_style style = style_of(80, FALSE);
	expect(CLIENT "0 STREAM_BEGIN PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"
		      "2 CHAN_START Local/101@q-1;1 id=2.2 lid=0.1 exten=101\n"
		      "2 CHAN_START Local/101@q-1;2 id=2.3 lid=0.1 exten=101\n"
		      "2 CHAN_START PJSIP/101-1 id=2.4 lid=0.1 num=101\n"
		      "6 STREAM_END PJSIP/mango-1\n"
		      "6 BRIDGE_ENTER PJSIP/101-1 bridge=b2\n"
		      "6 BRIDGE_ENTER Local/101@q-1;2 bridge=b2\n"
		      "6 BRIDGE_ENTER Local/101@q-1;1 bridge=b1\n"
		      "6 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
		      "20 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
		      "20 HANGUP Local/101@q-1;1 cause=16\n"
		      "20 HANGUP Local/101@q-1;2 cause=16\n"
		      "20 HANGUP PJSIP/101-1 cause=16\n"
		      "20 BRIDGE_ENTER PJSIP/mango-1 holding=lot\n"
		      "30 CHAN_START PJSIP/102-1 id=30.5 num=102 exten=71\n"
		      "30 BRIDGE_ENTER PJSIP/102-1 bridge=b3\n"
		      "30 BRIDGE_ENTER PJSIP/mango-1 bridge=b3\n"
		      "40 BRIDGE_EXIT PJSIP/mango-1 bridge=b3\n"
		      "40 ANSWER PJSIP/102-1\n",
	    &style,
	    "            |12:28:20       |12:28:30       |12:28:40       |12:28:50\n"
	    "1 client    mmmmmmmmmm======================~~~~~~~~~~~~~~~~================?\n"
	    "2 Local 101    _______::::::::::::::::::::::x16\n"
	    "3 101          .......======================x16\n"
	    "4 102                                                       ================?\n"
	    "_ alone: dialling, menu, queue   . ringing\n"
	    "= talking, connected with the client   m music on hold   ~ parked or held\n"
	    ": Local channel in a bridge   x hang-up, with its cause\n"
	    "? its end was not written");
	style.utf8 = TRUE;
	expect("0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=800\n"
	       "0 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	       "2 CHAN_START PJSIP/mango-2 id=2.2 num=79162223344 exten=800\n"
	       "2 BRIDGE_ENTER PJSIP/mango-2 bridge=b1\n"
	       "5 HANGUP PJSIP/mango-1 cause=16\n9 HANGUP PJSIP/mango-2 cause=16\n",
	    &style,
	    "              |12:28:20   |12:28:21    |12:28:22   |12:28:23    |12:28:24\n"
	    "1 client      ──────────────────────────────────────────────────────────────×16\n"
	    "2 79162223344                          ─────────────────────────────────────›\n"
	    "─ in a bridge, but no talk with the client   × hang-up, with its cause\n"
	    "› goes on after this call");
}

/* Of hours, a talk of seconds is seen; of no time at all, too. */
static void
test_short_talk(void)
{
	struct draw_style style = style_of(60, FALSE);
	expect(CLIENT "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
		      "7200 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
		      "7200 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
		      "7201 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
		      "7201 HANGUP PJSIP/101-1 cause=16\n"
		      "14400 HANGUP PJSIP/mango-1 cause=16\n",
	    &style,
	    "               |13:00:00   |14:00:00   |15:00:00  |16:00:00\n"
	    "1 client ________________________=----------------------x16\n"
	    "2 101    ........................=x16\n"
	    "_ alone: dialling, menu, queue   . ringing\n"
	    "- in a bridge, but no talk with the client\n"
	    "= talking, connected with the client\n"
	    "x hang-up, with its cause");
	expect(CLIENT "0 CHAN_START PJSIP/101-1 id=0.2 lid=0.1 num=101\n"
		      "0 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
		      "0 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
		      "0 HANGUP PJSIP/101-1 cause=16\n0 HANGUP PJSIP/mango-1 cause=16\n",
	    &style,
	    "         |12:28:20\n"
	    "1 client =x16\n"
	    "2 101    =x16\n"
	    "= talking, connected with the client\n"
	    "x hang-up, with its cause");
}

static guint
count_of(const char *line, const char *sign)
{
	guint n = 0;
	for (const char *p = line; (p = strstr(p, sign)) != NULL; p += strlen(sign))
		n++;
	return n;
}

/* To scale at any width, and never wider. */
static void
test_widths(void)
{
	static const guint widths[] = { 60, 61, 80, 132, 200, 1000 };
	for (guint i = 0; i < G_N_ELEMENTS(widths); i++) {
		struct draw_style style = style_of(widths[i], TRUE);
		g_autoptr(GPtrArray) lines = drawn(ANSWERED, &style);
		for (guint k = 0; k < lines->len; k++)
			g_assert_cmpuint(draw_columns(lines->pdata[k]), <=, widths[i]);
		/* 20 s: alone for 4 of them, then talking for 16. The picture fills what the labels leave. */
		const char *client = lines->pdata[1];
		guint alone = count_of(client, "·"), talk = count_of(client, "▓");
		g_assert_cmpuint(alone + talk, ==, widths[i] - strlen("1 client ") - 4);
		g_assert_cmpint(ABS((int)alone * 4 - (int)talk), <=, 4);
	}
	struct draw_style narrow = style_of(10, TRUE), least = style_of(60, TRUE);
	g_autoptr(GPtrArray) a = drawn(ANSWERED, &narrow), b = drawn(ANSWERED, &least);
	g_autofree char *x = joined(a), *y = joined(b);
	g_assert_cmpstr(x, ==, y);
}

/* Colour adds nothing but colour. */
static void
test_colour(void)
{
	struct draw_style plain = style_of(80, TRUE), colour = plain;
	colour.colour = TRUE;
	g_autoptr(GPtrArray) a = drawn(ANSWERED, &plain), b = drawn(ANSWERED, &colour);
	g_autofree char *x = joined(a), *y = joined(b);
	g_autoptr(GRegex) sgr = g_regex_new("\033\\[[0-9]*m", 0, 0, NULL);
	g_autofree char *without = g_regex_replace_literal(sgr, y, -1, 0, "", 0, NULL);
	g_assert_cmpstr(without, ==, x);
	g_assert_nonnull(strstr(y, "\033[32m▓"));
	g_assert_null(strchr(x, '\033'));
	g_assert_cmpuint(count_of(y, "\033[0m") * 2, ==, count_of(y, "\033["));
}

static void
test_columns(void)
{
	struct draw_style utf8 = style_of(80, TRUE), ascii = style_of(80, FALSE);
	g_assert_cmpuint(draw_columns("Иванов Иван"), ==, 11);
	g_assert_cmpuint(draw_columns("山田"), ==, 4);
	/* A letter and its breve. */
	g_assert_cmpuint(draw_columns("и\u0306"), ==, 1);
	static const struct {
		const char *text;
		guint columns;
		const char *fit;
	} cases[] = { { "Иван", 6, "Иван  " }, { "Иванов", 6, "Иванов" },
		{ "Иванова", 6, "Ивано…" }, { "山田太郎", 6, "山田… " }, { "山田太郎", 5, "山田…" },
		{ "山", 1, "…" }, { "", 2, "  " }, { "x", 0, "" } };
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *fit = draw_fit(&utf8, cases[i].text, cases[i].columns);
		g_assert_cmpuint(draw_columns(fit), ==, cases[i].columns);
		/* A wide letter that is cut off may leave a column. */
		g_assert_cmpstr(fit, ==, cases[i].fit);
	}
	g_autofree char *cut = draw_fit(&ascii, "abcdef", 4);
	g_assert_cmpstr(cut, ==, "abc~");
	g_autofree char *name = draw_text(&ascii, "Иван Jose");
	g_assert_true(g_str_is_ascii(name));
	g_assert_true(g_str_has_suffix(name, " Jose"));
}

/* Labels are cut to a quarter of the width, by columns. */
static void
test_labels(void)
{
	static const char rows[] =
	    CLIENT "1 CHAN_START Local/служба-поддержки-клиентов@x-1;1 id=1.2 lid=0.1\n"
		   "9 HANGUP Local/служба-поддержки-клиентов@x-1;1 cause=16\n"
		   "9 HANGUP PJSIP/mango-1 cause=16\n";
	struct draw_style style = style_of(60, TRUE);
	g_autoptr(GPtrArray) lines = drawn(rows, &style);
	g_assert_true(g_str_has_prefix(lines->pdata[2], "2 Local служба-п…     ····"));
	g_assert_cmpuint(draw_columns(lines->pdata[2]), <=, 60);
}

/* What is shown of a call as a whole. */

static GPtrArray *
page_of(scene *s, const tracks *of, GArray *requests, GPtrArray *bodies, gboolean utf8)
{
	struct draw_style style = style_of(80, utf8);
	struct show show = { .call = scene_call(s, "0.1"),
		.calls = s->calls,
		.tracks = of,
		.requests = requests,
		.bodies = bodies,
		.no_store = "there is none" };
	return show_text(&show, &style);
}

static gboolean
is_harmless(const char *text)
{
	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT ||
		    g_unichar_type(c) == G_UNICODE_LINE_SEPARATOR)
			return FALSE;
	}
	return g_utf8_validate(text, -1, NULL);
}

/* ESC sequences, C1 controls, bells, an override of the direction of writing, bytes that are no UTF-8. */
#define EVIL                                                                                       \
	"\033]0;owned\007\033[2J\033[31m\302\233"                                                  \
	"2J\342\200\256gnol\342\200\250\377\r"

static void
test_hostile(void)
{
	static const char rows[] =
	    "0 CHAN_START PJSIP/mango" EVIL "-1 id=0.1 num=79161112233 name='" EVIL "' exten=" EVIL
	    "\n"
	    "1 CHAN_START PJSIP/" EVIL "-1 id=1.2 lid=0.1 num=" EVIL " name='" EVIL "'\n"
	    "1 CHAN_START PJSIP/101-1 id=1.3 lid=0.1 num=101 name='" EVIL "'\n"
	    "2 APP_START PJSIP/101-1 app=MixMonitor data=/spool/" EVIL ".wav,b\n"
	    "2 BLINDTRANSFER PJSIP/101-1 extra='{\"extension\":\"" EVIL "\"}'\n"
	    "3 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
	    "3 BRIDGE_ENTER PJSIP/mango" EVIL "-1 bridge=b1\n"
	    "9 HANGUP PJSIP/" EVIL "-1 cause=21\n9 HANGUP PJSIP/101-1 cause=16\n"
	    "9 HANGUP PJSIP/mango" EVIL "-1 cause=16\n"
	    "9 CDR PJSIP/101-1 dst=101 rec=" EVIL ".wav did=" EVIL "\n";
	g_autoptr(scene) s = built(rows);
	g_autoptr(tracks) of = tracks_of(s, "0.1");
	for (int utf8 = 0; utf8 < 2; utf8++) {
		g_autoptr(GPtrArray) lines = page_of(s, of, NULL, NULL, utf8);
		g_autofree char *page = joined(lines);
		for (guint i = 0; i < lines->len; i++)
			g_assert_true(is_harmless(lines->pdata[i]));
		/* They are not left out either: whoever looks sees that something is odd. */
		g_assert_nonnull(strstr(page, "?]0;owned"));
		g_assert_true(utf8 || g_str_is_ascii(page));
	}
	struct show show = {
		.call = scene_call(s, "0.1"), .calls = s->calls, .tracks = of, .no_store = ""
	};
	g_autofree char *json = show_json(&show);
	g_assert_true(is_harmless(json));
	/* What was escaped is what was there. */
	json_t *object = json_loads(json, 0, NULL);
	g_assert_nonnull(object);
	const char *name = json_string_value(
	    json_object_get(json_array_get(json_object_get(object, "channels"), 0), "name"));
	g_autofree char *valid = g_utf8_make_valid("PJSIP/mango" EVIL "-1", -1);
	g_assert_cmpstr(name, ==, valid);
	json_decref(object);
}

static void
expect_line(const GPtrArray *lines, const char *line)
{
	for (guint i = 0; i < lines->len; i++) {
		if (strcmp(lines->pdata[i], line) == 0)
			return;
	}
	g_autofree char *page = joined(lines);
	g_error("no line \"%s\" in\n%s", line, page);
}

static void
test_facts(void)
{
	g_autoptr(scene) s = built(ANSWERED "20 CDR PJSIP/mango-1 dst=101 did=74950001122\n");
	g_autoptr(tracks) of = tracks_of(s, "0.1");
	struct outbox_item items[] = {
		{ .id = 7,
		    .n = 0,
		    .state = OUTBOX_SENT,
		    .rank = OUTBOX_COMPLETED,
		    .callid = (char *)scene_call(s, "0.1")->callid,
		    .ext = (char *)"101",
		    .event = (char *)"COMPLETED",
		    .attempts = 2,
		    .status = 200,
		    .answer = (char *)"OK\033[2J",
		    .changed = (SCENE_BASE + 30) * G_TIME_SPAN_SECOND },
		{ .id = 8,
		    .n = 1,
		    .state = OUTBOX_READY,
		    .rank = OUTBOX_ANNOUNCE,
		    .callid = (char *)"1.1",
		    .ext = (char *)"102",
		    .event = (char *)"INCOMING",
		    .changed = (SCENE_BASE + 2) * G_TIME_SPAN_SECOND },
	};
	g_autoptr(GArray) requests = g_array_new(FALSE, FALSE, sizeof(struct outbox_item));
	g_autoptr(GPtrArray) bodies = g_ptr_array_new();
	g_array_append_vals(requests, items, G_N_ELEMENTS(items));
	g_ptr_array_add(bodies, (gpointer) "planfix_token=***&cmd=event");
	g_ptr_array_add(bodies, NULL);
	g_autoptr(GPtrArray) lines = page_of(s, of, requests, bodies, TRUE);
	expect_line(lines, "what       incoming, answered");
	expect_line(lines, "began      2025-11-23 12:28:20 +00:00");
	expect_line(lines, "answered   12:28:24, after 4 s");
	expect_line(lines, "talk       16 s");
	expect_line(lines, " 3 102          PJSIP/102-1  1763900901.3");
	expect_line(lines, "   12:28:21, hung up 12:28:24: 26 answered elsewhere, number 102");
	expect_line(
	    lines, "   101 Success: rang 12:28:21, answered 12:28:24, ended 12:28:40, talk 16 s");
	expect_line(lines, "   102 Cancelled: rang 12:28:21, ended 12:28:24");
	expect_line(lines, "   #7 COMPLETED 101, window 0: sent");
	expect_line(lines, "      2025-11-23 12:28:50 +00:00, 2 tries, answer 200: OK?[2J");
	expect_line(lines, "      planfix_token=***&cmd=event");
	expect_line(lines, "   #8 INCOMING 102, window 1: ready, as call 1.1");
	expect_line(
	    lines, "      its body was removed, after [store] keep_days or by `celsync forget`");
	g_autoptr(GPtrArray) without = page_of(s, of, NULL, NULL, TRUE);
	expect_line(without, "   unknown: there is none");
}

/* Why nothing was told. */
static void
test_nothing_told(void)
{
	g_autoptr(scene) s = built(ANSWERED);
	g_autoptr(tracks) of = tracks_of(s, "0.1");
	g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(struct outbox_item));
	struct draw_style style = style_of(80, TRUE);
	struct call *call = scene_call(s, "0.1");
	struct show show = { .call = call, .calls = s->calls, .tracks = of, .requests = none };
	g_autoptr(GPtrArray) nothing = show_text(&show, &style);
	expect_line(nothing, "   nothing");
	show.unread = TRUE;
	g_autoptr(GPtrArray) unread = show_text(&show, &style);
	expect_line(unread, "   nothing yet: no pass has read all its rows");
	show.start = (SCENE_BASE + 10) * G_TIME_SPAN_SECOND;
	g_autoptr(GPtrArray) before = show_text(&show, &style);
	expect_line(
	    before, "   nothing: it began before 2025-11-23 12:28:30 +00:00, see [source] start");
	call->skip = "excluded";
	g_autoptr(GPtrArray) skipped = show_text(&show, &style);
	expect_line(skipped, "   nothing: excluded");
	expect_line(skipped, "reported   no: excluded");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/draw/picture", test_picture);
	g_test_add_func("/draw/signs", test_signs);
	g_test_add_func("/draw/short_talk", test_short_talk);
	g_test_add_func("/draw/widths", test_widths);
	g_test_add_func("/draw/colour", test_colour);
	g_test_add_func("/draw/columns", test_columns);
	g_test_add_func("/draw/labels", test_labels);
	g_test_add_func("/draw/hostile", test_hostile);
	g_test_add_func("/draw/facts", test_facts);
	g_test_add_func("/draw/nothing_told", test_nothing_told);
	return g_test_run();
}
