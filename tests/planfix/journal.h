/*
 * The log: one JSON object a line, in the order the requests arrived, written at once.
 *
 *   {"n":7,"time":"2025-11-23T12:28:21.002337Z","cmd":"event","fields":{"type":"in",…},
 *    "answer":{"status":200,"body":"{}"},"script":null,"accepted":true,"repeat":false,"faults":[]}
 *
 * n         counts from 1, over restarts with the same log too
 * fields    without the token; of a repeated field the first value
 * answer    what the client was, or would have been, told; null where it was never to get one; the
 *           body is null where it is secret (ping) or made of padding (huge)
 * script    the script's action, null: none
 * accepted  PlanFix would now have this event, whether or not the answer reached the client
 * repeat    it came before, and may come again (planfix --repeats)
 *
 * A log that is there already is read first: a stand-in that was stopped and started again still
 * knows the calls. The token stands nowhere in it.
 */
#ifndef PLANFIX_JOURNAL_H
#define PLANFIX_JOURNAL_H

#include "tests/planfix/judge.h"

#define JOURNAL_ERROR (journal_error_quark())
GQuark journal_error_quark(void);
enum journal_error {
	JOURNAL_ERROR_READ,
	JOURNAL_ERROR_WRITE
};

/* What this run saw. */
struct journal_counts {
	guint64 requests, accepted, repeats, scripted, faulty, faults;
};

typedef struct journal journal;
/* path NULL: only counts. What an earlier run accepted goes into `known`. */
journal *journal_open(const char *path, const char *token, calls *known, GError **error);
void journal_close(journal *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(journal, journal_close)

gboolean journal_write(journal *book, const struct judgement *judgement, GError **error);
const struct journal_counts *journal_counts(const journal *book);
/* The first faults of this run, "request 7: …"; borrowed. */
const GPtrArray *journal_faults(const journal *book);

#endif
