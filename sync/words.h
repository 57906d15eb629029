/*
 * States, results and reasons in the reader's language, for text output. In the store, in JSON, CSV and the log they are words for
 * programs, the same in every language; what PlanFix is told (Success, COMPLETED) is shown as it was told. Pure.
 */
#ifndef CELSYNC_WORDS_H
#define CELSYNC_WORDS_H

#include "poller/call.h"
#include "store/outbox.h"
#include "store/recordings.h"

/* Borrowed. */
const char *words_direction(enum direction direction);
const char *words_result(enum result result);
const char *words_settled(enum settled settled);
const char *words_request(enum outbox_state state);
const char *words_recording(enum recording_state state);
/* Why a call is not told; a text that is no such reason comes back as it is. */
const char *words_skip(const char *skip);

/* A call's note, a leg's reason or a late fact (poller/call*.c, sync/late_facts.c) translated; free with g_free. */
char *words_note(const char *note);

/* The text with blanks behind it, so that it takes `columns` on a screen; free with g_free. */
char *words_pad(const char *text, guint columns);

#endif
