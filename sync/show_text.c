#include "sync/show.h"

#include "sync/mask.h"
#include "sync/text.h"
#include "sync/words.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct page {
	const struct show *show;
	const struct draw_style *style;
	GPtrArray *lines;
};

/* Every line of facts goes through here: it is translated, and made harmless as a whole. */
static void say(struct page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void
say(struct page *page, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *line = g_strdup_vprintf(_(format), args);
	va_end(args);
	g_ptr_array_add(page->lines, draw_text(page->style, line));
}

static void
say_heading(struct page *page, const char *text)
{
	g_ptr_array_add(page->lines, g_strdup(""));
	g_ptr_array_add(page->lines, draw_heading(page->style, _(text)));
}

/* "2025-11-23 12:28:20 +00:00", and "12:28:20" where the day is known. */
static const char *
full_time(const struct page *page, gint64 us, char buffer[TEXT_TIME])
{
	char text[TEXT_TIME];
	text_time(us, page->style->tz, text);
	if (strlen(text) < 19) {
		g_strlcpy(buffer, "?", TEXT_TIME);
		return buffer;
	}
	text[10] = ' ';
	g_snprintf(buffer, TEXT_TIME, "%.19s %s", text, text + 19);
	return buffer;
}

static const char *
clock_time(const struct page *page, gint64 us, char buffer[TEXT_TIME])
{
	char text[TEXT_TIME];
	text_time(us, page->style->tz, text);
	g_snprintf(buffer, TEXT_TIME, "%.8s", strlen(text) >= 19 ? text + 11 : "?");
	return buffer;
}

/* What Q.850 causes mean, as far as Asterisk uses them (include/asterisk/causes.h). */
static const char *
cause_name(int cause)
{
	switch (cause) {
	case 0: return _("no cause given");
	case 1: return _("no such number");
	case 3: return _("no route");
	case 16: return _("normal clearing");
	case 17: return _("busy");
	case 18: return _("no response");
	case 19: return _("not answered");
	case 20: return _("subscriber absent");
	case 21: return _("rejected");
	case 22: return _("number changed");
	case 23: return _("redirected");
	case 26: return _("answered elsewhere");
	case 27: return _("destination out of order");
	case 28: return _("number incomplete");
	case 31: return _("normal, unspecified");
	case 34: return _("no circuit free");
	case 38: return _("network out of order");
	case 41: return _("temporary failure");
	case 42: return _("congestion");
	case 44: return _("circuit not available");
	case 50: return _("facility not subscribed");
	case 52: return _("outgoing calls barred");
	case 54: return _("incoming calls barred");
	case 57: return _("not authorised");
	case 58: return _("capability not available");
	case 88: return _("incompatible destination");
	case 102: return _("timer expired");
	case 127: return _("interworking");
	default: return _("other cause");
	}
}

static const char *
settled_text(enum settled settled)
{
	switch (settled) {
	case SETTLED_OPEN: return _("not over yet");
	case SETTLED_ENDED: return _("everybody hung up");
	case SETTLED_GRACE: return _("rows are missing; taken as over after [source] grace");
	case SETTLED_RESTART: return _("Asterisk restarted since");
	case SETTLED_STALE: return _("nothing came for [source] stale");
	}
	return "?";
}

static const char *
direction_text(enum direction direction)
{
	switch (direction) {
	case DIRECTION_IN: return _("incoming");
	case DIRECTION_OUT: return _("outgoing");
	case DIRECTION_INTERNAL: return _("internal");
	}
	return "?";
}

static const char *
or_unknown(const char *text)
{
	return text != NULL ? text : _("unknown");
}

/* The call as a whole. */

static void
say_times(struct page *page)
{
	const struct call *call = page->show->call;
	char at[TEXT_TIME];
	gint64 until = call->answer != TIME_NONE ? call->answer : call->end;
	say(page, "began      %s", full_time(page, call->start, at));
	if (call->answer != TIME_NONE)
		say(page, "answered   %s, after %" PRId64 " s", clock_time(page, call->answer, at),
		    text_seconds(until - call->start));
	if (call->end != TIME_NONE)
		say(page, "ended      %s%s%s%s", clock_time(page, call->end, at),
		    call->hung_up != NULL ? ", " : "",
		    call->hung_up != NULL ? _(call->hung_up) : "",
		    call->hung_up != NULL ? _(" hung up first") : "");
	if (call->answer == TIME_NONE && until != TIME_NONE)
		say(page, "waited     %" PRId64 " s", text_seconds(until - call->start));
	if (call->hold > 0)
		say(page, "talk       %" PRId64 " s, %" PRId64 " s of it on hold",
		    text_seconds(call->talk), text_seconds(call->hold));
	else
		say(page, "talk       %" PRId64 " s", text_seconds(call->talk));
}

static void
say_call(struct page *page)
{
	const struct call *call = page->show->call;
	g_autofree char *title = g_strdup_printf(_("Call %s"), call->callid);
	g_ptr_array_add(page->lines, draw_heading(page->style, title));
	say(page, "what       %s, %s%s", direction_text(call->direction),
	    words_result(call->result), call->voicemail ? _(", reached voicemail") : "");
	say(page, "client     %s", or_unknown(call->client));
	if (call->did != NULL)
		say(page, "DID        %s", call->did);
	if (call->queue != NULL)
		say(page, "queue      %s", call->queue);
	say_times(page);
	say(page, "settled    %s: %s", words_settled(call->settled), settled_text(call->settled));
	if (strcmp(call->basis, "cel") != 0)
		say(page, "basis      %s: without channel events it is known only roughly",
		    call->basis);
	if (call->skip != NULL)
		say(page, "reported   no: %s", words_skip(call->skip));
}

/* Channels. */

#define WHO_COLUMNS 12

static void
say_channel(struct page *page, const struct track *track, guint number)
{
	const struct timeline *t = page->show->tracks->timeline;
	const struct lane *lane = &t->lanes[track->lane];
	char at[TEXT_TIME];
	g_autofree char *who = draw_who(page->show->tracks, track);
	g_autofree char *clean = draw_text(page->style, who);
	g_autofree char *number_shown = page->show->masked ? mask_number(lane->channel->cid_num)
	                                                   : g_strdup(lane->channel->cid_num);
	g_autofree char *label =
	    draw_fit(page->style, clean, MAX(WHO_COLUMNS, draw_columns(clean)));
	say(page, "%2u %s %s  %s", number, label, lane->channel->name, lane->channel->uniqueid);
	if (track->half >= 0)
		say(page, "   %-*s %s  %s", WHO_COLUMNS, "", t->lanes[track->half].channel->name,
		    t->lanes[track->half].channel->uniqueid);
	g_autoptr(GString) line = g_string_new(clock_time(page, lane->start, at));
	if (lane->answer != TIME_NONE)
		g_string_append_printf(
		    line, _(", answered %s"), clock_time(page, lane->answer, at));
	if (lane->end != TIME_NONE)
		g_string_append_printf(line, _(", hung up %s"), clock_time(page, lane->end, at));
	else
		g_string_append(line, _(", its end was not written"));
	if (lane->cause >= 0)
		g_string_append_printf(line, ": %d %s", lane->cause, cause_name(lane->cause));
	if (lane->channel->cid_num[0] != '\0')
		g_string_append_printf(line, _(", number %s"), number_shown);
	if (lane->channel->cid_name[0] != '\0')
		g_string_append_printf(
		    line, _(", name %s"), page->show->masked ? "***" : lane->channel->cid_name);
	say(page, "   %s", line->str);
}

static void
say_channels(struct page *page)
{
	const GArray *list = page->show->tracks->tracks;
	if (list->len == 0)
		return;
	g_autoptr(GPtrArray) picture = draw_tracks(page->show->tracks, page->style);
	g_ptr_array_add(page->lines, g_strdup(""));
	for (guint i = 0; i < picture->len; i++)
		g_ptr_array_add(page->lines, g_strdup(picture->pdata[i]));
	say_heading(page, "Channels");
	for (guint i = 0; i < list->len; i++)
		say_channel(page, &g_array_index(list, struct track, i), i + 1);
}

/* Legs. */

static void
say_leg(struct page *page, const struct leg *leg)
{
	char at[TEXT_TIME];
	g_autoptr(GString) line = g_string_new(NULL);
	g_string_append_printf(line, "   %s%s%s %s", leg->ext != NULL ? leg->ext : "",
	    leg->ext != NULL && leg->outside != NULL ? _(" at ") : "",
	    leg->outside != NULL ? leg->outside : "",
	    leg->status != STATUS_NONE ? status_name(leg->status) : _("(not told)"));
	if (leg->rang != TIME_NONE)
		g_string_append_printf(line, _(": rang %s"), clock_time(page, leg->rang, at));
	if (leg->answered != TIME_NONE)
		g_string_append_printf(
		    line, _(", answered %s"), clock_time(page, leg->answered, at));
	if (leg->ended != TIME_NONE)
		g_string_append_printf(line, _(", ended %s"), clock_time(page, leg->ended, at));
	if (leg->connected)
		g_string_append_printf(line, _(", talk %" PRId64 " s"), text_seconds(leg->talk));
	if (leg->transferred_from != NULL)
		g_string_append_printf(line, _(", transferred from %s"), leg->transferred_from);
	g_autofree char *reason = leg->reason != NULL ? words_note(leg->reason) : NULL;
	if (reason != NULL)
		g_string_append_printf(line, ": %s", reason);
	say(page, "%s", line->str);
	if (leg->recording != NULL)
		say(page, "      recording %s", leg->recording);
}

static void
say_legs(struct page *page)
{
	const struct call *call = page->show->call;
	say_heading(page, "Legs");
	for (guint i = 0; i < call->n_legs; i++) {
		if (call->legs[i].ext != NULL || call->legs[i].outside != NULL)
			say_leg(page, &call->legs[i]);
	}
	if (call->n_legs == 0)
		say(page, "   nobody was rung");
}

/* Recordings. */

static const struct recording *
recording_row(const struct show *show, const char *file)
{
	for (guint i = 0; show->recordings != NULL && i < show->recordings->len; i++) {
		const struct recording *r = &g_array_index(show->recordings, struct recording, i);
		if (strcmp(r->file, file) == 0)
			return r;
	}
	return NULL;
}

static void
say_recording_row(struct page *page, const struct recording *r)
{
	say(page, "      %s%s%s", words_recording(r->state), r->reason != NULL ? ": " : "",
	    r->reason != NULL ? r->reason : "");
	if (r->mp3 != NULL)
		say(page, "      %s, %.1f s", r->mp3, (double)r->duration_ms / 1000);
	if (r->link != NULL)
		say(page, "      %s", r->link);
}

static void
say_recordings(struct page *page)
{
	const struct call *call = page->show->call;
	if (call->n_recordings == 0)
		return;
	say_heading(page, "Recordings of the group");
	for (guint i = 0; i < call->n_recordings; i++) {
		const struct recording *r = recording_row(page->show, call->recordings[i].file);
		say(page, "   %s", call->recordings[i].path);
		if (r != NULL)
			say_recording_row(page, r);
	}
}

/* Notes, and what else the group holds. */

static void
say_notes(struct page *page)
{
	const struct call *call = page->show->call;
	if (call->n_notes > 0)
		say_heading(page, "Notes");
	for (guint i = 0; i < call->n_notes; i++) {
		g_autofree char *note = words_note(call->notes[i]);
		say(page, "   %s", note);
	}
	if (page->show->calls->len > 1)
		say_heading(page, "Other calls of the group");
	for (guint i = 0; i < page->show->calls->len; i++) {
		const struct call *other = page->show->calls->pdata[i];
		if (other != call)
			say(page, "   %s: %s, %s, client %s", other->callid,
			    direction_text(other->direction), words_result(other->result),
			    or_unknown(other->client));
	}
}

/* What PlanFix was told. */

static void
say_attempt(struct page *page, const struct attempt *attempt)
{
	char at[TEXT_TIME];
	g_autofree char *status = attempt->status != 0
	                              ? g_strdup_printf(_(", answer %" PRId64), attempt->status)
	                              : g_strdup("");
	say(page, "      try %" PRId64 ": %s, %s%s%s%s", attempt->n,
	    full_time(page, attempt->at, at),
	    attempt->state == OUTBOX_READY ? _("to be tried again") : words_request(attempt->state),
	    status, attempt->answer != NULL && attempt->answer[0] != '\0' ? ": " : "",
	    attempt->answer != NULL ? attempt->answer : "");
}

static void
say_request(struct page *page, const struct outbox_item *item, const char *body)
{
	char at[TEXT_TIME];
	say(page, "   #%" PRId64 " %s %s, window %" PRId64 ": %s%s%s", item->id, item->event,
	    item->ext, item->n, words_request(item->state),
	    strcmp(item->callid, page->show->call->callid) != 0 ? _(", as call ") : "",
	    strcmp(item->callid, page->show->call->callid) != 0 ? item->callid : "");
	g_autofree char *status = item->status != 0
	                              ? g_strdup_printf(_(", answer %" PRId64), item->status)
	                              : g_strdup("");
	say(page,
	    ngettext("      %s, %" PRId64 " try%s%s%s", "      %s, %" PRId64 " tries%s%s%s",
		(gulong)item->attempts),
	    full_time(page, item->changed, at), item->attempts, status,
	    item->answer != NULL && item->answer[0] != '\0' ? ": " : "",
	    item->answer != NULL ? item->answer : "");
	for (guint i = 0; page->show->attempts != NULL && i < page->show->attempts->len; i++) {
		const struct attempt *a = &g_array_index(page->show->attempts, struct attempt, i);
		if (a->item == item->id)
			say_attempt(page, a);
	}
	say(page, "      %s",
	    body != NULL
		? body
		: _("its body was removed, after [store] keep_days or by `celsync forget`"));
}

static void
say_requests(struct page *page)
{
	const struct show *show = page->show;
	char at[TEXT_TIME];
	say_heading(page, "Told to PlanFix");
	if (show->requests == NULL) {
		say(page, "   unknown: %s", show->no_store);
		return;
	}
	for (guint i = 0; i < show->requests->len; i++)
		say_request(page, &g_array_index(show->requests, struct outbox_item, i),
		    show->bodies->pdata[i]);
	if (show->requests->len > 0)
		return;
	if (show->call->skip != NULL)
		say(page, "   nothing: %s", words_skip(show->call->skip));
	else if (show->call->start < show->start)
		say(page, "   nothing: it began before %s, see [source] start",
		    full_time(page, show->start, at));
	else
		say(page, "   nothing%s",
		    show->unread ? _(" yet: no pass has read all its rows") : "");
}

GPtrArray *
show_text(const struct show *show, const struct draw_style *style)
{
	struct page page = {
		.show = show, .style = style, .lines = g_ptr_array_new_with_free_func(g_free)
	};
	say_call(&page);
	say_channels(&page);
	say_legs(&page);
	say_recordings(&page);
	say_notes(&page);
	say_requests(&page);
	return page.lines;
}
