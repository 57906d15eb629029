#include "store/crash.h"

#include <glib.h>

#ifdef CELSYNC_CRASH

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static gint taken;

/* -1: nobody asks. */
static int
wanted_step(void)
{
	const char *at = g_getenv("CELSYNC_CRASH_AT");
	return at != NULL ? atoi(at) : -1;
}

void
crash_point(const char *name)
{
	const int step = g_atomic_int_add(&taken, 1) + 1;
	if (step != wanted_step())
		return;
	char line[128];
	const int length = snprintf(line, sizeof line, "crash at step %d: %s\n", step, name);
	/* No destructor, no flush, no unlock: only what the kernel does for a process that was killed. */
	(void)!write(STDERR_FILENO, line, (size_t)length);
	_exit(CRASH_STATUS);
}

__attribute__((destructor)) static void
say_how_many(void)
{
	if (wanted_step() == 0)
		fprintf(stderr, "%d steps\n", g_atomic_int_get(&taken));
}

#endif
