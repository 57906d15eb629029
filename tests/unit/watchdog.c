/* systemd's watchdog is fed while the process works, and not while it hangs. */
#include "sync/watchdog.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket that takes what systemd would get. */
static int
listen_as_systemd(const char *folder)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *path = g_build_filename(folder, "notify", NULL);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	g_assert_cmpint(fd, >=, 0);
	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	g_assert_cmpint(
	    bind(fd, (const struct sockaddr *)&address, (socklen_t)sizeof address), ==, 0);
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	return fd;
}

/* How many messages have come; all of them are signs of life. */
static guint
signs_of_life(int fd)
{
	char text[64];
	guint n = 0;
	ssize_t length;
	while ((length = recv(fd, text, sizeof text, 0)) >= 0) {
		g_assert_cmpmem(text, length, "WATCHDOG=1", 10);
		n++;
	}
	return n;
}

static void
test_life(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("celsync-watchdog.XXXXXX", &error);
	g_assert_no_error(error);
	int fd = listen_as_systemd(folder);
	g_setenv("WATCHDOG_USEC", "60000", TRUE);
	watchdog *dog = watchdog_start();
	g_assert_nonnull(dog);

	/* At work: one sign after the other. */
	guint n = 0;
	gint64 until = g_get_monotonic_time() + 20 * (gint64)G_USEC_PER_SEC;
	for (volatile guint work = 0; n < 3 && g_get_monotonic_time() < until; work++)
		n += signs_of_life(fd);
	g_assert_cmpuint(n, >=, 3);

	/* It hangs: one more at most, of what was done before. */
	g_usleep(100000);
	signs_of_life(fd);
	g_usleep(400000);
	g_assert_cmpuint(signs_of_life(fd), <=, 1);

	watchdog_stop(dog);
	close(fd);
	g_assert_cmpint(g_unlink(g_getenv("NOTIFY_SOCKET")), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

/* For whom the watchdog is meant, and how often it is to be fed. */
static void
test_period(void)
{
	static const struct {
		const char *usec, *pid;
		gint64 period;
	} cases[] = {
		{ NULL, NULL, 0 },
		{ "", NULL, 0 },
		{ "0", NULL, 0 },
		{ "-5", NULL, 0 },
		{ "x", NULL, 0 },
		{ "120000000", NULL, 40000000 },
		{ "120000000", "1", 0 },
		{ "120000000", "", 0 },
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_unsetenv("WATCHDOG_USEC");
		g_unsetenv("WATCHDOG_PID");
		if (cases[i].usec != NULL)
			g_setenv("WATCHDOG_USEC", cases[i].usec, TRUE);
		if (cases[i].pid != NULL)
			g_setenv("WATCHDOG_PID", cases[i].pid, TRUE);
		g_assert_cmpint(watchdog_period(), ==, cases[i].period);
		watchdog *dog = cases[i].period == 0 ? watchdog_start() : NULL;
		g_assert_null(dog);
	}
	g_autofree char *ours = g_strdup_printf("%d", (int)getpid());
	g_setenv("WATCHDOG_PID", ours, TRUE);
	g_assert_cmpint(watchdog_period(), ==, 40000000);
	g_unsetenv("WATCHDOG_PID");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	/* The environment first: setting it is for programs without threads. */
	g_test_add_func("/watchdog/period", test_period);
	g_test_add_func("/watchdog/life", test_life);
	return g_test_run();
}
