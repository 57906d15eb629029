/*
 * Which columns there are, by the names that writers gave them, and how a statement selects them.
 *
 * Statements on cel and cdr are composed here, in source.c and in the drivers, not kept in sql/: the names of the tables come from
 * the configuration and those of the columns from the tables. What can be composed is bounded by the two tables of column
 * names below; nothing else of a row ever becomes SQL.
 */
#include "poller/source_driver.h"

#include <glib/gi18n.h>

/* The names a column goes by, ours first; `absent` is selected where the table has none of them. */
struct column_names {
	const char *names[3];
	const char *absent; /* NULL: the column is required */
};

static const struct column_names cel_columns[] = {
	[CEL_ID] = { { "id", "AcctId" }, NULL },
	[CEL_EVENTTYPE] = { { "eventtype" }, NULL },
	[CEL_EVENTTIME] = { { "eventtime" }, NULL },
	[CEL_UNIQUEID] = { { "uniqueid" }, NULL },
	[CEL_LINKEDID] = { { "linkedid" }, NULL },
	[CEL_CHANNAME] = { { "channame" }, NULL },
	[CEL_CID_NAME] = { { "cid_name", "cidname" }, "''" },
	[CEL_CID_NUM] = { { "cid_num", "cidnum" }, "''" },
	[CEL_EXTEN] = { { "exten" }, "''" },
	[CEL_APPNAME] = { { "appname" }, "''" },
	[CEL_APPDATA] = { { "appdata" }, "''" },
	[CEL_PEER] = { { "peer" }, "''" },
	[CEL_USERDEFTYPE] = { { "userdeftype" }, "''" },
	[CEL_EXTRA] = { { "extra", "eventextra" }, "''" },
};

static const struct column_names cdr_columns[] = {
	[CDR_UNIQUEID] = { { "uniqueid" }, NULL },
	[CDR_CALLDATE] = { { "calldate", "start" }, NULL },
	[CDR_LINKEDID] = { { "linkedid" }, "''" },
	[CDR_SEQUENCE] = { { "sequence" }, "''" },
	[CDR_DURATION] = { { "duration" }, "''" },
	[CDR_BILLSEC] = { { "billsec" }, "''" },
	[CDR_SRC] = { { "src" }, "''" },
	[CDR_DST] = { { "dst" }, "''" },
	[CDR_CHANNEL] = { { "channel" }, "''" },
	[CDR_DSTCHANNEL] = { { "dstchannel" }, "''" },
	[CDR_LASTDATA] = { { "lastdata" }, "''" },
	[CDR_DISPOSITION] = { { "disposition" }, "''" },
	[CDR_DID] = { { "did" }, "''" },
	[CDR_RECORDINGFILE] = { { "recordingfile" }, "''" },
};

char *
source_quoted(const char *name, char quote)
{
	GString *quoted = g_string_new(NULL);
	g_string_append_c(quoted, quote);
	for (; *name != '\0'; name++) {
		if (*name == quote)
			g_string_append_c(quoted, quote);
		g_string_append_c(quoted, *name);
	}
	g_string_append_c(quoted, quote);
	return g_string_free(quoted, FALSE);
}

/* The spelling of the first of `wanted` that the table has. */
static const char *
column_find(const char *const *wanted, const char *const *columns)
{
	for (; *wanted != NULL; wanted++)
		for (gsize i = 0; columns[i] != NULL; i++)
			if (g_ascii_strcasecmp(*wanted, columns[i]) == 0)
				return columns[i];
	return NULL;
}

gboolean
source_table_describe(source *s, enum source_table_kind kind, char *name, char quote,
    const char *const *columns, GError **error)
{
	struct source_table *table = kind == SOURCE_CEL ? &s->cel : &s->cdr;
	const struct column_names *wanted = kind == SOURCE_CEL ? cel_columns : cdr_columns;
	const int n = kind == SOURCE_CEL ? CEL_COLUMNS : CDR_COLUMNS;
	const char *role = kind == SOURCE_CEL ? "cel" : "cdr";

	table->there = TRUE;
	table->name = name;
	GString *list = g_string_new(NULL);
	for (int i = 0; i < n; i++) {
		const char *column = column_find(wanted[i].names, columns);
		if (column == NULL && wanted[i].absent == NULL) {
			g_set_error(error, SOURCE_ERROR, SOURCE_ERROR_SCHEMA,
			    _("the table %s in %s has no column %s\n"
			      "Set [source] %s_table to a table that Asterisk writes."),
			    name, s->name, wanted[i].names[0], role);
			g_string_free(list, TRUE);
			return FALSE;
		}
		if (column == NULL)
			g_ptr_array_add(
			    s->missing, g_strdup_printf("%s.%s", role, wanted[i].names[0]));
		else
			table->column[i] = source_quoted(column, quote);
		g_string_append_printf(list, "%s%s", i > 0 ? ", " : "",
		    column != NULL ? table->column[i] : wanted[i].absent);
	}
	table->list = g_string_free(list, FALSE);
	return TRUE;
}
