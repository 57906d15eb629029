/* The reader of the AGI environment. */
#include "cron/agi.c" /* the hook stands in no archive: it links nothing but libc */

#include <glib.h>

static enum agi_state
take(struct agi *agi, const char *text)
{
	*agi = (struct agi){ .known = 0 };
	return agi_take(agi, text, strlen(text));
}

static void
test_environment(void)
{
	struct agi agi;
	g_assert_cmpint(take(&agi, "agi_request: celsync-hook\nagi_callerid: +79161234567\n"
				   "agi_calleridname: Иван \"Ваня\" Петров\nagi_dnid: 74951110101\n"
				   "agi_enhanced: 0.0\n\nbehind"),
	    ==, AGI_END);
	g_assert_cmpstr(agi.number, ==, "+79161234567");
	g_assert_cmpstr(agi.name, ==, "Иван \"Ваня\" Петров");
	g_assert_cmpstr(agi.dialled, ==, "74951110101");

	g_assert_cmpint(
	    take(&agi, "agi_callerid: unknown\r\nagi_calleridname: unknown\nagi_dnid: \n\r\n"), ==,
	    AGI_END);
	g_assert_cmpstr(agi.number, ==, "");
	g_assert_cmpstr(agi.name, ==, "");
	g_assert_cmpstr(agi.dialled, ==, "");

	g_assert_cmpint(take(&agi, ""), ==, AGI_MORE);
	g_assert_cmpint(take(&agi, "agi_callerid: 1"), ==, AGI_MORE);
	g_assert_cmpint(take(&agi, "\n"), ==, AGI_END);
}

static void
test_hostile(void)
{
	struct agi agi;
	/* A name with lines of its own: what was said before stays; what it says of things still to come is cut short. */
	g_assert_cmpint(take(&agi, "agi_callerid: 79161234567\nagi_calleridname: \x1b[2J\x07;`id`\n"
				   "agi_callerid: 666\nagi_calleridname: other\n\n"),
	    ==, AGI_END);
	g_assert_cmpstr(agi.number, ==, "79161234567");
	g_assert_cmpstr(agi.name, ==, "?[2J?;`id`");
	/* "unknown" is said, too. */
	g_assert_cmpint(take(&agi, "agi_callerid: unknown\nagi_callerid: 666\n\n"), ==, AGI_END);
	g_assert_cmpstr(agi.number, ==, "");

	/* A number of two lines is none. */
	g_assert_cmpint(
	    take(&agi, "agi_callerid: 7916\nagi_callerid: 666\nagi_calleridname: x\n\n"), ==,
	    AGI_END);
	g_assert_cmpstr(agi.number, ==, "");
	g_assert_cmpstr(agi.name, ==, "x");
	g_assert_cmpint(
	    take(&agi, "agi_callerid: 7916\n9991234567\nagi_calleridname: x\n\n"), ==, AGI_END);
	g_assert_cmpstr(agi.number, ==, "");

	/* 10 kB of name. */
	g_autofree char *name = g_strnfill(10000, 'x');
	g_autofree char *text =
	    g_strdup_printf("agi_callerid: 1\nagi_calleridname: %s\nagi_dnid: 2\n\n", name);
	g_assert_cmpint(take(&agi, text), ==, AGI_END);
	g_assert_cmpuint(strlen(agi.name), ==, sizeof agi.name - 1);
	g_assert_cmpstr(agi.number, ==, "1");
	g_assert_cmpstr(agi.dialled, ==, "2");

	/* A line without end, and lines without end. */
	g_autofree char *line = g_strnfill(AGI_MOST, 'x');
	agi = (struct agi){ .known = 0 };
	g_assert_cmpint(agi_take(&agi, line, AGI_MOST), ==, AGI_MORE);
	g_assert_cmpint(agi_take(&agi, "\n\n", 2), ==, AGI_TOO_LONG);
	agi = (struct agi){ .known = 0 };
	enum agi_state state = AGI_MORE;
	guint lines = 0;
	for (; state == AGI_MORE; lines++)
		state = agi_take(&agi, "agi_x: 1\n", 9);
	g_assert_cmpint(state, ==, AGI_TOO_LONG);
	g_assert_cmpuint(lines, ==, AGI_MOST / 9 + 1);

	/* Zero bytes. */
	agi = (struct agi){ .known = 0 };
	g_assert_cmpint(agi_take(&agi, "agi_\0callerid: 7\0\n\0\n", 20), ==, AGI_END);
	g_assert_cmpstr(agi.number, ==, "7");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hook/environment", test_environment);
	g_test_add_func("/hook/hostile", test_hostile);
	return g_test_run();
}
