#include "sync/progress.h"

#include "sync/text.h"

#include <glib/gi18n.h>
#include <inttypes.h>
#include <string.h>

#define BAR 30
#define LINE_EVERY (10 * (gint64)G_USEC_PER_SEC)
#define BAR_EVERY (G_USEC_PER_SEC / 5)
/* Before that nothing can be said of the time left. */
#define PART_LEAST 0.001

struct progress {
	FILE *out;
	gint64 from, to, began, next;
	gboolean terminal, shown, sending;
};

struct progress *
progress_new(FILE *out, gboolean terminal, gint64 from, gint64 to, gint64 now)
{
	struct progress *p = g_new0(struct progress, 1);
	*p = (struct progress){
		.out = out, .from = from, .to = to, .terminal = terminal, .began = now
	};
	p->next = now + (terminal ? G_USEC_PER_SEC / 2 : LINE_EVERY);
	return p;
}

static gboolean
is_time(struct progress *p, gint64 now)
{
	if (now < p->next)
		return FALSE;
	p->next = now + (p->terminal ? BAR_EVERY : LINE_EVERY);
	return TRUE;
}

static void
append_left(GString *line, double part, double seconds)
{
	if (part < PART_LEAST)
		return;
	gint64 left = (gint64)(seconds / part - seconds + 0.5);
	if (left < 120)
		g_string_append_printf(line, _(", %" PRId64 " s left"), left);
	else if (left < 2 * 3600)
		g_string_append_printf(line, _(", %" PRId64 " min left"), left / 60);
	else
		g_string_append_printf(
		    line, _(", %" PRId64 " h %02" PRId64 " min left"), left / 3600, left / 60 % 60);
}

static void
show(struct progress *p, double part, double seconds, const char *facts)
{
	char bar[BAR + 1];
	const int full = (int)(CLAMP(part, 0, 1) * BAR);
	g_autoptr(GString) line = g_string_new(NULL);
	memset(bar, '#', (gsize)full);
	memset(bar + full, '.', (gsize)(BAR - full));
	bar[BAR] = '\0';
	g_string_printf(line, "[%s] %s", bar, facts);
	append_left(line, part, seconds);
	fprintf(
	    p->out, "%s%s%s", p->terminal ? "\r" : "", line->str, p->terminal ? "\033[K" : "\n");
	fflush(p->out);
	p->shown = TRUE;
}

void
progress_reading(struct progress *p, gint64 now, gint64 at, guint64 calls, gint64 requests)
{
	char when[TEXT_TIME];
	if (at == G_MININT64 || !is_time(p, now))
		return;
	const double seconds = MAX((double)(now - p->began) / G_USEC_PER_SEC, 0.001);
	g_autofree char *facts =
	    g_strdup_printf(_("reading %.10s, %" PRIu64 " calls, %.0f/s, %" PRId64 " waiting"),
		text_time(at, NULL, when), calls, (double)calls / seconds, requests);
	show(p, (double)(at - p->from) / (double)MAX(1, p->to - p->from), seconds, facts);
}

void
progress_sending(struct progress *p, gint64 now, gint64 sent, gint64 waiting)
{
	if (!p->sending) {
		p->sending = TRUE;
		p->began = now;
	}
	if (!is_time(p, now))
		return;
	const double seconds = MAX((double)(now - p->began) / G_USEC_PER_SEC, 0.001);
	g_autofree char *facts =
	    g_strdup_printf(_("sending, %" PRId64 " sent, %.1f/s, %" PRId64 " waiting"), sent,
		(double)sent / seconds, MAX(0, waiting - sent));
	show(p, (double)sent / (double)MAX(1, waiting), seconds, facts);
}

void
progress_free(struct progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", p->out);
	g_free(p);
}
