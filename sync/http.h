/*
 * Requests over the wire; the only file that includes curl.h.
 *
 * One multi handle: connections are kept alive and shared, HTTP/2 where the server offers it, up to
 * `connections` requests at once. Certificates and names are verified (a plain http address is
 * accepted by the configuration on loopback only); redirects are never followed; proxies come from
 * nowhere but the environment; an answer is read up to 64 KiB, then its connection is dropped.
 *
 * A request leaves at most once: libcurl's habit of sending it again by itself when a kept
 * connection turns out to be dead is switched off (http.c says how). No token is ever in an error.
 *
 * libcurl is loaded when it is first needed; where it cannot be, the error is a LIBRARY_ERROR (sync/library.h).
 */
#ifndef CELSYNC_HTTP_H
#define CELSYNC_HTTP_H

#include "sync/verdict.h"

#define HTTP_ERROR (http_error_quark())
GQuark http_error_quark(void);
enum http_error {
	HTTP_ERROR_CONFIG, /* ca_file cannot be read, address libcurl cannot use */
	HTTP_ERROR_FAILED  /* libcurl itself: no memory, no descriptors */
};

struct http_config {
	const char *url,
	    *ca_file; /* borrowed; with ca_file nothing but its certificates is trusted */
	guint connections;
	gint64 timeout; /* µs, a whole request; connecting gets at most a third of it */
};

typedef struct http http;
http *http_open(const struct http_config *config, GError **error);
/* Requests under way are dropped. */
void http_close(http *http);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(http, http_close)

/* Starts a POST of a form body (copied). `id` comes back with the answer. FALSE when none is free. */
gboolean http_post(http *http, gint64 id, const char *body, GError **error);
/* Requests under way, and how many more may be started now. */
guint http_busy(const http *http);
guint http_free(const http *http);

/*
 * Waits up to `wait` µs for answers, or until `wake` (a file descriptor, -1: none) is readable, and
 * calls `done` for each one that came; returns as soon as there was one. `done` starts nothing.
 */
typedef void (*http_done)(gint64 id, const struct answer *answer, gpointer data);
gboolean
http_wait(http *http, gint64 wait, int wake, http_done done, gpointer data, GError **error);

/*
 * One request, waited for: for ping. Only while nothing is under way. The caller clears *answer,
 * and does not log it: PlanFix answers a ping with the token.
 */
gboolean http_ask(http *http, const char *body, struct answer *answer, GError **error);

/*
 * One GET of a file of ours over its public address, for `check`: at most `max` bytes, no redirects, `timeout` in µs. The body; NULL:
 * it did not come, and *status is the answer's (0: there was none). Free with g_byte_array_unref.
 */
GByteArray *http_fetch(const char *url, gint64 timeout, gsize max, long *status, GError **error);

/* libcurl's version, borrowed; NULL: it cannot be loaded. */
const char *http_library(GError **error);

#endif
