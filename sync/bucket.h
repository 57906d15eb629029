/*
 * A token bucket: how many requests may start now. Pure; `now` is any steady clock, microseconds.
 *
 * PlanFix publishes no limit, so the rate is ours. It holds over any second: at most a fifth of a
 * second's requests (one at least) are saved up while nobody asks. A 429 halves the rate, once for
 * all requests that were under way together; every success gives a twentieth of it back.
 */
#ifndef CELSYNC_BUCKET_H
#define CELSYNC_BUCKET_H

#include <glib.h>

struct bucket {
	double full, rate; /* requests per second as configured and as now; 0: no limit */
	double tokens;
	gint64 filled; /* when tokens was right */
	gint64 halved; /* when the rate was last halved; G_MININT64: never */
	gint64 held;   /* nothing starts before */
};
void bucket_init(struct bucket *bucket, double rate, gint64 now);

/* How many of `most` requests may start now. */
guint bucket_ready(struct bucket *bucket, gint64 now, guint most);
/* `n` requests, at most what bucket_ready allowed, are started. */
void bucket_take(struct bucket *bucket, guint n);
/* Microseconds until the next one may start; 0: now. */
gint64 bucket_wait(const struct bucket *bucket, gint64 now);

/* 429: slower from here, and nothing at all for `pause` µs. */
void bucket_refused(struct bucket *bucket, gint64 now, gint64 pause);
void bucket_accepted(struct bucket *bucket);

#endif
