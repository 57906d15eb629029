/*
 * The fault script: which request is to be answered how. One rule a line:
 *
 *   [after N] [count K | forever] [FIELD=VALUE ...] ACTION
 *
 * FIELD is cmd, event, type, phone, ext, callid or status; every one named must have that value.
 * A rule lets the first N requests that match it pass (0), then acts on K of them (1). The first
 * rule that acts on a request wins, later ones do not count it. Empty lines and "#" are skipped;
 * the line "clear" takes every rule away. Actions:
 *
 *   status CODE [retry-after SECONDS|DATE] [body TEXT]
 *   redirect URL     301
 *   hang             accepted, never answered
 *   slow MS          the usual answer, later
 *   drop             read to its end, then the connection is closed
 *   half             the headers and half of the body, then the connection is closed
 *   garbage          200 and something that is not JSON
 *   huge BYTES       200 and as many bytes, streamed
 */
#ifndef PLANFIX_SCRIPT_H
#define PLANFIX_SCRIPT_H

#include "tests/planfix/form.h"

enum action_kind {
	ACTION_STATUS,
	ACTION_REDIRECT,
	ACTION_HANG,
	ACTION_SLOW,
	ACTION_DROP,
	ACTION_HALF,
	ACTION_GARBAGE,
	ACTION_HUGE
};

/* Owned by the script. */
struct action {
	enum action_kind kind;
	char *words;       /* as written, for the log */
	gint64 number;     /* the CODE, MS or BYTES */
	char *text;        /* the body, NULL: a usual one; or the URL */
	char *retry_after; /* NULL: none */
};

#define SCRIPT_ERROR (script_error_quark())
GQuark script_error_quark(void);
enum script_error {
	SCRIPT_ERROR_SYNTAX
};

typedef struct script script;
script *script_new(void);
void script_free(script *play);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(script, script_free)

/* Adds the rules of `text`; on an error none of them. */
gboolean script_add(script *play, const char *text, GError **error);
/* Counts the request; what is to be done with it, or NULL. Valid until the next call on the script. */
const struct action *script_next(script *play, const struct form *form);
/* Rules that have still to act. A rule that acts forever counts as one. */
guint script_pending(const script *play);

#endif
