#include "poller/zone.h"

#define MINUTE ((gint64)60 * G_USEC_PER_SEC)
#define QUARTER (15 * MINUTE)
#define DAY (24 * 60 * MINUTE)

void
zone_init(struct zone *zone, GTimeZone *tz, gboolean fixed)
{
	*zone = (struct zone){ .tz = tz, .fixed = fixed };
}

static gint64
round_to(gint64 us, gint64 unit)
{
	gint64 half = us >= 0 ? unit / 2 : -unit / 2;
	return (us + half) / unit * unit;
}

gint64
zone_offset(gint64 wall, gint64 epoch)
{
	return round_to(wall - epoch * G_USEC_PER_SEC, QUARTER);
}

/* No clock is further from UTC: an id that says so was chosen by somebody and tells no time. */
static gboolean
is_offset(gint64 offset)
{
	return ABS(offset) <= 15 * 60 * MINUTE;
}

static gint64
seconds(gint64 us)
{
	gint64 s = us / G_USEC_PER_SEC;
	return us % G_USEC_PER_SEC < 0 ? s - 1 : s;
}

static gint64
tz_offset(GTimeZone *tz, gint64 utc)
{
	gint interval = g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, seconds(utc));
	return interval < 0 ? 0 : g_time_zone_get_offset(tz, interval) * (gint64)G_USEC_PER_SEC;
}

static gint64 G_GNUC_NO_INLINE
look_for_calm(struct zone *zone, gint64 utc)
{
	const gint64 from = utc - 3 * DAY, to = utc + 3 * DAY, offset = tz_offset(zone->tz, utc);
	/* The same interval at both ends: none begins between them. */
	if (g_time_zone_find_interval(zone->tz, G_TIME_TYPE_UNIVERSAL, seconds(from)) ==
	    g_time_zone_find_interval(zone->tz, G_TIME_TYPE_UNIVERSAL, seconds(to))) {
		zone->calm.from = from;
		zone->calm.to = to;
		zone->calm.offset = offset;
	}
	return offset;
}

/* What a zone's own rules say: nearly always of a time near one that was asked for before. */
static inline gint64
rules_offset(struct zone *zone, gint64 utc)
{
	return utc >= zone->calm.from && utc <= zone->calm.to ? zone->calm.offset
	                                                      : look_for_calm(zone, utc);
}

/*
 * Wall -> UTC by the rules: of the two times that a repeated hour may mean, the first that is not before `last`; a time in
 * the skipped hour is read with the offset before the change.
 */
static gint64
by_rules(GTimeZone *tz, gint64 wall, gint64 last)
{
	gint64 earlier = wall - tz_offset(tz, wall - DAY), later = wall - tz_offset(tz, wall + DAY);
	gint64 first = MIN(earlier, later), second = MAX(earlier, later);
	gboolean first_fits = first + tz_offset(tz, first) == wall,
		 second_fits = second + tz_offset(tz, second) == wall;
	if (first_fits && second_fits)
		return last != WALL_NONE && first < last - MINUTE ? second : first;
	if (first_fits || second_fits)
		return first_fits ? first : second;
	return earlier;
}

static gint64
by_own_rules(struct zone *zone, gint64 wall, gint64 last)
{
	const gint64 offset = rules_offset(zone, wall);
	/* No change within a day: one time only, and it fits. */
	if (wall - DAY >= zone->calm.from && wall + DAY <= zone->calm.to)
		return wall - offset;
	return by_rules(zone->tz, wall, last);
}

void
zone_begin(struct zone_run *run, struct zone *zone, gint64 wall, gint64 epoch)
{
	*run = (struct zone_run){
		.zone = zone, .offset = zone->offset, .last = WALL_NONE, .follow = zone->fixed
	};
	if (epoch != 0 && wall != WALL_NONE && !zone->fixed) {
		const gint64 offset = zone_offset(wall, epoch), utc = epoch * G_USEC_PER_SEC;
		if (is_offset(offset)) {
			run->offset = zone->offset = offset;
			run->last = utc;
			run->anchored = run->plain = zone->known = TRUE;
			run->follow = zone->tz != NULL && rules_offset(zone, utc) == offset;
			return;
		}
		epoch = 0;
	}
	if (epoch != 0) {
		run->anchored = TRUE;
		run->last = epoch * G_USEC_PER_SEC;
	} else if (!zone->fixed && !zone->known && zone->tz != NULL) {
		run->follow = TRUE;
	}
}

gint64
zone_utc_far(struct zone_run *run, struct wall wall, gint64 epoch)
{
	if (wall.us == WALL_NONE)
		return run->last != WALL_NONE ? run->last : 0;
	gint64 utc;
	if (wall.utc) {
		utc = wall.us;
	} else {
		if (epoch != 0 && !run->zone->fixed && !is_offset(zone_offset(wall.us, epoch)))
			epoch = 0;
		if (epoch != 0 && !run->zone->fixed)
			run->offset = zone_offset(wall.us, epoch);
		utc = wall.us - run->offset;
		/* A change of clocks within a call: seldom, so the rules are asked only when a plain subtraction leaps. */
		if (run->follow && epoch == 0 &&
		    (!run->anchored || run->last == WALL_NONE || utc < run->last - MINUTE ||
			utc > run->last + 10 * MINUTE || run->zone->fixed))
			utc = by_own_rules(run->zone, wall.us, run->last);
		else if (run->follow && run->zone->fixed)
			utc = by_own_rules(run->zone, wall.us, epoch * G_USEC_PER_SEC);
		else if (!run->follow && run->last != WALL_NONE && utc < run->last - 30 * MINUTE &&
			 utc > run->last - 90 * MINUTE)
			utc = wall.us - (run->offset -= 60 * MINUTE);
		run->offset = wall.us - utc;
		/* Rules may tell an offset that no uniqueid would. */
		run->plain &= run->offset % QUARTER == 0 && is_offset(run->offset);
	}
	if (run->last == WALL_NONE || utc > run->last)
		run->last = utc;
	return utc;
}

gint64
zone_utc_once(const struct zone *zone, struct wall wall)
{
	if (wall.utc || wall.us == WALL_NONE)
		return wall.us == WALL_NONE ? 0 : wall.us;
	if (zone->tz != NULL && (zone->fixed || !zone->known ||
				    tz_offset(zone->tz, wall.us - zone->offset) == zone->offset))
		return by_rules(zone->tz, wall.us, WALL_NONE);
	return wall.us - zone->offset;
}

gint64
zone_wall(const struct zone *zone, gint64 utc)
{
	if (zone->tz != NULL &&
	    (zone->fixed || !zone->known || tz_offset(zone->tz, utc) == zone->offset))
		return utc + tz_offset(zone->tz, utc);
	return utc + zone->offset;
}
