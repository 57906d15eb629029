/*
 * A ringing phone (or an outgoing call) that PlanFix is to be told of at once: what the hook knew, by the rules by which the
 * batch decides, and how that is written to a file. Pure.
 *
 * Facts, as celsync-hook hands them over (cron/hook.c), one a line: direction in|out, ext (a list, "-" between), linkedid,
 * uniqueid, did, number (outgoing: OUTNUM), callerid, callername, dialled. All but callername and did are needed in one
 * direction or the other; lines that are not known are passed over.
 *
 * The file (sync/announce_folder.h says where it lies):
 *
 *   celsync announcement 1
 *   at 1795397203123456          when it began, µs UTC
 *   direction in
 *   callid 1795397203.14         the id the windows are opened with
 *   linkedid 1795397203.14       by which the call may be found in the tables,
 *   uniqueid 1795397203.16       and the channel from which the hook was called
 *   client 79161234567
 *   did 74951234567              where it is known
 *   ext 101                      one line for each employee
 *   end
 *   sent 101 200                 one line for each outcome: sent, failed or unknown; status; the answer's words
 *
 * A file without "end" was cut off. An employee without an outcome: nobody knows.
 */
#ifndef CELSYNC_ANNOUNCEMENT_H
#define CELSYNC_ANNOUNCEMENT_H

#include "poller/call.h"

/* From what is best to what is worst: the worst of a file's employees names it. */
enum announced {
	ANNOUNCED_SENT,
	ANNOUNCED_FAILED,  /* PlanFix did not get it, or would not have it */
	ANNOUNCED_UNKNOWN, /* it left, the answer was lost; or this program was */
	ANNOUNCED_PENDING  /* no outcome was written */
};
const char *announced_name(enum announced outcome);

struct announced_ext {
	char *ext; /* owned */
	enum announced outcome;
	gint64 status; /* HTTP; 0: no answer */
	char *answer;  /* owned; NULL: none */
};

struct announcement {
	gint64 at;                          /* µs UTC */
	enum direction direction;           /* in or out */
	char *callid, *linkedid, *uniqueid; /* owned */
	char *client;                       /* rewritten; owned */
	char *did;                          /* owned; NULL */
	char *name;   /* the caller's, cleaned; never written to the file; owned; NULL */
	GArray *exts; /* struct announced_ext, at least one */
};
void announcement_clear(struct announcement *announcement);

/* NULL: *announcement is to be sent. Else why no window is opened; *announcement is empty then. */
const char *announcement_of_facts(const char *facts, const struct call_rules *rules, gint64 now,
    struct announcement *announcement);

/* INCOMING or OUTGOING; and the form for one employee, without token. Free with g_free. */
const char *announcement_event(const struct announcement *announcement);
char *announcement_form(const struct announcement *announcement, const char *ext);

/* The file up to "end"; and one outcome's line. Free with g_free. */
char *announcement_text(const struct announcement *announcement);
char *
announcement_outcome(const char *ext, enum announced outcome, gint64 status, const char *answer);
/* FALSE: cut off, or not such a file; *announcement is empty then. */
gboolean announcement_read(const char *text, struct announcement *announcement);

#endif
