#include "poller/idmap.h"

/* Of four slots three stay empty: runs of ids that end alike do not grow together. */
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

/* Where the key stands, or the empty slot where it would. */
static inline struct idmap_slot *
slot_of(const struct idmap *map, const struct idmap_key *key)
{
	guint32 i = key->hash & map->mask;
	/* Ids count up: what is asked for next lies a little further on. */
	__builtin_prefetch(&map->slots[i] + 6);
	while (map->slots[i].key != NULL &&
	       (map->slots[i].hash != key->hash || map->slots[i].len != key->len ||
		   !bytes_same(map->slots[i].key, key->text, key->len)))
		i = (i + 1) & map->mask;
	return &map->slots[i];
}

struct idmap_slot *
idmap_find_key(const struct idmap *map, const struct idmap_key *key)
{
	struct idmap_slot *slot = slot_of(map, key);
	return slot->key != NULL ? slot : NULL;
}

gpointer
idmap_get_key(const struct idmap *map, const struct idmap_key *key)
{
	return slot_of(map, key)->value;
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

struct idmap_slot *
idmap_seek(struct idmap *map, const struct idmap_key *key)
{
	return slot_of(map, key);
}

void
idmap_fill(struct idmap *map, struct idmap_slot *slot, const struct idmap_key *key, gpointer value)
{
	*slot = (struct idmap_slot){ key->text, value, key->len, key->hash };
	if (++map->used > map->mask / 4)
		grow(map);
}

void
idmap_put_key(struct idmap *map, const struct idmap_key *key, gpointer value)
{
	struct idmap_slot *slot = slot_of(map, key);
	if (slot->key != NULL)
		slot->value = value;
	else
		idmap_fill(map, slot, key, value);
}

static void
empty_slot(struct idmap *map, struct idmap_slot *slot)
{
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

void
idmap_remove_key(struct idmap *map, const struct idmap_key *key)
{
	struct idmap_slot *slot = slot_of(map, key);
	if (slot->key != NULL)
		empty_slot(map, slot);
}

gboolean
idmap_remove_text(struct idmap *map, const char *text, guint32 hash)
{
	guint32 i = hash & map->mask;
	while (map->slots[i].key != NULL && map->slots[i].key != text)
		i = (i + 1) & map->mask;
	if (map->slots[i].key == NULL)
		return FALSE;
	empty_slot(map, &map->slots[i]);
	return TRUE;
}
