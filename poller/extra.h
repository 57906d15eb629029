/*
 * The JSON that a CEL row carries in `extra` (`eventextra` on older tables): one flat object of strings and numbers.
 *
 * The column is varchar(512), so a long object may be cut off: every pair that is whole is still read, a
 * value that the cut went through is not. Pure; no memory is taken.
 *
 * Keys: Asterisk main/cel.c (hangupcause, bridge_id, channel2_uniqueid, …).
 */
#ifndef CELSYNC_EXTRA_H
#define CELSYNC_EXTRA_H

#include <glib.h>

struct extra_pair {
	const char *key, *value; /* slices of the text, escapes not undone */
	gsize key_len, value_len;
};

/* Next whole pair; *at begins as the text and is moved on. */
gboolean extra_next(const char **at, struct extra_pair *pair);

gboolean extra_key_is(const struct extra_pair *pair, const char *key);

/* The value of one key, escapes undone; NULL when it is not there or was cut off. Free with g_free. */
char *extra_dup(const char *text, const char *key);

/* What BRIDGE_ENTER and BRIDGE_EXIT say; slices of the text. id_len 0: no bridge is named. */
struct extra_bridge {
	const char *id;
	gsize id_len;
	gboolean holding; /* parking, BridgeWait */
};
void extra_bridge(const char *text, gsize len, struct extra_bridge *bridge);

/* The bridge is one that is known, and it is named just as Asterisk does it; FALSE: it may still be, ask extra_bridge(). */
gboolean extra_names_bridge(const char *text, gsize len, const char *id, gsize id_len);

/* What HANGUP says; slices of the text, which may be empty. */
struct extra_hangup {
	int cause;          /* Q.850; -1: not said */
	const char *source; /* the channel that hung up */
	gsize source_len;
	const char *dialstatus;
	gsize dialstatus_len;
};
/* A channel that may be the source. */
struct extra_name {
	const char *text;
	gsize len;
};
/* Mostly it is the channel itself, or the one it talked to: where `source` is one of these `n` names, it is that very text. */
void extra_hangup(const char *text, gsize len, const struct extra_name *names, guint n,
    struct extra_hangup *hangup);

#endif
