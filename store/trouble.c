#include "store/trouble.h"

void
trouble_clear(struct trouble *trouble)
{
	g_clear_pointer(&trouble->words, g_free);
}

gboolean
trouble_get(store *db, struct trouble *trouble, GError **error)
{
	statement *get = store_query(db, "trouble/get");
	int got = store_step(get, error);
	*trouble = (struct trouble){ 0 };
	if (got > 0) {
		trouble->at = store_int(get, 0);
		trouble->status = store_int(get, 1);
		trouble->words = g_strdup(store_text(get, 2));
		store_reset(get);
	}
	return got >= 0;
}

gboolean
trouble_put(store *db, const struct trouble *trouble, GError **error)
{
	statement *put = store_query(db, "trouble/put");
	store_bind_int(put, ":at", trouble->at);
	store_bind_int(put, ":status", trouble->status);
	store_bind_text(put, ":words", trouble->words);
	return store_run_one(put, error);
}
