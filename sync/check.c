#include "sync/check.h"

#include "sync/become.h"
#include "sync/log.h"
#include "sync/screen.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In this order. What takes long comes last; app_stop ends it between two. */
static const check_function checks[] = {
	check_permissions,
	check_source,
	check_rights,
	check_freshness,
	check_zone,
	check_indexes,
	check_recordings,
	check_mp3,
	check_store,
	check_hook,
	check_timer,
	check_versions,
	check_links,
	check_planfix,
};

static void
tell_people(enum check_mark mark, const char *what, char **lines)
{
	static const char *const utf8[] = { "✓", "!", "✗" };
	static const char *const ascii[] = { "ok", "!", "WRONG" };

	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
	const char *sign = (g_get_charset(NULL) ? utf8 : ascii)[mark];
	guint width = screen_width();
	g_autofree char *line = g_strdup_printf("%s %s: %s", sign, _(what), lines[0]);
	g_autofree char *first = width > 0 ? screen_fit(line, width, 2) : g_strdup(line);
	gboolean colour = screen_colour();

	/* The sign alone is coloured, after the line was measured. */
	printf("%s%s%s%s\n", colour ? colours[mark] : "", sign, colour ? "\033[0m" : "",
	    first + strlen(sign));
	for (int i = 1; lines[0] && lines[i]; i++)
		screen_print(4, "    %s", lines[i]);
}

static json_t *
json_text(const char *text)
{
	g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;
	return valid ? json_string(valid) : json_null();
}

static void
tell_programs(enum check_mark mark, const char *what, char **lines)
{
	static const char *const names[] = { "ok", "look", "wrong" };
	g_autofree char *remedy = lines[0] && lines[1] ? g_strjoinv("\n", lines + 1) : NULL;
	json_t *o = json_object();

	json_object_set_new(o, "check", json_string(what));
	json_object_set_new(o, "mark", json_string(names[mark]));
	json_object_set_new(o, "text", json_text(lines[0]));
	json_object_set_new(o, "remedy", json_text(remedy));
	g_autofree char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	puts(text);
}

void
check_tell(
    struct check_report *report, enum check_mark mark, const char *what, const char *format, ...)
{
	g_auto(GStrv) lines = NULL;
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(_(format), arguments);
	va_end(arguments);
	lines = g_strsplit(text, "\n", -1);
	(report->json ? tell_programs : tell_people)(mark, what, lines);
	/* What was found so far is shown before a silent network is waited for. */
	fflush(stdout);
	report->wrongs += mark == CHECK_WRONG;
}

gboolean
check_folder(
    struct check_report *report, const char *what, const char *path, int rights, const char *remedy)
{
	struct stat st;
	int e = 0;

	if (stat(path, &st) < 0)
		e = errno;
	else if (!S_ISDIR(st.st_mode))
		e = ENOTDIR;
	else if (access(path, rights) < 0)
		e = errno;
	if (e)
		check_tell(report, CHECK_WRONG, what, "%s: %s\n%s", path, g_strerror(e), remedy);
	return e == 0;
}

/* What root may read proves nothing: what follows is looked at with the eyes of the service, whose store it is. */
static void
see_as_service(struct check_report *report, const struct config *config)
{
	g_autofree char *folder = g_path_get_dirname(config->store.path);
	g_autofree char *name = NULL;

	switch (become_owner(folder, &name)) {
	case BECOME_DONE: check_tell(report, CHECK_WELL, N_("user"), "%s", name); return;
	case BECOME_FAILED:
		check_tell(report, CHECK_LOOK, N_("user"),
		    "cannot become %s\nRun it as that user: sudo -u %s celsync check", name, name);
		return;
	case BECOME_NOBODY:
		check_tell(report, CHECK_LOOK, N_("user"),
		    "root may do everything, so this tells nothing of the user celsync runs as\n"
		    "Repeat it as that user: sudo -u asterisk celsync check");
		return;
	}
	g_assert_not_reached();
}

static struct config *
load(struct check_report *report, struct app *app, int *status)
{
	g_autoptr(GError) error = NULL;
	struct config *config = config_load(app->config_file,
	    CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_PLANFIX | CONFIG_NEEDS_STORE, &error);

	if (!config) {
		check_tell(report, CHECK_WRONG, N_("configuration"), "%s", error->message);
		*status = (int)app_exit_code(error);
	}
	return config;
}

int
check_run(struct app *app, const char *root, gboolean json)
{
	struct check_report report = { .root = root, .json = json };
	int status;

	app->config = load(&report, app, &status);
	if (!app->config)
		return status;
	if (geteuid() == 0) {
		see_as_service(&report, app->config);
		g_clear_pointer(&app->config, config_free);
		app->config = load(&report, app, &status);
		if (!app->config)
			return status;
	}
	check_tell(&report, CHECK_WELL, N_("configuration"), "%s", app->config->file);
	for (guint i = 0; i < app->config->warnings->len; i++)
		check_tell(&report, CHECK_LOOK, N_("configuration"), "%s",
		    (const char *)app->config->warnings->pdata[i]);
	for (guint i = 0; i < G_N_ELEMENTS(checks) && !app_stop; i++)
		checks[i](&report, app->config);
	g_clear_pointer(&report.source, source_close);
	g_clear_pointer(&report.mp3, g_bytes_unref);
	if (report.wrongs > 0)
		log_say(LOG_LEVEL_ERROR,
		    ngettext("%u of the checks failed", "%u of the checks failed", report.wrongs),
		    report.wrongs);
	return report.wrongs > 0 ? EXIT_PARTLY : EXIT_DONE;
}
