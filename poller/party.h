/*
 * Who is at the end of a channel: an employee, somebody outside, or nobody (plumbing). Pure.
 *
 * A channel's number is the peer part of its name (PJSIP/101-0000001a is 101) where that is an extension, else its
 * caller-ID number at CHAN_START. A channel whose number is an extension is an employee's, unless its peer is listed as a trunk.
 */
#ifndef CELSYNC_PARTY_H
#define CELSYNC_PARTY_H

#include "poller/call.h"

enum party_kind {
	PARTY_PLUMBING,
	PARTY_LOCAL,
	PARTY_EMPLOYEE,
	PARTY_OUTSIDE
};

struct party {
	enum party_kind kind;
	const char
	    *ext; /* employees: after aliases; the arena's, or the rules' (their memo's too) */
};

gboolean party_is_extension(const struct call_rules *rules, const char *number);
/* The employee that a number stands for: after aliases; the same text where there is none. */
const char *party_alias(const struct call_rules *rules, const char *number);
struct party party_of(const struct call_rules *rules, const struct lane *lane, struct arena *arena);
/* The extension a Local channel was made for ("101" of Local/101@from-queue-…;1), or NULL. */
const char *
party_of_local(const struct call_rules *rules, const struct lane *lane, struct arena *arena);

#endif
