#include "store/jobs.h"

static void
read_job(statement *s, gpointer element)
{
	struct job *job = element;
	gint64 *fields[] = { &job->from, &job->to, &job->next, &job->last, &job->began,
		&job->changed, &job->finished, &job->calls, &job->events };
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		*fields[i] = store_int(s, (int)i);
}

gboolean
jobs_get(store *db, gint64 from, gint64 to, struct job *job, gboolean *found, GError **error)
{
	statement *s = store_query(db, "job/get");
	store_bind_int(s, ":began_from", from);
	store_bind_int(s, ":began_to", to);
	int got = store_step(s, error);
	*found = got > 0;
	if (got > 0) {
		read_job(s, job);
		store_reset(s);
	}
	return got >= 0;
}

gboolean
jobs_put(store *db, const struct job *job, GError **error)
{
	statement *s = store_query(db, "job/put");
	store_bind_int(s, ":began_from", job->from);
	store_bind_int(s, ":began_to", job->to);
	store_bind_int(s, ":next_id", job->next);
	store_bind_int(s, ":last_id", job->last);
	store_bind_int(s, ":began", job->began);
	store_bind_int(s, ":changed", job->changed);
	store_bind_int(s, ":finished", job->finished);
	store_bind_int(s, ":calls", job->calls);
	store_bind_int(s, ":events", job->events);
	return store_run_one(s, error);
}

gboolean
jobs_known(store *db, gint64 from, gint64 to, gboolean *known, GError **error)
{
	statement *query = store_query(db, "job/known");
	store_bind_int(query, ":from", from);
	store_bind_int(query, ":to", to);
	const int got = store_step(query, error);
	*known = got == 1 && store_int(query, 0) != 0;
	store_reset(query);
	return got >= 0;
}

GArray *
jobs_all(store *db, GError **error)
{
	return store_rows(store_query(db, "job/all"), sizeof(struct job), read_job, NULL, error);
}
