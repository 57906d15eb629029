/*
 * An event as the form PlanFix takes: fields in order, without the token and without what is known only when the request leaves
 * (is_recorded, record_link; deliver.h adds them). Pure.
 *
 * Source of the fields: PlanFix, "API for telephony".
 */
#ifndef CELSYNC_FORM_H
#define CELSYNC_FORM_H

#include "sync/event.h"

struct form_settings {
	GHashTable *data; /* NAME -> template of data_NAME; NULL: none */
	GTimeZone *tz;    /* in which times are written; NULL: UTC */
	const char *pbx;  /* {pbx}; NULL: "" */
};

struct form_field {
	const char *name; /* borrowed or owned by the array's strings */
	char *value;      /* owned */
};

/* struct form_field; free with g_array_unref (elements are cleared). */
GArray *form_of_event(const struct event *event, const struct form_settings *settings);
/* application/x-www-form-urlencoded; free with g_free. */
char *form_encode(const GArray *fields);

#endif
