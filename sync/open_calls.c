#include "sync/open_calls.h"

#include "store/checkpoint.h"

#include <string.h>

/* Open calls that are looked at in one pass because their time has come; others wait for the next. */
#define OPEN_AT_ONCE 5000

gboolean
open_calls_take(
    store *db, const struct group *group, gboolean drop, gint64 *last_seen, GError **error)
{
	*last_seen = 0;
	for (guint i = 0; i < group->n_linkedids && db != NULL; i++) {
		GError *failed = NULL;
		g_autofree char *name = checkpoint_open_group(db, group->linkedids[i], &failed);
		if (failed != NULL) {
			g_propagate_error(error, failed);
			return FALSE;
		}
		if (name == NULL)
			continue;
		g_autoptr(GArray) rows = checkpoint_open_of(db, name, error);
		if (rows == NULL)
			return FALSE;
		for (guint j = 0; j < rows->len; j++)
			*last_seen =
			    MAX(*last_seen, g_array_index(rows, struct open_call, j).last_seen);
		if (drop && !checkpoint_open_drop(db, name, error))
			return FALSE;
	}
	return TRUE;
}

/* How a bridge of an open call is kept beside its linkedids: whoever enters it later belongs to that call. */
#define BRIDGE_KEY "bridge "

gboolean
open_calls_keep(store *db, const struct group *group, const struct timeline *t, gint64 last_seen,
    gint64 asked, GError **error)
{
	const char *name = group->linkedids[0];
	for (guint i = 1; i < group->n_linkedids; i++) {
		if (strcmp(group->linkedids[i], name) < 0)
			name = group->linkedids[i];
	}
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < group->n_linkedids; i++)
		g_ptr_array_add(keys, g_strdup(group->linkedids[i]));
	for (guint i = 0; i < group->n_bridges; i++) {
		const struct bridge *b = group->bridges[i];
		if (!b->holding)
			g_ptr_array_add(keys, g_strconcat(BRIDGE_KEY, b->id, NULL));
	}
	for (guint i = 0; i < keys->len; i++) {
		struct open_call open = { .linkedid = keys->pdata[i],
			.group = (char *)name,
			.began = t->first,
			.last_seen = last_seen,
			.asked = asked };
		if (!checkpoint_open_put(db, &open, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean
fetch_open(rebuild *r, const GArray *open, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	for (guint i = 0; i < open->len; i++) {
		char *id = g_array_index(open, struct open_call, i).linkedid;
		if (!g_str_has_prefix(id, BRIDGE_KEY))
			g_ptr_array_add(ids, id);
	}
	return rebuild_fetch(r, (const char *const *)ids->pdata, ids->len, error);
}

gboolean
open_calls_fetch_due(store *db, rebuild *r, gint64 now, gint64 asked_before, GError **error)
{
	g_autoptr(GArray) due = checkpoint_open_due(db, now, asked_before, OPEN_AT_ONCE, error);
	return due != NULL && fetch_open(r, due, error);
}

/* The whole of an open call that new rows touch: one of its linkedids, or one of its bridges. */
static gboolean
add_touched(store *db, const char *key, GArray *touched, GError **error)
{
	GError *failed = NULL;
	g_autofree char *group = checkpoint_open_group(db, key, &failed);
	if (failed != NULL) {
		g_propagate_error(error, failed);
		return FALSE;
	}
	if (group == NULL)
		return TRUE;
	g_autoptr(GArray) open = checkpoint_open_of(db, group, error);
	if (open == NULL)
		return FALSE;
	/* Its texts are the caller's from now on. */
	g_array_append_vals(touched, open->data, open->len);
	g_array_set_clear_func(open, NULL);
	return TRUE;
}

gboolean
open_calls_fetch_related(store *db, rebuild *r, GError **error)
{
	gboolean any;
	if (!checkpoint_open_any(db, &any, error))
		return FALSE;
	/* What is fetched may touch other open calls in its turn. */
	for (guint seen = 0; any;) {
		g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GPtrArray) linkedids = g_ptr_array_new(), bridges = g_ptr_array_new();
		g_autoptr(GArray) touched = g_array_new(FALSE, FALSE, sizeof(struct open_call));
		g_array_set_clear_func(touched, (GDestroyNotify)open_call_clear);
		assembly_names(rebuild_assembly(r), linkedids, bridges);
		if (linkedids->len + bridges->len <= seen)
			break;
		seen = linkedids->len + bridges->len;
		for (guint i = 0; i < linkedids->len; i++)
			g_ptr_array_add(keys, g_strdup(linkedids->pdata[i]));
		for (guint i = 0; i < bridges->len; i++)
			g_ptr_array_add(keys, g_strconcat(BRIDGE_KEY, bridges->pdata[i], NULL));
		for (guint i = 0; i < keys->len; i++) {
			if (!add_touched(db, keys->pdata[i], touched, error))
				return FALSE;
		}
		if (!fetch_open(r, touched, error))
			return FALSE;
	}
	return TRUE;
}
