/* http.c and certificates: made with openssl when the test runs, served by libmicrohttpd. */
#include "tests/unit/client.h"

#include <microhttpd.h>

static char *folder;

static void
run(const char *command)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *out = NULL, *err = NULL;
	int status;
	const char *argv[] = { "sh", "-ec", command, NULL };
	g_spawn_sync(folder, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err,
	    &status, &error);
	g_assert_no_error(error);
	if (status != 0)
		g_error("%s\n%s%s", command, out, err);
}

/* ca.pem signs good (127.0.0.1), name (another name) and old (expired); self signs itself. */
static void
make_certificates(void)
{
	run("new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
	    "here='-addext subjectAltName=IP:127.0.0.1'\n"
	    "ca='-x509 -CA ca.pem -CAkey ca.key'\n"
	    "$new -x509 -keyout ca.key -out ca.pem -subj /CN=test\n"
	    "$new $ca $here -keyout good.key -out good.pem -subj /CN=good\n"
	    "$new $ca -addext subjectAltName=DNS:other.invalid -keyout name.key -out name.pem"
	    " -subj /CN=other.invalid\n"
	    "$new -x509 $here -keyout self.key -out self.pem -subj /CN=self\n"
	    "$new -keyout old.key -out old.csr -subj /CN=old\n"
	    "printf "
	    "'[ca]\\ndefault_ca=x\\n[x]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\n"
	    "default_md=sha256\\npolicy=p\\nx509_extensions=v\\n[p]\\ncommonName=supplied\\n"
	    "[v]\\nsubjectAltName=IP:127.0.0.1\\n' >ca.cnf\n"
	    ": >index; echo 01 >serial\n"
	    "openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in old.csr"
	    " -out old.pem -startdate 20200101000000Z -enddate 20210101000000Z\n");
}

static enum MHD_Result
answer_tls(void *data, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *piece, size_t *size, void **state)
{
	gint *requests = data;
	(void)url, (void)method, (void)version, (void)piece;
	if (*state == NULL) {
		*state = requests;
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	g_atomic_int_inc(requests);
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(2, (void *)"{}", MHD_RESPMEM_PERSISTENT);
	const enum MHD_Result done = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return done;
}

static char *
read_file(const char *name, const char *ending)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_strdup_printf("%s/%s.%s", folder, name, ending);
	char *text = NULL;
	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* One request to a TLS server with certificate `name`, trusting ca.pem or, without `ours`, the system. */
static struct answer
ask_tls(const char *name, gboolean ours, gint *requests)
{
	g_autofree char *key = read_file(name, "key"), *pem = read_file(name, "pem"), *url = NULL;
	g_autofree char *ca_file = g_build_filename(folder, "ca.pem", NULL);
	const int listener = listen_on_loopback(&url, "https");
	struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS,
	    0, NULL, NULL, answer_tls, requests, MHD_OPTION_LISTEN_SOCKET, listener,
	    MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, pem, MHD_OPTION_END);
	g_assert_nonnull(daemon);
	*requests = 0;
	g_autoptr(http) client = client_of(url, 1, 20 * SECOND, ours ? ca_file : NULL);
	struct answer answer = ask(client, "planfix_token=secret");
	MHD_stop_daemon(daemon);
	return answer;
}

static void
test_tls(void)
{
	gint requests;
	struct answer answer = ask_tls("good", TRUE, &requests);
	g_assert_true(answer.answered);
	g_assert_cmpint(answer.status, ==, 200);
	g_assert_cmpint(requests, ==, 1);
	answer_clear(&answer);
}

static void
test_tls_refused(void)
{
	static const struct {
		const char *name;
		gboolean ours;
	} cases[] = { { "name", TRUE }, { "old", TRUE }, { "self", TRUE }, { "good", FALSE } };
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint requests;
		struct answer answer = ask_tls(cases[i].name, cases[i].ours, &requests);
		g_assert_false(answer.answered);
		g_assert_false(answer.sent);
		g_assert_cmpint(verdict_of(&answer), ==, VERDICT_LATER);
		g_assert_cmpint(requests, ==, 0);
		g_assert_nonnull(strstr(answer.text, "ertificate"));
		answer_clear(&answer);
	}
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("celsync-http-XXXXXX", &error);
	g_assert_no_error(error);
	make_certificates();

	g_test_add_func("/http/tls", test_tls);
	g_test_add_func("/http/tls refused", test_tls_refused);
	const int failed = g_test_run();

	run("rm -rf \"$PWD\"");
	g_free(folder);
	return failed;
}
