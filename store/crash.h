/*
 * The crash test's hook: durable steps are counted, and the program ends at once when it has taken as many as the environment
 * variable CELSYNC_CRASH_AT says (from 1): status CRASH_STATUS, nothing flushed, nothing closed, as if the plug had been pulled.
 * With CELSYNC_CRASH_AT=0 it goes on to its end and says on stderr how many there were.
 *
 * A point stands wherever the world outside has just changed for good (a commit, a rename, an answer), or is about to. Only builds
 * with CELSYNC_CRASH defined have it (`make crash`); in all others it is nothing. It knows nothing of the store: it lives here
 * because store and sync may both include it.
 */
#ifndef CELSYNC_CRASH_H
#define CELSYNC_CRASH_H

#define CRASH_STATUS 99

#ifdef CELSYNC_CRASH
/* `name` is said on stderr when it ends the program here. May be called from any thread. */
void crash_point(const char *name);
#define CRASH_POINT(name) crash_point(name)
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
