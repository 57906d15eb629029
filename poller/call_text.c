/* The texts of a call: the names of what it may be, its id, its notes. */
#include "poller/call_private.h"

#include <stdarg.h>

const char *
direction_name(enum direction direction)
{
	static const char *const names[] = { "in", "out", "internal" };
	return names[direction];
}

const char *
status_name(enum status status)
{
	static const char *const names[] = { NULL, "Success", "Missed", "Cancelled", "Busy",
		"NoAnswer", "NotAvailable", "NotAllowed" };
	return names[status];
}

const char *
result_name(enum result result)
{
	static const char *const names[] = { "answered", "missed", "failed" };
	return names[result];
}

const char *
settled_name(enum settled settled)
{
	static const char *const names[] = { "open", "ended", "grace", "restart", "stale" };
	return names[settled];
}

const char *
call_join(struct arena *arena, const char *first, ...)
{
	va_list args, again;
	gsize n = 1;
	va_start(args, first);
	va_copy(again, args);
	for (const char *text = first; text != NULL; text = va_arg(args, const char *))
		n += strlen(text);
	va_end(args);
	char *joined = arena_alloc_text(arena, n), *end = joined;
	for (const char *text = first; text != NULL; text = va_arg(again, const char *))
		end = stpcpy(end, text);
	va_end(again);
	return joined;
}

const char *
call_id(struct arena *arena, const struct call_rules *rules, const char *linkedid)
{
	return rules->name != NULL ? call_join(arena, rules->name, "-", linkedid, NULL) : linkedid;
}

void
call_note(struct call_builder *b, const char *text)
{
	struct call *call = b->call;
	for (guint i = 0; i < call->n_notes; i++) {
		if (call_same_text(call->notes[i], text))
			return;
	}
	call->notes =
	    arena_grow(b->arena, call->notes, call->n_notes, &b->room_notes, sizeof *call->notes);
	call->notes[call->n_notes++] = text;
}
