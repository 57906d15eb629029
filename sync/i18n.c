#include "sync/i18n.h"

#include <glib.h>
#include <libintl.h>
#include <locale.h>

/* build/locale beside build/celsync; for an installed program share/locale of the same prefix. */
static char *
find_catalogues(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self != NULL ? self : "/usr/bin/celsync");
	g_autofree char *beside = g_build_filename(folder, "locale", NULL);
	g_autofree char *prefix = g_path_get_dirname(folder);
	if (g_file_test(beside, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&beside);
	return g_build_filename(prefix, "share", "locale", NULL);
}

/* The variable that decides, in POSIX's order; NULL: none. */
static const char *
wanted_locale(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		const char *value = g_getenv(variables[i]);
		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

/*
 * ssh brings the LANG of the administrator's own machine, and a bare server has no such locale. C.UTF-8 is always there, and with it
 * LANGUAGE decides.
 */
static void
do_without_locale(void)
{
	const char *wanted = wanted_locale(), *language = g_getenv("LANGUAGE");
	if (setlocale(LC_ALL, "C.UTF-8") == NULL || wanted == NULL)
		return;
	if (language == NULL || *language == '\0')
		g_setenv("LANGUAGE", wanted, TRUE);
}

void
i18n_init(void)
{
	g_autofree char *catalogues = find_catalogues();
	if (setlocale(LC_ALL, "") == NULL)
		do_without_locale();
	/* Numbers are for programs: JSON knows no decimal comma. */
	setlocale(LC_NUMERIC, "C");
	bindtextdomain(I18N_DOMAIN, catalogues);
	bind_textdomain_codeset(I18N_DOMAIN, "UTF-8");
	textdomain(I18N_DOMAIN);
}
