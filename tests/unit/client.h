/* For the tests of http.c: a port on loopback, and one request to it. */
#ifndef CELSYNC_TEST_CLIENT_H
#define CELSYNC_TEST_CLIENT_H

#include "sync/http.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

static inline int
listen_on_loopback(char **url, const char *scheme)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	socklen_t length = sizeof address;
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
	g_assert_cmpint(listen(fd, 64), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
	*url = g_strdup_printf("%s://127.0.0.1:%u/tel/api/", scheme, ntohs(address.sin_port));
	return fd;
}

static inline http *
client_of(const char *url, guint connections, gint64 timeout, const char *ca_file)
{
	g_autoptr(GError) error = NULL;
	const struct http_config config = {
		.url = url, .ca_file = ca_file, .connections = connections, .timeout = timeout
	};
	http *client = http_open(&config, &error);
	g_assert_no_error(error);
	return client;
}

static inline struct answer
ask(http *client, const char *body)
{
	g_autoptr(GError) error = NULL;
	struct answer answer;
	g_assert_true(http_ask(client, body, &answer, &error));
	g_assert_no_error(error);
	g_assert_nonnull(answer.text);
	g_assert_true(g_utf8_validate(answer.text, -1, NULL));
	g_assert_cmpuint(strlen(answer.text), <=, ANSWER_TEXT_MAX);
	g_test_message("answered %d sent %d status %ld: %s", answer.answered, answer.sent,
	    answer.status, answer.text);
	return answer;
}

#endif
