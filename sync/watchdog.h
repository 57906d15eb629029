/*
 * systemd's watchdog (sd_watchdog_enabled(3): $WATCHDOG_USEC, $WATCHDOG_PID) while a pass goes on.
 *
 * A pass may lawfully take hours: years of history, or a day's recordings. So it is not asked to be short but to get on: a thread of
 * its own says WATCHDOG=1 as long as the rest of the process has used processor time since it last looked. A process that
 * hangs uses none, and systemd starts it again. Whatever waits (the database, PlanFix) has time-outs far below the unit's WatchdogSec.
 */
#ifndef CELSYNC_WATCHDOG_H
#define CELSYNC_WATCHDOG_H

#include <glib.h>

/* How often something should be said, in µs; 0: nobody asks. */
gint64 watchdog_period(void);

typedef struct watchdog watchdog;
/* NULL: nobody asks. The thread takes no signals. */
watchdog *watchdog_start(void);
/* Returns when the thread has ended; NULL is nothing to do. */
void watchdog_stop(watchdog *dog);

#endif
