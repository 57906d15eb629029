/*
 * One pass: read -> rebuild -> decide -> commit -> convert -> deliver. What the timer runs.
 *
 * The `read` lock covers everything up to the conversion, the `deliver` lock the sending: while another program sends, a pass
 * leaves that to it. When the source cannot be reached, what waits in the outbox is sent all the same.
 */
#ifndef CELSYNC_PASS_H
#define CELSYNC_PASS_H

#include "store/store.h"
#include "sync/app.h"
#include "sync/deliver.h"

/*
 * Returns the exit code; every error was told. unsettled NULL: calls that ended just now are waited for, so that one pass tells them;
 * else it is set to whether there are any, for a caller who makes passes every few seconds. They are settled `settle` later.
 */
int pass_run(struct app *app, gboolean *unsettled);
/*
 * Sends what may go now, under the `deliver` lock; *busy: another run holds it, and sends. Returns the exit code; every error
 * was told.
 */
int pass_send(struct app *app, store *db, gboolean *busy);
/* The same; `watch` (may be NULL) is told how far it has come. */
int pass_send_watched(struct app *app, store *db,
    void (*watch)(const struct deliver_result *so_far, gpointer data), gpointer data,
    gboolean *busy);
/* Prints the requests a pass would send, one JSON object a line; takes no lock, writes nothing. */
int pass_show(struct app *app);

#endif
