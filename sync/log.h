/*
 * The log: one line a fact, `what key=value key=value`, to stderr; structured to the journal when
 * stderr is the journal, where each key is a field of its own (CALLID, OUTBOX_ID, EXT …).
 *
 * Values are quoted where needed and control characters are escaped: nothing a caller's name holds
 * reaches a terminal or breaks a line. Secrets are not the log's to know: never hand one over.
 * A log that cannot be written (full disk) disturbs nobody.
 */
#ifndef CELSYNC_LOG_H
#define CELSYNC_LOG_H

#include "sync/config.h"

/* Facts above this level are dropped; before it is called, the level is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
gboolean log_wants(enum log_level level);

/*
 * log_fact(LOG_LEVEL_INFO, "told", "callid", callid, "ext", ext, NULL): pairs of key and value, both
 * text; a pair whose value is NULL is left out. Keys are lower case: [a-z_].
 */
void log_fact(enum log_level level, const char *what, ...) G_GNUC_NULL_TERMINATED;
/* The same for one GError: what error="…" hint="…" (its first line and the rest). */
void log_error(enum log_level level, const char *what, const GError *error);

/*
 * A sentence for people ("celsync: …"), in their language: the format is looked up here. Lines after the first are indented. Not
 * filtered by level.
 */
void log_say(enum log_level level, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The last warning or error that was told, its first line; NULL: none was. For the thread that runs the command; borrowed. */
const char *log_last_trouble(void);

/* One value as it would stand in a line: quoted and escaped where needed. Free with g_free. */
char *log_value(const char *text);

#endif
