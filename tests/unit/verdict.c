#include "sync/verdict.h"

#define US ((gint64)G_USEC_PER_SEC)

static struct answer
with_status(long status)
{
	return (
	    struct answer){ .answered = TRUE, .sent = TRUE, .status = status, .retry_after = -1 };
}

static void
test_statuses(void)
{
	static const struct {
		long status;
		enum verdict verdict;
	} cases[] = {
		{ 200, VERDICT_SENT },
		{ 204, VERDICT_SENT },
		{ 299, VERDICT_SENT },
		{ 300, VERDICT_REJECTED },
		{ 301, VERDICT_REJECTED },
		{ 308, VERDICT_REJECTED },
		{ 400, VERDICT_REJECTED },
		{ 404, VERDICT_REJECTED },
		{ 413, VERDICT_REJECTED },
		{ 499, VERDICT_REJECTED },
		{ 401, VERDICT_REFUSED },
		{ 403, VERDICT_REFUSED },
		{ 408, VERDICT_LATER },
		{ 425, VERDICT_LATER },
		{ 429, VERDICT_LATER },
		{ 500, VERDICT_LATER },
		{ 502, VERDICT_LATER },
		{ 503, VERDICT_LATER },
		{ 599, VERDICT_LATER },
		{ 999, VERDICT_LATER },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct answer answer = with_status(cases[i].status);
		g_test_message("%ld", cases[i].status);
		g_assert_cmpstr(
		    verdict_name(verdict_of(&answer)), ==, verdict_name(cases[i].verdict));
	}
}

static void
test_no_answer(void)
{
	struct answer answer = { .retry_after = -1 };
	g_assert_cmpint(verdict_of(&answer), ==, VERDICT_LATER);
	answer.sent = TRUE;
	g_assert_cmpint(verdict_of(&answer), ==, VERDICT_UNKNOWN);
}

static void
test_names(void)
{
	g_assert_cmpstr(verdict_name(VERDICT_SENT), ==, "sent");
	g_assert_cmpstr(verdict_name(VERDICT_LATER), ==, "later");
	g_assert_cmpstr(verdict_name(VERDICT_REJECTED), ==, "rejected");
	g_assert_cmpstr(verdict_name(VERDICT_REFUSED), ==, "refused");
	g_assert_cmpstr(verdict_name(VERDICT_UNKNOWN), ==, "unknown");
}

/* Tried: no cap; no jitter. */
static void
test_back_off(void)
{
	const struct answer answer = with_status(500);
	const guint32 middle = G_MAXUINT32 / 2 + 1;
	static const gint64 plain[] = { 5, 10, 20, 40, 80, 160, 320, 640 };

	for (gint64 n = 1; n <= (gint64)G_N_ELEMENTS(plain); n++) {
		const gint64 full = plain[n - 1] * US;
		g_assert_cmpint(ABS(verdict_delay(&answer, n, middle) - full), <=, full / 1000);
		g_assert_cmpint(verdict_delay(&answer, n, 0), ==, full * 8 / 10);
		g_assert_cmpint(verdict_delay(&answer, n, G_MAXUINT32), ==, full * 12 / 10);
	}
	/* However often: never more than 15 minutes, and the jitter stays. */
	for (gint64 n = 9; n < 100000; n = n * 3 + 1) {
		g_assert_cmpint(verdict_delay(&answer, n, G_MAXUINT32), ==, 900 * US);
		g_assert_cmpint(verdict_delay(&answer, n, 0), ==, 720 * US);
	}
	g_assert_cmpint(verdict_delay(&answer, 0, 0), ==, 4 * US);
}

static void
test_retry_after_wins(void)
{
	struct answer answer = with_status(429);
	answer.retry_after = 37;
	g_assert_cmpint(verdict_delay(&answer, 8, G_MAXUINT32), ==, 37 * US);
	answer.retry_after = 0;
	g_assert_cmpint(verdict_delay(&answer, 1, 0), ==, US);
	answer.retry_after = G_MAXINT32;
	g_assert_cmpint(verdict_delay(&answer, 1, 0), ==, 86400 * US);
}

static void
test_retry_after_parsed(void)
{
	/* 784111777 is the time of the RFC's examples. */
	const gint64 now = G_GINT64_CONSTANT(784111777) * US;
	static const struct {
		const char *value;
		gint64 seconds;
	} cases[] = {
		{ "0", 0 },
		{ "120", 120 },
		{ " 120 ", 120 },
		{ "99999999999999999999", G_MAXINT32 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:50:37 GMT", 60 },
		{ "Sun, 06 Nov 1994 08:48:37 GMT", 0 },
		{ "Mon, 07 Nov 1994 08:49:37 GMT", 86400 },
		{ "Sunday, 06-Nov-94 08:50:37 GMT", 60 },
		{ "Sun Nov  6 08:50:37 1994", 60 },
		{ "Sun Nov 16 08:49:37 1994", 864000 },
		/* Two digits of a year: 44 is 50 ahead, 45 is 1945. */
		{ "Sunday, 06-Nov-45 08:50:37 GMT", 0 },
		{ "Sat, 31 Dec 1994 23:59:60 GMT", 4806622 },
		{ "", -1 },
		{ "soon", -1 },
		{ "-5", -1 },
		{ "12 s", -1 },
		{ "1.5", -1 },
		{ "Sun, 06 Nov 1994 08:49:37", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT+1", -1 },
		{ "Sun, 06 Nox 1994 08:49:37 GMT", -1 },
		{ "Sun, 36 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 ovD 1994 08:49:37 GMT", -1 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].value);
		g_assert_cmpint(verdict_retry_after(cases[i].value, now), ==, cases[i].seconds);
	}
	g_assert_cmpint(verdict_retry_after(NULL, now), ==, -1);
	/* Rounded up: a part of a second is a second. */
	g_assert_cmpint(verdict_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now - 1), ==, 61);
}

static void
assert_hidden(const char *text, const char *secret, const char *expected)
{
	const struct answer answer = { .text = (char *)text };
	g_autofree char *clean = answer_text_without(&answer, secret);
	g_assert_cmpstr(clean, ==, expected);
}

static void
test_secret_hidden(void)
{
	assert_hidden("{\"token\":\"s3cr3t/x\",\"was\":\"s3cr3t/x\"}", "s3cr3t/x",
	    "{\"token\":\"***\",\"was\":\"***\"}");
	assert_hidden("a=s3cr3t%2Fx&b", "s3cr3t/x", "a=***&b");
	/* Cut off at the end of the text. */
	assert_hidden("token s3cr3t/", "s3cr3t/x", "token ***");
	assert_hidden("token s3cr3t%2", "s3cr3t/x", "token ***");
	assert_hidden("s3cr3", "s3cr3t/x", "***");
	assert_hidden("class s", "s3cr3t/x", "class s");
	assert_hidden("nothing here", "s3cr3t/x", "nothing here");
	assert_hidden("as it is", "", "as it is");
	assert_hidden("as it is", NULL, "as it is");
	assert_hidden(NULL, "s3cr3t/x", "");
}

static void
test_cleared(void)
{
	struct answer answer = { .answered = TRUE, .status = 400, .text = g_strdup("no") };
	answer_clear(&answer);
	g_assert_null(answer.text);
}

/* RFC 850's two digits: a year that seems more than fifty years ahead was in the century before. */
static void
test_retry_after_old_date(void)
{
	gint64 now = 1763900900 * (gint64)G_USEC_PER_SEC;
	g_assert_cmpint(verdict_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now), <=, 1);
	g_assert_cmpint(verdict_retry_after("Sunday, 23-Nov-25 12:38:20 GMT", now), ==, 600);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verdict/statuses", test_statuses);
	g_test_add_func("/verdict/no answer", test_no_answer);
	g_test_add_func("/verdict/names", test_names);
	g_test_add_func("/verdict/back-off", test_back_off);
	g_test_add_func("/verdict/Retry-After wins", test_retry_after_wins);
	g_test_add_func("/verdict/Retry-After is read", test_retry_after_parsed);
	g_test_add_func("/verdict/secret is hidden", test_secret_hidden);
	g_test_add_func("/verdict/cleared", test_cleared);
	g_test_add_func("/verdict/Retry-After of two digits", test_retry_after_old_date);
	return g_test_run();
}
