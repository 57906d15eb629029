/*
 * celsync init: writes a configuration (sync/init.h); with --dialplan, shows, writes and takes out the hooks in FreePBX's
 * dialplan.
 */
#include "sync/app.h"
#include "sync/dialplan.h"
#include "sync/init.h"
#include "sync/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CUSTOM "/etc/asterisk/extensions_custom.conf"
/* Read before it: the first definition of a priority counts (Asterisk, pbx/pbx_config.c). */
#define OVERRIDE "extensions_override_freepbx.conf"

char *
init_hook_path(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : g_strdup("/usr/bin");
	return g_build_filename(folder, "celsync-hook", NULL);
}

static gboolean
fail(const char *path, const char *what, GError **error)
{
	int e = errno;
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(e),
	    _("%s %s: %s\nRun this as root, or name the file with --file."), path, what,
	    g_strerror(e));
	return FALSE;
}

/* The text of a file; "" where there is none. NULL: error. Free with g_free. */
static char *
read_file(const char *path, GError **error)
{
	char *text;
	g_autoptr(GError) failed = NULL;
	if (g_file_get_contents(path, &text, NULL, &failed))
		return text;
	if (g_error_matches(failed, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		return g_strdup("");
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

static gboolean
fill(int fd, const char *text)
{
	gsize left = strlen(text);
	while (left > 0) {
		ssize_t n = write(fd, text, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FALSE;
		text += n;
		left -= (gsize)n;
	}
	return fsync(fd) == 0;
}

/* Temporary name, fsync, rename; owner and mode stay as they were, for FreePBX edits the file too. */
static gboolean
write_file(const char *path, const char *text, GError **error)
{
	/* A link stays one: what it leads to is written. */
	g_autofree char *real = g_canonicalize_filename(path, NULL);
	char *resolved = realpath(path, NULL);
	if (resolved != NULL) {
		g_free(real);
		real = g_strdup(resolved);
		free(resolved);
	}
	g_autofree char *temporary = g_strconcat(real, ".XXXXXX", NULL);
	struct stat st;
	gboolean known = stat(real, &st) == 0;
	int fd = g_mkstemp_full(temporary, O_RDWR | O_CLOEXEC, 0640);
	if (fd < 0)
		return fail(temporary, _("cannot be made"), error);
	gboolean ok = fill(fd, text) && (!known || (fchown(fd, st.st_uid, st.st_gid) == 0 &&
						       fchmod(fd, st.st_mode & 07777) == 0));
	close(fd);
	if (ok && g_rename(temporary, real) == 0)
		return TRUE;
	fail(real, _("cannot be written"), error);
	g_unlink(temporary);
	return FALSE;
}

static void
look_before(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *other = g_build_filename(folder, OVERRIDE, NULL);
	g_autofree char *text = read_file(other, NULL);
	g_autoptr(GPtrArray) contexts = dialplan_defined(text != NULL ? text : "");
	for (guint i = 0; i < contexts->len; i++)
		log_say(LOG_LEVEL_WARNING,
		    "%s defines [%s], and is read first\nMove that context to %s, and run this "
		    "again.",
		    other, (const char *)contexts->pdata[i], path);
}

static char *
merged(const char *path, const char *text, GError **error)
{
	g_autofree char *hook = init_hook_path();
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	char *after = dialplan_merge(text, hook, notes, error);
	if (after == NULL) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	for (guint i = 0; i < notes->len; i++)
		log_say(LOG_LEVEL_WARNING, "%s: %s", path, (const char *)notes->pdata[i]);
	if (!g_file_test(hook, G_FILE_TEST_IS_EXECUTABLE))
		log_say(LOG_LEVEL_WARNING,
		    "there is no program %s\nCalls go on without it, but no window is opened.",
		    hook);
	look_before(path);
	return after;
}

static int
dialplan(const char *path, gboolean write, gboolean undo)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *before = read_file(path, &error);
	g_autofree char *after = NULL;
	if (before != NULL)
		after = undo ? dialplan_without(before) : merged(path, before, &error);
	if (after == NULL)
		return app_fail(NULL, error);
	g_autofree char *difference = dialplan_difference(before, after);
	if (*difference == '\0') {
		log_say(LOG_LEVEL_INFO, "%s: nothing to change", path);
		return EXIT_DONE;
	}
	fputs(difference, stdout);
	if (!write && !undo) {
		log_say(LOG_LEVEL_INFO,
		    "%s would be changed as shown\n--write does it; then: "
		    "asterisk -rx 'dialplan reload'",
		    path);
		return EXIT_DONE;
	}
	if (!write_file(path, after, &error))
		return app_fail(NULL, error);
	log_say(LOG_LEVEL_INFO,
	    "%s was changed as shown\nAsterisk takes it over with: "
	    "asterisk -rx 'dialplan reload'"
	    "%s",
	    path, undo ? "" : _("\nTo take it out again: celsync init --dialplan --undo"));
	return EXIT_DONE;
}

static void
options_clear(struct init_options *o)
{
	g_free(o->root);
	g_free(o->planfix_url);
	g_free(o->token_file);
	g_free(o->db_user);
	g_free(o->db_password_file);
	g_free(o->db_admin);
	g_free(o->db_admin_password_file);
	g_strfreev(o->settings);
}

/* FALSE: told. */
static gboolean
go_together(
    const struct init_options *o, gboolean hooks, gboolean write, gboolean undo, const char *file)
{
	gboolean configuration = o->planfix_url || o->token_file || o->db_user ||
	                         o->db_password_file || o->db_admin || o->db_admin_password_file ||
	                         o->settings || o->print_sql || o->force || o->root;
	if (write && undo)
		log_say(LOG_LEVEL_ERROR, "--write or --undo?\nOne at a time.");
	else if (hooks && configuration)
		log_say(LOG_LEVEL_ERROR, "--dialplan goes with --write, --undo and --file "
					 "alone\nWrite the configuration "
					 "first, without --dialplan.");
	else if (!hooks && (write || undo || file != NULL))
		log_say(LOG_LEVEL_ERROR, "--write, --undo and --file belong to --dialplan\nTry "
					 "celsync init --dialplan.");
	else
		return TRUE;
	return FALSE;
}

int
cmd_init(struct app *app, int argc, char **argv)
{
	gboolean hooks = FALSE, write = FALSE, undo = FALSE;
	g_autofree char *file = NULL;
	struct init_options o = { .root = NULL };
	const GOptionEntry entries[] = {
		{ "planfix-url", 0, 0, G_OPTION_ARG_STRING, &o.planfix_url, N_("PlanFix's address"),
		    "URL" },
		{ "token-file", 0, 0, G_OPTION_ARG_FILENAME, &o.token_file,
		    N_("PlanFix's key is in FILE; - is stdin"), "FILE" },
		{ "db-user", 0, 0, G_OPTION_ARG_STRING, &o.db_user,
		    N_("The database user; else celsync"), "NAME" },
		{ "db-password-file", 0, 0, G_OPTION_ARG_FILENAME, &o.db_password_file,
		    N_("Its password is in FILE; else made up"), "FILE" },
		{ "db-admin", 0, 0, G_OPTION_ARG_STRING, &o.db_admin,
		    N_("Who may make that user; else root"), "NAME" },
		{ "db-admin-password-file", 0, 0, G_OPTION_ARG_FILENAME, &o.db_admin_password_file,
		    N_("The password of that one is in FILE"), "FILE" },
		{ "print-sql", 0, 0, G_OPTION_ARG_NONE, &o.print_sql,
		    N_("Print what makes that user, no more"), NULL },
		{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.settings,
		    N_("E.g. pbx.trunk=mango; may be repeated"), "KEY=VALUE" },
		{ "force", 0, 0, G_OPTION_ARG_NONE, &o.force,
		    N_("Replace a configuration; .bak is kept"), NULL },
		{ "root", 0, 0, G_OPTION_ARG_FILENAME, &o.root,
		    N_("Look for the PBX's files below DIR"), "DIR" },
		{ "dialplan", 0, 0, G_OPTION_ARG_NONE, &hooks,
		    N_("Show the hooks for FreePBX's dialplan"), NULL },
		{ "write", 0, 0, G_OPTION_ARG_NONE, &write, N_("Write them"), NULL },
		{ "undo", 0, 0, G_OPTION_ARG_NONE, &undo, N_("Take them out again"), NULL },
		{ "file", 0, 0, G_OPTION_ARG_FILENAME, &file, N_("Not extensions_custom.conf"),
		    "FILE" },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (app_options(app, entries, argc, argv, &status)) {
		if (!go_together(&o, hooks, write, undo, file))
			status = EXIT_USAGE;
		else if (hooks)
			status = dialplan(file != NULL ? file : CUSTOM, write, undo);
		else
			status = init_configuration(app, &o);
	}
	options_clear(&o);
	return status;
}
