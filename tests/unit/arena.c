/* Memory of things that live and die together. */
#include "poller/arena.h"

#include <string.h>

static void
test_strings(void)
{
	arena_pool *pool = arena_pool_new();
	struct arena arena;
	arena_init(&arena, pool);
	g_assert_cmpstr(arena_string(&arena, NULL), ==, "");
	g_assert_cmpstr(arena_string(&arena, ""), ==, "");
	g_assert_null(arena.blocks);
	g_assert_cmpstr(arena_string_n(&arena, "abcdef", 3), ==, "abc");
	g_assert_cmpstr(arena_printf(&arena, "%s-%d", "pbx", 7), ==, "pbx-7");
	/* Longer than any block. */
	g_autofree char *longest = g_strnfill(100000, 'x');
	g_assert_cmpstr(arena_string(&arena, longest), ==, longest);
	arena_clear(&arena);
	g_assert_null(arena.blocks);
	arena_pool_free(pool);
	arena_pool_free(NULL);
}

static void
test_pieces_do_not_overlap(void)
{
	arena_pool *pool = arena_pool_new();
	/* The second round works in the blocks of the first. */
	for (int round = 0; round < 2; round++) {
		struct arena arena;
		unsigned char *pieces[500];
		arena_init(&arena, pool);
		for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
			pieces[i] = arena_alloc0(&arena, i * 7 % 300 + 1);
			g_assert_cmpuint((gsize)pieces[i] % 16, ==, 0);
			for (gsize j = 0; j < i * 7 % 300 + 1; j++)
				g_assert_cmpint(pieces[i][j], ==, 0);
			memset(pieces[i], (int)(i % 256), i * 7 % 300 + 1);
		}
		for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
			for (gsize j = 0; j < i * 7 % 300 + 1; j++)
				g_assert_cmpint(pieces[i][j], ==, i % 256);
		}
		arena_clear(&arena);
	}
	arena_pool_free(pool);
}

static void
test_absorb(void)
{
	arena_pool *pool = arena_pool_new();
	struct arena empty, filled, third;
	arena_init(&empty, pool);
	arena_init(&filled, pool);
	arena_init(&third, pool);
	const char *first = arena_string(&filled, "first");
	arena_absorb(&empty, &filled);
	g_assert_null(filled.blocks);
	arena_absorb(&empty, &filled);
	const char *second = arena_string(&empty, "second"), *other = arena_string(&third, "third");
	for (int i = 0; i < 1000; i++)
		arena_printf(&third, "piece %d", i);
	arena_absorb(&empty, &third);
	arena_clear(&third);
	const char *last = arena_string(&empty, "last");
	g_assert_cmpstr(first, ==, "first");
	g_assert_cmpstr(second, ==, "second");
	g_assert_cmpstr(other, ==, "third");
	g_assert_cmpstr(last, ==, "last");
	arena_clear(&empty);
	arena_pool_free(pool);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/arena/strings", test_strings);
	g_test_add_func("/arena/pieces-do-not-overlap", test_pieces_do_not_overlap);
	g_test_add_func("/arena/absorb", test_absorb);
	return g_test_run();
}
