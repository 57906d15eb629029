#include "cron/agi.h"

#include <string.h>

/* Copies what fits; control characters become "?". */
static void
keep(char *field, size_t size, const char *value)
{
	size_t n = 0;
	for (; value[n] != '\0' && n + 1 < size; n++) {
		unsigned char c = (unsigned char)value[n];
		field[n] = c < 0x20 || c == 0x7f ? '?' : value[n];
	}
	field[n] = '\0';
}

static void
take_line(struct agi *agi)
{
	const struct {
		const char *begins;
		char *field;
		size_t size;
	} wanted[] = {
		{ "agi_callerid: ", agi->number, sizeof agi->number },
		{ "agi_calleridname: ", agi->name, sizeof agi->name },
		{ "agi_dnid: ", agi->dialled, sizeof agi->dialled },
	};
	/* Asterisk says the name right behind the number: another line there was part of the number. */
	if (agi->number_last && strncmp(agi->line, wanted[1].begins, strlen(wanted[1].begins)) != 0)
		agi->number[0] = '\0';
	agi->number_last = 0;
	for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		size_t n = strlen(wanted[i].begins);
		if (strncmp(agi->line, wanted[i].begins, n) != 0 || (agi->known & 1U << i) != 0)
			continue;
		agi->known |= 1U << i;
		agi->number_last = i == 0;
		if (strcmp(agi->line + n, "unknown") != 0)
			keep(wanted[i].field, wanted[i].size, agi->line + n);
	}
}

enum agi_state
agi_take(struct agi *agi, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (++agi->seen > AGI_MOST)
			return AGI_TOO_LONG;
		/* The end of a line that is too long is of no use; nor are zero bytes, which end no line. */
		if (bytes[i] != '\n') {
			if (agi->length + 1 < sizeof agi->line && bytes[i] != '\0')
				agi->line[agi->length++] = bytes[i];
			continue;
		}
		if (agi->length > 0 && agi->line[agi->length - 1] == '\r')
			agi->length--;
		agi->line[agi->length] = '\0';
		if (agi->length == 0)
			return AGI_END;
		take_line(agi);
		agi->length = 0;
	}
	return AGI_MORE;
}
