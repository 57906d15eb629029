/*
 * Fuzz target: the reader of the AGI environment on any bytes (libFuzzer).
 *
 * Beside not crashing: what is given out is terminated, within its field and without control characters; it does not depend on the
 * pieces in which the bytes came; the reader ends, and not before AGI_MOST bytes or an empty line.
 */
#include "cron/agi.c" /* the hook stands in no archive: it links nothing but libc */

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(int holds)
{
	if (!holds)
		abort();
}

static void
check_field(const char *field, size_t size)
{
	size_t n = strnlen(field, size);
	need(n < size);
	for (size_t i = 0; i < n; i++)
		need((unsigned char)field[i] >= 0x20 && field[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agi whole = { .known = 0 }, pieces = { .known = 0 };
	enum agi_state state = agi_take(&whole, (const char *)data, size), part = AGI_MORE;
	size_t at = 0;
	while (at < size && part == AGI_MORE) {
		size_t n = 1 + data[at] % 7;
		n = n > size - at ? size - at : n;
		part = agi_take(&pieces, (const char *)data + at, n);
		at += n;
	}
	need(part == state && pieces.length == whole.length && pieces.known == whole.known);
	need(strcmp(whole.number, pieces.number) == 0 && strcmp(whole.name, pieces.name) == 0 &&
	     strcmp(whole.dialled, pieces.dialled) == 0);
	check_field(whole.number, sizeof whole.number);
	check_field(whole.name, sizeof whole.name);
	check_field(whole.dialled, sizeof whole.dialled);
	need(whole.length < sizeof whole.line);
	need(state != AGI_MORE || size <= AGI_MOST);
	return 0;
}
