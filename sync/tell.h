/*
 * One settled call goes into the store: events for the employees it concerns, and the recordings to be converted.
 *
 * Acts inside the caller's transaction. What a window says was told already is not told again, so a call that is rebuilt
 * twice changes nothing the second time.
 */
#ifndef CELSYNC_TELL_H
#define CELSYNC_TELL_H

#include "store/outbox.h"
#include "sync/absent.h"
#include "sync/config.h"
#include "sync/form.h"

#include <stdio.h>

struct teller {
	store *store; /* NULL: nothing is known and nothing is kept; only for print */
	FILE *
	    print; /* a dry run: requests are printed here, one JSON object a line, and nothing is written */
	const struct config *config;
	struct form_settings form;
	absence *absence;  /* says which recordings there are not; NULL: nobody looks. Borrowed */
	gint64 now, start; /* µs UTC; start: nothing that began before is told */
	gboolean history;  /* COMPLETED only, behind live traffic */
	/* What there is none of at all, by the last tell_begin(): it is not looked for with each call. */
	gboolean none_announced, none_emptied;
	/* What was done. */
	gint64 calls, events, recordings, skipped;
	gint64 absent; /* of the recordings: none, as the file is not there */
};

/*
 * At the beginning of a transaction with very many calls: what they can do without. The answers hold until it ends, so whoever calls
 * this calls it in each.
 */
gboolean tell_begin(struct teller *teller, GError **error);

/* `was_open`: it was known as open before, so that `start` does not hide it. */
gboolean
tell_call(struct teller *teller, const struct call *call, gboolean was_open, GError **error);

/* A call that is still going on: windows are opened and closed as its employees' phones ring and are answered. */
gboolean tell_progress(struct teller *teller, const struct call *call, GError **error);

#endif
