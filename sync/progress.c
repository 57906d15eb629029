#include "sync/progress.h"

#include "sync/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BAR 30

struct progress {
	gint64 from, to, began, next;
	guint64 looked;
	gboolean terminal, shown;
};

struct progress *
progress_new(gint64 from, gint64 to)
{
	struct progress *p = g_new0(struct progress, 1);
	p->from = from;
	p->to = to;
	p->terminal = isatty(STDERR_FILENO) == 1;
	p->began = g_get_monotonic_time();
	p->next = p->began + (p->terminal ? G_USEC_PER_SEC / 2 : 10 * (gint64)G_USEC_PER_SEC);
	return p;
}

static void
show(struct progress *p, gint64 at, guint64 calls, gint64 events)
{
	double part = CLAMP((double)(at - p->from) / (double)MAX(1, p->to - p->from), 0, 1);
	double seconds = (double)(g_get_monotonic_time() - p->began) / G_USEC_PER_SEC;
	char when[TEXT_TIME], bar[BAR + 1];
	int full = (int)(part * BAR);
	memset(bar, '#', (gsize)full);
	memset(bar + full, '.', (gsize)(BAR - full));
	bar[BAR] = '\0';
	gint64 left = part > 0.001 ? (gint64)(seconds / part - seconds) : 0;
	fprintf(stderr,
	    "%s[%s] %.10s  %" G_GUINT64_FORMAT " calls, %.0f/s, %" G_GINT64_FORMAT
	    " requests, %" G_GINT64_FORMAT " s left%s",
	    p->terminal ? "\r" : "", bar, text_time(at, NULL, when), calls,
	    (double)calls / MAX(seconds, 0.001), events, left, p->terminal ? "\033[K" : "\n");
	p->shown = TRUE;
}

void
progress_show(struct progress *p, gint64 at, guint64 calls, gint64 events)
{
	/* The clock is not read for every call. */
	if (at == G_MININT64 || (++p->looked & 63) != 0)
		return;
	gint64 now = g_get_monotonic_time();
	if (now < p->next)
		return;
	p->next = now + (p->terminal ? G_USEC_PER_SEC / 5 : 10 * (gint64)G_USEC_PER_SEC);
	show(p, at, calls, events);
}

void
progress_free(struct progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", stderr);
	g_free(p);
}
