/* sync/spool: what CEL and CDR say -> a path below the spool folder. */
#include <string.h>

#include "sync/spool.h"

#define SPOOL "/var/spool/asterisk/monitor"
#define NAME "external-101-79162722336-20261123-012550-1795397150.0.wav"

static void
test_paths(void)
{
	static const struct {
		const char *said, *path;
	} cases[] = {
		/* As the captures have it. */
		{ SPOOL "/2026/11/23/" NAME ",abi(LOCAL_MIXMON_ID),", "2026/11/23/" NAME },
		{ SPOOL "/2026/11/23/" NAME, "2026/11/23/" NAME },
		{ SPOOL "//2026/./11/23/" NAME, "2026/11/23/" NAME },
		{ SPOOL "/" NAME ",b", NAME },
		{ SPOOL "/sub/own.wav,b", "sub/own.wav" },
		/* Relative to the monitor folder. */
		{ "2026/11/23/" NAME ",b,", "2026/11/23/" NAME },
		{ "sub/own.wav,b,rm -rf /", "sub/own.wav" },
		/* Elsewhere: the tail, else the date in the name, else the name. */
		{ "/mnt/pbx/monitor/2026/11/24/" NAME ",b", "2026/11/24/" NAME },
		{ SPOOL "2/2026/11/24/" NAME ",b", "2026/11/24/" NAME },
		{ "/mnt/pbx/" NAME, "2026/11/23/" NAME },
		{ "/mnt/pbx/own.wav", "own.wav" },
		{ "/mnt/20x6/11/23/own.wav", "own.wav" },
		/* Bare names of cdr.recordingfile. */
		{ NAME, "2026/11/23/" NAME },
		{ "own.wav", "own.wav" },
		{ "q-700-+7916-20261231-235959-pbx1-1795397150.12.WAV",
		    "2026/12/31/q-700-+7916-20261231-235959-pbx1-1795397150.12.WAV" },
		{ "out-**101#-Иванов-П-20260102-000000-1795397150.1.gsm",
		    "2026/01/02/out-**101#-Иванов-П-20260102-000000-1795397150.1.gsm" },
		{ "x-20251231-010101-y-20260102-000000-1795397150.1.wav",
		    "2026/01/02/x-20251231-010101-y-20260102-000000-1795397150.1.wav" },
		{ "x-20261341-000000-1795397150.1.wav", "x-20261341-000000-1795397150.1.wav" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = spool_path(SPOOL, cases[i].said);
		g_autofree char *slash = spool_path(SPOOL "/", cases[i].said);

		g_assert_cmpstr(path, ==, cases[i].path);
		g_assert_cmpstr(slash, ==, cases[i].path);
	}
}

static void
test_rejected(void)
{
	static const char *const cases[] = {
		"",
		"/",
		",b",
		".",
		"..",
		"../x.wav",
		"2026/../../etc/passwd",
		SPOOL "/../x.wav",
		SPOOL "/2026/11/23/",
		"a\nb.wav",
		"a\tb.wav",
		"\x7f.wav",
		"\xd0.wav",
		".hidden.wav",
		"2026/11/23/.x.mp3.celsync-tmp",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = spool_path(SPOOL, cases[i]);

		g_assert_cmpstr(path, ==, NULL);
	}
	g_assert_null(spool_path(SPOOL, NULL));
}

static void
test_names(void)
{
	static const struct {
		const char *path, *base, *folder, *mp3, *extension;
	} cases[] = {
		{ "2026/11/23/" NAME, NAME, "2026/11/23",
		    "2026/11/23/external-101-79162722336-20261123-012550-1795397150.0.mp3", "wav" },
		{ "own.WAV", "own.WAV", ".", "own.mp3", "WAV" },
		{ "a.b/own", "own", "a.b", "a.b/own.mp3", "" },
		{ "x-1795397150.0", "x-1795397150.0", ".", "x-1795397150.0.mp3", "" },
		{ "old.mp3", "old.mp3", ".", "old.mp3", "mp3" },
		{ "Иван+#*.sln16", "Иван+#*.sln16", ".", "Иван+#*.mp3", "sln16" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *folder = spool_folder(cases[i].path);
		g_autofree char *mp3 = spool_mp3_path(cases[i].path);
		g_autofree char *other = spool_mp3_other(cases[i].path);

		g_assert_cmpstr(spool_base_name(cases[i].path), ==, cases[i].base);
		g_assert_cmpstr(folder, ==, cases[i].folder);
		g_assert_cmpstr(mp3, ==, cases[i].mp3);
		g_assert_cmpstr(spool_extension(cases[i].path), ==, cases[i].extension);
		g_assert_true(g_str_has_prefix(other, cases[i].path));
		g_assert_cmpstr(other + strlen(cases[i].path), ==, ".mp3");
	}
}

static void
test_time(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Europe/Moscow");
	g_autoptr(GDateTime) time = spool_name_time("2026/11/23/" NAME, zone);

	g_assert_nonnull(time);
	/* 2026-11-23 01:25:50 in Moscow. */
	g_assert_cmpint(g_date_time_to_unix(time), ==, 1795386350);
	g_assert_null(spool_name_time("own.wav", zone));
	g_assert_null(spool_name_time("x-20261123-995959-1.1.wav", zone));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spool/paths", test_paths);
	g_test_add_func("/spool/rejected", test_rejected);
	g_test_add_func("/spool/names", test_names);
	g_test_add_func("/spool/time", test_time);
	return g_test_run();
}
