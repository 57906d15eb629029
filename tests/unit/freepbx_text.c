/* FreePBX's files as text: what is read, and what is not taken for what it only looks like. */
#include "sync/freepbx_text.h"

static GHashTable *
table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
test_php(void)
{
	static const struct {
		const char *text, *value; /* of KEY; NULL: none */
	} cases[] = {
		{ "$amp_conf['KEY'] = 'value';", "value" },
		{ "$amp_conf[\"KEY\"]=\"value\";", "value" },
		{ "  $amp_conf [ 'KEY' ]\t=\n 'value' ;", "value" },
		{ "$amp_conf['KEY'] = '';", "" },
		{ "$amp_conf['KEY'] = 'it\\'s \\\\ \\n';", "it's \\ \\n" },
		{ "$amp_conf['KEY'] = \"a \\\"b\\\" \\$c\";", "a \"b\" $c" },
		{ "$amp_conf['KEY'] = 'a // b # c /* d';", "a // b # c /* d" },
		{ "$amp_conf['KEY'] = 'first'; $amp_conf['KEY'] = 'second';", "first" },
		{ "// $amp_conf['KEY'] = 'value';", NULL },
		{ "# $amp_conf['KEY'] = 'value';", NULL },
		{ "/* $amp_conf['KEY'] = 'value'; */", NULL },
		{ "/* $amp_conf['KEY'] = 'old'; */ $amp_conf['KEY'] = 'new';", "new" },
		{ "$text = \"$amp_conf['KEY'] = 'value';\";", NULL },
		{ "$text = '$amp_conf[\"KEY\"] = \"value\";';", NULL },
		{ "$amp_conf['KEY'] = $other;", NULL },
		{ "$amp_conf['KEY'] = \"a$5 b$ \\q\";", "a$5 b$ \\q" },
		{ "$amp_conf['KEY'] = \"a${b}\";", NULL },
		{ "$amp_conf['KEY'] = \"a{$b}\";", NULL },
		{ "$amp_conf['KEY'] = \"a\\n\";", NULL },
		{ "$amp_conf['KEY'] = 'a$b';", "a$b" },
		{ "$amp_conf['KEY'] = \"pre$other\";", NULL },
		{ "$amp_conf['KEY'] = 'a' . 'b';", NULL },
		{ "$amp_conf['KEY'] = 'no end", NULL },
		{ "$amp_conf['KEY", NULL },
		{ "$amp_conf", NULL },
		{ "", NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GHashTable) got = table();
		freepbx_text_php(cases[i].text, got);
		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(g_hash_table_lookup(got, "KEY"), ==, cases[i].value);
	}
}

static void
test_amportal(void)
{
	g_autoptr(GHashTable) got = table();
	freepbx_text_amportal("# NO=comment\nKEY=value\nSPACED=a\\ b\\ c\n EDGE = "
			      "x=y\n=none\nno\nEMPTY=\nKEY=later\n",
	    got);
	g_assert_cmpstr(g_hash_table_lookup(got, "KEY"), ==, "value");
	g_assert_cmpstr(g_hash_table_lookup(got, "SPACED"), ==, "a b c");
	g_assert_cmpstr(g_hash_table_lookup(got, "EDGE"), ==, " x=y");
	g_assert_cmpstr(g_hash_table_lookup(got, "EMPTY"), ==, "");
	g_assert_cmpuint(g_hash_table_size(got), ==, 4);
}

static void
test_section(void)
{
	static const char text[] =
	    "[other]\ndsn=>wrong\n;--\n[asteriskcdrdb]\ndsn=>commented\n--;\n"
	    "[asteriskcdrdb]\nenabled=>yes\nDSN => MySQL-x ; a comment\npassword=>a\\;b\n; "
	    "dsn=>no\n"
	    "[last]\nuser=>u\n";
	g_autoptr(GHashTable) got = table();
	g_assert_true(freepbx_text_section(text, "asteriskcdrdb", got));
	g_assert_cmpstr(g_hash_table_lookup(got, "dsn"), ==, "MySQL-x");
	g_assert_cmpstr(g_hash_table_lookup(got, "password"), ==, "a;b");
	g_assert_null(g_hash_table_lookup(got, "user"));
	g_assert_false(freepbx_text_section(text, "nowhere", got));
}

static char *
joined(GPtrArray *list)
{
	g_ptr_array_add(list, NULL);
	return g_strjoinv(" ", (char **)list->pdata);
}

static void
test_endpoints(void)
{
	g_autoptr(GPtrArray) extensions = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) trunks = g_ptr_array_new_with_free_func(g_free);
	freepbx_text_endpoints(
	    "[template](!)\ntype=endpoint\n[101](template)\ntype=endpoint\ncontext=from-internal\n"
	    "[101]\ntype=auth\n[101]\ntype=aor\n[101]\ntype=endpoint\n"
	    "[mango]\ntype=endpoint\ncontext=from-pstn\n[74951234567]\ntype=endpoint\n"
	    "[200]\ncontext=from-trunk-pjsip-200\ntype=endpoint\n"
	    "[anonymous]\ntype=endpoint\n[dpma_endpoint]\ntype=endpoint\n[102]\ntype=endpoint",
	    extensions, trunks);
	g_autofree char *phones = joined(extensions), *outside = joined(trunks);
	g_assert_cmpstr(phones, ==, "101 102");
	g_assert_cmpstr(outside, ==, "mango 74951234567 200");
}

static void
pattern(const char *names, const char *wanted)
{
	g_auto(GStrv) list = g_strsplit(names, " ", -1);
	g_autoptr(GPtrArray) extensions = g_ptr_array_new_with_free_func(g_free);
	for (int i = 0; list[i] != NULL; i++)
		freepbx_text_add(extensions, list[i]);
	g_autofree char *got = freepbx_text_extension(extensions);
	g_assert_cmpstr(got, ==, wanted);
	for (guint i = 0; wanted != NULL && i < extensions->len; i++)
		g_assert_true(g_regex_match_simple(wanted, extensions->pdata[i], 0, 0));
}

static void
test_extension(void)
{
	pattern("", NULL);
	pattern("101 102 2000", NULL);
	pattern("101 200001", "^[1-9][0-9]{2,5}$");
	pattern("0101 0102", "^[0-9]{4}$");
	pattern("001 20", "^[0-9]{2,3}$");
	pattern("7 101", "^[1-9][0-9]{0,2}$");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/freepbx_text/php", test_php);
	g_test_add_func("/freepbx_text/amportal", test_amportal);
	g_test_add_func("/freepbx_text/section", test_section);
	g_test_add_func("/freepbx_text/endpoints", test_endpoints);
	g_test_add_func("/freepbx_text/extension", test_extension);
	return g_test_run();
}
