/*
 * What a channel's name tells: TECHNOLOGY/PEER-SUFFIX. "PJSIP/101-0000001a" is peer 101,
 * "Local/101@from-queue-00000006;1" is one half of a pair, "CBAnn/800-0000001b;1" plumbing. Pure.
 */
#ifndef CELSYNC_CHANNAME_H
#define CELSYNC_CHANNAME_H

#include <glib.h>

enum channame_kind {
	CHANNAME_ENDPOINT, /* somebody's phone, or a trunk */
	CHANNAME_LOCAL,    /* half of a Local pair */
	CHANNAME_PLUMBING /* made by Asterisk itself: announcers, recorders, messages, the stand-in of a masquerade */
};

struct channame {
	const char *peer; /* within the name; for Local the extension dialled ("101", "FMPR-105") */
	guint32 peer_len;
	guint32 base_len; /* Local: the name's length without ";1" */
	enum channame_kind kind;
	int half; /* Local: 1 or 2; 0: neither */
};

void channame_parse(const char *name, struct channame *parts);
/* The same where the length is known; it may go beyond a NUL byte, but the text ends at it. */
void channame_parse_n(const char *name, gsize len, struct channame *parts);

#endif
