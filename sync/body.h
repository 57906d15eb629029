/*
 * The body of a request as it leaves: token, the form as stored, and what only this moment knows of
 * the recording: is_recorded and record_link of a COMPLETED, record_link of a `record`.
 */
#ifndef CELSYNC_BODY_H
#define CELSYNC_BODY_H

#include "store/outbox.h"

struct body {
	char *text;         /* owned; NULL: a `record` whose link is not there, it must not leave */
	gboolean owes_link; /* a COMPLETED that says is_recorded=1 and gives no link */
};
void body_clear(struct body *body);

gboolean body_compose(store *store, const struct outbox_item *item, const char *token,
    struct body *body, GError **error);

/* "name=value", percent-encoded, after a "&" where something stands there already. */
void body_append(GString *text, const char *name, const char *value);

#endif
