#include "poller/arena.h"

#include <stdarg.h>

#define BLOCK_SIZE 2048

struct arena_block {
	struct arena_block *next;
	gsize size; /* of the whole block */
};
#define HEADER ((sizeof(struct arena_block) + ARENA_ALIGNMENT - 1) & ~(gsize)(ARENA_ALIGNMENT - 1))

struct arena_pool {
	struct arena_block *spare; /* of BLOCK_SIZE each */
};

arena_pool *
arena_pool_new(void)
{
	return g_new0(arena_pool, 1);
}

void
arena_pool_free(arena_pool *pool)
{
	if (pool == NULL)
		return;
	while (pool->spare != NULL) {
		struct arena_block *block = pool->spare;
		pool->spare = block->next;
		g_free(block);
	}
	g_free(pool);
}

void
arena_init(struct arena *arena, arena_pool *pool)
{
	*arena = (struct arena){ .pool = pool };
}

void
arena_clear(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->next;
		/* A block made larger for one long string is not worth keeping. */
		if (block->size == BLOCK_SIZE) {
			block->next = arena->pool->spare;
			arena->pool->spare = block;
		} else {
			g_free(block);
		}
	}
	arena->next = arena->end = NULL;
}

static struct arena_block *
take_block(arena_pool *pool, gsize size)
{
	struct arena_block *block = pool->spare;
	if (size <= BLOCK_SIZE && block != NULL) {
		pool->spare = block->next;
		return block;
	}
	size = MAX(size, BLOCK_SIZE);
	block = g_malloc(size);
	block->size = size;
	return block;
}

void *
arena_alloc_block(struct arena *arena, gsize size)
{
	struct arena_block *block = take_block(arena->pool, HEADER + size);
	block->next = arena->blocks;
	arena->blocks = block;
	char *p = (char *)block + HEADER;
	arena->next = p + size;
	arena->end = (char *)block + block->size;
	return p;
}

void
arena_turn(struct arena *arena)
{
	arena_alloc_block(arena, 0);
}

void *
arena_alloc0(struct arena *arena, gsize size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

const char *
arena_string(struct arena *arena, const char *text)
{
	return text != NULL && text[0] != '\0' ? arena_string_n(arena, text, strlen(text)) : "";
}

const char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	return arena_string(arena, text);
}

void
arena_absorb(struct arena *to, struct arena *from)
{
	if (from->blocks == NULL)
		return;
	struct arena_block *last = from->blocks;
	while (last->next != NULL)
		last = last->next;
	/* `to` goes on filling its own newest block, which must stay the first of the list. */
	if (to->blocks != NULL) {
		last->next = to->blocks->next;
		to->blocks->next = from->blocks;
	} else {
		to->blocks = from->blocks;
		to->next = from->next;
		to->end = from->end;
	}
	from->blocks = NULL;
	from->next = from->end = NULL;
}
