/*
 * From the text of one value to its member of struct config. Pure, but for the zone files that
 * GLib reads. Errors say what is wrong with the value and, on a second line, what to write instead;
 * the caller puts file, line and key before them.
 */
#ifndef CELSYNC_CONFIG_VALUES_H
#define CELSYNC_CONFIG_VALUES_H

#include "sync/config.h"

/* What the configuration's strings live in. */
struct config_memory {
	GStringChunk *text;
};

/* `name` is the key as written: it differs from key->key in a family ("data_call_start"). */
gboolean config_value_set(struct config *config, const struct config_key *key, const char *name,
    const char *text, GError **error);

/* Frees what config_value_set() made beside strings. */
void config_values_clear(struct config *config);

#endif
