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

#include "poller/group.h"
#include "poller/incarnation.h"

typedef struct assembly assembly;
assembly *assembly_new(void);
/* Groups that were handed out must have gone back. */
void assembly_free(assembly *assembly);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(assembly, assembly_free)

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
/* Gives a group that was handed out back; its calls and strings are gone. */
void assembly_release(assembly *assembly, struct group *group);
/* The lowest id in a group that is held and not handed out; G_MAXINT64 when there is none. */
gint64 assembly_lowest_id(const assembly *assembly);
/* Groups held, handed out or not. */
guint assembly_held(const assembly *assembly);

/*
 * When more groups are held than there should be memory for: the one that was held longest, or came back longest ago, leaves. All of it goes
 * into `bytes`, which another assembly of this process may take back; `names` are the numbers of the ids that rows may know it by. Whoever keeps
 * it gives it back before a row comes that has one of its names: assembly_row_names(). FALSE: none is held but those handed out.
 */
struct stowed {
	gint64 first_id; /* of its lowest row */
	gint64
	    due; /* the table's time, µs, from which assembly_next() would give it; G_MAXINT64: not by time */
	GByteArray *bytes; /* the caller's, as the next */
	GArray *names;     /* guint64 */
};
gboolean assembly_stow(assembly *assembly, gint64 quiet, gint64 stale, struct stowed *stowed);
/* It is held again, as the youngest. */
struct group *assembly_unstow(assembly *assembly, const GByteArray *bytes);
/* Adds the names, of those this row (or this id) knows its group by, which no held group has. */
void assembly_row_names(const assembly *assembly, const struct cel_row *row, GArray *names);
void assembly_id_names(const assembly *assembly, const char *id, GArray *names);
/* Hands out a group that is held, as assembly_next() does. */
struct group *assembly_hand_out(assembly *assembly, struct group *group);
/* The table's own time: the highest time written so far, µs; WALL_NONE at first. */
gint64 assembly_now(const assembly *assembly);

/* What is known of each Asterisk; it may be carried from one pass to the next. struct incarnation; the assembly's. */
const GArray *assembly_incarnations(const assembly *assembly);
void assembly_set_incarnation(assembly *assembly, const struct incarnation *incarnation);

#endif
