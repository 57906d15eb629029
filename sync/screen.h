/* What a terminal is told: how wide its lines are, and whether they may be coloured. To anything but a terminal lines go as they are. */
#ifndef CELSYNC_SCREEN_H
#define CELSYNC_SCREEN_H

#include <glib.h>

/* Columns of the terminal stdout is; 0: it is none. */
guint screen_width(void);
/* stdout is a terminal that has colours, and nobody said NO_COLOR (https://no-color.org: any value but the empty one). */
gboolean screen_colour(void);

/* Columns a text takes. Pure. */
guint screen_columns(const char *text);

/*
 * A line broken so that none is wider than `width` columns (at least 20): between the cells of a table (two blanks), else between
 * words, else anywhere; what follows is indented by `indent`. Pure; without the last newline; free with g_free.
 */
char *screen_fit(const char *line, guint width, guint indent);

/* Prints one row of a table, or a sentence, to stdout, broken where stdout is a terminal. */
void screen_print(guint indent, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
