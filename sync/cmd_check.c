/*
 * celsync check: is everything as it must be? One line a fact: ✓ well, ! deserves a look, ✗ wrong;
 * below ! and ✗ stands what to do. Nothing is changed: a store made by root's check would lock the
 * service's user out.
 */
#include "store/store.h"
#include "sync/app.h"
#include "sync/http.h"
#include "sync/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nights and Sundays are quiet; a table that got nothing for longer may no longer be written. */
#define QUIET (24 * 3600 * (gint64)G_USEC_PER_SEC)

enum mark {
	MARK_WELL,
	MARK_LOOK,
	MARK_WRONG
};

struct findings {
	gboolean utf8;
	guint wrongs;
};

/* The first line of the text goes behind the mark, the others below it. */
static void
    G_GNUC_PRINTF(3, 4) tell(struct findings *findings, enum mark mark, const char *format, ...)
{
	static const char *const utf8[] = { "✓", "!", "✗" }, *const ascii[] = { "ok", "!",
		"WRONG" };
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	lines = g_strsplit(text, "\n", -1);
	printf("%s %s\n", (findings->utf8 ? utf8 : ascii)[mark], lines[0]);
	for (int i = 1; lines[0] && lines[i]; i++)
		printf("    %s\n", lines[i]);
	findings->wrongs += mark == MARK_WRONG;
}

static void
tell_wall(GString *out, gint64 wall)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(wall / G_USEC_PER_SEC);
	g_autofree char *text = time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : NULL;

	g_string_append(out, text ? text : "an impossible time");
}

/*
 * What the clock in the table shows now. With `auto` nothing has been derived yet and the machine's
 * zone is assumed: a few hours do not matter to what is asked here.
 */
static gint64
wall_now(const struct source_settings *settings, gboolean utc)
{
	gint64 now = g_get_real_time();
	const char *name = settings->timezone;
	g_autoptr(GTimeZone) zone = NULL;
	int interval;

	if (utc || strcmp(name, "utc") == 0)
		return now;
	if (strcmp(name, "auto") != 0 && strcmp(name, "local") != 0)
		zone = g_time_zone_new_identifier(name);
	if (!zone)
		zone = g_time_zone_new_local();
	interval = g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, now / G_USEC_PER_SEC);
	return now + g_time_zone_get_offset(zone, interval) * (gint64)G_USEC_PER_SEC;
}

static void
check_newest(struct findings *findings, const struct source_settings *settings, source *db)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) when = g_string_new(NULL);
	gint64 first, last, id;
	struct wall time;
	gboolean found;

	if (!source_bounds(db, &first, &last, &error) ||
	    !source_probe(db, last, &id, &time, &found, &error)) {
		tell(findings, MARK_WRONG, "cel: %s", error->message);
		return;
	}
	if (!found || time.us == WALL_NONE) {
		tell(findings, MARK_LOOK,
		    "cel: the time of the newest row cannot be read\nLook at the column "
		    "eventtime.");
		return;
	}
	tell_wall(when, time.us);
	if (wall_now(settings, time.utc) - time.us > QUIET)
		tell(findings, MARK_LOOK,
		    "cel: the newest row is of %s, more than a day ago\n"
		    "If there were calls since: asterisk -rx 'cel show status', and look at "
		    "Asterisk's log.",
		    when->str);
	else
		tell(findings, MARK_WELL, "cel: the newest row is of %s (as written)", when->str);
}

static void
check_source(struct findings *findings, const struct source_settings *settings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(source) db = source_open(&settings->open, &error);
	const char *const *missing;

	if (!db) {
		tell(findings, MARK_WRONG, "source: %s", error->message);
		return;
	}
	tell(findings, MARK_WELL, "source: %s", source_name(db));
	missing = source_missing(db);
	if (missing && missing[0]) {
		g_autofree char *names = g_strjoinv(", ", (char **)missing);

		tell(findings, MARK_WELL,
		    "columns: without %s; calls lack what they would have told", names);
	}
	if (source_has_cel(db))
		check_newest(findings, settings, db);
	else if (source_has_cdr(db))
		tell(findings, MARK_LOOK,
		    "cel: no rows; calls can only be rebuilt from %s, without who talked to whom\n"
		    "Switch CEL on: Asterisk's cel.conf, or CEL_ENABLED in FreePBX's Advanced "
		    "Settings.",
		    settings->open.cdr_table);
	if (!source_has_cdr(db))
		tell(findings, source_has_cel(db) ? MARK_LOOK : MARK_WRONG,
		    "cdr: no rows in %s\nSee that Asterisk writes its call detail records there.",
		    settings->open.cdr_table);
}

/* access() answers for the user who runs the check, read-only file systems included. */
static gboolean
check_folder(
    struct findings *findings, const char *what, const char *path, int rights, const char *remedy)
{
	struct stat st;
	int e = 0;

	if (stat(path, &st) < 0)
		e = errno;
	else if (!S_ISDIR(st.st_mode))
		e = ENOTDIR;
	else if (access(path, rights) < 0)
		e = errno;
	if (e)
		tell(findings, MARK_WRONG, "%s: %s: %s\n%s", what, path, g_strerror(e), remedy);
	return e == 0;
}

static void
check_recordings(struct findings *findings, const struct recordings_settings *settings)
{
	if (check_folder(findings, "recordings", settings->spool, R_OK | X_OK,
		"Correct [recordings] spool, or let the user celsync runs as read it (group "
		"asterisk).")) {
		if (access(settings->spool, W_OK) < 0)
			tell(findings, MARK_LOOK,
			    "recordings: %s can be read but not written: MP3s are put beside their "
			    "recordings\n"
			    "Run celsync as the user Asterisk runs as.",
			    settings->spool);
		else
			tell(findings, MARK_WELL, "recordings: %s", settings->spool);
	}
	if (!settings->publish_dir)
		tell(findings, MARK_WELL,
		    "links: none are made, because publish_dir and url are not set");
	else if (check_folder(findings, "links", settings->publish_dir, W_OK | X_OK,
		     "Make the folder and give it to the user celsync runs as."))
		tell(findings, MARK_WELL, "links: %s in %s", settings->url, settings->publish_dir);
}

static void
check_store(struct findings *findings, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = NULL;
	g_autofree char *folder = g_path_get_dirname(path);

	if (!check_folder(findings, "store", folder, W_OK | X_OK,
		"Make the folder and give it to the user celsync runs as, or correct [store] "
		"path."))
		return;
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		tell(findings, MARK_WELL, "store: %s will be made by the first sync", path);
		return;
	}
	if (access(path, R_OK | W_OK) < 0) {
		tell(findings, MARK_WRONG,
		    "store: %s: %s\nGive the file to the user celsync runs as.", path,
		    g_strerror(errno));
		return;
	}
	db = store_open(path, STORE_READ, &error);
	if (db)
		tell(findings, MARK_WELL, "store: %s", path);
	else
		tell(findings, MARK_WRONG, "store: %s", error->message);
}

/* Words of the server, unless they repeat our token: ping's answer does, an error page may. */
static const char *
harmless(const char *text, const char *token, const char *escaped)
{
	if (!text || !*text || strstr(text, token) || strstr(text, escaped))
		return "no reason was given";
	return text;
}

static void
tell_answer(struct findings *findings, const struct planfix_settings *settings,
    const struct answer *answer, const char *escaped)
{
	const char *words = harmless(answer->text, settings->token, escaped);
	g_autofree char *shown = log_value(words);

	switch (verdict_of(answer)) {
	case VERDICT_SENT:
		tell(findings, MARK_WELL, "PlanFix: %s took the token", settings->url);
		return;
	case VERDICT_REFUSED:
		tell(findings, MARK_WRONG,
		    "PlanFix: %s refused the token (%ld)\n"
		    "Copy the token from PlanFix's telephony settings into [planfix] token or "
		    "token_file.",
		    settings->url, answer->status);
		return;
	case VERDICT_REJECTED:
		tell(findings, MARK_WRONG,
		    "PlanFix: %s does not understand us (%ld): %s\n"
		    "Compare [planfix] url with the address in PlanFix's telephony settings.",
		    settings->url, answer->status, shown);
		return;
	case VERDICT_LATER:
	case VERDICT_UNKNOWN:
		if (answer->answered)
			tell(findings, MARK_WRONG,
			    "PlanFix: %s is not ready (%ld): %s\nTry again later.", settings->url,
			    answer->status, shown);
		else
			tell(findings, MARK_WRONG,
			    "PlanFix: %s cannot be reached: %s\n"
			    "Check [planfix] url, the network, and the firewall of this machine.",
			    settings->url, shown);
		return;
	}
	g_assert_not_reached();
}

static void
check_planfix(struct findings *findings, const struct planfix_settings *settings)
{
	struct http_config options = {
		.url = settings->url,
		.ca_file = settings->ca_file,
		.connections = 1,
		.timeout = settings->timeout,
	};
	g_autofree char *escaped = g_uri_escape_string(settings->token, NULL, FALSE);
	g_autofree char *body = g_strconcat("cmd=ping&planfix_token=", escaped, NULL);
	struct answer answer = { .retry_after = -1 };
	g_autoptr(GError) error = NULL;
	g_autoptr(http) line = http_open(&options, &error);

	if (line && http_ask(line, body, &answer, &error))
		tell_answer(findings, settings, &answer, escaped);
	else
		tell(findings, MARK_WRONG, "PlanFix: %s", error->message);
	answer_clear(&answer);
}

int
cmd_check(struct app *app, int argc, char **argv)
{
	struct findings findings = { .utf8 = g_get_charset(NULL) };
	const struct config *config;
	g_autoptr(GError) error = NULL;
	int status;

	if (!app_options(app, NULL, argc, argv, &status))
		return status;
	app->config = config_load(app->config_file,
	    CONFIG_NEEDS_SOURCE | CONFIG_NEEDS_PLANFIX | CONFIG_NEEDS_STORE, &error);
	if (!app->config) {
		tell(&findings, MARK_WRONG, "configuration: %s", error->message);
		return (int)app_exit_code(error);
	}
	config = app->config;
	tell(&findings, MARK_WELL, "configuration: %s", config->file);
	for (guint i = 0; i < config->warnings->len; i++)
		tell(&findings, MARK_LOOK, "%s", (const char *)config->warnings->pdata[i]);
	if (geteuid() == 0)
		tell(&findings, MARK_LOOK,
		    "rights: root may do everything, so this tells nothing of the user celsync "
		    "runs as\n"
		    "Repeat it as that user: sudo -u asterisk celsync check");
	check_source(&findings, &config->source);
	check_recordings(&findings, &config->recordings);
	check_store(&findings, config->store.path);
	/* What was found so far is shown before a silent network is waited for. */
	fflush(stdout);
	if (!app_stop)
		check_planfix(&findings, &config->planfix);
	if (findings.wrongs > 0)
		log_say(LOG_LEVEL_ERROR, "%u of the checks failed", findings.wrongs);
	return findings.wrongs > 0 ? EXIT_PARTLY : EXIT_DONE;
}
