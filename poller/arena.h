/*
 * Memory of things that live and die together: the strings, channels and calls of one group.
 *
 * Blocks come from a pool and go back to it, so that a stream of a million calls allocates a few of them once.
 * Nothing is freed by itself; arena_clear gives all back. Memory is aligned for any type and is not zeroed.
 */
#ifndef CELSYNC_ARENA_H
#define CELSYNC_ARENA_H

#include <glib.h>

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
void *arena_alloc(struct arena *arena, gsize size);
void *arena_alloc0(struct arena *arena, gsize size);
/* A copy; "" for "" and NULL, without taking memory. */
const char *arena_string(struct arena *arena, const char *text);
const char *arena_string_n(struct arena *arena, const char *text, gsize n);
const char *arena_printf(struct arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* All that `from` holds is `to`'s from now on; `from` is empty. Both are of one pool. */
void arena_absorb(struct arena *to, struct arena *from);

#endif
