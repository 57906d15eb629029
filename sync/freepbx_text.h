/*
 * FreePBX's and Asterisk's own files: text in, names and values out. Pure; nothing is executed, above all not PHP.
 *
 * Formats: /etc/freepbx.conf has lines $amp_conf['KEY'] = 'value'; (FreePBX framework, installcommand.class.php); /etc/amportal.conf
 * KEY=value with "\ " for a space (the same, "IGNORED BY FreePBX"); res_odbc*.conf, pjsip*.conf and odbc.ini have [section] and
 * key = value or key => value.
 *
 * What is not understood is left out: another file or the administrator will say it.
 */
#ifndef CELSYNC_FREEPBX_TEXT_H
#define CELSYNC_FREEPBX_TEXT_H

#include <glib.h>

/* Each puts KEY -> value into `into`, which owns both (g_free); a key that is there already stays. */
void freepbx_text_php(const char *text, GHashTable *into);
void freepbx_text_amportal(const char *text, GHashTable *into);
/* Only the section `section`, its keys in lower case. TRUE: there is such a section. */
gboolean freepbx_text_section(const char *text, const char *section, GHashTable *into);

/*
 * Endpoints of pjsip*.conf: names of those that ring for employees (numbers whose context is not that of a trunk) and of trunks,
 * added as char * where they are not there yet. Templates are no endpoints.
 */
void freepbx_text_endpoints(const char *text, GPtrArray *extensions, GPtrArray *trunks);

/* Puts a name into a list that owns its strings, once. */
void freepbx_text_add(GPtrArray *list, const char *name);

/* The regular expression of [pbx] extension that takes these extensions; free with g_free. NULL: the default does. */
char *freepbx_text_extension(const GPtrArray *extensions);

#endif
