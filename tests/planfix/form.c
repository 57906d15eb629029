#include "tests/planfix/form.h"

#include <string.h>

static void
field_clear(gpointer data)
{
	struct field *field = data;
	g_free(field->name);
	g_free(field->value);
}

struct form *
form_new(void)
{
	struct form *form = g_new0(struct form, 1);
	form->fields = g_array_new(FALSE, FALSE, sizeof(struct field));
	g_array_set_clear_func(form->fields, field_clear);
	return form;
}

void
form_free(struct form *form)
{
	if (!form)
		return;
	g_array_unref(form->fields);
	g_free(form);
}

void
form_add(struct form *form, const char *name, const char *value)
{
	struct field field = { g_strdup(name), g_strdup(value) };
	g_array_append_val(form->fields, field);
}

const char *
form_get(const struct form *form, const char *name)
{
	for (guint i = 0; i < form->fields->len; i++) {
		const struct field *field = &g_array_index(form->fields, struct field, i);
		if (strcmp(field->name, name) == 0)
			return field->value;
	}
	return NULL;
}

/* What the URL standard's serializer leaves as it is, and "~", which RFC 3986 counts among them. */
static gboolean
is_plain(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("*-._~", c));
}

/* Decodes one name or value; the words say of the first thing that was wrong with it. */
static char *
decode(const char *text, gsize length, const char **wrong)
{
	g_autoptr(GString) out = g_string_sized_new(length);

	*wrong = NULL;
	for (gsize i = 0; i < length; i++) {
		char c = text[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%' && i + 2 < length && g_ascii_isxdigit(text[i + 1]) &&
			   g_ascii_isxdigit(text[i + 2])) {
			c = (char)(g_ascii_xdigit_value(text[i + 1]) * 16 +
				   g_ascii_xdigit_value(text[i + 2]));
			i += 2;
			if (c == '\0') {
				*wrong = "holds a NUL";
				c = '?';
			}
		} else if (c == '%') {
			*wrong = "holds a % without two hex digits";
		} else if (!is_plain(c)) {
			*wrong = "holds a byte that must be percent-encoded";
			c = g_ascii_isprint(c) ? c : '?';
		}
		g_string_append_c(out, c);
	}
	if (!g_utf8_validate(out->str, (gssize)out->len, NULL)) {
		*wrong = "is not UTF-8";
		return g_utf8_make_valid(out->str, (gssize)out->len);
	}
	return g_strdup(out->str);
}

static void
parse_piece(struct form *form, const char *piece, gsize length, GPtrArray *faults)
{
	const char *equals = memchr(piece, '=', length), *wrong;

	if (!equals || equals == piece) {
		g_ptr_array_add(faults, g_strdup("the form has a piece that is not NAME=VALUE"));
		return;
	}
	gsize name_length = (gsize)(equals - piece);
	g_autofree char *name = decode(piece, name_length, &wrong);
	if (wrong)
		g_ptr_array_add(faults, g_strdup_printf("field name %s: %s", name, wrong));
	g_autofree char *value = decode(equals + 1, length - name_length - 1, &wrong);
	if (wrong)
		g_ptr_array_add(faults, g_strdup_printf("%s: %s", name, wrong));
	if (form_get(form, name))
		g_ptr_array_add(faults, g_strdup_printf("%s: repeated field", name));
	form_add(form, name, value);
}

struct form *
form_parse(const char *body, gsize length, GPtrArray *faults)
{
	struct form *form = form_new();
	const char *end = body + length;

	for (const char *piece = body; length && piece <= end;) {
		const char *next = memchr(piece, '&', (gsize)(end - piece));
		if (!next)
			next = end;
		parse_piece(form, piece, (gsize)(next - piece), faults);
		piece = next + 1;
	}
	return form;
}
