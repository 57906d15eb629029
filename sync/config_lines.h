/*
 * On which line of an INI file a key stands: GKeyFile does not say. Pure.
 *
 * It also finds what GKeyFile would swallow (a key given twice, of which the last would count)
 * and what it would quote whole in its message (a line without "=", which may hold a secret).
 */
#ifndef CELSYNC_CONFIG_LINES_H
#define CELSYNC_CONFIG_LINES_H

#include <glib.h>

/*
 * "section" and "section\nkey" => line number from 1, as GUINT_TO_POINTER; NULL where a line is wrong:
 * then *bad is its number and the error (CONFIG_ERROR) says what, without quoting it.
 */
GHashTable *config_lines(const char *text, guint *bad, GError **error);

/* 0 where it does not stand there. key may be NULL. */
guint config_line_of(GHashTable *lines, const char *section, const char *key);

#endif
