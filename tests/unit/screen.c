/* Lines on a narrow screen. */
#include "sync/screen.h"

#include <string.h>

static void
test_fit(void)
{
	static const struct {
		const char *line;
		guint width, indent;
		const char *fitting;
	} cases[] = {
		{ "", 40, 4, "" },
		{ "it fits", 40, 4, "it fits" },
		{ "exactly twenty chars", 20, 4, "exactly twenty chars" },
		/* A table's row breaks between its cells. */
		{ "2026-11-23  in        101 Success", 30, 4, "2026-11-23  in\n    101 Success" },
		/* A sentence between its words, with the blanks it begins with. */
		{ "    one two three four five", 20, 4, "    one two three\n    four five" },
		{ "a, b c d e f g h i j k l m n", 20, 2, "a, b c d e f g h i j\n  k l m n" },
		/* What has no break is cut. */
		{ "/var/spool/asterisk/monitor/x.wav", 20, 4,
		    "/var/spool/asterisk/\n    monitor/x.wav" },
		/* Columns, not bytes; and wide characters take two. */
		{ "двадцать букв по-рус", 20, 4, "двадцать букв по-рус" },
		{ "漢字漢字漢字漢字漢字漢字", 20, 2, "漢字漢字漢字漢字漢字\n  漢字" },
		/* Narrower than anybody's. */
		{ "one two three four five", 5, 4, "one two three four\n    five" },
		{ "\xff\xfe bytes that are no text", 20, 4,
		    "\xff\xfe bytes that are no\n    text" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = screen_fit(cases[i].line, cases[i].width, cases[i].indent);
		g_assert_cmpstr(got, ==, cases[i].fitting);
	}
}

/* Whatever the text: no line is wider, and no word is lost. */
static void
test_any(void)
{
	for (int round = 0; round < 2000; round++) {
		g_autoptr(GString) line = g_string_new(NULL), words = g_string_new(NULL);
		for (int i = g_test_rand_int_range(0, 60); i > 0; i--)
			g_string_append_unichar(
			    line, (gunichar)(g_test_rand_int_range(0, 3) == 0   ? ' '
					     : g_test_rand_int_range(0, 8) == 0 ? 0x6f22
										: 'a'));
		guint width = (guint)g_test_rand_int_range(20, 50);
		g_autofree char *got = screen_fit(line->str, width, 4);
		g_auto(GStrv) lines = g_strsplit(got, "\n", -1);
		for (int i = 0; lines[i] != NULL; i++) {
			g_assert_cmpuint(screen_columns(lines[i]), <=, width);
			g_string_append(words, lines[i]);
		}
		g_string_replace(words, " ", "", 0);
		g_string_replace(line, " ", "", 0);
		g_assert_cmpstr(words->str, ==, line->str);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/screen/fit", test_fit);
	g_test_add_func("/screen/any", test_any);
	return g_test_run();
}
