#include "sync/init.h"

#include "sync/check.h"
#include "sync/config_file.h"
#include "sync/freepbx.h"
#include "sync/freepbx_text.h"
#include "sync/init_ask.h"
#include "sync/init_place.h"
#include "sync/init_text.h"
#include "sync/init_user.h"
#include "sync/log.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ER_CANNOT_USER, which CREATE USER answers where there is such a user. */
#define USER_EXISTS "(1396)"
/* How often an answer is asked for. */
#define TRIES 3

struct init {
	const struct init_options *options;
	struct init_place place;
	GHashTable *values, *remarks;
	char *token, *password;
	gboolean user_missing;
};

static gboolean G_GNUC_PRINTF(2, 3) refuse(GError **error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error_literal(error, CONFIG_ERROR, CONFIG_ERROR_VALUE, text);
	return FALSE;
}

static void
set(struct init *init, const char *key, const char *value)
{
	if (value != NULL)
		g_hash_table_insert(init->values, g_strdup(key), g_strdup(value));
}

static const char *
get(const struct init *init, const char *key)
{
	return g_hash_table_lookup(init->values, key);
}

/* Finding out. */

static char *
listed(const GPtrArray *names)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(
		    text, "%s%s", i > 0 ? "; " : "", (const char *)names->pdata[i]);
	return g_string_free(text, FALSE);
}

static void
take_source(struct init *init, const struct freepbx *found)
{
	if (found->sqlite != NULL) {
		set(init, "source.driver", "sqlite");
		set(init, "source.path", found->sqlite);
		return;
	}
	set(init, "source.host", found->host);
	set(init, "source.socket", found->socket);
	if (found->port != 0) {
		g_autofree char *port = g_strdup_printf("%u", found->port);
		set(init, "source.port", port);
	}
	set(init, "source.database", found->database);
	set(init, "source.cel_table", found->cel_table);
	set(init, "source.cdr_table", found->cdr_table);
}

static void
take_found(struct init *init, const struct freepbx *found)
{
	g_autofree char *extensions = listed(found->extensions), *trunks = listed(found->trunks);
	take_source(init, found);
	set(init, "recordings.spool", found->spool);
	if (found->trunks->len > 0)
		set(init, "pbx.trunk", trunks);
	g_autofree char *pattern = freepbx_text_extension(found->extensions);
	set(init, "pbx.extension", pattern);
	if (found->extensions->len > 0)
		g_hash_table_insert(init->remarks, g_strdup("pbx.employees"),
		    g_strdup_printf("This PBX has: %s", extensions));
	for (guint i = 0; i < found->notes->len; i++)
		log_say(strchr(found->notes->pdata[i], '\n') != NULL ? LOG_LEVEL_WARNING
								     : LOG_LEVEL_INFO,
		    "%s", (const char *)found->notes->pdata[i]);
	log_say(LOG_LEVEL_INFO, "extensions found: %u; trunks: %s; recordings in %s",
	    found->extensions->len, found->trunks->len > 0 ? trunks : "none",
	    found->spool != NULL ? found->spool : _("the usual place"));
}

/* Each of several PBXs has a store and a secret of its own, and its name before its call ids. */
static void
tell_apart(struct init *init)
{
	const char *root = init->options->root != NULL ? init->options->root : "/";
	g_autofree char *name = init_place_name(&init->place);
	g_autofree char *db = g_strconcat("var/lib/celsync/", name, ".db", NULL);
	g_autofree char *secret = g_strconcat("var/lib/celsync/", name, ".secret", NULL);
	g_autofree char *path = g_build_filename(root, db, NULL);
	g_autofree char *key = g_build_filename(root, secret, NULL);
	gboolean first = strcmp(name, "celsync") == 0;
	if (!first || init->options->root != NULL)
		set(init, "store.path", path);
	if (first)
		return;
	set(init, "recordings.secret_file", key);
	set(init, "pbx.name", name);
}

static gboolean
gather(struct init *init, GError **error)
{
	const struct init_options *o = init->options;
	struct freepbx found;
	freepbx_look(&found, o->root != NULL ? o->root : "");
	take_found(init, &found);
	tell_apart(init);
	gboolean somewhere = found.host != NULL || found.sqlite != NULL;
	freepbx_clear(&found);
	for (char **setting = o->settings; setting != NULL && *setting != NULL; setting++)
		if (!init_text_set(init->values, *setting, error))
			return FALSE;
	if (!somewhere && get(init, "source.host") == NULL && get(init, "source.path") == NULL &&
	    get(init, "source.socket") == NULL)
		return refuse(error, _("no database of Asterisk's was found\nSay where it is, e.g. "
				       "--set source.host=localhost "
				       "or --set source.driver=sqlite --set source.path=FILE."));
	return TRUE;
}

/* PlanFix. */

static char *
one_line(const char *text, const char *where, GError **error)
{
	g_autofree char *line = g_strstrip(g_strdup(text));
	for (const char *p = line; *p != '\0'; p++)
		if (g_ascii_iscntrl(*p)) {
			refuse(error,
			    _("%s holds more than one line\nPut the secret into it, alone and on "
			      "one "
			      "line."),
			    where);
			return NULL;
		}
	if (*line == '\0') {
		refuse(
		    error, _("%s is empty\nPut the secret into it, alone and on one line."), where);
		return NULL;
	}
	return g_steal_pointer(&line);
}

/* A secret from a file of the administrator's, "-": standard input. */
static char *
read_secret(const char *file, GError **error)
{
	char buffer[4096];
	gsize n = 0;
	ssize_t got;
	if (strcmp(file, "-") != 0)
		return config_file_read_secret(file, error);
	while ((got = read(STDIN_FILENO, buffer + n, sizeof(buffer) - 1 - n)) > 0)
		n += (gsize)got;
	buffer[n] = '\0';
	return one_line(buffer, _("standard input"), error);
}

static gboolean
find_planfix(struct init *init, GError **error)
{
	const struct init_options *o = init->options;
	gboolean ask = init_ask_possible();
	g_autofree char *url =
	    g_strdup(o->planfix_url != NULL ? o->planfix_url : get(init, "planfix.url"));
	for (int tries = 0; url == NULL && ask && tries < TRIES; tries++) {
		url = init_ask(_("PlanFix's address (https://ACCOUNT.planfix.ru/tel/api/)"), FALSE);
		if (url == NULL || g_str_has_prefix(url, "http"))
			continue;
		log_say(LOG_LEVEL_WARNING, "that is no address: it begins with https://");
		g_clear_pointer(&url, g_free);
	}
	if (url == NULL)
		return refuse(error, _("PlanFix's address is missing\nGive "
				       "--planfix-url=https://ACCOUNT.planfix.ru/tel/api/: it "
				       "stands in PlanFix's telephony settings."));
	set(init, "planfix.url", url);
	if (o->token_file != NULL) {
		init->token = read_secret(o->token_file, error);
		return init->token != NULL;
	}
	if (ask)
		init->token = init_ask(_("PlanFix's key (it is not shown)"), TRUE);
	if (init->token == NULL)
		return refuse(error, _("PlanFix's key is missing\nGive --token-file=FILE, or "
				       "--token-file=- to read it from "
				       "standard input."));
	return TRUE;
}

/* The database user. */

static const char *
or_usual(const struct init *init, const char *key, const char *usual)
{
	const char *value = get(init, key);
	return value != NULL && *value != '\0' ? value : usual;
}

static struct source_config
login_of(const struct init *init)
{
	const char *port = get(init, "source.port");
	return (struct source_config){ .driver = SOURCE_MARIADB,
		.host = or_usual(init, "source.host", "localhost"),
		.port = port != NULL ? (guint)g_ascii_strtoull(port, NULL, 10) : 0,
		.socket = or_usual(init, "source.socket", NULL),
		.user = get(init, "source.user"),
		.password = init->password,
		.database = or_usual(init, "source.database", "asteriskcdrdb"),
		.cel_table = or_usual(init, "source.cel_table", "cel"),
		.cdr_table = or_usual(init, "source.cdr_table", "cdr"),
		.timeout = 10 };
}

/* As given, else as an earlier init left it, else a new one. */
static gboolean
find_password(struct init *init, const char *kept, GError **error)
{
	const char *given = init->options->db_password_file;
	if (given != NULL)
		init->password = read_secret(given, error);
	else if (g_file_test(kept, G_FILE_TEST_EXISTS))
		init->password = config_file_read_secret(kept, error);
	else
		init->password = init_user_password();
	return init->password != NULL;
}

/* Nobody here may make the user: the statements go where only root reads them. */
static gboolean
leave_sql(struct init *init, const struct source_config *login, gboolean update_cdr,
    const GError *why, GError **error)
{
	g_autofree char *path = init_place_beside(&init->place, "database-user.sql");
	g_autofree char *sql = init_user_sql(login, update_cdr);
	init->user_missing = TRUE;
	if (!g_file_set_contents_full(path, sql, -1,
		G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error))
		return FALSE;
	g_auto(GStrv) lines = g_strsplit(why->message, "\n", 2);
	log_say(LOG_LEVEL_WARNING,
	    "the database user %s could not be made: %s\nAs the database's administrator: mariadb "
	    "< %s && rm %s",
	    login->user, lines[0], path, path);
	return TRUE;
}

static gboolean
find_user(struct init *init, GError **error)
{
	const struct init_options *o = init->options;
	g_autofree char *kept = init_place_beside(&init->place, "password");
	g_autofree char *admin_password = NULL;
	g_autoptr(GError) refused = NULL, failed = NULL;
	const char *update = get(init, "recordings.update_cdr");
	gboolean update_cdr =
	    update != NULL && (strcmp(update, "yes") == 0 || strcmp(update, "true") == 0);
	if (g_strcmp0(get(init, "source.driver"), "sqlite") == 0)
		return TRUE;
	set(init, "source.user",
	    o->db_user != NULL ? o->db_user : or_usual(init, "source.user", "celsync"));
	set(init, "source.password_file", kept);
	if (!find_password(init, kept, error))
		return FALSE;
	if (o->db_admin_password_file != NULL &&
	    (admin_password = read_secret(o->db_admin_password_file, error)) == NULL)
		return FALSE;
	struct source_config login = login_of(init);
	if (o->print_sql) {
		g_autofree char *sql = init_user_sql(&login, update_cdr);
		fputs(sql, stdout);
		/* The password is in them: the next init must know it. */
		return init_place_make(&init->place, error) &&
		       init_place_write(&init->place, kept, init->password, error);
	}
	if (init_user_find(&login, &refused) == INIT_USER_THERE) {
		log_say(LOG_LEVEL_INFO, "the database lets %s in", login.user);
		return TRUE;
	}
	if (!g_error_matches(refused, SOURCE_ERROR, SOURCE_ERROR_REFUSED))
		return leave_sql(init, &login, update_cdr, refused, error);
	if (init_user_make(&login, o->db_admin, admin_password, update_cdr, &failed) ==
	    INIT_USER_MISSING) {
		if (strstr(failed->message, USER_EXISTS) != NULL)
			return refuse(error,
			    _("there is a database user %s already, with another password\nGive "
			      "its "
			      "password with --db-password-file, name another user with --db-user, "
			      "or let "
			      "the database's administrator drop this one."),
			    login.user);
		return leave_sql(init, &login, update_cdr, failed, error);
	}
	log_say(LOG_LEVEL_INFO, "made the database user %s: it may read %s and %s%s", login.user,
	    login.cel_table, login.cdr_table,
	    update_cdr ? _(", and change cdr.recordingfile") : "");
	return TRUE;
}

/* Writing. */

/* What is about to be put in place must be a configuration. Its errors name the file it will be. */
static gboolean
is_valid(const struct init *init, const char *path, GError **error)
{
	g_autoptr(GError) failed = NULL;
	struct config *config = config_load(path, 0, &failed);
	if (config != NULL) {
		config_free(config);
		return TRUE;
	}
	g_autoptr(GString) words = g_string_new(failed->message);
	g_string_replace(words, path, init->place.file, 0);
	g_set_error_literal(error, CONFIG_ERROR, failed->code, words->str);
	return FALSE;
}

static gboolean
write_secrets(struct init *init, GError **error)
{
	g_autofree char *token = init_place_beside(&init->place, "token");
	g_autofree char *password = init_place_beside(&init->place, "password");
	set(init, "planfix.token_file", token);
	return init_place_write(&init->place, token, init->token, error) &&
	       (init->password == NULL ||
		   init_place_write(&init->place, password, init->password, error));
}

/* The text beside its place, where it has been found to be a configuration; the path, free with g_free. */
static char *
write_fresh(const struct init *init, GError **error)
{
	g_autofree char *title =
	    g_strdup_printf("celsync: %s, written by celsync init", init->place.file);
	g_autofree char *text = init_text(title, init->values, init->remarks);
	g_autofree char *fresh = g_strconcat(init->place.file, ".new", NULL);
	if (!init_place_write(&init->place, fresh, text, error))
		return NULL;
	if (is_valid(init, fresh, error))
		return g_steal_pointer(&fresh);
	g_unlink(fresh);
	return NULL;
}

/* A mistake is found before anything is made. */
static gboolean
try_configuration(const struct init *init, GError **error)
{
	g_autofree char *fresh = write_fresh(init, error);
	if (fresh != NULL)
		g_unlink(fresh);
	return fresh != NULL;
}

/* The units may write into the usual folders only (cron/celsync.service). */
static void
tell_folders(const struct init *init)
{
	const char *publish = get(init, "recordings.publish_dir"),
		   *spool = get(init, "recordings.spool");
	gboolean other = spool != NULL && strcmp(spool, "/var/spool/asterisk/monitor") != 0;
	if ((publish == NULL && !other) || init->options->root != NULL)
		return;
	log_say(LOG_LEVEL_INFO,
	    "the units must be told of the folders they may write to\nsystemctl edit "
	    "celsync.service: "
	    "[Service] ReadWritePaths=%s%s%s",
	    publish != NULL ? publish : "", publish != NULL && other ? " " : "",
	    other ? spool : "");
}

static gboolean
write_configuration(const struct init *init, GError **error)
{
	g_autofree char *fresh = write_fresh(init, error);
	g_autofree char *old = g_strconcat(init->place.file, ".bak", NULL);
	if (fresh == NULL)
		return FALSE;
	/* The old one keeps a name all the time: a crash between the two renames leaves it as FILE.bak, and FILE.new beside it. */
	if (g_file_test(init->place.file, G_FILE_TEST_EXISTS) &&
	    g_rename(init->place.file, old) != 0)
		return init_place_fail(init->place.file, _("cannot be kept as .bak"), error);
	if (g_rename(fresh, init->place.file) != 0)
		return init_place_fail(init->place.file, _("cannot be written"), error);
	log_say(LOG_LEVEL_INFO, "wrote %s", init->place.file);
	tell_folders(init);
	return TRUE;
}

static gboolean
is_free(const struct init *init, GError **error)
{
	if (init->options->force || init->options->print_sql ||
	    !g_file_test(init->place.file, G_FILE_TEST_EXISTS))
		return TRUE;
	return refuse(error,
	    _("%s is there already, and stays as it is\n--force writes a new one and keeps this "
	      "one "
	      "as %s.bak."),
	    init->place.file, init->place.file);
}

static gboolean
run(struct init *init, GError **error)
{
	if (!is_free(init, error) || !gather(init, error))
		return FALSE;
	if (init->options->print_sql)
		return find_user(init, error);
	return find_planfix(init, error) && init_place_make(&init->place, error) &&
	       try_configuration(init, error) && find_user(init, error) &&
	       write_secrets(init, error) && write_configuration(init, error);
}

int
init_configuration(struct app *app, const struct init_options *options)
{
	g_autoptr(GError) error = NULL;
	struct init init = { .options = options };
	init_place_find(&init.place, app->config_file, options->root);
	init.values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	init.remarks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	gboolean ok = run(&init, &error);
	int status = ok ? EXIT_DONE : app_fail(NULL, error);
	if (ok && !options->print_sql) {
		g_free(app->config_file);
		app->config_file = g_strdup(init.place.file);
		status = check_run(app, options->root != NULL ? options->root : "", FALSE);
		if (status == EXIT_DONE)
			log_say(LOG_LEVEL_INFO,
			    "all is ready\nSee what would be sent: celsync sync --dry-run. Then: "
			    "systemctl enable --now celsync.timer");
	}
	if (init.user_missing && status == EXIT_DONE)
		status = EXIT_PARTLY;
	g_hash_table_unref(init.values);
	g_hash_table_unref(init.remarks);
	init_place_clear(&init.place);
	g_free(init.token);
	g_free(init.password);
	return status;
}
