/*
 * Memory of things that live and die together: the strings, channels and calls of one group.
 *
 * Blocks come from a pool and go back to it, so that a stream of a million calls allocates a few of them once.
 * Nothing is freed by itself; arena_clear gives all back. Memory is aligned for any type (that of strings is not) and is not zeroed.
 */
#ifndef CELSYNC_ARENA_H
#define CELSYNC_ARENA_H

#include "poller/bytes.h"

typedef struct arena_pool arena_pool;
arena_pool *arena_pool_new(void);
void arena_pool_free(arena_pool *pool);

struct arena_block;
struct arena {
	arena_pool *pool;
	struct arena_block *blocks;
	char *next, *end;
};

void arena_init(struct arena *arena, arena_pool *pool);
void arena_clear(struct arena *arena);
/* For the two below alone: what did not fit goes into a block of its own. */
void *arena_alloc_block(struct arena *arena, gsize size);

/* What comes now goes into another block: one that was in use a moment ago, and is still in the processor's cache. */
void arena_turn(struct arena *arena);

#define ARENA_ALIGNMENT 16
static inline void *
arena_alloc(struct arena *arena, gsize size)
{
	guintptr at =
	    ((guintptr)arena->next + ARENA_ALIGNMENT - 1) & ~(guintptr)(ARENA_ALIGNMENT - 1);
	if (at + size > (guintptr)arena->end)
		return arena_alloc_block(arena, size);
	arena->next = (char *)(at + size);
	return (char *)at;
}
/* For text: it needs no alignment, and most of it is short. */
static inline char *
arena_alloc_text(struct arena *arena, gsize size)
{
	char *at = arena->next;
	if ((gsize)(arena->end - at) < size)
		return arena_alloc_block(arena, size);
	arena->next = at + size;
	return at;
}
void *arena_alloc0(struct arena *arena, gsize size);
/*
 * Room for one more behind the n items of a list that grows in the arena; *room is how many it has room for (0 and NULL at
 * first). Returns the list, which may have moved.
 */
static inline void *
arena_grow(struct arena *arena, void *items, guint n, guint *room, gsize item_size)
{
	if (G_LIKELY(n < *room))
		return items;
	*room = *room > 0 ? *room * 2 : 4;
	void *moved = arena_alloc(arena, *room * item_size);
	if (n > 0)
		memcpy(moved, items, n * item_size);
	return moved;
}
/* A copy; "" for "" and NULL, without taking memory. */
const char *arena_string(struct arena *arena, const char *text);
static inline const char *
arena_string_n(struct arena *arena, const char *text, gsize n)
{
	if (n == 0)
		return "";
	char *copy = arena_alloc_text(arena, n + 1);
	bytes_copy(copy, text, n);
	copy[n] = '\0';
	return copy;
}
const char *arena_printf(struct arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* All that `from` holds is `to`'s from now on; `from` is empty. Both are of one pool. */
void arena_absorb(struct arena *to, struct arena *from);

#endif
