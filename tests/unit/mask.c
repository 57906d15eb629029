/* Which digits are hidden, and which are not. */
#include "sync/mask.h"

static void
test_numbers(void)
{
	static const struct {
		const char *text, *masked;
	} cases[] = {
		{ "client     79161112233", "client     *********33" },
		{ "+79161112233, then 101 and 74950001122",
		    "+*********33, then 101 and *********22" },
		{ "phone=%2B79161112233&ext=101", "phone=%2B*********33&ext=101" },
		{ "{\"client\":\"79161112233\",\"talk\":12345.678}",
		    "{\"client\":\"*********33\",\"talk\":12345.678}" },
		/* Asterisk's own numbers. */
		{ "Call 1763900900.12", "Call 1763900900.12" },
		{ "pbx1-1763900900.12", "pbx1-1763900900.12" },
		{ "1763900900.1234567", "1763900900.1234567" },
		{ "external-101-79161112233-20251123-122820-1763900900.12.wav",
		    "external-101-*********33-20251123-122820-1763900900.12.wav" },
		{ "PJSIP/101-0000006b", "PJSIP/101-0000006b" },
		{ "PJSIP/79161112233-0000006b", "PJSIP/*********33-0000006b" },
		{ "/r/1234567890abcdef12345678901234567/x",
		    "/r/1234567890abcdef12345678901234567/x" },
		{ "7ac2d589-3fa1-4a10-b444-9b996da8fe4a", "7ac2d589-3fa1-4a10-b444-9b996da8fe4a" },
		/* Ours. */
		{ "#12345678 COMPLETED", "#12345678 COMPLETED" },
		{ "{\"id\":12345678,", "{\"id\":12345678," },
		/* Six digits are no telephone number, seven are. */
		{ "123456", "123456" },
		{ "1234567", "*****67" },
		{ "", "" },
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *masked = mask_numbers(cases[i].text);
		g_assert_cmpstr(masked, ==, cases[i].masked);
	}
}

static void
test_field(void)
{
	static const struct {
		const char *number, *masked;
	} cases[] = { { "8 (916) 111-22-33", "* (***) ***-**-33" },
		{ "+79161112233", "+*********33" }, { "101", "101" }, { "anonymous", "anonymous" },
		{ "", "" } };
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *masked = mask_number(cases[i].number);
		g_assert_cmpstr(masked, ==, cases[i].masked);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mask/numbers", test_numbers);
	g_test_add_func("/mask/field", test_field);
	return g_test_run();
}
