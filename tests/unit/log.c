/* Lines of the log: quoting, levels, and what never gets through. Each case runs in a child, whose stderr is read. */
#include "sync/log.h"

#include <string.h>

static void
shown(const char *text, const char *expected)
{
	g_autofree char *value = log_value(text);

	g_assert_cmpstr(value, ==, expected);
}

static void
test_value(void)
{
	shown("1763900900.12", "1763900900.12");
	shown("Анна", "Анна");
	shown("", "\"\"");
	shown("two words", "\"two words\"");
	shown("a=b", "\"a=b\"");
	shown("say \"hi\"", "\"say \\\"hi\\\"\"");
	shown("back\\slash", "\"back\\\\slash\"");
	shown("a\nb\tc", "\"a\\nb\\tc\"");
	shown("\x1b[31m", "\"\\x1b[31m\"");
	shown("x\x7f", "\"x\\x7f\"");
	shown("cut \xd0", "\"cut \\xd0\"");
	/* A control character of ISO 8859-1, and one that turns the writing direction. */
	shown("\xc2\x9b", "\"\\u009b\"");
	shown("a\xe2\x80\xae"
	      "b",
	    "\"a\\u202eb\"");
}

/* In a child, so that what it writes to stderr can be read. */
static void
run_child(const char *path)
{
	g_test_trap_subprocess(path, 0, 0);
	g_test_trap_assert_passed();
}

static void
test_fact(void)
{
	if (g_test_subprocess()) {
		log_fact(
		    LOG_LEVEL_INFO, "told", "callid", "1.2", "ext", NULL, "name", "A\nB", NULL);
		log_fact(LOG_LEVEL_DEBUG, "quiet", "callid", "1.2", NULL);
		return;
	}
	run_child(NULL);
	g_test_trap_assert_stderr("*Z info told callid=1.2 name=\"A\\nB\"\n*");
	g_test_trap_assert_stderr_unmatched("*quiet*");
}

static void
test_level(void)
{
	if (g_test_subprocess()) {
		log_set_level(LOG_LEVEL_WARNING);
		log_fact(LOG_LEVEL_INFO, "chatter", NULL);
		log_fact(LOG_LEVEL_WARNING, "careful", NULL);
		log_set_level(LOG_LEVEL_DEBUG);
		log_fact(LOG_LEVEL_DEBUG, "detail", NULL);
		return;
	}
	run_child(NULL);
	g_test_trap_assert_stderr("*warning careful\n*debug detail\n*");
	g_test_trap_assert_stderr_unmatched("*chatter*");
}

static void
test_sentence(void)
{
	if (g_test_subprocess()) {
		g_autoptr(GError) error = g_error_new(CONFIG_ERROR, 0, "first\nsecond");

		log_say(LOG_LEVEL_ERROR, "the file \"%s\" is bad\nMend it.", "a\x1b[2Jb");
		log_error(LOG_LEVEL_ERROR, "failed", error);
		return;
	}
	run_child(NULL);
	g_test_trap_assert_stderr("celsync: the file \"a\\x1b[2Jb\" is bad\n  Mend it.\n*");
	g_test_trap_assert_stderr("*error failed error=first hint=second\n*");
}

static void
test_many_pairs(void)
{
	if (g_test_subprocess()) {
#define FIVE "a", "1", "b", "2", "c", "3", "d", "4", "e", "5"
		log_fact(LOG_LEVEL_INFO, "much", FIVE, FIVE, FIVE, FIVE, FIVE, FIVE, "last", "one",
		    NULL);
		return;
	}
	run_child(NULL);
	g_test_trap_assert_stderr("*much a=1*last=one\n*");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/value", test_value);
	g_test_add_func("/log/fact", test_fact);
	g_test_add_func("/log/level", test_level);
	g_test_add_func("/log/sentence", test_sentence);
	g_test_add_func("/log/many-pairs", test_many_pairs);
	return g_test_run();
}
