#include "sync/init_place.h"

#include "sync/config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define USUAL "/etc/celsync/celsync.conf"

char *
init_place_name(const struct init_place *place)
{
	char *name = g_path_get_basename(place->file);
	if (g_str_has_suffix(name, ".conf"))
		name[strlen(name) - strlen(".conf")] = '\0';
	return name;
}

char *
init_place_beside(const struct init_place *place, const char *what)
{
	g_autofree char *name = init_place_name(place);
	gboolean first = strcmp(name, "celsync") == 0;
	g_autofree char *file = first ? g_strdup(what) : g_strconcat(name, ".", what, NULL);
	return g_build_filename(place->folder, file, NULL);
}

/* The files are for the user the service runs as: Asterisk's, else the package's. Only root can give them away. */
static void
choose_group(struct init_place *place)
{
	/* There is one thread. */
	// cppcheck-suppress getpwnamCalled
	struct passwd *user = getpwnam("asterisk");
	if (user == NULL)
		// cppcheck-suppress getpwnamCalled
		user = getpwnam("celsync");
	place->group = user != NULL && geteuid() == 0 ? user->pw_gid : (gid_t)-1;
}

void
init_place_find(struct init_place *place, const char *named, const char *root)
{
	if (named == NULL)
		named = g_getenv("CELSYNC_CONFIG");
	place->file = named != NULL && *named != '\0'
	                  ? g_canonicalize_filename(named, NULL)
	                  : g_build_filename(root != NULL ? root : "/", USUAL, NULL);
	place->folder = g_path_get_dirname(place->file);
	choose_group(place);
}

void
init_place_clear(struct init_place *place)
{
	g_free(place->file);
	g_free(place->folder);
}

gboolean
init_place_fail(const char *path, const char *what, GError **error)
{
	g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE,
	    _("%s %s: %s\nRun this as root, or name another file with -c."), path, what,
	    g_strerror(errno));
	return FALSE;
}

static gboolean
give(const struct init_place *place, const char *path, mode_t mode, GError **error)
{
	if (place->group != (gid_t)-1 && chown(path, (uid_t)-1, place->group) != 0)
		return init_place_fail(path, _("cannot be given away"), error);
	return g_chmod(path, mode) == 0 ||
	       init_place_fail(path, _("cannot be closed to others"), error);
}

/* Until it is given away nobody but its owner can read it. */
gboolean
init_place_write(const struct init_place *place, const char *path, const char *text, GError **error)
{
	return g_file_set_contents_full(path, text, -1,
		   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error) &&
	       give(place, path, 0640, error);
}

gboolean
init_place_make(const struct init_place *place, GError **error)
{
	if (g_file_test(place->folder, G_FILE_TEST_IS_DIR))
		return TRUE;
	if (g_mkdir_with_parents(place->folder, 0750) != 0)
		return init_place_fail(place->folder, _("cannot be made"), error);
	return give(place, place->folder, 0750, error);
}
