/* An event as the form PlanFix takes. */
#include "sync/form.h"

#define BASE (1763900900 * (gint64)G_USEC_PER_SEC)

struct example {
	struct leg legs[3];
	struct call call;
	struct event event;
};

static void
fill(struct example *e, enum event_kind kind)
{
	*e = (struct example){ 0 };
	e->legs[0] = (struct leg){ .ext = "101",
		.rang = BASE + 1,
		.answered = BASE + 4 * G_USEC_PER_SEC,
		.talk = 5 * G_USEC_PER_SEC + 600000,
		.connected = TRUE,
		.status = STATUS_SUCCESS,
		.transferred_from = "102" };
	e->legs[1] =
	    (struct leg){ .outside = "89031112233", .rang = BASE + 2, .answered = TIME_NONE };
	e->legs[2] = (struct leg){
		.ext = "103", .rang = TIME_NONE, .answered = TIME_NONE, .status = STATUS_CANCELLED
	};
	e->call = (struct call){ .callid = "north-1763900900.1",
		.direction = DIRECTION_IN,
		.client = "79161112233",
		.did = "74950001122",
		.queue = "700",
		.hung_up = "client",
		.start = BASE,
		.answer = BASE + 4 * G_USEC_PER_SEC,
		.end = BASE + 10 * G_USEC_PER_SEC,
		.legs = e->legs,
		.n_legs = 3 };
	e->event = (struct event){ kind, &e->call, &e->legs[0], 0 };
}

static char *
encode(const struct event *event, const struct form_settings *settings)
{
	g_autoptr(GArray) fields = form_of_event(event, settings);
	return form_encode(fields);
}

static void
check(struct example *e, const struct form_settings *settings, const char *expected)
{
	g_autofree char *body = encode(&e->event, settings);
	g_assert_cmpstr(body, ==, expected);
}

static void
test_each_event(void)
{
	static const struct form_settings plain = { 0 };
	struct example e;
	fill(&e, EVENT_INCOMING);
	check(&e, &plain,
	    "cmd=event&type=in&event=INCOMING&phone=79161112233&diversion=74950001122&ext=101&"
	    "callid=north-1763900900.1");
	fill(&e, EVENT_ACCEPTED);
	e.call.direction = DIRECTION_OUT;
	e.call.did = NULL;
	check(&e, &plain,
	    "cmd=event&type=out&event=ACCEPTED&phone=79161112233&ext=101&callid=north-1763900900."
	    "1");
	fill(&e, EVENT_COMPLETED);
	check(&e, &plain,
	    "cmd=event&type=in&event=COMPLETED&phone=79161112233&diversion=74950001122&ext=101&"
	    "callid=north-1763900900.1"
	    "&duration=6&status=Success");
	e.event.leg = &e.legs[2];
	check(&e, &plain,
	    "cmd=event&type=in&event=COMPLETED&phone=79161112233&diversion=74950001122&ext=103&"
	    "callid=north-1763900900.1"
	    "&duration=0&status=Cancelled");
}

/* What a caller may put into a number or a name must not make a field of its own, nor reach a terminal. */
static void
test_escaping(void)
{
	static const struct form_settings plain = { 0 };
	struct example e;
	fill(&e, EVENT_INCOMING);
	e.call.client = "1&ext=999 +%\n\xff";
	e.call.did = "Рога;=?#";
	check(&e, &plain,
	    "cmd=event&type=in&event=INCOMING&phone=1%26ext%3D999%20%2B%25%3F%EF%BF%BD"
	    "&diversion=%D0%A0%D0%BE%D0%B3%D0%B0%3B%3D%3F%23&ext=101&callid=north-1763900900.1");
}

static char *
data_of(struct example *e, const char *template, GTimeZone *tz)
{
	g_autoptr(GHashTable) data = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(data, (gpointer) "x", (gpointer) template);
	const struct form_settings settings = { .data = data, .tz = tz, .pbx = "north" };
	g_autoptr(GArray) fields = form_of_event(&e->event, &settings);
	const struct form_field *last = &g_array_index(fields, struct form_field, fields->len - 1);
	return g_str_equal(last->name, "data_x") ? g_strdup(last->value) : NULL;
}

static void
test_placeholders(void)
{
	static const struct {
		const char *template, *value;
	} cases[] = {
		{ "{call_start}", "2025-11-23T12:28:20Z" },
		{ "{answered_at}", "2025-11-23T12:28:24Z" },
		{ "{wait}", "4" },
		{ "{talk}", "6" },
		{ "{rang}", "101, 89031112233" },
		{ "{queue}", "700" },
		{ "{did}", "74950001122" },
		{ "{transferred_from}", "102" },
		{ "{who_hung_up}", "client" },
		{ "{voicemail}", "0" },
		{ "{pbx}", "north" },
		{ "{talk} s, {queue}/{queue}", "6 s, 700/700" },
		{ "plain", "plain" },
		/* What is no placeholder stays as it stands. */
		{ "{unknown}", "{unknown}" },
		{ "{", "{" },
		{ "{talk", "{talk" },
		{ "{{talk}}", "{6}" },
		{ "}{talk}", "}6" },
	};
	struct example e;
	fill(&e, EVENT_COMPLETED);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *value = data_of(&e, cases[i].template, NULL);
		g_assert_cmpstr(value, ==, cases[i].value);
	}
	g_autoptr(GTimeZone) moscow = g_time_zone_new_identifier("Europe/Moscow");
	g_autofree char *local = data_of(&e, "{call_start}", moscow);
	g_assert_cmpstr(local, ==, "2025-11-23T15:28:20+03:00");
}

/* A fact that is absent leaves nothing, and an empty field is not sent. */
static void
test_absent_facts(void)
{
	static const char *const templates[] = { "{answered_at}", "{queue}", "{did}",
		"{transferred_from}", "{who_hung_up}", "" };
	struct example e;
	fill(&e, EVENT_COMPLETED);
	e.event.leg = &e.legs[2];
	e.call.queue = e.call.did = e.call.hung_up = NULL;
	e.call.answer = TIME_NONE;
	for (gsize i = 0; i < G_N_ELEMENTS(templates); i++) {
		g_autofree char *value = data_of(&e, templates[i], NULL);
		g_assert_null(value);
	}
	/* Nobody answered: the client waited to the end. */
	g_autofree char *wait = data_of(&e, "{wait}", NULL);
	g_assert_cmpstr(wait, ==, "10");
	e.call.end = TIME_NONE;
	g_autofree char *none = data_of(&e, "{wait}", NULL);
	g_assert_null(none);
}

/* Templates are for what is over, and come in an order that does not change from run to run. */
static void
test_order_of_data(void)
{
	g_autoptr(GHashTable) data = g_hash_table_new(g_str_hash, g_str_equal);
	static const char *const names[] = { "talk", "b", "a", "queue", "z", "did" };
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		g_hash_table_insert(data, (gpointer)names[i], (gpointer) "1");
	const struct form_settings settings = { .data = data };
	struct example e;
	fill(&e, EVENT_ACCEPTED);
	check(&e, &settings,
	    "cmd=event&type=in&event=ACCEPTED&phone=79161112233&diversion=74950001122&ext=101&"
	    "callid=north-1763900900.1");
	fill(&e, EVENT_COMPLETED);
	check(&e, &settings,
	    "cmd=event&type=in&event=COMPLETED&phone=79161112233&diversion=74950001122&ext=101&"
	    "callid=north-1763900900.1"
	    "&duration=6&status=Success&data_a=1&data_b=1&data_did=1&data_queue=1&data_talk=1&data_"
	    "z=1");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/form/each-event", test_each_event);
	g_test_add_func("/form/escaping", test_escaping);
	g_test_add_func("/form/placeholders", test_placeholders);
	g_test_add_func("/form/absent-facts", test_absent_facts);
	g_test_add_func("/form/order-of-data", test_order_of_data);
	return g_test_run();
}
