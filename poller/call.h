/*
 * What a call was: a group's timeline, its CDR records and the rules of this PBX give calls with direction,
 * client, legs, results and recordings. Pure.
 *
 * There is one call for each real beginning in the group: a channel that began a linkedid of its own. Everything lives in the
 * group's arena. Times are µs UTC, TIME_NONE where a fact is absent; spans are µs.
 */
#ifndef CELSYNC_CALL_H
#define CELSYNC_CALL_H

#include "poller/number.h"
#include "poller/timeline.h"

/*
 * Answers about short texts, kept by their bytes: there are few extensions and trunks, and every channel asks. What each number
 * of `answer` means is party.c's own. An empty text: there is none yet.
 */
#define CALL_MEMO_TEXT 24     /* longest that is kept */
#define CALL_MEMO_ANSWERS 512 /* as many are kept */
struct call_memo_answer {
	guint64 text[CALL_MEMO_TEXT / 8]; /* filled up with zeros */
	guint8 answer;
	guint16
	    number; /* of a peer that is an extension: where it stands in `numbers`; 0: it does not */
};
struct call_memo {
	struct call_memo_answer number[CALL_MEMO_ANSWERS]; /* does the expression match? */
	struct call_memo_answer peer[CALL_MEMO_ANSWERS];   /* what is TECHNOLOGY/PEER? */
	const GRegex *measured; /* of which expression `longest` is told */
	gsize longest;          /* characters that it can match, G_MAXSIZE: any number of them */
	/* Calls may point to these: none is ever taken away, and where there is no room no more is added. */
	char numbers[4096];
	guint used; /* of it, beside the first byte */
};

/*
 * What the configuration says of this PBX; all pointers borrowed, and constant while calls are built.
 * Sets are GHashTables used as sets of strings; NULL is an empty set.
 */
struct call_rules {
	const char *name;  /* prefix of callid, NULL: none */
	GRegex *extension; /* an employee's number; NULL: ^[1-9][0-9]{1,4}$ */
	/* Of `extension` and `trunk` alone, zeroed at first; NULL: nothing is kept. One thread at a time. */
	struct call_memo *memo;
	GHashTable *trunk;     /* "mango", "PJSIP/mango" */
	GHashTable *alias;     /* "9101" -> "101" */
	GHashTable *employees; /* where given, others are warned of */
	GHashTable *skip_ext, *skip_did;
	gboolean internal; /* report internal calls too */
	const char
	    *anonymous; /* number to send for an unknown client; NULL: such calls are skipped */
	const char *default_ext; /* who gets the Missed when nobody rang; NULL: nobody */
	const number_rewrite *rewrite;
};

enum direction {
	DIRECTION_IN,
	DIRECTION_OUT,
	DIRECTION_INTERNAL
};
const char *direction_name(enum direction direction);

/* PlanFix's words; an employee who is told nothing has STATUS_NONE. */
enum status {
	STATUS_NONE,
	STATUS_SUCCESS,
	STATUS_MISSED,
	STATUS_CANCELLED,
	STATUS_BUSY,
	STATUS_NO_ANSWER,
	STATUS_NOT_AVAILABLE,
	STATUS_NOT_ALLOWED
};
const char *status_name(enum status status); /* NULL for STATUS_NONE */

enum result {
	RESULT_ANSWERED,
	RESULT_MISSED,
	RESULT_FAILED
};
const char *result_name(enum result result);

/* How it is known that a call is over. */
enum settled {
	SETTLED_OPEN,
	SETTLED_ENDED, /* the client and every leg hung up */
	SETTLED_GRACE, /* rows are missing, but the linkedid ended or a CDR record came, and `grace` passed */
	SETTLED_RESTART, /* Asterisk restarted since */
	SETTLED_STALE    /* nothing came for `stale` */
};
const char *settled_name(enum settled settled);

/* An employee (or an outside number rung for the PBX) and the client: all of that person's channels together. */
struct leg {
	const char *ext;     /* NULL: nobody of ours */
	const char *outside; /* number rung outside; NULL: a phone of ours */
	gint64 rang, answered, ended;
	gint64 talk;        /* connected with the client */
	gboolean connected; /* at all, be it for no time the table's clock can show */
	enum status status;
	const char *recording; /* base name, NULL: none covers its talk */
	const char
	    *recording_path; /* as Asterisk named it, for finding the file; NULL with recording */
	const char *transferred_from; /* ext, NULL */
	const char *reason;           /* why there was no channel; NULL */
	gboolean alive;               /* some channel of it has not hung up */
	gint64 rang_id,
	    stopped_id; /* ids of the rows: last began to ring; last hung up or was answered */
};

/* A recording of the group: base name, and the path as Asterisk named it (only the name where a CDR record told it). */
struct call_recording {
	const char *file, *path;
};

struct call {
	const char *callid;
	const char *linkedid;         /* callid without the PBX's name */
	const char *const *linkedids; /* of the whole group, in Asterisk's order; NULL at the end */
	const char *const
	    *aliases; /* those of them that began no other call with a client; NULL at the end */
	const char *basis; /* "cel" or "cdr" */
	enum direction direction;
	const char *client;  /* rewritten; NULL: unknown */
	const char *did;     /* NULL */
	const char *queue;   /* NULL */
	const char *hung_up; /* "client", an ext, or NULL */
	gint64 start, answer, end;
	gint64 talk;
	gint64 hold; /* -1: the table does not tell */
	enum result result;
	enum settled settled;
	gboolean
	    recorded; /* open by CEL, but CDR records say that whoever was still there has hung up */
	gboolean voicemail;
	const char *skip; /* why it is not reported; NULL */
	struct leg *legs;
	guint n_legs;
	struct call_recording *recordings;
	guint n_recordings;
	const char **notes;
	guint n_notes;
};

/* Appends the calls of a group, by beginning; struct call, the group's. */
void call_build(struct group *group, const struct timeline *timeline,
    const struct call_rules *rules, GPtrArray *calls);

/*
 * The call of a group that has CDR records only (assembly_add_alone): basis "cdr"; NULL where there is no record. Its zone is
 * what other groups told.
 */
struct call *
call_build_from_cdr(struct group *group, struct zone *zone, const struct call_rules *rules);

/* How long is waited until a call counts as over, µs. */
struct call_patience {
	gint64 settle, grace, stale;
};

/*
 * Decides whether a call is over, `quiet` µs after the last row of its group was first seen: an ended call is still open
 * while its last row is younger than `settle`; an open one is given up as missing rows say.
 */
void call_settle(struct call *call, const struct timeline *timeline,
    const struct call_patience *patience, gint64 quiet);

/* The status of an outgoing call without talk, from the hang-up cause of the last outside leg (Q.850; -1: none). */
enum status status_from_cause(int cause);

#endif
