/* Rewriting of phone numbers, and what is a number at all. */
#include "poller/number.h"

#include <string.h>

static number_rewrite *
rules(const char *first, const char *second)
{
	number_rewrite *rewrite = number_rewrite_new();
	GError *error = NULL;

	number_rewrite_add(rewrite, first, &error);
	g_assert_no_error(error);
	if (second)
		number_rewrite_add(rewrite, second, &error);
	g_assert_no_error(error);
	return rewrite;
}

static void
becomes(const number_rewrite *rewrite, const char *number, const char *expected)
{
	g_autofree char *text = number_rewritten(rewrite, number);

	g_assert_cmpstr(text, ==, expected);
}

static void
test_default(void)
{
	becomes(NULL, "+79161234567", "79161234567");
	becomes(NULL, "++7", "+7");
	becomes(NULL, "79161234567", "79161234567");
	becomes(NULL, "", "");
}

static void
test_rules(void)
{
	g_autoptr(number_rewrite) eight = rules("^8(\\d{10})$ => 7$1", "^\\+ =>");
	g_autoptr(number_rewrite) backslash = rules("^8(\\d{10})$ => 7\\1", "^00 =>  ");

	becomes(eight, "89161234567", "79161234567");
	becomes(eight, "8916123456", "8916123456");
	becomes(eight, "+79161234567", "79161234567");
	becomes(backslash, "89161234567", "79161234567");
	becomes(backslash, "0049301234", "49301234");
}

static void
test_order(void)
{
	g_autoptr(number_rewrite) once = rules("^1 => 2", "^2 => 3");
	g_autoptr(number_rewrite) back = rules("^2 => 3", "^1 => 2");

	becomes(once, "15", "35");
	becomes(back, "15", "25");
}

static void
test_groups(void)
{
	/* A digit behind a group's number belongs to the text, not to the group. */
	g_autoptr(number_rewrite) digit = rules("^(\\d)9 => $105", NULL);
	g_autoptr(number_rewrite) whole = rules("^\\d+$ => 0$0", NULL);
	g_autoptr(number_rewrite) plain = rules("x => a\\b$c", NULL);

	becomes(digit, "79123", "705123");
	becomes(whole, "42", "042");
	becomes(plain, "x", "a\\b$c");
}

static void
test_no_text(void)
{
	g_autoptr(number_rewrite) none = number_rewrite_new();
	g_autoptr(number_rewrite) any = rules("^\\+ =>", NULL);
	g_autofree char *text = number_rewritten(any, "+7\xff\xfe");

	becomes(none, "+7", "+7");
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpint(*text, ==, '7');
}

static void
refused(const char *rule, const char *words)
{
	g_autoptr(number_rewrite) rewrite = number_rewrite_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(number_rewrite_add(rewrite, rule, &error));
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, words));
	g_assert_nonnull(strchr(error->message, '\n'));
	/* What was refused changes nothing. */
	becomes(rewrite, "+7(9", "+7(9");
}

static void
test_refused(void)
{
	refused("^8", "no =>");
	refused(" => 7", "nothing before =>");
	refused("^8( => 7", "at char 3");
	refused("^8 => 7$1", "group 1");
	refused("^8(.) => 7\\2", "group 2");
}

static void
test_dialable(void)
{
	static const char *const good[] = { "12", "+79161234567", "*97#", "8 (916) 123-45.67",
		"00" };
	static const char *const bad[] = { "", "1", "s", "h", "unknown", "anonymous", "12a", "+*#",
		"+7", "1-", "12;34", "12\n", "\xd9\xa1\xd9\xa2" };

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		if (!number_is_dialable(good[i]))
			g_error("%s is a number", good[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		if (number_is_dialable(bad[i]))
			g_error("\"%s\" is no number", bad[i]);
}

/* The length changes nothing, be it shorter or longer than what is looked at at once, nor does what stands behind a NUL byte. */
static void
test_dialable_of_length(void)
{
	static const char *const texts[] = { "", "+", "1", "12", "+7", "1234567", "+1234567",
		"12345678", "+12345678", "79161234567", "+79161234567", "++79161234567",
		"79161234567+", "7916123456:", "7916123456/", "/9161234567", ":9161234567",
		"+7916a234567", "7916 234567", "791612\xd9\xa1\xd9\xa2", "1234567890123456",
		"12345678901234567", "+12345678901234567", "anonymous", "79161234a678901234567" };
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_test_message("%s", texts[i]);
		g_assert_cmpint(number_is_dialable_n(texts[i], strlen(texts[i])), ==,
		    number_is_dialable(texts[i]));
	}
	g_assert_true(number_is_dialable_n("7916123\00045678", 12));
	g_assert_false(number_is_dialable_n("s\00079161234567", 13));
}

static void
assert_forms(const number_rewrite *rewrite, const char *typed, const char *expected)
{
	g_autoptr(GPtrArray) forms = number_forms(rewrite, typed, 5);
	g_ptr_array_add(forms, NULL);
	g_autofree char *text = g_strjoinv(" ", (char **)forms->pdata);
	g_assert_cmpstr(text, ==, expected);
}

static void
test_forms(void)
{
	g_autoptr(number_rewrite) rewrite = number_rewrite_new();
	g_assert_true(number_rewrite_add(rewrite, "^8(\\d{10})$ => 7$1", NULL));
	assert_forms(NULL, "+7 (916) 123-45-67", "79161234567");
	assert_forms(rewrite, "8 916 123 45 67", "89161234567 79161234567");
	assert_forms(rewrite, "79161234567", "79161234567");
	assert_forms(rewrite, "101", "");
	g_autoptr(number_rewrite) plus = number_rewrite_new();
	g_assert_true(number_rewrite_add(plus, "^\\+7 => 8", NULL));
	assert_forms(plus, "79161234567", "79161234567 89161234567");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/number/default", test_default);
	g_test_add_func("/number/rules", test_rules);
	g_test_add_func("/number/order", test_order);
	g_test_add_func("/number/groups", test_groups);
	g_test_add_func("/number/no-text", test_no_text);
	g_test_add_func("/number/refused", test_refused);
	g_test_add_func("/number/dialable", test_dialable);
	g_test_add_func("/number/dialable-of-length", test_dialable_of_length);
	g_test_add_func("/number/forms", test_forms);
	return g_test_run();
}
