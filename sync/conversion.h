/*
 * One recording is looked at and, when it is time, becomes an MP3 behind its link. What becomes of it in which case:
 * sync/convert.h. No store, no clock; several may run at once, but only one at a time for the same MP3.
 */
#ifndef CELSYNC_CONVERSION_H
#define CELSYNC_CONVERSION_H

#include "store/recordings.h"
#include "sync/config.h"
#include "sync/publish.h"

/* What all have in common; borrowed. */
struct conversion_setting {
	const struct recordings_settings *settings;
	gint64 now;                /* µs UTC */
	const volatile gint *stop; /* may be NULL */
	int dir;                   /* the spool folder, open */
	gboolean deserted;    /* that folder holds nothing, and once did: its disk may be missing */
	publisher *publisher; /* NULL: no links are made */
};

struct conversion {
	struct recording recording; /* owned; its new state, reason, … stand here afterwards */
	gboolean adopted;           /* the MP3 was there already */
	gboolean unwritable;        /* waits because the MP3 or its link could not be written */
	gboolean dropped;           /* waits because of *stop */
	gint64 audio_ms;            /* length of what was encoded */
};

/* Fills in what is to be moved in the store: recording.state is never left converting. */
void conversion_run(const struct conversion_setting *run, struct conversion *job);

/*
 * TRUE: neither the recording nor an MP3 of it is there, and what is to be moved in the store is filled in. It takes no worker to
 * see that, and after a backfill there may be hundreds of thousands.
 */
gboolean conversion_missing(const struct conversion_setting *run, struct conversion *job);

void conversion_free(struct conversion *job);

/*
 * One that is done is looked at again: TRUE when its WAV is another than the MP3 was made from, and it is to be made
 * anew (state is then waiting). Else not_before is the next time, RECORDING_NEVER when there is none: within a day after
 * the call, at growing distances.
 */
gboolean conversion_grown(const struct conversion_setting *run, struct recording *recording);

#endif
