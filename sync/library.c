#include "sync/library.h"

#include <dlfcn.h>
#include <glib/gi18n.h>

G_DEFINE_QUARK(celsync_library_error, library_error)

static gboolean
open_library(struct library *library, GError **error)
{
	/* Lazily: of thousands of functions behind it a few are called. Locally: no name of it gets in anybody's way. */
	void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		g_set_error(error, LIBRARY_ERROR, LIBRARY_ERROR_MISSING,
		    _("%s cannot be loaded: %s\nInstall its package again (Debian: apt install "
		      "--reinstall %s)."),
		    library->file, dlerror(), library->package);
		return FALSE;
	}
	for (gsize i = 0; library->names[i] != NULL; i++) {
		library->functions[i] = dlsym(handle, library->names[i]);
		if (library->functions[i] == NULL) {
			g_set_error(error, LIBRARY_ERROR, LIBRARY_ERROR_OLD,
			    _("%s has no function %s: it is too old\nInstall a newer one (Debian: "
			      "apt install %s)."),
			    library->file, library->names[i], library->package);
			dlclose(handle);
			return FALSE;
		}
	}
	return TRUE;
}

gboolean
library_need(struct library *library, GError **error)
{
	static GMutex opening;
	gboolean ok = TRUE;

	if (g_atomic_int_get(&library->open))
		return TRUE;
	g_mutex_lock(&opening);
	if (!library->open) {
		ok = open_library(library, error);
		g_atomic_int_set(&library->open, ok);
	}
	g_mutex_unlock(&opening);
	return ok;
}
