#include "tests/planfix/journal.h"

#include "tests/planfix/fields.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(planfix_journal_error, journal_error)

#define FAULTS_KEPT 50

struct journal {
	int fd; /* -1: no log */
	char *token;
	gint64 n;
	struct journal_counts counts;
	GPtrArray *faults;
};

/* One line of an earlier run: back into the memory of calls if it was accepted. */
static gboolean
replay_line(journal *book, const char *line, calls *known)
{
	json_t *object = json_loads(line, 0, NULL), *value;
	const char *name, *action;
	json_t *fields = json_object_get(object, "fields");
	gboolean ok = json_is_object(fields) && json_is_integer(json_object_get(object, "n"));

	if (ok)
		book->n = json_integer_value(json_object_get(object, "n"));
	if (ok && json_is_true(json_object_get(object, "accepted"))) {
		struct form *form = form_new();
		g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
		json_object_foreach(fields, name, value)
		    form_add(form, name, json_is_string(value) ? json_string_value(value) : "");
		fields_check(form, faults);
		ok = faults->len == 0;
		if (ok)
			calls_take(known, form);
		action = json_string_value(json_object_get(object, "script"));
		if (ok && (json_is_null(json_object_get(object, "answer")) ||
			      g_strcmp0(action, "half") == 0))
			calls_lose(known, form);
		form_free(form);
	}
	json_decref(object);
	return ok;
}

static gboolean
replay(journal *book, const char *path, calls *known, GError **error)
{
	g_autofree char *line = NULL;
	size_t size = 0;
	guint number = 0;
	gboolean ok = TRUE;
	FILE *file = fopen(path, "r");

	if (!file && errno == ENOENT)
		return TRUE;
	while (ok && file && getline(&line, &size, file) >= 0) {
		number++;
		ok = replay_line(book, line, known);
	}
	if (ok && file && !ferror(file)) {
		fclose(file);
		return TRUE;
	}
	if (ok)
		g_set_error(error, JOURNAL_ERROR, JOURNAL_ERROR_READ, "log %s: cannot be read: %s",
		    path, g_strerror(errno));
	else
		g_set_error(error, JOURNAL_ERROR, JOURNAL_ERROR_READ,
		    "log %s, line %u: not a line of this log\nMove it away, or name another file.",
		    path, number);
	g_clear_pointer(&file, fclose);
	return FALSE;
}

journal *
journal_open(const char *path, const char *token, calls *known, GError **error)
{
	g_autoptr(journal) book = g_new0(struct journal, 1);

	book->fd = -1;
	book->token = g_strdup(token);
	book->faults = g_ptr_array_new_with_free_func(g_free);
	if (!path)
		return g_steal_pointer(&book);
	if (!replay(book, path, known, error))
		return NULL;
	book->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (book->fd < 0) {
		g_set_error(error, JOURNAL_ERROR, JOURNAL_ERROR_WRITE,
		    "log %s: cannot be opened: %s", path, g_strerror(errno));
		return NULL;
	}
	return g_steal_pointer(&book);
}

void
journal_close(journal *book)
{
	if (!book)
		return;
	if (book->fd >= 0)
		close(book->fd);
	g_free(book->token);
	g_ptr_array_unref(book->faults);
	g_free(book);
}

/* The text without the token, valid UTF-8. */
static char *
masked(const journal *book, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	if (!strstr(valid, book->token))
		return g_steal_pointer(&valid);
	g_auto(GStrv) parts = g_strsplit(valid, book->token, -1);
	return g_strjoinv("***", parts);
}

static json_t *
masked_json(const journal *book, const char *text)
{
	g_autofree char *clean = text ? masked(book, text) : NULL;
	return clean ? json_string(clean) : json_null();
}

static json_t *
fields_json(const journal *book, const struct form *form)
{
	json_t *object = json_object();

	for (guint i = 0; i < form->fields->len; i++) {
		const struct field *field = &g_array_index(form->fields, struct field, i);
		g_autofree char *name = masked(book, field->name);
		if (strcmp(name, "planfix_token") != 0 && !json_object_get(object, name))
			json_object_set_new(object, name, masked_json(book, field->value));
	}
	return object;
}

static json_t *
answer_json(const journal *book, const struct judgement *judgement)
{
	gboolean hidden = judgement->secret || judgement->delivery == DELIVERY_STREAM;

	if (judgement->delivery == DELIVERY_DROP || judgement->delivery == DELIVERY_HANG)
		return json_null();
	json_t *object = json_object();
	json_object_set_new(object, "status", json_integer(judgement->status));
	json_object_set_new(object, "body", masked_json(book, hidden ? NULL : judgement->body));
	return object;
}

static void
count(journal *book, const struct judgement *judgement)
{
	struct journal_counts *counts = &book->counts;

	counts->requests++;
	counts->accepted += judgement->accepted;
	counts->repeats += judgement->repeat;
	counts->scripted += judgement->script != NULL;
	counts->faulty += judgement->faults->len > 0;
	counts->faults += judgement->faults->len;
	for (guint i = 0; i < judgement->faults->len && book->faults->len < FAULTS_KEPT; i++) {
		g_autofree char *clean = masked(book, g_ptr_array_index(judgement->faults, i));
		g_ptr_array_add(book->faults,
		    g_strdup_printf("request %" G_GINT64_FORMAT ": %s", book->n, clean));
	}
}

static gboolean
write_all(int fd, const char *text, gsize length, GError **error)
{
	while (length > 0) {
		gssize written = write(fd, text, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0) {
			g_set_error(error, JOURNAL_ERROR, JOURNAL_ERROR_WRITE,
			    "the log cannot be written: %s", g_strerror(errno));
			return FALSE;
		}
		text += written;
		length -= (gsize)written;
	}
	return TRUE;
}

gboolean
journal_write(journal *book, const struct judgement *judgement, GError **error)
{
	book->n++;
	count(book, judgement);
	if (book->fd < 0)
		return TRUE;

	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
	json_t *line = json_object(), *faults = json_array();
	for (guint i = 0; i < judgement->faults->len; i++)
		json_array_append_new(
		    faults, masked_json(book, g_ptr_array_index(judgement->faults, i)));
	json_object_set_new(line, "n", json_integer(book->n));
	json_object_set_new(line, "time", json_string(time));
	json_object_set_new(line, "cmd", masked_json(book, form_get(judgement->form, "cmd")));
	json_object_set_new(line, "fields", fields_json(book, judgement->form));
	json_object_set_new(line, "answer", answer_json(book, judgement));
	json_object_set_new(line, "script", masked_json(book, judgement->script));
	json_object_set_new(line, "accepted", json_boolean(judgement->accepted));
	json_object_set_new(line, "repeat", json_boolean(judgement->repeat));
	json_object_set_new(line, "faults", faults);

	char *text = json_dumps(line, JSON_COMPACT);
	g_autofree char *whole = g_strconcat(text, "\n", NULL);
	free(text);
	json_decref(line);
	return write_all(book->fd, whole, strlen(whole), error);
}

const struct journal_counts *
journal_counts(const journal *book)
{
	return &book->counts;
}

const GPtrArray *
journal_faults(const journal *book)
{
	return book->faults;
}
