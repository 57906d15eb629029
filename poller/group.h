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

/* Applications of the dialplan that a rebuild looks at; any other is APP_NONE. */
enum application {
	APP_NONE,
	APP_MIXMONITOR,
	APP_STOP_MIXMONITOR,
	APP_MONITOR,
	APP_QUEUE,
	APP_VOICEMAIL,
	APP_CONFBRIDGE,
	APP_MEETME
};

/* All strings live as long as the group. */
struct channel {
	struct group *group;
	const char *uniqueid;
	guint64 tail;             /* the last 8 bytes of uniqueid; 0 where it is shorter */
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
	guint32 uniqueid_len, name_len, linkedid_now_len, cid_last_len; /* bytes of those above */
	guint32 hash;     /* of uniqueid, as struct idmap_key has it */
	guint index;      /* in group->channels */
	const char *dial; /* appdata of the first row that stood in Dial; "" */
	gint64 dial_id;
};

struct bridge {
	struct group *group;
	const char *id;
	guint id_len;
	guint32 hash; /* of id, as struct idmap_key has it */
	gboolean holding;
	guint index; /* in group->bridges */
};

/* One row, cut down to what a rebuild needs. There are many, and a call waits for its CDR records: they are kept small. */
struct step {
	gint64 id;
	gint64 wall; /* as struct wall has it */
	struct channel *channel;
	guint8 event; /* enum cel_event */
	guint8 utc;   /* so is `wall` */
	union {
		struct {                       /* BRIDGE_* */
			struct bridge *bridge; /* NULL where extra names none */
			const char *peer;      /* names of who else was there, comma separated */
		};
		struct {
			const char *source; /* name of the channel that hung up first */
			gint16 cause;       /* Q.850; -1 not said */
			guint8 dialstatus;  /* enum dialstatus */
		} hangup;
		struct {
			enum application id;
			const char *data;
		} app;                /* APP_START: only those that matter */
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
	struct channel **channels; /* by first appearance */
	struct bridge **bridges;
	const char **linkedids; /* all that appeared */
	const char **named;     /* uniqueids that `extra` named and no row carried yet */
	struct step *steps;     /* ordered by id, each id once, when handed out */
	struct record *records; /* in the order they came */
	guint n_channels, n_bridges, n_linkedids, n_named, n_steps, n_records;
	guint32 events;       /* bit n: there is a step of event n */
	guint32 applications; /* bit n: one of them started application n */
	struct arena arena;   /* for whatever belongs to this group's calls */
	gint64 first_id, last_id;
	gint64 last_wall;      /* highest time written */
	guint alive;           /* channels that began and have not ended */
	gint64 restarted;      /* epoch of the restart that ended it, 0: none */
	guint linkedids_ended; /* LINKEDID_END seen */
	gboolean truncated;    /* a bound was met: the rest of its rows was left out */
	/* The assembly's own. */
	struct group *prev, *next;
	GList ended; /* in the list of those nobody is left in, while `queued` */
	gboolean queued, out, unordered;
	guint room_channels, room_bridges, room_linkedids, room_named, room_steps, room_records;
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

static inline gboolean
group_has_application(const struct group *group, enum application id)
{
	return (group->applications >> id) & 1;
}

/* Each adds one; the strings are the arena's. */
void group_add_channel(struct group *group, struct channel *channel);
void group_add_bridge(struct group *group, struct bridge *bridge);
void group_add_linkedid(struct group *group, const char *linkedid);
void group_add_named(struct group *group, const char *uniqueid);
/* Takes it out of `named`; FALSE: it is not there. The pointers are compared. */
gboolean group_drop_named(struct group *group, const char *uniqueid);
void group_more_steps(struct group *group);
/* One more, to be filled in: nothing of it is set. */
static inline struct step *
group_new_step(struct group *group, enum cel_event event)
{
	if (G_UNLIKELY(group->n_steps == group->room_steps))
		group_more_steps(group);
	group->events |= (guint32)1 << event;
	return &group->steps[group->n_steps++];
}
/* Copies what matters of a record; channel may be NULL. */
void group_add_record(struct group *group, struct channel *channel, const struct cdr_row *row);
/* The rows, channels, bridges and records of `from` are `to`'s; `from` is empty but for its names. */
void group_absorb(struct group *to, struct group *from);
/* Steps in order of their ids, each id once. */
void group_order(struct group *group);
/* Every channel it knows of was seen to start, among them those that began its linkedids. */
gboolean group_is_whole(const struct group *group);

#endif
