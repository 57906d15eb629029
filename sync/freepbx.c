#include "sync/freepbx.h"

#include "poller/pbx_database.h"
#include "sync/freepbx_text.h"

#include <glib/gi18n.h>
#include <string.h>

#define SETTINGS_DATABASE "asterisk"
#define RECORDS_DATABASE "asteriskcdrdb"
#define SQLITE_FILE "/var/log/asterisk/master.db"

/* What is read on the way. */
struct look {
	struct freepbx *found;
	const char *root;
	GHashTable
	    *settings;    /* KEY -> value, of freepbx.conf, amportal.conf and freepbx_settings */
	GHashTable *odbc; /* of the connection Asterisk writes its records through */
};

static void G_GNUC_PRINTF(2, 3) note(struct look *look, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_ptr_array_add(look->found->notes, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static char *
below(const struct look *look, const char *path)
{
	return g_build_filename(look->root, path, NULL);
}

/* The text of a file below the root; NULL: there is none, or it may not be read, which is noted. Free with g_free. */
static char *
text_of(struct look *look, const char *path)
{
	g_autofree char *whole = below(look, path);
	g_autoptr(GError) error = NULL;
	char *text = NULL;
	if (g_file_get_contents(whole, &text, NULL, &error)) {
		note(look, _("read %s"), whole);
		return text;
	}
	if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		note(look, _("%s\nRun this as root, so that it may be read."), error->message);
	return NULL;
}

/* A setting that has a value; NULL: none. Borrowed. */
static const char *
setting(const struct look *look, const char *key)
{
	const char *value = g_hash_table_lookup(look->settings, key);
	return value != NULL && *value != '\0' ? value : NULL;
}

static const char *
odbc(const struct look *look, const char *key)
{
	const char *value = g_hash_table_lookup(look->odbc, key);
	return value != NULL && *value != '\0' ? value : NULL;
}

/* The connection's section has the name of the database; what it points to stands in odbc.ini. */
static void
read_odbc(struct look *look)
{
	static const char *const files[] = { "/etc/asterisk/res_odbc_additional.conf",
		"/etc/asterisk/res_odbc_custom.conf", "/etc/asterisk/res_odbc.conf" };
	gboolean there = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(files) && !there; i++) {
		g_autofree char *text = text_of(look, files[i]);
		there = text != NULL && freepbx_text_section(text, RECORDS_DATABASE, look->odbc);
	}
	const char *dsn = odbc(look, "dsn");
	g_autofree char *text = dsn != NULL ? text_of(look, "/etc/odbc.ini") : NULL;
	if (text != NULL && !freepbx_text_section(text, dsn, look->odbc))
		note(look, _("/etc/odbc.ini has no section [%s]"), dsn);
}

static void
read_settings(struct look *look)
{
	g_autofree char *php = text_of(look, "/etc/freepbx.conf");
	if (php != NULL)
		freepbx_text_php(php, look->settings);
	/* FreePBX does not read it any more but keeps it up to date. */
	g_autofree char *amportal = text_of(look, "/etc/amportal.conf");
	if (amportal != NULL)
		freepbx_text_amportal(amportal, look->settings);
}

static guint
port_of(const char *text)
{
	return text != NULL ? (guint)g_ascii_strtoull(text, NULL, 10) : 0;
}

/* "localhost" is a socket: the one named, if it is there, else the library's own. */
static char *
socket_of(const struct look *look, const char *named)
{
	g_autofree char *path = named != NULL ? below(look, named) : NULL;
	if (path == NULL || !g_file_test(path, G_FILE_TEST_EXISTS))
		return NULL;
	return g_steal_pointer(&path);
}

static void
take_lists(struct look *look, pbx_database *db)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) extensions = pbx_database_extensions(db, &error);
	g_autoptr(GPtrArray) trunks = extensions != NULL ? pbx_database_trunks(db, &error) : NULL;
	for (guint i = 0; extensions != NULL && i < extensions->len; i++)
		freepbx_text_add(look->found->extensions, extensions->pdata[i]);
	for (guint i = 0; trunks != NULL && i < trunks->len; i++)
		freepbx_text_add(look->found->trunks, trunks->pdata[i]);
	if (error != NULL)
		note(look, "%s", error->message);
}

/* What FreePBX's database says goes before amportal.conf, a copy that may be old: it is read into an empty table first. */
static void
ask_database(struct look *look)
{
	const char *name = setting(look, "AMPDBNAME"), *host = setting(look, "AMPDBHOST");
	if (setting(look, "AMPDBUSER") == NULL)
		return;
	if (host == NULL)
		host = "localhost";
	g_autofree char *socket =
	    strcmp(host, "localhost") == 0
		? socket_of(look, setting(look, "AMPDBSOCK") != NULL ? setting(look, "AMPDBSOCK")
								     : odbc(look, "socket"))
		: NULL;
	struct source_config config = { .host = host,
		.socket = socket,
		.port = port_of(setting(look, "AMPDBPORT")),
		.user = setting(look, "AMPDBUSER"),
		.password = setting(look, "AMPDBPASS"),
		.database = name != NULL ? name : SETTINGS_DATABASE };
	g_autoptr(GError) error = NULL;
	g_autoptr(pbx_database) db = pbx_database_open(&config, &error);
	g_autoptr(GHashTable) asked =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (db == NULL || !pbx_database_settings(db, asked, &error)) {
		note(look, "%s", error->message);
		return;
	}
	note(look, _("asked FreePBX's database (%s on %s)"), config.database, host);
	GHashTableIter iter;
	gpointer key, value;
	g_hash_table_iter_init(&iter, asked);
	while (g_hash_table_iter_next(&iter, &key, &value))
		g_hash_table_insert(look->settings, g_strdup(key), g_strdup(value));
	take_lists(look, db);
}

/* Without FreePBX's database: the endpoints it, or the administrator, wrote down for Asterisk. */
static void
read_endpoints(struct look *look)
{
	static const char *const files[] = { "/etc/asterisk/pjsip.endpoint.conf",
		"/etc/asterisk/pjsip.endpoint_custom.conf",
		"/etc/asterisk/pjsip.endpoint_custom_post.conf",
		"/etc/asterisk/pjsip_additional.conf", "/etc/asterisk/pjsip_custom.conf",
		"/etc/asterisk/pjsip.conf" };
	struct freepbx *found = look->found;
	if (found->extensions->len + found->trunks->len > 0)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *text = text_of(look, files[i]);
		if (text != NULL)
			freepbx_text_endpoints(text, found->extensions, found->trunks);
	}
}

static const char *
first_of(const char *a, const char *b, const char *c)
{
	return a != NULL ? a : b != NULL ? b : c;
}

/* FreePBX's own order (FreePBX cdr, Cdr.class.php): CDRDB*, else AMPDB*, else what ODBC was told. */
static void
place_records(struct look *look)
{
	struct freepbx *found = look->found;
	const char *type = setting(look, "CDRDBTYPE");
	gboolean any = setting(look, "AMPDBUSER") != NULL || odbc(look, "dsn") != NULL;
	if (type != NULL && strcmp(type, "mysql") != 0)
		note(look,
		    _("FreePBX keeps its records in a database of the kind %s\nOnly MariaDB, MySQL "
		      "and "
		      "SQLite can be read."),
		    type);
	if (!any) {
		g_autofree char *path = below(look, SQLITE_FILE);
		if (g_file_test(path, G_FILE_TEST_EXISTS))
			found->sqlite = g_steal_pointer(&path);
		return;
	}
	const char *host =
	    first_of(setting(look, "CDRDBHOST"), setting(look, "AMPDBHOST"), odbc(look, "server"));
	found->host = g_strdup(host != NULL ? host : "localhost");
	found->port = port_of(setting(look, "CDRDBPORT"));
	if (found->port == 3306)
		found->port = 0;
	if (strcmp(found->host, "localhost") == 0)
		found->socket = socket_of(
		    look, first_of(setting(look, "CDRDBSOCK"), odbc(look, "socket"), NULL));
	const char *database =
	    first_of(setting(look, "CDRDBNAME"), odbc(look, "database"), RECORDS_DATABASE);
	const char *cel_database = setting(look, "CELDBNAME");
	const char *cel = first_of(setting(look, "CELDBTABLENAME"), "cel", NULL);
	found->database = g_strdup(database);
	found->cdr_table = g_strdup(first_of(setting(look, "CDRDBTABLENAME"), "cdr", NULL));
	found->cel_table = cel_database != NULL && strcmp(cel_database, database) != 0
	                       ? g_strconcat(cel_database, ".", cel, NULL)
	                       : g_strdup(cel);
}

static void
place_recordings(struct look *look)
{
	struct freepbx *found = look->found;
	const char *folder = setting(look, "MIXMON_DIR"), *spool = setting(look, "ASTSPOOLDIR");
	const char *format = setting(look, "MIXMON_FORMAT");
	g_autofree char *usual = spool != NULL ? g_build_filename(spool, "monitor", NULL) : NULL;
	if (folder != NULL || usual != NULL)
		found->spool = below(look, folder != NULL ? folder : usual);
	else if (*look->root != '\0')
		found->spool = below(look, "/var/spool/asterisk/monitor");
	gsize n = found->spool != NULL ? strlen(found->spool) : 0;
	if (n > 1 && found->spool[n - 1] == '/')
		found->spool[n - 1] = '\0';
	found->format = g_strdup(format);
	if (format != NULL && (strcmp(format, "g729") == 0 || strcmp(format, "g722") == 0))
		note(look,
		    _("FreePBX records in the format %s, which cannot be read here\nSet "
		      "MIXMON_FORMAT to wav in "
		      "Advanced Settings, so that recordings become MP3s."),
		    format);
}

static const char *
switch_of(const struct look *look, const char *key)
{
	const char *value = setting(look, key);
	return value == NULL ? NULL
	       : g_ascii_strcasecmp(value, "1") == 0 || g_ascii_strcasecmp(value, "true") == 0
	           ? "on"
	           : "off";
}

void
freepbx_look(struct freepbx *found, const char *root)
{
	*found = (struct freepbx){ .extensions = g_ptr_array_new_with_free_func(g_free),
		.trunks = g_ptr_array_new_with_free_func(g_free),
		.notes = g_ptr_array_new_with_free_func(g_free) };
	g_autoptr(GHashTable) settings =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) connection =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	struct look look = {
		.found = found, .root = root, .settings = settings, .odbc = connection
	};
	read_settings(&look);
	read_odbc(&look);
	ask_database(&look);
	read_endpoints(&look);
	place_records(&look);
	place_recordings(&look);
	if (g_strcmp0(switch_of(&look, "CEL_ENABLED"), "off") == 0)
		note(&look, _("CEL is switched off\nSwitch CEL_ENABLED on in FreePBX's Advanced "
			      "Settings: without it calls "
			      "are rebuilt from CDR alone."));
	const char *utc = switch_of(&look, "CDRUSEGMT");
	if (utc != NULL)
		note(&look, _("the records' clock: %s (CDRUSEGMT)"),
		    strcmp(utc, "on") == 0 ? "UTC" : "local");
}

void
freepbx_clear(struct freepbx *found)
{
	g_free(found->host);
	g_free(found->socket);
	g_free(found->database);
	g_free(found->cel_table);
	g_free(found->cdr_table);
	g_free(found->sqlite);
	g_free(found->spool);
	g_free(found->format);
	g_ptr_array_unref(found->extensions);
	g_ptr_array_unref(found->trunks);
	g_ptr_array_unref(found->notes);
}
