/*
 * Fuzz target: rows of any kind through assembly, timeline, call, events and form. A target of
 * libFuzzer: clang -fsanitize=fuzzer,address,undefined; `make fuzz SECONDS=60` builds and runs it.
 *
 * The first bytes choose the rules; then every few bytes are a row, whose ids, names and texts are
 * taken from small lists, so that rows meet one another, or are bytes of the input as they are.
 * Beside not crashing: talk is never negative nor longer than the call, no employee has two legs,
 * and nobody is told anything twice. There are at most ROWS_MAX rows, which bounds the time.
 */
#include "poller/call.h"
#include "sync/form.h"

#include <stdint.h>
#include <string.h>

#define ROWS_MAX 300

struct input {
	const uint8_t *at, *end;
	GStringChunk *strings;
};

static uint8_t
byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static const char *
raw(struct input *in)
{
	gsize n = byte(in) % 48, left = (gsize)(in->end - in->at);
	n = MIN(n, left);
	const char *text = g_string_chunk_insert_len(in->strings, (const char *)in->at, (gssize)n);
	in->at += n;
	return text;
}

/* One of a list, or now and then whatever the input says. */
static const char *
choose(struct input *in, const char *const *list, gsize n)
{
	uint8_t b = byte(in);
	return b >= 250 ? raw(in) : list[b % n];
}
#define CHOOSE(in, ...)                                                                            \
	choose(in, (const char *const[]){ __VA_ARGS__ },                                           \
	    G_N_ELEMENTS(((const char *const[]){ __VA_ARGS__ })))

#define IDS                                                                                        \
	"1763900900.1", "1763900900.2", "1763900901.3", "1763900902.4", "1763900960.5",            \
	    "1763900999.0", "pbx-1763900900.1", "crm-7"

static const char *
id(struct input *in)
{
	return CHOOSE(in, IDS);
}

static const char *
name(struct input *in)
{
	return CHOOSE(in, "PJSIP/mango-1", "PJSIP/101-1", "PJSIP/102-1", "PJSIP/alice-1",
	    "Local/101@q-1;1", "Local/101@q-1;2", "Local/89031112233@q-2;1",
	    "Local/89031112233@q-2;2", "PJSIP/mango-2", "CBAnn/800-1;1", "PJSIP/103-1<ZOMBIE>", "");
}

static const char *
number(struct input *in)
{
	return CHOOSE(in, "79161112233", "101", "102", "+79161112233", "s", "anonymous", "",
	    "74950001122", "106");
}

static const char *
extra(struct input *in)
{
	const char *key =
	    CHOOSE(in, "bridge_id", "channel2_uniqueid", "hangupcause", "hangupsource",
		"dialstatus", "extension", "pickup_channel_uniqueid", "class", "retriever");
	const char *value = CHOOSE(
	    in, "b1", "b2", "b3", IDS, "N/A", "16", "17", "PJSIP/101-1", "CANCEL", "ANSWER", "102");
	const char *technology = CHOOSE(in, "simple_bridge", "holding_bridge", "softmix");
	g_autofree char *text =
	    g_strdup_printf("{\"%s\":\"%s\",\"bridge_technology\":\"%s\"}", key, value, technology);
	uint8_t cut = byte(in);
	if (cut < strlen(text) && cut % 4 == 0)
		text[cut] = '\0';
	return g_string_chunk_insert(in->strings, text);
}

static struct wall
time_of(struct input *in, gint64 *now)
{
	uint8_t b = byte(in);
	*now += (b % 16) * (gint64)400000 - (b % 7 == 0 ? 3600 * (gint64)G_USEC_PER_SEC : 0);
	return (struct wall){ .us = b == 255 ? WALL_NONE : *now, .utc = b == 254 };
}

static void
add_row(assembly *a, struct input *in, gint64 number_of_row, gint64 *now)
{
	const gint64 row_id = byte(in) % 8 == 0 ? byte(in) : number_of_row;
	struct cel_row row = { .id = row_id,
		.event = (enum cel_event)(byte(in) % (CEL_STREAM_END + 1)),
		.time = time_of(in, now),
		.uniqueid = id(in),
		.linkedid = id(in) };
	const char *given[CEL_COLUMNS] = {
		[CEL_CHANNAME] = name(in),
		[CEL_CID_NUM] = number(in),
		[CEL_EXTEN] = number(in),
		[CEL_PEER] = name(in),
		[CEL_EXTRA] = extra(in),
		[CEL_APPNAME] = CHOOSE(in, "Dial", "MixMonitor", "Queue", "VoiceMail", ""),
		[CEL_APPDATA] = CHOOSE(in, "PJSIP/89161112233@mango,300",
		    "out-89161112233-101-1.wav,b", "700,t", "/", ""),
	};
	/* Each in memory of its own, no longer than it says: whoever reads past it is found. */
	char *text[CEL_COLUMNS];
	unsigned long length[CEL_COLUMNS];
	given[CEL_UNIQUEID] = row.uniqueid;
	given[CEL_LINKEDID] = row.linkedid;
	for (guint i = 0; i < CEL_COLUMNS; i++) {
		text[i] = g_strdup(given[i]);
		length[i] = given[i] != NULL ? strlen(given[i]) : 0;
	}
	row.text = text;
	row.length = length;
	row.uniqueid = text[CEL_UNIQUEID];
	row.uniqueid_len = length[CEL_UNIQUEID];
	row.linkedid = text[CEL_LINKEDID];
	row.linkedid_len = length[CEL_LINKEDID];
	assembly_add(a, &row);
	for (guint i = 0; i < CEL_COLUMNS; i++)
		g_free(text[i]);
}

static void
add_record(assembly *a, struct input *in, gint64 *now)
{
	struct cdr_row row = { .uniqueid = id(in),
		.linkedid = id(in),
		.calldate = time_of(in, now),
		.src = number(in),
		.dst = number(in),
		.channel = name(in),
		.dstchannel = name(in),
		.did = number(in),
		.lastdata = CHOOSE(in, "PJSIP/89161112233@mango,300", ""),
		.recordingfile = CHOOSE(in, "a.wav", "b.wav", ""),
		.disposition = "" };
	cdr_row_measure(&row);
	assembly_add_record(a, &row);
}

static void
tell(const struct call *call, const struct leg *leg)
{
	const struct event_window none = { 0 };
	const struct form_settings settings = { 0 };
	struct event events[EVENTS_MAX], more[EVENTS_MAX];
	struct event_window after, again;
	guint n = event_finished(call, leg, &none, TRUE, events, &after);
	for (guint i = 0; i < n; i++) {
		g_autoptr(GArray) form = form_of_event(&events[i], &settings);
		g_autofree char *body = form_encode(form);
		g_assert(g_str_is_ascii(body));
	}
	g_assert(event_finished(call, leg, &after, TRUE, more, &again) == 0);
}

static void
check_call(const struct call *call)
{
	g_assert(call->talk >= 0);
	if (call->end != TIME_NONE)
		g_assert(call->end >= call->start);
	for (guint i = 0; i < call->n_legs; i++) {
		const struct leg *leg = &call->legs[i];
		g_assert(leg->talk >= 0 && leg->talk <= call->talk);
		for (guint j = 0; j < i && leg->ext != NULL; j++)
			g_assert(g_strcmp0(leg->ext, call->legs[j].ext) != 0);
		tell(call, leg);
	}
}

static void
build(struct group *group, struct zone *zone, const struct call_rules *rules)
{
	static const struct call_patience patience = { 5 * G_USEC_PER_SEC, 60 * G_USEC_PER_SEC,
		3600 * (gint64)G_USEC_PER_SEC };
	struct timeline *timeline = timeline_build(group, zone);
	g_autoptr(GPtrArray) calls = g_ptr_array_new();
	call_build(group, timeline, rules, calls);
	for (guint i = 0; i < calls->len; i++) {
		check_call(calls->pdata[i]);
		call_settle(calls->pdata[i], timeline, &patience, 61 * (gint64)G_USEC_PER_SEC);
		check_call(calls->pdata[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size, g_string_chunk_new(1024) };
	g_autoptr(GHashTable) trunk = g_hash_table_new(g_str_hash, g_str_equal);
	static GTimeZone *berlin;
	if (berlin == NULL)
		berlin = g_time_zone_new_identifier("Europe/Berlin");
	g_autoptr(assembly) a = assembly_new();
	g_hash_table_add(trunk, (gpointer) "mango");
	uint8_t choice = byte(&in);
	const struct call_rules rules = { .trunk = choice & 1 ? trunk : NULL,
		.internal = (choice & 2) != 0,
		.anonymous = choice & 4 ? "70000000000" : NULL,
		.default_ext = choice & 8 ? "100" : NULL,
		.name = choice & 16 ? "north" : NULL };
	struct zone zone;
	zone_init(&zone, choice & 32 ? berlin : NULL, (choice & 96) == 96);
	gint64 now = 1763900900 * (gint64)G_USEC_PER_SEC;
	struct group *group;
	for (gint64 n = 1; n <= ROWS_MAX && in.at < in.end; n++) {
		if (byte(&in) % 16 == 0)
			add_record(a, &in, &now);
		else
			add_row(a, &in, n, &now);
		while (choice & 128 && (group = assembly_next(a, 5 * G_USEC_PER_SEC,
					    3600 * (gint64)G_USEC_PER_SEC)) != NULL) {
			build(group, &zone, &rules);
			assembly_release(a, group);
		}
	}
	/* Some go back as they are read, the others at the end. */
	g_autoptr(GPtrArray) late = g_ptr_array_new();
	for (guint n = 0; (group = assembly_rest(a)) != NULL; n++) {
		build(group, &zone, &rules);
		if (n % 2 == 0)
			assembly_release(a, group);
		else
			g_ptr_array_add(late, group);
	}
	for (guint n = 0; n < late->len; n++)
		assembly_release(a, late->pdata[n]);
	g_string_chunk_free(in.strings);
	return 0;
}
