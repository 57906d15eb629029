/*
 * A uniqueid or linkedid as Asterisk makes it: "EPOCH.NUMBER", or "SYSTEMNAME-EPOCH.NUMBER" where asterisk.conf
 * sets a systemname. EPOCH is the second (UTC) in which the channel was made, NUMBER counts channels from 0 since
 * Asterisk started. (Asterisk main/channel_internal_api.c.) An id given by AMI or ARI originate may be any text.
 */
#ifndef CELSYNC_UNIQUEID_H
#define CELSYNC_UNIQUEID_H

#include <glib.h>

struct uniqueid {
	gsize system_len; /* the systemname is the first so many bytes of the text */
	gint64 epoch;     /* seconds */
	gint64 number;
};

/* FALSE when the text is not of that form. */
gboolean uniqueid_parse(const char *text, struct uniqueid *id);
/* The same of a text whose length is known. */
gboolean uniqueid_parse_n(const char *text, gsize len, struct uniqueid *id);

/* Orders as Asterisk does: by epoch, then number; ids of another form come last, by text. */
int uniqueid_compare(const char *a, const char *b);

#endif
