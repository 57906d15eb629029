/* The PBX as configured: its source open, its zone known as far as can be told before rows are read. */
#ifndef CELSYNC_PBX_H
#define CELSYNC_PBX_H

#include "poller/zone.h"
#include "sync/config.h"
#include "sync/form.h"
#include "sync/rebuild.h"

struct pbx {
	source *source;
	GTimeZone *tz; /* the machine's, or the one configured */
	struct zone zone;
};

gboolean pbx_open(struct pbx *pbx, const struct config *config, GError **error);
void pbx_close(struct pbx *pbx);

/* What rebuild and forms need of the configuration. */
struct rebuild_options pbx_rebuild_options(struct pbx *pbx, const struct config *config);
struct form_settings pbx_form_settings(const struct pbx *pbx, const struct config *config);
struct call_patience pbx_patience(const struct config *config);

#endif
