/* Calls of which only CDR records are left. */
#include "poller/call.h"

#define BASE 1763900900 /* epoch of second 0 */

struct fixture {
	assembly *assembly;
	struct group *group;
	struct zone zone;
	struct call_rules rules;
	GHashTable *trunk;
};

static void
set_up(struct fixture *f, gconstpointer data)
{
	(void)data;
	*f = (struct fixture){ .assembly = assembly_new() };
	f->trunk = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(f->trunk, (gpointer) "mango");
	f->rules.trunk = f->trunk;
	zone_init(&f->zone, NULL, FALSE);
	f->zone.known = TRUE;
}

static void
tear_down(struct fixture *f, gconstpointer data)
{
	(void)data;
	if (f->group != NULL)
		assembly_release(f->assembly, f->group);
	assembly_free(f->assembly);
	g_hash_table_destroy(f->trunk);
}

/* A record of a channel made in second `at`. */
struct line {
	gint64 at;
	const char *uniqueid, *channel, *dstchannel, *src, *dst, *disposition;
	gint64 duration, billsec;
	const char *did, *file;
};

static void
add(struct fixture *f, const struct line *lines, guint n)
{
	for (guint i = 0; i < n; i++) {
		const struct line *l = &lines[i];
		struct cdr_row row = { .uniqueid = l->uniqueid,
			.linkedid = "1763900900.1",
			.calldate = { .us = (BASE + l->at) * (gint64)G_USEC_PER_SEC },
			.duration = l->duration,
			.billsec = l->billsec,
			.src = l->src,
			.dst = l->dst,
			.channel = l->channel,
			.dstchannel = l->dstchannel,
			.lastdata = "",
			.disposition = l->disposition,
			.did = l->did != NULL ? l->did : "",
			.recordingfile = l->file != NULL ? l->file : "" };
		cdr_row_measure(&row);
		assembly_add_alone(f->assembly, &row);
	}
}

static struct call *
build(struct fixture *f)
{
	f->group = assembly_rest(f->assembly);
	g_assert_nonnull(f->group);
	struct call *call = call_build_from_cdr(f->group, &f->zone, &f->rules);
	g_assert_nonnull(call);
	g_assert_cmpstr(call->basis, ==, "cdr");
	g_assert_cmpstr(
	    call->callid, ==, f->rules.name != NULL ? "north-1763900900.1" : "1763900900.1");
	g_assert_cmpuint(call->n_notes, ==, 1);
	return call;
}

static const struct leg *
leg_of(const struct call *call, const char *ext)
{
	for (guint i = 0; i < call->n_legs; i++) {
		if (g_strcmp0(call->legs[i].ext, ext) == 0)
			return &call->legs[i];
	}
	return NULL;
}

static void
test_answered(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = {
		{ 0, "1763900900.1", "PJSIP/mango-1", "PJSIP/101-2", "+79161112233", "101",
		    "NO ANSWER", 10, 0, "74950001122", "a.wav" },
		{ 10, "1763900900.1", "PJSIP/mango-1", "PJSIP/102-3", "+79161112233", "102",
		    "ANSWERED", 8, 5, "74950001122", "a.wav" },
	};
	f->rules.name = "north";
	add(f, lines, G_N_ELEMENTS(lines));
	const struct call *call = build(f);
	g_assert_cmpint(call->direction, ==, DIRECTION_IN);
	g_assert_cmpint(call->result, ==, RESULT_ANSWERED);
	g_assert_cmpstr(call->client, ==, "79161112233");
	g_assert_cmpstr(call->did, ==, "74950001122");
	g_assert_cmpint(call->talk, ==, 5 * G_USEC_PER_SEC);
	g_assert_cmpint(call->end, ==, (BASE + 18) * (gint64)G_USEC_PER_SEC);
	g_assert_cmpint(call->answer, ==, (BASE + 13) * (gint64)G_USEC_PER_SEC);
	g_assert_cmpint(leg_of(call, "101")->status, ==, STATUS_CANCELLED);
	g_assert_cmpint(leg_of(call, "102")->status, ==, STATUS_SUCCESS);
	g_assert_cmpstr(leg_of(call, "102")->recording, ==, "a.wav");
	g_assert_cmpuint(call->n_recordings, ==, 1);
	g_assert_null(call->skip);
}

static void
test_missed(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = {
		{ 5, "1763900900.1", "PJSIP/mango-1", "PJSIP/102-3", "79161112233", "600",
		    "NO ANSWER", 5, 0, NULL, NULL },
		{ 0, "1763900900.1", "PJSIP/mango-1", "PJSIP/101-2", "79161112233", "600",
		    "NO ANSWER", 5, 0, NULL, NULL },
	};
	add(f, lines, G_N_ELEMENTS(lines));
	const struct call *call = build(f);
	g_assert_cmpint(call->result, ==, RESULT_MISSED);
	g_assert_cmpint(leg_of(call, "101")->status, ==, STATUS_CANCELLED);
	g_assert_cmpint(leg_of(call, "102")->status, ==, STATUS_MISSED);
}

static void
test_offline(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = { { 0, "1763900900.1", "PJSIP/mango-1", "", "79161112233",
	    "106", "NO ANSWER", 5, 0, NULL, NULL } };
	add(f, lines, 1);
	const struct call *call = build(f);
	g_assert_cmpint(leg_of(call, "106")->status, ==, STATUS_MISSED);
	g_assert_nonnull(leg_of(call, "106")->reason);
	g_assert_cmpint(leg_of(call, "106")->rang, ==, TIME_NONE);
}

static void
test_nobody(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = { { 0, "1763900900.1", "PJSIP/mango-1", "", "anonymous", "s",
	    "ANSWERED", 5, 5, NULL, NULL } };
	add(f, lines, 1);
	const struct call *call = build(f);
	g_assert_cmpstr(call->skip, ==, "no number");
	g_assert_null(call->client);
	g_assert_cmpuint(call->n_legs, ==, 0);
}

static void
test_default_ext(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = { { 0, "1763900900.1", "PJSIP/mango-1", "", "anonymous", "s",
	    "ANSWERED", 5, 5, NULL, NULL } };
	f->rules.default_ext = "100";
	f->rules.anonymous = "70000000000";
	add(f, lines, 1);
	const struct call *call = build(f);
	g_assert_cmpstr(call->client, ==, "70000000000");
	g_assert_cmpint(leg_of(call, "100")->status, ==, STATUS_MISSED);
}

/* A forward through the trunk: nobody of ours, but somebody answered. */
static void
test_outside(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = {
		{ 0, "1763900900.1", "PJSIP/mango-1", "PJSIP/101-2", "79161112233", "101",
		    "NO ANSWER", 5, 0, NULL, NULL },
		{ 5, "1763900900.1", "PJSIP/mango-1", "PJSIP/mango-4", "79161112233", "89031112233",
		    "ANSWERED", 9, 7, NULL, NULL },
	};
	add(f, lines, G_N_ELEMENTS(lines));
	const struct call *call = build(f);
	g_assert_cmpint(call->result, ==, RESULT_ANSWERED);
	g_assert_cmpstr(leg_of(call, NULL)->outside, ==, "89031112233");
	g_assert_cmpint(leg_of(call, NULL)->status, ==, STATUS_NONE);
	g_assert_cmpint(leg_of(call, "101")->status, ==, STATUS_CANCELLED);
}

static void
test_outgoing(struct fixture *f, gconstpointer data)
{
	(void)data;
	static const struct {
		const char *disposition;
		gint64 billsec;
		enum status status;
	} cases[] = { { "ANSWERED", 4, STATUS_SUCCESS }, { "BUSY", 0, STATUS_BUSY },
		{ "NO ANSWER", 0, STATUS_NO_ANSWER }, { "FAILED", 0, STATUS_NOT_AVAILABLE } };
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct line lines[] = {
			{ 0, "1763900900.1", "PJSIP/101-1", "PJSIP/mango-2", "101", "89161112233",
			    "FAILED", 1, 0, NULL, NULL },
			{ 1, "1763900900.1", "PJSIP/101-1", "PJSIP/mango-3", "101", "89161112233",
			    cases[i].disposition, 6, cases[i].billsec, NULL, NULL },
			{ 7, "1763900900.1", "PJSIP/101-1", "", "101", "89161112233", "ANSWERED", 1,
			    1, NULL, NULL },
		};
		add(f, lines, G_N_ELEMENTS(lines));
		const struct call *call = build(f);
		g_assert_cmpint(call->direction, ==, DIRECTION_OUT);
		g_assert_cmpstr(call->client, ==, "89161112233");
		g_assert_cmpuint(call->n_legs, ==, 1);
		g_assert_cmpint(call->legs[0].status, ==, cases[i].status);
		g_assert_cmpint(
		    call->result, ==, cases[i].billsec > 0 ? RESULT_ANSWERED : RESULT_FAILED);
		assembly_release(f->assembly, f->group);
		f->group = NULL;
	}
}

static void
test_internal(struct fixture *f, gconstpointer data)
{
	(void)data;
	const struct line lines[] = { { 0, "1763900900.1", "PJSIP/101-1", "PJSIP/102-2", "101",
	    "102", "ANSWERED", 6, 4, NULL, NULL } };
	add(f, lines, 1);
	const struct call *call = build(f);
	g_assert_cmpint(call->direction, ==, DIRECTION_INTERNAL);
	g_assert_cmpstr(call->skip, ==, "internal");
}

static void
test_no_record(struct fixture *f, gconstpointer data)
{
	(void)data;
	struct cdr_row row = { .uniqueid = "", .linkedid = "" };
	assembly_add_alone(f->assembly, &row);
	g_assert_null(assembly_rest(f->assembly));
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *, gconstpointer);
	} tests[] = { { "/cdr/answered", test_answered }, { "/cdr/missed", test_missed },
		{ "/cdr/offline", test_offline }, { "/cdr/nobody", test_nobody },
		{ "/cdr/default-ext", test_default_ext }, { "/cdr/outside", test_outside },
		{ "/cdr/outgoing", test_outgoing }, { "/cdr/internal", test_internal },
		{ "/cdr/no-record", test_no_record } };
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, NULL, set_up, tests[i].test, tear_down);
	return g_test_run();
}
