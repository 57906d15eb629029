/* celsync check: who may read the configuration and the secrets, and who may write the store. */
#include "store/store.h"
#include "sync/check.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Secrets that all can read were refused when the configuration was loaded; a file that the service may change is told here. */
static void
look_at_mode(struct check_report *report, const char *path, gboolean *well)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return;
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return;
	*well = FALSE;
	check_tell(report, CHECK_LOOK, N_("permissions"), "%s has the mode %04o\nchmod 640 %s",
	    path, (guint)(st.st_mode & 07777), path);
}

void
check_permissions(struct check_report *report, const struct config *config)
{
	gboolean well = TRUE;

	look_at_mode(report, config->file, &well);
	look_at_mode(report, config->planfix.token_file, &well);
	look_at_mode(report, config->source.password_file, &well);
	if (config->recordings.publish_dir)
		look_at_mode(report, config->recordings.secret_file, &well);
	if (well)
		check_tell(report, CHECK_WELL, N_("permissions"),
		    "configuration and secrets are closed to others");
}

void
check_store(struct check_report *report, const struct config *config)
{
	const char *path = config->store.path;
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = NULL;
	g_autofree char *folder = g_path_get_dirname(path);

	if (!check_folder(report, N_("store"), folder, W_OK | X_OK,
		_("Make the folder and give it to the user celsync runs as, or correct [store] "
		  "path.")))
		return;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		check_tell(
		    report, CHECK_WELL, N_("store"), "%s will be made by the first sync", path);
		return;
	}
	if (access(path, R_OK | W_OK) < 0) {
		check_tell(report, CHECK_WRONG, N_("store"),
		    "%s: %s\nGive the file to the user celsync runs as.", path, g_strerror(errno));
		return;
	}
	db = store_open(path, STORE_READ, &error);
	if (db)
		check_tell(report, CHECK_WELL, N_("store"), "%s", path);
	else {
		/* Its message begins with "store PATH". */
		const char *told = strstr(error->message, path);
		check_tell(
		    report, CHECK_WRONG, N_("store"), "%s", told != NULL ? told : error->message);
	}
}
