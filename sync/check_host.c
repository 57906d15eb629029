/* celsync check: what calls this program (dialplan, timer), and what it is made of. */
#include "poller/pbx_database.h"
#include "store/store.h"
#include "sync/audio.h"
#include "sync/check.h"
#include "sync/dialplan.h"
#include "sync/http.h"
#include "sync/init.h"
#include "sync/sound.h"

#include <glib/gi18n.h>
#include <jansson.h>
#include <string.h>

#define CUSTOM "/etc/asterisk/extensions_custom.conf"
#define GENERATED "/etc/asterisk/extensions_additional.conf"

/* The text of a file below the root; NULL: it cannot be read. Free with g_free. */
static char *
text_of(const struct check_report *report, const char *path, GError **error)
{
	g_autofree char *whole = g_build_filename(report->root, path, NULL);
	char *text = NULL;

	return g_file_get_contents(whole, &text, NULL, error) ? text : NULL;
}

/* Asterisk without app_macro (21 and later have none) knows Gosub only. */
static enum dialplan_kind
kind_by_modules(const struct check_report *report)
{
	static const char *const folders[] = { "/usr/lib/asterisk/modules",
		"/usr/lib64/asterisk/modules", "/usr/lib/x86_64-linux-gnu/asterisk/modules",
		"/usr/lib/aarch64-linux-gnu/asterisk/modules" };

	for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *folder = g_build_filename(report->root, folders[i], NULL);
		g_autofree char *macro = g_build_filename(folder, "app_macro.so", NULL);

		/* With it either may be: FreePBX 17 on an old Asterisk. */
		if (g_file_test(folder, G_FILE_TEST_IS_DIR))
			return g_file_test(macro, G_FILE_TEST_EXISTS) ? DIALPLAN_UNKNOWN
			                                              : DIALPLAN_GOSUB;
	}
	return DIALPLAN_UNKNOWN;
}

static const char *
kind_words(enum dialplan_kind kind)
{
	switch (kind) {
	case DIALPLAN_MACRO: return _(", and right for FreePBX's Macro");
	case DIALPLAN_GOSUB: return _(", and right for FreePBX's Gosub");
	case DIALPLAN_UNKNOWN: return _("; whether by Macro or Gosub is not known here");
	}
	g_assert_not_reached();
}

static void
tell_installed(struct check_report *report, const char *text)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *hook = init_hook_path();
	g_autofree char *wanted = dialplan_merge(text, hook, notes, NULL);
	g_autofree char *generated = text_of(report, GENERATED, NULL);
	enum dialplan_kind kind = generated ? dialplan_kind(generated) : DIALPLAN_UNKNOWN;

	if (kind == DIALPLAN_UNKNOWN)
		kind = kind_by_modules(report);
	g_autofree char *fault = dialplan_fault(text, kind);
	if (fault)
		check_tell(report, CHECK_WRONG, N_("hook"),
		    "%s: calls are hung up there\nEnd it with: same => n,ExecIf($[0${MACRO_DEPTH} "
		    "< 1]?Return())\nThen: "
		    "asterisk -rx 'dialplan reload'",
		    fault);
	else if (!g_file_test(hook, G_FILE_TEST_IS_EXECUTABLE))
		check_tell(report, CHECK_WRONG, N_("hook"),
		    "there is no program %s\nInstall the package again; calls go on without it.",
		    hook);
	else if (!wanted || strcmp(wanted, text) != 0)
		check_tell(report, CHECK_LOOK, N_("hook"),
		    "%s has hooks of another version\ncelsync init --dialplan --write; "
		    "then: "
		    "asterisk -rx 'dialplan reload'",
		    CUSTOM);
	else
		check_tell(report, CHECK_WELL, N_("hook"), "installed%s", kind_words(kind));
}

void
check_hook(struct check_report *report, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = text_of(report, CUSTOM, &error);
	g_autofree char *without = text ? dialplan_without(text) : NULL;
	g_autofree char *asterisk = g_build_filename(report->root, "/etc/asterisk", NULL);
	gboolean installed = text && strcmp(text, without) != 0;

	if (!g_file_test(asterisk, G_FILE_TEST_EXISTS))
		check_tell(report, CHECK_WELL, N_("hook"), "Asterisk is not on this machine");
	else if (installed)
		tell_installed(report, text);
	else if (config->planfix.announce != ANNOUNCE_HOOK)
		check_tell(
		    report, CHECK_WELL, N_("hook"), "none, and announce does not ask for one");
	else if (text || g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		check_tell(report, CHECK_LOOK, N_("hook"),
		    "none in %s: no window opens while a phone rings\n"
		    "celsync init --dialplan shows what --write would put there; or set [planfix] "
		    "announce = poll or off.",
		    CUSTOM);
	else
		check_tell(report, CHECK_LOOK, N_("hook"),
		    "%s\nRun the check as a user who may read it.", error->message);
}

/* "celsync", or "celsync@NAME" for a configuration of another name. Free with g_free. */
static char *
unit_of(const struct config *config, const char *kind, const char *suffix)
{
	g_autofree char *name = g_path_get_basename(config->file);

	if (g_str_has_suffix(name, ".conf"))
		name[strlen(name) - strlen(".conf")] = '\0';
	return strcmp(name, "celsync") == 0 ? g_strconcat("celsync", kind, suffix, NULL)
	                                    : g_strconcat("celsync", kind, "@", name, suffix, NULL);
}

static void
ask_systemd(struct check_report *report, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *timer = unit_of(config, "", ".timer"),
			*watch = unit_of(config, "-watch", ".service"), *out = NULL;
	char *arguments[] = { (char *)"systemctl", (char *)"is-active", timer, watch, NULL };

	if (!g_spawn_sync(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		NULL, NULL, &out, NULL, NULL, &error)) {
		check_tell(report, CHECK_LOOK, N_("timer"), "%s\nsystemctl list-timers %s",
		    error->message, timer);
		return;
	}
	g_auto(GStrv) states = g_strsplit(out, "\n", 3);
	gboolean by_timer = states[0] && strcmp(states[0], "active") == 0;
	gboolean by_watch = states[0] && states[1] && strcmp(states[1], "active") == 0;
	if (by_timer || by_watch)
		check_tell(
		    report, CHECK_WELL, N_("timer"), "%s is active", by_timer ? timer : watch);
	else
		check_tell(report, CHECK_LOOK, N_("timer"),
		    "%s is not active: nothing starts celsync\nsystemctl enable --now %s", timer,
		    timer);
}

void
check_timer(struct check_report *report, const struct config *config)
{
	g_autofree char *systemd = g_build_filename(report->root, "/run/systemd/system", NULL);
	g_autofree char *cron = g_build_filename(report->root, "/etc/cron.d/celsync", NULL);

	if (g_file_test(systemd, G_FILE_TEST_IS_DIR))
		ask_systemd(report, config);
	else if (g_file_test(cron, G_FILE_TEST_EXISTS))
		check_tell(report, CHECK_WELL, N_("timer"), "no systemd here; cron has %s", cron);
	else
		check_tell(report, CHECK_LOOK, N_("timer"),
		    "no systemd here, and no /etc/cron.d/celsync: nothing starts celsync\n"
		    "Put the sample crontab there (examples/crontab beside the documentation).");
}

/* The server's; "" where there is none or it does not say. Free with g_free. */
static char *
server_version(const struct check_report *report, const struct config *config)
{
	if (!report->source || config->source.open.driver != SOURCE_MARIADB)
		return g_strdup("");
	g_autoptr(pbx_database) db = pbx_database_open(&config->source.open, NULL);
	g_autofree char *version = db ? pbx_database_version(db, NULL) : NULL;
	return version ? g_strdup_printf(_("; the server: %s"), version) : g_strdup("");
}

static const char *
or_missing(const char *version)
{
	return version ? version : _("missing");
}

void
check_versions(struct check_report *report, const struct config *config)
{
	g_autofree char *server = server_version(report, config);

	check_tell(report, CHECK_WELL, N_("versions"),
	    "celsync %s, GLib %u.%u.%u, SQLite %s, libmariadb %s, libcurl %s, LAME %s, %s, jansson "
	    "%s%s",
	    CELSYNC_VERSION, glib_major_version, glib_minor_version, glib_micro_version,
	    store_library(), pbx_database_library(), or_missing(http_library(NULL)),
	    or_missing(audio_library(NULL)), or_missing(sound_library(NULL)), jansson_version_str(),
	    server);
}
