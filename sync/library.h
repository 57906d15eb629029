/*
 * Libraries that are opened when something of them is first needed, not when the program starts: libcurl and libsndfile
 * bring some thirty others along, and a pass that finds nothing to do, every few seconds, would spend most of its time on
 * loading them.
 *
 * The file that includes a library's header names the functions it uses, once, and calls them through the table `lib`:
 *
 *   #define NAMES(NAME) NAME(sf_close) NAME(sf_error)
 *   LIBRARY("libsndfile.so.1", "libsndfile1", NAMES);
 *
 *   if (library_need(&library, error))
 *           lib.sf_close(file);
 *
 * The types are the header's own. Compiled with CELSYNC_LINKED the same names are bound when the program is linked: so the
 * build proves that the libraries have them, and a package learns what it depends on (build/linked/celsync, debian/rules).
 *
 * What was opened stays open to the end. Safe to be used by several threads at once.
 */
#ifndef CELSYNC_LIBRARY_H
#define CELSYNC_LIBRARY_H

#include <glib.h>

#define LIBRARY_ERROR (library_error_quark())
GQuark library_error_quark(void);
enum library_error {
	LIBRARY_ERROR_MISSING, /* not installed, or one it needs is not */
	LIBRARY_ERROR_OLD      /* a function is not in it */
};

struct library {
	const char *file;         /* the name the loader looks for */
	const char *package;      /* what to install on Debian */
	const char *const *names; /* of functions, NULL-terminated */
	gpointer *functions;      /* as many, set by library_need */
	gint open;
};

/* FALSE: it cannot be used; the next call tries again. */
gboolean library_need(struct library *library, GError **error);

#define LIBRARY_FIELD(name) __typeof__(name) *name;
#define LIBRARY_NAME(name) #name,
#ifdef CELSYNC_LINKED
#define LIBRARY_BOUND(name) .name = name,
#define LIBRARY_IS_OPEN TRUE
#else
#define LIBRARY_BOUND(name)
#define LIBRARY_IS_OPEN FALSE
#endif

/* `lib`, the functions, and `library`, for library_need. Structures of function pointers alone are arrays of them. */
#define LIBRARY(file_name, package_name, NAMES)                                                    \
	static struct {                                                                            \
		NAMES(LIBRARY_FIELD)                                                               \
	} lib = { NAMES(LIBRARY_BOUND) };                                                          \
	static const char *const library_names[] = { NAMES(LIBRARY_NAME) NULL };                   \
	G_STATIC_ASSERT(sizeof lib / sizeof(gpointer) == G_N_ELEMENTS(library_names) - 1);         \
	static struct library library = { .file = (file_name),                                     \
		.package = (package_name),                                                         \
		.names = library_names,                                                            \
		.functions = (gpointer *)&lib,                                                     \
		.open = LIBRARY_IS_OPEN }

#endif
