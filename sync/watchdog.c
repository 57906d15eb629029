#include "sync/watchdog.h"

#include "sync/notify.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

struct watchdog {
	GThread *thread;
	GMutex mutex;
	GCond ended;
	gboolean stop;
	gint64 period;
};

gint64
watchdog_period(void)
{
	const char *usec = g_getenv("WATCHDOG_USEC"), *pid = g_getenv("WATCHDOG_PID");
	gint64 limit = usec != NULL ? g_ascii_strtoll(usec, NULL, 10) : 0;
	if (limit <= 0 || (pid != NULL && g_ascii_strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return MAX(limit / 3, 1000);
}

static gint64
used(clockid_t clock)
{
	struct timespec time;
	if (clock_gettime(clock, &time) != 0)
		return 0;
	return (gint64)time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

/* What all threads but this one have used, µs. */
static gint64
used_by_others(void)
{
	return used(CLOCK_PROCESS_CPUTIME_ID) - used(CLOCK_THREAD_CPUTIME_ID);
}

static gpointer
look(gpointer data)
{
	watchdog *dog = data;
	gint64 before = used_by_others();
	g_mutex_lock(&dog->mutex);
	while (!dog->stop) {
		gint64 until = g_get_monotonic_time() + dog->period;
		while (!dog->stop && g_cond_wait_until(&dog->ended, &dog->mutex, until))
			continue;
		gint64 now = used_by_others();
		/* The two clocks are read one after the other: a few µs are no sign of life. */
		if (!dog->stop && now - before > 20) {
			notify_systemd("WATCHDOG=1");
			before = now;
		}
	}
	g_mutex_unlock(&dog->mutex);
	return NULL;
}

watchdog *
watchdog_start(void)
{
	gint64 period = watchdog_period();
	if (period == 0)
		return NULL;
	watchdog *dog = g_new0(watchdog, 1);
	sigset_t all, before;
	dog->period = period;
	g_mutex_init(&dog->mutex);
	g_cond_init(&dog->ended);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	dog->thread = g_thread_new("watchdog", look, dog);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return dog;
}

void
watchdog_stop(watchdog *dog)
{
	if (dog == NULL)
		return;
	g_mutex_lock(&dog->mutex);
	dog->stop = TRUE;
	g_cond_signal(&dog->ended);
	g_mutex_unlock(&dog->mutex);
	g_thread_join(dog->thread);
	g_mutex_clear(&dog->mutex);
	g_cond_clear(&dog->ended);
	g_free(dog);
}
