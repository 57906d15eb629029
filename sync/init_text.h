/*
 * The text of a configuration: every key of the table with its help, those that have a value written out, the others commented out
 * with their default. Without values it is cron/celsync.conf.sample from its first section on. Pure.
 */
#ifndef CELSYNC_INIT_TEXT_H
#define CELSYNC_INIT_TEXT_H

#include <glib.h>

/*
 * `values`: "section.key" -> value. `remarks`: "section.key" -> a line of comment more. Either may be NULL. `title` is the first
 * line's. Free with g_free.
 */
char *init_text(const char *title, GHashTable *values, GHashTable *remarks);

/*
 * Takes "section.key=value", as --set has it, into `values` (which owns both parts). Errors are CONFIG_ERROR: no such key, a secret
 * (`ps` would show it), several lines.
 */
gboolean init_text_set(GHashTable *values, const char *setting, GError **error);

#endif
