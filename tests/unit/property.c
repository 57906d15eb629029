/*
 * What must hold of every call, tried on generated ones: random channels, bridges, transfers, Local
 * pairs, parking; rows lost, shuffled and doubled. The seed is printed; CELSYNC_SEED gives one.
 */
#include "sync/event.h"
#include "tests/scene/scene.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 400
#define CHANNELS 24

struct made {
	char name[48];
	char id[24], lid[24]; /* short ids */
	int bridge;           /* -1: none */
	gboolean holding, ended;
};

struct stage {
	scene *s;
	GRand *rand;
	double now;
	struct made channels[CHANNELS];
	guint n, number, bridges;
	gboolean peers_only; /* as older writers: no bridge_id */
};

static guint
pick(struct stage *g, guint n)
{
	return (guint)g_rand_int_range(g->rand, 0, (gint32)n);
}

G_GNUC_PRINTF(2, 3)
static void
row(struct stage *g, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *rest = g_strdup_vprintf(format, args);
	va_end(args);
	char time[32];
	g_autofree char *line =
	    g_strdup_printf("%s %s\n", g_ascii_dtostr(time, sizeof time, g->now), rest);
	scene_rows(g->s, line);
	/* Whole calls may fit in one second. */
	g->now += pick(g, 4) == 0 ? pick(g, 20) : pick(g, 10) / 100.0;
}

static struct made *
start(struct stage *g, const char *technology, const char *peer, const char *suffix,
    const char *lid, const char *facts)
{
	struct made *c = &g->channels[g->n++];
	c->bridge = -1;
	c->holding = c->ended = FALSE;
	g_snprintf(c->name, sizeof c->name, "%s/%s-%08x%s", technology, peer, g->number, suffix);
	g_snprintf(c->id, sizeof c->id, "%d.%u", (int)g->now, g->number++);
	g_strlcpy(c->lid, lid != NULL ? lid : c->id, sizeof c->lid);
	row(g, "CHAN_START %s id=%s lid=%s %s", c->name, c->id, c->lid, facts);
	return c;
}

static void
begin(struct stage *g)
{
	if (g->n + 1 > CHANNELS)
		return;
	if (pick(g, 2) == 0) {
		start(g, "PJSIP", "mango", "", NULL, "num=79161112233 exten=74950001122");
	} else {
		g_autofree char *peer = g_strdup_printf("%u", 101 + pick(g, 4));
		g_autofree char *facts = g_strdup_printf(
		    "num=%s exten=%s", peer, pick(g, 2) == 0 ? "89165550000" : "102");
		start(g, "PJSIP", peer, "", NULL, facts);
	}
}

static void
dial(struct stage *g, const struct made *by)
{
	g_autofree char *peer = g_strdup_printf("%u", 101 + pick(g, 4));
	g_autofree char *facts = g_strdup_printf("num=%s", peer);
	char lid[24];
	g_strlcpy(lid, by->lid, sizeof lid);
	switch (pick(g, 4)) {
	case 0:
		if (g->n + 1 <= CHANNELS)
			start(g, "PJSIP", "mango", "", lid, "num=s");
		break;
	case 1:
		if (g->n + 2 <= CHANNELS) {
			g_autofree char *local = g_strdup_printf("%s@from-queue", peer);
			struct made *one = start(g, "Local", local, ";1", lid, "");
			/* The halves share all of the name but its last character. */
			guint number = g->number;
			struct made *two = &g->channels[g->n++];
			*two = *one;
			two->name[strlen(two->name) - 1] = '2';
			g_snprintf(two->id, sizeof two->id, "%d.%u", (int)g->now, number);
			g->number++;
			row(g, "CHAN_START %s id=%s lid=%s", two->name, two->id, two->lid);
		}
		break;
	default:
		if (g->n + 1 <= CHANNELS)
			start(g, "PJSIP", peer, "", lid, facts);
		break;
	}
}

static char *
peers_of(const struct stage *g, const struct made *c)
{
	GString *list = g_string_new(NULL);
	for (guint i = 0; i < g->n; i++) {
		const struct made *other = &g->channels[i];
		if (other != c && !other->ended && other->bridge == c->bridge && c->bridge >= 0)
			g_string_append_printf(list, "%s%s", list->len > 0 ? "," : "", other->name);
	}
	return g_string_free(list, FALSE);
}

static void
bridge_row(struct stage *g, const char *event, const struct made *c)
{
	g_autofree char *peers = peers_of(g, c);
	if (g->peers_only)
		row(g, "%s %s peer='%s'", event, c->name, peers);
	else
		row(g, "%s %s lid=%s %s=b%d peer='%s'", event, c->name, c->lid,
		    c->holding ? "holding" : "bridge", c->bridge, peers);
}

static void
leave(struct stage *g, struct made *c)
{
	if (c->bridge < 0)
		return;
	bridge_row(g, "BRIDGE_EXIT", c);
	c->bridge = -1;
}

static void
enter(struct stage *g, struct made *c, int bridge, gboolean holding, const char *lid)
{
	if (c->bridge == bridge)
		return;
	leave(g, c);
	c->bridge = bridge;
	c->holding = holding;
	if (lid != NULL && !g->peers_only)
		g_strlcpy(c->lid, lid, sizeof c->lid);
	bridge_row(g, "BRIDGE_ENTER", c);
}

static void
hang_up(struct stage *g, struct made *c)
{
	if (c->ended)
		return;
	leave(g, c);
	row(g, "HANGUP %s cause=%u by=%s dialstatus=%s", c->name, pick(g, 40), c->name,
	    pick(g, 2) == 0 ? "CANCEL" : "ANSWER");
	row(g, "CHAN_END %s", c->name);
	c->ended = TRUE;
}

static void
act(struct stage *g)
{
	struct made *c = &g->channels[pick(g, g->n)], *other = &g->channels[pick(g, g->n)];
	if (c->ended || other->ended)
		return;
	switch (pick(g, 10)) {
	case 0: begin(g); break;
	case 1:
	case 2: dial(g, c); break;
	case 3:
	case 4:
	case 5:
		enter(g, c, (int)g->bridges, FALSE, NULL);
		enter(g, other, (int)g->bridges++, FALSE, pick(g, 3) == 0 ? c->lid : NULL);
		break;
	case 6: enter(g, c, 10000, TRUE, NULL); break;
	case 7:
		row(g, "ATTENDEDTRANSFER %s extra='{\"channel2_uniqueid\":\"@%s\"}'", c->name,
		    other->id);
		break;
	case 8:
		row(g, "APP_START %s app=MixMonitor data=2025/rec-%s.wav,b", c->name, c->id);
		row(g, "ANSWER %s app=Dial data=PJSIP/89165550000@mango", c->name);
		break;
	default: hang_up(g, c); break;
	}
}

static scene *
generate(GRand *rand)
{
	struct stage g = { .s = scene_new(), .rand = rand };
	g.s->rules.trunk = scene_set(g.s, "mango");
	g.s->rules.internal = pick(&g, 2) == 0;
	g.s->whole = pick(&g, 2) == 0;
	g.peers_only = pick(&g, 5) == 0;
	begin(&g);
	for (guint i = 0, n = 5 + pick(&g, 40); i < n; i++)
		act(&g);
	for (guint i = 0; i < g.n; i++)
		hang_up(&g, &g.channels[i]);
	row(&g, "LINKEDID_END %s", g.channels[0].name);
	return g.s;
}

/* Properties. */

static void
check_call(const struct call *call)
{
	gint64 longest = 0, sum = 0;
	guint missed = 0;
	g_assert_cmpint(call->end, >=, call->start);
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		g_assert_cmpint(leg->talk, >=, 0);
		g_assert_true(leg->connected || leg->talk == 0);
		g_assert_true(leg->ext != NULL || leg->outside != NULL);
		longest = MAX(longest, leg->talk);
		sum += leg->talk;
		missed += leg->status == STATUS_MISSED;
		for (guint j = 0; j < i; j++)
			g_assert_true(
			    leg->ext == NULL || g_strcmp0(leg->ext, call->legs[j].ext) != 0);
		struct event_window none = { 0 }, after, again;
		struct event events[EVENTS_MAX];
		guint n = event_finished(call, leg, &none, TRUE, events, &after);
		g_assert_cmpint(n > 0, ==, leg->ext != NULL && leg->status != STATUS_NONE);
		g_assert_cmpuint(event_finished(call, leg, &after, TRUE, events, &again), ==, 0);
	}
	g_assert_cmpint(call->talk, >=, longest);
	g_assert_cmpint(call->talk, <=, sum);
	g_assert_cmpint(call->talk, <=, call->end - call->start);
	g_assert_cmpuint(
	    missed, <=, call->direction == DIRECTION_IN && call->result == RESULT_MISSED ? 1 : 0);
	g_assert_true((call->result == RESULT_ANSWERED) == (call->answer != TIME_NONE));
}

static char *
dump(scene *s)
{
	static const struct call_patience patience = { 5 * G_USEC_PER_SEC, 60 * G_USEC_PER_SEC,
		G_MAXINT64 };
	for (guint i = 0; i < s->timelines->len; i++) {
		const struct timeline *t = s->timelines->pdata[i];
		for (guint j = 0; j < s->calls->len; j++) {
			struct call *call = s->calls->pdata[j];
			if (assembly_find(s->assembly, call->linkedid) == t->group)
				call_settle(call, t, &patience, 61 * (gint64)G_USEC_PER_SEC);
		}
	}
	return scene_dump(s);
}

static guint *
shuffled(GRand *rand, guint n)
{
	guint *order = g_new(guint, n + 1);
	for (guint i = 0; i < n; i++)
		order[i] = i;
	for (guint i = n; i > 1; i--) {
		guint j = (guint)g_rand_int_range(rand, 0, (gint32)i), keep = order[i - 1];
		order[i - 1] = order[j];
		order[j] = keep;
	}
	return order;
}

static void
check_order(scene *s, GRand *rand, const char *expected)
{
	guint n = s->rows->len;
	for (int i = 0; i < 3; i++) {
		g_autofree guint *order = shuffled(rand, n);
		scene_build_order(s, order, n);
		g_autofree char *got = dump(s);
		g_assert_cmpstr(got, ==, expected);
	}
	/* Read again, some of them more than once. */
	g_autofree guint *twice = g_new(guint, 2 * n);
	for (guint i = 0; i < n; i++) {
		twice[i] = i;
		twice[n + i] = (guint)g_rand_int_range(rand, 0, (gint32)n);
	}
	scene_build_order(s, twice, 2 * n);
	g_autofree char *got = dump(s);
	g_assert_cmpstr(got, ==, expected);
}

/*
 * No group stays in memory between two rows: each leaves for the file and comes back when a row names it, the names in `extra` included.
 * Tried: a bridge's id left out of assembly_row_names(), `named` out of the names it leaves under.
 */
static void
check_shed(scene *s, GRand *rand, const char *expected)
{
	g_autofree guint *order = shuffled(rand, s->rows->len);
	s->shed = TRUE;
	scene_build(s);
	g_autofree char *got = dump(s);
	g_assert_cmpstr(got, ==, expected);
	scene_build_order(s, order, s->rows->len);
	g_autofree char *mixed = dump(s);
	g_assert_cmpstr(mixed, ==, expected);
	s->shed = FALSE;
}

/* Some rows are lost: every call is there of whose beginning channel and of whose linkedid a row is left. */
static void
check_loss(scene *s, GRand *rand, double share)
{
	scene_build(s);
	g_autoptr(GPtrArray) begun = g_ptr_array_new();
	for (guint i = 0; i < s->calls->len; i++)
		g_ptr_array_add(begun, (gpointer)g_string_chunk_insert_const(s->strings,
					   ((struct call *)s->calls->pdata[i])->linkedid));
	guint n = s->rows->len, kept = 0, lost = (guint)g_rand_int_range(rand, 0, (gint32)n);
	g_autofree guint *order = g_new(guint, n + 1);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) named = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < n; i++) {
		if (share > 0 ? g_rand_double(rand) < share : i == lost)
			continue;
		order[kept++] = i;
		const struct cel_row *r = &g_array_index(s->rows, struct cel_row, i);
		g_hash_table_add(seen, (gpointer)r->uniqueid);
		g_hash_table_add(named, (gpointer)r->linkedid);
	}
	scene_build_order(s, order, kept);
	for (guint i = 0; i < s->calls->len; i++) {
		struct call *call = s->calls->pdata[i];
		if (call->end != TIME_NONE)
			check_call(call);
	}
	for (guint i = 0; i < begun->len; i++) {
		gboolean found = !g_hash_table_contains(seen, begun->pdata[i]) ||
		                 !g_hash_table_contains(named, begun->pdata[i]);
		for (guint j = 0; j < s->calls->len && !found; j++)
			found = strcmp(((struct call *)s->calls->pdata[j])->linkedid,
				    begun->pdata[i]) == 0;
		if (!found)
			g_error(
			    "the call %s was lost with some of its rows", (char *)begun->pdata[i]);
	}
	/* And rows that are lost are lost in any order. */
	g_autofree char *expected = dump(s);
	g_autofree guint *random = shuffled(rand, kept), *mixed = g_new(guint, kept + 1);
	for (guint i = 0; i < kept; i++)
		mixed[i] = order[random[i]];
	scene_build_order(s, mixed, kept);
	g_autofree char *got = dump(s);
	g_assert_cmpstr(got, ==, expected);
}

static guint32 seed;

static void
test_generated(void)
{
	for (guint32 round = 0; round < ROUNDS; round++) {
		g_test_message("CELSYNC_SEED=%u", seed + round);
		g_autoptr(GRand) rand = g_rand_new_with_seed(seed + round);
		g_autoptr(scene) s = generate(rand);
		scene_build(s);
		g_assert_cmpuint(s->calls->len, >, 0);
		for (guint i = 0; i < s->calls->len; i++)
			check_call(s->calls->pdata[i]);
		g_autofree char *expected = dump(s);
		check_order(s, rand, expected);
		check_shed(s, rand, expected);
		check_loss(s, rand, 0);
		check_loss(s, rand, 0.1);
		check_loss(s, rand, 0.5);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	const char *given = g_getenv("CELSYNC_SEED");
	seed = given != NULL ? (guint32)strtoul(given, NULL, 10) : g_random_int();
	g_print("# CELSYNC_SEED=%u\n", seed);
	g_test_add_func("/property/generated", test_generated);
	return g_test_run();
}
