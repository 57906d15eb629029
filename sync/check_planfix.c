/* celsync check: does PlanFix answer a ping, and take the token? */
#include "sync/check.h"
#include "sync/http.h"
#include "sync/log.h"

#include <glib/gi18n.h>
#include <string.h>

/* Words of the server, unless they repeat our token: ping's answer does, an error page may. */
static const char *
harmless(const char *text, const char *token, const char *escaped)
{
	if (!text || !*text || strstr(text, token) || strstr(text, escaped))
		return _("no reason was given");
	return text;
}

static void
tell_answer(struct check_report *report, const struct planfix_settings *settings,
    const struct answer *answer, const char *escaped)
{
	const char *words = harmless(answer->text, settings->token, escaped);
	g_autofree char *shown = log_value(words);

	switch (verdict_of(answer)) {
	case VERDICT_SENT:
		check_tell(report, CHECK_WELL, N_("PlanFix"), "%s took the token", settings->url);
		return;
	case VERDICT_REFUSED:
		check_tell(report, CHECK_WRONG, N_("PlanFix"),
		    "%s refused the token (%ld)\n"
		    "Copy the token from PlanFix's telephony settings into [planfix] token or "
		    "token_file.",
		    settings->url, answer->status);
		return;
	case VERDICT_REJECTED:
		check_tell(report, CHECK_WRONG, N_("PlanFix"),
		    "%s does not understand us (%ld): %s\n"
		    "Compare [planfix] url with the address in PlanFix's telephony settings.",
		    settings->url, answer->status, shown);
		return;
	case VERDICT_LATER:
	case VERDICT_UNKNOWN:
		if (answer->answered)
			check_tell(report, CHECK_WRONG, N_("PlanFix"),
			    "%s is not ready (%ld): %s\nTry again later.", settings->url,
			    answer->status, shown);
		else
			check_tell(report, CHECK_WRONG, N_("PlanFix"),
			    "%s cannot be reached: %s\n"
			    "Check [planfix] url, the network, and the firewall of this machine.",
			    settings->url, shown);
		return;
	}
	g_assert_not_reached();
}

void
check_planfix(struct check_report *report, const struct config *config)
{
	const struct planfix_settings *settings = &config->planfix;
	struct http_config options = {
		.url = settings->url,
		.ca_file = settings->ca_file,
		.connections = 1,
		.timeout = settings->timeout,
	};
	g_autofree char *escaped = g_uri_escape_string(settings->token, NULL, FALSE);
	g_autofree char *body = g_strconcat("cmd=ping&planfix_token=", escaped, NULL);
	struct answer answer = { .retry_after = -1 };
	g_autoptr(GError) error = NULL;
	g_autoptr(http) line = http_open(&options, &error);

	if (line && http_ask(line, body, &answer, &error))
		tell_answer(report, settings, &answer, escaped);
	else
		check_tell(report, CHECK_WRONG, N_("PlanFix"), "%s", error->message);
	answer_clear(&answer);
}
