/* A call as the JSON object that `calls --json` and `show --json` print. */
#ifndef CELSYNC_CALL_JSON_H
#define CELSYNC_CALL_JSON_H

#include "poller/call.h"

#include <jansson.h>

/* A new reference. */
json_t *call_to_json(const struct call *call);

#endif
