/* What is announced: from the hook's facts, by the rules of the batch; and how it stands in a file. */
#include "sync/announcement.h"

#include <string.h>

#define NOW (1795397203 * (gint64)G_USEC_PER_SEC)

#define IN "direction in\next 101-102\nlinkedid 1795397203.14\nuniqueid 1795397203.16\n"
#define OUT "direction out\next 101\nlinkedid 1795397203.14\nuniqueid 1795397203.14\n"

static GHashTable *
set_of(const char *word)
{
	GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_add(set, (gpointer)word);
	return set;
}

/* "callid client did ext,ext", or why there is none. Free with g_free. */
static char *
decide(const char *facts, const struct call_rules *rules)
{
	struct announcement a;
	const char *skip = announcement_of_facts(facts, rules, NOW, &a);
	if (skip != NULL) {
		g_assert_null(a.exts);
		return g_strdup(skip);
	}
	GString *text = g_string_new(NULL);
	g_string_append_printf(text, "%s %s %s", a.callid, a.client, a.did != NULL ? a.did : "-");
	for (guint i = 0; i < a.exts->len; i++)
		g_string_append_printf(text, "%c%s", i > 0 ? ',' : ' ',
		    g_array_index(a.exts, struct announced_ext, i).ext);
	announcement_clear(&a);
	return g_string_free(text, FALSE);
}

static void
test_facts(void)
{
	static const struct {
		const char *facts, *wanted;
	} cases[] = {
		{ IN "did 74951110101\ncallerid +79161234567\n",
		    "1795397203.14 79161234567 74951110101 101,102" },
		/* The channel may know the number dialled where FreePBX says nothing. */
		{ IN "did s\ncallerid 79161234567\ndialled 74951110101\n",
		    "1795397203.14 79161234567 74951110101 101,102" },
		{ IN "callerid 79161234567\ndialled 600\n", "1795397203.14 79161234567 - 101,102" },
		{ IN "callerid 105\n", "internal" },
		/* A client's number that looks like an extension, from outside. */
		{ IN "did 74951110101\ncallerid 105\n", "1795397203.14 105 74951110101 101,102" },
		{ IN "did 74951110101\ncallerid \n", "no number" },
		{ IN "did 74951110101\ncallerid anonymous\n", "no number" },
		{ "direction in\next 0\nlinkedid 1.1\nuniqueid 1.1\ncallerid 79161234567\n",
		    "no extension" },
		{ "direction in\next 101-101-89161234567\nlinkedid 1.1\nuniqueid 1.1\ndid 7495\n"
		  "callerid 79161234567\n",
		    "1.1 79161234567 - 101" },
		{ OUT "number 89161234567\ncallerid 74951110101\n",
		    "1795397203.14 89161234567 74951110101 101" },
		{ OUT "number 989161234567\ndialled 89161234567\ncallerid 74951110101\n",
		    "1795397203.14 89161234567 74951110101 101" },
		{ OUT "number 89161234567\ndialled 102\ncallerid 101\n",
		    "1795397203.14 89161234567 - 101" },
		{ OUT "number 89161234567\ndialled 74951110101\ndid 74951110101\n",
		    "1795397203.14 89161234567 - 101" },
		{ OUT, "no number" },
		{ "", "no facts" },
		{ "direction up\next 101\nlinkedid 1.1\nuniqueid 1.1\n", "no facts" },
		{ "direction in\next 101\nlinkedid 1 1\nuniqueid 1.1\n", "no facts" },
		{ "direction in\next 101\nlinkedid 1.1\n", "no facts" },
	};
	const struct call_rules rules = { .name = NULL };
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = decide(cases[i].facts, &rules);
		/* 7495 is as long as an extension may be. */
		g_assert_cmpstr(got, ==, cases[i].wanted);
	}
}

static void
test_rules(void)
{
	g_autoptr(GHashTable) alias = g_hash_table_new(g_str_hash, g_str_equal);
	g_hash_table_insert(alias, (gpointer) "101", (gpointer) "201");
	g_autoptr(GHashTable) skip_ext = set_of("102");
	g_autoptr(GHashTable) skip_did = set_of("74950000000");
	g_autoptr(number_rewrite) rewrite = number_rewrite_new();
	g_assert_true(number_rewrite_add(rewrite, "^8(\\d{10})$ => 7$1", NULL));
	const struct call_rules rules = { .name = "msk",
		.alias = alias,
		.skip_ext = skip_ext,
		.skip_did = skip_did,
		.anonymous = "70000000000",
		.rewrite = rewrite };
	g_autofree char *one = decide(IN "did 74951110101\ncallerid 89161234567\n", &rules);
	g_assert_cmpstr(one, ==, "msk-1795397203.14 79161234567 74951110101 201");
	g_autofree char *hidden = decide(IN "did 74951110101\n", &rules);
	g_assert_cmpstr(hidden, ==, "msk-1795397203.14 70000000000 74951110101 201");
	g_autofree char *did = decide(IN "did 74950000000\ncallerid 89161234567\n", &rules);
	g_assert_cmpstr(did, ==, "excluded");
	g_autofree char *ext = decide(
	    "direction in\next 102\nlinkedid 1.1\nuniqueid 1.1\ndid 74951110101\ncallerid 791612\n",
	    &rules);
	g_assert_cmpstr(ext, ==, "no extension");
}

static struct announcement
ringing(gint64 at, const char *linkedid, const char *uniqueid, const char *exts)
{
	const struct call_rules rules = { .name = NULL };
	struct announcement a;
	g_autofree char *facts =
	    g_strdup_printf("direction in\next %s\nlinkedid %s\nuniqueid %s\ndid 74951110101\n"
			    "callerid 79161234567\ncallername \x1b[1mx\xff\n",
		exts, linkedid, uniqueid);
	g_assert_null(announcement_of_facts(facts, &rules, at, &a));
	g_assert_cmpstr(a.name, ==, "?[1mx\xef\xbf\xbd");
	return a;
}

static void
test_text(void)
{
	struct announcement a = ringing(NOW, "1795397203.14", "1795397203.16", "101-102"), b;
	g_autofree char *form = announcement_form(&a, "101");
	g_assert_cmpstr(form, ==,
	    "cmd=event&type=in&event=INCOMING&phone=79161234567&diversion=74951110101&ext=101&"
	    "callid=1795397203.14");
	g_autofree char *text = announcement_text(&a);
	g_assert_null(strstr(text, "x\xef"));
	g_autofree char *outcome =
	    announcement_outcome("102", ANNOUNCED_FAILED, 503, "away\nsent 101 200");
	g_autofree char *whole = g_strconcat(text, outcome, "sent 101 2", NULL);
	g_assert_true(announcement_read(whole, &b));
	g_assert_cmpint(b.at, ==, NOW);
	g_assert_cmpint(b.direction, ==, DIRECTION_IN);
	g_assert_cmpstr(b.callid, ==, a.callid);
	g_assert_cmpstr(b.linkedid, ==, a.linkedid);
	g_assert_cmpstr(b.uniqueid, ==, a.uniqueid);
	g_assert_cmpstr(b.client, ==, "79161234567");
	g_assert_cmpstr(b.did, ==, "74951110101");
	g_assert_cmpuint(b.exts->len, ==, 2);
	/* Half a line says nothing. */
	g_assert_cmpint(
	    g_array_index(b.exts, struct announced_ext, 0).outcome, ==, ANNOUNCED_PENDING);
	const struct announced_ext *second = &g_array_index(b.exts, struct announced_ext, 1);
	g_assert_cmpint(second->outcome, ==, ANNOUNCED_FAILED);
	g_assert_cmpint(second->status, ==, 503);
	g_assert_cmpstr(second->answer, ==, "away?sent 101 200");
	announcement_clear(&b);

	/* Cut off anywhere before "end" it is none; and no byte of it matters so much that it hurts. */
	for (gsize i = 0; i < strlen(text) - 1; i++) {
		g_autofree char *part = g_strndup(text, i);
		if (i < strlen(text) - 4)
			g_assert_false(announcement_read(part, &b));
		g_autofree char *bad = g_strdup(text);
		bad[i] = '\xff';
		if (announcement_read(bad, &b))
			announcement_clear(&b);
	}
	announcement_clear(&a);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/announcement/facts", test_facts);
	g_test_add_func("/announcement/rules", test_rules);
	g_test_add_func("/announcement/text", test_text);
	return g_test_run();
}
