#include "sync/log.h"

#include <glib/gi18n.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* More pairs than a fact needs; what is beyond stands in the line but gets no field. */
#define FIELDS_MAX 24

static enum log_level highest = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	highest = level;
}

gboolean
log_wants(enum log_level level)
{
	return level <= highest;
}

/* RFC 5424, table 2. */
static const char *
syslog_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR: return "3";
	case LOG_LEVEL_WARNING: return "4";
	case LOG_LEVEL_INFO: return "6";
	case LOG_LEVEL_DEBUG: return "7";
	}
	g_assert_not_reached();
}

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR: return "error";
	case LOG_LEVEL_WARNING: return "warning";
	case LOG_LEVEL_INFO: return "info";
	case LOG_LEVEL_DEBUG: return "debug";
	}
	g_assert_not_reached();
}

/*
 * Control characters, and format characters such as those that turn the writing direction, as
 * escapes; bytes that are not UTF-8 as \xNN.
 */
static void
append_escaped(GString *out, const char *text, gboolean in_quotes)
{
	while (*text) {
		gunichar c = g_utf8_get_char_validated(text, -1);

		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(out, "\\x%02x", (guchar)*text++);
			continue;
		}
		if (in_quotes && (c == '"' || c == '\\'))
			g_string_append_printf(out, "\\%c", (char)c);
		else if (c == '\n')
			g_string_append(out, "\\n");
		else if (c == '\t')
			g_string_append(out, "\\t");
		else if (c < 0x80 && g_ascii_iscntrl((char)c))
			g_string_append_printf(out, "\\x%02x", c);
		else if (c >= 0x80 && !g_unichar_isprint(c))
			g_string_append_printf(out, "\\u%04x", c);
		else
			g_string_append_unichar(out, c);
		text = g_utf8_next_char(text);
	}
}

char *
log_value(const char *text)
{
	GString *out = g_string_new("\"");

	append_escaped(out, text, TRUE);
	/* Nothing was escaped and nothing could be misread: the bare word is easier on the eye. */
	if (*text && strcmp(out->str + 1, text) == 0 && !strpbrk(text, " =\"")) {
		g_string_erase(out, 0, 1);
		return g_string_free(out, FALSE);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

/* A file that stderr was sent to (cron) has no clock of its own; a terminal's reader has one. */
static void
append_time(GString *out)
{
	g_autoptr(GDateTime) now = NULL;
	g_autofree char *text = NULL;

	if (isatty(STDERR_FILENO))
		return;
	now = g_date_time_new_now_utc();
	text = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ ");
	g_string_append(out, text);
}

/* Room for three more fields is left at the end of `fields`. */
static gboolean
told_journal(enum log_level level, const char *message, GLogField *fields, gsize n)
{
	if (!g_log_writer_is_journald(STDERR_FILENO))
		return FALSE;
	fields[n++] = (GLogField){ "MESSAGE", message, -1 };
	fields[n++] = (GLogField){ "PRIORITY", syslog_priority(level), -1 };
	fields[n++] = (GLogField){ "SYSLOG_IDENTIFIER", "celsync", -1 };
	return g_log_writer_journald(G_LOG_LEVEL_MESSAGE, fields, n, NULL) == G_LOG_WRITER_HANDLED;
}

static char *
field_name(const char *key)
{
	char *name = g_ascii_strup(key, -1);

	return g_strdelimit(name, "-. ", '_');
}

static char *last_trouble;

static void
keep_trouble(enum log_level level, const char *text)
{
	if (level > LOG_LEVEL_WARNING)
		return;
	g_free(last_trouble);
	last_trouble = g_strdup(text);
}

const char *
log_last_trouble(void)
{
	return last_trouble;
}

void
log_fact(enum log_level level, const char *what, ...)
{
	g_autoptr(GString) message = NULL;
	g_autoptr(GString) line = NULL;
	GLogField fields[FIELDS_MAX + 3];
	char *names[FIELDS_MAX];
	gsize n = 0;
	const char *key;
	va_list pairs;

	if (!log_wants(level))
		return;
	message = g_string_new(what);
	va_start(pairs, what);
	while ((key = va_arg(pairs, const char *))) {
		const char *value = va_arg(pairs, const char *);
		g_autofree char *shown = NULL;

		if (!value)
			continue;
		shown = log_value(value);
		g_string_append_printf(message, " %s=%s", key, shown);
		if (n == FIELDS_MAX)
			continue;
		names[n] = field_name(key);
		fields[n] = (GLogField){ names[n], value, -1 };
		n++;
	}
	va_end(pairs);
	keep_trouble(level, message->str);
	/* One write a line, so that the lines of two programs do not mingle. */
	if (!told_journal(level, message->str, fields, n)) {
		line = g_string_new(NULL);
		append_time(line);
		g_string_append_printf(line, "%s %s\n", level_name(level), message->str);
		fputs(line->str, stderr);
	}
	while (n > 0)
		g_free(names[--n]);
}

void
log_error(enum log_level level, const char *what, const GError *error)
{
	g_auto(GStrv) lines = g_strsplit(error->message, "\n", 2);

	log_fact(level, what, "error", lines[0], "hint", lines[1], NULL);
}

void
log_say(enum log_level level, const char *format, ...)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	GLogField fields[3];
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(_(format), arguments);
	va_end(arguments);
	lines = g_strsplit(text, "\n", -1);
	keep_trouble(level, lines[0] ? lines[0] : "");
	for (int i = 0; lines[i]; i++) {
		g_string_append(out, i == 0 ? "" : "\n  ");
		append_escaped(out, lines[i], FALSE);
	}
	if (told_journal(level, out->str, fields, 0))
		return;
	g_string_append_c(g_string_prepend(out, "celsync: "), '\n');
	fputs(out->str, stderr);
}
