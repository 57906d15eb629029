/*
 * A form body (application/x-www-form-urlencoded), read without mercy: what a lenient server would
 * let pass (a bare "%", raw bytes, an empty piece, a name twice) is a fault here.
 *
 * Faults are sentences in a GPtrArray of owned strings, the same array through all checks.
 */
#ifndef PLANFIX_FORM_H
#define PLANFIX_FORM_H

#include <glib.h>

struct field {
	char *name, *value; /* valid UTF-8 always; a value that was not is repaired, and a fault */
};

struct form {
	GArray *fields; /* struct field, in the order they came */
};

/* Reads what can be read; what cannot is added to `faults`. */
struct form *form_parse(const char *body, gsize length, GPtrArray *faults);
struct form *form_new(void);
void form_add(struct form *form, const char *name, const char *value);
void form_free(struct form *form);

/* The first value of that name, NULL when there is none. */
const char *form_get(const struct form *form, const char *name);

#endif
