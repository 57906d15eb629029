/*
 * The inside of a store, shared by store.c (file, migrations, transactions), statement.c and spill.c (another file, the same messages).
 * Only these and a test include it, and only they include sqlite3.h in this folder.
 */
#ifndef CELSYNC_HANDLE_H
#define CELSYNC_HANDLE_H

#include "store/store.h"

#include <sqlite3.h>

struct store {
	sqlite3 *handle;
	char *path;             /* owned */
	GHashTable *statements; /* name below sql/store -> statement, both owned by the table */
	enum store_mode mode;
};

/* Where the statements of the store and its migrations stand in the table of sql/sql.h. */
#define HANDLE_STATEMENTS "store/"
#define HANDLE_MIGRATIONS "store/migration/"

/* Fills `error` from what SQLite says of its last call; `what` names what was tried. Returns FALSE. */
gboolean handle_failed(store *db, const char *what, GError **error);

/* Fills db->statements with every statement below sql/store but the migrations; each is prepared when it is first asked for. */
void handle_statements(store *db);

#endif
