#include "sync/deliver.h"

#include "store/crash.h"
#include "store/late.h"
#include "sync/body.h"
#include "sync/bucket.h"
#include "sync/circuit.h"
#include "sync/http.h"
#include "sync/leftovers.h"
#include "sync/log.h"

#include <glib/gi18n.h>
#include <string.h>

#define WAIT_MOST (2 * (gint64)G_USEC_PER_SEC)     /* a batch run ends rather than hang about */
#define STOP_LOOK (200 * 1000)                     /* how often the stop flag is looked at */
#define LEASE_MARGIN (60 * (gint64)G_USEC_PER_SEC) /* what a commit may take beyond the time-out */
#define PROBE 0 /* the ping's id; those of the outbox begin with 1 */

/* What came of one request and is not in the store yet. */
struct noted {
	gint64 id;
	enum verdict verdict;
	struct outbox_outcome outcome;
	char *text; /* owned; outcome.answer points to it */
};

struct pass {
	store *db;
	const struct deliver_options *options;
	struct deliver_result *result;
	struct outbox_owner self;
	http *wire;
	struct bucket bucket;
	GHashTable *under_way; /* id -> struct outbox_item */
	GArray *noted;         /* struct noted */
	struct circuit circuit;
	gboolean drained; /* nothing may go until an answer has come */
};

void
deliver_result_clear(struct deliver_result *result)
{
	g_clear_pointer(&result->words, g_free);
}

static void
noted_clear(gpointer data)
{
	struct noted *noted = data;
	g_free(noted->text);
}

static void
item_free(gpointer data)
{
	struct outbox_item *item = data;
	outbox_item_clear(item);
	g_free(item);
}

char *
deliver_body(store *db, const struct outbox_item *item, const char *token, GError **error)
{
	struct body body;
	if (!body_compose(db, item, token, &body, error))
		return NULL;
	/* What waits for its link is shown as it is. */
	return body.text != NULL ? body.text : g_strdup(item->body);
}

static void
note(struct pass *pass, const struct outbox_item *item, const struct answer *answer,
    enum verdict verdict, char *text)
{
	const gint64 now = g_get_real_time();
	struct noted noted = { .id = item->id, .verdict = verdict, .text = text };
	noted.outcome.status = answer->answered ? answer->status : 0;
	noted.outcome.answer = text;
	switch (verdict) {
	case VERDICT_SENT: noted.outcome.to = OUTBOX_SENT; break;
	case VERDICT_REJECTED: noted.outcome.to = OUTBOX_REJECTED; break;
	case VERDICT_UNKNOWN: noted.outcome.to = OUTBOX_UNKNOWN; break;
	case VERDICT_LATER:
		noted.outcome.to = OUTBOX_READY;
		noted.outcome.not_before =
		    now + verdict_delay(answer, item->attempts, g_random_int());
		break;
	case VERDICT_REFUSED:
		noted.outcome.to = OUTBOX_READY;
		noted.outcome.not_before = now;
		break;
	}
	g_array_append_val(pass->noted, noted);
}

/* Too fast, or away for as long as it says. */
static void
pace(struct pass *pass, const struct answer *answer, enum verdict verdict, gint64 steady)
{
	const gint64 pause = CLAMP(answer->retry_after, 1, RETRY_AFTER_MOST);
	if (answer->status == 429 || (answer->status == 503 && answer->retry_after > 0))
		bucket_refused(&pass->bucket, steady, pause * G_USEC_PER_SEC);
	else if (verdict == VERDICT_SENT)
		bucket_accepted(&pass->bucket);
}

static void
log_outcome(const struct outbox_item *item, const struct answer *answer, enum verdict verdict,
    const char *text)
{
	g_autofree char *id = g_strdup_printf("%" G_GINT64_FORMAT, item->id);
	g_autofree char *tries = g_strdup_printf("%" G_GINT64_FORMAT, item->attempts);
	g_autofree char *status = answer->answered ? g_strdup_printf("%ld", answer->status) : NULL;
	const gboolean good = verdict == VERDICT_SENT;
	log_fact(good ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, verdict_name(verdict), "callid",
	    item->callid, "ext", item->ext, "event", item->event, "outbox_id", id, "status", status,
	    "attempt", tries, "answer", good ? NULL : text, NULL);
}

/* What the last bad answer said: to the administrator it is the first thing to know. */
static void
keep_words(struct pass *pass, const struct answer *answer, const char *text)
{
	g_free(pass->result->words);
	pass->result->words = answer->answered ? g_strdup_printf("HTTP %ld%s%s", answer->status,
						     *text == '\0' ? "" : ": ", text)
	                                       : g_strdup(text);
}

static void
on_answer(gint64 id, const struct answer *answer, gpointer data)
{
	struct pass *pass = data;
	CRASH_POINT("a request was answered");
	const gint64 steady = g_get_monotonic_time();
	const enum verdict verdict = verdict_of(answer);
	char *text = answer_text_without(answer, pass->options->planfix->token);

	pass->drained = FALSE;
	circuit_learn(&pass->circuit, answer, id == PROBE, steady);
	if (answer->answered)
		pace(pass, answer, verdict, steady);
	if (id == PROBE) {
		if (!answer->answered || verdict == VERDICT_REFUSED)
			keep_words(pass, answer, text);
		g_free(text);
		return;
	}
	if (verdict != VERDICT_SENT)
		keep_words(pass, answer, text);
	struct outbox_item *item = g_hash_table_lookup(pass->under_way, &id);
	log_outcome(item, answer, verdict, text);
	note(pass, item, answer, verdict, text);
	g_hash_table_remove(pass->under_way, &id);
}

/* Writes down what came back; inside the caller's transaction. */
static gboolean
write_noted(struct pass *pass, GError **error)
{
	const gint64 now = g_get_real_time();
	gboolean lost = FALSE;
	for (guint i = 0; i < pass->noted->len; i++) {
		const struct noted *noted = &g_array_index(pass->noted, struct noted, i);
		g_autoptr(GError) moved = NULL;
		lost |= noted->verdict == VERDICT_UNKNOWN;
		if (outbox_move(pass->db, noted->id, OUTBOX_SENDING, &noted->outcome, now, &moved))
			continue;
		/* Somebody took it away meanwhile: that is no reason to forget the other answers. */
		if (g_error_matches(moved, STORE_ERROR, STORE_ERROR_STATE)) {
			log_error(LOG_LEVEL_WARNING, "outcome not noted", moved);
			continue;
		}
		g_propagate_error(error, g_steal_pointer(&moved));
		return FALSE;
	}
	/* What closes no window goes again before its COMPLETED leaves: the next run would find it overtaken. */
	int n;
	return !lost || pass->options->planfix->unknown != UNKNOWN_RESEND ||
	       late_resend(pass->db, now, LOST_MOST, OUTBOX_ACCEPTED, &n, error);
}

static void
count_noted(struct pass *pass)
{
	for (guint i = 0; i < pass->noted->len; i++)
		switch (g_array_index(pass->noted, struct noted, i).verdict) {
		case VERDICT_SENT: pass->result->sent++; break;
		case VERDICT_LATER:
		case VERDICT_REFUSED: pass->result->later++; break;
		case VERDICT_REJECTED: pass->result->rejected++; break;
		case VERDICT_UNKNOWN: pass->result->unknown++; break;
		}
	g_array_set_size(pass->noted, 0);
}

static void
body_destroy(gpointer body)
{
	body_clear(body);
}

/*
 * The bodies of what was claimed (struct body). Whether they owe a link is noted before they leave,
 * so that a crash does not forget it.
 */
static GArray *
compose_claimed(struct pass *pass, GArray *items, GError **error)
{
	g_autoptr(GArray) bodies = g_array_new(FALSE, TRUE, sizeof(struct body));
	g_array_set_clear_func(bodies, body_destroy);
	const gboolean links = pass->options->recordings->publish_dir != NULL;
	for (guint i = 0; i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		struct body body;
		if (!body_compose(pass->db, item, pass->options->planfix->token, &body, error))
			return NULL;
		g_array_append_val(bodies, body);
		if (item->rank == OUTBOX_COMPLETED &&
		    !late_owe(pass->db, item->id, links && body.owes_link, error))
			return NULL;
	}
	return g_steal_pointer(&bodies);
}

/* What was claimed leaves; after the commit. */
static void
start(struct pass *pass, GArray *items, GArray *bodies)
{
	for (guint i = 0; i < items->len; i++) {
		struct outbox_item *item = g_new(struct outbox_item, 1);
		*item = g_array_index(items, struct outbox_item, i);
		memset(&g_array_index(items, struct outbox_item, i), 0, sizeof *item);
		g_hash_table_insert(pass->under_way, &item->id, item);

		g_autoptr(GError) error = NULL;
		const char *body = g_array_index(bodies, struct body, i).text;
		if (body != NULL && http_post(pass->wire, item->id, body, &error))
			continue;
		const struct answer none = { .retry_after = -1 };
		char *text =
		    g_strdup(error != NULL ? error->message : _("its recording has no link now"));
		log_outcome(item, &none, VERDICT_LATER, text);
		note(pass, item, &none, VERDICT_LATER, text);
		g_hash_table_remove(pass->under_way, &item->id);
	}
}

/* One commit: the answers that came, and up to `limit` more requests. */
static gboolean
turn(struct pass *pass, guint limit, GError **error)
{
	if (pass->noted->len == 0 && limit == 0)
		return TRUE;

	const gint64 now = g_get_real_time();
	const gint64 lease = now + pass->options->planfix->timeout + LEASE_MARGIN;
	g_autoptr(GArray) items = NULL;
	g_autoptr(GArray) bodies = NULL;
	if (!store_begin(pass->db, error))
		return FALSE;
	gboolean fine = write_noted(pass, error);
	if (fine && limit > 0) {
		items = outbox_claim(pass->db, &pass->self, now, lease, (int)limit, error);
		bodies = items == NULL ? NULL : compose_claimed(pass, items, error);
		fine = bodies != NULL;
	}
	if (fine)
		fine = store_commit(pass->db, error);
	if (!fine) {
		store_rollback(pass->db);
		return FALSE;
	}

	count_noted(pass);
	if (items != NULL) {
		pass->drained = items->len < limit;
		bucket_take(&pass->bucket, items->len);
		start(pass, items, bodies);
	}
	return TRUE;
}

static gboolean
may_start(const struct pass *pass)
{
	const struct deliver_options *options = pass->options;
	return !pass->circuit.open &&
	       !(options->stop != NULL && g_atomic_int_get(options->stop) != 0) &&
	       (options->deadline == 0 || g_get_real_time() < options->deadline);
}

/* How many requests may leave now. */
static guint
room(struct pass *pass)
{
	if (!may_start(pass) || pass->circuit.doubt || pass->drained)
		return 0;
	guint most = http_free(pass->wire);
	/* The first one goes alone: it finds out whether somebody is there. */
	if (!pass->circuit.heard)
		most = http_busy(pass->wire) > 0 ? 0 : MIN(most, 1);
	return bucket_ready(&pass->bucket, g_get_monotonic_time(), most);
}

static gboolean
probe(struct pass *pass, GError **error)
{
	g_autoptr(GString) body = g_string_new("cmd=ping");
	body_append(body, "planfix_token", pass->options->planfix->token);
	return http_post(pass->wire, PROBE, body->str, error);
}

/*
 * Nothing is under way, and nothing may be claimed before time has passed or a ping was answered. How
 * long to wait, in µs; -1: the pass is over. *ask: something may go now, but for the doubt.
 */
static gboolean
idle_wait(struct pass *pass, gint64 *wait, gboolean *ask, GError **error)
{
	gint64 due;
	*wait = -1;
	*ask = FALSE;
	if (!outbox_next(pass->db, &due, error))
		return FALSE;
	const gint64 left = due - g_get_real_time();
	if (due == 0 || left > WAIT_MOST)
		return TRUE;
	if (left > 0) {
		*wait = left;
		pass->drained = FALSE;
	} else if (pass->circuit.doubt) {
		*wait = MAX(0, pass->circuit.probe_at - g_get_monotonic_time());
		*ask = *wait == 0;
	}
	return TRUE;
}

/* How long to wait for the next thing to do, in µs; -1: there is none, the pass is over. */
static gboolean
next_wait(struct pass *pass, gint64 *wait, GError **error)
{
	const guint busy = http_busy(pass->wire);
	*wait = busy > 0 ? pass->options->planfix->timeout : -1;
	if (pass->noted->len > 0) {
		*wait = 0;
	} else if (may_start(pass) && busy == 0 && (pass->circuit.doubt || pass->drained)) {
		gboolean ask;
		if (!idle_wait(pass, wait, &ask, error))
			return FALSE;
		if (ask) {
			if (!probe(pass, error))
				return FALSE;
			*wait = pass->options->planfix->timeout;
		}
	} else if (may_start(pass) && !pass->circuit.doubt && !pass->drained) {
		/* Only the rate holds it up; or there is no connection free, or no answer yet. */
		const gint64 due = bucket_wait(&pass->bucket, g_get_monotonic_time());
		if (busy == 0)
			*wait = due <= WAIT_MOST ? due : -1;
		else if (pass->circuit.heard && http_free(pass->wire) > 0)
			*wait = MIN(*wait, due);
	}
	if (*wait > 0 && pass->options->stop != NULL)
		*wait = MIN(*wait, STOP_LOOK);
	return TRUE;
}

static gboolean
run(struct pass *pass, GError **error)
{
	for (;;) {
		gint64 wait;
		if (!turn(pass, room(pass), error) || !next_wait(pass, &wait, error))
			return FALSE;
		if (pass->options->watch != NULL)
			pass->options->watch(pass->result, pass->options->watch_data);
		if (wait < 0)
			return TRUE;
		if (!http_wait(pass->wire, wait, -1, on_answer, pass, error))
			return FALSE;
	}
}

/* After an error: what is under way may still be answered, and the store may be there again. */
static void
save_what_can_be(struct pass *pass)
{
	g_autoptr(GError) error = NULL;
	pass->circuit.open = TRUE;
	while (http_busy(pass->wire) > 0)
		if (!http_wait(
			pass->wire, pass->options->planfix->timeout, -1, on_answer, pass, NULL))
			break;
	if (!turn(pass, 0, &error))
		log_error(LOG_LEVEL_ERROR, "answers could not be noted", error);
}

/* FALSE in *waits: nothing may leave within the time that this run would wait for it. */
static gboolean
anything_waits(store *db, gboolean *waits, GError **error)
{
	gint64 due;
	if (!outbox_next(db, &due, error))
		return FALSE;
	*waits = due != 0 && due - g_get_real_time() <= WAIT_MOST;
	return TRUE;
}

gboolean
deliver(
    store *db, const struct deliver_options *options, struct deliver_result *result, GError **error)
{
	const struct planfix_settings *planfix = options->planfix;
	*result = (struct deliver_result){ .words = NULL };
	struct pass pass = { .db = db, .options = options, .result = result };
	struct leftovers left;
	if (!outbox_owner_self(&pass.self, error) ||
	    !leftovers_settle(db, planfix, g_get_real_time(), &left, error))
		return FALSE;
	result->unknown = left.lost;
	result->expired = left.expired;
	pass.circuit.doubt = left.doubt;
	if (left.lost > 0)
		log_say(LOG_LEVEL_WARNING,
		    ngettext(
			"an earlier run was cut off: of %d request nobody knows whether it arrived",
			"an earlier run was cut off: of %d requests nobody knows whether they "
			"arrived",
			(gulong)left.lost),
		    left.lost);

	/* Most passes have nothing to send, and load nothing to send it with. */
	gboolean waits;
	if (!anything_waits(db, &waits, error))
		return FALSE;
	if (!waits)
		return TRUE;
	const struct http_config wire = {
		.url = planfix->url,
		.ca_file = planfix->ca_file,
		.connections = planfix->connections,
		.timeout = planfix->timeout,
	};
	pass.wire = http_open(&wire, error);
	if (pass.wire == NULL)
		return FALSE;
	bucket_init(&pass.bucket, planfix->rate, g_get_monotonic_time());
	pass.under_way = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, item_free);
	pass.noted = g_array_new(FALSE, TRUE, sizeof(struct noted));
	g_array_set_clear_func(pass.noted, noted_clear);

	const gboolean fine = run(&pass, error);
	if (!fine)
		save_what_can_be(&pass);

	result->refused = pass.circuit.refused;
	result->unreachable =
	    pass.circuit.unreachable || (pass.circuit.silent > 0 && !pass.circuit.heard);
	http_close(pass.wire);
	g_hash_table_unref(pass.under_way);
	g_array_unref(pass.noted);
	return fine;
}
