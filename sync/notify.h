/*
 * Telling systemd how a service fares: READY, STATUS, WATCHDOG (sd_notify(3), the protocol of $NOTIFY_SOCKET).
 * Without that variable nothing is done.
 */
#ifndef CELSYNC_NOTIFY_H
#define CELSYNC_NOTIFY_H

#include <glib.h>

/* "READY=1", "STATUS=…", "WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=…", "STOPPING=1". Failures are nobody's business. */
void notify_systemd(const char *state);

#endif
