/*
 * Requests to be sent to PlanFix, and what became of them.
 *
 *   ready -> sending -> sent
 *            sending -> ready      not now: try again at `not_before`
 *            sending -> rejected   PlanFix will not have it; its answer is kept
 *            sending -> unknown    sent, but the answer was lost
 *   ready -> expired               an announcement past its time, or `give_up` days
 *   rejected, unknown, expired -> ready      by replay
 *   sent -> ready                  by replay --force alone: outbox_outcome.forced
 *
 * outbox_move() owns this table of transitions; no other function changes a state, but outbox_claim(),
 * which makes ready -> sending and writes the owner with it.
 *
 * The key (callid, ext, event, n) is unique for ever: putting a key that is there is not an error
 * and changes nothing, so a call that is rebuilt twice is told once.
 *
 * Order: within one (callid, ext), by window `n`, then `rank`, then id. An item is offered only when no
 * earlier ACCEPTED or COMPLETED is ready or sending; OUTBOX_ANNOUNCE items hold back the others only
 * while they are sending, and are not offered any more once a later item of their call and employee has
 * left. A record is offered only when the COMPLETED of its window was sent, or there is none; it blocks nobody. Live
 * items go before history. An item that waits lets those behind it wait as long (`not_before`).
 *
 * Times are microseconds UTC. Functions that write act inside the caller's transaction.
 */
#ifndef CELSYNC_OUTBOX_H
#define CELSYNC_OUTBOX_H

#include "store/store.h"

enum outbox_state {
	OUTBOX_READY,
	OUTBOX_SENDING,
	OUTBOX_SENT,
	OUTBOX_REJECTED,
	OUTBOX_UNKNOWN,
	OUTBOX_EXPIRED
};
#define OUTBOX_STATES (OUTBOX_EXPIRED + 1)

const char *outbox_state_name(enum outbox_state state);
gboolean outbox_state_from_name(const char *name, enum outbox_state *state);

/* Where an item stands in the order of its call and employee. */
enum outbox_rank {
	OUTBOX_ANNOUNCE,
	OUTBOX_ACCEPTED,
	OUTBOX_COMPLETED,
	OUTBOX_RECORD
};

enum outbox_priority {
	OUTBOX_LIVE,
	OUTBOX_HISTORY
};

/* What is put. Strings are borrowed. */
struct outbox_new {
	const char *callid, *ext;
	const char *event; /* INCOMING, OUTGOING, ACCEPTED, COMPLETED, record */
	gint64 n;          /* number of the window it belongs to, from 0 */
	enum outbox_rank rank;
	enum outbox_priority priority;
	/* The form (application/x-www-form-urlencoded) without token, is_recorded and record_link. */
	const char *body;
	/* Base name of the leg's recording, or NULL; looked up when claimed. */
	const char *recording;
	gint64 call_start; /* for `replay --from --to` and `show` */
	gint64 expires;    /* 0: never by itself */
	gboolean first;    /* it is known that no ACCEPTED or COMPLETED stands before it */
};

/* *added FALSE where the key was there already. */
gboolean outbox_put(
    store *store, const struct outbox_new *item, gint64 now, gboolean *added, GError **error);

/* Who is sending: a claim by an owner that is gone is not believed. */
struct outbox_owner {
	char boot[40];     /* /proc/sys/kernel/random/boot_id */
	gint64 pid, start; /* start: field 22 of /proc/PID/stat, clock ticks since boot */
};
gboolean outbox_owner_self(struct outbox_owner *owner, GError **error);
/* FALSE when that process has certainly ended. */
gboolean outbox_owner_alive(const struct outbox_owner *owner);

/* A claimed item; strings owned. */
struct outbox_item {
	gint64 id, n;
	enum outbox_state state;
	enum outbox_rank rank;
	enum outbox_priority priority;
	char *callid, *ext, *event, *body, *recording;
	gint64 call_start, created, not_before, expires, attempts, changed;
	gint64 status; /* HTTP status of the last answer, 0: none */
	char *answer;  /* last answer or error, at most 1 KiB; may be NULL */
};
void outbox_item_clear(struct outbox_item *item);

/*
 * Takes up to `limit` items that may go now (state ready, not_before <= now, `expires` not reached,
 * nothing before them in their order), of one call and employee at most one; marks them sending
 * under `owner` with a lease until `lease`, and returns them (struct outbox_item; the array clears
 * its elements). They are the caller's after the commit.
 */
GArray *outbox_claim(store *store, const struct outbox_owner *owner, gint64 now, gint64 lease,
    int limit, GError **error);

/*
 * What came of a try. `answer` is cut to 1 KiB; status 0 without answer leaves the last one as it is.
 * not_before: used for OUTBOX_READY only.
 */
struct outbox_outcome {
	enum outbox_state to;
	gint64 not_before;
	gint64 status;
	const char *answer;
	gboolean forced; /* what was acknowledged goes again: somebody wants it twice */
};
/* From the state the item is expected to be in; STORE_ERROR_STATE when the table forbids it or it is elsewhere. */
gboolean outbox_move(store *store, gint64 id, enum outbox_state from,
    const struct outbox_outcome *outcome, gint64 now, GError **error);

/* Items sending whose lease ran out or whose owner is gone become unknown; *n says how many. */
gboolean outbox_recover(store *store, gint64 now, int *n, GError **error);
/*
 * Ready items whose time is over become expired: `expires` reached, or created (or, later, made ready
 * again from rejected, unknown or expired) before `given_up`. A replay does not move `expires`.
 */
gboolean outbox_expire(store *store, gint64 now, gint64 given_up, int *n, GError **error);
/*
 * When the next ready item may go; 0: none waits but for the outcome of one that is being sent. After
 * outbox_expire(): an item whose `expires` has passed is not known here.
 */
gboolean outbox_next(store *store, gint64 *not_before, GError **error);

struct outbox_count {
	gint64 n, oldest; /* oldest: created, of the oldest one */
};
gboolean outbox_counts(store *store, struct outbox_count counts[OUTBOX_STATES], GError **error);
/* The items of one call in order of id; struct outbox_item. */
GArray *outbox_of_call(store *store, const char *callid, GError **error);

#endif
