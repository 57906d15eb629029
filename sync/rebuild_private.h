/* Shared by the files that drive a rebuild (rebuild.c, rebuild_alone.c); nobody else includes it. */
#ifndef CELSYNC_REBUILD_PRIVATE_H
#define CELSYNC_REBUILD_PRIVATE_H

#include "sync/overflow.h"
#include "sync/rebuild.h"

/* Of the table's clock; µs. */
#define REBUILD_DAY (24 * 3600 * (gint64)G_USEC_PER_SEC)

struct rebuild {
	source *source;
	struct rebuild_options options;
	rebuild_sink sink;
	rebuild_block block;
	gpointer data;
	assembly *assembly;
	struct overflow overflow;
	gboolean finishing;        /* groups leave memory for good from now on */
	const volatile gint *stop; /* of the last scan */
	GPtrArray *ready;          /* struct group: handed out, CDR not yet asked for */
	GPtrArray *asked;          /* struct group: CDR under way */
	guint n_told;              /* of `asked`, which have gone back */
	GPtrArray *calls;          /* struct call: of the group being told */
	GPtrArray *ids;            /* const char *: uniqueids still to be asked for, of `asked` */
	guint ids_asked;
	gboolean answering;  /* an answer is under way */
	GHashTable *fetched; /* char *: linkedids whose rows were all fetched */
	GHashTable *told; /* day of the table's clock -> struct source_sum: CDR records of groups */
	gpointer told_day; /* the last one, and its sum; NULL: none */
	struct source_sum *told_sum;
	gint64 last_id, rows;
};

/* Passes on the groups whose CDR records are under way. */
gboolean rebuild_finish_block(rebuild *r, GError **error);
/* The same, and asks for those of the groups that are ready. */
gboolean rebuild_turn_block(rebuild *r, GError **error);

#endif
