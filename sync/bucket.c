#include "sync/bucket.h"

#include <math.h>

#define SAVED_SECONDS 0.2
/* Where no rate was configured, a 429 shows that there is one: PlanFix's REST API allows 1 a second. */
#define RATE_GUESSED 4.0
#define RATE_LEAST 0.1

static double
capacity(const struct bucket *bucket)
{
	return MAX(1.0, bucket->rate * SAVED_SECONDS);
}

void
bucket_init(struct bucket *bucket, double rate, gint64 now)
{
	*bucket = (struct bucket){ .full = rate, .rate = rate, .filled = now };
	bucket->halved = bucket->held = G_MININT64;
	bucket->tokens = capacity(bucket);
}

guint
bucket_ready(struct bucket *bucket, gint64 now, guint most)
{
	const gint64 passed = MAX(0, now - bucket->filled);
	bucket->filled = now;
	bucket->tokens += bucket->rate * (double)passed / G_USEC_PER_SEC;
	bucket->tokens = MIN(bucket->tokens, capacity(bucket));

	if (now < bucket->held)
		return 0;
	if (bucket->rate <= 0)
		return most;
	/* What rounding took from a token must not cost another turn of the loop. */
	return (guint)MIN((double)most, floor(bucket->tokens + 1e-6));
}

void
bucket_take(struct bucket *bucket, guint n)
{
	if (bucket->rate > 0)
		bucket->tokens -= n;
}

gint64
bucket_wait(const struct bucket *bucket, gint64 now)
{
	const gint64 pause = now < bucket->held ? bucket->held - now : 0;
	if (bucket->rate <= 0)
		return pause;
	const gint64 passed = MAX(0, now - bucket->filled);
	const double missing = 1 - bucket->tokens - bucket->rate * (double)passed / G_USEC_PER_SEC;
	if (missing <= 1e-6)
		return pause;
	return MAX(pause, (gint64)ceil(missing / bucket->rate * G_USEC_PER_SEC));
}

void
bucket_refused(struct bucket *bucket, gint64 now, gint64 pause)
{
	bucket->held = MAX(bucket->held, now + pause);
	if (bucket->halved != G_MININT64 && now - bucket->halved < G_USEC_PER_SEC)
		return;
	bucket->halved = now;
	bucket->rate = bucket->rate > 0 ? MAX(bucket->rate / 2, RATE_LEAST) : RATE_GUESSED;
	/* A rate configured below the least one is not raised by a refusal. */
	if (bucket->full > 0)
		bucket->rate = MIN(bucket->rate, bucket->full);
	bucket->tokens = MIN(bucket->tokens, 0);
	bucket->filled = now;
}

void
bucket_accepted(struct bucket *bucket)
{
	if (bucket->rate <= 0)
		return;
	if (bucket->full > 0)
		bucket->rate = MIN(bucket->full, bucket->rate + bucket->full / 20);
	else if (bucket->rate < 2 * RATE_GUESSED)
		bucket->rate += RATE_GUESSED / 20;
	else
		bucket->rate = 0; /* it went well long enough: no limit again */
}
