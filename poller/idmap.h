/*
 * A table from ids (uniqueids, linkedids, bridge ids) to whatever they stand for. It is looked into for every row there is,
 * so it knows its keys: short strings, owned by others, that differ in their last characters.
 */
#ifndef CELSYNC_IDMAP_H
#define CELSYNC_IDMAP_H

#include <glib.h>

struct idmap_slot {
	const char *key; /* NULL: empty. Borrowed: must live until it is removed */
	gpointer value;
	guint32 hash;
};

struct idmap {
	struct idmap_slot *slots;
	guint32 mask; /* slots - 1, a power of two */
	guint32 used;
};

void idmap_init(struct idmap *map);
void idmap_clear(struct idmap *map);
/* The slot of this key, NULL: there is none. Valid until the table changes. */
struct idmap_slot *idmap_find(const struct idmap *map, const char *key);
gpointer idmap_get(const struct idmap *map, const char *key);
/* A key that is there keeps its place (and its pointer) and gets the new value. */
void idmap_put(struct idmap *map, const char *key, gpointer value);
void idmap_remove(struct idmap *map, const char *key);

#endif
