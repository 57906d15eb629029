/*
 * Where things stand, for `status`: what the store knows, what the source tells without a long query, and what is silently wrong.
 *
 * Gathering changes nothing. A source that cannot be reached costs what it would tell, and is a warning itself.
 */
#ifndef CELSYNC_STANDING_H
#define CELSYNC_STANDING_H

#include "store/checkpoint.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "store/recordings.h"
#include "store/trouble.h"
#include "sync/config.h"

/* What may be wrong; the names are part of the interface (--json, --prometheus). */
enum warning_kind {
	WARNING_SOURCE,     /* cannot be reached */
	WARNING_SWAPPED,    /* the table is not the one that was read */
	WARNING_CEL_OFF,    /* no rows, or CDR goes on without them */
	WARNING_CEL_STALE,  /* silent at a time that was not silent a week ago */
	WARNING_ZONES,      /* CEL and CDR were written in different zones */
	WARNING_PASS,       /* none for long, or never */
	WARNING_TROUBLE,    /* the last run failed */
	WARNING_BACKLOG,    /* live requests wait for long */
	WARNING_REJECTED,   /* of the last day */
	WARNING_UNKNOWN,    /* of the last day */
	WARNING_RECORDINGS, /* failed, of the last day */
	WARNING_EMPLOYEES,  /* extensions that PlanFix does not know */
	WARNING_HOOK        /* not heard of, although calls ring */
};
#define WARNINGS (WARNING_HOOK + 1)
const char *warning_name(enum warning_kind kind);

/* As Nagios counts. */
enum severity {
	SEVERITY_OK,
	SEVERITY_WARNING,
	SEVERITY_CRITICAL
};

struct warning {
	enum warning_kind kind;
	enum severity severity;
	char *text; /* owned; what to do stands behind the first line's end */
};

/* Times are µs UTC; 0: never, unknown. */
struct standing {
	gint64 now;
	const char *path; /* borrowed of the configuration */
	struct checkpoint checkpoint;
	gint64 open;
	struct outbox_count outbox[OUTBOX_STATES];
	gint64 live, live_since, history; /* of those ready: live ones, since when; of history */
	gint64 recordings[RECORDING_STATES];
	GArray *jobs; /* struct job */
	struct trouble trouble;
	gint64 retained; /* when retention last came to its end */
	gint64 heard;    /* of the hook */
	/* Of the source. */
	gboolean reached;
	char *source;       /* its name; owned */
	gint64 first, last; /* ids */
	gint64 newest;      /* time of its newest row */
	gint64 lag_rows,
	    lag;          /* rows behind the cursor, and since when the first of them waits, µs */
	GArray *warnings; /* struct warning */
};
/* FALSE is an error of the store. */
gboolean standing_gather(store *store, const struct config *config, gint64 now,
    struct standing *standing, GError **error);
void standing_clear(struct standing *standing);
enum severity standing_worst(const struct standing *standing);

/* For the part that asks the source (standing_source.c). */
void standing_warn(struct standing *standing, enum warning_kind kind, enum severity severity,
    const char *format, ...) G_GNUC_PRINTF(4, 5);
void standing_ask_source(struct standing *standing, store *store, const struct config *config);

/*
 * Output: text for people (lines broken at `width` columns; 0: not broken), one JSON object, or Prometheus' text format. All end with
 * a newline; free with g_free.
 */
char *standing_text(const struct standing *standing, guint width);
char *standing_json(const struct standing *standing);
char *standing_prometheus(const struct standing *standing);

#endif
