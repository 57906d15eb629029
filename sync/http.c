/*
 * Which requests may have reached PlanFix?
 *
 * The token and the event stand in the body, so a request of which no byte of the body left cannot
 * have been accepted: no name, no connection, no TLS, a time-out while waiting for any of these, a
 * connection that died during the header. libcurl fetches the body through take_body() below, and
 * only once the connection is made and the header written; so "a byte of the body was taken" is the
 * earliest moment at which the request may arrive. (CURLINFO_REQUEST_SIZE and
 * CURLINFO_PRETRANSFER_TIME_T would count the header too; CURLINFO_SIZE_UPLOAD_T starts anew when
 * libcurl repeats a request.)
 *
 * A request leaves once. When a connection that was kept alive breaks before the first byte of an
 * answer, libcurl takes it for one that the server had closed before, and repeats the request over
 * a new one, POST or not (lib/transfer.c Curl_retry_request; the same for HTTP/2's REFUSED_STREAM).
 * But the server may have broken it after doing its work, and PlanFix would get the event twice
 * without anybody knowing. With CURLOPT_POSTFIELDS nothing stops that; a body from a callback must
 * be rewound first (CURLOPT_SEEKFUNCTION), and refuse_rewind() says no: the transfer ends (some
 * versions make the new connection before they ask), and the verdict is "unknown". If no byte of the body had left, libcurl does not rewind and may repeat it
 * safely. CURLOPT_MAXAGE_CONN keeps all this rare: idle connections are not used for longer than
 * the shortest keep-alive in common use (Apache's 5 s).
 *
 * One request at a time on a connection, with HTTP/2 too: a server that has had enough of one (nginx after keepalive_requests)
 * says GOAWAY and drops what was sent behind that. libcurl tells those streams from a broken connection no better than above, so
 * each of them would be "unknown", although the server has not looked at it.
 */
#include "sync/http.h"

/* Its checks of types are macros in the place of the functions. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "sync/library.h"

#define BODY_MAX (64 * 1024)
#define IDLE_SECONDS 4L

/* What is used of libcurl. */
/* clang-format off */
#define NAMES(NAME) \
	NAME(curl_easy_cleanup) NAME(curl_easy_getinfo) NAME(curl_easy_header) NAME(curl_easy_init) \
	NAME(curl_easy_perform) NAME(curl_easy_setopt) NAME(curl_easy_strerror) NAME(curl_global_cleanup) \
	NAME(curl_global_init) NAME(curl_multi_add_handle) NAME(curl_multi_cleanup) NAME(curl_multi_info_read) NAME(curl_multi_init) \
	NAME(curl_multi_perform) NAME(curl_multi_poll) NAME(curl_multi_remove_handle) NAME(curl_multi_setopt) \
	NAME(curl_multi_strerror) NAME(curl_slist_append) NAME(curl_slist_free_all) NAME(curl_version) \
	NAME(curl_version_info)
/* clang-format on */
LIBRARY("libcurl.so.4", "libcurl4", NAMES);

/* One request under way, hung on its easy handle. */
struct slot {
	CURL *easy;
	gboolean busy;
	gint64 id;
	char *body; /* owned */
	gsize size, taken;
	gboolean rewound; /* libcurl wanted to repeat it */
	GString *got;     /* start of the answer's body */
	gsize received;
	char words[CURL_ERROR_SIZE];
};

struct http {
	CURLM *multi;
	struct curl_slist *headers;
	struct slot *slots;
	guint connections, busy;
	gint64 timeout;
};

G_DEFINE_QUARK(celsync_http_error, http_error)

static size_t
take_body(char *buffer, size_t size, size_t n, void *data)
{
	struct slot *slot = data;
	const gsize piece = MIN(size * n, slot->size - slot->taken);
	memcpy(buffer, slot->body + slot->taken, piece);
	slot->taken += piece;
	return piece;
}

static int
refuse_rewind(void *data, curl_off_t offset, int origin)
{
	struct slot *slot = data;
	(void)offset;
	(void)origin;
	if (slot->taken == 0)
		return CURL_SEEKFUNC_OK;
	slot->rewound = TRUE;
	return CURL_SEEKFUNC_FAIL;
}

static size_t
take_answer(char *piece, size_t size, size_t n, void *data)
{
	struct slot *slot = data;
	const gsize length = size * n;
	if (slot->got->len < ANSWER_TEXT_MAX)
		g_string_append_len(
		    slot->got, piece, (gssize)MIN(length, ANSWER_TEXT_MAX - slot->got->len));
	slot->received += length;
	/* Anything but `length` ends the transfer. */
	return slot->received > BODY_MAX ? length + 1 : length;
}

static gboolean
set_up(struct slot *slot, const struct http_config *config, struct curl_slist *headers)
{
	CURL *easy = slot->easy;
	CURLcode bad = CURLE_OK;
#define SET(option, value)                                                                         \
	if (bad == CURLE_OK)                                                                       \
	bad = lib.curl_easy_setopt(easy, option, value)
	SET(CURLOPT_URL, config->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (config->ca_file != NULL) {
		SET(CURLOPT_CAINFO, config->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, (long)(config->timeout / 1000));
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(config->timeout / 3000));
	SET(CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	SET(CURLOPT_USERAGENT, "celsync/" CELSYNC_VERSION);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_READFUNCTION, take_body);
	SET(CURLOPT_READDATA, slot);
	SET(CURLOPT_SEEKFUNCTION, refuse_rewind);
	SET(CURLOPT_SEEKDATA, slot);
	SET(CURLOPT_WRITEFUNCTION, take_answer);
	SET(CURLOPT_WRITEDATA, slot);
	SET(CURLOPT_ERRORBUFFER, slot->words);
	SET(CURLOPT_PRIVATE, slot);
#undef SET
	return bad == CURLE_OK;
}

http *
http_open(const struct http_config *config, GError **error)
{
	if (config->ca_file != NULL && access(config->ca_file, R_OK) != 0) {
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_CONFIG,
		    _("cannot read the certificates in %s: %s\n"
		      "Correct [planfix] ca_file, or remove it to trust the system's "
		      "certificates."),
		    config->ca_file, g_strerror(errno));
		return NULL;
	}
	if (!library_need(&library, error))
		return NULL;
	if (lib.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED, _("libcurl cannot be started"));
		return NULL;
	}

	g_autoptr(http) h = g_new0(struct http, 1);
	h->connections = MAX(1, config->connections);
	h->timeout = config->timeout;
	h->slots = g_new0(struct slot, h->connections);
	h->multi = lib.curl_multi_init();
	h->headers = lib.curl_slist_append(NULL, "Accept: application/json");
	/* No waiting for "100 Continue". */
	h->headers = lib.curl_slist_append(h->headers, "Expect:");

	gboolean fine = h->multi != NULL && h->headers != NULL;
	if (fine) {
		lib.curl_multi_setopt(
		    h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)h->connections);
		lib.curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	}
	for (guint i = 0; fine && i < h->connections; i++) {
		struct slot *slot = &h->slots[i];
		slot->got = g_string_new(NULL);
		slot->easy = lib.curl_easy_init();
		fine = slot->easy != NULL && set_up(slot, config, h->headers);
	}
	if (!fine) {
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED,
		    _("libcurl (%s) cannot be set up for %s"), lib.curl_version(), config->url);
		return NULL;
	}
	return g_steal_pointer(&h);
}

void
http_close(http *h)
{
	if (h == NULL)
		return;
	for (guint i = 0; i < h->connections; i++) {
		struct slot *slot = &h->slots[i];
		if (slot->busy)
			lib.curl_multi_remove_handle(h->multi, slot->easy);
		g_clear_pointer(&slot->easy, lib.curl_easy_cleanup);
		if (slot->got != NULL)
			g_string_free(slot->got, TRUE);
		g_free(slot->body);
	}
	g_clear_pointer(&h->multi, lib.curl_multi_cleanup);
	lib.curl_slist_free_all(h->headers);
	g_free(h->slots);
	g_free(h);
	lib.curl_global_cleanup();
}

guint
http_busy(const http *h)
{
	return h->busy;
}

guint
http_free(const http *h)
{
	return h->connections - h->busy;
}

gboolean
http_post(http *h, gint64 id, const char *body, GError **error)
{
	struct slot *slot = NULL;
	for (guint i = 0; i < h->connections && slot == NULL; i++)
		if (!h->slots[i].busy)
			slot = &h->slots[i];
	if (slot == NULL) {
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED,
		    _("all %u connections are in use\nThis is a fault of this program: report it."),
		    h->busy);
		return FALSE;
	}

	g_free(slot->body);
	slot->body = g_strdup(body);
	slot->id = id;
	slot->size = strlen(body);
	slot->taken = slot->received = 0;
	slot->rewound = FALSE;
	slot->words[0] = '\0';
	g_string_truncate(slot->got, 0);
	const CURLcode sized =
	    lib.curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->size);
	const CURLMcode added = lib.curl_multi_add_handle(h->multi, slot->easy);
	if (sized != CURLE_OK || added != CURLM_OK) {
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED,
		    _("libcurl cannot start a request: %s"), lib.curl_multi_strerror(added));
		return FALSE;
	}
	slot->busy = TRUE;
	h->busy++;
	return TRUE;
}

/* At most ANSWER_TEXT_MAX bytes of one line of UTF-8: it goes to logs and terminals. */
static char *
one_line(const char *bytes, gsize length)
{
	g_autofree char *valid = g_utf8_make_valid(bytes, (gssize)length);
	GString *line = g_string_new(NULL);
	for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
		const gunichar c = g_utf8_get_char(at);
		if (g_unichar_isspace(c) || !g_unichar_isprint(c)) {
			if (line->len > 0 && line->str[line->len - 1] != ' ')
				g_string_append_c(line, ' ');
			continue;
		}
		if (line->len + 6 > ANSWER_TEXT_MAX)
			break;
		g_string_append_unichar(line, c);
	}
	return g_strchomp(g_string_free(line, FALSE));
}

static char *
why_no_answer(const struct slot *slot, CURLcode code)
{
	if (slot->rewound)
		return g_strdup(_("the connection was closed after the request had been sent"));
	if (code == CURLE_OK)
		return g_strdup(_("the transfer ended without an answer"));
	if (slot->words[0] != '\0')
		return one_line(slot->words, strlen(slot->words));
	return g_strdup(lib.curl_easy_strerror(code));
}

static struct answer
read_answer(struct slot *slot, CURLcode code)
{
	struct answer answer = { .sent = slot->taken > 0, .retry_after = -1 };
	/* A status counts although the rest of the answer was cut off, was too long or came too late. */
	long status = 0;
	lib.curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200) {
		answer.text = why_no_answer(slot, code);
		return answer;
	}
	answer.answered = TRUE;
	answer.status = status;
	answer.text = one_line(slot->got->str, slot->got->len);
	/* Read here rather than by CURLINFO_RETRY_AFTER, which is 0 for "now" and "not said" alike. */
	struct curl_header *header;
	if (lib.curl_easy_header(slot->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) ==
	    CURLHE_OK)
		answer.retry_after = verdict_retry_after(header->value, g_get_real_time());
	return answer;
}

/* Hands out what has ended; how many that were. */
static guint
collect(http *h, http_done done, gpointer data)
{
	guint n = 0;
	int left;
	for (CURLMsg *message; (message = lib.curl_multi_info_read(h->multi, &left)) != NULL;) {
		if (message->msg != CURLMSG_DONE)
			continue;
		const CURLcode code = message->data.result;
		struct slot *slot = NULL;
		lib.curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
		struct answer answer = read_answer(slot, code);
		lib.curl_multi_remove_handle(h->multi, slot->easy);
		slot->busy = FALSE;
		h->busy--;
		done(slot->id, &answer, data);
		answer_clear(&answer);
		n++;
	}
	return n;
}

gboolean
http_wait(http *h, gint64 wait, int wake, http_done done, gpointer data, GError **error)
{
	const gint64 until = g_get_monotonic_time() + MAX(0, wait);
	for (;;) {
		int running;
		CURLMcode bad = lib.curl_multi_perform(h->multi, &running);
		if (bad == CURLM_OK && collect(h, done, data) > 0)
			return TRUE;

		const gint64 left = until - g_get_monotonic_time();
		struct curl_waitfd extra = { .fd = wake, .events = CURL_WAIT_POLLIN };
		/* Rounded up, so that the last part of a millisecond is not spun away. */
		const gint64 ms = left <= 0 ? 0 : (left + 999) / 1000;
		if (bad == CURLM_OK && left > 0)
			bad = lib.curl_multi_poll(
			    h->multi, &extra, wake >= 0 ? 1 : 0, (int)MIN(ms, G_MAXINT), NULL);
		if (bad != CURLM_OK) {
			g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED,
			    _("libcurl cannot wait for answers: %s"), lib.curl_multi_strerror(bad));
			return FALSE;
		}
		if (left <= 0 || extra.revents != 0)
			return TRUE;
	}
}

static void
keep_answer(gint64 id, const struct answer *answer, gpointer data)
{
	struct answer *kept = data;
	(void)id;
	*kept = *answer;
	kept->text = g_strdup(answer->text);
}

gboolean
http_ask(http *h, const char *body, struct answer *answer, GError **error)
{
	g_return_val_if_fail(h->busy == 0, FALSE);
	*answer = (struct answer){ .retry_after = -1 };
	if (!http_post(h, 0, body, error))
		return FALSE;
	/* Its own time-out ends it. */
	while (h->busy > 0)
		if (!http_wait(h, h->timeout, -1, keep_answer, answer, error))
			return FALSE;
	return TRUE;
}

struct fetched {
	GByteArray *bytes;
	gsize max;
};

static size_t
take_fetched(char *piece, size_t size, size_t n, void *data)
{
	struct fetched *fetched = data;
	const gsize length = size * n;
	g_byte_array_append(fetched->bytes, (const guint8 *)piece, (guint)length);
	/* Anything but `length` ends the transfer. */
	return fetched->bytes->len > fetched->max ? length + 1 : length;
}

static CURLcode
fetch(CURL *easy, const char *url, gint64 timeout, struct fetched *fetched, char *words)
{
	CURLcode bad = lib.curl_easy_setopt(easy, CURLOPT_URL, url);
	if (bad != CURLE_OK)
		return bad;
	lib.curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	lib.curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	lib.curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	lib.curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	lib.curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(timeout / 1000));
	lib.curl_easy_setopt(easy, CURLOPT_USERAGENT, "celsync/" CELSYNC_VERSION);
	lib.curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_fetched);
	lib.curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetched);
	lib.curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
	return lib.curl_easy_perform(easy);
}

GByteArray *
http_fetch(const char *url, gint64 timeout, gsize max, long *status, GError **error)
{
	char words[CURL_ERROR_SIZE] = "";
	*status = 0;
	if (!library_need(&library, error))
		return NULL;
	struct fetched fetched = { .bytes = g_byte_array_new(), .max = max };
	CURL *easy =
	    lib.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? lib.curl_easy_init() : NULL;
	CURLcode bad =
	    easy != NULL ? fetch(easy, url, timeout, &fetched, words) : CURLE_FAILED_INIT;
	if (easy != NULL)
		lib.curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
	lib.curl_easy_cleanup(easy);
	if (bad == CURLE_OK && *status == 200)
		return fetched.bytes;
	g_byte_array_unref(fetched.bytes);
	if (bad != CURLE_OK)
		g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED, "%s",
		    *words != '\0' ? words : lib.curl_easy_strerror(bad));
	else
		g_set_error(
		    error, HTTP_ERROR, HTTP_ERROR_FAILED, _("the web server answers %ld"), *status);
	return NULL;
}

const char *
http_library(GError **error)
{
	return !library_need(&library, error) ? NULL
	                                      : lib.curl_version_info(CURLVERSION_NOW)->version;
}
