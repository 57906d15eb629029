/*
 * What Asterisk tells an AGI program when it starts it: lines "agi_NAME: value", then an empty one (Asterisk, res/res_agi.c,
 * setup_env). Only libc; no I/O: bytes are handed in as they come, in any pieces.
 *
 * Caller ID comes from outside and may hold anything. Whatever comes, no more than AGI_MOST bytes are looked at, each value is
 * cut to its field and has no control characters; the first line of a name counts, so that a caller's name with a line feed in
 * it does not replace what was said before it; a number with a line feed in it is none. Values are not checked to be UTF-8.
 */
#ifndef CELSYNC_AGI_H
#define CELSYNC_AGI_H

#include <stddef.h>

#define AGI_MOST 65536

struct agi {
	/* "" where it was not said, or said to be "unknown" */
	char number[64], name[128], dialled[64];

	/* the reader's own; begin with all of it zero */
	unsigned known;
	int number_last; /* the line before this one */
	char line[256];
	size_t length, seen;
};

enum agi_state {
	AGI_MORE, /* the empty line has not come yet */
	AGI_END,
	AGI_TOO_LONG
};
enum agi_state agi_take(struct agi *agi, const char *bytes, size_t n);

#endif
