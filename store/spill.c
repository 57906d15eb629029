#include "store/spill.h"

#include "sql/sql.h"
#include "store/handle.h"

#include <glib/gi18n.h>
#include <string.h>

/* Pages that change often are kept; the others go to the file, which the system caches as it likes. Nothing is synchronised or rolled back. */
#define SET_UP                                                                                     \
	"PRAGMA cache_size = -8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "         \
	"PRAGMA temp_store = FILE"

enum query {
	PUT,
	NAME,
	BY_NAME,
	BY_TIME,
	BY_ID,
	LOWEST,
	DROP,
	DROP_NAME,
	QUERIES
};
static const char *const texts[QUERIES] = { "spill/put", "spill/name", "spill/by_name",
	"spill/by_time", "spill/by_id", "spill/lowest", "spill/drop", "spill/drop_name" };

struct spill {
	store db; /* for its messages */
	sqlite3_stmt *query[QUERIES];
	GByteArray *parcel; /* its names and its bytes, as they are stored */
};

static gboolean
execute(spill *s, const char *sql, GError **error)
{
	return sqlite3_exec(s->db.handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       handle_failed(&s->db, _("cannot be set up"), error);
}

spill *
spill_new(GError **error)
{
	spill *s = g_new0(spill, 1);
	s->db.path = g_strdup(_("(a temporary file in $TMPDIR or /var/tmp)"));
	s->parcel = g_byte_array_new();
	/* One transaction for as long as it lives: it is never committed, so nothing need be written before memory is short. */
	gboolean ok = (sqlite3_open_v2("", &s->db.handle,
			   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			       SQLITE_OPEN_EXRESCODE,
			   NULL) == SQLITE_OK ||
			  handle_failed(&s->db, _("cannot be opened"), error)) &&
	              execute(s, SET_UP, error) && execute(s, sql_text("spill/create"), error) &&
	              execute(s, "BEGIN", error);
	for (guint i = 0; i < QUERIES && ok; i++) {
		ok = sqlite3_prepare_v3(s->db.handle, sql_text(texts[i]), -1,
			 SQLITE_PREPARE_PERSISTENT, &s->query[i], NULL) == SQLITE_OK ||
		     handle_failed(&s->db, texts[i], error);
	}
	if (!ok)
		g_clear_pointer(&s, spill_free);
	return s;
}

void
spill_free(spill *s)
{
	if (s == NULL)
		return;
	for (guint i = 0; i < QUERIES; i++)
		sqlite3_finalize(s->query[i]);
	sqlite3_close(s->db.handle);
	g_byte_array_unref(s->parcel);
	g_free(s->db.path);
	g_free(s);
}

/* Binds up to two numbers, in the order in which the statement names them. */
static sqlite3_stmt *
bound(spill *s, enum query which, gint64 first, gint64 second)
{
	sqlite3_stmt *query = s->query[which];
	sqlite3_bind_int64(query, 1, first);
	if (sqlite3_bind_parameter_count(query) > 1)
		sqlite3_bind_int64(query, 2, second);
	return query;
}

static gboolean
run(spill *s, enum query which, GError **error)
{
	const int result = sqlite3_step(s->query[which]);
	const gboolean ok = result == SQLITE_DONE || handle_failed(&s->db, texts[which], error);
	sqlite3_reset(s->query[which]);
	return ok;
}

gboolean
spill_put(spill *s, gint64 first, gint64 due, const GArray *names, const GByteArray *bytes,
    GError **error)
{
	const guint32 n = names->len;
	g_byte_array_set_size(s->parcel, 0);
	g_byte_array_append(s->parcel, (const guint8 *)&n, sizeof n);
	g_byte_array_append(s->parcel, (const guint8 *)names->data, n * (guint)sizeof(guint64));
	g_byte_array_append(s->parcel, bytes->data, bytes->len);
	sqlite3_stmt *put = bound(s, PUT, first, due);
	sqlite3_bind_blob64(put, 3, s->parcel->data, s->parcel->len, SQLITE_STATIC);
	if (!run(s, PUT, error))
		return FALSE;
	const gint64 parcel = sqlite3_last_insert_rowid(s->db.handle);
	for (guint i = 0; i < n; i++) {
		bound(s, NAME, (gint64)g_array_index(names, guint64, i), parcel);
		if (!run(s, NAME, error))
			return FALSE;
	}
	return TRUE;
}

/* Takes the stored parcel from the table and its names with it; `bytes` gets the rest. */
static gboolean
open_parcel(spill *s, gint64 parcel, GByteArray *bytes, GError **error)
{
	guint32 n;
	memcpy(&n, s->parcel->data, sizeof n);
	for (guint i = 0; i < n; i++) {
		gint64 name;
		memcpy(&name, s->parcel->data + sizeof n + i * sizeof name, sizeof name);
		bound(s, DROP_NAME, name, parcel);
		if (!run(s, DROP_NAME, error))
			return FALSE;
	}
	const guint at = (guint)(sizeof n + n * sizeof(gint64));
	g_byte_array_set_size(bytes, 0);
	g_byte_array_append(bytes, s->parcel->data + at, s->parcel->len - at);
	bound(s, DROP, parcel, 0);
	return run(s, DROP, error);
}

gboolean
spill_take(
    spill *s, enum spill_by by, gint64 value, GByteArray *bytes, gboolean *found, GError **error)
{
	const enum query which = by == SPILL_BY_NAME   ? BY_NAME
	                         : by == SPILL_BY_TIME ? BY_TIME
	                                               : BY_ID;
	sqlite3_stmt *query = bound(s, which, value, 0);
	const int result = sqlite3_step(query);
	gint64 parcel = 0;
	*found = result == SQLITE_ROW;
	if (*found) {
		parcel = sqlite3_column_int64(query, 0);
		g_byte_array_set_size(s->parcel, 0);
		g_byte_array_append(s->parcel, sqlite3_column_blob(query, 1),
		    (guint)sqlite3_column_bytes(query, 1));
	}
	const gboolean ok =
	    *found || result == SQLITE_DONE || handle_failed(&s->db, texts[which], error);
	sqlite3_reset(query);
	return ok && (!*found || open_parcel(s, parcel, bytes, error));
}

gboolean
spill_lowest(spill *s, gint64 *first, GError **error)
{
	sqlite3_stmt *query = s->query[LOWEST];
	const gboolean ok =
	    sqlite3_step(query) == SQLITE_ROW || handle_failed(&s->db, texts[LOWEST], error);
	*first = ok && sqlite3_column_type(query, 0) != SQLITE_NULL ? sqlite3_column_int64(query, 0)
	                                                            : G_MAXINT64;
	sqlite3_reset(query);
	return ok;
}
