/*
 * compare EXPECT.json MINIMUM < CALLS: holds what `celsync calls --json` printed against the truth of a capture.
 *
 * A call is right when every fact that EXPECT states of it is right: direction, client, DID, result, employees rung, talk within its
 * range, statuses, whether it is skipped, recordings. A call reported as in or out that EXPECT does not have is wrong, too.
 * Prints what differs and "right/total"; status 0 when at least MINIMUM are right and nothing is there that must not be.
 */
#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *
text(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s != NULL ? s : "";
}

static const char *
without_plus(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

static void
differs(GString *out, const char *what, const char *got, const char *want)
{
	g_string_append_printf(out, "    %s: %s, should be %s\n", what, got, want);
}

static char *
dump(json_t *value)
{
	return value != NULL ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS |
						     JSON_REAL_PRECISION(6))
	                     : g_strdup("null");
}

static void
compare_json(GString *out, const char *what, json_t *got, json_t *want)
{
	if (json_equal(got, want))
		return;
	g_autofree char *g = dump(got), *w = dump(want);
	differs(out, what, g, w);
}

static const char *
leg_name(json_t *leg)
{
	const char *ext = text(leg, "ext");
	return ext[0] != '\0' ? ext : "outside";
}

/* What the legs say, in the shape of the truth. */
static void
sum_legs(json_t *legs, json_t *talk, json_t *status, json_t *rung)
{
	size_t i;
	json_t *leg;
	json_array_foreach(legs, i, leg)
	{
		const char *who = leg_name(leg);
		gboolean ours = text(leg, "ext")[0] != '\0';
		if (!json_is_null(json_object_get(leg, "answered"))) {
			double sum = json_number_value(json_object_get(talk, who)) +
			             json_number_value(json_object_get(leg, "talk"));
			json_object_set_new(talk, who, json_real(sum));
		}
		if (ours && json_is_string(json_object_get(leg, "status")))
			json_object_set(status, who, json_object_get(leg, "status"));
		if (ours && json_is_null(json_object_get(leg, "outside")) &&
		    !json_is_null(json_object_get(leg, "rang")))
			json_object_set_new(rung, who, json_true());
	}
}

static void
compare_talk(GString *out, json_t *got, json_t *want)
{
	const char *who;
	json_t *value;
	json_object_foreach(got, who, value)
	{
		if (json_object_get(want, who) == NULL)
			g_string_append_printf(out, "    talk of %s: %.3f, should be none\n", who,
			    json_number_value(value));
	}
	json_object_foreach(want, who, value)
	{
		json_t *have = json_object_get(got, who);
		double low = json_number_value(json_array_get(value, 0)),
		       high = json_number_value(json_array_get(value, 1));
		double seconds = json_number_value(have);
		if (have == NULL || seconds < low - 0.01 || seconds > high + 0.01)
			g_string_append_printf(out,
			    "    talk of %s: %.3f, should be %.1f to %.1f\n", who,
			    have != NULL ? seconds : -1.0, low, high);
	}
}

static json_t *
set_of(json_t *list)
{
	json_t *set = json_object(), *value;
	size_t i;
	json_array_foreach(list, i, value)
	    json_object_set_new(set, json_string_value(value), json_true());
	return set;
}

static json_t *
set_of_keys(json_t *object)
{
	json_t *set = json_object(), *value;
	const char *key;
	json_object_foreach(object, key, value) json_object_set_new(set, key, json_true());
	return set;
}

static void
compare_call(GString *out, json_t *got, json_t *want)
{
	static const char *const words[] = { "direction", "result", "did" };
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		json_t *value = json_object_get(want, words[i]);
		if (value != NULL)
			compare_json(out, words[i], json_object_get(got, words[i]), value);
	}
	json_t *client = json_object_get(want, "client");
	if (client != NULL &&
	    strcmp(without_plus(text(got, "client")), without_plus(text(want, "client"))) != 0)
		differs(out, "client", text(got, "client"), text(want, "client"));
	if (json_is_null(json_object_get(got, "skip")) != (json_object_get(want, "skip") == NULL))
		differs(out, "skip", text(got, "skip"), "the other");
	json_t *talk = json_object(), *status = json_object(), *rung = json_object();
	sum_legs(json_object_get(got, "legs"), talk, status, rung);
	compare_talk(out, talk, json_object_get(want, "talk"));
	compare_json(out, "status", status, json_object_get(want, "status"));
	if (json_object_get(want, "rung") != NULL) {
		json_t *set = set_of(json_object_get(want, "rung"));
		compare_json(out, "rung", rung, set);
		json_decref(set);
	}
	if (json_object_get(want, "recordings") != NULL) {
		json_t *have = set_of(json_object_get(got, "recordings")),
		       *set = set_of_keys(json_object_get(want, "recordings"));
		compare_json(out, "recordings", have, set);
		json_decref(have);
		json_decref(set);
	}
	json_decref(talk);
	json_decref(status);
	json_decref(rung);
}

/* callid -> call; every line must be an object, no callid may come twice. */
static json_t *
read_calls(FILE *in, int *faults)
{
	json_t *calls = json_object(), *call;
	json_error_t error;
	while ((call = json_loadf(in, JSON_DISABLE_EOF_CHECK, &error)) != NULL) {
		if (json_object_get(calls, text(call, "callid")) != NULL) {
			printf("# %s is printed twice\n", text(call, "callid"));
			(*faults)++;
		}
		json_object_set_new(calls, text(call, "callid"), call);
	}
	if (!feof(in)) {
		printf("# what was printed is not JSON: %s\n", error.text);
		(*faults)++;
	}
	return calls;
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: compare EXPECT.json MINIMUM < CALLS\n");
		return 64;
	}
	json_error_t error;
	json_t *expect = json_load_file(argv[1], 0, &error), *want;
	if (expect == NULL) {
		fprintf(stderr, "%s: %s\n", argv[1], error.text);
		return 66;
	}
	int faults = 0;
	json_t *calls = read_calls(stdin, &faults), *known = json_object(), *call;
	size_t i, right = 0, total = json_array_size(expect);
	json_array_foreach(expect, i, want)
	{
		const char *id = text(want, "callid");
		json_t *got = json_object_get(calls, id);
		json_object_set_new(known, id, json_true());
		g_autoptr(GString) out = g_string_new(NULL);
		if (got == NULL)
			g_string_append(out, "    is not there\n");
		else
			compare_call(out, got, want);
		right += out->len == 0;
		if (out->len > 0)
			printf("# %s %s (%s)\n%s", text(want, "run"), id, text(want, "what"),
			    out->str);
	}
	const char *id;
	json_object_foreach(calls, id, call)
	{
		if (json_object_get(known, id) == NULL &&
		    strcmp(text(call, "direction"), "internal") != 0) {
			printf("# %s is reported and never was a call with a client\n", id);
			faults++;
		}
	}
	printf("# %zu/%zu calls right\n", right, total);
	gboolean enough = right >= (size_t)g_ascii_strtoull(argv[2], NULL, 10);
	json_decref(expect);
	json_decref(calls);
	json_decref(known);
	return enough && faults == 0 ? 0 : 1;
}
