/* The table of ids against GLib's own, with thousands of random changes. */
#include "poller/idmap.h"

#include <string.h>

static void
test_empty(void)
{
	struct idmap map;
	idmap_init(&map);
	g_assert_null(idmap_find(&map, "1763900900.12"));
	g_assert_null(idmap_get(&map, ""));
	idmap_remove(&map, "1763900900.12");
	idmap_clear(&map);
}

static void
test_keeps_key(void)
{
	struct idmap map;
	char first[] = "1763900900.12", second[] = "1763900900.12";
	int a, b;
	idmap_init(&map);
	idmap_put(&map, first, &a);
	idmap_put(&map, second, &b);
	g_assert_true(idmap_find(&map, second)->key == first);
	g_assert_true(idmap_get(&map, first) == &b);
	idmap_remove(&map, second);
	g_assert_null(idmap_find(&map, first));
	idmap_clear(&map);
}

/* Few keys, so that most are put, found and removed again and again. */
static void
test_random(void)
{
	struct idmap map;
	g_autoptr(GHashTable) truth = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < 600; i++)
		g_ptr_array_add(
		    keys, g_strdup_printf("%s17639%05u.%u", i % 3 == 0 ? "pbx-" : "", i / 7, i));
	idmap_init(&map);
	for (guint i = 0; i < 100000; i++) {
		char *key = keys->pdata[g_test_rand_int_range(0, (gint32)keys->len)];
		if (g_test_rand_int_range(0, 2) == 0) {
			idmap_put(&map, key, GUINT_TO_POINTER(i + 1));
			g_hash_table_insert(truth, key, GUINT_TO_POINTER(i + 1));
		} else {
			idmap_remove(&map, key);
			g_hash_table_remove(truth, key);
		}
		key = keys->pdata[g_test_rand_int_range(0, (gint32)keys->len)];
		g_assert_true(idmap_get(&map, key) == g_hash_table_lookup(truth, key));
		g_assert_cmpuint(map.used, ==, g_hash_table_size(truth));
	}
	for (guint i = 0; i < keys->len; i++)
		g_assert_true(
		    idmap_get(&map, keys->pdata[i]) == g_hash_table_lookup(truth, keys->pdata[i]));
	idmap_clear(&map);
}

/* Keys that are put where they were looked for, and taken out by their own text alone. */
static void
test_by_own_text(void)
{
	struct idmap map;
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	idmap_init(&map);
	for (guint i = 0; i < 5000; i++) {
		char *id = g_strdup_printf("1763900900.%u", i);
		const struct idmap_key key = idmap_key(id);
		struct idmap_slot *slot = idmap_seek(&map, &key);
		g_assert_null(slot->key);
		idmap_fill(&map, slot, &key, GUINT_TO_POINTER(i + 1));
		g_ptr_array_add(keys, id);
	}
	for (guint i = 0; i < keys->len; i++) {
		const struct idmap_key key = idmap_key(keys->pdata[i]);
		g_autofree char *alike = g_strdup(keys->pdata[i]);
		g_assert_true(idmap_seek(&map, &key)->value == GUINT_TO_POINTER(i + 1));
		g_assert_false(idmap_remove_text(&map, alike, key.hash));
		g_assert_true(idmap_remove_text(&map, keys->pdata[i], key.hash));
		g_assert_false(idmap_remove_text(&map, keys->pdata[i], key.hash));
		g_assert_null(idmap_find_key(&map, &key));
		g_assert_cmpuint(map.used, ==, keys->len - 1 - i);
	}
	idmap_clear(&map);
}

/* However ids end: the last of them is found after few looks, not after as many as there are. */
static void
test_what_ends_alike(void)
{
	struct idmap map;
	guint longest = 0;
	idmap_init(&map);
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < 100000; i++) {
		char *id = g_strdup_printf("%u.%u", 1763900900 + i * 7919, 5000 + i % 3);
		idmap_put(&map, id, id);
		g_ptr_array_add(keys, id);
	}
	for (guint i = 0, run = 0; i <= map.mask; i++) {
		run = map.slots[i].key != NULL ? run + 1 : 0;
		longest = MAX(longest, run);
	}
	g_assert_cmpuint(longest, <, 5000);
	idmap_clear(&map);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/idmap/empty", test_empty);
	g_test_add_func("/idmap/keeps-key", test_keeps_key);
	g_test_add_func("/idmap/random", test_random);
	g_test_add_func("/idmap/by-own-text", test_by_own_text);
	g_test_add_func("/idmap/what-ends-alike", test_what_ends_alike);
	return g_test_run();
}
