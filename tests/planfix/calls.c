#include "tests/planfix/calls.h"

#include <string.h>

/* One employee within one call. */
struct leg {
	char *ext;
	gboolean open;      /* a window was opened and not yet closed */
	gboolean accepted;  /* ACCEPTED came since the last opening */
	gboolean completed; /* COMPLETED came since the last opening */
	gboolean accepted_lost, completed_lost;
};

struct link {
	char *url;
	gboolean lost;
};

struct call {
	char *callid, *phone;
	gboolean out;
	gboolean completed, recorded; /* by any employee's COMPLETED */
	GArray *legs;                 /* struct leg */
	GArray *links;                /* struct link; NULL: none yet */
};

struct calls {
	enum repeats repeats;
	GHashTable *by_id; /* callid -> struct call, owned */
	GQueue order;      /* the same, oldest first, borrowed */
};

static void
leg_clear(gpointer data)
{
	g_free(((struct leg *)data)->ext);
}

static void
link_clear(gpointer data)
{
	g_free(((struct link *)data)->url);
}

static void
call_free(gpointer data)
{
	struct call *call = data;
	g_free(call->callid);
	g_free(call->phone);
	g_array_unref(call->legs);
	g_clear_pointer(&call->links, g_array_unref);
	g_free(call);
}

calls *
calls_new(enum repeats repeats)
{
	calls *known = g_new0(struct calls, 1);
	known->repeats = repeats;
	known->by_id = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, call_free);
	g_queue_init(&known->order);
	return known;
}

void
calls_free(calls *known)
{
	if (!known)
		return;
	g_queue_clear(&known->order);
	g_hash_table_unref(known->by_id);
	g_free(known);
}

static struct leg *
find_leg(const struct call *call, const char *ext)
{
	for (guint i = 0; i < call->legs->len; i++) {
		struct leg *leg = &g_array_index(call->legs, struct leg, i);
		if (strcmp(leg->ext, ext) == 0)
			return leg;
	}
	return NULL;
}

static struct link *
find_link(const struct call *call, const char *url)
{
	for (guint i = 0; call->links && i < call->links->len; i++) {
		struct link *link = &g_array_index(call->links, struct link, i);
		if (strcmp(link->url, url) == 0)
			return link;
	}
	return NULL;
}

static gboolean
may_repeat(const calls *known, gboolean lost)
{
	switch (known->repeats) {
	case REPEATS_FAULT: return FALSE;
	case REPEATS_LOST: return lost;
	case REPEATS_ANY: return TRUE;
	}
	g_return_val_if_reached(FALSE);
}

static gboolean
check_record(
    const calls *known, const struct call *call, const struct form *form, GPtrArray *faults)
{
	if (!call || !call->completed) {
		g_ptr_array_add(faults, g_strdup("record: before any COMPLETED of its callid"));
		return FALSE;
	}
	if (!call->recorded)
		g_ptr_array_add(faults, g_strdup("record: no COMPLETED said is_recorded=1"));
	const struct link *link = find_link(call, form_get(form, "record_link"));
	if (link && may_repeat(known, link->lost))
		return TRUE;
	if (link)
		g_ptr_array_add(faults, g_strdup("record: this record_link was already given"));
	return FALSE;
}

static gboolean
check_event(const calls *known, const struct call *call, const struct form *form, GPtrArray *faults)
{
	const char *event = form_get(form, "event");
	gboolean out = strcmp(form_get(form, "type"), "out") == 0;

	if (!call)
		return FALSE;
	if (call->out != out)
		g_ptr_array_add(faults, g_strdup_printf("type: was %s before in this callid",
					    call->out ? "out" : "in"));
	if (strcmp(call->phone, form_get(form, "phone")) != 0)
		g_ptr_array_add(
		    faults, g_strdup_printf("phone: was %s before in this callid", call->phone));
	const struct leg *leg = find_leg(call, form_get(form, "ext"));
	if (!leg)
		return FALSE;
	if (strcmp(event, "COMPLETED") == 0 && leg->completed) {
		if (may_repeat(known, leg->completed_lost))
			return TRUE;
		g_ptr_array_add(faults,
		    g_strdup("event: COMPLETED repeated for this callid and ext without a new "
			     "INCOMING or OUTGOING between"));
	}
	if (strcmp(event, "ACCEPTED") == 0 && leg->completed) {
		g_ptr_array_add(faults, g_strdup("event: ACCEPTED after COMPLETED without a new "
						 "INCOMING or OUTGOING between"));
	} else if (strcmp(event, "ACCEPTED") == 0 && leg->accepted) {
		if (may_repeat(known, leg->accepted_lost))
			return TRUE;
		g_ptr_array_add(faults, g_strdup("event: ACCEPTED repeated in one window"));
	}
	return FALSE;
}

gboolean
calls_check(const calls *known, const struct form *form, GPtrArray *faults)
{
	const char *cmd = form_get(form, "cmd");

	if (strcmp(cmd, "event") != 0 && strcmp(cmd, "record") != 0)
		return FALSE;
	const struct call *call = g_hash_table_lookup(known->by_id, form_get(form, "callid"));
	if (strcmp(cmd, "record") == 0)
		return check_record(known, call, form, faults);
	return check_event(known, call, form, faults);
}

static struct call *
add_call(calls *known, const struct form *form)
{
	struct call *call = g_new0(struct call, 1);
	call->callid = g_strdup(form_get(form, "callid"));
	call->phone = g_strdup(form_get(form, "phone"));
	call->out = strcmp(form_get(form, "type"), "out") == 0;
	call->legs = g_array_new(FALSE, TRUE, sizeof(struct leg));
	g_array_set_clear_func(call->legs, leg_clear);
	g_hash_table_insert(known->by_id, call->callid, call);
	g_queue_push_tail(&known->order, call);
	if (known->order.length > CALLS_LIMIT) {
		const struct call *oldest = g_queue_pop_head(&known->order);
		g_hash_table_remove(known->by_id, oldest->callid);
	}
	return call;
}

static void
take_link(struct call *call, const char *url)
{
	struct link *known = find_link(call, url);

	if (known) {
		known->lost = FALSE;
		return;
	}
	if (!call->links) {
		call->links = g_array_new(FALSE, FALSE, sizeof(struct link));
		g_array_set_clear_func(call->links, link_clear);
	}
	struct link link = { g_strdup(url), FALSE };
	g_array_append_val(call->links, link);
}

static void
take_event(struct call *call, const struct form *form)
{
	const char *event = form_get(form, "event"), *ext = form_get(form, "ext");
	struct leg *leg = find_leg(call, ext);

	if (!leg) {
		struct leg fresh = { .ext = g_strdup(ext) };
		g_array_append_val(call->legs, fresh);
		leg = &g_array_index(call->legs, struct leg, call->legs->len - 1);
	}
	if (strcmp(event, "COMPLETED") == 0) {
		leg->open = leg->completed_lost = FALSE;
		leg->completed = call->completed = TRUE;
		call->recorded |= strcmp(form_get(form, "is_recorded"), "1") == 0;
		if (form_get(form, "record_link"))
			take_link(call, form_get(form, "record_link"));
	} else if (strcmp(event, "ACCEPTED") == 0) {
		leg->accepted = TRUE;
		leg->accepted_lost = FALSE;
	} else if (!leg->open) {
		*leg = (struct leg){ .ext = leg->ext, .open = TRUE };
	}
}

void
calls_take(calls *known, const struct form *form)
{
	gboolean record = strcmp(form_get(form, "cmd"), "record") == 0;

	if (!record && strcmp(form_get(form, "cmd"), "event") != 0)
		return;
	struct call *call = g_hash_table_lookup(known->by_id, form_get(form, "callid"));
	if (!record)
		take_event(call ? call : add_call(known, form), form);
	else if (call)
		take_link(call, form_get(form, "record_link"));
}

void
calls_lose(calls *known, const struct form *form)
{
	const char *cmd = form_get(form, "cmd"), *event = form_get(form, "event");

	if (strcmp(cmd, "event") != 0 && strcmp(cmd, "record") != 0)
		return;
	/* The answer may be lost long after: the call may have been forgotten since. */
	struct call *call = g_hash_table_lookup(known->by_id, form_get(form, "callid"));
	if (!call)
		return;
	if (strcmp(cmd, "record") == 0) {
		struct link *link = find_link(call, form_get(form, "record_link"));
		if (link)
			link->lost = TRUE;
		return;
	}
	struct leg *leg = find_leg(call, form_get(form, "ext"));
	if (leg && strcmp(event, "ACCEPTED") == 0)
		leg->accepted_lost = leg->accepted;
	else if (leg && strcmp(event, "COMPLETED") == 0)
		leg->completed_lost = leg->completed;
}
