#include "sync/standing.h"

#include "store/retention.h"
#include "store/standing.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdarg.h>

#define MINUTE (60 * (gint64)G_USEC_PER_SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
/* The timer comes every minute; a first pass over a large table may take its time. */
#define PASS_LATE (10 * MINUTE)
#define PASS_MISSING HOUR
#define BACKLOG_LONG (15 * MINUTE)
#define BACKLOG_TOO_LONG (4 * HOUR)
/* So many calls without the hook are no chance. */
#define CALLS_WITHOUT_HOOK 3

static const char *const names[WARNINGS] = {
	[WARNING_SOURCE] = "source",
	[WARNING_SWAPPED] = "table_swapped",
	[WARNING_CEL_OFF] = "cel_off",
	[WARNING_CEL_STALE] = "cel_stale",
	[WARNING_ZONES] = "zones_differ",
	[WARNING_PASS] = "no_pass",
	[WARNING_TROUBLE] = "last_run_failed",
	[WARNING_BACKLOG] = "backlog",
	[WARNING_REJECTED] = "rejected",
	[WARNING_UNKNOWN] = "unknown",
	[WARNING_RECORDINGS] = "recordings_failed",
	[WARNING_EMPLOYEES] = "extensions_unknown",
	[WARNING_HOOK] = "hook_silent",
};

const char *
warning_name(enum warning_kind kind)
{
	return names[kind];
}

static void
warning_clear(gpointer data)
{
	g_free(((struct warning *)data)->text);
}

void
standing_warn(
    struct standing *s, enum warning_kind kind, enum severity severity, const char *format, ...)
{
	struct warning warning = { .kind = kind, .severity = severity };
	va_list args;
	va_start(args, format);
	warning.text = g_strdup_vprintf(format, args);
	va_end(args);
	/* The array owns its text now. */
	g_array_append_val(s->warnings, warning);
	// cppcheck-suppress memleak
}

enum severity
standing_worst(const struct standing *s)
{
	enum severity worst = SEVERITY_OK;
	for (guint i = 0; i < s->warnings->len; i++)
		worst = MAX(worst, g_array_index(s->warnings, struct warning, i).severity);
	return worst;
}

/* Passes and requests. */

static void
warn_of_passes(struct standing *s)
{
	const gint64 age = s->now - s->checkpoint.last_pass;
	if (s->checkpoint.last_pass == 0)
		standing_warn(s, WARNING_PASS, SEVERITY_WARNING,
		    _("no pass has ended well yet\nSee that the timer runs: systemctl status "
		      "celsync.timer"));
	else if (age > PASS_LATE)
		standing_warn(s, WARNING_PASS,
		    age > PASS_MISSING ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		    _("no pass has ended well for %" PRId64
		      " minutes\nSee that the timer runs: systemctl status celsync.timer"),
		    age / MINUTE);
	if (s->trouble.at != 0 && s->trouble.at >= s->checkpoint.last_pass)
		standing_warn(s, WARNING_TROUBLE, SEVERITY_WARNING,
		    _("the last run failed with exit code %" PRId64 "\n%s"), s->trouble.status,
		    s->trouble.words);
	if (s->live > 0 && s->now - s->live_since > BACKLOG_LONG)
		standing_warn(s, WARNING_BACKLOG,
		    s->now - s->live_since > BACKLOG_TOO_LONG ? SEVERITY_CRITICAL
							      : SEVERITY_WARNING,
		    _("live requests that wait: %" PRId64 ", the oldest for %" PRId64
		      " minutes\nWhat PlanFix said of a call is in: celsync show ID"),
		    s->live, (s->now - s->live_since) / MINUTE);
}

static gboolean
warn_of_ends(struct standing *s, store *db, GError **error)
{
	gint64 rejected, unknown, failed;
	if (!standing_ended(db, OUTBOX_REJECTED, s->now - DAY, &rejected, error) ||
	    !standing_ended(db, OUTBOX_UNKNOWN, s->now - DAY, &unknown, error) ||
	    !standing_failed(db, s->now - DAY, &failed, error))
		return FALSE;
	if (rejected > 0)
		standing_warn(s, WARNING_REJECTED, SEVERITY_WARNING,
		    _("requests that PlanFix rejected in the last day: %" PRId64
		      "\nThe calls: celsync report; to send them again: "
		      "celsync replay --state rejected"),
		    rejected);
	if (unknown > 0)
		standing_warn(s, WARNING_UNKNOWN, SEVERITY_WARNING,
		    _("requests of the last day whose answers were lost: %" PRId64 "\nThe calls: "
		      "celsync report; to send them "
		      "again: celsync replay --state unknown"),
		    unknown);
	if (failed > 0)
		standing_warn(s, WARNING_RECORDINGS, SEVERITY_WARNING,
		    _("recordings of the last day that could not be converted: %" PRId64
		      "\nWhy: celsync "
		      "recordings"),
		    failed);
	return TRUE;
}

/* Whom PlanFix does not know, and the hook. */

static gboolean
warn_of_employees(struct standing *s, store *db, const struct config *config, GError **error)
{
	GHashTable *employees = config->pbx.employees;
	g_autoptr(GString) strangers = g_string_new(NULL);
	if (employees == NULL || g_hash_table_size(employees) == 0)
		return TRUE;
	g_autoptr(GPtrArray) extensions = standing_extensions(db, error);
	if (extensions == NULL)
		return FALSE;
	for (guint i = 0; i < extensions->len; i++)
		if (!g_hash_table_contains(employees, extensions->pdata[i]))
			g_string_append_printf(strangers, "%s%s", strangers->len > 0 ? ", " : "",
			    (const char *)extensions->pdata[i]);
	if (strangers->len > 0)
		standing_warn(s, WARNING_EMPLOYEES, SEVERITY_WARNING,
		    _("extensions were told that are not among [pbx] employees: %s\nPlanFix drops "
		      "the calls of an extension it does not know, without a word."),
		    strangers->str);
	return TRUE;
}

static gboolean
warn_of_hook(struct standing *s, store *db, const struct config *config, GError **error)
{
	gint64 calls;
	if (!standing_hook(db, &s->heard, &calls, error))
		return FALSE;
	if (config->planfix.announce != ANNOUNCE_HOOK || calls < CALLS_WITHOUT_HOOK)
		return TRUE;
	standing_warn(s, WARNING_HOOK, SEVERITY_WARNING,
	    _("%s, and %" PRId64
	      " calls were told since\nPut it into the dialplan (celsync init --dialplan), or set "
	      "[planfix] announce = poll or off."),
	    s->heard == 0 ? _("the hook was never heard of")
			  : _("the hook is not heard of any more"),
	    calls);
	return TRUE;
}

gboolean
standing_gather(
    store *db, const struct config *config, gint64 now, struct standing *s, GError **error)
{
	gboolean found;
	gint64 since;
	*s = (struct standing){ .now = now, .path = config->store.path };
	s->warnings = g_array_new(FALSE, FALSE, sizeof(struct warning));
	g_array_set_clear_func(s->warnings, warning_clear);
	if (!checkpoint_get(db, &s->checkpoint, &found, error) ||
	    !checkpoint_open_count(db, &s->open, error) || !outbox_counts(db, s->outbox, error) ||
	    !standing_waiting(db, OUTBOX_LIVE, &s->live, &s->live_since, error) ||
	    !standing_waiting(db, OUTBOX_HISTORY, &s->history, &since, error) ||
	    !recordings_counts(db, s->recordings, error) || !trouble_get(db, &s->trouble, error) ||
	    !retention_walked(db, &s->retained, error) || (s->jobs = jobs_all(db, error)) == NULL)
		return FALSE;
	standing_ask_source(s, db, config);
	warn_of_passes(s);
	return warn_of_ends(s, db, error) && warn_of_employees(s, db, config, error) &&
	       warn_of_hook(s, db, config, error);
}

void
standing_clear(struct standing *s)
{
	g_clear_pointer(&s->jobs, g_array_unref);
	g_clear_pointer(&s->warnings, g_array_unref);
	g_clear_pointer(&s->source, g_free);
	trouble_clear(&s->trouble);
}
