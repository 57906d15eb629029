/*
 * Scenes: the rows of a call written down as a few lines of text, for tests of the pure modules.
 *
 *	scene_rows(s, "0  CHAN_START    PJSIP/mango-1  id=0.1 num=79161112233 exten=74950001122\n"
 *	              "1  CHAN_START    PJSIP/101-1    id=1.2 lid=0.1 num=101\n"
 *	              "4  BRIDGE_ENTER  PJSIP/101-1    bridge=b1\n"
 *	              "9  HANGUP        PJSIP/101-1    cause=16 by=PJSIP/101-1\n"
 *	              "9  CDR           PJSIP/mango-1  dst=101 did=74950001122\n");
 *
 * A line is a time in seconds, an event (or CDR), a channel's name and facts. `id=S.N` is the
 * uniqueid of a channel made S seconds after the beginning of the scene; later lines of that name
 * need not repeat it. `lid=` is the linkedid from that line on, at first the channel's own id;
 * `id=!TEXT` and `lid=!TEXT` give an id as it is. "@S.N" within any other value becomes such an id,
 * and a value with spaces stands in '…'. Rows are numbered as they are written.
 *
 * Facts of CEL: num name exten, app data, peer, userdef; bridge=B or holding=B,
 * cause= by= dialstatus= (HANGUP), or extra='…' as it is.
 * Facts of CDR: src dst did rec dstchan lastdata disp billsec duration.
 */
#ifndef CELSYNC_SCENE_H
#define CELSYNC_SCENE_H

#include "poller/call.h"

#define SCENE_BASE 1763900900 /* epoch of second 0: 2025-11-23 12:28:20 UTC */

typedef struct scene {
	/* To be set before the rows they are for. */
	gint64 base;
	const char *system; /* "pbx1" makes ids "pbx1-EPOCH.N"; NULL: "EPOCH.N" */
	GTimeZone *clock;   /* borrowed: the zone the table is written in; NULL: UTC */
	gboolean whole;     /* the table's clock has whole seconds only */
	/* To be set before scene_build(). */
	gboolean shed; /* no group stays in memory from one row to the next (sync/overflow.h) */
	struct call_rules rules;
	struct zone zone;
	/* The rows as written. */
	GArray *rows;    /* struct cel_row */
	GArray *records; /* struct cdr_row */
	/* What was built of them. */
	GPtrArray *calls;     /* struct call, by callid */
	GPtrArray *timelines; /* struct timeline, by group */
	/* The scene's own. */
	assembly *assembly;
	GPtrArray *groups; /* struct group, handed out by it */
	GStringChunk *strings;
	GPtrArray *fields; /* arrays that rows point to */
	GHashTable *channels;
	GPtrArray *sets;
} scene;

scene *scene_new(void);
void scene_free(scene *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scene, scene_free)

void scene_rows(scene *s, const char *lines);
/* The id that `S.N` means; the scene's. */
const char *scene_id(scene *s, const char *short_id);
/* A set of words, or a map of "9101=101" words; the scene's. */
GHashTable *scene_set(scene *s, const char *words);

/* Rows -> assembly -> timelines -> calls. What was built before is gone. */
void scene_build(scene *s);
/* The same with rows in the order of these indexes; one may be missing or come twice. */
void scene_build_order(scene *s, const guint *order, guint n);

/*
 * One line a call: "in 79161112233 answered 5 | 101 Success 5 | 102 Cancelled". Spans are in
 * seconds, a skipped call ends in " ! REASON", a leg outside is "104/89031112233" or "-/8903…".
 */
char *scene_summary(const scene *s);
/* Every fact of every call. */
char *scene_dump(const scene *s);
/* Builds and compares the summary; the text is given without the last newline. */
void scene_expect(scene *s, const char *summary);
/* The call of this beginning ("0.1"), after scene_build(). */
struct call *scene_call(scene *s, const char *short_id);
const struct leg *scene_leg(const struct call *call, const char *ext);
gboolean scene_has_note(const struct call *call, const char *part);

#endif
