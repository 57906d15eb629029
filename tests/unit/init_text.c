/* The text init writes is the sample with values in it. */
#include "sync/config.h"
#include "sync/init_text.h"

#include <string.h>

static GHashTable *
table(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void
test_sample(void)
{
	const char *top = g_getenv("CELSYNC_TOP");
	g_autofree char *path =
	    g_build_filename(top != NULL ? top : ".", "cron/celsync.conf.sample", NULL);
	g_autofree char *sample = NULL, *text = init_text("title", NULL, NULL);
	g_assert_true(g_file_get_contents(path, &sample, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "# title\n#\n"));
	g_assert_cmpstr(strstr(text, "\n[source]\n"), ==, strstr(sample, "\n[source]\n"));
}

static void
test_values(void)
{
	g_autoptr(GHashTable) values = table(), remarks = table();
	static const char *const settings[] = { "pbx.trunk=a; b", "planfix.data_two= {did} ",
		"planfix.data_one=x=y", "source.settle=1 s", "recordings.url=https://x/" };
	for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
		g_assert_true(init_text_set(values, settings[i], NULL));
	g_hash_table_insert(remarks, g_strdup("pbx.employees"), g_strdup("This PBX has: 101; 102"));
	g_autofree char *text = init_text("t", values, remarks);
	g_assert_nonnull(strstr(text, "\ntrunk = a; b\n"));
	g_assert_null(strstr(text, "#trunk"));
	g_assert_nonnull(strstr(text, "\ndata_one = x=y\ndata_two = {did}\n"));
	g_assert_nonnull(strstr(text, "# This PBX has: 101; 102\n#employees =\n"));
	g_assert_nonnull(strstr(text, "\n#url =\n"));
	g_assert_nonnull(strstr(text, "\nurl = https://x/\n"));
}

static void
refused(const char *setting, const char *words)
{
	g_autoptr(GHashTable) values = table();
	g_autoptr(GError) error = NULL;
	g_assert_false(init_text_set(values, setting, &error));
	g_assert_nonnull(strstr(error->message, words));
	g_assert_nonnull(strchr(error->message, '\n'));
	g_assert_cmpuint(g_hash_table_size(values), ==, 0);
}

static void
test_refused(void)
{
	refused("trunk", "there is no value");
	refused("trunk=x", "there is no such key");
	refused("pbx.trnk=x", "Did you mean pbx.trunk?");
	refused("planfix.data_=x", "there is no such key");
	refused("planfix.token=hidden", "a secret on the command line");
	refused("source.password=hidden", "a secret on the command line");
	refused("pbx.trunk=a\n[planfix]", "a value is one line");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/init_text/sample", test_sample);
	g_test_add_func("/init_text/values", test_values);
	g_test_add_func("/init_text/refused", test_refused);
	return g_test_run();
}
