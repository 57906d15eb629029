/* deliver() with a PlanFix that fails: nothing lost, nothing twice, and every item says why. */
#include "tests/unit/standin.h"

static gboolean
is_ping(GHashTable *form)
{
	return strcmp(g_hash_table_lookup(form, "cmd"), "ping") == 0;
}

static gboolean
is_call(GHashTable *form, const char *callid)
{
	return g_strcmp0(g_hash_table_lookup(form, "callid"), callid) == 0;
}

static int
answer_c0_with_400(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth;
	return is_call(form, "c0") ? 400 : 200;
}

static void
test_rejected(void)
{
	struct place *place = place_open(answer_c0_with_400);
	place->standin->text = "{\"error\":\"Invalid parameters\",\"planfix_token\":\"" TOKEN "\"}";
	put_calls(place, 3);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 2);
	g_assert_cmpint(place->result.rejected, ==, 1);
	struct outbox_item item = item_of(place, "c0");
	g_assert_cmpint(item.state, ==, OUTBOX_REJECTED);
	g_assert_cmpint(item.status, ==, 400);
	g_assert_cmpstr(
	    item.answer, ==, "{\"error\":\"Invalid parameters\",\"planfix_token\":\"***\"}");
	g_assert_cmpstr(place->result.words, ==,
	    "HTTP 400: {\"error\":\"Invalid parameters\",\"planfix_token\":\"***\"}");
	outbox_item_clear(&item);
	deliver_now(place);
	g_assert_cmpuint(standin_events(place->standin), ==, 3);
	place_close(place);
}

static int
answer_301(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth, (void)form;
	return 301;
}

static void
test_redirected(void)
{
	struct place *place = place_open(answer_301);
	put_calls(place, 1);
	deliver_now(place);
	g_assert_cmpint(place->result.rejected, ==, 1);
	place_close(place);
}

static int refuse_from, refuse_with;

static int
answer_refused_from(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)form;
	return nth >= refuse_from ? refuse_with : 200;
}

static void
refused(int from, int with)
{
	struct place *place = place_open(answer_refused_from);
	refuse_from = from;
	refuse_with = with;
	put_calls(place, 20);
	deliver_now(place);
	g_assert_true(place->result.refused);
	g_assert_false(place->result.unreachable);
	g_assert_cmpint(place->result.sent, ==, from);
	g_assert_cmpint(place->result.rejected, ==, 0);
	/* Those under way together, and no more. */
	g_assert_cmpint(place->standin->n, <=, from + (int)place->planfix.connections);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 20 - from);
	g_assert_cmpint(count_of(place, OUTBOX_SENDING), ==, 0);

	/* It waits for nothing but the right token. */
	refuse_from = G_MAXINT;
	deliver_now(place);
	g_assert_false(place->result.refused);
	g_assert_cmpint(place->result.sent, ==, 20 - from);
	place_close(place);
}

static void
test_refused(void)
{
	refused(0, 401);
	refused(0, 403);
	refused(5, 401);
}

static int
answer_c0_with_500(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth;
	return is_call(form, "c0") ? 500 : 200;
}

static void
test_later(void)
{
	struct place *place = place_open(answer_c0_with_500);
	put(place, "c0", "101", "ACCEPTED");
	put(place, "c0", "101", "COMPLETED");
	put(place, "c1", "101", "ACCEPTED");
	put(place, "c1", "101", "COMPLETED");
	gint64 before = g_get_real_time();
	deliver_now(place);
	/* The other call goes on; the COMPLETED does not overtake. */
	g_assert_cmpint(place->result.sent, ==, 2);
	g_assert_cmpint(place->result.later, ==, 1);
	g_assert_cmpint(place->standin->n, ==, 3);
	struct outbox_item item = item_of(place, "c0");
	g_assert_cmpint(item.state, ==, OUTBOX_READY);
	g_assert_cmpint(item.status, ==, 500);
	g_assert_cmpint(item.not_before, >=, before + 4 * SECOND);
	outbox_item_clear(&item);
	/* Not before its time; and then longer. */
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 3);
	let_time_pass(place);
	before = g_get_real_time();
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 4);
	item = item_of(place, "c0");
	g_assert_cmpint(item.attempts, ==, 2);
	g_assert_cmpint(item.not_before, >=, before + 8 * SECOND);
	outbox_item_clear(&item);
	place_close(place);
}

static int
answer_503(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth, (void)form;
	return 503;
}

/* Maintenance: a queue of hundreds is not tried to its end. */
static void
test_many_later(void)
{
	struct place *place = place_open(answer_503);
	put_calls(place, 100);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, >=, 10);
	g_assert_cmpint(place->standin->n, <=, 10 + (int)place->planfix.connections);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 100);
	g_assert_false(place->result.unreachable);
	place_close(place);
}

static int
answer_first_429(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)form;
	return nth == 0 ? 429 : 200;
}

static void
test_too_fast(void)
{
	struct place *place = place_open(answer_first_429);
	place->standin->retry_after = "600";
	put_calls(place, 5);
	gint64 before = g_get_real_time();
	deliver_now(place);
	/* Ten minutes are not waited for, and it means all of them. */
	g_assert_cmpint(place->standin->n, ==, 1);
	struct outbox_item item = item_of(place, "c0");
	g_assert_cmpint(item.state, ==, OUTBOX_READY);
	g_assert_cmpint(item.not_before, >=, before + 600 * SECOND);
	outbox_item_clear(&item);
	place_close(place);
}

static int
answer_first_500(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)form;
	return nth == 0 ? 500 : 200;
}

/* A second is waited for: of one item, and, after a 429, of all. */
static void
test_short_wait(void)
{
	for (int n = 1; n <= 3; n += 2) {
		struct place *place = place_open(n == 1 ? answer_first_500 : answer_first_429);
		place->standin->retry_after = "1";
		put_calls(place, n);
		deliver_now(place);
		g_assert_cmpint(place->result.sent, ==, n);
		g_assert_cmpint(place->result.later, ==, 1);
		place_close(place);
	}
}

static int drop_most;

static int
answer_c0_dropped(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth;
	return is_call(form, "c0") && drop_most-- > 0 ? DROP : 200;
}

static void
test_lost_and_resent(void)
{
	struct place *place = place_open(answer_c0_dropped);
	drop_most = 1;
	put_calls(place, 4);
	deliver_now(place);
	g_assert_cmpint(place->result.unknown, ==, 1);
	g_assert_cmpint(place->result.sent, ==, 3);
	assert_state(place, "c0", OUTBOX_UNKNOWN);
	g_assert_cmpuint(standin_events(place->standin), ==, 4);
	/* Before the others were risked somebody asked whether PlanFix is there. */
	g_assert_cmpstr(field(place->standin, 1, "cmd"), ==, "ping");
	g_assert_cmpstr(field(place->standin, 1, "planfix_token"), ==, TOKEN);

	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 1);
	g_assert_cmpint(place->result.unknown, ==, 0);
	assert_state(place, "c0", OUTBOX_SENT);
	g_assert_cmpuint(standin_events(place->standin), ==, 5);
	deliver_now(place);
	g_assert_cmpuint(standin_events(place->standin), ==, 5);
	place_close(place);
}

static int
answer_first_accepted_dropped(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)form;
	return nth == 0 ? DROP : 200;
}

/* An ACCEPTED that may not have arrived goes again before its COMPLETED: afterwards it would open the window again. */
static void
test_lost_accepted(void)
{
	static const struct {
		enum unknown_policy policy;
		const char *told[4];
		enum outbox_state end;
	} cases[] = {
		{ UNKNOWN_RESEND, { "ACCEPTED", NULL, "ACCEPTED", "COMPLETED" }, OUTBOX_SENT },
		{ UNKNOWN_HOLD, { "ACCEPTED", NULL, "COMPLETED" }, OUTBOX_UNKNOWN },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct place *place = place_open(answer_first_accepted_dropped);
		place->planfix.unknown = cases[i].policy;
		put(place, "c0", "101", "ACCEPTED");
		put(place, "c0", "101", "COMPLETED");
		deliver_now(place);
		g_assert_cmpint(place->result.unknown, ==, 1);
		for (guint nth = 0; nth < place->standin->forms->len; nth++)
			g_assert_cmpstr(
			    field(place->standin, nth, "event"), ==, cases[i].told[nth]);
		g_assert_cmpuint(place->standin->forms->len, ==, i == 0 ? 4 : 3);
		assert_state(place, "c0", cases[i].end);
		place_close(place);
	}
}

static void
test_lost_twice(void)
{
	struct place *place = place_open(answer_c0_dropped);
	drop_most = 100;
	put_calls(place, 1);
	for (int i = 0; i < 5; i++)
		deliver_now(place);
	g_assert_cmpuint(standin_events(place->standin), ==, 2);
	assert_state(place, "c0", OUTBOX_UNKNOWN);
	place_close(place);
}

static void
test_lost_and_held(void)
{
	struct place *place = place_open(answer_c0_dropped);
	place->planfix.unknown = UNKNOWN_HOLD;
	drop_most = 1;
	put_calls(place, 2);
	for (int i = 0; i < 3; i++)
		deliver_now(place);
	g_assert_cmpuint(standin_events(place->standin), ==, 2);
	assert_state(place, "c0", OUTBOX_UNKNOWN);
	place_close(place);
}

static int answer_plan[8];

static int
answer_planned(struct standin *standin, int nth, GHashTable *form)
{
	(void)nth;
	if (is_ping(form))
		return 200;
	g_mutex_lock(&standin->lock);
	const guint n = standin_events(standin);
	g_mutex_unlock(&standin->lock);
	g_assert_cmpuint(n, <=, G_N_ELEMENTS(answer_plan));
	return answer_plan[n - 1];
}

/* Tries that certainly failed do not use up the one repetition. */
static void
test_failed_then_lost(void)
{
	static const int plan[] = { 500, 500, 500, DROP, 500, 200 };
	struct place *place = place_open(answer_planned);
	memcpy(answer_plan, plan, sizeof plan);
	put_calls(place, 1);
	for (guint i = 0; i < G_N_ELEMENTS(plan) + 2; i++) {
		deliver_now(place);
		let_time_pass(place);
	}
	g_assert_cmpuint(standin_events(place->standin), ==, G_N_ELEMENTS(plan));
	assert_state(place, "c0", OUTBOX_SENT);
	place_close(place);
}

static void
test_unreachable(void)
{
	struct place *place = place_open(NULL);
	const int port = place->standin->port;
	/* Bound and not listening: a refusal, and nobody else gets the port meanwhile. */
	standin_stop(place->standin);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((guint16)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	const int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	put_calls(place, 20);
	deliver_now(place);
	g_assert_true(place->result.unreachable);
	g_assert_false(place->result.refused);
	g_assert_cmpint(place->result.later, ==, 1);
	g_assert_cmpint(place->result.unknown, ==, 0);
	g_assert_nonnull(place->result.words);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 20);
	close(fd);

	/* It is there again: all of them go, the one with back-off too once that is over. */
	place->standin = standin_start(NULL);
	g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/", place->standin->port);
	place->planfix.url = url;
	let_time_pass(place);
	deliver_now(place);
	g_assert_cmpint(place->result.sent, ==, 20);
	g_assert_cmpstr(field(place->standin, 0, "cmd"), ==, "ping");
	place_close(place);
}

static int
answer_never(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin, (void)nth, (void)form;
	return HANG;
}

/* PlanFix takes requests and never answers: one event is in doubt, not the whole queue. */
static void
test_silent(void)
{
	struct place *place = place_open(answer_never);
	place->planfix.timeout = 2 * SECOND;
	put_calls(place, 20);
	deliver_now(place);
	g_assert_true(place->result.unreachable);
	g_assert_cmpint(place->result.unknown, ==, 1);
	g_assert_cmpuint(standin_events(place->standin), ==, 1);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 19);
	/* The next run asks first, and risks none. */
	deliver_now(place);
	g_assert_true(place->result.unreachable);
	g_assert_cmpint(place->result.unknown, ==, 0);
	g_assert_cmpuint(standin_events(place->standin), ==, 1);
	g_assert_cmpint(count_of(place, OUTBOX_READY), ==, 20);
	place_close(place);
}

/* A claim of a process that has ended; `lease` from now. */
static void
claim_as(struct place *place, const struct outbox_owner *owner, gint64 lease)
{
	g_autoptr(GError) error = NULL;
	const gint64 now = g_get_real_time();
	g_assert_true(store_begin(place->db, &error));
	g_autoptr(GArray) items = outbox_claim(place->db, owner, now, now + lease, 10, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(items->len, ==, 1);
	g_assert_true(store_commit(place->db, &error));
}

static struct outbox_owner
dead_owner(void)
{
	int ends[2];
	g_assert_cmpint(pipe(ends), ==, 0);
	const pid_t child = fork();
	if (child == 0) {
		struct outbox_owner self = { .pid = 0 };
		const gboolean fine = outbox_owner_self(&self, NULL);
		_exit(!(fine && write(ends[1], &self, sizeof self) == sizeof self));
	}
	struct outbox_owner owner;
	int status;
	g_assert_cmpint(read(ends[0], &owner, sizeof owner), ==, sizeof owner);
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
	close(ends[0]);
	close(ends[1]);
	return owner;
}

static void
recovered(enum unknown_policy policy)
{
	/* A process forks before it has threads. */
	const struct outbox_owner dead = dead_owner();
	struct place *place = place_open(NULL);
	place->planfix.unknown = policy;
	put_calls(place, 1);
	claim_as(place, &dead, 3600 * SECOND);
	deliver_now(place);
	g_assert_cmpint(place->result.unknown, ==, 1);
	const gboolean again = policy == UNKNOWN_RESEND;
	assert_state(place, "c0", again ? OUTBOX_SENT : OUTBOX_UNKNOWN);
	g_assert_cmpuint(standin_events(place->standin), ==, again ? 1 : 0);
	place_close(place);
}

static void
test_recovered(void)
{
	recovered(UNKNOWN_RESEND);
	recovered(UNKNOWN_HOLD);
}

static void
test_somebody_elses(void)
{
	g_autoptr(GError) error = NULL;
	struct place *place = place_open(NULL);
	put_calls(place, 1);
	struct outbox_owner self;
	g_assert_true(outbox_owner_self(&self, &error));
	claim_as(place, &self, 3600 * SECOND);
	deliver_now(place);
	g_assert_cmpint(place->standin->n, ==, 0);
	assert_state(place, "c0", OUTBOX_SENDING);
	place_close(place);
}

static struct place *stolen_from;

/* While the request is under way, somebody else writes off what we claimed. */
static int
answer_and_steal(struct standin *standin, int nth, GHashTable *form)
{
	(void)standin;
	if (nth == 1 && !is_ping(form)) {
		sqlite3 *db;
		g_assert_cmpint(sqlite3_open(stolen_from->path, &db), ==, SQLITE_OK);
		sqlite3_busy_timeout(db, 5000);
		g_assert_cmpint(sqlite3_exec(db,
				    "UPDATE outbox SET state = 'unknown' WHERE state = 'sending'"
				    " AND callid = 'c1'",
				    NULL, NULL, NULL),
		    ==, SQLITE_OK);
		sqlite3_close(db);
	}
	return 200;
}

static void
test_taken_away(void)
{
	struct place *place = place_open(answer_and_steal);
	stolen_from = place;
	place->planfix.connections = 1;
	put_calls(place, 3);
	deliver_now(place);
	/* The others are noted all the same. */
	assert_state(place, "c0", OUTBOX_SENT);
	assert_state(place, "c1", OUTBOX_UNKNOWN);
	assert_state(place, "c2", OUTBOX_SENT);
	place_close(place);
}

/* A ping asks whether something may be sent: where nothing waits for that, nobody asks. */
static void
test_no_needless_ping(void)
{
	struct place *place = place_open(answer_c0_dropped);
	place->planfix.unknown = UNKNOWN_HOLD;
	drop_most = 1;
	put_calls(place, 1);
	deliver_now(place);
	g_assert_true(place->result.unreachable);
	g_assert_cmpint(place->result.unknown, ==, 1);
	deliver_now(place);
	g_assert_false(place->result.unreachable);
	g_assert_cmpint(place->standin->n, ==, 1);
	place_close(place);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	g_test_add_func("/deliver/rejected", test_rejected);
	g_test_add_func("/deliver/redirected", test_redirected);
	g_test_add_func("/deliver/refused", test_refused);
	g_test_add_func("/deliver/later", test_later);
	g_test_add_func("/deliver/many later", test_many_later);
	g_test_add_func("/deliver/too fast", test_too_fast);
	g_test_add_func("/deliver/short wait", test_short_wait);
	g_test_add_func("/deliver/lost and resent", test_lost_and_resent);
	g_test_add_func("/deliver/lost ACCEPTED", test_lost_accepted);
	g_test_add_func("/deliver/lost twice", test_lost_twice);
	g_test_add_func("/deliver/lost and held", test_lost_and_held);
	g_test_add_func("/deliver/failed, then lost", test_failed_then_lost);
	g_test_add_func("/deliver/unreachable", test_unreachable);
	g_test_add_func("/deliver/silent", test_silent);
	g_test_add_func("/deliver/no needless ping", test_no_needless_ping);
	g_test_add_func("/deliver/recovered", test_recovered);
	g_test_add_func("/deliver/somebody else's", test_somebody_elses);
	g_test_add_func("/deliver/taken away", test_taken_away);
	return g_test_run();
}
