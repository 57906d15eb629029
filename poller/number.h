/*
 * Phone numbers as text: which are an employee's, which are a number at all, and how they are
 * rewritten before PlanFix sees them. Pure.
 */
#ifndef CELSYNC_NUMBER_H
#define CELSYNC_NUMBER_H

#include <glib.h>

/* An ordered list of `regex => replacement`; every rule is applied once, in order. */
typedef struct number_rewrite number_rewrite;
number_rewrite *number_rewrite_new(void);
/* `rule` is "regex => replacement" (replacement may be empty; $1 … $9, or \1 … \9, name groups). */
gboolean number_rewrite_add(number_rewrite *rewrite, const char *rule, GError **error);
void number_rewrite_free(number_rewrite *rewrite);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(number_rewrite, number_rewrite_free)

/* Free with g_free. rewrite NULL: the default, a leading + goes. */
char *number_rewritten(const number_rewrite *rewrite, const char *number);

/* At least two digits, and nothing but digits, +, *, # and the separators people type ("() -."). */
gboolean number_is_dialable(const char *text);
/* The same where it is known to be n bytes long. */
gboolean number_is_dialable_n(const char *text, gsize n);

/*
 * The same as a part of `number` itself, which is ASCII (as what is dialable is), where the rules do no more than take a
 * leading + away, as the default does; NULL: they do more.
 */
const char *number_rewritten_part(const number_rewrite *rewrite, const char *number);

/*
 * The digits of a number as somebody types it, and those that the rules make of it, whether they expect a + or not: all the
 * ways in which it may be written down here. Numbers of fewer than `least` digits are left out. char *; free with g_ptr_array_unref.
 */
GPtrArray *number_forms(const number_rewrite *rewrite, const char *typed, gsize least);
/* Only the digits; free with g_free. */
char *number_digits(const char *text);

#endif
