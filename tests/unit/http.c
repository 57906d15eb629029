/*
 * http.c against a server that misbehaves as a few lines per test say. Nothing here depends on how
 * fast the machine is: servers wait until the client has gone or the test says so.
 */
#include "tests/unit/client.h"

#include <signal.h>
#include <unistd.h>

#define MS 1000

/* A server: every connection runs `serve` in a thread of its own. */
struct server {
	int listener;
	char *url;
	GThread *thread;
	GPtrArray *threads; /* used by `thread`, joined by server_stop */
	void (*serve)(struct server *server, int peer, int nth);
	const char *say;
	gint connections, requests, go;
	gint torn; /* requests of which only a part came */
	gint64 written;
	GMutex lock;
	GString *last; /* the last request, whole */
	int peers[64];
};

struct peer {
	struct server *server;
	int fd, nth;
};

static gpointer
run_peer(gpointer data)
{
	struct peer *peer = data;
	peer->server->serve(peer->server, peer->fd, peer->nth);
	shutdown(peer->fd, SHUT_RDWR);
	g_free(peer);
	return NULL;
}

static gpointer
run_server(gpointer data)
{
	struct server *server = data;
	for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0;) {
		struct peer *peer = g_new0(struct peer, 1);
		peer->server = server;
		peer->fd = fd;
		peer->nth = g_atomic_int_add(&server->connections, 1);
		g_assert_cmpint(peer->nth, <, (int)G_N_ELEMENTS(server->peers));
		server->peers[peer->nth] = fd;
		g_mutex_lock(&server->lock);
		g_ptr_array_add(server->threads, g_thread_new("peer", run_peer, peer));
		g_mutex_unlock(&server->lock);
	}
	return NULL;
}

static struct server *
server_start(void (*serve)(struct server *, int, int), const char *say)
{
	struct server *server = g_new0(struct server, 1);
	server->listener = listen_on_loopback(&server->url, "http");
	server->serve = serve;
	server->say = say;
	server->last = g_string_new(NULL);
	server->threads = g_ptr_array_new();
	server->thread = g_thread_new("server", run_server, server);
	return server;
}

static void
server_stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	g_thread_join(server->thread);
	close(server->listener);
	for (guint i = 0; i < server->threads->len; i++) {
		shutdown(server->peers[i], SHUT_RDWR);
		if (server->threads->pdata[i] != NULL)
			g_thread_join(server->threads->pdata[i]);
		close(server->peers[i]);
	}
	g_ptr_array_unref(server->threads);
	g_string_free(server->last, TRUE);
	g_free(server->url);
	g_free(server);
}

/* Waits until the server has done with its nth connection. */
static void
server_join(struct server *server, guint nth)
{
	GThread *thread = NULL;
	while (thread == NULL) {
		g_mutex_lock(&server->lock);
		if (nth < server->threads->len)
			thread = g_steal_pointer(&server->threads->pdata[nth]);
		g_mutex_unlock(&server->lock);
		g_usleep(thread == NULL ? 1000 : 0);
	}
	g_thread_join(thread);
}

/* One whole request with Content-Length; FALSE when the client has gone. */
static gboolean
read_request(struct server *server, int fd)
{
	g_autoptr(GString) got = g_string_new(NULL);
	gsize whole = 0;
	while (whole == 0 || got->len < whole) {
		char piece[4096];
		const ssize_t n = read(fd, piece, sizeof piece);
		if (n <= 0) {
			g_atomic_int_add(&server->torn, got->len > 0);
			return FALSE;
		}
		g_string_append_len(got, piece, n);
		const char *end = strstr(got->str, "\r\n\r\n");
		const char *length = strstr(got->str, "Content-Length: ");
		if (end != NULL && length != NULL)
			whole = (gsize)(end + 4 - got->str) +
			        (gsize)g_ascii_strtoull(length + 16, NULL, 10);
	}
	g_mutex_lock(&server->lock);
	g_string_assign(server->last, got->str);
	g_mutex_unlock(&server->lock);
	g_atomic_int_inc(&server->requests);
	return TRUE;
}

static void
say(int fd, const char *text)
{
	const gsize length = strlen(text);
	g_assert_cmpint(send(fd, text, length, MSG_NOSIGNAL), ==, (gssize)length);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

/* Answers every request with server->say. */
static void
serve_always(struct server *server, int fd, int nth)
{
	(void)nth;
	while (read_request(server, fd))
		say(fd, server->say);
}

/* Says server->say once and closes. */
static void
serve_once(struct server *server, int fd, int nth)
{
	(void)nth;
	if (read_request(server, fd))
		say(fd, server->say);
}

static void
serve_silence(struct server *server, int fd, int nth)
{
	(void)nth;
	while (read_request(server, fd))
		;
}

/* One request to a raw server that does `serve`; the server is kept for the caller to look at. */
static struct answer
ask_one(struct server **server, void (*serve)(struct server *, int, int), const char *text)
{
	*server = server_start(serve, text);
	g_autoptr(http) client = client_of((*server)->url, 2, 20 * SECOND, NULL);
	return ask(client, "cmd=ping&planfix_token=t");
}

static void
test_plain(void)
{
	struct server *server;
	struct answer answer = ask_one(&server, serve_always, OK);
	g_assert_true(answer.answered);
	g_assert_cmpint(answer.status, ==, 200);
	g_assert_cmpint(answer.retry_after, ==, -1);
	g_assert_cmpstr(answer.text, ==, "{}");
	answer_clear(&answer);

	const char *request = server->last->str;
	g_assert_true(g_str_has_prefix(request, "POST /tel/api/ HTTP/1.1\r\n"));
	g_assert_true(g_str_has_suffix(request, "\r\n\r\ncmd=ping&planfix_token=t"));
	g_assert_nonnull(strstr(request, "\r\nUser-Agent: celsync/" CELSYNC_VERSION "\r\n"));
	g_assert_nonnull(
	    strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	g_assert_null(strstr(request, "Expect:"));
	g_assert_null(strstr(request, "Transfer-Encoding:"));
	server_stop(server);
}

static void
test_refused(void)
{
	g_autofree char *url = NULL;
	close(listen_on_loopback(&url, "http"));
	g_autoptr(http) client = client_of(url, 1, 20 * SECOND, NULL);
	struct answer answer = ask(client, "a=b");
	g_assert_false(answer.answered);
	g_assert_false(answer.sent);
	g_assert_cmpstr(answer.text, !=, "");
	answer_clear(&answer);
}

static void
test_never_answers(void)
{
	struct server *server = server_start(serve_silence, NULL);
	g_autoptr(http) client = client_of(server->url, 1, 300 * MS, NULL);
	struct answer answer = ask(client, "a=b");
	g_assert_false(answer.answered);
	g_assert_true(answer.sent);
	g_assert_cmpint(g_atomic_int_get(&server->requests), ==, 1);
	answer_clear(&answer);
	server_stop(server);
}

/* The system takes the connection and the request, although nobody ever calls accept. */
static void
test_never_accepts(void)
{
	g_autofree char *url = NULL;
	const int listener = listen_on_loopback(&url, "http");
	g_autoptr(http) client = client_of(url, 1, 300 * MS, NULL);
	struct answer answer = ask(client, "a=b");
	g_assert_false(answer.answered);
	g_assert_true(answer.sent);
	answer_clear(&answer);
	close(listener);
}

/* A listener whose queue is full: no connection, so nothing was sent. */
static void
test_never_connects(void)
{
	g_autofree char *url = NULL;
	const int listener = listen_on_loopback(&url, "http");
	g_assert_cmpint(listen(listener, 0), ==, 0);
	struct sockaddr_in address;
	socklen_t length = sizeof address;
	g_assert_cmpint(getsockname(listener, (struct sockaddr *)&address, &length), ==, 0);
	int fill[4];
	for (gsize i = 0; i < G_N_ELEMENTS(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fill[i], (struct sockaddr *)&address, length);
	}
	g_autoptr(http) client = client_of(url, 1, 600 * MS, NULL);
	struct answer answer = ask(client, "a=b");
	g_assert_false(answer.answered);
	g_assert_false(answer.sent);
	answer_clear(&answer);
	for (gsize i = 0; i < G_N_ELEMENTS(fill); i++)
		close(fill[i]);
	close(listener);
}

static void
assert_lost(void (*serve)(struct server *, int, int), const char *text)
{
	struct server *server;
	struct answer answer = ask_one(&server, serve, text);
	g_assert_false(answer.answered);
	g_assert_true(answer.sent);
	g_assert_cmpint(answer.status, ==, 0);
	g_assert_cmpstr(answer.text, !=, "");
	g_assert_cmpint(g_atomic_int_get(&server->requests), ==, 1);
	answer_clear(&answer);
	server_stop(server);
}

static void
test_closes_without_answer(void)
{
	assert_lost(serve_once, "");
}

static void
test_closes_in_status_line(void)
{
	assert_lost(serve_once, "HTTP/1.1 20");
}

static void
test_only_interim_answer(void)
{
	assert_lost(serve_once, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void
test_garbage(void)
{
	assert_lost(serve_once, "SSH-2.0-OpenSSH_9.2\r\n\001\002\003\r\n");
}

static void
test_closes_in_body(void)
{
	struct server *server;
	struct answer answer =
	    ask_one(&server, serve_once, "HTTP/1.1 400 Bad\r\nContent-Length: 900\r\n\r\n{\"err");
	g_assert_true(answer.answered);
	g_assert_cmpint(answer.status, ==, 400);
	g_assert_cmpstr(answer.text, ==, "{\"err");
	answer_clear(&answer);
	server_stop(server);
}

static void
test_redirect_not_followed(void)
{
	struct server *elsewhere = server_start(serve_always, OK);
	g_autofree char *moved = g_strdup_printf(
	    "HTTP/1.1 301 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", elsewhere->url);
	struct server *server;
	struct answer answer = ask_one(&server, serve_always, moved);
	g_assert_true(answer.answered);
	g_assert_cmpint(answer.status, ==, 301);
	g_assert_cmpint(g_atomic_int_get(&elsewhere->connections), ==, 0);
	answer_clear(&answer);
	server_stop(server);
	server_stop(elsewhere);
}

static gint64
retry_after(const char *header)
{
	g_autofree char *text =
	    g_strdup_printf("HTTP/1.1 429 Slow down\r\n%s%sContent-Length: 0\r\n\r\n", header,
		*header == '\0' ? "" : "\r\n");
	struct server *server;
	struct answer answer = ask_one(&server, serve_always, text);
	g_assert_cmpint(answer.status, ==, 429);
	answer_clear(&answer);
	server_stop(server);
	return answer.retry_after;
}

static void
test_retry_after(void)
{
	g_assert_cmpint(retry_after("Retry-After: 7"), ==, 7);
	g_assert_cmpint(retry_after("retry-after: 0"), ==, 0);
	g_assert_cmpint(retry_after("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"), ==, 0);
	g_assert_cmpint(retry_after(""), ==, -1);
	g_assert_cmpint(retry_after("Retry-After: later"), ==, -1);
}

static void
serve_flood(struct server *server, int fd, int nth)
{
	(void)nth;
	if (!read_request(server, fd))
		return;
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
	static char piece[65536];
	memset(piece, 'x', sizeof piece);
	for (int i = 0; i < 1600; i++) {
		const ssize_t n = send(fd, piece, sizeof piece, MSG_NOSIGNAL);
		if (n < 0)
			return;
		server->written += n;
	}
}

/* 100 MB: the connection is dropped, the status counts, little is kept. */
static void
test_flood(void)
{
	struct server *server;
	struct answer answer = ask_one(&server, serve_flood, NULL);
	g_assert_true(answer.answered);
	g_assert_cmpint(answer.status, ==, 200);
	answer_clear(&answer);
	server_join(server, 0);
	/* What the sockets' buffers swallow, and no more. */
	g_assert_cmpint(server->written, <, 50 * 1000 * 1000);
	server_stop(server);
}

static void
test_text_is_one_line(void)
{
	struct server *server;
	struct answer answer = ask_one(&server, serve_once,
	    "HTTP/1.1 502 "
	    "Bad\r\n\r\n\n<html>\r\n\t<b>\033[31mno\xff\xfe</b>\n\n\xd0\xbd\xd0\xb5\xd1"
	    "\x82</html>\r\n");
	g_assert_cmpint(answer.status, ==, 502);
	g_assert_cmpstr(answer.text, ==,
	    "<html> <b> [31mno\xef\xbf\xbd\xef\xbf\xbd</b> \xd0\xbd\xd0\xb5\xd1\x82</html>");
	answer_clear(&answer);
	server_stop(server);
}

static void
test_kept_alive(void)
{
	struct server *server = server_start(serve_always, OK);
	g_autoptr(http) client = client_of(server->url, 4, 20 * SECOND, NULL);
	for (int i = 0; i < 20; i++) {
		struct answer answer = ask(client, "a=b");
		g_assert_cmpint(answer.status, ==, 200);
		answer_clear(&answer);
	}
	g_assert_cmpint(g_atomic_int_get(&server->connections), ==, 1);
	g_assert_cmpint(g_atomic_int_get(&server->requests), ==, 20);
	server_stop(server);
}

/* The second request of the first connection is read and then not answered. */
static void
serve_dies_after_work(struct server *server, int fd, int nth)
{
	if (!read_request(server, fd))
		return;
	say(fd, OK);
	if (!read_request(server, fd))
		return;
	if (nth == 0)
		return;
	say(fd, OK);
}

/*
 * A kept connection breaks after the server took the request: it must not be sent again behind our
 * back. With CURLOPT_POSTFIELDS instead of a body that refuses to be rewound, libcurl repeats it,
 * the answer is 200 and the server has had three requests.
 */
static void
test_not_repeated_by_libcurl(void)
{
	struct server *server = server_start(serve_dies_after_work, NULL);
	g_autoptr(http) client = client_of(server->url, 1, 20 * SECOND, NULL);
	struct answer first = ask(client, "n=1");
	g_assert_cmpint(first.status, ==, 200);
	answer_clear(&first);

	struct answer second = ask(client, "n=2");
	g_assert_false(second.answered);
	g_assert_true(second.sent);
	answer_clear(&second);
	g_assert_cmpint(g_atomic_int_get(&server->requests), ==, 2);
	g_assert_cmpint(g_atomic_int_get(&server->torn), ==, 0);

	/* The handle is good for the next one. */
	struct answer third = ask(client, "n=3");
	g_assert_cmpint(third.status, ==, 200);
	answer_clear(&third);
	server_stop(server);
}

/* A connection that the server closed while it was idle is not used, and nothing is lost. */
static void
test_closed_while_idle(void)
{
	struct server *server = server_start(serve_once, OK);
	g_autoptr(http) client = client_of(server->url, 1, 20 * SECOND, NULL);
	for (int i = 0; i < 5; i++) {
		struct answer answer = ask(client, "a=b");
		g_assert_cmpint(answer.status, ==, 200);
		answer_clear(&answer);
		server_join(server, (guint)i);
	}
	g_assert_cmpint(g_atomic_int_get(&server->connections), ==, 5);
	server_stop(server);
}

static void
serve_held(struct server *server, int fd, int nth)
{
	(void)nth;
	while (read_request(server, fd)) {
		while (!g_atomic_int_get(&server->go))
			g_usleep(1000);
		say(fd, OK);
	}
}

static void
count_answer(gint64 id, const struct answer *answer, gpointer data)
{
	gint64 *sum = data;
	g_test_message("%s", answer->text);
	g_assert_cmpint(answer->status, ==, 200);
	*sum += id;
}

static void
test_at_once(void)
{
	g_autoptr(GError) error = NULL;
	struct server *server = server_start(serve_held, NULL);
	g_autoptr(http) client = client_of(server->url, 3, 20 * SECOND, NULL);
	gint64 sum = 0;
	for (gint64 id = 1; id <= 3; id++)
		g_assert_true(http_post(client, 1 << id, "a=b", &error));
	g_assert_cmpuint(http_busy(client), ==, 3);
	g_assert_cmpuint(http_free(client), ==, 0);
	g_assert_false(http_post(client, 99, "a=b", &error));
	g_assert_error(error, HTTP_ERROR, HTTP_ERROR_FAILED);
	g_clear_error(&error);

	/* All three are at the server before one is answered. */
	while (g_atomic_int_get(&server->requests) < 3) {
		g_assert_true(http_wait(client, 10 * MS, -1, count_answer, &sum, &error));
		g_assert_cmpint(sum, ==, 0);
	}
	g_atomic_int_set(&server->go, 1);
	while (http_busy(client) > 0)
		g_assert_true(http_wait(client, SECOND, -1, count_answer, &sum, &error));
	g_assert_cmpint(sum, ==, 2 + 4 + 8);
	g_assert_cmpuint(http_free(client), ==, 3);
	server_stop(server);
}

static void
test_woken(void)
{
	g_autoptr(GError) error = NULL;
	struct server *server = server_start(serve_silence, NULL);
	g_autoptr(http) client = client_of(server->url, 1, 3600 * SECOND, NULL);
	int ends[2];
	gint64 sum = 0;
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_true(http_post(client, 1, "a=b", &error));
	g_assert_cmpint(write(ends[1], "x", 1), ==, 1);
	/* Would wait an hour: the test ends because of the pipe or not at all. */
	g_assert_true(http_wait(client, 3600 * SECOND, ends[0], count_answer, &sum, &error));
	g_assert_cmpint(sum, ==, 0);
	close(ends[0]);
	close(ends[1]);
	/* With nothing under way it waits too, and ends. */
	http *idle = client_of(server->url, 1, SECOND, NULL);
	g_assert_true(http_wait(idle, MS, -1, count_answer, &sum, &error));
	http_close(idle);
	server_stop(server);
}

static void
test_bad_ca_file(void)
{
	g_autoptr(GError) error = NULL;
	const struct http_config config = { "https://127.0.0.1/", "/nowhere/ca.pem", 1, SECOND };
	g_assert_null(http_open(&config, &error));
	g_assert_error(error, HTTP_ERROR, HTTP_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "/nowhere/ca.pem"));
}

/* https to a server that does not speak TLS. */
static void
test_tls_to_plain(void)
{
	struct server *server = server_start(serve_silence, NULL);
	g_autofree char *url = g_strconcat("https", strstr(server->url, "://"), NULL);
	g_autoptr(http) client = client_of(url, 1, 900 * MS, NULL);
	struct answer answer = ask(client, "planfix_token=secret");
	g_assert_false(answer.answered);
	g_assert_false(answer.sent);
	answer_clear(&answer);
	server_stop(server);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_test_add_func("/http/plain", test_plain);
	g_test_add_func("/http/refused", test_refused);
	g_test_add_func("/http/never connects", test_never_connects);
	g_test_add_func("/http/never accepts", test_never_accepts);
	g_test_add_func("/http/never answers", test_never_answers);
	g_test_add_func("/http/closes without answer", test_closes_without_answer);
	g_test_add_func("/http/closes in the status line", test_closes_in_status_line);
	g_test_add_func("/http/only an interim answer", test_only_interim_answer);
	g_test_add_func("/http/garbage", test_garbage);
	g_test_add_func("/http/closes in the body", test_closes_in_body);
	g_test_add_func("/http/redirect is not followed", test_redirect_not_followed);
	g_test_add_func("/http/Retry-After", test_retry_after);
	g_test_add_func("/http/100 MB answer", test_flood);
	g_test_add_func("/http/text is one line", test_text_is_one_line);
	g_test_add_func("/http/connection is kept", test_kept_alive);
	g_test_add_func("/http/not repeated by libcurl", test_not_repeated_by_libcurl);
	g_test_add_func("/http/closed while idle", test_closed_while_idle);
	g_test_add_func("/http/several at once", test_at_once);
	g_test_add_func("/http/woken", test_woken);
	g_test_add_func("/http/ca_file missing", test_bad_ca_file);
	g_test_add_func("/http/tls to a plain server", test_tls_to_plain);
	return g_test_run();
}
