#include "sync/intake.h"

#include "store/checkpoint.h"
#include "sync/log.h"
#include "sync/open_calls.h"
#include "sync/place.h"
#include "sync/table.h"

#include <string.h>

/*
 * While a long stretch is read in one go, calls that lie so far behind the newest row are taken for seasoned by the table's own
 * clock: nobody commits that late.
 */
#define LONG_AGO (10 * 60 * (gint64)G_USEC_PER_SEC)

/* So many new rows are a stretch to be caught up with. */
#define CATCH_UP 1000

struct intake_run {
	store *db;
	struct pbx *pbx;
	const struct config *config;
	struct teller teller;
	struct checkpoint checkpoint;
	struct call_patience patience;
	gint64 now;
	gint64 last;      /* highest id of the table */
	gint64 last_utc;  /* and its time */
	gint64 known;     /* highest id that an earlier pass had seen */
	gint64 seasoned;  /* highest id known for at least `settle` */
	gint64 restored;  /* the table was restored: only rows up to this id are as they were; -1 */
	gint64 passable;  /* how far the cursor may go in this round */
	gboolean writing; /* a transaction is open */
	gboolean first_open; /* first run: only what is open now is taken in */
	GArray *late;        /* struct gap: ids found that had been missing; NULL: not looked */
	struct intake_result *result;
};

static gboolean
begin_once(struct intake_run *run, GError **error)
{
	if (run->writing || run->teller.print != NULL)
		return TRUE;
	run->writing = store_begin(run->db, error);
	return run->writing;
}

/* How long nothing new was seen of a group. */
static gint64
quiet_for(const struct intake_run *run, const struct group *group, const struct timeline *t,
    gint64 last_seen)
{
	gint64 quiet = 0;
	if (last_seen != 0 && group->last_id <= run->known)
		quiet = run->now - last_seen;
	else if (group->last_id <= run->seasoned)
		quiet = run->patience.settle;
	/* CDR records alone: they were written when the call was over. */
	if (group->n_channels == 0)
		return MAX(run->patience.settle, run->patience.grace);
	/* The table's own clock counts only while a long stretch is caught up with: a single row may be years ahead. */
	gint64 behind = run->last_utc - t->last;
	gboolean catching_up = group->last_id > run->known && run->last - run->known > CATCH_UP;
	return catching_up && behind >= LONG_AGO ? MAX(quiet, behind) : quiet;
}

/*
 * What only CDR can tell: who should have rung where nobody did, whose call was forwarded to an outside number, and whom an originate
 * was for.
 */
static gboolean
needs_cdr(const struct intake_run *run, const struct group *group, const struct call *call)
{
	if (group->n_records > 0 || !source_has_cdr(run->pbx->source) || run->teller.print != NULL)
		return FALSE;
	if (call->direction == DIRECTION_OUT)
		return call->client == NULL;
	gboolean told = FALSE;
	for (guint i = 0; i < call->n_legs && !told; i++)
		told = call->legs[i].ext != NULL;
	return call->direction == DIRECTION_IN && call->client != NULL && !told;
}

static gboolean
take_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	struct intake_run *run = data;
	gint64 last_seen;
	if (!begin_once(run, error) ||
	    !open_calls_take(run->db, group, run->teller.print == NULL, &last_seen, error))
		return FALSE;
	gboolean was_open = last_seen != 0;
	gint64 quiet = quiet_for(run, group, t, last_seen);
	gboolean open = FALSE;
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		gboolean ended = call->settled == SETTLED_ENDED;
		/* The first run asks only what goes on at this moment, and has nothing but the table's clock to tell. */
		if (run->first_open) {
			open |= call->settled == SETTLED_OPEN &&
			        run->now - t->last < run->patience.stale;
			continue;
		}
		call_settle(call, t, &run->patience, quiet);
		if (call->settled == SETTLED_OPEN) {
			open = TRUE;
			run->result->unsettled += ended;
			if (!tell_progress(&run->teller, call, error))
				return FALSE;
			continue;
		}
		/* CDR may be written in batches, minutes late: what only it can tell is waited for. */
		if (needs_cdr(run, group, call) && quiet < run->config->source.gap_wait) {
			open = TRUE;
			continue;
		}
		if (!tell_call(&run->teller, call, was_open, error))
			return FALSE;
	}
	/* Rows without any beginning: a channel's first row was lost. Given up like a call. */
	if (calls->len == 0 && quiet < run->patience.stale && !run->first_open)
		open = TRUE;
	run->result->open += open;
	if (!open)
		return TRUE;
	if (run->teller.print != NULL)
		return TRUE;
	last_seen = last_seen != 0 && group->last_id <= run->known ? last_seen : run->now;
	/* Looked at again after `settle` when a row just came, else once per grace. */
	gint64 asked = last_seen == run->now ? run->now - run->patience.grace + run->patience.settle
	                                     : run->now;
	return open_calls_keep(run->db, group, t, last_seen, asked, error);
}

/* The cursor moves in the commit that stores what the rows up to it produced. */
static gboolean
commit_block(gint64 id, gpointer data, GError **error)
{
	struct intake_run *run = data;
	if (!run->writing)
		return TRUE;
	id = MIN(id, run->passable);
	if (id > run->checkpoint.cursor && !run->first_open) {
		run->checkpoint.cursor = id;
		if (!checkpoint_put(run->db, &run->checkpoint, error))
			return FALSE;
	}
	run->writing = FALSE;
	return store_commit(run->db, error);
}

/* Where to begin. */

static gboolean
probe_time(struct intake_run *run, gint64 id, gint64 *utc, GError **error)
{
	gint64 at;
	struct wall time;
	gboolean found;
	if (!source_probe(run->pbx->source, id, &at, &time, &found, error))
		return FALSE;
	*utc = found ? zone_utc_once(&run->pbx->zone, time) : 0;
	return TRUE;
}

static gboolean
begin_store(struct intake_run *run, gint64 first, GError **error)
{
	const struct source_settings *settings = &run->config->source;
	run->result->first = TRUE;
	run->checkpoint = (struct checkpoint){ .first_pass = run->now };
	if (settings->start == START_ALL || run->last == 0) {
		run->checkpoint.cursor = first - 1;
		run->checkpoint.start = settings->start == START_NOW ? run->now : 0;
	} else if (settings->start == START_TIME) {
		gint64 id;
		if (!place_bisect(run->pbx->source, &run->pbx->zone,
			settings->start_time - 60 * (gint64)G_USEC_PER_SEC, &id, error))
			return FALSE;
		run->checkpoint.cursor = id - 1;
		run->checkpoint.start = settings->start_time;
		run->result->history = MAX(0, id - first);
	} else {
		/* What is open at this moment began within `stale`; the rest is history. */
		gint64 id;
		if (!place_bisect(run->pbx->source, &run->pbx->zone,
			run->last_utc - settings->stale, &id, error))
			return FALSE;
		run->checkpoint.cursor = id - 1;
		run->checkpoint.start = run->now;
		run->first_open = TRUE;
		run->result->history = run->last - first + 1;
	}
	return TRUE;
}

/* The last pass was later than now: what it saw would be too new until then, and calls that ended would wait. */
static gboolean
set_back(struct intake_run *run, GError **error)
{
	if (run->teller.print != NULL)
		return TRUE;
	if (!begin_once(run, error) || !checkpoint_clock_set_back(run->db, run->now, error))
		return FALSE;
	run->writing = FALSE;
	return store_commit(run->db, error);
}

static gboolean
find_place(struct intake_run *run, GError **error)
{
	gint64 first;
	gboolean found = FALSE;
	if (!source_bounds(run->pbx->source, &first, &run->last, error))
		return FALSE;
	if (run->last != 0 && !probe_time(run, run->last, &run->last_utc, error))
		return FALSE;
	if (run->db != NULL && !checkpoint_get(run->db, &run->checkpoint, &found, error))
		return FALSE;
	if (!found)
		return begin_store(run, first, error);
	if (run->checkpoint.last_pass > run->now && !set_back(run, error))
		return FALSE;
	if (!table_check(run->db, run->pbx->source, first, run->last, &run->checkpoint.cursor,
		&run->restored, error) ||
	    !checkpoint_seasoned(run->db, run->now - run->patience.settle, &run->seasoned, error))
		return FALSE;
	g_autoptr(GArray) marks = checkpoint_marks(run->db, error);
	if (marks == NULL)
		return FALSE;
	run->known = MAX(
	    run->checkpoint.cursor, marks->len > 0 ? g_array_index(marks, struct mark, 0).id : 0);
	if (run->restored >= 0)
		run->known = run->seasoned = run->checkpoint.cursor;
	run->seasoned = MAX(run->seasoned, run->checkpoint.cursor);
	return TRUE;
}

/* Rows so far behind the newest one that they are taken for seasoned, where the stretch is long enough to matter. */
static gboolean
find_passable(struct intake_run *run, GError **error)
{
	run->passable = run->seasoned;
	if (run->last - run->checkpoint.cursor < CATCH_UP)
		return TRUE;
	gint64 id;
	if (!place_bisect(run->pbx->source, &run->pbx->zone, run->last_utc - LONG_AGO, &id, error))
		return FALSE;
	run->passable = MAX(run->seasoned, id - 1);
	return TRUE;
}

/* Which Asterisk ran last: knowledge that outlives a pass. */
static gboolean
load_incarnations(struct intake_run *run, rebuild *r, GError **error)
{
	if (run->db == NULL)
		return TRUE;
	g_autoptr(GArray) list = checkpoint_asterisks(run->db, error);
	if (list == NULL)
		return FALSE;
	for (guint i = 0; i < list->len; i++) {
		const struct asterisk *a = &g_array_index(list, struct asterisk, i);
		struct incarnation inc = { .systemname = a->systemname,
			.epoch = a->epoch,
			.number = a->counter,
			.restarted = a->restarted };
		assembly_set_incarnation(rebuild_assembly(r), &inc);
	}
	return TRUE;
}

static gboolean
save_incarnations(struct intake_run *run, rebuild *r, GError **error)
{
	const GArray *list = assembly_incarnations(rebuild_assembly(r));
	for (guint i = 0; i < list->len; i++) {
		const struct incarnation *inc = &g_array_index(list, struct incarnation, i);
		struct asterisk a = { .systemname = (char *)inc->systemname,
			.epoch = inc->epoch,
			.counter = inc->number,
			.restarted = inc->shared ? 0 : inc->restarted };
		if (!checkpoint_asterisk_put(run->db, &a, error))
			return FALSE;
	}
	return TRUE;
}

/* Open calls whose time has come. */
static gboolean
fetch_due(struct intake_run *run, rebuild *r, GError **error)
{
	return run->db == NULL || run->result->first ||
	       open_calls_fetch_due(run->db, r, run->now, run->now - run->patience.grace, error);
}

static gboolean
fetch_related(rebuild *r, gpointer data, GError **error)
{
	const struct intake_run *run = data;
	return run->db == NULL || run->result->first || open_calls_fetch_related(run->db, r, error);
}

/* Rows that were committed late, with ids below the cursor: their calls are rebuilt once more. */
static gboolean
fetch_late(struct intake_run *run, rebuild *r, GError **error)
{
	if (run->db == NULL || run->result->first)
		return TRUE;
	run->late = table_late(run->db, run->pbx->source, error);
	if (run->late == NULL)
		return FALSE;
	for (guint i = 0; i < run->late->len; i++) {
		const struct gap *range = &g_array_index(run->late, struct gap, i);
		if (!rebuild_scan(r, range->first - 1, range->last, NULL, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
fill_gaps(struct intake_run *run, GError **error)
{
	for (guint i = 0; run->late != NULL && i < run->late->len; i++) {
		const struct gap *range = &g_array_index(run->late, struct gap, i);
		if (!checkpoint_gap_fill(run->db, range->first, range->last, error))
			return FALSE;
	}
	return checkpoint_gap_expire(run->db, run->now - run->config->source.gap_wait, error);
}

/*
 * Calls that CEL does not tell of. Where CEL is off this is all there is; else it is a lost call, and looking once per
 * gap_wait is soon enough. A record is written when its call ends and carries the time it began, so the look goes back.
 */
static gboolean
fetch_orphans(struct intake_run *run, rebuild *r, const volatile gint *stop, GError **error)
{
	gint64 beat = MAX(run->config->source.gap_wait, G_USEC_PER_SEC);
	gboolean off = !source_has_cel(run->pbx->source);
	gint64 before = run->checkpoint.last_pass;
	if (!off && before != 0 && before / beat == run->now / beat)
		return TRUE;
	if (run->first_open)
		return TRUE;
	gint64 from = before != 0 ? before - run->patience.stale - beat : run->checkpoint.start;
	if (before == 0 && from == 0) {
		from = run->now - 3660 * 24 * 3600 * (gint64)G_USEC_PER_SEC;
		gint64 first, last, utc;
		if (!off && (!source_bounds(run->pbx->source, &first, &last, error) ||
				!probe_time(run, first, &utc, error)))
			return FALSE;
		from = off ? from : utc;
	}
	return rebuild_orphans(r, from, run->now - run->patience.grace, stop, error);
}

/* The last commit of a round: what is known by now of the table as a whole. */
static gboolean
finish_store(struct intake_run *run, rebuild *r, gint64 from, GError **error)
{
	if (run->teller.print != NULL)
		return TRUE;
	gint64 to = MAX(from, run->first_open ? run->last : MIN(run->passable, run->last));
	gboolean moved = to > from;
	if (!begin_once(run, error))
		return FALSE;
	run->checkpoint.cursor = MAX(run->checkpoint.cursor, to);
	run->checkpoint.last_pass = run->now;
	if (run->restored >= 0 && !checkpoint_forget_above(run->db, run->restored, error))
		return FALSE;
	/* The first stretch ever is history: what is missing there will not come. */
	if (moved && !run->result->first && to - from < 1000000 &&
	    !table_note_gaps(run->db, run->pbx->source, from, to, run->now, error))
		return FALSE;
	if (!fill_gaps(run, error))
		return FALSE;
	if (run->last > run->known) {
		if (!checkpoint_sight(run->db, run->last, run->now, error) ||
		    !table_mark(run->db, run->pbx->source, run->last, error) ||
		    !save_incarnations(run, r, error))
			return FALSE;
	}
	run->writing = FALSE;
	return checkpoint_put(run->db, &run->checkpoint, error) && store_commit(run->db, error);
}

static gboolean
run_intake(struct intake_run *run, const volatile gint *stop, GError **error)
{
	if (!find_place(run, error) || !find_passable(run, error))
		return FALSE;
	gint64 from = run->checkpoint.cursor;
	run->teller.start = run->checkpoint.start;
	struct rebuild_options options = pbx_rebuild_options(run->pbx, run->config);
	/* Only where much is to be caught up with may memory matter more than a conference that goes on. */
	options.hold = run->last - from < CATCH_UP;
	options.relate = fetch_related;
	g_autoptr(rebuild) r =
	    rebuild_new(run->pbx->source, &options, take_group, commit_block, run);
	gboolean ok =
	    load_incarnations(run, r, error) && rebuild_scan(r, from, run->last, stop, error);
	gboolean stopped = stop != NULL && *stop;
	if (ok && !stopped)
		ok = fetch_late(run, r, error) && fetch_due(run, r, error) &&
		     fetch_orphans(run, r, stop, error) && rebuild_finish(r, error);
	/* Where it was stopped on the way, the cursor stays at what was handed out. */
	stopped = stop != NULL && *stop;
	if (ok && !stopped)
		ok = finish_store(run, r, from, error);
	run->result->rows = rebuild_rows(r);
	return ok;
}

gboolean
intake(store *db, struct pbx *pbx, const struct config *config, gint64 now, FILE *print,
    const volatile gint *stop, struct intake_result *result, GError **error)
{
	*result = (struct intake_result){ 0 };
	struct intake_run run = {
		.restored = -1,
		.db = db,
		.pbx = pbx,
		.config = config,
		.teller = { .store = db,
		    .print = print,
		    .config = config,
		    .form = pbx_form_settings(pbx, config),
		    .now = now },
		.patience = pbx_patience(config),
		.now = now,
		.result = result,
	};
	/* A dry run looks once and shows what the next pass would tell. */
	if (print != NULL)
		run.patience.settle = 0;
	gboolean ok = run_intake(&run, stop, error);
	if (run.writing)
		store_rollback(db);
	g_clear_pointer(&run.late, g_array_unref);
	result->calls = run.teller.calls;
	result->events = run.teller.events;
	result->recordings = run.teller.recordings;
	result->skipped = run.teller.skipped;
	return ok;
}
