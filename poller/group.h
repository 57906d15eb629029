/*
 * A group: the channels, bridges, rows and CDR records that must be looked at together to rebuild a call, each cut down to what a
 * rebuild needs. The assembly makes groups of rows, a timeline is made of a group. Pure.
 *
 * All strings, and whatever is made of the group later, live in its arena and die with it.
 */
#ifndef CELSYNC_GROUP_H
#define CELSYNC_GROUP_H

#include "poller/arena.h"
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
	const char *cid_num, *cid_name, *exten;
	const char *cid_last; /* the caller number of the last row that has one; "" */
	gint64 cid_last_id;
	const char *dial; /* appdata of the first row that stood in Dial; "" */
	gint64 dial_id;
	guint index; /* in group->channels */
};

struct bridge {
	struct group *group;
	const char *id;
	guint id_len;
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
	const char *uniqueid, *dst, *dstchannel, *lastdata, *disposition, *did, *recordingfile;
	const char *src, *channel_name; /* "" where the channel is known */
	gint64 duration, billsec;       /* seconds */
	struct wall calldate;
};

struct group {
	GPtrArray *channels;  /* struct channel, by first appearance */
	GPtrArray *bridges;   /* struct bridge */
	GPtrArray *linkedids; /* const char *: all that appeared */
	GPtrArray *named;   /* const char *: uniqueids that `extra` named and no row carried yet */
	struct step *steps; /* ordered by id, each id once, when handed out */
	struct record *records; /* in the order they came; the arena's */
	guint n_steps, n_records;
	guint32 events;     /* bit n: there is a step of event n */
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
	guint room_steps, room_records;
};

/* Bounds of one group: beyond them rows are left out and the group says so. */
#define GROUP_STEPS_MAX 500000
#define GROUP_CHANNELS_MAX 50000

/* An empty group that takes its memory from this pool; it may be emptied and used again. */
struct group *group_new(arena_pool *pool);
void group_free(struct group *group);
void group_empty(struct group *group);

static inline gboolean
group_has(const struct group *group, enum cel_event event)
{
	return (group->events >> event) & 1;
}

void group_add_step(struct group *group, const struct step *step);
/* Copies what matters of a record; channel may be NULL. */
void group_add_record(struct group *group, struct channel *channel, const struct cdr_row *row);
/* The rows, channels, bridges and records of `from` are `to`'s; `from` is empty but for its names. */
void group_absorb(struct group *to, struct group *from);
/* Steps in order of their ids, each id once. */
void group_order(struct group *group);
/* Every channel it knows of was seen to start, among them those that began its linkedids. */
gboolean group_is_whole(const struct group *group);

#endif
