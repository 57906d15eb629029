/*
 * A clock that is wrong, for tests: preloaded, it moves the wall clock of a program by CLOCK_OFFSET seconds, and by CLOCK_JUMP more
 * once the program has run for CLOCK_JUMP_AFTER milliseconds. The monotonic clock stays as it is: a clock that is set moves only
 * the other one.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static struct timespec started;

static long
setting(const char *name)
{
	const char *text = getenv(name);
	return text ? atol(text) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &started);
}

static long
moved(void)
{
	struct timespec now;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	const long ran =
	    (now.tv_sec - started.tv_sec) * 1000 + (now.tv_nsec - started.tv_nsec) / 1000000;
	const long jump = ran >= setting("CLOCK_JUMP_AFTER") ? setting("CLOCK_JUMP") : 0;
	return setting("CLOCK_OFFSET") + jump;
}

int
clock_gettime(clockid_t id, struct timespec *at)
{
	if (syscall(SYS_clock_gettime, id, at) != 0)
		return -1;
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		at->tv_sec += moved();
	return 0;
}

int
gettimeofday(struct timeval *restrict at, void *restrict zone)
{
	struct timespec now;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	at->tv_sec = now.tv_sec;
	at->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *at)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (at)
		*at = now.tv_sec;
	return now.tv_sec;
}
