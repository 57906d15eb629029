/*
 * For the tests of deliver(): a real store in a temporary folder, and a server on loopback that
 * answers as the test says and keeps what it got.
 */
#ifndef CELSYNC_TEST_STANDIN_H
#define CELSYNC_TEST_STANDIN_H

#include "store/outbox.h"
#include "store/recordings.h"
#include "sync/deliver.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOKEN "s3cr3t/t0ken"
#define SECOND ((gint64)G_USEC_PER_SEC)

/* Instead of a status. */
#define DROP (-1) /* read to its end, then the connection is closed */
#define HANG (-2) /* no answer until the server stops */

struct standin {
	struct MHD_Daemon *daemon;
	int port;
	/* The status for the nth request, from 0; form: name -> value. May block. */
	int (*answer)(struct standin *standin, int nth, GHashTable *form);
	const char *retry_after, *text;
	gint n; /* requests that came */
	gint go;
	gint in_progress, most;
	GMutex lock;
	GPtrArray *forms; /* GHashTable, in the order they came */
};

/* A place to work in: folder, store, settings. */
struct place {
	char *folder, *path, *url;
	store *db;
	struct standin *standin;
	struct planfix_settings planfix;
	struct recordings_settings recordings;
	struct deliver_options options;
	gint stop;
	struct deliver_result result;
};

static inline GHashTable *
parse_form(const char *body)
{
	GHashTable *form = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_auto(GStrv) fields = g_strsplit(body, "&", -1);
	for (char **field = fields; *field != NULL; field++) {
		char *equals = strchr(*field, '=');
		g_assert_nonnull(equals);
		*equals = '\0';
		/* No field twice. */
		g_assert_true(g_hash_table_insert(
		    form, g_strdup(*field), g_uri_unescape_string(equals + 1, NULL)));
	}
	return form;
}

static inline enum MHD_Result
standin_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *piece, size_t *size, void **state)
{
	struct standin *standin = data;
	(void)url, (void)method, (void)version;
	if (*state == NULL) {
		*state = g_string_new(NULL);
		return MHD_YES;
	}
	GString *body = *state;
	if (*size > 0) {
		g_string_append_len(body, piece, (gssize)*size);
		*size = 0;
		return MHD_YES;
	}

	GHashTable *form = parse_form(body->str);
	g_mutex_lock(&standin->lock);
	const int nth = standin->n;
	g_ptr_array_add(standin->forms, form);
	g_atomic_int_inc(&standin->n);
	standin->in_progress++;
	standin->most = MAX(standin->most, standin->in_progress);
	g_mutex_unlock(&standin->lock);

	int status = standin->answer == NULL ? 200 : standin->answer(standin, nth, form);
	g_mutex_lock(&standin->lock);
	standin->in_progress--;
	g_mutex_unlock(&standin->lock);
	while (status == HANG && !g_atomic_int_get(&standin->go))
		g_usleep(1000);
	if (status < 0)
		return MHD_NO;
	const char *text = status == 200 || standin->text == NULL ? "{}" : standin->text;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	if (standin->retry_after != NULL && status != 200)
		MHD_add_response_header(response, "Retry-After", standin->retry_after);
	const enum MHD_Result done = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return done;
}

static inline void
standin_completed(void *data, struct MHD_Connection *connection, void **state,
    enum MHD_RequestTerminationCode why)
{
	(void)data, (void)connection, (void)why;
	if (*state != NULL)
		g_string_free(*state, TRUE);
}

static inline void
form_free(gpointer form)
{
	g_hash_table_unref(form);
}

static inline struct standin *
standin_start(int (*answer)(struct standin *, int, GHashTable *))
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	struct standin *standin = g_new0(struct standin, 1);
	standin->answer = answer;
	standin->forms = g_ptr_array_new_with_free_func(form_free);
	standin->daemon =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
		NULL, NULL, standin_request, standin, MHD_OPTION_SOCK_ADDR, &address,
		MHD_OPTION_NOTIFY_COMPLETED, standin_completed, NULL, MHD_OPTION_END);
	g_assert_nonnull(standin->daemon);
	standin->port = MHD_get_daemon_info(standin->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return standin;
}

static inline void
standin_stop(struct standin *standin)
{
	g_atomic_int_set(&standin->go, 1);
	MHD_stop_daemon(standin->daemon);
	g_ptr_array_unref(standin->forms);
	g_free(standin);
}

/* Requests but pings. */
static inline guint
standin_events(struct standin *standin)
{
	guint n = 0;
	for (guint i = 0; i < standin->forms->len; i++)
		n += strcmp(g_hash_table_lookup(standin->forms->pdata[i], "cmd"), "ping") != 0;
	return n;
}

static inline const char *
field(struct standin *standin, guint nth, const char *name)
{
	g_assert_cmpuint(nth, <, standin->forms->len);
	return g_hash_table_lookup(standin->forms->pdata[nth], name);
}

static inline struct place *
place_open(int (*answer)(struct standin *, int, GHashTable *))
{
	g_autoptr(GError) error = NULL;
	struct place *place = g_new0(struct place, 1);
	place->folder = g_dir_make_tmp("celsync-deliver-XXXXXX", &error);
	g_assert_no_error(error);
	place->path = g_build_filename(place->folder, "celsync.db", NULL);
	place->db = store_open(place->path, STORE_WRITE, &error);
	g_assert_no_error(error);
	place->standin = standin_start(answer);
	place->url = g_strdup_printf("http://127.0.0.1:%d/tel/api/", place->standin->port);
	place->planfix = (struct planfix_settings){
		.url = place->url,
		.token = TOKEN,
		.connections = 4,
		.timeout = 20 * SECOND,
		.give_up = 7 * 86400 * SECOND,
		.unknown = UNKNOWN_RESEND,
	};
	place->recordings.publish_dir = place->folder;
	place->options = (struct deliver_options){
		.planfix = &place->planfix, .recordings = &place->recordings, .stop = &place->stop
	};
	return place;
}

static inline void
place_close(struct place *place)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	standin_stop(place->standin);
	store_close(place->db);
	deliver_result_clear(&place->result);
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *file = g_strconcat(place->path, endings[i], NULL);
		unlink(file);
	}
	g_assert_cmpint(rmdir(place->folder), ==, 0);
	g_free(place->folder);
	g_free(place->path);
	g_free(place->url);
	g_free(place);
}

static inline void
deliver_now(struct place *place)
{
	g_autoptr(GError) error = NULL;
	deliver_result_clear(&place->result);
	g_assert_true(deliver(place->db, &place->options, &place->result, &error));
	g_assert_no_error(error);
	g_test_message(
	    "sent %d later %d rejected %d unknown %d expired %d refused %d unreachable %d %s",
	    (int)place->result.sent, (int)place->result.later, (int)place->result.rejected,
	    (int)place->result.unknown, (int)place->result.expired, place->result.refused,
	    place->result.unreachable, place->result.words == NULL ? "" : place->result.words);
}

static inline enum outbox_rank
rank_of(const char *event)
{
	if (strcmp(event, "ACCEPTED") == 0)
		return OUTBOX_ACCEPTED;
	if (strcmp(event, "COMPLETED") == 0)
		return OUTBOX_COMPLETED;
	return strcmp(event, "record") == 0 ? OUTBOX_RECORD : OUTBOX_ANNOUNCE;
}

static inline void
put_full(struct place *place, const char *callid, const char *ext, const char *event,
    const char *recording, gint64 expires)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *body =
	    g_strdup_printf("cmd=event&event=%s&ext=%s&callid=%s", event, ext, callid);
	const struct outbox_new item = {
		.callid = callid,
		.ext = ext,
		.event = event,
		.rank = rank_of(event),
		.body = body,
		.recording = recording,
		.expires = expires,
	};
	gboolean added;
	g_assert_true(store_begin(place->db, &error));
	g_assert_true(outbox_put(place->db, &item, g_get_real_time(), &added, &error));
	g_assert_true(store_commit(place->db, &error));
	g_assert_true(added);
}

static inline void
put(struct place *place, const char *callid, const char *ext, const char *event)
{
	put_full(place, callid, ext, event, NULL, 0);
}

/* `n` calls c0, c1, … with one COMPLETED each. */
static inline void
put_calls(struct place *place, int n)
{
	for (int i = 0; i < n; i++) {
		g_autofree char *callid = g_strdup_printf("c%d", i);
		put(place, callid, "101", "COMPLETED");
	}
}

/* The first item of a call; the caller clears it. */
static inline struct outbox_item
item_of(struct place *place, const char *callid)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) items = outbox_of_call(place->db, callid, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, >, 0);
	struct outbox_item item = g_array_index(items, struct outbox_item, 0);
	memset(&g_array_index(items, struct outbox_item, 0), 0, sizeof item);
	return item;
}

static inline void
assert_state(struct place *place, const char *callid, enum outbox_state state)
{
	struct outbox_item item = item_of(place, callid);
	g_assert_cmpstr(outbox_state_name(item.state), ==, outbox_state_name(state));
	outbox_item_clear(&item);
}

static inline gint64
count_of(struct place *place, enum outbox_state state)
{
	g_autoptr(GError) error = NULL;
	struct outbox_count counts[OUTBOX_STATES];
	g_assert_true(outbox_counts(place->db, counts, &error));
	return counts[state].n;
}

/* As if the back-off were over. */
static inline void
let_time_pass(struct place *place)
{
	sqlite3 *db;
	g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "UPDATE outbox SET not_before = 1 WHERE state = 'ready'",
			    NULL, NULL, NULL),
	    ==, SQLITE_OK);
	sqlite3_close(db);
}

#endif
