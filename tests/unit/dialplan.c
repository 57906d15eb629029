/* The hooks in extensions_custom.conf. */
#include "sync/dialplan.h"

#include <string.h>

static char *
merge(const char *text, guint notes_wanted)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	char *merged = dialplan_merge(text, "/opt/celsync-hook", notes, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(notes->len, ==, notes_wanted);
	/* A second time changes nothing; and it can be taken out. */
	g_autofree char *again = dialplan_merge(merged, "/opt/celsync-hook", notes, &error);
	g_assert_cmpstr(again, ==, merged);
	g_autofree char *without = dialplan_without(merged);
	g_assert_cmpstr(without, ==, text);
	return merged;
}

static guint
times(const char *text, const char *what)
{
	guint n = 0;
	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
test_empty(void)
{
	g_autofree char *merged = merge("", 0);
	g_assert_cmpuint(times(merged, "\n[macro-"), ==, 4);
	g_assert_cmpuint(times(merged, "\nexten => s,1,AGI(/opt/celsync-hook,"), ==, 4);
	g_assert_cmpuint(times(merged, "?Return())\n"), ==, 4);

	g_autofree char *other = merge("[mine]\nexten => 1,1,Answer()\n", 0);
	g_assert_true(g_str_has_prefix(other, "[mine]\nexten => 1,1,Answer()\n\n;"));
	g_assert_true(g_str_has_suffix(other, merged));
}

/* What is written is what the file for doing it by hand says. */
static void
test_file(void)
{
	const char *top = g_getenv("CELSYNC_TOP");
	g_autoptr(GError) error = NULL;
	g_autofree char *path =
	    g_build_filename(top != NULL ? top : ".", "cron", "extensions_celsync.conf", NULL);
	g_autofree char *file = NULL;
	g_file_get_contents(path, &file, NULL, &error);
	g_assert_no_error(error);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *merged = dialplan_merge("", "/usr/bin/celsync-hook", notes, &error);
	g_autoptr(GRegex) rest = g_regex_new("^(;.*)?\n", G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *wanted = g_regex_replace_literal(rest, merged, -1, 0, "", 0, NULL);
	g_autofree char *got = g_regex_replace_literal(rest, file, -1, 0, "", 0, NULL);
	g_assert_cmpstr(got, ==, wanted);
}

static void
test_one_line(void)
{
	g_autofree char *merged = merge("[macro-dialout-one-predial-hook] ; mine\n"
					"exten => s,1(here),NoOp(x)\n"
					"exten => s,n,MacroExit()\n"
					"[other]\n"
					"exten => s,1,NoOp()\n"
					"exten => s,2,NoOp()\n",
	    0);
	g_assert_nonnull(
	    strstr(merged, "exten => s,1(here),NoOp(x)\n same => n,AGI(/opt/celsync-hook,"
			   "in,${DEXTEN},"));
	g_assert_cmpuint(times(merged, "[macro-dialout-one-predial-hook]"), ==, 1);
	g_assert_cmpuint(times(merged, "AGI("), ==, 4);
	g_assert_cmpuint(times(merged, "?Return())"), ==, 3);
}

/* A first line that may leave: ours goes before it. */
static void
test_first_line_leaves(void)
{
	static const char *const first[] = { "MacroExit()", "Return()", "GotoIf($[1]?x)",
		"ExecIf($[1]?Return())" };
	for (gsize i = 0; i < G_N_ELEMENTS(first); i++) {
		g_autofree char *text = g_strdup_printf(
		    "[macro-dial-hunt-predial-hook]\nexten => s,1,%s\n same => n(x),NoOp(1)\n",
		    first[i]);
		g_autofree char *merged = merge(text, 0);
		g_autofree char *moved = g_strdup_printf("\nexten => s,n,%s\n same", first[i]);
		g_assert_nonnull(strstr(merged, moved));
		g_assert_true(g_str_has_prefix(merged,
		    "[macro-dial-hunt-predial-hook]\nexten => s,1,AGI(/opt/celsync-hook,in,"));
	}
}

static void
test_comments(void)
{
	g_autofree char *merged = merge(";--\n[macro-dial-hunt-predial-hook]\n--;\n"
					";[macro-dialout-one-predial-hook]\n"
					";--- a line\n"
					"[macro-dialout-trunk-predial-hook]\n"
					"; exten => s,2,NoOp()\n"
					"exten=s,1,Set(A=1) ; x\n",
	    0);
	g_assert_cmpuint(times(merged, "\n[macro-dial-hunt-predial-hook]"), ==, 2);
	g_assert_cmpuint(times(merged, "\n[macro-dialout-one-predial-hook]"), ==, 1);
	g_assert_cmpuint(times(merged, "\n[macro-dialout-trunk-predial-hook]"), ==, 1);
	g_assert_nonnull(strstr(merged, "exten=s,1,Set(A=1) ; x\n same => n,AGI("));
}

static void
test_by_hand(void)
{
	static const char *const texts[] = {
		"[macro-dialout-one-predial-hook]\nexten => s,1,NoOp()\nexten => s,2,NoOp()\n",
		"[macro-dialout-one-predial-hook]\nexten => s,1,NoOp()\nsame => 2,NoOp()\n",
		"[macro-dialout-one-predial-hook]\ninclude => other\n",
		"[macro-dialout-one-predial-hook]\nexten => _X.,1,NoOp()\n",
	};
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
		g_assert_null(dialplan_merge(texts[i], "/opt/celsync-hook", notes, &error));
		g_assert_error(error, DIALPLAN_ERROR, DIALPLAN_ERROR_BY_HAND);
		g_assert_nonnull(strstr(error->message, "[macro-dialout-one-predial-hook]"));
		g_assert_nonnull(strstr(error->message, "AGI(/opt/celsync-hook,in,"));
	}
}

static void
test_notes(void)
{
	g_free(merge("[macro-dialout-one-predial-hook]\n"
		     "exten => s,1,System(php /opt/PlanFix/in.php)\n",
	    1));
	g_autoptr(GPtrArray) defined =
	    dialplan_defined("[x]\n[macro-dial-hunt-predial-hook](+)\nexten => s,1,NoOp()\n");
	g_assert_cmpuint(defined->len, ==, 1);
	g_assert_cmpstr(defined->pdata[0], ==, "macro-dial-hunt-predial-hook");
}

static void
test_difference(void)
{
	const char *a = "1\n2\n3\n4\n";
	const struct {
		const char *b, *wanted;
	} cases[] = {
		{ "1\n2\n3\n4\n", "" },
		{ "1\nx\n2\n3\n4\n", "    2 + x\n" },
		{ "1\n3\n4\n", "    2 - 2\n" },
		{ "1\ny\n3\n4\nz\n", "    2 - 2\n    2 + y\n    5 + z\n" },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = dialplan_difference(a, cases[i].b);
		g_assert_cmpstr(got, ==, cases[i].wanted);
	}
}

static void
test_kind(void)
{
	g_assert_cmpint(dialplan_kind("exten => s,n(godial),Macro(dialout-one-predial-hook,)\n"),
	    ==, DIALPLAN_MACRO);
	g_assert_cmpint(dialplan_kind("exten => s,n,Gosub(macro-dialout-one-predial-hook,s,1())\n"),
	    ==, DIALPLAN_GOSUB);
	g_assert_cmpint(dialplan_kind("exten => s,n,GosubIf($[1]?macro-user-callerid,s,1())\n"), ==,
	    DIALPLAN_UNKNOWN);
}

/* What hangs up calls: tried on Asterisk 16 (Macro) and 22 (Gosub). */
static void
test_fault(void)
{
	static const char macro_exit[] =
	    "[macro-dialout-one-predial-hook]\nexten => s,1,NoOp()\n same => n,MacroExit()\n";
	static const char bare_return[] =
	    "[macro-dialout-one-predial-hook]\nexten => s,1,NoOp()\n same => n,Return()\n";
	static const char nothing[] = "[macro-dialout-one-predial-hook]\nexten => s,1,NoOp()\n; "
				      "same => n,Return()\n[x]\nexten => s,1,Return()\n";
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *ours = dialplan_merge("", "/usr/bin/celsync-hook", notes, NULL);
	const struct {
		const char *text;
		enum dialplan_kind kind;
		const char *fault;
	} cases[] = {
		{ macro_exit, DIALPLAN_GOSUB, "ends with MacroExit" },
		{ macro_exit, DIALPLAN_MACRO, NULL },
		{ bare_return, DIALPLAN_MACRO, "ends with Return" },
		{ bare_return, DIALPLAN_GOSUB, NULL },
		{ nothing, DIALPLAN_GOSUB, "has no Return" },
		{ nothing, DIALPLAN_MACRO, NULL },
		{ macro_exit, DIALPLAN_UNKNOWN, NULL },
		{ ours, DIALPLAN_MACRO, NULL },
		{ ours, DIALPLAN_GOSUB, NULL },
		{ "", DIALPLAN_GOSUB, NULL },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *fault = dialplan_fault(cases[i].text, cases[i].kind);
		g_test_message("%zu: %s", i, fault != NULL ? fault : "well");
		g_assert_true(cases[i].fault == NULL
				  ? fault == NULL
				  : fault != NULL && strstr(fault, cases[i].fault) != NULL);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dialplan/empty", test_empty);
	g_test_add_func("/dialplan/file", test_file);
	g_test_add_func("/dialplan/one_line", test_one_line);
	g_test_add_func("/dialplan/first_line_leaves", test_first_line_leaves);
	g_test_add_func("/dialplan/comments", test_comments);
	g_test_add_func("/dialplan/by_hand", test_by_hand);
	g_test_add_func("/dialplan/notes", test_notes);
	g_test_add_func("/dialplan/difference", test_difference);
	g_test_add_func("/dialplan/kind", test_kind);
	g_test_add_func("/dialplan/fault", test_fault);
	return g_test_run();
}
