/* The calls of one client in a period: its rows are streamed, as `calls` does. */
#include "sync/find.h"

#include "sync/app.h"
#include "sync/place.h"

struct search {
	const struct config *config;
	const GPtrArray *forms;
	gint64 from, to, now;
	find_sink sink;
	gpointer data;
	guint n;
};

static gboolean
is_wanted(const struct search *s, const struct call *call)
{
	if (call->client == NULL || call->start < s->from || call->start >= s->to)
		return FALSE;
	g_autofree char *digits = number_digits(call->client);
	return g_ptr_array_find_with_equal_func((GPtrArray *)s->forms, digits, g_str_equal, NULL);
}

static gboolean
look_at_group(
    struct group *group, const struct timeline *t, GPtrArray *calls, gpointer data, GError **error)
{
	struct search *s = data;
	struct call_patience patience = pbx_patience(s->config);
	(void)group;
	for (guint i = 0; i < calls->len; i++) {
		struct call *call = calls->pdata[i];
		if (!is_wanted(s, call))
			continue;
		call_settle(
		    call, t, &patience, t->last != TIME_NONE ? s->now - t->last : patience.stale);
		s->n++;
		if (!s->sink(call, t, calls, s->data, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
find_calls_of_number(struct pbx *pbx, const struct config *config, const GPtrArray *forms,
    gint64 from, gint64 to, gint64 now, find_sink sink, gpointer data, guint *n, GError **error)
{
	struct search s = { .config = config,
		.forms = forms,
		.from = from,
		.to = to,
		.now = now,
		.sink = sink,
		.data = data };
	struct rebuild_options options = pbx_rebuild_options(pbx, config);
	gint64 low, high;
	options.open = TRUE;
	g_autoptr(rebuild) rows = rebuild_new(pbx->source, &options, look_at_group, NULL, &s);
	gboolean ok = place_range(pbx->source, &pbx->zone, from, to, &low, &high, error) &&
	              rebuild_scan(rows, low - 1, high, &app_stop, error) &&
	              (app_stop || (rebuild_orphans(rows, from, MIN(to, now), &app_stop, error) &&
				       rebuild_finish(rows, error)));
	*n = s.n;
	return ok;
}
