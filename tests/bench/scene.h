/*
 * Calls of a real Asterisk as patterns: the rows of a captured call, with everything that differs from call to call
 * (times, uniqueids, channel numbers, bridges, outside numbers, extensions, names of recordings) taken out, so that it
 * can be written again as another call.
 *
 * Rows are written as lines for LOAD DATA … FIELDS TERMINATED BY '\t' ESCAPED BY '', which SQLite's `.mode ascii` reads, too.
 */
#ifndef CELSYNC_BENCH_SCENE_H
#define CELSYNC_BENCH_SCENE_H

#include <glib.h>

/* At most so many different uniqueids, bridges, … in one scene. */
#define SCENE_SLOTS 64

enum slot_kind {
	SLOT_UNIQUEID,
	SLOT_PJSIP,
	SLOT_LOCAL,
	SLOT_BRIDGE,
	SLOT_NUMBER,
	SLOT_KINDS
};

enum piece_kind {
	PIECE_TEXT,
	PIECE_SLOT,      /* slot_kind and slot */
	PIECE_EXTENSION, /* 10x: the digit x is the text */
	PIECE_TIME,      /* "2026-11-23 01:25:50" */
	PIECE_STAMP,     /* "20261123-012550" */
	PIECE_DAY,       /* "2026/11/23" */
	PIECE_SECONDS,   /* between two times */
	PIECE_SEQUENCE   /* of a CDR record */
};

struct piece {
	enum piece_kind kind;
	enum slot_kind slot_kind;
	guint slot;
	const char *text; /* interned */
	gsize length;
	gint64 at, to; /* seconds after the scene's first row */
};

struct line {
	GArray *pieces; /* struct piece */
	gint64 at;      /* seconds after the scene's first row */
};

enum {
	CALLS_DIRECTIONS = 3,
	CALLS_RESULTS = 3
};
extern const char *const scene_directions[CALLS_DIRECTIONS]; /* "in", "out", "internal" */
extern const char *const scene_results[CALLS_RESULTS];       /* "answered", "missed", "failed" */

struct scene {
	guint weight;
	char **linkedids;
	guint calls[CALLS_DIRECTIONS][CALLS_RESULTS];
	GArray *cel, *cdr; /* struct line, as they were written; cel without its id */
	gint64 base;       /* epoch of its first row */
	gint64 pause;      /* the longest silence begins so many seconds after it */
	gboolean bridged;  /* that silence is a conversation */
	guint slots[SLOT_KINDS];
	gint64 epoch[SCENE_SLOTS]; /* of its uniqueids, seconds after base */
};

/* Reads the mix, then the capture's cel.sql and cdr.sql; struct scene. Ends the program where one cannot be read. */
GPtrArray *scenes_load(const char *mix, const char *capture);

#endif
