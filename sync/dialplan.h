/*
 * The hooks in FreePBX's dialplan: text of extensions_custom.conf in, text out. Pure.
 *
 * FreePBX calls a context of the administrator's own before it dials (FreePBX core, functions.inc/macro-dial-one.php,
 * macro-dial.php, functions.inc.php; since 15 Dialplan/). FreePBX 13 to 16 call it by Macro, 17 by Gosub; a block of ours ends
 * so that both go on (MACRO_DEPTH is set by Macro only). A context that is there already is not written a second time: Asterisk would
 * drop whichever priorities come second. It gets one line, after its first one; where the first one may leave the context
 * at once, before it.
 *
 * Every line of ours is marked, so that it can be found again: a merge begins by removing what an earlier one wrote.
 */
#ifndef CELSYNC_DIALPLAN_H
#define CELSYNC_DIALPLAN_H

#include <glib.h>

#define DIALPLAN_ERROR (dialplan_error_quark())
GQuark dialplan_error_quark(void);
enum dialplan_error {
	DIALPLAN_ERROR_BY_HAND /* a context that one line cannot be merged into */
};

/*
 * The text with the hooks in it, each calling the program `hook` (an absolute path). notes gets a sentence (char *) for
 * whatever the administrator should look at. Free with g_free.
 */
char *dialplan_merge(const char *text, const char *hook, GPtrArray *notes, GError **error);
/* The text as it was before. Free with g_free. */
char *dialplan_without(const char *text);
/* Contexts of ours that `text` defines; char *, borrowed. For files that are read before extensions_custom.conf. */
GPtrArray *dialplan_defined(const char *text);

/* Lines that went ("- …") and came ("+ …"), with the number of their line; "" where nothing changed. Free with g_free. */
char *dialplan_difference(const char *before, const char *after);

/*
 * How FreePBX's own dialplan (the text of extensions_additional.conf) calls the hooks: by Macro until 16, by Gosub from 17 on (FreePBX
 * framework, libraries/extensions.class.php). What ends the one well hangs up a call in the other.
 */
enum dialplan_kind {
	DIALPLAN_UNKNOWN,
	DIALPLAN_MACRO,
	DIALPLAN_GOSUB
};
enum dialplan_kind dialplan_kind(const char *generated);

/*
 * What in a hook's context would hang up calls when it is called so; NULL: nothing that is known. `text`: extensions_custom.conf. Free
 * with g_free.
 */
char *dialplan_fault(const char *text, enum dialplan_kind kind);

#endif
