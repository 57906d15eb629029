#include "sync/bucket.h"

#define US ((gint64)G_USEC_PER_SEC)

/* Lets requests start whenever the bucket allows, over `us`; how many did. */
static guint
drain(struct bucket *bucket, gint64 *now, gint64 us)
{
	guint started = 0;
	const gint64 until = *now + us;
	while (*now < until) {
		const guint n = bucket_ready(bucket, *now, 4);
		bucket_take(bucket, n);
		started += n;
		const gint64 wait = bucket_wait(bucket, *now);
		/* After bucket_wait there is always one: the loop above it never spins. */
		g_assert_true(wait > 0 || bucket_ready(bucket, *now, 1) == 1);
		*now += wait;
	}
	*now = until;
	return started;
}

static void
test_rate(void)
{
	struct bucket bucket;
	gint64 now = 1000;
	bucket_init(&bucket, 5, now);
	g_assert_cmpuint(drain(&bucket, &now, 10 * US), ==, 50);
	/* A long rest saves nothing up: the next second has its five, and the one at its start. */
	now += 3600 * US;
	g_assert_cmpuint(drain(&bucket, &now, US), <=, 6);
}

static void
test_fast(void)
{
	struct bucket bucket;
	gint64 now = 0;
	bucket_init(&bucket, 100, now);
	g_assert_cmpuint(bucket_ready(&bucket, now, 1000), ==, 20);
	g_assert_cmpuint(drain(&bucket, &now, 10 * US), <=, 1021);
}

static void
test_slow(void)
{
	struct bucket bucket;
	gint64 now = 0;
	bucket_init(&bucket, 0.5, now);
	g_assert_cmpuint(drain(&bucket, &now, 10 * US), ==, 5);
}

static void
test_no_limit(void)
{
	struct bucket bucket;
	bucket_init(&bucket, 0, 0);
	for (int i = 0; i < 100; i++) {
		g_assert_cmpuint(bucket_ready(&bucket, 0, 7), ==, 7);
		bucket_take(&bucket, 7);
	}
	g_assert_cmpint(bucket_wait(&bucket, 0), ==, 0);
}

/* Tried: the rate left as it is; no token taken (this program then never ends). */
static void
test_halves_once(void)
{
	struct bucket bucket;
	gint64 now = 0;
	bucket_init(&bucket, 8, now);
	/* Four requests were under way together: their refusals are one. */
	for (int i = 0; i < 4; i++)
		bucket_refused(&bucket, now + i * 1000, 0);
	g_assert_cmpfloat(bucket.rate, ==, 4);
	now += 2 * US;
	bucket_refused(&bucket, now, 0);
	g_assert_cmpfloat(bucket.rate, ==, 2);
	/* Two a second, the first one after half a second. */
	g_assert_cmpuint(drain(&bucket, &now, 10 * US), ==, 19);
	for (int i = 0; i < 100; i++) {
		now += 2 * US;
		bucket_refused(&bucket, now, 0);
	}
	g_assert_cmpfloat(bucket.rate, >, 0);
}

/* Tried: bucket_accepted() empty. */
static void
test_recovers(void)
{
	struct bucket bucket;
	bucket_init(&bucket, 8, 0);
	bucket_refused(&bucket, 0, 0);
	int successes = 0;
	for (; bucket.rate < 8 && successes < 1000; successes++)
		bucket_accepted(&bucket);
	g_assert_cmpint(successes, >=, 10);
	g_assert_cmpint(successes, <=, 11);
	bucket_accepted(&bucket);
	g_assert_cmpfloat(bucket.rate, ==, 8);
}

static void
test_no_limit_met_one(void)
{
	struct bucket bucket;
	bucket_init(&bucket, 0, 0);
	bucket_refused(&bucket, 0, 0);
	g_assert_cmpfloat(bucket.rate, >, 0);
	g_assert_cmpuint(bucket_ready(&bucket, 0, 7), ==, 0);
	for (int i = 0; i < 1000; i++)
		bucket_accepted(&bucket);
	g_assert_cmpfloat(bucket.rate, ==, 0);
}

static void
test_pause(void)
{
	struct bucket bucket;
	bucket_init(&bucket, 5, 0);
	bucket_refused(&bucket, 0, 30 * US);
	bucket_refused(&bucket, 1, US);
	g_assert_cmpuint(bucket_ready(&bucket, 30 * US - 1, 4), ==, 0);
	g_assert_cmpint(bucket_wait(&bucket, 10 * US), ==, 20 * US);
	g_assert_cmpuint(bucket_ready(&bucket, 30 * US, 4), ==, 1);
}

static void
test_clock_back(void)
{
	struct bucket bucket;
	bucket_init(&bucket, 5, 100 * US);
	bucket_take(&bucket, 1);
	g_assert_cmpuint(bucket_ready(&bucket, 50 * US, 4), ==, 0);
	g_assert_cmpuint(bucket_ready(&bucket, 51 * US, 4), ==, 1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bucket/rate", test_rate);
	g_test_add_func("/bucket/fast", test_fast);
	g_test_add_func("/bucket/slow", test_slow);
	g_test_add_func("/bucket/no limit", test_no_limit);
	g_test_add_func("/bucket/halves once", test_halves_once);
	g_test_add_func("/bucket/recovers", test_recovers);
	g_test_add_func("/bucket/no limit met one", test_no_limit_met_one);
	g_test_add_func("/bucket/pause", test_pause);
	g_test_add_func("/bucket/clock goes back", test_clock_back);
	return g_test_run();
}
