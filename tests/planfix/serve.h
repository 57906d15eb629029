/*
 * The server's sockets; the only file that includes microhttpd.h.
 *
 * One thread and one loop: requests are judged one after another in the order they arrived, so nothing
 * needs a lock. A delayed request is suspended and costs no thread. Loopback addresses only.
 *
 * /tel/api/  the API.
 * /control   POST: rules for the fault script, one a line. GET: what was counted so far, as JSON.
 *
 * HTTP/1.1 only: libmicrohttpd speaks no HTTP/2.
 */
#ifndef PLANFIX_SERVE_H
#define PLANFIX_SERVE_H

#include "tests/planfix/journal.h"

#define SERVE_ERROR (serve_error_quark())
GQuark serve_error_quark(void);
enum serve_error {
	SERVE_ERROR_ADDRESS,
	SERVE_ERROR_LISTEN
};

struct serve_config {
	const char *bind;       /* "127.0.0.1", "::1" or another loopback address */
	guint16 port;           /* 0: any free one */
	const char *cert, *key; /* PEM text, kept by the caller while it runs; NULL: plain HTTP */
	gint64 delay;           /* ms before every answer */
	struct judge judge;     /* borrowed, as is the journal */
	journal *journal;
};

typedef struct server server;
server *serve_open(const struct serve_config *config, GError **error);
/* Requests that still wait for their answer are dropped. */
void serve_close(server *srv);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(server, serve_close)

/* Address to send requests to: http://127.0.0.1:8080/tel/api/ */
char *serve_url(const server *srv);
/* Serves until `stop` (a file descriptor) is readable; FALSE when the log can no longer be written. */
gboolean serve_run(server *srv, int stop, GError **error);
/* Answers that were ready and whose client had gone before. */
guint64 serve_lost(const server *srv);

#endif
