/* What the source tells of itself: a few look-ups by key, and the CDR rows of its newest calls. */
#include "sync/place.h"
#include "sync/standing.h"

#include "poller/uniqueid.h"
#include "sync/pbx.h"
#include "sync/table.h"
#include "sync/text.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define MINUTE (60 * (gint64)G_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* A shorter silence tells nothing; a longer one is noticed where the same hours were not silent. */
#define SILENCE (30 * MINUTE)
#define SILENCE_ANYWAY (3 * DAY)
#define ROWS_THEN 20
/* Rows looked at for their zones. */
#define SAMPLE_ROWS 400
#define SAMPLE_CALLS 3

/* The first line of an error, for a warning. */
static void
warn_of_error(
    struct standing *s, enum warning_kind kind, enum severity severity, const GError *error)
{
	standing_warn(s, kind, severity, "%s", error->message);
}

static gboolean
time_of(struct pbx *pbx, gint64 id, gint64 *utc, GError **error)
{
	struct wall time;
	gboolean found;
	gint64 at;
	*utc = 0;
	if (!source_probe(pbx->source, id, &at, &time, &found, error))
		return FALSE;
	if (found && time.us != WALL_NONE)
		*utc = zone_utc_once(&pbx->zone, time);
	return TRUE;
}

static gboolean
learn_lag(struct standing *s, struct pbx *pbx, GError **error)
{
	gint64 waiting = 0;
	if (!source_bounds(pbx->source, &s->first, &s->last, error) ||
	    !time_of(pbx, s->last, &s->newest, error))
		return FALSE;
	s->lag_rows = MAX(0, s->last - MAX(s->checkpoint.cursor, s->first - 1));
	if (s->lag_rows > 0 && !time_of(pbx, s->checkpoint.cursor + 1, &waiting, error))
		return FALSE;
	s->lag = waiting != 0 ? MAX(0, s->now - waiting) : 0;
	return TRUE;
}

/* Is it still the table that was read? Its own words are told where it is not. */
static gboolean
check_table(struct standing *s, store *db, struct pbx *pbx, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gint64 cursor = s->checkpoint.cursor, restored;
	if (table_check(db, pbx->source, s->first, s->last, &cursor, &restored, &failed)) {
		if (restored >= 0)
			standing_warn(s, WARNING_SWAPPED, SEVERITY_WARNING,
			    _("the table was restored: rows behind %" PRId64
			      " are others than those that were read\nThe next pass goes on from "
			      "there."),
			    restored);
		return TRUE;
	}
	if (!g_error_matches(failed, TABLE_ERROR, TABLE_ERROR_SWAPPED)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	warn_of_error(s, WARNING_SWAPPED, SEVERITY_CRITICAL, failed);
	return TRUE;
}

/* How many rows the same silence had some weeks ago. */
static gboolean
rows_then(struct standing *s, struct pbx *pbx, int weeks, gint64 *rows, GError **error)
{
	const gint64 ago = weeks * 7 * DAY;
	gint64 from, to;
	if (!place_bisect(pbx->source, &pbx->zone, s->newest - ago + 1, &from, error) ||
	    !place_bisect(pbx->source, &pbx->zone, s->now - ago, &to, error))
		return FALSE;
	*rows = MAX(*rows, to - from);
	return TRUE;
}

static gboolean
cdr_between(struct pbx *pbx, gint64 from, gint64 to, gboolean *any, GError **error)
{
	struct cdr_row row;
	if (!source_ask_cdr_between(
		pbx->source, zone_wall(&pbx->zone, from), zone_wall(&pbx->zone, to), error))
		return FALSE;
	int got = source_answer_cdr(pbx->source, &row, error);
	*any = got > 0;
	source_answer_drop(pbx->source);
	return got >= 0;
}

/* Does CDR go on where CEL has ended? On the day after, or now; not every day between. */
static gboolean
cdr_goes_on(struct standing *s, struct pbx *pbx, gboolean *on, GError **error)
{
	const gint64 from = s->newest + 5 * MINUTE, to = s->now + DAY;
	*on = FALSE;
	if (!source_has_cdr(pbx->source))
		return TRUE;
	return cdr_between(pbx, from, MIN(from + DAY, to), on, error) &&
	       (*on || from + DAY >= to ||
		   cdr_between(pbx, MAX(from + DAY, to - 2 * DAY), to, on, error));
}

static gboolean
check_silence(struct standing *s, struct pbx *pbx, GError **error)
{
	char when[TEXT_TIME];
	const gint64 silence = s->now - s->newest;
	gboolean cdr;
	gint64 rows = 0;
	if (s->newest == 0 || silence < SILENCE)
		return TRUE;
	text_time(s->newest, pbx->tz, when);
	if (!cdr_goes_on(s, pbx, &cdr, error))
		return FALSE;
	if (cdr) {
		standing_warn(s, WARNING_CEL_OFF, SEVERITY_CRITICAL,
		    _("CEL has no rows since %s, but CDR has: calls are not seen any more\n"
		      "asterisk -rx 'cel show status'; FreePBX: Advanced Settings, CEL_ENABLED; "
		      "cel_odbc must be loaded."),
		    when);
		return TRUE;
	}
	if (!rows_then(s, pbx, 1, &rows, error) || !rows_then(s, pbx, 2, &rows, error))
		return FALSE;
	if (rows >= ROWS_THEN || silence > SILENCE_ANYWAY)
		standing_warn(s, WARNING_CEL_STALE, SEVERITY_WARNING,
		    _("CEL has no rows since %s; at these hours of earlier weeks it had "
		      "%" PRId64 "\nIf there were calls: asterisk -rx 'cel show status', and look "
		      "at Asterisk's "
		      "log."),
		    when, rows);
	return TRUE;
}

/* Zones. */

struct sample {
	GHashTable *offsets; /* µs as gint64 * -> how many */
	guint n;
};

static void
sample_add(struct sample *sample, gint64 offset)
{
	gint64 key = offset;
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(sample->offsets, &key));
	g_hash_table_insert(sample->offsets, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(n + 1));
	sample->n++;
}

/* The offset most rows agree on; *sure where that is most of them. */
static gint64
sample_offset(const struct sample *sample, gboolean *sure)
{
	GHashTableIter iter;
	gpointer key, value;
	gint64 best = 0;
	guint most = 0;
	g_hash_table_iter_init(&iter, sample->offsets);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if (GPOINTER_TO_UINT(value) > most) {
			most = GPOINTER_TO_UINT(value);
			best = *(gint64 *)key;
		}
	}
	*sure = most >= SAMPLE_CALLS && most * 2 > sample->n;
	return best;
}

/* Offsets of the newest channels' CEL rows, and their uniqueids. */
static gboolean
sample_cel(
    struct standing *s, struct pbx *pbx, struct sample *sample, GPtrArray *ids, GError **error)
{
	struct cel_row row;
	struct uniqueid id;
	int got;
	if (!source_scan(pbx->source, s->last - SAMPLE_ROWS, s->last, error))
		return FALSE;
	while ((got = source_scan_next(pbx->source, &row, error)) > 0) {
		if (row.event != CEL_CHAN_START || row.time.us == WALL_NONE || row.time.utc ||
		    !uniqueid_parse(row.uniqueid, &id) || id.epoch == 0)
			continue;
		sample_add(sample, zone_offset(row.time.us, id.epoch));
		if (ids->len < SOURCE_IDS_MAX)
			g_ptr_array_add(ids, g_strdup(row.uniqueid));
	}
	source_scan_stop(pbx->source);
	return got >= 0;
}

/* A record may begin long after its channel, so only the first of each channel counts, and the majority decides. */
static gboolean
sample_cdr(struct pbx *pbx, struct sample *sample, const GPtrArray *ids, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct cdr_row row;
	struct uniqueid id;
	int got;
	if (!source_ask_cdr(pbx->source, (const char *const *)ids->pdata, ids->len, error))
		return FALSE;
	while ((got = source_answer_cdr(pbx->source, &row, error)) > 0) {
		if (row.calldate.us != WALL_NONE && !row.calldate.utc &&
		    uniqueid_parse(row.uniqueid, &id) && id.epoch != 0 &&
		    g_hash_table_add(seen, g_strdup(row.uniqueid)))
			sample_add(sample, zone_offset(row.calldate.us, id.epoch));
	}
	return got >= 0;
}

static gboolean
check_zones(struct standing *s, struct pbx *pbx, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	struct sample cel = { g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL), 0 },
		      cdr = { g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL), 0 };
	gboolean cel_sure = FALSE, cdr_sure = FALSE;
	gboolean ok = !source_has_cdr(pbx->source) ||
	              (sample_cel(s, pbx, &cel, ids, error) &&
			  (ids->len == 0 || sample_cdr(pbx, &cdr, ids, error)));
	gint64 of_cel = sample_offset(&cel, &cel_sure), of_cdr = sample_offset(&cdr, &cdr_sure);
	if (ok && cel_sure && cdr_sure && of_cel != of_cdr)
		standing_warn(s, WARNING_ZONES, SEVERITY_WARNING,
		    _("CEL is written %+.2f hours from UTC, CDR %+.2f\nAsterisk: usegmtime in "
		      "cel_odbc.conf and cdr_adaptive_odbc.conf (or dateformat) must agree."),
		    (double)of_cel / (double)HOUR, (double)of_cdr / (double)HOUR);
	g_hash_table_destroy(cel.offsets);
	g_hash_table_destroy(cdr.offsets);
	return ok;
}

static gboolean
ask(struct standing *s, store *db, struct pbx *pbx, GError **error)
{
	if (!source_has_cel(pbx->source)) {
		standing_warn(s, WARNING_CEL_OFF,
		    source_has_cdr(pbx->source) ? SEVERITY_WARNING : SEVERITY_CRITICAL,
		    _("%s has no CEL rows: calls are rebuilt from CDR alone, without transfers and "
		      "real talk time\nasterisk -rx 'cel show status'; FreePBX: Advanced Settings, "
		      "CEL_ENABLED; cel_odbc must be loaded."),
		    s->source);
		return TRUE;
	}
	return learn_lag(s, pbx, error) && check_table(s, db, pbx, error) &&
	       check_silence(s, pbx, error) && check_zones(s, pbx, error);
}

void
standing_ask_source(struct standing *s, store *db, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	struct pbx pbx;
	if (!pbx_open(&pbx, config, &error)) {
		warn_of_error(s, WARNING_SOURCE, SEVERITY_CRITICAL, error);
		return;
	}
	s->source = g_strdup(source_name(pbx.source));
	s->reached = ask(s, db, &pbx, &error);
	if (!s->reached)
		warn_of_error(s, WARNING_SOURCE, SEVERITY_CRITICAL, error);
	pbx_close(&pbx);
}
