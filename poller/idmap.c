#include "poller/idmap.h"

#include <string.h>

#define SLOTS_MIN 64

void
idmap_init(struct idmap *map)
{
	map->slots = g_new0(struct idmap_slot, SLOTS_MIN);
	map->mask = SLOTS_MIN - 1;
	map->used = 0;
}

void
idmap_clear(struct idmap *map)
{
	g_clear_pointer(&map->slots, g_free);
	map->mask = map->used = 0;
}

/* Eight characters at a time; the end is mixed once more, for that is where ids differ. */
static inline guint32
hash_of(const char *key)
{
	const guint64 prime = G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	gsize n = strlen(key);
	guint64 hash = n * prime, part;
	for (; n >= 8; n -= 8, key += 8) {
		memcpy(&part, key, 8);
		hash = (hash ^ part) * prime;
		hash ^= hash >> 29;
	}
	part = 0;
	for (gsize i = 0; i < n; i++)
		part = part << 8 | (guint8)key[i];
	hash = (hash ^ part) * prime;
	return (guint32)(hash >> 32);
}

/* Where the key stands, or the empty slot where it would. */
static inline struct idmap_slot *
slot_of(const struct idmap *map, const char *key, guint32 hash)
{
	guint32 i = hash & map->mask;
	while (map->slots[i].key != NULL &&
	       (map->slots[i].hash != hash || strcmp(map->slots[i].key, key) != 0))
		i = (i + 1) & map->mask;
	return &map->slots[i];
}

struct idmap_slot *
idmap_find(const struct idmap *map, const char *key)
{
	struct idmap_slot *slot = slot_of(map, key, hash_of(key));
	return slot->key != NULL ? slot : NULL;
}

gpointer
idmap_get(const struct idmap *map, const char *key)
{
	return slot_of(map, key, hash_of(key))->value;
}

static void
grow(struct idmap *map)
{
	struct idmap_slot *old = map->slots;
	guint32 n = map->mask + 1;
	map->slots = g_new0(struct idmap_slot, (gsize)n * 2);
	map->mask = n * 2 - 1;
	for (guint32 i = 0; i < n; i++) {
		if (old[i].key == NULL)
			continue;
		guint32 at = old[i].hash & map->mask;
		while (map->slots[at].key != NULL)
			at = (at + 1) & map->mask;
		map->slots[at] = old[i];
	}
	g_free(old);
}

void
idmap_put(struct idmap *map, const char *key, gpointer value)
{
	guint32 hash = hash_of(key);
	struct idmap_slot *slot = slot_of(map, key, hash);
	if (slot->key != NULL) {
		slot->value = value;
		return;
	}
	*slot = (struct idmap_slot){ key, value, hash };
	if (++map->used > map->mask / 2)
		grow(map);
}

void
idmap_remove(struct idmap *map, const char *key)
{
	struct idmap_slot *slot = slot_of(map, key, hash_of(key));
	if (slot->key == NULL)
		return;
	map->used--;
	/* What stands behind it and was pushed past it moves up, so that no gap cuts a run of slots. */
	guint32 gap = (guint32)(slot - map->slots), i = gap;
	for (;;) {
		i = (i + 1) & map->mask;
		if (map->slots[i].key == NULL)
			break;
		guint32 home = map->slots[i].hash & map->mask;
		if (((i - home) & map->mask) >= ((i - gap) & map->mask)) {
			map->slots[gap] = map->slots[i];
			gap = i;
		}
	}
	map->slots[gap] = (struct idmap_slot){ 0 };
}
