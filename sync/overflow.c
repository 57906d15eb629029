#include "sync/overflow.h"

/* So long a look at what is due holds, in the table's own time. */
#define LOOK (G_USEC_PER_SEC)

void
overflow_init(struct overflow *o, assembly *a, guint held_most, gint64 quiet, gint64 stale)
{
	*o = (struct overflow){
		.assembly = a,
		.held_most = held_most,
		.quiet = quiet,
		.stale = stale,
		.stowed = { .bytes = g_byte_array_new(),
		    .names = g_array_new(FALSE, FALSE, sizeof(guint64)) },
		.looked = WALL_NONE,
	};
}

void
overflow_clear(struct overflow *o)
{
	g_clear_pointer(&o->spill, spill_free);
	g_byte_array_unref(o->stowed.bytes);
	g_array_unref(o->stowed.names);
}

/* One group comes back; *group NULL: there is none. */
static gboolean
come_back(struct overflow *o, enum spill_by by, gint64 value, struct group **group, GError **error)
{
	gboolean found;
	*group = NULL;
	if (!spill_take(o->spill, by, value, o->stowed.bytes, &found, error))
		return FALSE;
	if (!found)
		return TRUE;
	*group = assembly_unstow(o->assembly, o->stowed.bytes);
	o->away--;
	return TRUE;
}

static gboolean
recall_named(struct overflow *o, GError **error)
{
	const GArray *names = o->stowed.names;
	for (guint i = 0; i < names->len && o->away > 0; i++) {
		struct group *g;
		do {
			if (!come_back(o, SPILL_BY_NAME, (gint64)g_array_index(names, guint64, i),
				&g, error))
				return FALSE;
		} while (g != NULL && o->away > 0);
	}
	return TRUE;
}

gboolean
overflow_recall_row(struct overflow *o, const struct cel_row *row, GError **error)
{
	g_array_set_size(o->stowed.names, 0);
	assembly_row_names(o->assembly, row, o->stowed.names);
	return recall_named(o, error);
}

gboolean
overflow_recall_id(struct overflow *o, const char *id, GError **error)
{
	g_array_set_size(o->stowed.names, 0);
	assembly_id_names(o->assembly, id, o->stowed.names);
	return recall_named(o, error);
}

gboolean
overflow_shed(struct overflow *o, GError **error)
{
	while (assembly_held(o->assembly) > o->held_most) {
		if (o->spill == NULL && (o->spill = spill_new(error)) == NULL)
			return FALSE;
		if (!assembly_stow(o->assembly, o->quiet, o->stale, &o->stowed))
			return TRUE;
		if (!spill_put(o->spill, o->stowed.first_id, o->stowed.due, o->stowed.names,
			o->stowed.bytes, error))
			return FALSE;
		o->away++;
	}
	return TRUE;
}

gboolean
overflow_due(struct overflow *o, GPtrArray *groups, guint limit, GError **error)
{
	const gint64 now = assembly_now(o->assembly);
	if (o->away == 0 || now == WALL_NONE || (o->looked != WALL_NONE && now - o->looked < LOOK))
		return TRUE;
	for (guint i = 0; i < limit && o->away > 0; i++) {
		struct group *g;
		if (!come_back(o, SPILL_BY_TIME, now, &g, error))
			return FALSE;
		if (g == NULL) {
			o->looked = now;
			break;
		}
		g_ptr_array_add(groups, assembly_hand_out(o->assembly, g));
	}
	return TRUE;
}

gboolean
overflow_return(struct overflow *o, guint limit, GError **error)
{
	for (guint i = 0; i < limit && o->away > 0; i++) {
		struct group *g;
		if (!come_back(o, SPILL_BY_ID, G_MININT64, &g, error))
			return FALSE;
		if (g == NULL)
			break;
	}
	return TRUE;
}

gboolean
overflow_lowest(struct overflow *o, gint64 *id, GError **error)
{
	*id = G_MAXINT64;
	return o->away == 0 || spill_lowest(o->spill, id, error);
}
