/*
 * The configuration: what each value becomes, and that every mistake gives one message with file,
 * line, key and remedy, and never a secret.
 */
#include "sync/config.h"
#include "sync/nearest.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands wherever a secret is expected; no message may hold it. */
#define SECRET "s3cr3tT0ken"

#define ALL (CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_PLANFIX | CONFIG_NEEDS_STORE)
#define PLANFIX "[planfix]\nurl = https://acme.planfix.ru/tel/api/\ntoken = " SECRET "\n"

static char *folder;

static char *
in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static char *
write_file(const char *name, const char *text, gssize length, int mode)
{
	char *path = in_folder(name);
	g_autoptr(GError) error = NULL;

	g_file_set_contents(path, text, length, &error);
	g_assert_no_error(error);
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

static struct config *
load(const char *text, guint needs)
{
	g_autofree char *path = write_file("good.conf", text, -1, 0640);
	GError *error = NULL;
	struct config *config = config_load(path, needs, &error);

	g_assert_no_error(error);
	g_assert_nonnull(config);
	return config;
}

/* What every message must be: file first, one line what, then what to do; and no secret. */
static void
check_message(const GError *error, enum config_error code, const char *path, const char *words)
{
	const char *remedy = strchr(error->message, '\n');

	g_assert_error(error, CONFIG_ERROR, (int)code);
	if (!g_str_has_prefix(error->message, path))
		g_error("no file before: %s", error->message);
	if (!strstr(error->message, words))
		g_error("no \"%s\" in: %s", words, error->message);
	if (!remedy || !remedy[1])
		g_error("no remedy in: %s", error->message);
	if (strstr(error->message, SECRET))
		g_error("a secret in: %s", error->message);
}

static void
refused_bytes(const char *text, gssize length, enum config_error code, const char *words)
{
	g_autofree char *path = write_file("bad.conf", text, length, 0640);
	g_autoptr(GError) error = NULL;

	g_assert_null(config_load(path, ALL, &error));
	g_assert_nonnull(error);
	check_message(error, code, path, words);
}

static void
refused(const char *text, enum config_error code, const char *words)
{
	refused_bytes(text, -1, code, words);
}

static void
bad_value(const char *section, const char *line, const char *words)
{
	g_autofree char *text = g_strdup_printf("%s[%s]\n%s\n", PLANFIX, section, line);
	g_autofree char *key = g_strndup(line, strcspn(line, " ="));
	g_autofree char *path = write_file("bad.conf", text, -1, 0640);
	g_autofree char *place = g_strdup_printf("%s:5: [%s] %s", path, section, key);
	g_autoptr(GError) error = NULL;

	g_assert_null(config_load(path, ALL, &error));
	g_assert_nonnull(error);
	check_message(error, CONFIG_ERROR_VALUE, place, words);
}

static void
test_defaults(void)
{
	struct config *config = load(PLANFIX, ALL);

	g_assert_cmpint(config->source.open.driver, ==, SOURCE_MARIADB);
	g_assert_cmpstr(config->source.open.database, ==, "asteriskcdrdb");
	g_assert_cmpstr(config->source.open.cel_table, ==, "cel");
	g_assert_cmpuint(config->source.open.timeout, ==, 30);
	g_assert_cmpint(config->source.open.tls, ==, SOURCE_TLS_OFF);
	g_assert_null(config->source.open.password);
	g_assert_cmpstr(config->source.timezone, ==, "auto");
	g_assert_cmpint(config->source.start, ==, START_NOW);
	g_assert_cmpint(config->source.settle, ==, 5 * G_USEC_PER_SEC);
	g_assert_cmpint(config->source.gap_wait, ==, 600 * (gint64)G_USEC_PER_SEC);
	g_assert_cmpint(config->source.stale, ==, 6 * 3600 * (gint64)G_USEC_PER_SEC);
	g_assert_true(g_regex_match(config->pbx.extension, "101", 0, NULL));
	g_assert_false(g_regex_match(config->pbx.extension, "79161234567", 0, NULL));
	g_assert_cmpuint(g_hash_table_size(config->pbx.trunk), ==, 0);
	g_assert_false(config->pbx.internal);
	g_assert_null(config->pbx.anonymous);
	g_assert_cmpstr(config->planfix.token, ==, SECRET);
	g_assert_cmpfloat(config->planfix.rate, ==, 5);
	g_assert_cmpuint(config->planfix.connections, ==, 4);
	g_assert_cmpint(config->planfix.give_up, ==, 7 * 86400 * (gint64)G_USEC_PER_SEC);
	g_assert_cmpint(config->planfix.announce, ==, ANNOUNCE_HOOK);
	g_assert_cmpint(config->planfix.unknown, ==, UNKNOWN_RESEND);
	g_assert_cmpuint(g_hash_table_size(config->planfix.data), ==, 0);
	g_assert_cmpint(config->recordings.mp3_quality, ==, 7);
	g_assert_cmpint(config->recordings.wav, ==, WAV_KEEP);
	g_assert_null(config->recordings.publish_dir);
	g_assert_cmpstr(config->store.path, ==, "/var/lib/celsync/celsync.db");
	g_assert_cmpuint(config->store.keep_days, ==, 90);
	g_assert_cmpint(config->log.level, ==, LOG_LEVEL_INFO);
	config_free(config);
}

static void
rewrites(const struct config *config, const char *number, const char *expected)
{
	g_autofree char *text = number_rewritten(config->pbx.rewrite, number);

	g_assert_cmpstr(text, ==, expected);
}

static void
test_values(void)
{
	struct config *config = load("\xef\xbb\xbf# saved by an editor of another system\r\n"
				     "[pbx]\r\n"
				     "trunk = mango, PJSIP/mts ;  beeline;\r\n"
				     "alias = 9101 => 101; 9102=>102\r\n"
				     "employees = 101,102\r\n"
				     "skip_did=74950000000\r\n"
				     "internal = send\r\n"
				     "extension = ^\\d{3}$\r\n"
				     "rewrite = ^8(\\d{1,10})$ => 7$1; ^\\+ => ; x\\;y => z\r\n"
				     "anonymous = 70000000000\r\n"
				     "default_ext = 103\r\n"
				     "[planfix]\r\n"
				     "  rate = 0.5\r\n"
				     "  unknown = hold\r\n"
				     "url = http://127.8.9.1:8080/tel\r\n"
				     "token = a\\b\\s;c=d\r\n"
				     "data_call_start = {call_start}\r\n"
				     "data_Line2 = {pbx} via {did}, {wait} s\r\n"
				     "[recordings]\r\n"
				     "update_cdr = yes\r\nwav = delete\r\n"
				     "publish_dir = /srv/rec\r\nurl = http://rec.example.net/r\r\n"
				     "[log]\r\nlevel = debug\r\n",
	    ALL);

	g_assert_cmpuint(g_hash_table_size(config->pbx.trunk), ==, 3);
	g_assert_true(g_hash_table_contains(config->pbx.trunk, "PJSIP/mts"));
	g_assert_true(g_hash_table_contains(config->pbx.trunk, "beeline"));
	g_assert_cmpstr(g_hash_table_lookup(config->pbx.alias, "9101"), ==, "101");
	g_assert_cmpstr(g_hash_table_lookup(config->pbx.alias, "9102"), ==, "102");
	g_assert_true(g_hash_table_contains(config->pbx.skip_did, "74950000000"));
	g_assert_true(config->pbx.internal);
	g_assert_true(g_regex_match(config->pbx.extension, "012", 0, NULL));
	rewrites(config, "89161234567", "79161234567");
	rewrites(config, "+7916", "7916");
	rewrites(config, "x;y", "z");
	g_assert_cmpfloat(config->planfix.rate, ==, 0.5);
	g_assert_cmpint(config->planfix.unknown, ==, UNKNOWN_HOLD);
	/* As written: passwords are not GKeyFile's escapes. */
	g_assert_cmpstr(config->planfix.token, ==, "a\\b\\s;c=d");
	g_assert_cmpstr(
	    g_hash_table_lookup(config->planfix.data, "Line2"), ==, "{pbx} via {did}, {wait} s");
	g_assert_cmpint(config->recordings.wav, ==, WAV_DELETE);
	g_assert_cmpint(config->log.level, ==, LOG_LEVEL_DEBUG);
	/* An http link and a default_ext that is no employee; the trunk is not empty. */
	g_assert_cmpuint(config->warnings->len, ==, 2);
	config_free(config);

	config = load("[pbx]\nrewrite =\ntrunk =\n[recordings]\npublish_dir =\n", 0);
	rewrites(config, "+7916", "+7916");
	g_assert_null(config->recordings.publish_dir);
	g_assert_null(config->planfix.url);
	g_assert_cmpuint(config->warnings->len, ==, 1);
	config_free(config);
}

static void
test_start(void)
{
	struct config *config =
	    load("[source]\ntimezone = Europe/Moscow\nstart = 2025-11-23 10:00\n", 0);

	g_assert_cmpint(config->source.start, ==, START_TIME);
	g_assert_cmpint(config->source.start_time, ==, 1763881200 * (gint64)G_USEC_PER_SEC);
	config_free(config);
	config = load("[source]\nstart = all\n", 0);
	g_assert_cmpint(config->source.start, ==, START_ALL);
	config_free(config);
	bad_value("source", "start = yesterday", "neither now, nor all");
}

static void
test_files(void)
{
	g_autofree char *nothing = in_folder("nothing.conf");
	g_autoptr(GError) none = NULL;
	g_autoptr(GError) directory = NULL;

	g_assert_null(config_load(nothing, 0, &none));
	check_message(none, CONFIG_ERROR_FILE, nothing, "cannot be read");
	g_assert_null(config_load(folder, 0, &directory));
	check_message(directory, CONFIG_ERROR_FILE, folder, "irectory");

	refused("[planfix]\ntoken = a\n " SECRET "\n", CONFIG_ERROR_FILE, ":3: ");
	refused("[planfix]\n= " SECRET "\n", CONFIG_ERROR_FILE, ":2: ");
	refused("token = " SECRET "\n[planfix]\n", CONFIG_ERROR_FILE, ":1: ");
	refused("[planfix\ntoken = " SECRET "\n", CONFIG_ERROR_FILE, "no closing ]");
	refused(PLANFIX "token = " SECRET "\n", CONFIG_ERROR_KEY,
	    ":4: [planfix] token is given a second time");
	refused("[planfix]\ntoken = caf\xe9 " SECRET "\n", CONFIG_ERROR_FILE, "UTF-8");
	refused_bytes("[log]\n\0level = info\n", 21, CONFIG_ERROR_FILE, "UTF-8");
	refused("", CONFIG_ERROR_VALUE, "url is missing");
	refused("[planfix]\nurl = https://a.example/\n", CONFIG_ERROR_VALUE,
	    "[planfix] token is missing");
}

static void
test_found(void)
{
	g_autofree char *path = write_file("env.conf", "[pbx]\nname = env\n", -1, 0640);
	struct config *config;
	GError *error = NULL;

	g_setenv("CELSYNC_CONFIG", path, TRUE);
	config = config_load(NULL, 0, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config->pbx.name, ==, "env");
	g_assert_cmpstr(config->file, ==, path);
	g_unsetenv("CELSYNC_CONFIG");
	config_free(config);
}

static void
test_unknown(void)
{
	refused("[plan]\n", CONFIG_ERROR_KEY, "The sections are [source] [pbx]");
	refused("[planfx]\n", CONFIG_ERROR_KEY, "Did you mean [planfix]?");
	refused("[planfix]\n\ntokn = " SECRET "\n", CONFIG_ERROR_KEY,
	    ":3: [planfix] has no key tokn\nDid you mean token?");
	refused("[pbx]\nurl = x\n", CONFIG_ERROR_KEY, "url belongs below [planfix].");
	refused("[pbx]\nwhatever = x\n", CONFIG_ERROR_KEY, "has no key whatever");
	refused("[log]\nlevel[ru] = info\n", CONFIG_ERROR_KEY, ":2: ");
	/* The rest of a token that was broken over two lines looks like a key. */
	refused("[planfix]\ntoken = x\n" SECRET "9876543210==\n", CONFIG_ERROR_KEY,
	    "has no key of that name");
}

static void
test_bad_values(void)
{
	bad_value("source", "driver = mysql", "mariadb, sqlite");
	bad_value("source", "tls = yes", "off, on, verify");
	bad_value("source", "port = 70000", "from 0 to 65535");
	bad_value("source", "port = 3306x", "whole number");
	bad_value("source", "port = 0x50", "whole number");
	bad_value("source", "port = -1", "whole number");
	bad_value("source", "settle = 5 # seconds", "length of time");
	bad_value("source", "settle = soon", "length of time");
	bad_value("source", "grace = 0", "out of range");
	bad_value("source", "stale = 10 s", "out of range");
	bad_value("source", "timeout = 500 ms", "out of range");
	bad_value("source", "timeout = 1500 ms", "whole number of seconds");
	bad_value("source", "timezone = Moscow", "no time zone");
	bad_value("source", "timezone =", "empty");
	bad_value("source", "socket = mysqld.sock", "absolute");
	bad_value("pbx", "name = a/b", "letters");
	bad_value("pbx", "extension = ^[1-9", "at char 5");
	bad_value("pbx", "extension =", "empty");
	bad_value("pbx", "alias = 9101", "9101 => 101");
	bad_value("pbx", "alias = 9101 => ", "9101 => 101");
	bad_value("pbx", "internal = yes", "skip, send");
	bad_value("pbx", "anonymous = unknown", "phone number");
	bad_value("pbx", "rewrite = ^8", "no =>");
	bad_value("pbx", "rewrite = ^\\+ =>; ^8( => 7", "at char 3");
	bad_value("planfix", "rate = 5/s", "not a number");
	bad_value("planfix", "rate = nan", "not a number");
	bad_value("planfix", "connections = 0", "from 1 to 64");
	bad_value("planfix", "connections = 2.5", "whole number");
	bad_value("planfix", "give_up = 7 days", "7 d");
	bad_value("planfix", "announce = yes", "hook, poll, off");
	bad_value("planfix", "data_a-b = {talk}", "letters, digits and _");
	bad_value("planfix", "data_ = {talk}", "letters, digits and _");
	bad_value("planfix", "data_x = {duration}", "{duration} is no placeholder");
	bad_value("planfix", "data_x = {talk", "no }");
	bad_value("planfix", "data_x = talk}", "no {");
	bad_value("recordings", "mp3_quality = 10", "from 0 to 9");
	bad_value("recordings", "update_cdr = maybe", "neither yes nor no");
	bad_value("recordings", "wav = delete", "update_cdr = yes");
	bad_value("recordings", "url = ftp://x/", "neither https nor http");
	bad_value("store", "path = celsync.db", "absolute");
	bad_value("store", "keep_days = 0", "from 1 to 36500");
	bad_value("log", "level = loud", "error, warning, info, debug");
	refused(
	    PLANFIX "[recordings]\npublish_dir = /srv/rec\n", CONFIG_ERROR_VALUE, "url is missing");
	refused(PLANFIX "[recordings]\nurl = https://a.example/\n", CONFIG_ERROR_VALUE,
	    "publish_dir is missing");
	refused(
	    PLANFIX "[source]\ndriver = sqlite\n", CONFIG_ERROR_VALUE, "[source] path is missing");
}

static void
url(const char *address, const char *words)
{
	g_autofree char *text =
	    g_strdup_printf("[planfix]\nurl = %s\ntoken = " SECRET "\n", address);

	if (words)
		refused(text, CONFIG_ERROR_VALUE, words);
	else
		config_free(load(text, ALL));
}

static void
test_url(void)
{
	url("https://acme.planfix.ru/tel/api/", NULL);
	url("https://acme.planfix.ru:8443/tel/api/?x=1", NULL);
	url("http://localhost:8080/", NULL);
	url("http://127.0.0.1/", NULL);
	url("http://127.255.1.2/", NULL);
	url("http://[::1]:8080/", NULL);
	url("http://acme.planfix.ru/", "unencrypted");
	url("http://10.0.0.1/", "unencrypted");
	url("http://128.0.0.1/", "unencrypted");
	url("http://127.0.0.1.example.net/", "unencrypted");
	url("http://localhost.example.net/", "unencrypted");
	url("http://[::2]/", "unencrypted");
	url("http://[::ffff:10.0.0.1]/", "unencrypted");
	url("ftp://acme.planfix.ru/", "neither https nor http");
	url("acme.planfix.ru/tel/api", "not an address");
	url("https:///tel/api", "no host");
	url("https://user:" SECRET "@acme.planfix.ru/", "@");
	url("https://localhost@evil.example/", "@");
	url("https://acme.planfix.ru/#x", "#");
}

static void
mode(int bits, const char *words)
{
	g_autofree char *path = write_file("mode.conf", PLANFIX, -1, bits);
	g_autoptr(GError) error = NULL;
	struct config *config = config_load(path, ALL, &error);

	g_assert_true((config == NULL) == (words != NULL));
	if (words)
		check_message(error, CONFIG_ERROR_MODE, path, words);
	g_clear_pointer(&config, config_free);
}

static void
test_modes(void)
{
	g_autofree char *harmless = NULL;
	g_autofree char *hijack = NULL;
	g_autoptr(GError) error = NULL;
	struct config *config;

	mode(0600, NULL);
	mode(0640, NULL);
	mode(0644, "read by everybody");
	mode(0642, "changed by everybody");
	mode(0660, "changed by its group");
	/* Without a secret in it a file may be read by all, but not written: it says where the token goes. */
	harmless = write_file("harmless.conf", "[log]\nlevel = info\n", -1, 0644);
	config = config_load(harmless, 0, NULL);
	g_assert_nonnull(config);
	config_free(config);
	hijack = write_file("hijack.conf", "[log]\nlevel = info\n", -1, 0646);
	g_assert_null(config_load(hijack, 0, &error));
	g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_MODE);
}

static void
token_file(const char *content, int bits, enum config_error code, const char *words)
{
	g_autofree char *token = write_file("token", content, -1, bits);
	g_autofree char *text =
	    g_strdup_printf("[planfix]\nurl = https://a.example/\ntoken_file = %s\n", token);
	struct config *config;

	if (words) {
		refused(text, code, words);
		/* Who sends nothing need not be able to read it. */
		config_free(load(text, CONFIG_NEEDS_SOURCE));
		return;
	}
	config = load(text, ALL);
	g_assert_cmpstr(config->planfix.token, ==, SECRET);
	config_free(config);
}

static void
test_secret_files(void)
{
	struct config *config;

	token_file(SECRET "\n", 0600, 0, NULL);
	token_file("  " SECRET "\r\n\n", 0440, 0, NULL);
	token_file(SECRET "\n", 0644, CONFIG_ERROR_MODE, ":3: [planfix] token_file: ");
	token_file(SECRET "\n", 0620, CONFIG_ERROR_MODE, "changed by its group");
	token_file("\n", 0600, CONFIG_ERROR_VALUE, "is empty");
	token_file(SECRET "\nmore\n", 0600, CONFIG_ERROR_VALUE, "more than one line");
	refused("[planfix]\nurl = https://a.example/\ntoken_file = /nowhere/token\n",
	    CONFIG_ERROR_FILE, "/nowhere/token cannot be read");

	config = load(PLANFIX "token_file = /nowhere/token\n", ALL);
	g_assert_cmpstr(config->planfix.token, ==, SECRET);
	g_assert_nonnull(strstr(config->warnings->pdata[0], "token_file is not read"));
	config_free(config);
}

static void
test_credentials(void)
{
	g_autofree char *token = write_file("token", SECRET "\n", -1, 0400);
	g_autofree char *password = write_file("password", "pass word", -1, 0400);
	struct config *config;

	g_setenv("CREDENTIALS_DIRECTORY", folder, TRUE);
	config = load("[planfix]\nurl = https://a.example/\n", ALL);
	g_assert_cmpstr(config->planfix.token, ==, SECRET);
	g_assert_cmpstr(config->source.open.password, ==, "pass word");
	config_free(config);
	config = load("[planfix]\nurl = https://a.example/\ntoken = first\n", ALL);
	g_assert_cmpstr(config->planfix.token, ==, "first");
	config_free(config);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	g_unlink(token);
	g_unlink(password);
}

static void
duration(const char *text, gint64 expected)
{
	g_autoptr(GError) error = NULL;
	gint64 us = -1;

	g_assert_true(config_parse_duration(text, &us, &error) == (expected >= 0));
	if (expected >= 0)
		g_assert_cmpint(us, ==, expected);
	else
		g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE);
}

static void
test_durations(void)
{
	const gint64 second = G_USEC_PER_SEC;

	duration("120", 120 * second);
	duration("0", 0);
	duration("500 ms", second / 2);
	duration("5 s", 5 * second);
	duration("5s", 5 * second);
	duration("10 min", 600 * second);
	duration("6 h", 21600 * second);
	duration("7 d", 604800 * second);
	duration("", -1);
	duration(" 5", -1);
	duration("-5", -1);
	duration("+5", -1);
	duration("1.5 h", -1);
	duration("5 weeks", -1);
	duration("99999999999999999999 d", -1);
	duration("20000000 d", -1);
}

static void
time_is(const char *text, const char *zone, gint64 seconds, gint64 us)
{
	g_autoptr(GTimeZone) tz = zone ? g_time_zone_new_identifier(zone) : NULL;
	g_autoptr(GError) error = NULL;
	gint64 value = 0;

	g_assert_true(config_parse_time(text, tz, &value, &error) == (seconds >= 0));
	if (seconds >= 0)
		g_assert_cmpint(value, ==, seconds * G_USEC_PER_SEC + us);
	else
		g_assert_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE);
}

static void
test_times(void)
{
	time_is("2025-11-23", "Europe/Moscow", 1763845200, 0);
	time_is("2025-11-23 10:00", "Europe/Moscow", 1763881200, 0);
	time_is("2025-11-23 10:00:07", "UTC", 1763892007, 0);
	time_is("2025-11-23T12:28:20Z", "Europe/Moscow", 1763900900, 0);
	time_is("2025-11-23T15:28:20.25+03:00", NULL, 1763900900, 250000);
	time_is("2025-11-23 12:28:20.1234567Z", NULL, 1763900900, 123456);
	/* The machine's zone, whichever it is. */
	{
		g_autoptr(GDateTime) local = g_date_time_new_local(2025, 11, 23, 10, 0, 0);

		time_is("2025-11-23 10:00", NULL, g_date_time_to_unix(local), 0);
	}
	time_is("", NULL, -1, 0);
	time_is("2025-02-30", NULL, -1, 0);
	time_is("2025-11-23 25:00", NULL, -1, 0);
	time_is("2025-11-23Z", NULL, -1, 0);
	time_is("2025-11-23 10", NULL, -1, 0);
	time_is("2025-11-23 10:00\n", NULL, -1, 0);
	time_is("23.11.2025", NULL, -1, 0);
	time_is("now", NULL, -1, 0);
	time_is("2025-11-23\xff", NULL, -1, 0);
}

static void
test_nearest(void)
{
	static const char *const words[] = { "sync", "status", "show", "check", "calls", "replay" };
	const gsize n = G_N_ELEMENTS(words);

	g_assert_cmpuint(nearest_distance("sync", "sync"), ==, 0);
	g_assert_cmpuint(nearest_distance("snyc", "sync"), ==, 1);
	g_assert_cmpuint(nearest_distance("", "abc"), ==, 3);
	g_assert_cmpuint(nearest_distance("kitten", "sitting"), ==, 3);
	g_assert_cmpstr(nearest_word("snyc", words, n), ==, "sync");
	g_assert_cmpstr(nearest_word("stats", words, n), ==, "status");
	g_assert_cmpstr(nearest_word("chekc", words, n), ==, "check");
	g_assert_null(nearest_word("upload", words, n));
	g_assert_null(nearest_word("x", words, n));
	g_assert_null(nearest_word("", words, n));
	g_assert_null(
	    nearest_word("a word so long that nobody can have meant any of the others", words, n));
}

/* The sample's line for a key, uncommented: "key = default", or "key =" where there is none. */
static char *
sample_line(const struct config_key *key)
{
	if (g_str_has_suffix(key->key, "*"))
		return g_strdup("data_call_start = {call_start}");
	return g_strdup_printf(
	    "%s =%s%s", key->key, key->fallback ? " " : "", key->fallback ? key->fallback : "");
}

static void
test_sample(void)
{
	const char *top = g_getenv("CELSYNC_TOP");
	g_autofree char *path =
	    g_build_filename(top ? top : ".", "cron", "celsync.conf.sample", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GString) uncommented = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) lines = NULL;
	const struct config_key *key = config_keys();
	const char *section = "";

	g_assert_true(g_file_get_contents(path, &text, NULL, &error));
	config_free(load(text, 0));

	/* Every key of the table, in its order and section, with its default; and no other. */
	lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i]; i++) {
		g_autofree char *expected = NULL;

		if (lines[i][0] == '[') {
			section = lines[i];
			g_string_append_printf(uncommented, "%s\n", lines[i]);
		}
		if (lines[i][0] != '#' || g_ascii_isspace(lines[i][1]) || !lines[i][1])
			continue;
		g_assert_nonnull(key->section);
		expected = sample_line(key);
		g_assert_cmpstr(lines[i] + 1, ==, expected);
		g_assert_cmpint(strncmp(section + 1, key->section, strlen(key->section)), ==, 0);
		g_string_append_printf(uncommented, "%s\n", lines[i] + 1);
		key++;
	}
	g_assert_null(key->section);

	/* Each default is a value that may be written. */
	config_free(load(uncommented->str, 0));
}

static void
test_table(void)
{
	for (const struct config_key *key = config_keys(); key->section; key++) {
		g_assert_nonnull(key->help);
		g_assert_null(strchr(key->help, '\n'));
		g_assert_true((key->type == CONFIG_CHOICE) == (key->choices != NULL));
		g_assert_true((key->type == CONFIG_SECRET) == key->secret);
		for (const struct config_key *other = key + 1; other->section; other++) {
			g_assert_cmpuint(key->offset, !=, other->offset);
			g_assert_false(strcmp(key->section, other->section) == 0 &&
				       strcmp(key->key, other->key) == 0);
		}
	}
}

int
main(int argc, char **argv)
{
	static const char *const leftovers[] = { "good.conf", "bad.conf", "env.conf", "mode.conf",
		"harmless.conf", "hijack.conf", "token", "password" };
	int status;

	g_test_init(&argc, &argv, NULL);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	folder = g_dir_make_tmp("celsync-config-XXXXXX", NULL);
	g_test_add_func("/config/defaults", test_defaults);
	g_test_add_func("/config/values", test_values);
	g_test_add_func("/config/start", test_start);
	g_test_add_func("/config/files", test_files);
	g_test_add_func("/config/found", test_found);
	g_test_add_func("/config/unknown", test_unknown);
	g_test_add_func("/config/bad-values", test_bad_values);
	g_test_add_func("/config/url", test_url);
	g_test_add_func("/config/modes", test_modes);
	g_test_add_func("/config/secret-files", test_secret_files);
	g_test_add_func("/config/credentials", test_credentials);
	g_test_add_func("/config/durations", test_durations);
	g_test_add_func("/config/times", test_times);
	g_test_add_func("/config/nearest", test_nearest);
	g_test_add_func("/config/sample", test_sample);
	g_test_add_func("/config/table", test_table);
	status = g_test_run();
	for (gsize i = 0; i < G_N_ELEMENTS(leftovers); i++) {
		g_autofree char *path = in_folder(leftovers[i]);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
	return status;
}
