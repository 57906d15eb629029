/* celsync check: is CEL written, how fresh is it, and by which clock? */
#include "poller/uniqueid.h"
#include "poller/zone.h"
#include "sync/check.h"

#include <glib/gi18n.h>
#include <string.h>

#define HOUR (3600 * (gint64)G_USEC_PER_SEC)
#define DAY (24 * HOUR)

/* Nights and Sundays are quiet; a table that got nothing for longer may no longer be written. */
#define QUIET DAY
/* Rows looked at for the clock, from the newest back. */
#define ROWS 500
#define ASKED 100

static char *
wall_text(gint64 wall)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(wall / G_USEC_PER_SEC);
	char *text = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;

	return text ? text : g_strdup(_("an impossible time"));
}

/*
 * What the clock in the table shows now. With `auto` nothing has been derived yet and the machine's
 * zone is assumed: a few hours do not matter to what is asked here.
 */
static gint64
wall_now(const struct source_settings *settings, gboolean utc)
{
	gint64 now = g_get_real_time();
	const char *name = settings->timezone;
	g_autoptr(GTimeZone) zone = NULL;
	int interval;

	if (utc || strcmp(name, "utc") == 0)
		return now;
	if (strcmp(name, "auto") != 0 && strcmp(name, "local") != 0)
		zone = g_time_zone_new_identifier(name);
	if (!zone)
		zone = g_time_zone_new_local();
	interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, now / G_USEC_PER_SEC);
	return now + g_time_zone_get_offset(zone, interval) * (gint64)G_USEC_PER_SEC;
}

/* CDR went on a day and more behind the newest CEL row: CEL has stopped. */
static gboolean
cdr_goes_on(source *db, gint64 newest, gint64 now)
{
	struct source_sum sum = { .count = 0 };

	return source_has_cdr(db) && source_sum_cdr(db, newest + QUIET, now + DAY, &sum, NULL) &&
	       sum.count > 0;
}

static void
tell_newest(
    struct check_report *report, const struct source_settings *settings, const struct wall *newest)
{
	g_autofree char *when = wall_text(newest->us);
	gint64 now = wall_now(settings, newest->utc);

	if (now - newest->us <= QUIET)
		check_tell(
		    report, CHECK_WELL, N_("cel"), "the newest row is of %s (as written)", when);
	else if (cdr_goes_on(report->source, newest->us, now))
		check_tell(report, CHECK_WRONG, N_("cel"),
		    "the newest row is of %s, but CDR went on\n"
		    "CEL has stopped: asterisk -rx 'cel show status', and look at Asterisk's log "
		    "for cel_odbc.",
		    when);
	else
		check_tell(report, CHECK_LOOK, N_("cel"),
		    "the newest row is of %s, more than a day ago\n"
		    "If there were calls since: asterisk -rx 'cel show status', and look at "
		    "Asterisk's log.",
		    when);
}

static void
look_at_newest(struct check_report *report, const struct source_settings *settings)
{
	g_autoptr(GError) error = NULL;
	source *db = report->source;
	gint64 first, last, id;
	struct wall time;
	gboolean found;

	if (!source_bounds(db, &first, &last, &error) ||
	    !source_probe(db, last, &id, &time, &found, &error)) {
		check_tell(report, CHECK_WRONG, N_("cel"), "%s", error->message);
		return;
	}
	if (!found || time.us == WALL_NONE)
		check_tell(report, CHECK_LOOK, N_("cel"),
		    "the time of the newest row cannot be read\nLook at the column eventtime.");
	else
		tell_newest(report, settings, &time);
}

void
check_freshness(struct check_report *report, const struct config *config)
{
	const char *table = config->source.open.cdr_table;
	source *db = report->source;

	if (!db)
		return;
	if (source_has_cel(db))
		look_at_newest(report, &config->source);
	else if (source_has_cdr(db))
		check_tell(report, CHECK_LOOK, N_("cel"),
		    "no rows; calls can only be rebuilt from %s, without who talked to whom\n"
		    "Switch CEL on: Asterisk's cel.conf, or CEL_ENABLED in FreePBX's Advanced "
		    "Settings.",
		    table);
	if (!source_has_cdr(db))
		check_tell(report, source_has_cel(db) ? CHECK_LOOK : CHECK_WRONG, N_("cdr"),
		    "no rows in %s\nSee that Asterisk writes its call detail records there.",
		    table);
}

/* The clock as the newest rows prove it; `n` uniqueids are kept, to ask CDR for the same channels. */
struct clocks {
	gint64 cel, cdr; /* µs, wall - UTC */
	gboolean cel_known, cdr_known;
	GPtrArray *uniqueids; /* char *, owned */
};

static gboolean
look_at_cel(source *db, struct clocks *clocks, GError **error)
{
	struct cel_row row;
	gint64 first, last;
	int got;

	if (!source_bounds(db, &first, &last, error) || !source_scan(db, last - ROWS, last, error))
		return FALSE;
	while ((got = source_scan_next(db, &row, error)) > 0) {
		struct uniqueid id;

		if (row.event != CEL_CHAN_START || row.time.utc || row.time.us == WALL_NONE ||
		    !uniqueid_parse(row.uniqueid, &id))
			continue;
		clocks->cel = zone_offset(row.time.us, id.epoch);
		clocks->cel_known = TRUE;
		if (clocks->uniqueids->len == ASKED)
			g_ptr_array_remove_index(clocks->uniqueids, 0);
		g_ptr_array_add(clocks->uniqueids, g_strdup(row.uniqueid));
	}
	source_scan_stop(db);
	return got >= 0;
}

static gboolean
look_at_cdr(source *db, struct clocks *clocks, GError **error)
{
	struct cdr_row row;
	int got;

	if (!source_has_cdr(db) || clocks->uniqueids->len == 0)
		return TRUE;
	if (!source_ask_cdr(
		db, (const char *const *)clocks->uniqueids->pdata, clocks->uniqueids->len, error))
		return FALSE;
	while ((got = source_answer_cdr(db, &row, error)) > 0) {
		struct uniqueid id;

		if (row.calldate.utc || row.calldate.us == WALL_NONE ||
		    !uniqueid_parse(row.uniqueid, &id))
			continue;
		gint64 offset = zone_offset(row.calldate.us, id.epoch);
		/* A record may begin long after its channel, never before it. */
		clocks->cdr = clocks->cdr_known ? MIN(clocks->cdr, offset) : offset;
		clocks->cdr_known = TRUE;
	}
	return got >= 0;
}

/* "UTC+3", "UTC-3:30", "UTC"; free with g_free. */
static char *
offset_text(gint64 us)
{
	gint64 minutes = ABS(us) / (60 * (gint64)G_USEC_PER_SEC);

	if (minutes == 0)
		return g_strdup("UTC");
	if (minutes % 60 == 0)
		return g_strdup_printf("UTC%c%d", us < 0 ? '-' : '+', (int)(minutes / 60));
	return g_strdup_printf(
	    "UTC%c%d:%02d", us < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

/* A zone the configuration fixes must be the one that rows are written in. */
static gboolean
is_configured(const struct source_settings *settings, gint64 offset)
{
	gint64 now = g_get_real_time(), fixed = wall_now(settings, FALSE) - now;

	/* Summer and winter: the newest rows may be of the other. A second may have passed between the two clocks. */
	return strcmp(settings->timezone, "auto") == 0 ||
	       ABS(fixed - offset) <= HOUR + G_USEC_PER_SEC;
}

static void
tell_clocks(
    struct check_report *report, const struct source_settings *settings, const struct clocks *c)
{
	g_autofree char *cel = offset_text(c->cel), *cdr = offset_text(c->cdr);

	if (!c->cel_known)
		return;
	if (c->cdr_known && c->cdr != c->cel)
		check_tell(report, CHECK_WRONG, N_("zone"),
		    "cel is written in %s, cdr in %s\n"
		    "Make both alike (usegmtime in cel_odbc.conf and cdr_adaptive_odbc.conf; "
		    "CDRUSEGMT in FreePBX) and reload Asterisk.",
		    cel, cdr);
	else if (!is_configured(settings, c->cel))
		check_tell(report, CHECK_WRONG, N_("zone"),
		    "the rows are written in %s, but [source] timezone is %s\n"
		    "Take the line out: auto finds the clock of the rows.",
		    cel, settings->timezone);
	else
		check_tell(report, CHECK_WELL, N_("zone"), "%s written in %s",
		    c->cdr_known ? _("cel and cdr are") : _("cel is"), cel);
}

void
check_zone(struct check_report *report, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) uniqueids = g_ptr_array_new_with_free_func(g_free);
	struct clocks clocks = { .uniqueids = uniqueids };

	if (!report->source || !source_has_cel(report->source))
		return;
	if (!look_at_cel(report->source, &clocks, &error) ||
	    !look_at_cdr(report->source, &clocks, &error))
		check_tell(report, CHECK_LOOK, N_("zone"), "%s", error->message);
	else
		tell_clocks(report, &config->source, &clocks);
}
