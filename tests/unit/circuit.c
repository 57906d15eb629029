#include "sync/circuit.h"

static const struct answer nothing = { .retry_after = -1 };
static const struct answer lost = { .sent = TRUE, .retry_after = -1 };

static struct answer
with_status(long status)
{
	return (
	    struct answer){ .answered = TRUE, .sent = TRUE, .status = status, .retry_after = -1 };
}

static void
test_silence(void)
{
	struct circuit circuit = { .silent = 0 };
	circuit_learn(&circuit, &lost, FALSE, 1000);
	g_assert_true(circuit.doubt);
	g_assert_false(circuit.heard);
	g_assert_false(circuit.open);
	/* The first ping may go at once, the next one after a pause. */
	g_assert_cmpint(circuit.probe_at, ==, 0);
	circuit_learn(&circuit, &nothing, TRUE, 2000);
	g_assert_cmpint(circuit.probe_at, >, 2000);
	g_assert_false(circuit.open);
	circuit_learn(&circuit, &nothing, TRUE, 3000);
	g_assert_true(circuit.open);
	g_assert_true(circuit.unreachable);
	g_assert_false(circuit.refused);
}

static void
test_ping_answered(void)
{
	static const long statuses[] = { 200, 400, 404, 502 };
	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
		struct circuit circuit = { .silent = 0 };
		const struct answer answer = with_status(statuses[i]);
		circuit_learn(&circuit, &lost, FALSE, 0);
		circuit_learn(&circuit, &nothing, TRUE, 0);
		circuit_learn(&circuit, &answer, TRUE, 0);
		g_assert_false(circuit.doubt);
		g_assert_true(circuit.heard);
		g_assert_cmpuint(circuit.silent, ==, 0);
		g_assert_cmpuint(circuit.later, ==, 0);
		g_assert_false(circuit.open);
	}
}

/* An answer to a request that was under way does not take the place of the ping. */
static void
test_doubt_stays(void)
{
	struct circuit circuit = { .silent = 0 };
	const struct answer good = with_status(200);
	circuit_learn(&circuit, &lost, FALSE, 0);
	circuit_learn(&circuit, &good, FALSE, 0);
	g_assert_true(circuit.doubt);
}

static void
test_refused(void)
{
	static const long statuses[] = { 401, 403 };
	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
		for (int ping = 0; ping <= 1; ping++) {
			struct circuit circuit = { .silent = 0 };
			const struct answer answer = with_status(statuses[i]);
			circuit_learn(&circuit, &answer, ping, 0);
			g_assert_true(circuit.open);
			g_assert_true(circuit.refused);
			g_assert_false(circuit.unreachable);
		}
}

static void
test_later(void)
{
	struct circuit circuit = { .silent = 0 };
	const struct answer away = with_status(503), good = with_status(200),
			    bad = with_status(400);
	for (int i = 0; i < 9; i++)
		circuit_learn(&circuit, &away, FALSE, 0);
	circuit_learn(&circuit, &good, FALSE, 0);
	for (int i = 0; i < 9; i++)
		circuit_learn(&circuit, &away, FALSE, 0);
	circuit_learn(&circuit, &bad, FALSE, 0);
	for (int i = 0; i < 9; i++)
		circuit_learn(&circuit, &away, FALSE, 0);
	g_assert_false(circuit.open);
	circuit_learn(&circuit, &away, FALSE, 0);
	g_assert_true(circuit.open);
	g_assert_false(circuit.unreachable);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/circuit/silence", test_silence);
	g_test_add_func("/circuit/ping answered", test_ping_answered);
	g_test_add_func("/circuit/doubt stays", test_doubt_stays);
	g_test_add_func("/circuit/refused", test_refused);
	g_test_add_func("/circuit/later", test_later);
	return g_test_run();
}
