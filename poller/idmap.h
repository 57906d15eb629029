/*
 * A table from ids (uniqueids, linkedids, bridge ids) to whatever they stand for. It is looked into for every row there is,
 * so it knows its keys: short strings, owned by others, that differ in their last characters. Whoever asks several tables about
 * one id makes its key once.
 */
#ifndef CELSYNC_IDMAP_H
#define CELSYNC_IDMAP_H

#include "poller/bytes.h"

struct idmap_key {
	const char *text; /* need not end with NUL */
	guint32 len, hash;
};

struct idmap_slot {
	const char *key; /* NULL: empty. Borrowed: must live until it is removed */
	gpointer value;
	guint32 len, hash; /* of the key */
};

struct idmap {
	struct idmap_slot *slots;
	guint32 mask; /* slots - 1, a power of two */
	guint32 used;
};

/*
 * Ids of one time count up in their last digits, and what comes together is asked for together: the lowest bits of a hash are
 * that number, so that their slots lie side by side, in lines that are in the cache. The others tell apart what ends alike.
 */
#define IDMAP_LAST_BITS 10
static inline guint32
idmap_last(const char *text, gsize n)
{
	if (n < 4)
		return 0;
	const guint32 digits = bytes_4(text + (n - 4)) & 0x0f0f0f0f;
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
	const guint32 pairs = digits * 10 + (digits >> 8);
	return ((pairs & 0xff) * 100 + ((pairs >> 16) & 0xff)) & ((1 << IDMAP_LAST_BITS) - 1);
#else
	return (digits * 0x01010101 >> 24) & ((1 << IDMAP_LAST_BITS) - 1);
#endif
}

/* Eight characters at a time; the last eight overlap those before them, and are where ids differ. */
static inline struct idmap_key
idmap_key_n(const char *text, gsize n)
{
	const guint64 prime = G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	guint64 hash = n * prime, last = 0;
	if (n >= 8) {
		for (gsize at = 0; at + 8 < n; at += 8)
			hash = (hash ^ bytes_8(text + at)) * prime, hash ^= hash >> 29;
		last = bytes_8(text + (n - 8));
	} else {
		for (gsize i = 0; i < n; i++)
			last = last << 8 | (guint8)text[i];
	}
	hash = (hash ^ last) * prime;
	return (struct idmap_key){ text, (guint32)n,
		(guint32)(hash >> 32 << IDMAP_LAST_BITS) | idmap_last(text, n) };
}

void idmap_init(struct idmap *map);
void idmap_clear(struct idmap *map);
/* The slot of this key, NULL: there is none. Valid until the table changes. */
struct idmap_slot *idmap_find_key(const struct idmap *map, const struct idmap_key *key);
gpointer idmap_get_key(const struct idmap *map, const struct idmap_key *key);
/* A key that is there keeps its place (and its pointer) and gets the new value. */
void idmap_put_key(struct idmap *map, const struct idmap_key *key, gpointer value);
/* The slot where it stands, or the empty one where it would: for idmap_fill(), while nothing else is put or removed. */
struct idmap_slot *idmap_seek(struct idmap *map, const struct idmap_key *key);
void
idmap_fill(struct idmap *map, struct idmap_slot *slot, const struct idmap_key *key, gpointer value);
void idmap_remove_key(struct idmap *map, const struct idmap_key *key);
/* The same for a key that was put with this very text, and this hash; FALSE: there is none. */
gboolean idmap_remove_text(struct idmap *map, const char *text, guint32 hash);

/* The same by text that ends with NUL. */
static inline struct idmap_key
idmap_key(const char *text)
{
	return idmap_key_n(text, strlen(text));
}
static inline struct idmap_slot *
idmap_find(const struct idmap *map, const char *text)
{
	struct idmap_key key = idmap_key(text);
	return idmap_find_key(map, &key);
}
static inline gpointer
idmap_get(const struct idmap *map, const char *text)
{
	struct idmap_key key = idmap_key(text);
	return idmap_get_key(map, &key);
}
static inline void
idmap_put(struct idmap *map, const char *text, gpointer value)
{
	struct idmap_key key = idmap_key(text);
	idmap_put_key(map, &key, value);
}
static inline void
idmap_remove(struct idmap *map, const char *text)
{
	struct idmap_key key = idmap_key(text);
	idmap_remove_key(map, &key);
}

#endif
