/* What each channel did: sides, spans, cuts; and that the talk shown is the talk counted, on scenes and on every call of the capture. */
#include "sync/pbx.h"
#include "sync/tracks.h"
#include "tests/scene/scene.h"

#include <string.h>

#define CLIENT "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
#define RING_101 "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
#define TALK_4_9                                                                                   \
	"4 ANSWER PJSIP/101-1\n4 ANSWER PJSIP/mango-1\n"                                           \
	"4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"           \
	"9 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n9 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
#define HANGUP                                                                                     \
	"9 HANGUP PJSIP/101-1 cause=16\n9 CHAN_END PJSIP/101-1\n"                                  \
	"9 HANGUP PJSIP/mango-1 cause=16\n9 CHAN_END PJSIP/mango-1\n"

#define TRANSFER                                                                                   \
	CLIENT RING_101                                                                            \
	    "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"       \
	    "6 CHAN_START PJSIP/101-2 id=6.3 num=101 exten=102\n"                                  \
	    "6 CHAN_START PJSIP/102-1 id=6.4 lid=6.3 num=102\n"                                    \
	    "8 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n8 BRIDGE_ENTER PJSIP/101-2 bridge=b2\n"         \
	    "10 ATTENDEDTRANSFER PJSIP/101-1 extra='{\"channel2_uniqueid\":\"@6.3\"}'\n"           \
	    "10 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n10 BRIDGE_EXIT PJSIP/101-2 bridge=b2\n"       \
	    "10 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"                                            \
	    "10 HANGUP PJSIP/101-1 cause=16\n10 HANGUP PJSIP/101-2 cause=16\n"                     \
	    "20 HANGUP PJSIP/102-1 cause=16\n20 HANGUP PJSIP/mango-1 cause=16\n"
#define WIRE                                                                                       \
	CLIENT "1 CHAN_START Local/104@from-internal-1;1 id=1.2 lid=0.1 exten=104\n"               \
	       "1 CHAN_START Local/104@from-internal-1;2 id=1.3 lid=0.1 exten=104\n"               \
	       "1 CHAN_START CBAnn/800-1;2 id=1.4 lid=0.1\n"                                       \
	       "2 CHAN_START PJSIP/mango-2 id=2.5 lid=0.1 num=89031112233 exten=s\n"               \
	       "4 BRIDGE_ENTER PJSIP/mango-2 bridge=b2\n"                                          \
	       "4 BRIDGE_ENTER Local/104@from-internal-1;2 bridge=b2\n"                            \
	       "5 BRIDGE_ENTER Local/104@from-internal-1;1 bridge=b1\n"                            \
	       "5 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"                                          \
	       "9 HANGUP PJSIP/mango-2 cause=16\n9 HANGUP Local/104@from-internal-1;1\n"           \
	       "9 HANGUP Local/104@from-internal-1;2\n9 HANGUP PJSIP/mango-1 cause=16\n"
#define PARKED                                                                                     \
	CLIENT RING_101 TALK_4_9                                                                   \
	    "9 HANGUP PJSIP/101-1 cause=16\n"                                                      \
	    "9 BRIDGE_ENTER PJSIP/mango-1 holding=p1\n"                                            \
	    "9 STREAM_BEGIN PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"                       \
	    "15 STREAM_END PJSIP/mango-1\n"                                                        \
	    "15 BRIDGE_EXIT PJSIP/mango-1 holding=p1\n"                                            \
	    "15 CHAN_START PJSIP/102-1 id=15.3 num=102 exten=71\n"                                 \
	    "15 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"                                            \
	    "15 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n"                                              \
	    "17 STREAM_BEGIN PJSIP/mango-1 extra='{\"class\":\"default\"}'\n"                      \
	    "20 HANGUP PJSIP/102-1 cause=16\n20 HANGUP PJSIP/mango-1 cause=16\n"

static scene *
built(const char *rows)
{
	scene *s = scene_new();
	s->rules.trunk = scene_set(s, "mango");
	scene_rows(s, rows);
	scene_build(s);
	return s;
}

static const struct timeline *
timeline_of(scene *s, const struct call *call)
{
	for (guint i = 0; i < s->timelines->len; i++) {
		const struct timeline *t = s->timelines->pdata[i];
		for (guint j = 0; j < t->n_lanes; j++) {
			if (strcmp(t->lanes[j].channel->uniqueid, call->linkedid) == 0)
				return t;
		}
	}
	g_assert_not_reached();
}

static tracks *
tracks_of(scene *s, const char *id)
{
	const struct call *call = scene_call(s, id);
	return tracks_new(call, timeline_of(s, call), &s->rules);
}

/* "client 79161112233 W0-4 B4-9 T4-9 end": seconds of the scene. */
static char *
track_text(const tracks *of, guint index)
{
	static const char *const roles[] = { "client", "employee", "outside", "wire" };
	const gint64 base = SCENE_BASE * G_TIME_SPAN_SECOND;
	const struct track *t = &g_array_index(of->tracks, struct track, index);
	GString *text = g_string_new(NULL);
	g_string_append_printf(text, "%s %s", roles[t->role], t->who);
	for (guint i = 0; i < t->spans->len; i++) {
		const struct span *s = &g_array_index(t->spans, struct span, i);
		g_string_append_printf(text, " %c%g-%g", "WRBTMH"[s->kind],
		    (double)(s->from - base) / G_USEC_PER_SEC,
		    (double)(s->to - base) / G_USEC_PER_SEC);
	}
	g_string_append(text, t->ended ? " end" : t->goes_on ? " on" : " ?");
	return g_string_free(text, FALSE);
}

/* The tracks of the call that began with `id`, one a line. */
static void
expect(const char *rows, const char *id, const char *wanted)
{
	g_autoptr(scene) s = built(rows);
	g_autoptr(tracks) of = tracks_of(s, id);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < of->tracks->len; i++)
		g_ptr_array_add(lines, track_text(of, i));
	g_ptr_array_add(lines, NULL);
	g_autofree char *got = g_strjoinv("\n", (char **)lines->pdata);
	g_assert_cmpstr(got, ==, wanted);
}

static void
test_answered(void)
{
	expect(CLIENT RING_101 TALK_4_9 HANGUP, "0.1",
	    "client 79161112233 W0-9 B4-9 T4-9 end\n"
	    "employee 101 W1-9 R1-4 B4-9 T4-9 end");
	/* Nobody answered; a crash left no end. */
	expect(CLIENT RING_101 "5 HANGUP PJSIP/101-1 cause=0\n7 HANGUP PJSIP/mango-1 cause=16\n",
	    "0.1",
	    "client 79161112233 W0-7 end\n"
	    "employee 101 W1-5 R1-5 end");
	expect(CLIENT RING_101 "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
			       "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
			       "6 ANSWER PJSIP/mango-1\n",
	    "0.1",
	    "client 79161112233 W0-6 B4-6 T4-6 ?\n"
	    "employee 101 W1-6 R1-4 B4-6 T4-6 ?");
}

static void
test_outgoing(void)
{
	expect("0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=79161112233\n"
	       "1 CHAN_START PJSIP/mango-1 id=1.2 lid=0.1 num=s exten=s\n"
	       "2 HANGUP PJSIP/mango-1 cause=34\n"
	       "2 CHAN_START PJSIP/mango-2 id=2.3 lid=0.1 num=s exten=s\n"
	       "5 ANSWER PJSIP/mango-2\n"
	       "5 BRIDGE_ENTER PJSIP/mango-2 bridge=b1\n5 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
	       "8 HANGUP PJSIP/mango-2 cause=16\n8 HANGUP PJSIP/101-1 cause=16\n",
	    "0.1",
	    "employee 101 W0-8 B5-8 T5-8 end\n"
	    "client 79161112233 W1-2 R1-2 end\n"
	    "client 79161112233 W2-8 R2-5 B5-8 T5-8 end");
}

static void
test_internal(void)
{
	expect("0 CHAN_START PJSIP/101-1 id=0.1 num=101 exten=102\n"
	       "0 CHAN_START PJSIP/102-1 id=0.2 lid=0.1 num=102\n"
	       "2 BRIDGE_ENTER PJSIP/102-1 bridge=b1\n2 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n"
	       "3 HANGUP PJSIP/102-1 cause=16\n3 HANGUP PJSIP/101-1 cause=16\n",
	    "0.1",
	    "employee 101 W0-3 B2-3 T2-3 end\n"
	    "client 102 W0-3 R0-2 B2-3 T2-3 end");
}

/* Both halves of a Local channel are one wire; announcers are nobody; a mobile rung for 104 is a leg. */
static void
test_wire_and_plumbing(void)
{
	expect(WIRE, "0.1",
	    "client 79161112233 W0-9 B5-9 T5-9 end\n"
	    "wire 104 W1-9 B5-9 B4-9 end\n"
	    "outside 89031112233 W2-9 R2-4 B4-9 T5-9 end");
}

static void
test_parked_and_music(void)
{
	expect(PARKED, "0.1",
	    "client 79161112233 W0-20 B4-9 B15-20 T4-9 T15-20 M9-15 M17-20 H9-15 end\n"
	    "employee 101 W1-9 R1-4 B4-9 T4-9 end\n"
	    "employee 102 W15-20 B15-20 T15-20 end");
}

/* A consultation is a call of its own: of the others only what happened in its time. */
static void
test_consultation(void)
{
	expect(TRANSFER, "0.1",
	    "client 79161112233 W0-20 B4-20 T4-20 end\n"
	    "employee 101 W1-10 R1-4 B4-10 T4-10 end\n"
	    "employee 101 W6-10 B8-10 end\n"
	    "employee 102 W6-20 R6-8 B8-20 T10-20 end");
	/* Shown by itself, the client of the other call is somebody outside who is there. */
	expect(TRANSFER, "6.3",
	    "outside 79161112233 W6-20 B6-20 end\n"
	    "employee 101 W6-10 B6-10 end\n"
	    "employee 101 W6-10 B8-10 T8-10 end\n"
	    "client 102 W6-20 R6-8 B8-20 T8-10 end");
}

/* A member of a conference who leaves early: the others go on. */
static void
test_goes_on(void)
{
	expect("0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=800\n"
	       "0 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	       "2 CHAN_START PJSIP/mango-2 id=2.2 num=79162223344 exten=800\n"
	       "2 BRIDGE_ENTER PJSIP/mango-2 bridge=b1\n"
	       "5 HANGUP PJSIP/mango-1 cause=16\n9 HANGUP PJSIP/mango-2 cause=16\n",
	    "0.1",
	    "client 79161112233 W0-5 B0-5 end\n"
	    "outside 79162223344 W2-5 B2-5 on");
	/* What ends within a second has ended with the call. */
	expect(CLIENT "1 CHAN_START Local/101@x-1;1 id=1.2 lid=0.1\n"
		      "4 HANGUP PJSIP/mango-1 cause=16\n4.5 HANGUP Local/101@x-1;1\n",
	    "0.1",
	    "client 79161112233 W0-4 end\n"
	    "wire 101 W1-4 end");
}

/* The talk of all tracks together, as call.h counts it. */

static gint64
talk_of(const tracks *of, const char *ext)
{
	gint64 talk = 0, until = G_MININT64;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct span));
	for (guint i = 0; i < of->tracks->len; i++) {
		const struct track *t = &g_array_index(of->tracks, struct track, i);
		gboolean counts = ext != NULL
		                      ? t->role == TRACK_EMPLOYEE && strcmp(t->who, ext) == 0
		                      : t->role == TRACK_CLIENT;
		if (counts)
			g_array_append_vals(all, t->connected->data, t->connected->len);
	}
	/* Moments in which any of them was connected; there are few. */
	while (TRUE) {
		gint64 from = G_MAXINT64, to = 0;
		for (guint i = 0; i < all->len; i++) {
			const struct span *s = &g_array_index(all, struct span, i);
			if (s->to > until && MAX(s->from, until) < from) {
				from = MAX(s->from, until);
				to = s->to;
			}
		}
		if (from == G_MAXINT64)
			break;
		talk += to - from;
		until = to;
	}
	g_array_free(all, TRUE);
	return talk;
}

struct tally {
	const struct call_rules *rules;
	guint calls, talks;
};

static void
compare_call(const struct call *call, const struct timeline *t, struct tally *tally)
{
	g_autoptr(tracks) of = tracks_new(call, t, tally->rules);
	g_test_message("%s", call->callid);
	g_assert_cmpint(talk_of(of, NULL), ==, call->talk);
	for (guint k = 0; k < call->n_legs; k++) {
		const struct leg *leg = &call->legs[k];
		if (leg->ext == NULL || leg->outside != NULL)
			continue;
		g_assert_cmpint(talk_of(of, leg->ext), ==, leg->talk);
		tally->talks += leg->talk > 0;
	}
	for (guint i = 0; i < of->tracks->len; i++) {
		const struct track *track = &g_array_index(of->tracks, struct track, i);
		g_assert_cmpint(of->from, <=, track->from);
		g_assert_cmpint(track->from, <=, track->to);
		g_assert_cmpint(track->to, <=, of->to);
		for (guint k = 0; k < track->spans->len; k++) {
			const struct span *s = &g_array_index(track->spans, struct span, k);
			g_assert_cmpint(track->from, <=, s->from);
			g_assert_cmpint(s->from, <=, s->to);
			g_assert_cmpint(s->to, <=, track->to);
		}
	}
	tally->calls++;
}

static gboolean
compare_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	(void)group;
	(void)error;
	for (guint i = 0; i < calls->len; i++)
		compare_call(calls->pdata[i], t, data);
	return TRUE;
}

/* Up to four rows of each scene are lost, and the others come in any order. */
static void
test_rows_lost(void)
{
	static const char *const scenes[] = { CLIENT RING_101 TALK_4_9 HANGUP, TRANSFER, WIRE,
		PARKED };
	struct tally tally = { 0 };
	for (guint round = 0; round < 400; round++) {
		g_autoptr(scene) s = scene_new();
		s->rules.trunk = scene_set(s, "mango");
		scene_rows(s, scenes[round % G_N_ELEMENTS(scenes)]);
		g_autofree guint *order = g_new(guint, s->rows->len);
		guint n = s->rows->len;
		for (guint i = 0; i < n; i++)
			order[i] = i;
		for (guint i = n; i-- > 1;) {
			guint other = (guint)g_test_rand_int_range(0, (gint32)i + 1),
			      kept = order[i];
			order[i] = order[other];
			order[other] = kept;
		}
		scene_build_order(s, order, n - (guint)g_test_rand_int_range(0, 5));
		tally.rules = &s->rules;
		for (guint i = 0; i < s->calls->len; i++) {
			const struct call *call = s->calls->pdata[i];
			compare_call(call, timeline_of(s, call), &tally);
		}
	}
	g_assert_cmpuint(tally.talks, >, 200);
}

static void
test_capture(void)
{
	const char *top = g_getenv("CELSYNC_TOP");
	g_autofree char *path =
	    g_build_filename(top != NULL ? top : ".", "tests/captures/ast22/master.db", NULL);
	g_autoptr(GError) error = NULL;
	struct call_rules rules = { 0 };
	struct zone zone;
	struct tally tally = { .rules = &rules };
	gint64 first, last;
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(trunk, (gpointer) "mango");
	rules.trunk = trunk;
	zone_init(&zone, utc, TRUE);
	struct source_config config = { .driver = SOURCE_SQLITE, .path = path };
	g_autoptr(source) from = source_open(&config, &error);
	g_assert_no_error(error);
	struct rebuild_options options = {
		.rules = &rules, .zone = &zone, .stale = G_TIME_SPAN_DAY
	};
	g_autoptr(rebuild) r = rebuild_new(from, &options, compare_group, NULL, &tally);
	g_assert_true(source_bounds(from, &first, &last, &error));
	g_assert_true(rebuild_scan(r, first - 1, last, NULL, &error));
	g_assert_true(rebuild_finish(r, &error));
	g_assert_cmpuint(tally.calls, >, 152);
	g_assert_cmpuint(tally.talks, >, 100);
	/* Before the source that it reads from. */
	g_clear_pointer(&r, rebuild_free);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tracks/answered", test_answered);
	g_test_add_func("/tracks/outgoing", test_outgoing);
	g_test_add_func("/tracks/internal", test_internal);
	g_test_add_func("/tracks/wire_and_plumbing", test_wire_and_plumbing);
	g_test_add_func("/tracks/parked_and_music", test_parked_and_music);
	g_test_add_func("/tracks/consultation", test_consultation);
	g_test_add_func("/tracks/goes_on", test_goes_on);
	g_test_add_func("/tracks/rows_lost", test_rows_lost);
	g_test_add_func("/tracks/capture", test_capture);
	return g_test_run();
}
