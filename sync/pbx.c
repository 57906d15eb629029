#include "sync/pbx.h"

#include "sync/place.h"

#include <glib/gi18n.h>
#include <string.h>

gboolean
pbx_open(struct pbx *pbx, const struct config *config, GError **error)
{
	const char *name = config->source.timezone;
	gboolean automatic = strcmp(name, "auto") == 0;
	*pbx = (struct pbx){ 0 };
	if (strcmp(name, "utc") == 0)
		pbx->tz = g_time_zone_new_utc();
	else if (automatic || strcmp(name, "local") == 0)
		pbx->tz = g_time_zone_new_local();
	else
		pbx->tz = g_time_zone_new_identifier(name);
	if (pbx->tz == NULL) {
		g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE,
		    _("%s: [source] timezone = %s: no such zone\nUse auto, local, utc or a "
		      "name like Europe/Moscow."),
		    config->file, name);
		return FALSE;
	}
	zone_init(&pbx->zone, pbx->tz, !automatic);
	pbx->source = source_open(&config->source.open, error);
	if (pbx->source != NULL && place_learn_zone(pbx->source, &pbx->zone, error))
		return TRUE;
	pbx_close(pbx);
	return FALSE;
}

void
pbx_close(struct pbx *pbx)
{
	g_clear_pointer(&pbx->source, source_close);
	g_clear_pointer(&pbx->tz, g_time_zone_unref);
}

struct rebuild_options
pbx_rebuild_options(struct pbx *pbx, const struct config *config)
{
	return (struct rebuild_options){
		.rules = &config->pbx, .zone = &pbx->zone, .stale = config->source.stale
	};
}

struct form_settings
pbx_form_settings(const struct pbx *pbx, const struct config *config)
{
	return (struct form_settings){
		.data = config->planfix.data, .tz = pbx->tz, .pbx = config->pbx.name
	};
}

struct call_patience
pbx_patience(const struct config *config)
{
	return (struct call_patience){ .settle = config->source.settle,
		.grace = config->source.grace,
		.stale = config->source.stale };
}
