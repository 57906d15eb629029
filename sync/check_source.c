/* celsync check: the database, its tables, and what this program may do there. */
#include "poller/grants.h"
#include "poller/pbx_database.h"
#include "sync/check.h"

#include <glib/gi18n.h>
#include <string.h>

void
check_source(struct check_report *report, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	const char *const *missing;

	report->source = source_open(&config->source.open, &error);
	if (!report->source) {
		check_tell(report, CHECK_WRONG, N_("source"), "%s", error->message);
		return;
	}
	check_tell(report, CHECK_WELL, N_("source"), "%s", source_name(report->source));
	missing = source_missing(report->source);
	if (missing && missing[0]) {
		g_autofree char *names = g_strjoinv(", ", (char **)missing);

		check_tell(report, CHECK_WELL, N_("columns"),
		    "without %s; calls lack what they would have told", names);
	} else {
		check_tell(report, CHECK_WELL, N_("columns"), "all that can be of use");
	}
}

/* NULL: told, or there is nothing to ask. */
static pbx_database *
ask(struct check_report *report, const char *what, const struct config *config)
{
	g_autoptr(GError) error = NULL;
	pbx_database *db;

	if (!report->source || config->source.open.driver != SOURCE_MARIADB)
		return NULL;
	db = pbx_database_open(&config->source.open, &error);
	if (!db)
		check_tell(report, CHECK_LOOK, what, "%s", error->message);
	return db;
}

static void
tell_grants(struct check_report *report, const struct config *config, const struct grants *grants)
{
	const struct source_config *open = &config->source.open;
	gboolean update_cdr = config->recordings.update_cdr;

	if (update_cdr && !grants->may_update)
		check_tell(report, CHECK_WRONG, N_("rights"),
		    "cdr.recordingfile cannot be changed, and update_cdr says it is to be\n"
		    "Let the database's administrator say: GRANT UPDATE (recordingfile) ON %s.%s "
		    "TO this user.",
		    open->database, open->cdr_table);
	if (grants->excess->len > 0) {
		g_ptr_array_add(grants->excess, NULL);
		g_autofree char *list = g_strjoinv(", ", (char **)grants->excess->pdata);

		check_tell(report, CHECK_LOOK, N_("rights"),
		    "more than needed: %s\n"
		    "SELECT on the two tables is enough%s; celsync init --print-sql shows a user "
		    "that may no more.",
		    list, update_cdr ? _(", and UPDATE (recordingfile) on cdr") : "");
	} else if (!update_cdr || grants->may_update) {
		check_tell(report, CHECK_WELL, N_("rights"), "SELECT on the two tables%s, no more",
		    update_cdr ? _(", UPDATE of cdr.recordingfile") : "");
	}
}

void
check_rights(struct check_report *report, const struct config *config)
{
	const struct source_config *open = &config->source.open;
	struct grants_needed needed = { .database = open->database,
		.cel_table = open->cel_table,
		.cdr_table = open->cdr_table,
		.update_cdr = config->recordings.update_cdr };
	g_autoptr(pbx_database) db = ask(report, "rights", config);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) lines = NULL;
	struct grants grants;

	if (!db)
		return;
	lines = pbx_database_grants(db, &error);
	if (!lines) {
		check_tell(report, CHECK_LOOK, N_("rights"), "%s", error->message);
		return;
	}
	grants = grants_read(lines, &needed);
	tell_grants(report, config, &grants);
	grants_clear(&grants);
}

/* The columns of one table this program looks rows up by. */
static gboolean
look_at_index(struct check_report *report, pbx_database *db, const char *table,
    const char *const *columns, gboolean *well)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) indexed = pbx_database_indexed(db, table, &error);

	if (!indexed) {
		check_tell(report, CHECK_LOOK, N_("indexes"), "%s", error->message);
		return FALSE;
	}
	for (; *columns; columns++) {
		if (g_ptr_array_find_with_equal_func(indexed, *columns, g_str_equal, NULL))
			continue;
		*well = FALSE;
		g_autofree char *sql = pbx_database_index_sql(table, *columns);
		check_tell(report, CHECK_LOOK, N_("indexes"),
		    "none begins with %s of %s: each look-up reads the whole table\n"
		    "In a quiet hour: %s;",
		    *columns, table, sql);
	}
	return TRUE;
}

void
check_indexes(struct check_report *report, const struct config *config)
{
	static const char *const of_cel[] = { "uniqueid", "linkedid", NULL };
	static const char *const of_cdr[] = { "uniqueid", "calldate", NULL };
	g_autoptr(pbx_database) db = ask(report, "indexes", config);
	gboolean well = TRUE;

	if (!db)
		return;
	if (source_has_cel(report->source) &&
	    !look_at_index(report, db, config->source.open.cel_table, of_cel, &well))
		return;
	if (source_has_cdr(report->source) &&
	    !look_at_index(report, db, config->source.open.cdr_table, of_cdr, &well))
		return;
	if (well)
		check_tell(report, CHECK_WELL, N_("indexes"), "on all that is looked up");
}
