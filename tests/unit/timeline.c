/* Who could hear whom, with rows lost, cut off or without a bridge's name; and when a call counts as over. */
#include "tests/scene/scene.h"

#include <string.h>

#define CLIENT_RINGS "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
#define RING_101 "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
#define ANSWER_101 "4 ANSWER PJSIP/101-1\n"
#define ENTER_101 "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1 peer=PJSIP/mango-1\n"
#define ENTER_CLIENT "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1 peer=PJSIP/101-1\n"
#define EXIT_101 "9 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
#define EXIT_CLIENT "9 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
#define HANGUP_101 "9 HANGUP PJSIP/101-1 cause=16\n9 CHAN_END PJSIP/101-1\n"
#define HANGUP_CLIENT "9 HANGUP PJSIP/mango-1 cause=16\n9 CHAN_END PJSIP/mango-1\n"

static void
expect(const char *rows, const char *summary)
{
	g_autoptr(scene) s = scene_new();
	s->rules.trunk = scene_set(s, "mango");
	scene_rows(s, rows);
	scene_expect(s, summary);
}

#define FIVE_SECONDS "in 79161112233 answered 5 | 101 Success 5"

/* Any one of its rows is lost: the talk is the same. */
static void
test_one_row_lost(void)
{
	static const char *const rows[] = { CLIENT_RINGS, RING_101, ANSWER_101, ENTER_101,
		ENTER_CLIENT, EXIT_101, EXIT_CLIENT, "9 HANGUP PJSIP/101-1 cause=16\n",
		"9 CHAN_END PJSIP/101-1\n", "9 HANGUP PJSIP/mango-1 cause=16\n",
		"9 CHAN_END PJSIP/mango-1\n" };
	/* Ids are given with CHAN_START, so that one is left out of the build, not of the text. */
	for (guint lost = 0; lost <= G_N_ELEMENTS(rows); lost++) {
		g_autoptr(scene) s = scene_new();
		s->rules.trunk = scene_set(s, "mango");
		guint order[G_N_ELEMENTS(rows)], n = 0;
		for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
			scene_rows(s, rows[i]);
			if (i != lost)
				order[n++] = i;
		}
		scene_build_order(s, order, n);
		g_autofree char *summary = scene_summary(s);
		g_test_message("without row %u", lost + 1);
		/* The client's number stands in its CHAN_START only. */
		g_assert_cmpstr(summary, ==,
		    lost == 0 ? "in ? answered 5 | 101 Success 5 ! no number" : FIVE_SECONDS);
	}
}

static void
test_enter_lost(void)
{
	/* Of both: the one that was answered when its ANSWER says, the other when its bridge was first seen. */
	expect(CLIENT_RINGS RING_101 ANSWER_101 EXIT_101 EXIT_CLIENT HANGUP_101 HANGUP_CLIENT,
	    FIVE_SECONDS);
	/* It can have entered only after it left another one. */
	expect(CLIENT_RINGS RING_101 ANSWER_101 ENTER_101
	    "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "6 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n6 HANGUP PJSIP/101-1\n"
	    "7 CHAN_START PJSIP/102-1 id=7.3 lid=0.1 num=102\n"
	    "8 BRIDGE_ENTER PJSIP/102-1 bridge=b2\n"
	    "12 BRIDGE_EXIT PJSIP/mango-1 bridge=b2\n"
	    "12 HANGUP PJSIP/102-1\n12 HANGUP PJSIP/mango-1\n",
	    "in 79161112233 answered 6 | 101 Success 2 | 102 Success 4");
}

static void
test_exit_lost(void)
{
	/* Whoever enters another bridge has left the one before. */
	expect(CLIENT_RINGS RING_101 ENTER_101 ENTER_CLIENT
	    "6 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
	    "9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n",
	    "in 79161112233 answered 2 | 101 Success 2");
	/* An EXIT that came late is of the bridge before. */
	expect(CLIENT_RINGS RING_101 ENTER_101
	    "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b2\n"
	    "5 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "6 BRIDGE_EXIT PJSIP/mango-1 bridge=b2\n" HANGUP_101 HANGUP_CLIENT,
	    "in 79161112233 answered 4 | 101 Success 4");
}

/* Older writers name no bridge; whoever is named as peer is in the same one. */
static void
test_peers_only(void)
{
	expect(CLIENT_RINGS RING_101 "4 BRIDGE_ENTER PJSIP/101-1\n"
				     "4 BRIDGE_ENTER PJSIP/mango-1 peer=PJSIP/101-1\n"
				     "9 BRIDGE_EXIT PJSIP/101-1 peer=PJSIP/mango-1\n"
				     "9 BRIDGE_EXIT PJSIP/mango-1\n" HANGUP_101 HANGUP_CLIENT,
	    FIVE_SECONDS);
	/* The list was cut off by the column, and names somebody who is not there. */
	expect(CLIENT_RINGS RING_101
	    "4 BRIDGE_ENTER PJSIP/101-1\n"
	    "4 BRIDGE_ENTER PJSIP/mango-1 peer=CBAnn/800-1,PJSIP/101-1,,PJSIP/10\n"
	    "9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n",
	    FIVE_SECONDS);
	/* Nobody is named: they did not meet. */
	expect(CLIENT_RINGS RING_101
	    "4 BRIDGE_ENTER PJSIP/101-1\n4 BRIDGE_ENTER PJSIP/mango-1\n"
	    "9 BRIDGE_EXIT PJSIP/101-1\n9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n",
	    "in 79161112233 missed | 101 Missed");
}

/* `extra` is cut off at every length: the talk is there, by the bridge's name or by the peer's. */
static void
test_extra_cut_off(void)
{
	static const char whole[] =
	    "{\"bridge_id\":\"f4e2c1d0-0001\",\"bridge_technology\":\"simple_bridge\"}";
	for (gsize n = 0; n <= strlen(whole); n++) {
		g_autofree char *rows = g_strdup_printf(CLIENT_RINGS RING_101
		    "4 BRIDGE_ENTER PJSIP/101-1 extra='%1$.*2$s'\n"
		    "4 BRIDGE_ENTER PJSIP/mango-1 extra='%1$.*2$s' peer=PJSIP/101-1\n"
		    "9 BRIDGE_EXIT PJSIP/101-1 extra='%1$.*2$s' peer=PJSIP/mango-1\n"
		    "9 BRIDGE_EXIT PJSIP/mango-1 extra='%1$.*2$s'\n" HANGUP_101 HANGUP_CLIENT,
		    whole, (int)n);
		expect(rows, FIVE_SECONDS);
	}
}

/* Names repeat after a restart: a peer is who bears the name at that moment. */
static void
test_names_repeat(void)
{
	expect(CLIENT_RINGS RING_101
	    "2 HANGUP PJSIP/101-1\n"
	    "3 CHAN_START PJSIP/101-1 id=3.5 lid=0.1 num=102\n"
	    "4 BRIDGE_ENTER PJSIP/101-1\n4 BRIDGE_ENTER PJSIP/mango-1 peer=PJSIP/101-1\n"
	    "9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n",
	    FIVE_SECONDS);
}

static void
test_lanes(void)
{
	g_autoptr(scene) s = scene_new();
	scene_rows(s,
	    "0 CHAN_START Local/101@q-1;1 id=0.1\n0 CHAN_START Local/101@q-1;2 id=0.2 lid=0.1\n"
	    "1 CHAN_START Local/101@q-2;2 id=1.3 lid=0.1\n1 CHAN_START PJSIP/101-1 id=1.4 lid=0.1\n"
	    "3 ANSWER PJSIP/101-1\n5 ANSWER PJSIP/101-1\n"
	    "7 HANGUP PJSIP/101-1 cause=16 by=PJSIP/101-1 dialstatus=BUSY\n8 CHAN_END "
	    "PJSIP/101-1\n");
	scene_build(s);
	const struct timeline *t = s->timelines->pdata[0];
	gint64 base = SCENE_BASE * (gint64)G_USEC_PER_SEC;
	g_assert_cmpuint(t->n_lanes, ==, 4);
	g_assert_cmpint(t->lanes[0].pair, ==, 1);
	g_assert_cmpint(t->lanes[1].pair, ==, 0);
	g_assert_cmpint(t->lanes[2].pair, ==, -1);
	g_assert_cmpint(t->lanes[3].answer, ==, base + 3 * G_USEC_PER_SEC);
	g_assert_cmpint(t->lanes[3].end, ==, base + 7 * G_USEC_PER_SEC);
	g_assert_cmpint(t->lanes[3].cause, ==, 16);
	g_assert_cmpint(t->lanes[3].dialstatus, ==, DIALSTATUS_BUSY);
	g_assert_cmpstr(t->lanes[3].hung_up_by, ==, "PJSIP/101-1");
	g_assert_cmpint(t->lanes[0].end, ==, TIME_NONE);
	g_assert_cmpint(t->first, ==, base);
	g_assert_cmpint(t->last, ==, base + 8 * G_USEC_PER_SEC);
	g_assert_cmpint(timeline_lane(t, t->lanes[3].channel), ==, 3);
	g_assert_cmpint(timeline_lane(t, NULL), ==, -1);
}

/* A lost CHAN_START: the uniqueid still tells when the channel began. */
static void
test_start_lost(void)
{
	g_autoptr(scene) s = scene_new();
	scene_rows(s, CLIENT_RINGS
	    "3 ANSWER PJSIP/101-1 id=1.2 lid=0.1\n9 HANGUP PJSIP/101-1\n9 HANGUP PJSIP/mango-1\n");
	scene_build(s);
	const struct timeline *t = s->timelines->pdata[0];
	g_assert_cmpint(t->lanes[1].start - t->lanes[0].start, ==, G_USEC_PER_SEC);
}

/* Connections. */

#define LANES 12

/* Rows of channels that go in and out of bridges, some of them in a holding one, some of them halves of Local channels. */
static void
scene_of_moves(scene *s, guint32 seed, guint others)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
	g_autoptr(GString) rows = g_string_new(NULL);
	char names[LANES][32];
	for (guint i = 0; i < LANES; i++) {
		if (i % 4 < 2)
			g_snprintf(
			    names[i], sizeof names[i], "Local/1@q-%08x;%u", i / 4, i % 4 + 1);
		else
			g_snprintf(names[i], sizeof names[i], "PJSIP/1%02u-%08x", i, i);
		g_string_append_printf(
		    rows, "0 CHAN_START %s id=0.%u%s\n", names[i], i + 1, i > 0 ? " lid=0.1" : "");
	}
	for (guint i = 0; i < 80; i++) {
		guint lane = (guint)g_rand_int_range(rand, 0, LANES),
		      bridge = (guint)g_rand_int_range(rand, 0, 1 + (gint32)seed % 6);
		g_string_append_printf(rows, "%u %s %s %s=b%u\n", 1 + i / 2,
		    g_rand_int_range(rand, 0, 3) > 0 ? "BRIDGE_ENTER" : "BRIDGE_EXIT", names[lane],
		    bridge == 5 ? "holding" : "bridge", bridge);
	}
	for (guint i = 0; i < LANES; i++)
		g_string_append_printf(rows, "99 HANGUP %s\n", names[i]);
	for (guint i = 0; i < others; i++)
		g_string_append_printf(
		    rows, "99 CHAN_START PJSIP/2-%08x id=99.%u lid=0.1\n", i, LANES + 1 + i);
	scene_rows(s, rows->str);
	scene_build(s);
}

static gboolean
has_set(const struct timeline *t, const struct segment *segment, guint64 wanted)
{
	for (guint i = 0; i < segment->n_sets; i++) {
		const guint64 *set = t->sets + (gsize)(segment->first_set + i) * t->words;
		if (set[0] == wanted)
			return TRUE;
	}
	return FALSE;
}

/* Channels that are in no bridge change nothing, however many they are; few are handled by other code than many. */
static void
test_few_and_many(void)
{
	guint segments = 0, several = 0;
	for (guint32 seed = 0; seed < 60; seed++) {
		g_autoptr(scene) few = scene_new();
		g_autoptr(scene) many = scene_new();
		scene_of_moves(few, seed, 0);
		scene_of_moves(many, seed, 64);
		const struct timeline *a = few->timelines->pdata[0], *b = many->timelines->pdata[0];
		g_assert_cmpuint(a->n_lanes, ==, LANES);
		g_assert_cmpuint(b->n_lanes, ==, LANES + 64);
		g_assert_cmpuint(b->words, ==, 2);
		g_assert_cmpuint(a->n_segments, ==, b->n_segments);
		for (guint i = 0; i < a->n_segments; i++) {
			const struct segment *x = &a->segments[i], *y = &b->segments[i];
			g_assert_cmpint(x->from, ==, y->from);
			g_assert_cmpint(x->to, ==, y->to);
			g_assert_cmpint(x->from_id, ==, y->from_id);
			g_assert_cmpint(x->to_id, ==, y->to_id);
			g_assert_cmpuint(x->n_sets, ==, y->n_sets);
			for (guint k = 0; k < x->n_sets; k++)
				g_assert_true(has_set(b, y, a->sets[x->first_set + k]));
			segments++;
			several += x->n_sets > 1;
		}
	}
	g_assert_cmpuint(segments, >, 1000);
	g_assert_cmpuint(several, >, 100);
}

/* Two bridges that a Local channel joins are one; without it they are two. */
static void
test_local_joins_bridges(void)
{
	g_autoptr(scene) s = scene_new();
	scene_rows(s, CLIENT_RINGS
	    "0 CHAN_START Local/1@q-1;1 id=0.2 lid=0.1\n0 CHAN_START Local/1@q-1;2 id=0.3 lid=0.1\n"
	    "0 CHAN_START PJSIP/101-1 id=0.4 lid=0.1\n"
	    "1 BRIDGE_ENTER PJSIP/mango-1 bridge=a\n2 BRIDGE_ENTER Local/1@q-1;1 bridge=a\n"
	    "3 BRIDGE_ENTER PJSIP/101-1 bridge=b\n4 BRIDGE_ENTER Local/1@q-1;2 bridge=b\n"
	    "6 HANGUP Local/1@q-1;1\n");
	scene_build(s);
	const struct timeline *t = s->timelines->pdata[0];
	g_assert_cmpuint(t->n_segments, ==, 4);
	g_assert_true(has_set(t, &t->segments[0], 0x3));
	g_assert_cmpuint(t->segments[1].n_sets, ==, 1); /* the phone waits in the other bridge */
	g_assert_true(has_set(t, &t->segments[2], 0xf));
	g_assert_cmpuint(t->segments[2].n_sets, ==, 1);
	g_assert_true(has_set(t, &t->segments[3], 0xc));
	guint64 client = 1;
	g_assert_nonnull(timeline_connected(t, &t->segments[2], &client, 3));
	g_assert_null(timeline_connected(t, &t->segments[3], &client, 3));
}

/* Every peer by a text of its own, or by that of the last channel so named. */
static struct timeline *
build_with_peers(scene *s, gboolean own)
{
	struct group *group = s->groups->pdata[0];
	for (guint i = 0; i < group->n_steps; i++) {
		struct step *step = &group->steps[i];
		if (step->event != CEL_BRIDGE_ENTER)
			continue;
		step->peer = arena_string(&group->arena, step->peer);
		for (guint j = 0; own && j < group->n_channels; j++) {
			if (strcmp(step->peer, group->channels[j]->name) == 0)
				step->peer = group->channels[j]->name;
		}
	}
	return timeline_build(group, &s->zone);
}

/* A peer may be told by the very text of that channel's name. */
static void
test_peer_is_the_name(void)
{
	static const struct {
		const char *rows;
		guint stays, segments;
	} cases[] = {
		/* Its own row was lost; it is there already; it is itself. */
		{ "4 BRIDGE_ENTER PJSIP/101-1 bridge=b peer=PJSIP/mango-1\n", 2, 1 },
		{ ENTER_101 ENTER_CLIENT, 2, 1 },
		{ "4 BRIDGE_ENTER PJSIP/101-1 bridge=b peer=PJSIP/101-1\n", 1, 0 },
		/* One before bears the same name: it ended, or is alive and was meant. */
		{ "2 HANGUP PJSIP/101-1\n3 CHAN_START PJSIP/101-1 id=3.5 lid=0.1\n"
		  "4 BRIDGE_ENTER PJSIP/101-1 bridge=b\n"
		  "4 BRIDGE_ENTER PJSIP/mango-1 bridge=b peer=PJSIP/101-1\n",
		    2, 1 },
		{ "3 CHAN_START PJSIP/101-1 id=3.5 lid=0.1\n4 BRIDGE_ENTER PJSIP/101-1 bridge=b\n"
		  "5 BRIDGE_ENTER PJSIP/mango-1 bridge=b peer=PJSIP/101-1\n",
		    3, 1 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(scene) s = scene_new();
		scene_rows(s, CLIENT_RINGS RING_101);
		scene_rows(s, cases[i].rows);
		scene_build(s);
		const struct timeline *a = build_with_peers(s, FALSE),
				      *b = build_with_peers(s, TRUE);
		g_assert_cmpuint(a->n_stays, ==, cases[i].stays);
		g_assert_cmpuint(a->n_segments, ==, cases[i].segments);
		g_assert_cmpuint(b->n_stays, ==, a->n_stays);
		g_assert_cmpuint(b->n_segments, ==, a->n_segments);
		for (guint k = 0; k < a->n_stays; k++) {
			g_assert_cmpuint(a->stays[k].lane, ==, b->stays[k].lane);
			g_assert_cmpint(a->stays[k].from_id, ==, b->stays[k].from_id);
			g_assert_cmpint(a->stays[k].to_id, ==, b->stays[k].to_id);
		}
	}
}

/* Times. */

static void
test_change_of_clocks_in_a_call(void)
{
	/* 2025-10-26 00:59:50 UTC, ten seconds before Berlin's clocks go back. */
	g_autoptr(GTimeZone) berlin = g_time_zone_new_identifier("Europe/Berlin");
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	struct {
		GTimeZone *tz;
		gboolean fixed;
	} zones[] = { { berlin, TRUE }, { berlin, FALSE }, { moscow, FALSE }, { NULL, FALSE } };
	for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
		g_autoptr(scene) s = scene_new();
		s->base = 1761440390;
		s->clock = berlin;
		s->rules.trunk = scene_set(s, "mango");
		zone_init(&s->zone, zones[i].tz, zones[i].fixed);
		scene_rows(s, CLIENT_RINGS RING_101 ENTER_101 ENTER_CLIENT
		    "64 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n"
		    "64 HANGUP PJSIP/101-1\n64 HANGUP PJSIP/mango-1\n");
		scene_expect(s, "in 79161112233 answered 60 | 101 Success 60");
		g_assert_cmpint(scene_call(s, "0.1")->end, ==, (s->base + 64) * G_USEC_PER_SEC);
	}
}

/* Neighbours may be inverted by microseconds: time never runs backwards along the ids. */
static void
test_inverted_neighbours(void)
{
	expect(CLIENT_RINGS RING_101 "4.000002 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n4.000001 "
				     "BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
				     "9.000002 HANGUP PJSIP/101-1\n9.000001 HANGUP PJSIP/mango-1\n",
	    FIVE_SECONDS);
}

/* When a call counts as over. */

static const char *
settled_after(const char *rows, gint64 seconds)
{
	static const struct call_patience patience = { 5 * G_USEC_PER_SEC, 60 * G_USEC_PER_SEC,
		3600 * (gint64)G_USEC_PER_SEC };
	g_autoptr(scene) s = scene_new();
	scene_rows(s, CLIENT_RINGS RING_101);
	scene_rows(s, rows);
	scene_build(s);
	struct call *call = scene_call(s, "0.1");
	const struct timeline *t = s->timelines->pdata[0];
	call_settle(call, t, &patience, seconds * G_USEC_PER_SEC);
	g_assert_true(call->settled == SETTLED_OPEN || call->end != TIME_NONE);
	return settled_name(call->settled);
}

static void
test_settled(void)
{
	const char *whole = HANGUP_101 HANGUP_CLIENT;
	g_assert_cmpstr(settled_after(whole, 4), ==, "open");
	g_assert_cmpstr(settled_after(whole, 5), ==, "ended");
	g_assert_cmpstr(settled_after("", 3599), ==, "open");
	g_assert_cmpstr(settled_after("", 3600), ==, "stale");
	g_assert_cmpstr(settled_after(HANGUP_101, 61), ==, "open");
	/* The linkedid ended, or a record came: rows are missing. */
	g_assert_cmpstr(settled_after(HANGUP_101 "9 LINKEDID_END PJSIP/101-1\n", 59), ==, "open");
	g_assert_cmpstr(settled_after(HANGUP_101 "9 LINKEDID_END PJSIP/101-1\n", 60), ==, "grace");
	g_assert_cmpstr(settled_after(HANGUP_101 "0 CDR PJSIP/mango-1 dst=101\n", 60), ==, "grace");
	/* Another linkedid of the same group goes on. */
	g_assert_cmpstr(
	    settled_after("2 LINKEDID_END PJSIP/mango-1\n3 CHAN_START PJSIP/102-1 id=3.4 num=102\n"
			  "3 BRIDGE_ENTER PJSIP/102-1 bridge=b\n3 BRIDGE_ENTER PJSIP/mango-1 "
			  "bridge=b lid=3.4\n",
		61),
	    ==, "open");
}

/*
 * A record of another channel proves nothing of one that is still there: found by the soak, where calls were told as over a minute after
 * an attended transfer, while they went on.
 */
static void
test_settled_by_records(void)
{
	const char *talk =
	    "4 BRIDGE_ENTER PJSIP/101-1 bridge=b\n4 BRIDGE_ENTER PJSIP/mango-1 bridge=b\n";
	const char *transfer =
	    "5 CHAN_START PJSIP/101-2 id=5.3 num=101 exten=102\n5 CHAN_START PJSIP/102-1 id=5.4 "
	    "lid=5.3 num=102\n6 BRIDGE_ENTER PJSIP/102-1 bridge=c\n6 BRIDGE_ENTER PJSIP/101-2 "
	    "bridge=c\n"
	    "8 BRIDGE_EXIT PJSIP/101-1 bridge=b\n8 BRIDGE_EXIT PJSIP/102-1 bridge=c\n"
	    "8 BRIDGE_ENTER PJSIP/102-1 bridge=b lid=0.1\n"
	    "8 ATTENDEDTRANSFER PJSIP/101-1 extra='{\"channel2_uniqueid\":\"@5.3\"}'\n"
	    "8 HANGUP PJSIP/101-1\n8 HANGUP PJSIP/101-2\n5 CDR PJSIP/101-2 dst=102 "
	    "dstchan=PJSIP/102-1\n";
	g_autofree char *goes_on = g_strconcat(talk, transfer, NULL);
	g_assert_cmpstr(settled_after(goes_on, 61), ==, "open");
	/* The client's own record is written when the client has hung up, and then whoever talked with it is gone, too. */
	g_autofree char *over =
	    g_strconcat(goes_on, "0 CDR PJSIP/mango-1 dst=101 dstchan=PJSIP/102-1\n", NULL);
	g_assert_cmpstr(settled_after(over, 61), ==, "grace");
	/* A client who waits in a queue, where one member's try was recorded. */
	g_assert_cmpstr(
	    settled_after("9 HANGUP PJSIP/101-1\n1 CDR PJSIP/101-1 dst=101\n", 61), ==, "open");
	/* The phone's last row is missing; it was rung by the client, whose record is there. */
	g_assert_cmpstr(settled_after("9 HANGUP PJSIP/mango-1\n0 CDR PJSIP/mango-1 dst=101 "
				      "dstchan=PJSIP/101-1\n",
			    60),
	    ==, "grace");
}

/* The same LINKEDID_END read twice is one. */
static void
test_settled_by_rows_read_twice(void)
{
	static const struct call_patience patience = { 5 * G_USEC_PER_SEC, 60 * G_USEC_PER_SEC,
		3600 * (gint64)G_USEC_PER_SEC };
	g_autoptr(scene) s = scene_new();
	scene_rows(s, CLIENT_RINGS
	    "2 LINKEDID_END PJSIP/mango-1\n3 CHAN_START PJSIP/102-1 id=3.4 num=102\n"
	    "3 BRIDGE_ENTER PJSIP/102-1 bridge=b\n3 BRIDGE_ENTER PJSIP/mango-1 bridge=b lid=3.4\n");
	static const guint twice[] = { 0, 1, 2, 3, 4, 0, 1, 2, 3, 4 };
	scene_build_order(s, twice, G_N_ELEMENTS(twice));
	struct call *call = scene_call(s, "0.1");
	call_settle(call, s->timelines->pdata[0], &patience, 61 * G_USEC_PER_SEC);
	g_assert_cmpint(call->settled, ==, SETTLED_OPEN);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/timeline/one-row-lost", test_one_row_lost);
	g_test_add_func("/timeline/enter-lost", test_enter_lost);
	g_test_add_func("/timeline/exit-lost", test_exit_lost);
	g_test_add_func("/timeline/peers-only", test_peers_only);
	g_test_add_func("/timeline/extra-cut-off", test_extra_cut_off);
	g_test_add_func("/timeline/names-repeat", test_names_repeat);
	g_test_add_func("/timeline/lanes", test_lanes);
	g_test_add_func("/timeline/start-lost", test_start_lost);
	g_test_add_func("/timeline/few-and-many", test_few_and_many);
	g_test_add_func("/timeline/local-joins-bridges", test_local_joins_bridges);
	g_test_add_func("/timeline/peer-is-the-name", test_peer_is_the_name);
	g_test_add_func("/timeline/change-of-clocks-in-a-call", test_change_of_clocks_in_a_call);
	g_test_add_func("/timeline/inverted-neighbours", test_inverted_neighbours);
	g_test_add_func("/timeline/settled", test_settled);
	g_test_add_func("/timeline/settled-by-records", test_settled_by_records);
	g_test_add_func("/timeline/settled-by-rows-read-twice", test_settled_by_rows_read_twice);
	return g_test_run();
}
