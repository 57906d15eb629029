/*
 * What PlanFix's help says about one request by itself: which fields a command has, which are
 * required, what they may hold. Nothing here knows what came before.
 */
#ifndef PLANFIX_FIELDS_H
#define PLANFIX_FIELDS_H

#include "tests/planfix/form.h"

/* Adds a sentence to `faults` for everything wrong; planfix_token is the caller's to check. */
void fields_check(const struct form *form, GPtrArray *faults);

#endif
