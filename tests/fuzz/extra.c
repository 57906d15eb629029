/*
 * Fuzz target: the reader of `extra` on any text. A target of libFuzzer: clang
 * -fsanitize=fuzzer,address,undefined; `make fuzz SECONDS=60` builds and runs it.
 *
 * Beside not crashing: every pair lies within the text and in order, the reader ends, and what is
 * given out as a value is valid UTF-8 wherever the text was.
 */
#include "poller/extra.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	const char *end = text + strlen(text), *at = text, *before = text;
	gboolean valid = g_utf8_validate(text, -1, NULL);
	struct extra_pair pair;
	while (extra_next(&at, &pair)) {
		g_assert(pair.key >= before && pair.key + pair.key_len < pair.value);
		g_assert(pair.value + pair.value_len <= at && at <= end && at > before);
		before = at;
		g_autofree char *key = g_strndup(pair.key, pair.key_len);
		g_autofree char *value = extra_dup(text, key);
		g_assert(value != NULL && (!valid || g_utf8_validate(value, -1, NULL)));
	}
	return 0;
}
