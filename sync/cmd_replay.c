/* celsync replay: what was not delivered goes again, because an administrator says so. */
#include "sync/app.h"

#include "store/recordings.h"
#include "store/replay.h"
#include "sync/log.h"
#include "sync/pass.h"
#include "sync/screen.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <string.h>

/* More than this in one commit would keep live traffic waiting; the command says so and can be given again. */
#define MOST 20000

struct replay {
	struct replay_filter filter;
	gboolean requests, failed, none; /* what of: the outbox; recordings in these states */
	gboolean dry_run, force;
	gint64 now;
	GPtrArray *recordings; /* GArrays of struct recording that match */
	GArray *items;         /* struct replay_item */
};

static void
replay_clear(struct replay *r)
{
	g_clear_pointer(&r->items, g_array_unref);
	g_clear_pointer(&r->recordings, g_ptr_array_unref);
}

static gboolean
contains(const char *text, const char *part)
{
	g_autofree char *low = g_ascii_strdown(text != NULL ? text : "", -1);
	g_autofree char *low_part = g_ascii_strdown(part, -1);
	return strstr(low, low_part) != NULL;
}

static gboolean
wants_recording(const struct replay *r, const struct recording *recording)
{
	if (recording->state == RECORDING_FAILED ? !r->failed
						 : recording->state != RECORDING_NONE || !r->none)
		return FALSE;
	/* Retention has removed its name. */
	if (recording->path[0] == '\0')
		return FALSE;
	return recording->call_ended >= r->filter.from && recording->call_ended < r->filter.to &&
	       (r->filter.error == NULL || contains(recording->reason, r->filter.error));
}

/* What is of no interest is taken out of the list. */
static gboolean
find_recordings(struct replay *r, store *db, enum recording_state state, GError **error)
{
	GArray *found = recordings_of(db, r->filter.callid, state, MOST, error);
	if (found == NULL)
		return FALSE;
	for (guint i = found->len; i > 0; i--)
		if (!wants_recording(r, &g_array_index(found, struct recording, i - 1)))
			g_array_remove_index(found, i - 1);
	g_ptr_array_add(r->recordings, found);
	return TRUE;
}

static gboolean
find(struct replay *r, store *db, GError **error)
{
	r->recordings = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	r->items = r->requests ? replay_find(db, &r->filter, r->now, MOST, error)
	                       : g_array_new(FALSE, FALSE, sizeof(struct replay_item));
	if (r->items == NULL)
		return FALSE;
	/* Those of one call come in all states at once. */
	if (r->filter.callid != NULL)
		return find_recordings(r, db, RECORDING_FAILED, error);
	return (!r->failed || find_recordings(r, db, RECORDING_FAILED, error)) &&
	       (!r->none || find_recordings(r, db, RECORDING_NONE, error));
}

static gboolean
move_recordings(const struct replay *r, store *db, GError **error)
{
	for (guint i = 0; i < r->recordings->len; i++) {
		GArray *found = r->recordings->pdata[i];
		for (guint k = 0; k < found->len; k++) {
			struct recording waiting = g_array_index(found, struct recording, k);
			waiting.state = RECORDING_WAITING;
			waiting.not_before = r->now;
			waiting.reason = NULL;
			if (!recordings_move(db, &waiting,
				g_array_index(found, struct recording, k).state, error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Found and moved in one transaction: another run may be sending. */
static gboolean
find_and_move(struct replay *r, store *db, GError **error)
{
	if (!store_begin(db, error))
		return FALSE;
	gboolean fine = find(r, db, error);
	for (guint i = 0; fine && i < r->items->len; i++) {
		const struct replay_item *item = &g_array_index(r->items, struct replay_item, i);
		fine = item->fate != REPLAY_AGAIN || replay_move(db, item, r->now, error);
	}
	fine = fine && move_recordings(r, db, error) && store_commit(db, error);
	if (!fine)
		store_rollback(db);
	return fine;
}

static const char *
fate_words(enum replay_fate fate)
{
	switch (fate) {
	case REPLAY_AGAIN: return _("goes again");
	case REPLAY_PAST: return _("stays: it opens a window, and its time is past");
	case REPLAY_OVERTAKEN: return _("stays: a later request has closed its window");
	case REPLAY_EMPTY:
		return _("stays: what it said was removed, after [store] keep_days or by `celsync "
			 "forget`");
	}
	return "";
}

static void
print_items(const struct replay *r)
{
	for (guint i = 0; i < r->items->len; i++) {
		const struct replay_item *item = &g_array_index(r->items, struct replay_item, i);
		g_autofree char *answer = item->answer != NULL ? text_clean(item->answer) : NULL;
		g_autofree char *state = words_pad(words_request(item->state), 8);
		g_autofree char *why = NULL;
		if (item->status != 0)
			why = g_strdup_printf("  (HTTP %" G_GINT64_FORMAT "%s%s)", item->status,
			    answer != NULL && *answer != '\0' ? ": " : "",
			    answer != NULL ? answer : "");
		else if (answer != NULL)
			why = g_strdup_printf("  (%s)", answer);
		screen_print(4, "%-22s  %-5s  %-9s  %s  %s%s", item->callid, item->ext, item->event,
		    state, fate_words(item->fate), why != NULL ? why : "");
	}
	for (guint i = 0; i < r->recordings->len; i++) {
		GArray *found = r->recordings->pdata[i];
		for (guint k = 0; k < found->len; k++) {
			const struct recording *one = &g_array_index(found, struct recording, k);
			/* What to do, its second line, `recordings` tells. */
			g_auto(GStrv) reasons =
			    g_strsplit(one->reason != NULL ? one->reason : "", "\n", 2);
			g_autofree char *reason = text_clean(reasons[0] != NULL ? reasons[0] : "");
			screen_print(4, _("%-22s  %s  %s  is converted again  (%s)"), one->callid,
			    one->file, words_recording(one->state), reason);
		}
	}
}

/* How many requests will leave. */
static guint
print_summary(const struct replay *r)
{
	guint fates[REPLAY_FATES] = { 0 }, states[OUTBOX_STATES] = { 0 }, recordings = 0;
	for (guint i = 0; i < r->items->len; i++) {
		const struct replay_item *item = &g_array_index(r->items, struct replay_item, i);
		fates[item->fate]++;
		states[item->state] += item->fate == REPLAY_AGAIN;
	}
	for (guint i = 0; i < r->recordings->len; i++)
		recordings += ((GArray *)r->recordings->pdata[i])->len;
	if (r->items->len + recordings == 0)
		screen_print(2, _("nothing to replay"));
	if (fates[REPLAY_AGAIN] > 0)
		screen_print(2,
		    r->dry_run ? ngettext("%u request would go again: %u rejected, %u unknown, "
					  "%u expired, %u sent",
				     "%u requests would go again: %u rejected, %u unknown, %u "
				     "expired, %u sent",
				     fates[REPLAY_AGAIN])
			       : ngettext("%u request goes again: %u rejected, %u unknown, %u "
					  "expired, %u sent",
				     "%u requests go again: %u rejected, %u unknown, %u "
				     "expired, %u sent",
				     fates[REPLAY_AGAIN]),
		    fates[REPLAY_AGAIN], states[OUTBOX_REJECTED], states[OUTBOX_UNKNOWN],
		    states[OUTBOX_EXPIRED], states[OUTBOX_SENT]);
	for (int fate = REPLAY_AGAIN + 1; fate < REPLAY_FATES; fate++)
		if (fates[fate] > 0)
			screen_print(2, _("%u of them: %s"), fates[fate],
			    fate_words((enum replay_fate)fate));
	if (recordings > 0)
		screen_print(2,
		    r->dry_run
			? ngettext("%u recording would be converted again by the next sync",
			      "%u recordings would be converted again by the next sync", recordings)
			: ngettext("%u recording is converted again by the next sync",
			      "%u recordings are converted again by the next sync", recordings),
		    recordings);
	if (r->items->len == MOST)
		screen_print(
		    2, _("only the first %d were looked at: give the command again"), MOST);
	return fates[REPLAY_AGAIN];
}

/* A callid that nobody knows is a mistake; one that is done is not. */
static gboolean
is_known(const struct replay *r, store *db, gboolean *known, GError **error)
{
	*known = TRUE;
	if (r->filter.callid == NULL)
		return TRUE;
	g_autoptr(GArray) items = outbox_of_call(db, r->filter.callid, error);
	g_autoptr(GArray) files =
	    items == NULL ? NULL : recordings_of(db, r->filter.callid, RECORDING_WAITING, 1, error);
	*known = files != NULL && items->len + files->len > 0;
	return files != NULL;
}

static int
run(struct app *app, struct replay *r)
{
	gboolean known;
	g_autoptr(GError) error = NULL;
	r->now = g_get_real_time();
	r->filter.young = r->now - app->config->planfix.popup_max_age;
	g_autoptr(store) db =
	    store_open(app->config->store.path, r->dry_run ? STORE_READ : STORE_WRITE, &error);
	if (db == NULL || !is_known(r, db, &known, &error))
		return app_fail("replay", error);
	if (!known) {
		log_say(LOG_LEVEL_ERROR,
		    "replay --call %s: the store knows no such call\n"
		    "celsync calls --call ID shows a call's callid by any linkedid of it.",
		    r->filter.callid);
		return EXIT_PARTLY;
	}
	if (!(r->dry_run ? find(r, db, &error) : find_and_move(r, db, &error)))
		return app_fail("replay", error);
	if (r->dry_run || app->verbose)
		print_items(r);
	const guint again = print_summary(r);
	if (r->dry_run || again == 0)
		return EXIT_DONE;
	gboolean busy;
	const int status = pass_send(app, db, &busy);
	if (busy)
		log_say(LOG_LEVEL_INFO, "another run is sending: it takes them along");
	return status;
}

/* "rejected" and the like; of recordings "failed" and "none". Without --state: all that was not acknowledged. */
static gboolean
choose_state(struct replay *r, const char *name)
{
	enum outbox_state state = OUTBOX_READY;
	if (name == NULL) {
		r->requests = r->failed = TRUE;
		r->filter.states[OUTBOX_REJECTED] = r->filter.states[OUTBOX_UNKNOWN] =
		    r->filter.states[OUTBOX_EXPIRED] = TRUE;
		r->filter.states[OUTBOX_SENT] = r->force;
		return TRUE;
	}
	r->failed = strcmp(name, "failed") == 0;
	r->none = strcmp(name, "none") == 0;
	if (r->failed || r->none)
		return TRUE;
	r->requests = outbox_state_from_name(name, &state) && state != OUTBOX_READY &&
	              state != OUTBOX_SENDING;
	if (!r->requests) {
		log_say(LOG_LEVEL_ERROR,
		    "replay --state %s: there is no such state\n"
		    "Requests: rejected, unknown, expired, sent. Recordings: failed, none.",
		    name);
		return FALSE;
	}
	if (state == OUTBOX_SENT && !r->force) {
		log_say(LOG_LEVEL_ERROR,
		    "replay --state sent: PlanFix has these\n"
		    "With --force they are sent again; PlanFix may then show these calls twice.");
		return FALSE;
	}
	r->filter.states[state] = TRUE;
	return TRUE;
}

static gboolean
bound(const char *option, const char *text, gint64 *us)
{
	g_autoptr(GError) error = NULL;
	if (text == NULL || config_parse_time(text, NULL, us, &error))
		return TRUE;
	log_say(LOG_LEVEL_ERROR, "replay %s: %s", option, error->message);
	return FALSE;
}

int
cmd_replay(struct app *app, int argc, char **argv)
{
	g_autofree char *from = NULL, *to = NULL, *id = NULL, *state = NULL, *words = NULL;
	struct replay r = { .filter = { .from = G_MININT64, .to = G_MAXINT64 } };
	const GOptionEntry entries[] = {
		{ "call", 0, 0, G_OPTION_ARG_STRING, &id, N_("Of one call, by its callid"), "ID" },
		{ "state", 0, 0, G_OPTION_ARG_STRING, &state,
		    N_("rejected, unknown, expired; of recordings: failed, none"), "S" },
		{ "from", 0, 0, G_OPTION_ARG_STRING, &from, N_("Of calls that began at T or later"),
		    "T" },
		{ "to", 0, 0, G_OPTION_ARG_STRING, &to, N_("Of calls that began before T"), "T" },
		{ "error", 0, 0, G_OPTION_ARG_STRING, &words,
		    N_("With TEXT in the answer, or in why there was none"), "TEXT" },
		{ "dry-run", 0, 0, G_OPTION_ARG_NONE, &r.dry_run,
		    N_("List what would go again; change nothing"), NULL },
		{ "force", 0, 0, G_OPTION_ARG_NONE, &r.force,
		    N_("Also what PlanFix took: it may show it twice"), NULL },
		G_OPTION_ENTRY_NULL,
	};
	int status;
	if (!app_options(app, entries, argc, argv, &status))
		return status;
	if (id == NULL && state == NULL && from == NULL && to == NULL && words == NULL) {
		log_say(LOG_LEVEL_ERROR,
		    "replay: of what?\nName it: --call ID, --state S, --from T --to T or --error "
		    "TEXT; "
		    "all that are given must be true. --dry-run shows what would go again.");
		return EXIT_USAGE;
	}
	if (!bound("--from", from, &r.filter.from) || !bound("--to", to, &r.filter.to) ||
	    !choose_state(&r, state))
		return EXIT_USAGE;
	r.filter.callid = id;
	r.filter.error = words;
	if (!app_config(app, CONFIG_NEEDS_STORE | (r.dry_run ? 0 : CONFIG_NEEDS_PLANFIX), &status))
		return status;
	status = run(app, &r);
	replay_clear(&r);
	return status;
}
