#include "store/attempts.h"

void
attempt_clear(struct attempt *attempt)
{
	g_clear_pointer(&attempt->answer, g_free);
}

gboolean
attempts_of(store *db, gint64 item, GArray *attempts, GError **error)
{
	statement *query = store_query(db, "attempt/of_item");
	int got;
	store_bind_int(query, ":item", item);
	while ((got = store_step(query, error)) > 0) {
		struct attempt attempt = { .item = item,
			.n = store_int(query, 0),
			.at = store_int(query, 1),
			.status = store_int(query, 3),
			.answer = g_strdup(store_text(query, 4)) };
		outbox_state_from_name(store_text(query, 2), &attempt.state);
		g_array_append_val(attempts, attempt);
	}
	return got == 0;
}
