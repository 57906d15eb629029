/*
 * The rows that Asterisk writes: one CEL event, one CDR record.
 *
 * A row is a view: its strings belong to the source and live until the next row is asked for.
 * A column that the table lacks, and NULL, read as "": Asterisk itself stores absent as empty.
 * Bytes are as the table holds them: they need not be valid UTF-8, and a NUL byte ends the string.
 *
 * Names and meanings of the columns: Asterisk main/cel.c, cel/cel_odbc.c, main/cdr.c;
 * FreePBX cel/install.php, cdr/install.php.
 */
#ifndef CELSYNC_ROW_H
#define CELSYNC_ROW_H

#include <glib.h>

/* Event types this program acts on; every other one, known or user defined, is CEL_OTHER. */
enum cel_event {
	CEL_OTHER,
	CEL_CHAN_START,
	CEL_CHAN_END,
	CEL_HANGUP,
	CEL_ANSWER,
	CEL_APP_START,
	CEL_APP_END,
	CEL_BRIDGE_ENTER,
	CEL_BRIDGE_EXIT,
	CEL_PARK_START,
	CEL_PARK_END,
	CEL_BLINDTRANSFER,
	CEL_ATTENDEDTRANSFER,
	CEL_PICKUP,
	CEL_FORWARD,
	CEL_LINKEDID_END,
	CEL_LOCAL_OPTIMIZE,
	CEL_LOCAL_OPTIMIZE_BEGIN,
	CEL_STREAM_BEGIN,
	CEL_STREAM_END
};

/*
 * A time as the table holds it: microseconds since 1970 of the written wall clock. Which zone that
 * clock was in is not known here (zone.h finds out), unless the writer stored an epoch: then `utc`.
 */
struct wall {
	gint64 us; /* WALL_NONE where the column is empty or unreadable */
	gboolean utc;
};
#define WALL_NONE G_MININT64

/* Every column of cel that is read, in the order in which it is selected: only those that a rebuild needs. */
enum cel_column {
	CEL_ID,
	CEL_EVENTTYPE,
	CEL_EVENTTIME,
	CEL_UNIQUEID,
	CEL_LINKEDID,
	CEL_CHANNAME,
	CEL_CID_NAME,
	CEL_CID_NUM,
	CEL_EXTEN,
	CEL_APPNAME,
	CEL_APPDATA,
	CEL_PEER,
	CEL_USERDEFTYPE,
	CEL_EXTRA,
	CEL_COLUMNS
};

/*
 * What every row is asked for is read; the other columns stay as the database handed them on, each with its length in
 * bytes, so that nobody counts again. A length may go beyond a NUL byte; the text ends at it.
 */
struct cel_row {
	gint64 id;
	enum cel_event event;
	struct wall time;
	const char *uniqueid, *linkedid;
	gsize uniqueid_len, linkedid_len;
	char *const *text;           /* by enum cel_column; NULL for NULL */
	const unsigned long *length; /* the same; 0 for NULL */
};

static inline const char *
cel_text(const struct cel_row *row, enum cel_column column)
{
	const char *text = row->text[column];
	return text != NULL ? text : "";
}

struct cdr_row {
	const char *uniqueid, *linkedid;
	struct wall calldate;
	gint64 duration, billsec; /* seconds */
	const char *src, *dst, *channel, *dstchannel, *lastdata, *disposition;
	const char *did, *recordingfile;
	struct {
		guint32 uniqueid, dst, dstchannel, lastdata, disposition, did, recordingfile;
	} len;
};

/* Sets `len` of a record whose texts were set one by one. */
void cdr_row_measure(struct cdr_row *row);

/* CEL_OTHER for a name not in the list; its own name is "OTHER". */
enum cel_event cel_event_from_name(const char *name, gsize len);
const char *cel_event_name(enum cel_event event);

/*
 * Reads "YYYY-MM-DD HH:MM:SS[.ffffff]" (a T may stand for the space), or an epoch
 * "1763900900.123456" (what Asterisk writes into custom CEL backends when cel.conf has no
 * dateformat). Anything else, a date that does not exist or is before 1970 and an epoch of 0 are
 * WALL_NONE.
 */
struct wall wall_parse(const char *text);
/* Eight bytes "HH:MM:SS": microseconds since midnight. FALSE: anything else. */
gboolean wall_time_of_day(const char *text, gint64 *us);

#endif
