#include "sync/late_facts.h"

#include "sync/text.h"

#include <string.h>

/* Talk is told in whole seconds, and a second is the table's resolution. */
#define TALK_SAME 1

/* The last COMPLETED of an employee; NULL: there is none. */
static const struct outbox_item *
completed_of(const GArray *items, const char *ext)
{
	const struct outbox_item *last = NULL;
	for (guint i = 0; i < items->len; i++) {
		const struct outbox_item *item = &g_array_index(items, struct outbox_item, i);
		if (item->rank == OUTBOX_COMPLETED && strcmp(item->ext, ext) == 0 &&
		    (last == NULL || item->n > last->n))
			last = item;
	}
	return last;
}

static void
compare(GPtrArray *facts, const struct call *call, const struct leg *leg,
    const struct outbox_item *item)
{
	g_autoptr(GHashTable) said = g_uri_parse_params(item->body, -1, "&", 0, NULL);
	if (said == NULL)
		return;
	const char *status = g_hash_table_lookup(said, "status"),
		   *duration = g_hash_table_lookup(said, "duration"),
		   *phone = g_hash_table_lookup(said, "phone");
	const gint64 told = duration != NULL ? g_ascii_strtoll(duration, NULL, 10) : 0,
		     now = text_seconds(leg->talk);
	if (status != NULL && strcmp(status, status_name(leg->status)) != 0)
		g_ptr_array_add(facts, g_strdup_printf("%s was told %s, but it was %s", leg->ext,
					   status, status_name(leg->status)));
	if (ABS(told - now) > TALK_SAME)
		g_ptr_array_add(
		    facts, g_strdup_printf("%s was told %" G_GINT64_FORMAT
					   " s of talk, but it was %" G_GINT64_FORMAT " s",
			       leg->ext, told, now));
	if (phone != NULL && call->client != NULL && strcmp(phone, call->client) != 0)
		g_ptr_array_add(facts, g_strdup_printf("%s was told the number %s, but it was %s",
					   leg->ext, phone, call->client));
}

GPtrArray *
late_facts(const struct call *call, const GArray *items)
{
	GPtrArray *facts = g_ptr_array_new_with_free_func(g_free);
	gboolean told = FALSE;
	for (guint i = 0; i < items->len; i++)
		told |= g_array_index(items, struct outbox_item, i).rank == OUTBOX_COMPLETED;
	if (!told)
		return facts;
	if (call->skip != NULL)
		g_ptr_array_add(
		    facts, g_strdup_printf("it was told, but it is to be skipped: %s", call->skip));
	for (guint i = 0; i < call->n_legs && call->skip == NULL; i++) {
		const struct leg *leg = &call->legs[i];
		if (leg->ext == NULL || leg->status == STATUS_NONE)
			continue;
		const struct outbox_item *item = completed_of(items, leg->ext);
		if (item == NULL)
			g_ptr_array_add(facts,
			    g_strdup_printf("%s was not told: %s, %" G_GINT64_FORMAT " s of talk",
				leg->ext, status_name(leg->status), text_seconds(leg->talk)));
		else if (item->body[0] != '\0')
			compare(facts, call, leg, item);
	}
	return facts;
}
