/*
 * Rows become groups: what must be looked at together to rebuild a call.
 *
 * A group is the closure of: rows that share a linkedid; linkedids that share a uniqueid; the uniqueids
 * named in ATTENDEDTRANSFER, BLINDTRANSFER, PICKUP and LOCAL_OPTIMIZE; channels that were in one bridge (its bridge_id lives as
 * long as somebody is in it). Holding bridges (parking, BridgeWait) tie nobody: a parking lot keeps one bridge_id for
 * life. A conference does tie, because Asterisk leaves its members their own linkedids.
 *
 * Rows may come in any order and more than once; ids decide. Memory is that of the groups still held:
 * a group is handed out once and goes back with assembly_release(). Pure: no clock, no source.
 */
#ifndef CELSYNC_ASSEMBLY_H
#define CELSYNC_ASSEMBLY_H

#include "poller/arena.h"
#include "poller/incarnation.h"
#include "poller/row.h"
#include "poller/uniqueid.h"

struct group;

/* DIALSTATUS of the dialling side, as HANGUP's extra has it (Asterisk app_dial.c). */
enum dialstatus {
	DIALSTATUS_NONE,
	DIALSTATUS_ANSWER,
	DIALSTATUS_BUSY,
	DIALSTATUS_NOANSWER,
	DIALSTATUS_CANCEL,
	DIALSTATUS_CONGESTION,
	DIALSTATUS_CHANUNAVAIL,
	DIALSTATUS_OTHER
};

/* All strings live as long as the group. */
struct channel {
	struct group *group;
	const char *uniqueid;
	const char *name;         /* as in its first row */
	const char *linkedid;     /* under which it began: of CHAN_START, else of its first row */
	const char *linkedid_now; /* the last one seen */
	struct uniqueid made;     /* epoch 0 where the uniqueid tells none */
	gint64 first_id, last_id;
	gboolean started, ended; /* CHAN_START seen; HANGUP or CHAN_END seen */
	/* As CHAN_START has it, else the first row. */
	const char *cid_num, *cid_name, *cid_dnid, *exten, *context;
	const char *cid_last; /* the caller number of the last row that has one; "" */
	gint64 cid_last_id;
	const char *dial; /* appdata of the first row that stood in Dial; "" */
	gint64 dial_id;
	guint index; /* in group->channels */
};

struct bridge {
	struct group *group;
	const char *id;
	gboolean holding;
	guint index; /* in group->bridges */
};

/* One row, cut down to what a rebuild needs. */
struct step {
	gint64 id;
	struct wall time;
	enum cel_event event;
	struct channel *channel;
	struct bridge *bridge; /* BRIDGE_*; NULL where extra names none */
	union {
		const char *peer; /* BRIDGE_*: names of who else was there, comma separated */
		struct {
			const char *source; /* name of the channel that hung up first */
			gint16 cause;       /* Q.850; -1 not said */
			guint8 dialstatus;
		} hangup;
		struct {
			const char *name, *data;
		} app; /* APP_START, APP_END: only those that matter (MixMonitor, Queue, VoiceMail, …) */
		const char *extra;    /* transfers, PICKUP, PARK_*, FORWARD: the JSON */
		const char *linkedid; /* LINKEDID_END: which one ended */
		gboolean moh;         /* STREAM_*: music on hold */
	};
};

/* A CDR record, cut down. */
struct record {
	struct channel
	    *channel; /* whose uniqueid it carries; NULL when no such channel is in the group */
	const char *uniqueid, *src, *dst, *channel_name, *dstchannel, *lastapp, *lastdata,
	    *disposition, *did, *recordingfile;
	gint64 sequence, duration, billsec;
	struct wall calldate;
};

struct group {
	GPtrArray *channels;  /* struct channel, by first appearance */
	GPtrArray *bridges;   /* struct bridge */
	GPtrArray *linkedids; /* const char *: all that appeared */
	GPtrArray *named;   /* const char *: uniqueids that `extra` named and no row carried yet */
	GArray *steps;      /* struct step; ordered by id, each id once, when handed out */
	GArray *records;    /* struct record, in the order they came */
	struct arena arena; /* for whatever belongs to this group's calls */
	gint64 first_id, last_id;
	gint64 last_wall;      /* highest time written */
	guint alive;           /* channels that began and have not ended */
	gint64 restarted;      /* epoch of the restart that ended it, 0: none */
	guint linkedids_ended; /* LINKEDID_END seen */
	gboolean truncated;    /* a bound was met: the rest of its rows was left out */
	/* The assembly's own. */
	struct group *prev, *next;
	gboolean queued, out, unordered;
};

typedef struct assembly assembly;
assembly *assembly_new(void);
void assembly_free(assembly *assembly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(assembly, assembly_free)

/* Bounds of one group: beyond them rows are left out and the group says so. */
#define GROUP_STEPS_MAX 500000
#define GROUP_CHANNELS_MAX 50000

void assembly_add(assembly *assembly, const struct cel_row *row);
/* The group that carries this linkedid or uniqueid, or NULL. */
struct group *assembly_find(assembly *assembly, const char *id);
/* Adds a CDR record to the group of its uniqueid; FALSE when no held group has it. */
gboolean assembly_add_record(assembly *assembly, const struct cdr_row *row);
/*
 * Adds a CDR record of a call that has no CEL rows: to the group of its linkedid (or uniqueid), which is made. Such a group is
 * handed out by assembly_rest() only.
 */
void assembly_add_alone(assembly *assembly, const struct cdr_row *row);

/*
 * While rows stream in order of id: a group all of whose channels have ended, and that was quiet since for `quiet` µs of the
 * table's own time; or that was cut by a restart; or that nothing was added to for `stale` µs. One whose beginning was not
 * seen is kept for assembly_incomplete(). NULL: none just now.
 */
struct group *assembly_next(assembly *assembly, gint64 quiet, gint64 stale);
/* When all rows are in: any group that is left, oldest first; NULL: none. */
struct group *assembly_rest(assembly *assembly);
/*
 * What to fetch by linkedid and uniqueid for held groups whose rows are not all here: those that are not whole, and, with `open`,
 * those somebody is still in. The strings live as long as the groups; the array is the caller's.
 */
GPtrArray *assembly_incomplete(assembly *assembly, gboolean open);
/* The linkedids of held groups and the ids of their bridges that tie, added to the arrays; they live as long as the groups. */
void assembly_names(const assembly *assembly, GPtrArray *linkedids, GPtrArray *bridges);
/* Every channel it knows of was seen to start, among them those that began its linkedids. */
gboolean group_is_whole(const struct group *group);
/* Gives a group that was handed out back; its calls and strings are gone. */
void assembly_release(assembly *assembly, struct group *group);
/* The lowest id in a group that is held and not handed out; G_MAXINT64 when there is none. */
gint64 assembly_lowest_id(const assembly *assembly);
/* Groups held, handed out or not. */
guint assembly_held(const assembly *assembly);

/* What is known of each Asterisk; it may be carried from one pass to the next. struct incarnation; the assembly's. */
const GArray *assembly_incarnations(const assembly *assembly);
void assembly_set_incarnation(assembly *assembly, const struct incarnation *incarnation);

#endif
