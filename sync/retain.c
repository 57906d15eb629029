#include "sync/retain.h"

#include "store/retention.h"
#include "sync/lock.h"
#include "sync/log.h"

#define DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)
/* A little less than a day, so that it stays at the same time of day whatever the timer's delays. */
#define EVERY (DAY - 3600 * (gint64)G_USEC_PER_SEC)
#define LONGEST (2 * (gint64)G_USEC_PER_SEC)
#define SHRINK_PAGES 256

static gboolean
has_time(gint64 began, const volatile gint *stop)
{
	return !*stop && g_get_monotonic_time() - began < LONGEST;
}

static gboolean
empty_some(store *db, struct retention *r, gint64 now, GError **error)
{
	if (!store_begin(db, error))
		return FALSE;
	if (retention_step(db, r, now, error) && store_commit(db, error))
		return TRUE;
	store_rollback(db);
	return FALSE;
}

static void
say_emptied(const struct retention *r)
{
	if (r->requests + r->recordings == 0)
		return;
	g_autofree char *requests = g_strdup_printf("%" G_GINT64_FORMAT, r->requests),
			*recordings = g_strdup_printf("%" G_GINT64_FORMAT, r->recordings);
	log_fact(LOG_LEVEL_INFO, "personal data removed after keep_days", "requests", requests,
	    "recordings", recordings, NULL);
}

gboolean
retain(
    store *db, const struct config *config, gint64 now, const volatile gint *stop, GError **error)
{
	const gint64 began = g_get_monotonic_time();
	struct retention r = { .before = now - config->store.keep_days * DAY,
		.links_end = config->recordings.link_days > 0,
		.wavs_pending =
		    config->recordings.wav == WAV_DELETE || config->recordings.update_cdr };
	gint64 walked, free = 1;
	g_autoptr(run_lock) lock = NULL;
	if (!retention_walked(db, &walked, error))
		return FALSE;
	/* A clock that was set back must not end it for years. */
	if (now - walked < EVERY && walked <= now)
		return TRUE;
	if (lock_take(config->store.path, "read", &lock, NULL) != LOCK_TAKEN)
		return TRUE;
	if (!retention_begin(db, &r, error))
		return FALSE;
	while (!r.done && has_time(began, stop))
		if (!empty_some(db, &r, now, error))
			return FALSE;
	say_emptied(&r);
	while (r.done && free > 0 && has_time(began, stop))
		if (!store_shrink(db, SHRINK_PAGES, &free, error))
			return FALSE;
	return TRUE;
}
