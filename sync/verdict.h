/*
 * What an answer of PlanFix means for a request. Pure.
 *
 * Source of the meanings: PlanFix "API for telephony" (200 done, 400 invalid parameters, 401 invalid
 * token); RFC 9110 (408, 425, 429, 5xx, Retry-After) for what that page leaves open.
 */
#ifndef CELSYNC_VERDICT_H
#define CELSYNC_VERDICT_H

#include <glib.h>

enum verdict {
	VERDICT_SENT,     /* 2xx */
	VERDICT_LATER,    /* not now: 408, 425, 429, 5xx, no connection, TLS failure */
	VERDICT_REJECTED, /* any other 4xx, and redirects: they are never followed with the token */
	VERDICT_REFUSED,  /* 401, 403: our token, not this call; everything is held */
	VERDICT_UNKNOWN   /* the request went out, no answer came */
};
const char *verdict_name(enum verdict verdict);

/* How a transfer ended, in terms that do not depend on libcurl. */
struct answer {
	gboolean answered;  /* a final status line came */
	gboolean sent;      /* the request, or part of its body, had left */
	long status;        /* when answered */
	gint64 retry_after; /* seconds from now; -1: not said */
	char *text;         /* start of the body, or why there was none; owned; one line of valid
	                       UTF-8, at most 1 KiB */
};
#define ANSWER_TEXT_MAX 1024
void answer_clear(struct answer *answer);
/*
 * The text without `secret`, plain or percent-encoded, also where the end of the text cuts it off:
 * PlanFix echoes what it got, and that must reach neither the store nor the log. Free with g_free.
 */
char *answer_text_without(const struct answer *answer, const char *secret);

enum verdict verdict_of(const struct answer *answer);

#define RETRY_AFTER_MOST (24 * 60 * 60)
/*
 * How long to wait before try `attempts` + 1 (attempts >= 1), in microseconds. Retry-After where it
 * was said, at least a second and at most a day; else 5 s doubled with each try, with a jitter of
 * ±20 % taken from `random` (any 32 bits), and never more than 15 min.
 */
gint64 verdict_delay(const struct answer *answer, gint64 attempts, guint32 random);

/*
 * Retry-After: seconds or an HTTP date in any of its three forms (RFC 9110, 10.2.3 and 5.6.7) ->
 * seconds from now, 0 when that time has passed; -1 when unreadable. now: µs UTC.
 */
gint64 verdict_retry_after(const char *value, gint64 now);

#endif
