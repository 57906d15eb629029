/*
 * A stand-in for PlanFix's telephony API, for tests and the demo. It is stricter than PlanFix: every
 * request is checked against what PlanFix documents (fields.c) and against what came before (calls.c);
 * it keeps all it got (journal.h says how) and fails on demand (script.h says how).
 *
 * Exit: 0 no fault was found; 1 faults were, they are listed on stderr; 64 usage; 69 it cannot
 * listen; 73 a file cannot be read or written.
 */
#include "tests/planfix/serve.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum exit_code {
	EXIT_CLEAN = 0,
	EXIT_FAULTS = 1,
	EXIT_USAGE = 64,
	EXIT_LISTEN = 69,
	EXIT_FILE = 73
};

typedef struct options {
	char *token, *bind, *cert, *key, *log, *script, *port_file, *repeats;
	int port, delay;
	gboolean with_parent;
} options;

static void
options_clear(struct options *o)
{
	g_free(o->token);
	g_free(o->bind);
	g_free(o->cert);
	g_free(o->key);
	g_free(o->log);
	g_free(o->script);
	g_free(o->port_file);
	g_free(o->repeats);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(options, options_clear)

static gboolean
parse_options(struct options *o, int *argc, char ***argv, GError **error)
{
	GOptionEntry entries[] = {
		{ "token", 0, 0, G_OPTION_ARG_STRING, &o->token, "the planfix_token to accept",
		    "T" },
		{ "bind", 0, 0, G_OPTION_ARG_STRING, &o->bind, "loopback address (127.0.0.1)",
		    "ADDRESS" },
		{ "port", 0, 0, G_OPTION_ARG_INT, &o->port, "0, the default: any free one", "N" },
		{ "cert", 0, 0, G_OPTION_ARG_FILENAME, &o->cert, "certificate chain (PEM): https",
		    "FILE" },
		{ "key", 0, 0, G_OPTION_ARG_FILENAME, &o->key, "its private key (PEM)", "FILE" },
		{ "log", 0, 0, G_OPTION_ARG_FILENAME, &o->log,
		    "one JSON object a request; appended to", "FILE" },
		{ "script", 0, 0, G_OPTION_ARG_FILENAME, &o->script, "faults to be played",
		    "FILE" },
		{ "port-file", 0, 0, G_OPTION_ARG_FILENAME, &o->port_file,
		    "gets the URL once it is ready (else: stdout)", "FILE" },
		{ "delay", 0, 0, G_OPTION_ARG_INT, &o->delay, "wait before every answer", "MS" },
		{ "repeats", 0, 0, G_OPTION_ARG_STRING, &o->repeats,
		    "an event sent twice: fault, lost (the default: a fault unless its answer "
		    "was lost here), any (never a fault)",
		    "POLICY" },
		{ "exit-when-parent-dies", 0, 0, G_OPTION_ARG_NONE, &o->with_parent,
		    "leave nothing running behind a test", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- a strict stand-in for PlanFix");

	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse(context, argc, argv, error);
}

/* What is wrong with the options, NULL: nothing. */
static const char *
check_options(const struct options *o, int argc, enum repeats *repeats)
{
	static const char *const policies[] = { "fault", "lost", "any" };
	gsize i = 0;

	while (i < G_N_ELEMENTS(policies) &&
	       g_strcmp0(o->repeats ? o->repeats : "lost", policies[i]) != 0)
		i++;
	*repeats = (enum repeats)i;
	if (i == G_N_ELEMENTS(policies))
		return "--repeats is fault, lost or any";
	if (argc > 1)
		return "there is nothing but options";
	if (!o->token || !*o->token)
		return "--token is needed";
	if (o->port < 0 || o->port > 65535)
		return "--port is 0 to 65535";
	if (o->delay < 0)
		return "--delay is not negative";
	if (!o->cert != !o->key)
		return "--cert and --key go together";
	return NULL;
}

/* SIGTERM and SIGINT become readable on a file descriptor. */
static int
catch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Every request that hangs keeps its socket. */
static void
raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = MIN(limit.rlim_max, 65536);
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static gboolean
announce_url(const struct options *o, const char *url, GError **error)
{
	g_autofree char *line = g_strconcat(url, "\n", NULL);

	if (o->port_file)
		return g_file_set_contents_full(
		    o->port_file, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
	g_print("%s", line);
	return TRUE;
}

static void
summarize(const journal *book, guint64 lost)
{
	const struct journal_counts *counts = journal_counts(book);
	const GPtrArray *faults = journal_faults(book);

	g_printerr("planfix: %" G_GUINT64_FORMAT " requests, %" G_GUINT64_FORMAT
		   " accepted (%" G_GUINT64_FORMAT " of them repeats), %" G_GUINT64_FORMAT
		   " by the script, %" G_GUINT64_FORMAT
		   " came back to a client that had gone, %" G_GUINT64_FORMAT
		   " faults in %" G_GUINT64_FORMAT " requests\n",
	    counts->requests, counts->accepted, counts->repeats, counts->scripted, lost,
	    counts->faults, counts->faulty);
	for (guint i = 0; i < faults->len; i++)
		g_printerr("planfix: %s\n", (const char *)g_ptr_array_index(faults, i));
	if (counts->faults > faults->len)
		g_printerr("planfix: and %" G_GUINT64_FORMAT " more; the log has them all\n",
		    counts->faults - faults->len);
}

static int
fail(enum exit_code code, const char *words)
{
	g_printerr("planfix: %s\n", words);
	return code;
}

/* Opens everything, serves, and tells what it saw. */
static int
serve(const struct options *o, enum repeats repeats, int stop)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(calls) known = calls_new(repeats);
	g_autoptr(script) play = script_new();
	g_autofree char *rules = NULL, *cert = NULL, *key = NULL;

	if ((o->script && !g_file_get_contents(o->script, &rules, NULL, &error)) ||
	    (o->cert && !g_file_get_contents(o->cert, &cert, NULL, &error)) ||
	    (o->key && !g_file_get_contents(o->key, &key, NULL, &error)))
		return fail(EXIT_FILE, error->message);
	if (rules && !script_add(play, rules, &error))
		return fail(EXIT_USAGE, error->message);
	g_autoptr(journal) book = journal_open(o->log, o->token, known, &error);
	if (!book)
		return fail(EXIT_FILE, error->message);

	struct serve_config config = {
		.bind = o->bind ? o->bind : "127.0.0.1",
		.port = (guint16)o->port,
		.cert = cert,
		.key = key,
		.delay = o->delay,
		.judge = { .token = o->token, .calls = known, .script = play },
		.journal = book,
	};
	g_autoptr(server) srv = serve_open(&config, &error);
	if (!srv)
		return fail(g_error_matches(error, SERVE_ERROR, SERVE_ERROR_ADDRESS) ? EXIT_USAGE
										     : EXIT_LISTEN,
		    error->message);
	g_autofree char *url = serve_url(srv);
	if (!announce_url(o, url, &error) || !serve_run(srv, stop, &error))
		return fail(EXIT_FILE, error->message);
	if (o->port_file)
		g_unlink(o->port_file);
	summarize(book, serve_lost(srv));
	return journal_counts(book)->faults > 0 ? EXIT_FAULTS : EXIT_CLEAN;
}

int
main(int argc, char **argv)
{
	g_auto(options) o = { 0 };
	g_autoptr(GError) error = NULL;
	enum repeats repeats;
	pid_t parent = getppid();

	setlocale(LC_ALL, "");
	if (!parse_options(&o, &argc, &argv, &error))
		return fail(EXIT_USAGE, error->message);
	const char *wrong = check_options(&o, argc, &repeats);
	if (wrong)
		return fail(EXIT_USAGE, wrong);

	int stop = catch_signals();
	if (stop < 0)
		return fail(EXIT_LISTEN, g_strerror(errno));
	/* The parent may have gone before it could be watched. */
	if (o.with_parent && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent))
		return EXIT_CLEAN;
	raise_file_limit();
	int code = serve(&o, repeats, stop);
	close(stop);
	return code;
}
