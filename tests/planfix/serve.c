#include "tests/planfix/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

G_DEFINE_QUARK(planfix_serve_error, serve_error)

#define BODY_LIMIT (64 * 1024)
#define CONNECTION_LIMIT 4000
/* How often a request that is never to be answered is looked at: has its client gone? */
#define HANG_LOOK_MS 200

enum step {
	STEP_READING,
	STEP_WAITING,
	STEP_READY
};

/* One request, from its headers to the end of its answer. */
struct request {
	server *server;
	struct MHD_Connection *connection;
	char *path;
	GString *body;
	gboolean query, too_long;
	enum step step;
	struct judgement judgement;
	gint64 due; /* monotonic µs, while it waits */
};

struct server {
	struct serve_config config;
	struct MHD_Daemon *daemon;
	char *bind;
	GQueue waiting; /* struct request by `due`, borrowed */
	GQueue hanging; /* struct request that get no answer */
	guint64 lost;
	GError *error; /* the first; ends the run */
};

static struct request *
request_new(server *srv, const char *path)
{
	struct request *request = g_new0(struct request, 1);
	request->server = srv;
	request->path = g_strdup(path);
	request->body = g_string_new(NULL);
	return request;
}

static void
request_free(struct request *request)
{
	g_queue_remove(&request->server->waiting, request);
	g_queue_remove(&request->server->hanging, request);
	g_free(request->path);
	g_string_free(request->body, TRUE);
	judgement_clear(&request->judgement);
	g_free(request);
}

/* The client has closed its side: nobody will read an answer. */
static gboolean
client_gone(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct pollfd fd = { .fd = info->connect_fd, .events = POLLRDHUP };

	return poll(&fd, 1, 0) > 0;
}

static enum MHD_Result
queue_text(struct MHD_Connection *connection, guint status, const char *type, const char *text)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	enum MHD_Result result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* Half of the body, then an end that libmicrohttpd answers by closing the connection. */
static ssize_t
read_half(void *data, uint64_t position, char *buffer, size_t size)
{
	const struct request *request = data;
	gsize half = strlen(request->judgement.body) / 2;

	if (position >= half)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	gsize length = MIN(size, half - position);
	memcpy(buffer, request->judgement.body + position, length);
	return (ssize_t)length;
}

static ssize_t
read_padding(void *data, uint64_t position, char *buffer, size_t size)
{
	const struct request *request = data;
	gsize length = (gsize)MIN((guint64)size, (guint64)request->judgement.bytes - position);

	memset(buffer, 'x', length);
	return (ssize_t)length;
}

static enum MHD_Result
queue_judgement(struct request *request)
{
	const struct judgement *judgement = &request->judgement;
	struct MHD_Response *response = NULL;

	switch (judgement->delivery) {
	case DELIVERY_DROP:
	case DELIVERY_HANG: return MHD_NO;
	case DELIVERY_WHOLE:
		response = MHD_create_response_from_buffer(
		    strlen(judgement->body), judgement->body, MHD_RESPMEM_MUST_COPY);
		break;
	case DELIVERY_HALF:
		response = MHD_create_response_from_callback(
		    strlen(judgement->body), 4096, read_half, request, NULL);
		break;
	case DELIVERY_STREAM:
		response = MHD_create_response_from_callback(
		    (uint64_t)judgement->bytes, 64 * 1024, read_padding, request, NULL);
		break;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, judgement->type);
	if (judgement->retry_after)
		MHD_add_response_header(
		    response, MHD_HTTP_HEADER_RETRY_AFTER, judgement->retry_after);
	if (judgement->location)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, judgement->location);
	enum MHD_Result result =
	    MHD_queue_response(request->connection, judgement->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Sets the request aside until its time; most delays are equal, so its place is near the end. */
static void
wait_until_due(struct request *request, gint64 delay)
{
	GQueue *waiting = &request->server->waiting;
	GList *before = waiting->tail;

	request->due = g_get_monotonic_time() + delay * 1000;
	while (before && ((struct request *)before->data)->due > request->due)
		before = before->prev;
	if (before)
		g_queue_insert_after(waiting, before, request);
	else
		g_queue_push_head(waiting, request);
	MHD_suspend_connection(request->connection);
}

static enum MHD_Result
answer_api(struct request *request, const char *method)
{
	server *srv = request->server;
	struct incoming in = {
		.method = method,
		.path = request->path,
		.content_type = MHD_lookup_connection_value(
		    request->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE),
		.query = request->query,
		.too_long = request->too_long,
		.body = request->body->str,
		.length = request->body->len,
	};

	judge_request(&srv->config.judge, &in, &request->judgement);
	if (!srv->error)
		journal_write(srv->config.journal, &request->judgement, &srv->error);

	gint64 delay = srv->config.delay + request->judgement.delay;
	request->step = STEP_WAITING;
	if (request->judgement.delivery == DELIVERY_HANG) {
		g_queue_push_tail(&srv->hanging, request);
		MHD_suspend_connection(request->connection);
		return MHD_YES;
	}
	if (delay > 0) {
		wait_until_due(request, delay);
		return MHD_YES;
	}
	request->step = STEP_READY;
	return queue_judgement(request);
}

static enum MHD_Result
answer_control(struct request *request, const char *method)
{
	const struct journal_counts *counts = journal_counts(request->server->config.journal);
	script *play = request->server->config.judge.script;
	g_autoptr(GError) error = NULL;

	request->step = STEP_READY;
	if (request->too_long)
		return queue_text(
		    request->connection, 400, "text/plain", "the script is too long\n");
	if (strcmp(method, "POST") == 0 && !script_add(play, request->body->str, &error)) {
		g_autofree char *words = g_strconcat(error->message, "\n", NULL);
		return queue_text(request->connection, 400, "text/plain", words);
	}
	g_autofree char *text = g_strdup_printf(
	    "{\"requests\":%" G_GUINT64_FORMAT ",\"accepted\":%" G_GUINT64_FORMAT
	    ",\"faults\":%" G_GUINT64_FORMAT ",\"lost\":%" G_GUINT64_FORMAT ",\"rules\":%u}\n",
	    counts->requests, counts->accepted, counts->faults, request->server->lost,
	    script_pending(play));
	return queue_text(request->connection, 200, "application/json", text);
}

/* Called at the headers, at each piece of the body, at its end, and again when it was resumed. */
static enum MHD_Result
on_request(void *data, struct MHD_Connection *connection, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **memory)
{
	struct request *request = *memory;
	(void)version;

	if (!request) {
		request = *memory = request_new(data, path);
		request->connection = connection;
		request->query =
		    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, NULL, NULL) > 0;
		return MHD_YES;
	}
	if (*upload_size > 0) {
		gsize room = BODY_LIMIT - request->body->len;
		request->too_long |= *upload_size > room;
		g_string_append_len(request->body, upload, (gssize)MIN(*upload_size, room));
		*upload_size = 0;
		return MHD_YES;
	}
	switch (request->step) {
	case STEP_READING:
		if (strcmp(path, "/control") == 0)
			return answer_control(request, method);
		return answer_api(request, method);
	case STEP_WAITING: return MHD_YES;
	case STEP_READY: return queue_judgement(request);
	}
	g_return_val_if_reached(MHD_NO);
}

static void
on_completed(void *data, struct MHD_Connection *connection, void **memory,
    enum MHD_RequestTerminationCode code)
{
	(void)data;
	(void)connection;
	(void)code;
	g_clear_pointer((struct request **)memory, request_free);
}

static void
resume(GQueue *queue, GList *place)
{
	struct request *request = place->data;
	server *srv = request->server;

	g_queue_delete_link(queue, place);
	request->step = STEP_READY;
	if (request->judgement.delivery == DELIVERY_WHOLE && client_gone(request->connection)) {
		srv->lost++;
		if (request->judgement.accepted)
			calls_lose(srv->config.judge.calls, request->judgement.form);
	}
	MHD_resume_connection(request->connection);
}

/* Lets go of what is due, and of hanging requests whose client gave up. */
static void
resume_due(server *srv, gint64 now)
{
	struct request *first;

	while ((first = g_queue_peek_head(&srv->waiting)) && first->due <= now)
		resume(&srv->waiting, srv->waiting.head);
	for (GList *place = srv->hanging.head, *next; place; place = next) {
		next = place->next;
		if (client_gone(((struct request *)place->data)->connection))
			resume(&srv->hanging, place);
	}
}

/* Milliseconds until something must be done without being asked; -1: nothing. */
static int
time_to_wait(const server *srv, gint64 now)
{
	MHD_UNSIGNED_LONG_LONG limit;
	gint64 wait = G_MAXINT;

	if (MHD_get_timeout(srv->daemon, &limit) == MHD_YES)
		wait = MIN(wait, (gint64)MIN(limit, G_MAXINT));
	if (srv->waiting.head)
		wait = MIN(
		    wait, (((struct request *)srv->waiting.head->data)->due - now + 999) / 1000);
	if (srv->hanging.head)
		wait = MIN(wait, HANG_LOOK_MS);
	return wait == G_MAXINT ? -1 : (int)MAX(wait, 0);
}

gboolean
serve_run(server *srv, int stop, GError **error)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(srv->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = { { .fd = info->epoll_fd, .events = POLLIN },
		{ .fd = stop, .events = POLLIN } };

	while (!srv->error) {
		if (poll(fds, G_N_ELEMENTS(fds), time_to_wait(srv, g_get_monotonic_time())) < 0 &&
		    errno != EINTR)
			break;
		if (fds[1].revents)
			return TRUE;
		resume_due(srv, g_get_monotonic_time());
		MHD_run(srv->daemon);
	}
	if (srv->error)
		g_propagate_error(error, g_steal_pointer(&srv->error));
	else
		g_set_error(error, SERVE_ERROR, SERVE_ERROR_LISTEN, "poll: %s", g_strerror(errno));
	return FALSE;
}

static void
quiet(void *data, const char *format, va_list arguments)
{
	(void)data;
	(void)format;
	(void)arguments;
}

/* FALSE: not a loopback address. Test traffic never leaves the machine. */
static gboolean
loopback(const char *text, guint16 port, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){ 0 };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	return FALSE;
}

server *
serve_open(const struct serve_config *config, GError **error)
{
	struct sockaddr_storage address;

	if (!loopback(config->bind, config->port, &address)) {
		g_set_error(error, SERVE_ERROR, SERVE_ERROR_ADDRESS,
		    "--bind %s: not a loopback address\nUse 127.0.0.1 or ::1.", config->bind);
		return NULL;
	}
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)config->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->key }, { MHD_OPTION_END, 0, NULL } };
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	if (config->cert)
		flags |= MHD_USE_TLS;

	g_autoptr(server) srv = g_new0(struct server, 1);
	srv->config = *config;
	srv->bind = g_strdup(config->bind);
	srv->daemon = MHD_start_daemon(flags, config->port, NULL, NULL, on_request, srv,
	    MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL, MHD_OPTION_SOCK_ADDR, &address,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, NULL, MHD_OPTION_ARRAY, config->cert ? tls : none, MHD_OPTION_END);
	if (!srv->daemon) {
		g_set_error(error, SERVE_ERROR, SERVE_ERROR_LISTEN,
		    "%s port %u: cannot listen%s\nIs the port taken?", config->bind, config->port,
		    config->cert ? " (or the certificate and key cannot be used)" : "");
		return NULL;
	}
	return g_steal_pointer(&srv);
}

void
serve_close(server *srv)
{
	if (!srv)
		return;
	/* A daemon may not be stopped while a connection is suspended. */
	for (GQueue *queue = &srv->waiting; queue;
	     queue = queue == &srv->waiting ? &srv->hanging : NULL)
		while (queue->head) {
			((struct request *)queue->head->data)->judgement.delivery = DELIVERY_DROP;
			resume(queue, queue->head);
		}
	if (srv->daemon) {
		MHD_run(srv->daemon);
		MHD_stop_daemon(srv->daemon);
	}
	g_free(srv->bind);
	g_clear_error(&srv->error);
	g_free(srv);
}

char *
serve_url(const server *srv)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(srv->daemon, MHD_DAEMON_INFO_BIND_PORT);
	gboolean v6 = strchr(srv->bind, ':') != NULL;

	return g_strdup_printf("%s://%s%s%s:%u/tel/api/", srv->config.cert ? "https" : "http",
	    v6 ? "[" : "", srv->bind, v6 ? "]" : "", info->port);
}

guint64
serve_lost(const server *srv)
{
	return srv->lost;
}
