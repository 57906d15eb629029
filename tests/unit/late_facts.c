/* sync/late_facts.c: every way in which what was told may differ from what was true. */
#include "sync/late_facts.h"

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
assert_facts(const struct call *call, const char *const bodies[], guint n, const char *expected)
{
	g_autoptr(GArray) items = g_array_new(FALSE, TRUE, sizeof(struct outbox_item));
	for (guint i = 0; i < n; i++) {
		struct outbox_item item = { .rank = OUTBOX_COMPLETED,
			.n = i,
			.ext = (char *)"101",
			.body = (char *)bodies[i] };
		g_array_append_val(items, item);
	}
	g_autoptr(GPtrArray) facts = late_facts(call, items);
	g_ptr_array_add(facts, NULL);
	g_autofree char *text = g_strjoinv("; ", (char **)facts->pdata);
	g_assert_cmpstr(text, ==, expected);
}

static void
test_late_facts(void)
{
	struct leg legs[] = {
		{ .ext = "101", .status = STATUS_SUCCESS, .talk = 56 * SECOND },
		{ .ext = "102", .status = STATUS_CANCELLED },
		{ .outside = "79990000001", .status = STATUS_NONE },
	};
	struct call call = { .client = "79161234567", .legs = legs, .n_legs = 1 };
	const char *const same[] = { "phone=79161234567&duration=55&status=Success" },
			  *const missed[] = { "phone=79161234567&duration=0&status=Missed" },
			  *const twice[] = { missed[0], same[0] },
			  *const number[] = { "phone=74951234567&duration=56&status=Success" },
			  *const removed[] = { "" };
	assert_facts(&call, same, 1, "");
	assert_facts(&call, missed, 1,
	    "101 was told Missed, but it was Success; "
	    "101 was told 0 s of talk, but it was 56 s");
	/* The last window counts. */
	assert_facts(&call, twice, 2, "");
	assert_facts(
	    &call, number, 1, "101 was told the number 74951234567, but it was 79161234567");
	/* Retention has removed what was told; nothing was ever told. */
	assert_facts(&call, removed, 1, "");
	assert_facts(&call, NULL, 0, "");
	call.n_legs = 3;
	assert_facts(&call, same, 1, "102 was not told: Cancelled, 0 s of talk");
	call.skip = "excluded";
	assert_facts(&call, same, 1, "it was told, but it is to be skipped: excluded");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/late_facts", test_late_facts);
	return g_test_run();
}
