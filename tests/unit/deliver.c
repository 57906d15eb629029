/* deliver() with a PlanFix that works: what is sent, in which order, and what it says of recordings. */
#include "tests/unit/standin.h"

#include "store/late.h"

static void
test_sends_once(void)
{
	struct place *place = place_open(NULL);
	put(place, "c1", "101", "COMPLETED");
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 1);
	g_assert_cmpint(place->standin->n, ==, 1);
	g_assert_null(place->result.words);
	g_assert_cmpstr(field(place->standin, 0, "planfix_token"), ==, TOKEN);
	g_assert_cmpstr(field(place->standin, 0, "cmd"), ==, "event");
	g_assert_cmpstr(field(place->standin, 0, "callid"), ==, "c1");
	g_assert_cmpstr(field(place->standin, 0, "is_recorded"), ==, "0");
	g_assert_null(field(place->standin, 0, "record_link"));

	struct outbox_item item = item_of(place, "c1");
	g_assert_cmpint(item.state, ==, OUTBOX_SENT);
	g_assert_cmpint(item.status, ==, 200);
	g_assert_cmpint(item.attempts, ==, 1);
	outbox_item_clear(&item);

	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 0);
	g_assert_cmpint(place->standin->n, ==, 1);
	place_close(place);
}

static void
test_only_completed_tells_of_recordings(void)
{
	struct place *place = place_open(NULL);
	put(place, "c1", "101", "INCOMING");
	put(place, "c2", "101", "ACCEPTED");
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 2);
	for (guint i = 0; i < 2; i++) {
		g_assert_null(field(place->standin, i, "is_recorded"));
		g_assert_null(field(place->standin, i, "record_link"));
	}
	place_close(place);
}

/* Fails the request if another one of its call and employee has not been answered yet. */
static int
answer_in_order(struct standin *standin, int nth, GHashTable *form)
{
	static GMutex lock;
	static GHashTable *pending;
	(void)standin, (void)nth;
	g_autofree char *key = g_strconcat((char *)g_hash_table_lookup(form, "callid"), "/",
	    (char *)g_hash_table_lookup(form, "ext"), NULL);
	g_mutex_lock(&lock);
	if (pending == NULL)
		pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const gboolean first = g_hash_table_add(pending, g_strdup(key));
	g_mutex_unlock(&lock);
	g_usleep(2000);
	g_mutex_lock(&lock);
	g_hash_table_remove(pending, key);
	g_mutex_unlock(&lock);
	return first ? 200 : 400;
}

static void
test_order(void)
{
	struct place *place = place_open(answer_in_order);
	for (int i = 0; i < 12; i++) {
		g_autofree char *callid = g_strdup_printf("c%d", i / 2);
		const char *ext = i % 2 == 0 ? "101" : "102";
		put(place, callid, ext, "ACCEPTED");
		put(place, callid, ext, "COMPLETED");
	}
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 24);
	g_assert_cmpint(place->result.rejected, ==, 0);
	g_autoptr(GHashTable) accepted =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < 24; i++) {
		char *key = g_strconcat(
		    field(place->standin, i, "callid"), "/", field(place->standin, i, "ext"), NULL);
		if (strcmp(field(place->standin, i, "event"), "ACCEPTED") == 0) {
			g_hash_table_add(accepted, key);
		} else {
			g_assert_true(g_hash_table_contains(accepted, key));
			g_free(key);
		}
	}
	place_close(place);
}

/* The first is answered at once, the others only when as many are there as there are connections. */
static int
answer_together(struct standin *standin, int nth, GHashTable *form)
{
	(void)form;
	if (nth >= 1 && nth <= 3)
		while (g_atomic_int_get(&standin->n) < 4)
			g_usleep(500);
	return 200;
}

static void
test_parallel(void)
{
	struct place *place = place_open(answer_together);
	place->planfix.connections = 3;
	put_calls(place, 9);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 9);
	g_assert_cmpint(place->standin->most, ==, 3);
	place_close(place);
}

static int
answer_first_alone(struct standin *standin, int nth, GHashTable *form)
{
	(void)form;
	/* Whatever would come with it has a while to do so. */
	if (nth == 0)
		g_usleep(100 * 1000);
	return nth == 0 && g_atomic_int_get(&standin->n) > 1 ? 400 : 200;
}

static void
test_first_alone(void)
{
	struct place *place = place_open(answer_first_alone);
	put_calls(place, 5);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 5);
	place_close(place);
}

static void
test_rate(void)
{
	struct place *place = place_open(NULL);
	/* One may leave; the next one only in 1000 s, and those are not waited for. */
	place->planfix.rate = 0.001;
	put_calls(place, 12);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 1);
	g_assert_cmpint(place->standin->n, ==, 1);
	place->planfix.rate = 100;
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 11);
	place_close(place);
}

static void
test_deadline(void)
{
	struct place *place = place_open(NULL);
	put_calls(place, 3);
	place->options.deadline = g_get_real_time() - 1;
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 0);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 3);
	place->options.deadline = g_get_real_time() + 3600 * SECOND;
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 3);
	place_close(place);
}

static gint *stop_flag;

static int
answer_and_stop(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)form;
	if (nth == 2)
		g_atomic_int_set(stop_flag, SIGTERM);
	return 200;
}

/* What was under way when the signal came is noted, nothing more is started. */
static void
test_stop(void)
{
	struct place *place = place_open(answer_and_stop);
	stop_flag = &place->stop;
	put_calls(place, 40);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, >=, 3);
	g_assert_cmpint(place->standin->n, <, 40);
	g_assert_cmpint(place->result.sent, ==, place->standin->n);
	g_assert_cmpint(count_of(place, OUTBOX_SENT), ==, place->standin->n);
	g_assert_cmpint(count_of(place, OUTBOX_SENDING), ==, 0);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 40 - place->standin->n);
	place_close(place);
}

/* Tried: give_up left out of outbox/expired; announcements left out of it. */
static void
test_expires(void)
{
	struct place *place = place_open(NULL);
	put_full(place, "c1", "101", "INCOMING", NULL, g_get_real_time() - SECOND);
	put(place, "c2", "101", "COMPLETED");
	deliver_now(place);
	g_assert_cmpint(place->result.expired, ==, 1);
	g_assert_cmpint(place->result.sent, ==, 1);
	assert_state(place, "c1", OUTBOX_EXPIRED);

	put(place, "c3", "101", "COMPLETED");
	place->planfix.give_up = -SECOND;
	deliver_now(place);
	g_assert_cmpint(place->result.expired, ==, 1);
	assert_state(place, "c3", OUTBOX_EXPIRED);
	place_close(place);
}

static void
put_recording(struct place *place, const char *callid, const char *file)
{
	g_autoptr(GError) error = NULL;
	const struct recording wanted = {
		.callid = (char *)callid, .file = (char *)file, .path = (char *)file
	};
	gboolean added;
	g_assert_true(store_begin(place->db, &error));
	g_assert_true(recordings_put(place->db, &wanted, g_get_real_time(), &added, &error));
	g_assert_true(store_commit(place->db, &error));
}

static void
end_recording(struct place *place, const char *callid, const char *file, enum recording_state state,
    const char *link)
{
	g_autoptr(GError) error = NULL;
	g_assert_true(store_begin(place->db, &error));
	g_autoptr(GArray) claimed =
	    recordings_claim(place->db, g_get_real_time() + 3600 * SECOND, 10, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(claimed->len, ==, 1);
	struct recording recording;
	gboolean found;
	g_assert_true(recordings_get(place->db, callid, file, &recording, &found, &error));
	g_assert_true(found);
	recording.state = state;
	g_free(recording.link);
	recording.link = g_strdup(link);
	g_assert_true(recordings_move(place->db, &recording, RECORDING_CONVERTING, &error));
	g_assert_no_error(error);
	g_assert_true(store_commit(place->db, &error));
	recording_clear(&recording);
}

#define LINK "https://example.com/r/0123/a b.mp3"

static void
test_link_in_time(void)
{
	struct place *place = place_open(NULL);
	put_recording(place, "c1", "a.wav");
	end_recording(place, "c1", "a.wav", RECORDING_DONE, LINK);
	put_full(place, "c1", "101", "COMPLETED", "a.wav", 0);
	deliver_now(place);
	g_assert_cmpstr(field(place->standin, 0, "is_recorded"), ==, "1");
	g_assert_cmpstr(field(place->standin, 0, "record_link"), ==, LINK);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 1);
	place_close(place);
}

static void
test_link_too_late(void)
{
	struct place *place = place_open(NULL);
	put_recording(place, "c1", "a.wav");
	put_full(place, "c1", "101", "COMPLETED", "a.wav", 0);
	deliver_now(place);
	g_assert_cmpstr(field(place->standin, 0, "is_recorded"), ==, "1");
	g_assert_null(field(place->standin, 0, "record_link"));
	/* Not before there is a link. */
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 1);

	end_recording(place, "c1", "a.wav", RECORDING_DONE, LINK);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 1);
	g_assert_cmpint(place->standin->n, ==, 2);
	g_assert_cmpstr(field(place->standin, 1, "cmd"), ==, "record");
	g_assert_cmpstr(field(place->standin, 1, "callid"), ==, "c1");
	g_assert_cmpstr(field(place->standin, 1, "record_link"), ==, LINK);
	g_assert_cmpstr(field(place->standin, 1, "planfix_token"), ==, TOKEN);
	g_assert_cmpuint(g_hash_table_size(place->standin->forms->pdata[1]), ==, 4);
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) owing = late_records(place->db, 10, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(owing->len, ==, 0);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 2);
	place_close(place);
}

static void
test_no_record_without_links(void)
{
	struct place *place = place_open(NULL);
	place->recordings.publish_dir = NULL;
	put_recording(place, "c1", "a.wav");
	put_full(place, "c1", "101", "COMPLETED", "a.wav", 0);
	deliver_now(place);
	end_recording(place, "c1", "a.wav", RECORDING_DONE, LINK);
	/* Links that are made from now on do not bring up the calls of last year. */
	place->recordings.publish_dir = place->folder;
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 1);
	place_close(place);
}

/* A `record` whose link is gone for a while waits; it says nothing without it. */
static void
test_record_waits_for_link(void)
{
	struct place *place = place_open(NULL);
	put_recording(place, "c1", "a.wav");
	put_full(place, "c1", "101", "record", "a.wav", 0);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 0);
	g_assert_cmpint(place->result.later, ==, 1);
	assert_state(place, "c1", OUTBOX_READY);
	end_recording(place, "c1", "a.wav", RECORDING_DONE, LINK);
	let_time_pass(place);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 1);
	place_close(place);
}

static void
test_no_audio(void)
{
	static const enum recording_state states[] = { RECORDING_NONE, RECORDING_FAILED };
	struct place *place = place_open(NULL);
	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autofree char *callid = g_strdup_printf("c%u", i);
		put_recording(place, callid, "a.wav");
		end_recording(place, callid, "a.wav", states[i], NULL);
		put_full(place, callid, "101", "COMPLETED", "a.wav", 0);
		deliver_now(place);
		g_assert_cmpstr(field(place->standin, i, "is_recorded"), ==, "0");
		g_assert_null(field(place->standin, i, "record_link"));
	}
	place_close(place);
}

static void
test_body_for_show(void)
{
	g_autoptr(GError) error = NULL;
	struct place *place = place_open(NULL);
	put(place, "c1", "101", "COMPLETED");
	struct outbox_item item = item_of(place, "c1");
	g_autofree char *body = deliver_body(place->db, &item, "***", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(body, ==,
	    "planfix_token=%2A%2A%2A&cmd=event&event=COMPLETED&ext=101&callid=c1&is_recorded=0");
	outbox_item_clear(&item);
	place_close(place);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/deliver/sends once", test_sends_once);
	g_test_add_func(
	    "/deliver/recordings only in COMPLETED", test_only_completed_tells_of_recordings);
	g_test_add_func("/deliver/order", test_order);
	g_test_add_func("/deliver/parallel", test_parallel);
	g_test_add_func("/deliver/first alone", test_first_alone);
	g_test_add_func("/deliver/rate", test_rate);
	g_test_add_func("/deliver/deadline", test_deadline);
	g_test_add_func("/deliver/stop", test_stop);
	g_test_add_func("/deliver/expires", test_expires);
	g_test_add_func("/deliver/link in time", test_link_in_time);
	g_test_add_func("/deliver/link too late", test_link_too_late);
	g_test_add_func("/deliver/no record without links", test_no_record_without_links);
	g_test_add_func("/deliver/record waits for its link", test_record_waits_for_link);
	g_test_add_func("/deliver/no audio", test_no_audio);
	g_test_add_func("/deliver/body for show", test_body_for_show);
	return g_test_run();
}
