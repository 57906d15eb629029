/*
 * Fuzz target: FreePBX's files, with any text in them. Beside not crashing: a file that is read twice says nothing new, and names of
 * endpoints are no empty ones.
 */
#include "sync/freepbx_text.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_all(const char *text, GHashTable *into)
{
	freepbx_text_php(text, into);
	freepbx_text_amportal(text, into);
	freepbx_text_section(text, "asteriskcdrdb", into);
}

static void
check_names(const GPtrArray *names)
{
	for (guint i = 0; i < names->len; i++)
		g_assert(*(const char *)names->pdata[i] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GHashTable) once = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GPtrArray) extensions = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) trunks = g_ptr_array_new_with_free_func(g_free);
	read_all(text, once);
	guint n = g_hash_table_size(once);
	read_all(text, once);
	g_assert(g_hash_table_size(once) == n);
	freepbx_text_endpoints(text, extensions, trunks);
	check_names(extensions);
	check_names(trunks);
	g_autofree char *pattern = freepbx_text_extension(extensions);
	for (guint i = 0; pattern != NULL && i < extensions->len; i++)
		g_assert(g_regex_match_simple(pattern, extensions->pdata[i], 0, 0));
	return 0;
}
