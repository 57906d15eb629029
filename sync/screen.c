#include "sync/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_MIN 20

guint
screen_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

gboolean
screen_colour(void)
{
	const char *no_colour = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

	return isatty(STDOUT_FILENO) && (!no_colour || !*no_colour) && term &&
	       strcmp(term, "dumb") != 0;
}

static guint
columns_of(gunichar c)
{
	return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* A byte that is no character takes a column. */
static const char *
step(const char *text, guint *columns)
{
	gunichar c = g_utf8_get_char_validated(text, -1);

	if (c == (gunichar)-1 || c == (gunichar)-2) {
		*columns = 1;
		return text + 1;
	}
	*columns = columns_of(c);
	return g_utf8_next_char(text);
}

guint
screen_columns(const char *text)
{
	guint sum = 0, columns;

	while (*text) {
		text = step(text, &columns);
		sum += columns;
	}
	return sum;
}

/* Where the line ends that begins at `text`: between two cells of a table, else between words, else anywhere. */
static const char *
find_break(const char *text, guint room)
{
	const char *cell = NULL, *word = NULL, *p = text;
	guint used = 0, columns;
	gboolean begun = FALSE;

	while (*p) {
		const char *next = step(p, &columns);

		if (used + columns > room)
			break;
		used += columns;
		begun |= *p != ' ';
		p = next;
		if (!begun || *p != ' ')
			continue;
		word = p;
		if (p[1] == ' ' || (p[-1] == ',' && used > room / 2))
			cell = p;
	}
	if (*p == '\0')
		return p;
	return cell ? cell : word ? word : p;
}

char *
screen_fit(const char *line, guint width, guint indent)
{
	GString *out = g_string_new(NULL);

	width = MAX(width, WIDTH_MIN);
	indent = MIN(indent, width / 2);
	for (guint used = 0;; used = indent) {
		const char *end = find_break(line, width - used);

		g_string_append_len(out, line, end - line);
		while (out->len > 0 && out->str[out->len - 1] == ' ')
			g_string_truncate(out, out->len - 1);
		line = end + strspn(end, " ");
		if (!*line)
			return g_string_free(out, FALSE);
		g_string_append_printf(out, "\n%*s", (int)indent, "");
	}
}

void
screen_print(guint indent, const char *format, ...)
{
	guint width = screen_width();
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *line = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_autofree char *fitting = width > 0 ? screen_fit(line, width, indent) : NULL;
	puts(fitting ? fitting : line);
}
