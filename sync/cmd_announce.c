/*
 * celsync announce: opens the window of a ringing phone. celsync-hook starts it, with the facts on standard input so that no
 * number shows in `ps`. It writes one file and sends one request for each employee; it never opens the store.
 */
#include "sync/announce_folder.h"
#include "sync/app.h"
#include "sync/body.h"
#include "sync/http.h"
#include "sync/log.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT (3 * (gint64)G_USEC_PER_SEC) /* of everything: a later window helps nobody */
#define FACTS_MOST 8192

struct sending {
	const struct announcement *announcement;
	announce_file *file;
	const char *token;
	gint64 until; /* monotonic */
	guint sent, told;
	gboolean refused, answered;
	GError *error; /* of the file */
};

/*
 * The hook has no standard error to give: what is said goes to the journal, where there is one, as if systemd had started this
 * program (systemd, sd_journal_stream_fd: a connection that begins with seven lines).
 */
static void
speak_to_journal(void)
{
	static const char header[] = "celsync\n\n6\n0\n0\n0\n0\n";
	const struct sockaddr_un journal = { .sun_family = AF_UNIX,
		.sun_path = "/run/systemd/journal/stdout" };
	struct stat now, null;
	if (fstat(STDERR_FILENO, &now) != 0 || stat("/dev/null", &null) != 0 ||
	    now.st_rdev != null.st_rdev || !S_ISCHR(now.st_mode))
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&journal, sizeof journal) == 0 &&
	    write(fd, header, sizeof header - 1) == (ssize_t)sizeof header - 1)
		dup2(fd, STDERR_FILENO);
	close(fd);
}

/* Standard input to its end; NULL: too long, too late, or unreadable. Free with g_free. */
static char *
read_facts(gint64 until)
{
	g_autofree char *text = g_malloc(FACTS_MOST + 1);
	gsize used = 0;
	for (;;) {
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		gint64 left = until - g_get_monotonic_time();
		if (left <= 0 || used == FACTS_MOST || poll(&in, 1, (int)(left / 1000) + 1) < 0)
			return NULL;
		if (in.revents == 0)
			continue;
		ssize_t n = read(STDIN_FILENO, text + used, FACTS_MOST - used);
		if (n < 0)
			return NULL;
		if (n == 0)
			break;
		used += (gsize)n;
	}
	text[used] = '\0';
	return g_steal_pointer(&text);
}

static enum announced
outcome_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_SENT: return ANNOUNCED_SENT;
	case VERDICT_UNKNOWN: return ANNOUNCED_UNKNOWN;
	case VERDICT_LATER:
	case VERDICT_REJECTED:
	case VERDICT_REFUSED: break;
	}
	return ANNOUNCED_FAILED;
}

static void
note(struct sending *s, guint i, enum announced outcome, gint64 status, const char *words)
{
	struct announced_ext *ext = &g_array_index(s->announcement->exts, struct announced_ext, i);
	g_autofree char *code = g_strdup_printf("%" G_GINT64_FORMAT, status);
	ext->outcome = outcome;
	s->told++;
	s->sent += outcome == ANNOUNCED_SENT;
	log_fact(outcome == ANNOUNCED_SENT ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "announced",
	    "outcome", announced_name(outcome), "callid", s->announcement->callid, "ext", ext->ext,
	    "status", code, "answer", words, NULL);
	if (s->error == NULL)
		announce_note(s->file, ext->ext, outcome, status, words, &s->error);
}

static void
take_answer(gint64 id, const struct answer *answer, gpointer data)
{
	struct sending *s = data;
	enum verdict verdict = verdict_of(answer);
	g_autofree char *words = answer_text_without(answer, s->token);
	s->refused |= verdict == VERDICT_REFUSED;
	s->answered |= answer->answered;
	note(s, (guint)id, outcome_of(verdict), answer->answered ? answer->status : 0, words);
}

static gboolean
post(http *h, struct sending *s, guint i, GError **error)
{
	const struct announced_ext *ext =
	    &g_array_index(s->announcement->exts, struct announced_ext, i);
	g_autofree char *form = announcement_form(s->announcement, ext->ext);
	GString *body = g_string_new(NULL);
	body_append(body, "planfix_token", s->token);
	g_string_append_printf(body, "&%s", form);
	g_autofree char *text = g_string_free(body, FALSE);
	return http_post(h, i, text, error);
}

static gboolean
send_all(struct sending *s, const struct planfix_settings *planfix, GError **error)
{
	guint n = s->announcement->exts->len, next = 0;
	const struct http_config config = { .url = planfix->url,
		.ca_file = planfix->ca_file,
		.connections = MIN(planfix->connections, n),
		.timeout = MIN(planfix->timeout, s->until - g_get_monotonic_time()) };
	if (config.timeout <= 0)
		return TRUE;
	g_autoptr(http) h = http_open(&config, error);
	if (h == NULL)
		return FALSE;
	while (!app_stop && s->told < n) {
		gint64 left = s->until - g_get_monotonic_time();
		if (left <= 0)
			break;
		for (; next < n && http_free(h) > 0; next++)
			if (!post(h, s, next, error))
				return FALSE;
		if (!http_wait(h, left, app_stop_fd(), take_answer, s, error))
			return FALSE;
	}
	/* Time is over. Those that were started may have arrived. */
	for (guint i = 0; i < next; i++)
		if (g_array_index(s->announcement->exts, struct announced_ext, i).outcome ==
		    ANNOUNCED_PENDING)
			note(s, i, ANNOUNCED_UNKNOWN, 0, "no answer in time");
	return TRUE;
}

static int
announce(struct app *app, const struct announcement *a, gint64 until)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = announce_folder(app->config->store.path);
	switch (announce_take_slot(folder, &error)) {
	case ANNOUNCE_SLOT_TAKEN: break;
	case ANNOUNCE_SLOT_NONE: return EXIT_BUSY;
	case ANNOUNCE_SLOT_FAILED: app_fail("announce", error); return EXIT_STORE;
	}
	/* What is not written down is not sent: a window that nobody knows of would stay open. */
	g_autoptr(announce_file) file = announce_drop(folder, a, &error);
	if (file == NULL) {
		app_fail("announce", error);
		return EXIT_STORE;
	}
	struct sending s = {
		.announcement = a, .file = file, .token = app->config->planfix.token, .until = until
	};
	gboolean ok = send_all(&s, &app->config->planfix, &error);
	for (guint i = 0; i < a->exts->len; i++)
		if (g_array_index(a->exts, struct announced_ext, i).outcome == ANNOUNCED_PENDING)
			note(&s, i, ANNOUNCED_FAILED, 0, ok ? "no time was left" : error->message);
	if (!ok)
		app_fail("announce", error);
	if (s.error != NULL)
		app_fail("announce", s.error);
	g_clear_error(&s.error);
	if (s.refused)
		return EXIT_TOKEN;
	if (s.sent == a->exts->len)
		return EXIT_DONE;
	return s.answered ? EXIT_PARTLY : EXIT_UNREACHABLE;
}

int
cmd_announce(struct app *app, int argc, char **argv)
{
	int status;
	gint64 until = g_get_monotonic_time() + LIMIT;
	speak_to_journal();
	if (!app_options(app, NULL, argc, argv, &status))
		return status;
	g_autofree char *facts = read_facts(until);
	if (facts == NULL) {
		log_say(LOG_LEVEL_ERROR, "announce: no facts came on standard input\n"
					 "celsync-hook starts this command when a phone rings.");
		return EXIT_USAGE;
	}
	if (!app_config(app, CONFIG_NEEDS_PLANFIX | CONFIG_NEEDS_STORE, &status))
		return status;
	struct announcement a;
	const char *skip =
	    app->config->planfix.announce == ANNOUNCE_HOOK
		? announcement_of_facts(facts, &app->config->pbx, g_get_real_time(), &a)
		: "announce is not hook";
	if (skip != NULL) {
		log_fact(LOG_LEVEL_DEBUG, "no window", "why", skip, NULL);
		return EXIT_DONE;
	}
	log_fact(LOG_LEVEL_DEBUG, "ringing", "callid", a.callid, "name", a.name, NULL);
	status = announce(app, &a, until);
	announcement_clear(&a);
	return status;
}
