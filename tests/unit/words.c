/* What text output says in Russian where JSON has an English word: every note and late fact there is, every reason. */
#include "sync/words.h"

#include "sync/i18n.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

static void
assert_note(const char *note, const char *expected)
{
	g_autofree char *shown = words_note(note);
	g_assert_cmpstr(shown, ==, expected);
}

static void
test_notes(void)
{
	assert_note("101 transferred the call to 102", "101 перевёл звонок на 102");
	assert_note("101 transferred the call to an unknown extension",
	    "101 перевёл звонок на неизвестный номер");
	assert_note(
	    "101 transferred the call after asking", "101 перевёл звонок после консультации");
	assert_note("CDR says answered for 12 s, but by CEL nobody was connected with the client",
	    "по CDR разговор был 12 с, но по CEL с клиентом никого не соединили");
	assert_note(
	    "101 was told Missed, but it was Success", "101: отправлено Missed, но было Success");
	assert_note("101 was told 0 s of talk, but it was 56 s",
	    "101: отправлено 0 с разговора, но было 56 с");
	assert_note("102 was not told: Cancelled, 0 s of talk",
	    "102: не отправлено: Cancelled, разговор 0 с");
	assert_note("it was told, but it is to be skipped: no number",
	    "отправлен, хотя сообщать о нём не следовало: нет номера клиента");
	/* What nobody here makes stays as it is. */
	assert_note("101 transferred", "101 transferred");
	assert_note("", "");
}

/* A name without a translation would be shown in English. */
static void
test_names(void)
{
	for (int i = 0; i <= DIRECTION_INTERNAL; i++)
		g_assert_cmpstr(
		    words_direction((enum direction)i), !=, direction_name((enum direction)i));
	for (int i = 0; i <= RESULT_FAILED; i++)
		g_assert_cmpstr(words_result((enum result)i), !=, result_name((enum result)i));
	for (int i = 0; i <= SETTLED_STALE; i++)
		g_assert_cmpstr(words_settled((enum settled)i), !=, settled_name((enum settled)i));
	for (int i = 0; i < OUTBOX_STATES; i++)
		g_assert_cmpstr(words_request((enum outbox_state)i), !=,
		    outbox_state_name((enum outbox_state)i));
	for (int i = 0; i < RECORDING_STATES; i++)
		g_assert_cmpstr(words_recording((enum recording_state)i), !=,
		    recording_state_name((enum recording_state)i));
	static const char *const skips[] = { "internal", "no extension", "no number", "excluded",
		"before start" };
	for (guint i = 0; i < G_N_ELEMENTS(skips); i++)
		g_assert_cmpstr(words_skip(skips[i]), !=, skips[i]);
	g_assert_cmpstr(words_skip("101"), ==, "101");
}

static void
test_pad(void)
{
	g_autofree char *short_one = words_pad("ждёт", 8), *long_one = words_pad("отклонён", 3);
	g_assert_cmpstr(short_one, ==, "ждёт    ");
	g_assert_cmpstr(long_one, ==, "отклонён");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *tests = g_path_get_dirname(self);
	g_autofree char *catalogues = g_build_filename(tests, "..", "locale", NULL);
	/* What the C library speaks; LANGUAGE decides. */
	g_setenv("LANGUAGE", "ru", TRUE);
	g_assert_nonnull(setlocale(LC_ALL, "C.UTF-8"));
	bindtextdomain(I18N_DOMAIN, catalogues);
	bind_textdomain_codeset(I18N_DOMAIN, "UTF-8");
	textdomain(I18N_DOMAIN);
	g_test_add_func("/words/notes", test_notes);
	g_test_add_func("/words/names", test_names);
	g_test_add_func("/words/pad", test_pad);
	return g_test_run();
}
