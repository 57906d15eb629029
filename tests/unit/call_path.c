/* Calls that move: transfers, parking, pick-up, queues, conferences, forwards, and very large ones. */
#include "tests/scene/scene.h"

#define CLIENT "PJSIP/mango-1"
#define CLIENT_RINGS "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
#define TALK_101                                                                                   \
	"1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"                                        \
	"2 ANSWER PJSIP/101-1\n"                                                                   \
	"2 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"                                                   \
	"2 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"

static scene *
new_scene(void)
{
	scene *s = scene_new();
	s->rules.trunk = scene_set(s, "mango");
	return s;
}

static void
test_blind_transfer(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "7 BLINDTRANSFER PJSIP/101-1 extra='{\"extension\":\"102\",\"context\":\"c\","
	    "\"bridge_id\":\"b1\",\"transferee_channel_uniqueid\":\"@0.1\"}'\n"
	    "7 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n7 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
	    "7 HANGUP PJSIP/101-1 cause=16\n"
	    "8 CHAN_START PJSIP/102-1 id=8.3 lid=0.1 num=102\n"
	    "10 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n10 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
	    "14 HANGUP PJSIP/102-1 cause=16\n14 HANGUP PJSIP/mango-1 cause=16\n");
	scene_expect(s, "in 79161112233 answered 9 | 101 Success 5 | 102 Success 4");
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpstr(scene_leg(call, "102")->transferred_from, ==, "101");
	g_assert_null(scene_leg(call, "101")->transferred_from);
	g_assert_true(scene_has_note(call, "101 transferred the call to 102"));
}

static void
test_blind_transfer_not_answered(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s,
	    CLIENT_RINGS TALK_101 "7 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n7 HANGUP PJSIP/101-1\n"
				  "8 CHAN_START PJSIP/102-1 id=8.3 lid=0.1 num=102\n"
				  "14 HANGUP PJSIP/102-1 cause=0\n14 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 5 | 101 Success 5 | 102 Cancelled");
}

/* Desk phone, REFER with Replaces: the colleague's channel has no row at the moment of transfer. */
static void
test_attended_transfer(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "5 CHAN_START PJSIP/101-2 id=5.3 num=101 exten=102\n"
	    "5 CHAN_START PJSIP/102-1 id=5.4 lid=5.3 num=102\n"
	    "6 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n6 BRIDGE_ENTER PJSIP/101-2 bridge=b2\n"
	    "10 BRIDGE_EXIT PJSIP/101-2 bridge=b2\n"
	    "10 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
	    "10 BRIDGE_ENTER PJSIP/mango-1 bridge=b2 lid=5.3\n"
	    "10 ATTENDEDTRANSFER PJSIP/101-1 "
	    "extra='{\"channel2_uniqueid\":\"@5.3\",\"transferee_channel_uniqueid\":\"@0.1\","
	    "\"transfer_target_channel_uniqueid\":\"@5.4\"}'\n"
	    "10 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n10 HANGUP PJSIP/101-1\n10 HANGUP PJSIP/101-2\n"
	    "10 LINKEDID_END PJSIP/101-1\n"
	    "17 HANGUP PJSIP/102-1\n17 HANGUP PJSIP/mango-1\n17 LINKEDID_END PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 15 | 101 Success 8 | 102 Success 7\n"
			"internal 102 answered 4 | 101 4 ! internal");
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpstr(scene_leg(call, "102")->transferred_from, ==, "101");
	g_assert_true(scene_has_note(call, "after asking"));
	g_assert_cmpstr(call->linkedids[0], ==, scene_id(s, "0.1"));
	g_assert_cmpstr(call->linkedids[1], ==, scene_id(s, "5.3"));
	g_assert_null(call->linkedids[2]);
}

/* The client waits in a parking lot that another call's client is in too: that ties nothing. */
static void
test_parking(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "5 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
	    "5 BRIDGE_ENTER PJSIP/mango-1 holding=lot\n"
	    "5 PARK_START PJSIP/mango-1 "
	    "extra='{\"parker_dial_string\":\"PJSIP/101\",\"parking_lot\":\"default\"}'\n"
	    "5 HANGUP PJSIP/101-1\n"
	    "6 CHAN_START PJSIP/mango-9 id=6.9 num=79169999999 exten=74950001122\n"
	    "6 BRIDGE_ENTER PJSIP/mango-9 holding=lot peer=PJSIP/mango-1\n"
	    "20 CHAN_START PJSIP/102-1 id=20.3 num=102 exten=71\n"
	    "20 BRIDGE_EXIT PJSIP/mango-1 holding=lot\n"
	    "20 PARK_END PJSIP/mango-1 "
	    "extra='{\"reason\":\"ParkedCallUnparked\",\"retriever\":\"PJSIP/102-1\"}'\n"
	    "20 BRIDGE_ENTER PJSIP/102-1 bridge=b2 lid=0.1\n"
	    "20 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
	    "26 HANGUP PJSIP/102-1\n26 HANGUP PJSIP/mango-1\n"
	    "30 HANGUP PJSIP/mango-9\n");
	scene_expect(s, "in 79161112233 answered 9 | 101 Success 3 | 102 Success 6\n"
			"in 79169999999 missed ! no extension\n"
			"internal 71 failed | 102 ! internal");
	g_assert_cmpuint(s->timelines->len, ==, 2);
}

static void
test_pickup(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS
	    "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
	    "3 CHAN_START PJSIP/102-1 id=3.3 num=102 exten=**101\n"
	    "3 ANSWER PJSIP/102-1\n"
	    "3 PICKUP PJSIP/101-1 "
	    "extra='{\"pickup_channel\":\"PJSIP/102-1\",\"pickup_channel_uniqueid\":\"@3.3\"}'\n"
	    "3 HANGUP PJSIP/101-1 cause=26\n"
	    "3 BRIDGE_ENTER PJSIP/102-1 bridge=b1 lid=0.1\n3 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "8 HANGUP PJSIP/102-1\n8 HANGUP PJSIP/mango-1\n");
	scene_build(s);
	g_autofree char *text = scene_summary(s);
	g_assert_true(
	    g_str_has_prefix(text, "in 79161112233 answered 5 | 101 Cancelled | 102 Success 5\n"));
	g_assert_cmpuint(s->calls->len, ==, 2);
	g_assert_cmpint(scene_call(s, "3.3")->direction, ==, DIRECTION_INTERNAL);
}

/* Local members: client and employee never share a bridge; the two halves are one wire. */
static void
test_queue_with_local_members(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s,
	    CLIENT_RINGS "0 ANSWER PJSIP/mango-1\n0 APP_START PJSIP/mango-1 app=Queue data=700,t\n"
			 "1 CHAN_START Local/101@from-queue-1;1 id=1.2 lid=0.1\n1 CHAN_START "
			 "Local/101@from-queue-1;2 id=1.3 lid=0.1\n"
			 "1 CHAN_START PJSIP/101-1 id=1.4 lid=0.1 num=101\n"
			 "1 CHAN_START Local/102@from-queue-2;1 id=1.5 lid=0.1\n1 CHAN_START "
			 "Local/102@from-queue-2;2 id=1.6 lid=0.1\n"
			 "1 CHAN_START PJSIP/102-1 id=1.7 lid=0.1 num=102\n"
			 "5 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n5 BRIDGE_ENTER "
			 "Local/102@from-queue-2;2 bridge=b2\n"
			 "6 BRIDGE_ENTER Local/102@from-queue-2;1 bridge=b1\n6 BRIDGE_ENTER "
			 "PJSIP/mango-1 bridge=b1\n"
			 "6 HANGUP PJSIP/101-1 cause=26\n6 HANGUP Local/101@from-queue-1;1\n6 "
			 "HANGUP Local/101@from-queue-1;2\n"
			 "13 HANGUP PJSIP/102-1\n13 HANGUP Local/102@from-queue-2;1\n13 HANGUP "
			 "Local/102@from-queue-2;2\n"
			 "13 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 7 | 101 Cancelled | 102 Success 7");
	g_assert_cmpstr(scene_call(s, "0.1")->queue, ==, "700");
}

/* The Local pair is optimised away: the employee's channel moves into the client's bridge. */
static void
test_local_optimisation(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS
	    "1 CHAN_START Local/102@grps-2;1 id=1.5 lid=0.1\n1 CHAN_START Local/102@grps-2;2 "
	    "id=1.6 lid=0.1\n"
	    "1 CHAN_START PJSIP/102-1 id=1.7 lid=0.1 num=102\n"
	    "5 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n5 BRIDGE_ENTER Local/102@grps-2;2 bridge=b2\n"
	    "5 BRIDGE_ENTER Local/102@grps-2;1 bridge=b1\n5 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "5.01 LOCAL_OPTIMIZE Local/102@grps-2;1 "
	    "extra='{\"local_two\":\"Local/102@grps-2;2\",\"local_two_uniqueid\":\"@1.6\"}'\n"
	    "5.01 BRIDGE_EXIT PJSIP/102-1 bridge=b2\n5.01 BRIDGE_ENTER PJSIP/102-1 bridge=b1\n"
	    "5.02 BRIDGE_EXIT Local/102@grps-2;1 bridge=b1\n5.02 HANGUP Local/102@grps-2;1\n"
	    "5.02 BRIDGE_EXIT Local/102@grps-2;2 bridge=b2\n5.02 HANGUP Local/102@grps-2;2\n"
	    "12 HANGUP PJSIP/102-1\n12 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 7 | 102 Success 7");
}

/* Semi-attended: Local;1 is with the client while the colleague's phone still rings. */
static void
test_local_half_alone_is_nobody(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "5 CHAN_START Local/102@x-2;1 id=5.5 lid=0.1\n5 CHAN_START Local/102@x-2;2 id=5.6 "
	    "lid=0.1\n"
	    "5 CHAN_START PJSIP/102-1 id=5.7 lid=0.1 num=102\n"
	    "7 BRIDGE_ENTER Local/102@x-2;1 bridge=b1\n7 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n7 "
	    "HANGUP PJSIP/101-1\n"
	    "10 BRIDGE_ENTER PJSIP/102-1 bridge=b3\n10 BRIDGE_ENTER Local/102@x-2;2 bridge=b3\n"
	    "12 HANGUP PJSIP/102-1\n12 HANGUP Local/102@x-2;1\n12 HANGUP Local/102@x-2;2\n12 "
	    "HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 7 | 101 Success 5 | 102 Success 2");
}

/* Follow-me to a mobile: a leg of the extension whose Local channel leads there. */
static void
test_follow_me(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s,
	    CLIENT_RINGS "1 CHAN_START Local/FMPR-105@f-1;1 id=1.2 lid=0.1\n1 CHAN_START "
			 "Local/FMPR-105@f-1;2 id=1.3 lid=0.1\n"
			 "1 CHAN_START PJSIP/105-1 id=1.4 lid=0.1 num=105\n"
			 "1 CHAN_START Local/FMGL-89031112233#@f-2;1 id=1.5 lid=0.1\n1 CHAN_START "
			 "Local/FMGL-89031112233#@f-2;2 id=1.6 lid=0.1\n"
			 "1 CHAN_START PJSIP/mango-2 id=1.7 lid=0.1 num=s\n"
			 "6 ANSWER PJSIP/mango-2\n6 BRIDGE_ENTER PJSIP/mango-2 bridge=b2\n"
			 "6 BRIDGE_ENTER Local/FMGL-89031112233#@f-2;2 bridge=b2 app=Dial "
			 "data=PJSIP/89031112233@mango,300\n"
			 "6 BRIDGE_ENTER Local/FMGL-89031112233#@f-2;1 bridge=b1\n6 BRIDGE_ENTER "
			 "PJSIP/mango-1 bridge=b1\n"
			 "6 HANGUP PJSIP/105-1 cause=26\n"
			 "9 HANGUP PJSIP/mango-2\n9 HANGUP Local/FMGL-89031112233#@f-2;1\n9 HANGUP "
			 "Local/FMGL-89031112233#@f-2;2\n"
			 "9 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 3 | 105 Cancelled | -/89031112233 3");
}

static void
test_forward_of_an_extension(void)
{
	const char *rows =
	    CLIENT_RINGS "1 CHAN_START Local/89031112233@i-1;1 id=1.2 lid=0.1\n"
			 "1 CHAN_START Local/89031112233@i-1;2 id=1.3 lid=0.1\n"
			 "1 CHAN_START PJSIP/mango-2 id=1.4 lid=0.1 num=89031112233\n"
			 "4 BRIDGE_ENTER PJSIP/mango-2 bridge=b2\n"
			 "4 BRIDGE_ENTER Local/89031112233@i-1;2 bridge=b2\n"
			 "4 BRIDGE_ENTER Local/89031112233@i-1;1 bridge=b1\n"
			 "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
			 "8 HANGUP PJSIP/mango-2\n8 HANGUP Local/89031112233@i-1;1\n"
			 "8 HANGUP Local/89031112233@i-1;2\n8 HANGUP PJSIP/mango-1\n";
	{
		g_autoptr(scene) s = new_scene();
		scene_rows(s, rows);
		scene_rows(s, "0 CDR PJSIP/mango-1 dst=104 dstchan=Local/89031112233@i-1;1\n"
			      "1 CDR Local/89031112233@i-1;2 dst=89031112233 dstchan=PJSIP/mango-2 "
			      "lastdata=PJSIP/89031112233@mango,300\n");
		scene_expect(s, "in 79161112233 answered 4 | 104/89031112233 Success 4");
	}
	{
		/* Without records nobody can say whose it is; the talk is told all the same. */
		g_autoptr(scene) s = new_scene();
		scene_rows(s, rows);
		scene_expect(s, "in 79161112233 answered 4 | -/89031112233 4 ! no extension");
	}
}

/* Every member has a linkedid of its own; the bridge ties them. */
static void
test_conference(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s,
	    "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
	    "0 APP_START PJSIP/mango-1 app=ConfBridge data=800\n"
	    "0 CHAN_START CBAnn/800-1;1 id=0.2 lid=0.1\n0 CHAN_START CBAnn/800-1;2 id=0.3 lid=0.1\n"
	    "0 BRIDGE_ENTER CBAnn/800-1;2 bridge=room\n"
	    "0 BRIDGE_ENTER PJSIP/mango-1 bridge=room\n"
	    "3 CHAN_START PJSIP/101-1 id=3.4 num=101 exten=800\n3 BRIDGE_ENTER PJSIP/101-1 "
	    "bridge=room\n"
	    "5 CHAN_START PJSIP/102-1 id=5.5 num=102 exten=800\n5 BRIDGE_ENTER PJSIP/102-1 "
	    "bridge=room\n"
	    "9 HANGUP PJSIP/mango-1\n11 HANGUP PJSIP/101-1\n11 HANGUP PJSIP/102-1\n"
	    "11 HANGUP CBAnn/800-1;1\n11 HANGUP CBAnn/800-1;2\n");
	scene_build(s);
	g_autofree char *text = scene_summary(s);
	g_assert_true(
	    g_str_has_prefix(text, "in 79161112233 answered 6 | 101 Success 6 | 102 Success 4\n"));
	g_assert_cmpuint(s->timelines->len, ==, 1);
	g_assert_cmpuint(s->calls->len, ==, 3);
}

/* The legs of a queue that rings the same phone again and again are one. */
static void
test_one_leg_per_employee(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS);
	for (int i = 0; i < 40; i++) {
		g_autofree char *rows =
		    g_strdup_printf("%d CHAN_START PJSIP/101-%d id=%d.%d lid=0.1 num=101\n"
				    "%d HANGUP PJSIP/101-%d cause=0\n",
			1 + i * 15, i + 1, 1 + i * 15, i + 2, 13 + i * 15, i + 1);
		scene_rows(s, rows);
	}
	scene_rows(s, "700 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 missed | 101 Missed");
}

static void
test_recordings(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "2 APP_START PJSIP/mango-1 app=MixMonitor data=2025/11/23/external-101-1.wav,b,\n"
	    "2 APP_START PJSIP/mango-1 app=MixMonitor data=2025/11/23/external-101-1.wav,b,\n"
	    "7 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n7 HANGUP PJSIP/101-1\n"
	    "8 CHAN_START PJSIP/102-1 id=8.3 lid=0.1 num=102\n"
	    "10 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n10 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
	    "10 APP_START PJSIP/102-1 app=MixMonitor data=2025/11/23/external-102-1.wav,b,\n"
	    "14 HANGUP PJSIP/102-1\n14 HANGUP PJSIP/mango-1\n"
	    "0 CDR PJSIP/mango-1 dst=101 rec=external-101-1.wav\n");
	scene_build(s);
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpuint(call->n_recordings, ==, 2);
	g_assert_cmpstr(scene_leg(call, "101")->recording, ==, "external-101-1.wav");
	g_assert_cmpstr(
	    scene_leg(call, "101")->recording_path, ==, "2025/11/23/external-101-1.wav");
	/* The shortest one that covers the talk. */
	g_assert_cmpstr(scene_leg(call, "102")->recording, ==, "external-102-1.wav");
}

/* The MP3 that was made of a recording is that recording, where cdr names it; any other is another. */
static void
test_recording_and_its_mp3(void)
{
	static const struct {
		const char *started, *record;
		guint recordings;
	} cases[] = {
		{ "external-101-1.wav", "external-101-1.mp3", 1 },
		{ "external-101-1.WAV", "external-101-1.mp3", 1 },
		{ "external-101-1.wav", "external-101-1.wav.mp3", 1 },
		{ "external-101-1", "external-101-1.mp3", 1 },
		{ "external-101-1.wav", "2025/11/23/external-101-1.mp3", 1 },
		{ "external-101-1.wav", "external-101-2.mp3", 2 },
		{ "external-101-1.5.wav", "external-101-1.mp3", 2 },
		{ "external-101-1.wav", "external-101-1.gsm", 2 },
		{ "external-101-1.wav", "mp3", 2 },
		{ "external-101-1.wav", "", 1 },
	};
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(scene) s = new_scene();
		g_autofree char *rows = g_strdup_printf(CLIENT_RINGS TALK_101
		    "2 APP_START PJSIP/mango-1 app=MixMonitor data=%s,ab,\n"
		    "7 HANGUP PJSIP/101-1\n7 HANGUP PJSIP/mango-1\n"
		    "0 CDR PJSIP/mango-1 dst=101 rec=%s\n",
		    cases[i].started, cases[i].record);
		scene_rows(s, rows);
		scene_build(s);
		const struct call *call = scene_call(s, "0.1");
		g_assert_cmpuint(call->n_recordings, ==, cases[i].recordings);
		g_assert_cmpstr(scene_leg(call, "101")->recording, ==, cases[i].started);
	}
}

/* A recording that holds only a consultation is nobody's talk with the client. */
static void
test_recording_of_a_consultation(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101
	    "5 CHAN_START PJSIP/101-2 id=5.3 num=101 exten=102\n5 CHAN_START PJSIP/102-1 id=5.4 "
	    "lid=5.3 num=102\n"
	    "6 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n6 BRIDGE_ENTER PJSIP/101-2 bridge=b2\n"
	    "6 APP_START PJSIP/101-2 app=MixMonitor data=internal-101-102.wav\n"
	    "8 HANGUP PJSIP/102-1\n8 HANGUP PJSIP/101-2\n"
	    "8 ATTENDEDTRANSFER PJSIP/101-1 extra='{\"channel2_uniqueid\":\"@5.3\"}'\n"
	    "12 HANGUP PJSIP/101-1\n12 HANGUP PJSIP/mango-1\n");
	scene_build(s);
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpint(scene_leg(call, "101")->talk, ==, 10 * G_USEC_PER_SEC);
	g_assert_null(scene_leg(call, "101")->recording);
	g_assert_cmpuint(call->n_recordings, ==, 1);
}

/* Of a channel only a row came that tells nothing: nobody knows when it began, nor how long what it recorded is. */
static void
test_recording_of_a_channel_without_a_beginning(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s,
	    CLIENT_RINGS TALK_101 "5 APP_START PJSIP/103-1 id=4.9 lid=0.1 app=Wait data=1\n"
				  "9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n"
				  "5 CDR PJSIP/103-1 dst=s rec=external-103-1.wav\n");
	scene_build(s);
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpuint(call->n_recordings, ==, 1);
	g_assert_null(scene_leg(call, "101")->recording);
}

static void
test_hold(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS "0 STREAM_BEGIN PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"
				   "1 STREAM_END PJSIP/mango-1\n" TALK_101
				   "4 STREAM_BEGIN PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"
				   "7 STREAM_END PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"
				   "9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 7 | 101 Success 7");
	/* Waiting before the answer is not hold. */
	g_assert_cmpint(scene_call(s, "0.1")->hold, ==, 3 * G_USEC_PER_SEC);
}

/* More channels than one word of a set has bits: the last one answers. */
static void
test_wide_sets(void)
{
	static const int widths[] = { 62, 63, 64, 65, 127, 128, 200 };
	for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
		g_autoptr(scene) s = new_scene();
		g_autoptr(GString) expected = g_string_new("in 79161112233 answered 5");
		scene_rows(s, CLIENT_RINGS);
		for (int i = 0; i < widths[w]; i++) {
			g_autofree char *row =
			    g_strdup_printf("1 CHAN_START PJSIP/%d-1 id=1.%d lid=0.1 num=%d\n",
				1000 + i, i + 2, 1000 + i);
			scene_rows(s, row);
			g_string_append_printf(expected, " | %d %s", 1000 + i,
			    i + 1 < widths[w] ? "Cancelled" : "Success 5");
		}
		g_autofree char *talk =
		    g_strdup_printf("4 BRIDGE_ENTER PJSIP/%1$d-1 bridge=b1\n"
				    "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
				    "9 HANGUP PJSIP/%1$d-1\n9 HANGUP PJSIP/mango-1\n",
			1000 + widths[w] - 1);
		scene_rows(s, talk);
		scene_expect(s, expected->str);
	}
}

/* A conference of 300, one of them a client: everybody else of ours talked with it. */
static void
test_large_conference(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
		      "0 BRIDGE_ENTER PJSIP/mango-1 bridge=room\n");
	for (int i = 0; i < 299; i++) {
		g_autofree char *rows =
		    g_strdup_printf("%1$d CHAN_START PJSIP/%2$d-1 id=%1$d.%3$d num=%2$d exten=800\n"
				    "%1$d BRIDGE_ENTER PJSIP/%2$d-1 bridge=room\n",
			i + 1, 1000 + i, i + 2);
		scene_rows(s, rows);
	}
	scene_rows(s, "400 HANGUP PJSIP/mango-1\n");
	for (int i = 0; i < 299; i++) {
		g_autofree char *row = g_strdup_printf("%d HANGUP PJSIP/%d-1\n", 401 + i, 1000 + i);
		scene_rows(s, row);
	}
	scene_build(s);
	g_assert_cmpuint(s->calls->len, ==, 300);
	const struct call *call = scene_call(s, "0.1");
	g_assert_cmpuint(call->n_legs, ==, 299);
	for (int i = 0; i < 299; i++) {
		g_assert_cmpint(call->legs[i].status, ==, STATUS_SUCCESS);
		g_assert_cmpint(call->legs[i].talk, ==, (400 - (i + 1)) * (gint64)G_USEC_PER_SEC);
	}
	g_assert_cmpint(call->talk, ==, 399 * (gint64)G_USEC_PER_SEC);
}

/* 5,000 rows: a phone that is put on and off a bridge all day. */
static void
test_many_rows(void)
{
	g_autoptr(scene) s = new_scene();
	scene_rows(s, CLIENT_RINGS TALK_101);
	for (int i = 0; i < 2500; i++) {
		g_autofree char *rows = g_strdup_printf("%1$d.5 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
							"%2$d BRIDGE_ENTER PJSIP/101-1 bridge=b1\n",
		    2 + i, 3 + i);
		scene_rows(s, rows);
	}
	scene_rows(s, "2502 HANGUP PJSIP/101-1\n2502 HANGUP PJSIP/mango-1\n");
	scene_expect(s, "in 79161112233 answered 1250 | 101 Success 1250");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/call-path/blind-transfer", test_blind_transfer);
	g_test_add_func("/call-path/blind-transfer-not-answered", test_blind_transfer_not_answered);
	g_test_add_func("/call-path/attended-transfer", test_attended_transfer);
	g_test_add_func("/call-path/parking", test_parking);
	g_test_add_func("/call-path/pickup", test_pickup);
	g_test_add_func("/call-path/queue-with-local-members", test_queue_with_local_members);
	g_test_add_func("/call-path/local-optimisation", test_local_optimisation);
	g_test_add_func("/call-path/local-half-alone-is-nobody", test_local_half_alone_is_nobody);
	g_test_add_func("/call-path/follow-me", test_follow_me);
	g_test_add_func("/call-path/forward-of-an-extension", test_forward_of_an_extension);
	g_test_add_func("/call-path/conference", test_conference);
	g_test_add_func("/call-path/one-leg-per-employee", test_one_leg_per_employee);
	g_test_add_func("/call-path/recordings", test_recordings);
	g_test_add_func("/call-path/recording-and-its-mp3", test_recording_and_its_mp3);
	g_test_add_func("/call-path/recording-of-a-channel-without-a-beginning",
	    test_recording_of_a_channel_without_a_beginning);
	g_test_add_func("/call-path/recording-of-a-consultation", test_recording_of_a_consultation);
	g_test_add_func("/call-path/hold", test_hold);
	g_test_add_func("/call-path/wide-sets", test_wide_sets);
	g_test_add_func("/call-path/large-conference", test_large_conference);
	g_test_add_func("/call-path/many-rows", test_many_rows);
	return g_test_run();
}
