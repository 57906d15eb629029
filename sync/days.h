/* What a dry backfill would do, by day of the PBX's zone: calls, recordings that are there and that are not, requests. */
#ifndef CELSYNC_DAYS_H
#define CELSYNC_DAYS_H

#include "sync/config.h"

#include <stdio.h>

struct days;

/* tz and config are borrowed. */
struct days *days_new(GTimeZone *tz, const struct recordings_settings *recordings);
void days_free(struct days *days);
/* A call that is not skipped, and how many requests it makes. Looks on the disk for its recordings. */
void days_add(struct days *days, const struct call *call, gint64 requests);
/* The table, the sums, and how long it takes at `rate` requests a second (0: no limit). */
void days_print(const struct days *days, FILE *out, double rate);

#endif
