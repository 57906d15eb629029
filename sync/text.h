/* Small pieces of text that several commands print: times, spans. Pure. */
#ifndef CELSYNC_TEXT_H
#define CELSYNC_TEXT_H

#include <glib.h>

#define TEXT_TIME 40

/* RFC 3339: "2025-11-23T12:28:20Z", or with the offset of tz where it is given. "" for TIME_NONE. */
const char *text_time(gint64 us, GTimeZone *tz, char buffer[TEXT_TIME]);
/* Whole seconds, rounded. */
gint64 text_seconds(gint64 us);
/* Free with g_free: control characters and what is not UTF-8 become "?" or U+FFFD. */
char *text_clean(const char *text);

#endif
