#include "sync/place.h"

#include "poller/uniqueid.h"

#define DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)

/* calldate is written in the channel's first second, or a few later. */
static gboolean
learn_from_cdr(source *from, struct zone *zone, GError **error)
{
	gint64 now = g_get_real_time();
	if (!source_has_cdr(from))
		return TRUE;
	if (!source_ask_cdr_between(from, now - 400 * DAY, now + DAY, error))
		return FALSE;
	struct cdr_row row;
	int got;
	while ((got = source_answer_cdr(from, &row, error)) > 0 && !zone->known) {
		struct uniqueid id;
		if (!row.calldate.utc && row.calldate.us != WALL_NONE &&
		    uniqueid_parse(row.uniqueid, &id)) {
			zone->offset = zone_offset(row.calldate.us, id.epoch);
			zone->known = TRUE;
		}
	}
	source_answer_drop(from);
	return got >= 0;
}

gboolean
place_learn_zone(source *from, struct zone *zone, GError **error)
{
	gint64 first, last;
	if (zone->fixed)
		return TRUE;
	if (!source_has_cel(from))
		return learn_from_cdr(from, zone, error);
	if (!source_bounds(from, &first, &last, error) ||
	    !source_scan(from, last - 500, last, error))
		return FALSE;
	struct cel_row row;
	int got;
	while ((got = source_scan_next(from, &row, error)) > 0) {
		struct uniqueid id;
		if (row.event == CEL_CHAN_START && !row.time.utc && row.time.us != WALL_NONE &&
		    uniqueid_parse(row.uniqueid, &id)) {
			zone->offset = zone_offset(row.time.us, id.epoch);
			zone->known = TRUE;
		}
	}
	source_scan_stop(from);
	return got >= 0;
}

gboolean
place_bisect(source *from, struct zone *zone, gint64 utc, gint64 *id, GError **error)
{
	gint64 low, high;
	if (!source_bounds(from, &low, &high, error))
		return FALSE;
	high++;
	/* low: every row below is earlier; high: the row there, if any, is not. */
	while (low < high) {
		gint64 middle = low + (high - low) / 2, at;
		struct wall time;
		gboolean found;
		if (!source_probe(from, middle, &at, &time, &found, error))
			return FALSE;
		if (!found || at >= high)
			high = middle;
		else if (zone_utc_once(zone, time) < utc)
			low = at + 1;
		else
			high = middle;
	}
	*id = low;
	return TRUE;
}

/* Rows a little outside a period. */
#define MARGIN (60 * (gint64)G_USEC_PER_SEC)

gboolean
place_range(source *from_source, struct zone *zone, gint64 from, gint64 to, gint64 *low,
    gint64 *high, GError **error)
{
	gint64 first, last, above;
	if (!source_bounds(from_source, &first, &last, error))
		return FALSE;
	*low = 1;
	*high = 0;
	if (first == 0)
		return TRUE;
	if (!place_bisect(from_source, zone, from - MARGIN, low, error) ||
	    !place_bisect(from_source, zone, to + MARGIN, &above, error))
		return FALSE;
	*high = above - 1;
	return TRUE;
}
