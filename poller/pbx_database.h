/*
 * What the PBX's database says of itself: FreePBX's settings, extensions and trunks, and what a database user may do. For `init` and
 * `check`; nothing here is written, and no call waits for it. MariaDB only.
 *
 * FreePBX's tables (FreePBX framework and core, installlib/SQL and install.php): freepbx_settings (keyword, value), users
 * (extension), trunks (channelid, tech, disabled).
 */
#ifndef CELSYNC_PBX_DATABASE_H
#define CELSYNC_PBX_DATABASE_H

#include "poller/source.h"

typedef struct pbx_database pbx_database;

/* config->database is the one that unqualified tables are in; config's strings must outlive it. Errors are SOURCE_ERROR. */
pbx_database *pbx_database_open(const struct source_config *config, GError **error);
void pbx_database_close(pbx_database *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pbx_database, pbx_database_close)

/* After an error of one of these the database can only be closed. */

/* Those of freepbx_settings this program knows, as KEY -> value; the table owns both. A key that is there already stays. */
gboolean pbx_database_settings(pbx_database *db, GHashTable *into, GError **error);
/* Names, char * in order, freed with the array. */
GPtrArray *pbx_database_extensions(pbx_database *db, GError **error);
GPtrArray *pbx_database_trunks(pbx_database *db, GError **error);

/* The server's version, and the machine we are for it (the part behind @ of our account); free with g_free. */
char *pbx_database_version(pbx_database *db, GError **error);
char *pbx_database_we_come_from(pbx_database *db, GError **error);
/* SHOW GRANTS of the user. A line may hold the hash of a password: none is to be shown. */
GPtrArray *pbx_database_grants(pbx_database *db, GError **error);
/* The columns of "table" or "database.table" an index begins with. */
GPtrArray *pbx_database_indexed(pbx_database *db, const char *table, GError **error);

/* The statement that makes the index a look-up wants, for a database administrator; free with g_free. */
char *pbx_database_index_sql(const char *table, const char *column);

/*
 * A database user for this program alone: may read two tables, and, where update_cdr says so, change cdr.recordingfile and its
 * copies. All strings borrowed; tables as in struct source_config, none NULL.
 */
struct pbx_user {
	const char *name, *host, *password;
	const char *database, *cel_table, *cdr_table;
	gboolean update_cdr;
};
/* The statements, each ended with ";\n", for a database administrator; free with g_free. */
char *pbx_user_sql(const struct pbx_user *user);
/* Runs them as the administrator whose connection this is; fails where there is such a user. */
gboolean pbx_user_make(pbx_database *admin, const struct pbx_user *user, GError **error);

/* The version of the client library; borrowed. */
const char *pbx_database_library(void);

#endif
