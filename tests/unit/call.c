/* Calls of one conversation: directions, numbers, results, who is told, why not. */
#include "tests/scene/scene.h"

#define CLIENT_RINGS "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
#define RING_101 "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
#define RING_102 "1 CHAN_START PJSIP/102-1 id=1.3 lid=0.1 num=102\n"
#define TALK_101                                                                                   \
	"4 ANSWER PJSIP/101-1\n"                                                                   \
	"4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"                                                   \
	"4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1 peer=PJSIP/101-1\n"
#define END_101(cause)                                                                             \
	"9 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"                                                    \
	"9 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"                                                  \
	"9 HANGUP PJSIP/101-1 cause=" cause " by=PJSIP/101-1\n"                                    \
	"9 CHAN_END PJSIP/101-1\n"
#define CLIENT_ENDS(at)                                                                            \
	at " HANGUP PJSIP/mango-1 cause=16 by=PJSIP/101-1 dialstatus=ANSWER\n" at                  \
	   " CHAN_END PJSIP/mango-1\n" at " LINKEDID_END PJSIP/mango-1\n"
#define ANSWERED CLIENT_RINGS RING_101 TALK_101 END_101("16") CLIENT_ENDS("9")

static void
use_mango(scene *s)
{
	s->rules.trunk = scene_set(s, "mango");
}

static void
test_incoming_answered(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, ANSWERED "0 CDR PJSIP/mango-1 dst=101 did=74950001122\n");
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5");
	const struct call *call = scene_call(s, "0.1");
	gint64 base = SCENE_BASE * (gint64)G_USEC_PER_SEC;
	g_assert_cmpstr(call->callid, ==, "1763900900.1");
	g_assert_cmpstr(call->basis, ==, "cel");
	g_assert_cmpstr(call->did, ==, "74950001122");
	g_assert_cmpstr(call->hung_up, ==, "101");
	g_assert_cmpint(call->start, ==, base);
	g_assert_cmpint(call->answer, ==, base + 4 * G_USEC_PER_SEC);
	g_assert_cmpint(call->end, ==, base + 9 * G_USEC_PER_SEC);
	g_assert_cmpint(call->settled, ==, SETTLED_ENDED);
	g_assert_cmpint(call->hold, ==, -1);
	g_assert_cmpint(scene_leg(call, "101")->rang, ==, base + 1 * G_USEC_PER_SEC);
}

/* 0.3 s in a table of whole seconds is a talk all the same. */
static void
test_talk_within_one_second(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	s->whole = TRUE;
	scene_rows(s, CLIENT_RINGS "0.1 CHAN_START PJSIP/101-1 id=0.2 lid=0.1 num=101\n"
				   "0.4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
				   "0.4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
				   "0.7 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
				   "0.7 HANGUP PJSIP/101-1 cause=16\n"
				   "0.7 HANGUP PJSIP/mango-1 cause=16\n");
	scene_expect(s, "in 79161112233 answered | 101 Success");
}

/* An announcement, a queue or voicemail answers: nobody of ours did. */
static void
test_answer_by_the_pbx_is_no_answer(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS
	    "0 ANSWER PJSIP/mango-1\n" RING_101 "20 HANGUP PJSIP/101-1 cause=0\n"
	    "20 APP_START PJSIP/mango-1 app=VoiceMail data='101@default,u'\n" CLIENT_ENDS(
		"40") "0 CDR PJSIP/mango-1 dst=vmu101 disp=ANSWERED billsec=40\n");
	scene_expect(s, "in 79161112233 missed | 101 Missed");
	g_assert_true(scene_call(s, "0.1")->voicemail);
}

static void
test_missed_by_a_group(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS RING_101 RING_102
	    "20 HANGUP PJSIP/101-1 cause=0\n20 HANGUP PJSIP/102-1 cause=0\n" CLIENT_ENDS("20"));
	scene_expect(s, "in 79161112233 missed | 101 Missed | 102 Cancelled");
}

static void
test_missed_by_a_hunt(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS RING_101 "6 HANGUP PJSIP/101-1 cause=0\n"
					    "6 CHAN_START PJSIP/102-1 id=6.3 lid=0.1 num=102\n"
					    "12 HANGUP PJSIP/102-1 cause=0\n" CLIENT_ENDS("12"));
	scene_expect(s, "in 79161112233 missed | 101 Cancelled | 102 Missed");
}

/* Two rung together after a first one alone: the first of the two. */
static void
test_missed_by_a_hunt_with_a_group_at_its_end(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS RING_101 "6 HANGUP PJSIP/101-1 cause=0\n"
					    "6 CHAN_START PJSIP/102-1 id=6.3 lid=0.1 num=102\n"
					    "6 CHAN_START PJSIP/103-1 id=6.4 lid=0.1 num=103\n"
					    "12 HANGUP PJSIP/102-1 cause=0\n"
					    "12 HANGUP PJSIP/103-1 cause=0\n" CLIENT_ENDS("12"));
	scene_expect(s, "in 79161112233 missed | 101 Cancelled | 102 Missed | 103 Cancelled");
}

static void
test_one_of_a_group_answers(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS RING_102 RING_101 TALK_101
	    "4 HANGUP PJSIP/102-1 cause=26\n" END_101("16") CLIENT_ENDS("9"));
	scene_expect(s, "in 79161112233 answered 5 | 102 Cancelled | 101 Success 5");
}

/* The phone was offline: there is no channel, only the record tells who was called. */
static void
test_offline_extension(void)
{
	const char *rows =
	    CLIENT_RINGS CLIENT_ENDS("3") "0 CDR PJSIP/mango-1 dst=106 did=74950001122\n";
	{
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, rows);
		scene_expect(s, "in 79161112233 missed | 106 Missed");
		g_assert_nonnull(scene_leg(scene_call(s, "0.1"), "106")->reason);
	}
	{
		/* The record's word is taken for an employee only. */
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		s->rules.employees = scene_set(s, "101 102");
		scene_rows(s, rows);
		scene_expect(s, "in 79161112233 missed ! no extension");
	}
	{
		/* A queue's number may look like an extension. */
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, CLIENT_RINGS
		    "1 APP_START PJSIP/mango-1 app=Queue data=700,tT,,,300\n" CLIENT_ENDS(
			"3") "0 CDR PJSIP/mango-1 dst=700\n");
		scene_expect(s, "in 79161112233 missed ! no extension");
		g_assert_cmpstr(scene_call(s, "0.1")->queue, ==, "700");
		s->rules.default_ext = "100";
		scene_expect(s, "in 79161112233 missed | 100 Missed");
	}
}

static void
test_outgoing_answered(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s,
	    "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=89161112233\n"
	    "1 CHAN_START PJSIP/mango-1 id=1.2 lid=0.1 num=s exten=s\n"
	    "5 ANSWER PJSIP/mango-1\n"
	    "5 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "5 BRIDGE_ENTER PJSIP/101-1 bridge=b1 num=74951112233\n"
	    "8 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
	    "8 HANGUP PJSIP/mango-1 cause=16 by=PJSIP/mango-1\n"
	    "8 HANGUP PJSIP/101-1 cause=16 by=PJSIP/mango-1 dialstatus=ANSWER num=74951112233\n");
	scene_expect(s, "out 89161112233 answered 3 | 101 Success 3");
	g_assert_cmpstr(scene_call(s, "0.1")->did, ==, "74951112233");
	g_assert_cmpstr(scene_call(s, "0.1")->hung_up, ==, "client");
}

/* The one table of causes, through a whole call. */
static void
test_causes(void)
{
	static const struct {
		int cause;
		const char *status;
	} cases[] = { { 17, "Busy" }, { 0, "NoAnswer" }, { 16, "NoAnswer" }, { 18, "NoAnswer" },
		{ 19, "NoAnswer" }, { 127, "NoAnswer" }, { 21, "NotAllowed" }, { 50, "NotAllowed" },
		{ 52, "NotAllowed" }, { 53, "NotAllowed" }, { 54, "NotAllowed" },
		{ 55, "NotAllowed" }, { 57, "NotAllowed" }, { 1, "NotAvailable" },
		{ 3, "NotAvailable" }, { 20, "NotAvailable" }, { 22, "NotAvailable" },
		{ 26, "NotAvailable" }, { 27, "NotAvailable" }, { 28, "NotAvailable" },
		{ 34, "NotAvailable" }, { 38, "NotAvailable" }, { 41, "NotAvailable" },
		{ 58, "NotAvailable" }, { 88, "NotAvailable" }, { 111, "NotAvailable" },
		{ 128, "NotAvailable" }, { 999, "NotAvailable" } };
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		g_autofree char *rows =
		    g_strdup_printf("0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=89161112233\n"
				    "1 CHAN_START PJSIP/mango-1 id=1.2 lid=0.1 num=s\n"
				    "5 HANGUP PJSIP/mango-1 cause=%d\n"
				    "9 HANGUP PJSIP/101-1 cause=17 dialstatus=NOANSWER\n",
			cases[i].cause);
		scene_rows(s, rows);
		g_autofree char *expected =
		    g_strdup_printf("out 89161112233 failed | 101 %s", cases[i].status);
		scene_expect(s, expected);
		g_assert_cmpstr(
		    status_name(status_from_cause(cases[i].cause)), ==, cases[i].status);
	}
	/* No cause at all is no answer that is known. */
	g_assert_cmpint(status_from_cause(-1), ==, STATUS_NOT_AVAILABLE);
}

static void
test_caller_gives_up(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=89161112233\n"
		      "1 CHAN_START PJSIP/mango-1 id=1.2 lid=0.1\n"
		      "5 HANGUP PJSIP/mango-1 cause=34\n"
		      "5 HANGUP PJSIP/101-1 cause=127 dialstatus=CANCEL by=PJSIP/101-1\n");
	scene_expect(s, "out 89161112233 failed | 101 NoAnswer");
}

/* Two trunks tried in turn are one call; the last one decides. */
static void
test_trunk_failover(void)
{
	g_autoptr(scene) s = scene_new();
	s->rules.trunk = scene_set(s, "mango PJSIP/beeline-msk");
	scene_rows(s, "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=89161112233\n"
		      "1 CHAN_START PJSIP/mango-1 id=1.2 lid=0.1\n"
		      "2 HANGUP PJSIP/mango-1 cause=34\n"
		      "2 CHAN_START PJSIP/beeline-msk-2 id=2.3 lid=0.1 num=101\n"
		      "5 HANGUP PJSIP/beeline-msk-2 cause=17\n"
		      "7 HANGUP PJSIP/101-1 cause=34 dialstatus=CONGESTION\n");
	scene_expect(s, "out 89161112233 failed | 101 Busy");
}

static void
test_internal(void)
{
	const char *rows = "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=102\n"
			   "0 CHAN_START PJSIP/102-1 id=0.2 lid=0.1 num=102\n"
			   "3 BRIDGE_ENTER PJSIP/102-1 bridge=b1\n"
			   "3 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
			   "7 HANGUP PJSIP/102-1 cause=16\n"
			   "7 HANGUP PJSIP/101-1 cause=16\n";
	g_autoptr(scene) s = scene_new();
	scene_rows(s, rows);
	scene_expect(s, "internal 102 answered 4 | 101 4 ! internal");
	s->rules.internal = TRUE;
	scene_expect(s, "internal 102 answered 4 | 101 Success 4");
}

static void
test_internal_unanswered(void)
{
	g_autoptr(scene) s = scene_new();
	s->rules.internal = TRUE;
	scene_rows(s, "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=102\n"
		      "0 CHAN_START PJSIP/102-1 id=0.2 lid=0.1 num=102\n"
		      "5 HANGUP PJSIP/102-1 cause=17\n"
		      "5 HANGUP PJSIP/101-1 cause=17\n");
	scene_expect(s, "internal 102 failed | 101 Busy");
}

/* Click-to-call: the employee rung first stands for the beginning. */
static void
test_originate(void)
{
	const char *rung = "0 CHAN_START Local/101@from-internal-1;1 id=0.1 exten=101\n"
			   "0 CHAN_START Local/101@from-internal-1;2 id=0.2 lid=0.1 exten=101\n"
			   "0 CHAN_START PJSIP/101-1 id=0.3 lid=0.1 num=101\n";
	{
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, rung);
		scene_rows(s, "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
			      "4 BRIDGE_ENTER Local/101@from-internal-1;2 bridge=b1\n"
			      "5 CHAN_START PJSIP/mango-1 id=5.4 lid=0.1 num=s\n"
			      "9 ANSWER PJSIP/mango-1 app=AppDial\n"
			      "9 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
			      "9 BRIDGE_ENTER Local/101@from-internal-1;1 bridge=b2 app=Dial "
			      "data=PJSIP/89161112233@mango,300,T\n"
			      "15 HANGUP PJSIP/mango-1 cause=16\n"
			      "15 HANGUP Local/101@from-internal-1;1 cause=16\n"
			      "15 HANGUP Local/101@from-internal-1;2 cause=16\n"
			      "15 HANGUP PJSIP/101-1 cause=16\n");
		scene_expect(s, "out 89161112233 answered 6 | 101 Success 6");
	}
	{
		/* The employee's phone never answered, and the client was never called. */
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, rung);
		scene_rows(s, "20 HANGUP PJSIP/101-1 cause=19\n"
			      "20 HANGUP Local/101@from-internal-1;2 cause=19\n"
			      "20 HANGUP Local/101@from-internal-1;1 cause=0\n"
			      "0 CDR Local/101@from-internal-1;1 dst=89161112233\n");
		scene_expect(s, "out 89161112233 failed | 101 NotAvailable");
	}
	{
		/* The client rung first: it is the client. */
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, "0 CHAN_START Local/89161112233@out-1;1 id=0.1\n"
			      "0 CHAN_START Local/89161112233@out-1;2 id=0.2 lid=0.1\n"
			      "0 CHAN_START PJSIP/mango-1 id=0.3 lid=0.1 num=89161112233\n"
			      "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
			      "4 BRIDGE_ENTER Local/89161112233@out-1;2 bridge=b1\n"
			      "5 CHAN_START PJSIP/101-1 id=5.4 lid=0.1 num=101\n"
			      "7 BRIDGE_ENTER PJSIP/101-1 bridge=b2\n"
			      "7 BRIDGE_ENTER Local/89161112233@out-1;1 bridge=b2\n"
			      "10 HANGUP PJSIP/101-1\n10 HANGUP Local/89161112233@out-1;1\n"
			      "10 HANGUP Local/89161112233@out-1;2\n10 HANGUP PJSIP/mango-1\n");
		scene_expect(s, "in 89161112233 answered 3 | 101 Success 3");
	}
}

/* Asterisk was killed in mid-call: there is no end of it in the table, only a counter that began anew. */
static void
test_cut_by_a_crash(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, "0 CHAN_START PJSIP/mango-1 id=0.459 num=79161112233 exten=74950001122\n"
		      "1 CHAN_START PJSIP/101-1 id=1.460 lid=0.459 num=101\n"
		      "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
		      "6 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
		      "7 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
		      "60 CHAN_START PJSIP/mango-1 id=60.0 num=79162223344 exten=74950001122\n"
		      "61 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 1 | 101 Success 1\n"
			"in 79162223344 missed ! no extension");
	const struct call *call = scene_call(s, "0.459");
	g_assert_cmpint(call->settled, ==, SETTLED_RESTART);
	g_assert_cmpint(call->end, ==, (SCENE_BASE + 7) * (gint64)G_USEC_PER_SEC);
	g_assert_true(scene_has_note(call, "restarted"));
	g_assert_cmpint(scene_call(s, "60.0")->settled, ==, SETTLED_ENDED);
}

/* An originate whose phone had no channel at all: its Local half tells whom it was for. */
static void
test_originate_to_an_offline_phone(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, "0 CHAN_START Local/101@from-internal-1;1 id=0.1\n"
		      "0 CHAN_START Local/101@from-internal-1;2 id=0.2 lid=0.1\n"
		      "2 HANGUP Local/101@from-internal-1;2 cause=20\n2 HANGUP "
		      "Local/101@from-internal-1;1 cause=20\n"
		      "0 CDR Local/101@from-internal-1;1 dst=89161112233\n");
	scene_expect(s, "out 89161112233 failed | 101 NotAvailable");
}

static void
test_client_number_of_outgoing(void)
{
	static const struct {
		const char *rows, *client;
	} cases[] = {
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=89161112233\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n"
		  "2 ANSWER PJSIP/101-1 app=Dial data=PJSIP/89161112233@mango,300,T\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n"
		  "2 ANSWER PJSIP/101-1 app=Dial data=SIP/mango/89161112233&SIP/other/7,300,T\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n"
		  "2 APP_START PJSIP/101-1 app=MixMonitor "
		  "data=2025/11/23/out-89161112233-101-20251123-122820-1.1.wav,b\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n"
		  "0 CDR PJSIP/101-1 dst=89161112233\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=102\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n"
		  "1 BLINDTRANSFER PJSIP/101-1 "
		  "extra='{\"extension\":\"89161112233\",\"context\":\"x\"}'\n",
		    "89161112233" },
		{ "0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=s\n1 CHAN_START PJSIP/mango-1 "
		  "id=1.2 lid=0.1 num=s\n",
		    NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		scene_rows(s, cases[i].rows);
		scene_build(s);
		g_assert_cmpint(scene_call(s, "0.1")->direction, ==, DIRECTION_OUT);
		g_assert_cmpstr(scene_call(s, "0.1")->client, ==, cases[i].client);
	}
}

static void
test_anonymous(void)
{
	static const char *const numbers[] = { "anonymous", "''", "unknown", "Иван", "s" };
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(scene) s = scene_new();
		use_mango(s);
		g_autofree char *first = g_strdup_printf(
		    "0 CHAN_START PJSIP/mango-1 id=0.1 num=%s exten=74950001122\n", numbers[i]);
		scene_rows(s, first);
		scene_rows(s, RING_101 TALK_101 END_101("16") CLIENT_ENDS("9"));
		scene_expect(s, "in ? answered 5 | 101 Success 5 ! no number");
		s->rules.anonymous = "70000000000";
		scene_expect(s, "in 70000000000 answered 5 | 101 Success 5");
		g_assert_true(scene_has_note(scene_call(s, "0.1"), "70000000000"));
	}
}

static void
test_rewriting(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s,
	    "0 CHAN_START PJSIP/mango-1 id=0.1 num=+79161112233 exten=74950001122\n" RING_101
		TALK_101 END_101("16") CLIENT_ENDS("9"));
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5");
	g_autoptr(number_rewrite) rewrite = number_rewrite_new();
	g_assert_true(number_rewrite_add(rewrite, "^\\+7(\\d{10})$ => 8$1", NULL));
	s->rules.rewrite = rewrite;
	scene_expect(s, "in 89161112233 answered 5 | 101 Success 5");
}

static void
test_left_out(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s, CLIENT_RINGS RING_102 RING_101 TALK_101
	    "4 HANGUP PJSIP/102-1 cause=26\n" END_101("16") CLIENT_ENDS("9"));
	s->rules.skip_ext = scene_set(s, "102");
	scene_expect(s, "in 79161112233 answered 5 | 102 | 101 Success 5");
	s->rules.skip_ext = scene_set(s, "101 102");
	scene_expect(s, "in 79161112233 answered 5 | 102 | 101 5 ! excluded");
	s->rules.skip_ext = NULL;
	s->rules.skip_did = scene_set(s, "74950001122");
	scene_expect(s, "in 79161112233 answered 5 | 102 Cancelled | 101 Success 5 ! excluded");
}

static void
test_aliases(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	s->rules.alias = scene_set(s, "9101=101");
	scene_rows(s, CLIENT_RINGS RING_101
	    "1 CHAN_START PJSIP/9101-1 id=1.9 lid=0.1 num=9101\n" TALK_101
	    "4 HANGUP PJSIP/9101-1 cause=26\n" END_101("16") CLIENT_ENDS("9"));
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5");
}

/* An endpoint named after a person: the caller-ID number tells whose it is. */
static void
test_endpoints_named_after_people(void)
{
	g_autoptr(scene) s = scene_new();
	s->rules.trunk = scene_set(s, "mango-moscow-7495");
	scene_rows(s, "0 CHAN_START PJSIP/mango-moscow-7495-00000001 id=0.1 num=79161112233 "
		      "exten=74950001122\n"
		      "1 CHAN_START PJSIP/alice-0000001a id=1.2 lid=0.1 num=101\n"
		      "1 CHAN_START PJSIP/beef-0000001b id=1.3 lid=0.1 num=102\n"
		      "4 BRIDGE_ENTER PJSIP/alice-0000001a bridge=b1\n"
		      "4 BRIDGE_ENTER PJSIP/mango-moscow-7495-00000001 bridge=b1\n"
		      "4 HANGUP PJSIP/beef-0000001b cause=26\n"
		      "9 HANGUP PJSIP/alice-0000001a cause=16\n"
		      "9 HANGUP PJSIP/mango-moscow-7495-00000001 cause=16\n");
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5 | 102 Cancelled");
}

/* A trunk whose peer looks like an extension, or whose caller is one: the list decides. */
static void
test_trunks_that_look_like_extensions(void)
{
	static const char *const lists[] = { "4951", "PJSIP/4951" };
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_autoptr(scene) s = scene_new();
		s->rules.trunk = scene_set(s, lists[i]);
		scene_rows(s, "0 CHAN_START PJSIP/4951-1 id=0.1 num=112 exten=74950001122\n"
			      "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
			      "4 HANGUP PJSIP/101-1\n4 HANGUP PJSIP/4951-1\n");
		scene_expect(s, "in 112 missed | 101 Missed");
	}
	/* A trunk of another technology is not meant. */
	g_autoptr(scene) s = scene_new();
	s->rules.trunk = scene_set(s, "SIP/4951");
	s->rules.internal = TRUE;
	scene_rows(s, "0 CHAN_START PJSIP/4951-1 id=0.1 num=4951 exten=101\n"
		      "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
		      "4 HANGUP PJSIP/101-1 cause=17\n4 HANGUP PJSIP/4951-1\n");
	scene_expect(s, "internal 101 failed | 4951 Busy");
}

static void
test_extension_pattern(void)
{
	g_autoptr(scene) s = scene_new();
	g_autoptr(GRegex) pattern = g_regex_new("^5\\d{6}$", 0, 0, NULL);
	s->rules.extension = pattern;
	scene_rows(s, "0 CHAN_START PJSIP/101-1 id=0.1 num=79161112233 exten=74950001122\n"
		      "1 CHAN_START PJSIP/5000001-1 id=1.2 lid=0.1 num=5000001\n"
		      "4 HANGUP PJSIP/5000001-1\n4 HANGUP PJSIP/101-1\n");
	scene_expect(s, "in 79161112233 missed | 5000001 Missed");
}

static void
test_name_of_the_pbx(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	s->rules.name = "north";
	s->system = "pbx1";
	scene_rows(s, ANSWERED);
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5");
	g_assert_cmpstr(scene_call(s, "0.1")->callid, ==, "north-pbx1-1763900900.1");
	g_assert_cmpstr(scene_call(s, "0.1")->linkedid, ==, "pbx1-1763900900.1");
}

/* An id that AMI or ARI originate was given tells no time; the call is built all the same. */
static void
test_ids_of_originate(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s,
	    "0 CHAN_START PJSIP/101-1 id=!crm-call-17 num=101 exten=89161112233\n"
	    "1 CHAN_START PJSIP/mango-1 id=!crm-call-17-b lid=!crm-call-17 num=s\n"
	    "5 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n5 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
	    "8 HANGUP PJSIP/mango-1 cause=16\n8 HANGUP PJSIP/101-1 cause=16\n");
	scene_expect(s, "out 89161112233 answered 3 | 101 Success 3");
	g_assert_cmpstr(scene_call(s, "!crm-call-17")->callid, ==, "crm-call-17");
	g_assert_cmpint(
	    scene_call(s, "!crm-call-17")->start, ==, SCENE_BASE * (gint64)G_USEC_PER_SEC);
}

/* A table in local time gives the same call. */
static void
test_clocks_of_the_table(void)
{
	static const char *const clocks[] = { "UTC", "+03:00", "America/St_Johns",
		"Asia/Kathmandu" };
	g_autofree char *first = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		g_autoptr(scene) s = scene_new();
		g_autoptr(GTimeZone) clock = g_time_zone_new_identifier(clocks[i]);
		s->clock = clock;
		use_mango(s);
		scene_rows(s, ANSWERED);
		scene_build(s);
		g_autofree char *dump = scene_dump(s);
		if (first == NULL)
			first = g_steal_pointer(&dump);
		else
			g_assert_cmpstr(dump, ==, first);
	}
}

/* Where CDR and CEL disagree, CEL decides and a note says how. */
static void
test_disagreement(void)
{
	g_autoptr(scene) s = scene_new();
	use_mango(s);
	scene_rows(s,
	    CLIENT_RINGS RING_101 "9 HANGUP PJSIP/101-1 cause=0\n" CLIENT_ENDS(
		"9") "0 CDR PJSIP/mango-1 dstchan=PJSIP/101-1 dst=101 disp=ANSWERED billsec=7\n");
	scene_expect(s, "in 79161112233 missed | 101 Missed");
	g_assert_true(scene_has_note(scene_call(s, "0.1"), "CDR says answered for 7 s"));

	g_autoptr(scene) other = scene_new();
	use_mango(other);
	scene_rows(other, ANSWERED
	    "0 CDR PJSIP/mango-1 dstchan=PJSIP/101-1 dst=101 disp='NO ANSWER' billsec=0\n");
	scene_expect(other, "in 79161112233 answered 5 | 101 Success 5");
	g_assert_true(scene_has_note(scene_call(other, "0.1"), "CDR has no answered record"));

	g_autoptr(scene) agree = scene_new();
	use_mango(agree);
	scene_rows(agree,
	    ANSWERED "0 CDR PJSIP/mango-1 dstchan=PJSIP/101-1 dst=101 disp=ANSWERED billsec=5\n");
	scene_expect(agree, "in 79161112233 answered 5 | 101 Success 5");
	g_assert_cmpuint(scene_call(agree, "0.1")->n_notes, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/call/incoming-answered", test_incoming_answered);
	g_test_add_func("/call/talk-within-one-second", test_talk_within_one_second);
	g_test_add_func(
	    "/call/answer-by-the-pbx-is-no-answer", test_answer_by_the_pbx_is_no_answer);
	g_test_add_func("/call/missed-by-a-group", test_missed_by_a_group);
	g_test_add_func("/call/missed-by-a-hunt", test_missed_by_a_hunt);
	g_test_add_func("/call/missed-by-a-hunt-with-a-group-at-its-end",
	    test_missed_by_a_hunt_with_a_group_at_its_end);
	g_test_add_func("/call/one-of-a-group-answers", test_one_of_a_group_answers);
	g_test_add_func("/call/offline-extension", test_offline_extension);
	g_test_add_func("/call/outgoing-answered", test_outgoing_answered);
	g_test_add_func("/call/causes", test_causes);
	g_test_add_func("/call/caller-gives-up", test_caller_gives_up);
	g_test_add_func("/call/trunk-failover", test_trunk_failover);
	g_test_add_func("/call/internal", test_internal);
	g_test_add_func("/call/internal-unanswered", test_internal_unanswered);
	g_test_add_func("/call/originate", test_originate);
	g_test_add_func("/call/cut-by-a-crash", test_cut_by_a_crash);
	g_test_add_func("/call/originate-to-an-offline-phone", test_originate_to_an_offline_phone);
	g_test_add_func("/call/client-number-of-outgoing", test_client_number_of_outgoing);
	g_test_add_func("/call/anonymous", test_anonymous);
	g_test_add_func("/call/rewriting", test_rewriting);
	g_test_add_func("/call/left-out", test_left_out);
	g_test_add_func("/call/aliases", test_aliases);
	g_test_add_func("/call/endpoints-named-after-people", test_endpoints_named_after_people);
	g_test_add_func(
	    "/call/trunks-that-look-like-extensions", test_trunks_that_look_like_extensions);
	g_test_add_func("/call/extension-pattern", test_extension_pattern);
	g_test_add_func("/call/name-of-the-pbx", test_name_of_the_pbx);
	g_test_add_func("/call/ids-of-originate", test_ids_of_originate);
	g_test_add_func("/call/clocks-of-the-table", test_clocks_of_the_table);
	g_test_add_func("/call/disagreement", test_disagreement);
	return g_test_run();
}
