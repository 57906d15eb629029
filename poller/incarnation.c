#include "poller/incarnation.h"

#include <string.h>

void
incarnations_init(struct incarnations *set)
{
	set->list = g_array_new(FALSE, TRUE, sizeof(struct incarnation));
	set->names = g_ptr_array_new_with_free_func(g_free);
}

void
incarnations_clear(struct incarnations *set)
{
	g_array_free(set->list, TRUE);
	g_ptr_array_free(set->names, TRUE);
}

static gboolean
is_named(const struct incarnation *known, const char *name, gsize len)
{
	return len == 0
	           ? known->systemname[0] == '\0'
	           : strncmp(known->systemname, name, len) == 0 && known->systemname[len] == '\0';
}

struct incarnation *
incarnation_of(struct incarnations *set, const char *name, gsize len)
{
	for (guint i = 0; i < set->list->len; i++) {
		struct incarnation *known = &g_array_index(set->list, struct incarnation, i);
		if (is_named(known, name, len))
			return known;
	}
	/* A systemname is one per server; a table full of them is somebody's uniqueids, not servers. */
	if (set->list->len >= 64)
		return NULL;
	struct incarnation fresh = { .systemname = g_strndup(name, len) };
	g_ptr_array_add(set->names, (gpointer)fresh.systemname);
	g_array_append_val(set->list, fresh);
	return &g_array_index(set->list, struct incarnation, set->list->len - 1);
}

void
incarnation_watch(struct incarnations *set, const char *uniqueid, const struct uniqueid *made)
{
	if (made->epoch == 0)
		return;
	struct incarnation *inc = incarnation_of(set, uniqueid, made->system_len);
	if (inc == NULL || inc->shared)
		return;
	if (inc->restarted != 0 && made->epoch > inc->restarted + 1 &&
	    made->number > inc->number_before && made->number < inc->number_before + 1000 &&
	    made->number > inc->number + 20) {
		/* A contradiction: the old counter goes on, where the new one could not have come to by itself. */
		inc->shared = TRUE;
		return;
	}
	/* Neighbours may stand inverted, but not by more than a second; and a counter that began anew is far below. */
	if (made->epoch > inc->epoch + 1 && made->number < (inc->number + 1) / 2) {
		inc->restarted = made->epoch;
		inc->number_before = inc->number;
		inc->epoch = made->epoch;
		inc->number = made->number;
	} else if (made->epoch >= inc->restarted && made->number >= inc->number) {
		inc->epoch = MAX(inc->epoch, made->epoch);
		inc->number = made->number;
	}
}
