/*
 * Measures one command against another, in turn: A B A B …
 *
 *   pair [--runs N] [--warm N] COMMAND-A [COMMAND-B]
 *
 * Commands are run by the shell (`exec` in front spares its own time). Prints shell assignments: a_wall, a_wall99, a_cpu, a_rss
 * of the first (seconds, 99th percentile of seconds, user + system seconds, peak KiB), b_… of the second, each the median of the runs,
 * and ratio, ratio_cpu: the medians of A/B taken pair by pair, so that a machine that gets slower in between tells little.
 * Exit 1 when a command fails: its output is shown, else it is thrown away.
 */
#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct measure {
	GArray *wall, *cpu, *rss; /* double, one a run */
};

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void
show(int file)
{
	char text[4096];
	ssize_t n;
	lseek(file, 0, SEEK_SET);
	while ((n = read(file, text, sizeof text)) > 0)
		fwrite(text, 1, (size_t)n, stderr);
}

/* Adds one run, unless `m` is NULL. */
static void
run(const char *command, struct measure *m)
{
	const int output = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct rusage used;
	int status;
	const gint64 began = g_get_monotonic_time();
	const pid_t pid = fork();
	if (pid == 0) {
		const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(nothing, STDIN_FILENO);
		dup2(nothing, STDOUT_FILENO);
		dup2(output >= 0 ? output : nothing, STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		if (pid >= 0 && errno == EINTR)
			continue;
		fprintf(stderr, "pair: %s: %s\n", command, g_strerror(errno));
		exit(1);
	}
	const double wall = (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "pair: failed with %d: %s\n",
		    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), command);
		show(output);
		exit(1);
	}
	close(output);
	if (m == NULL)
		return;
	const double cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
	const double rss = (double)used.ru_maxrss;
	g_array_append_val(m->wall, wall);
	g_array_append_val(m->cpu, cpu);
	g_array_append_val(m->rss, rss);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
	const double d = *(const double *)a - *(const double *)b;
	return d < 0 ? -1 : d > 0;
}

/* The value below which so many of a hundred lie. */
static double
percentile(const GArray *values, guint percent)
{
	g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(double));
	g_array_append_vals(sorted, values->data, values->len);
	g_array_sort(sorted, compare);
	return g_array_index(sorted, double, (sorted->len - 1) * percent / 100);
}

static double
ratio(const GArray *a, const GArray *b)
{
	g_autoptr(GArray) ratios = g_array_new(FALSE, FALSE, sizeof(double));
	for (guint i = 0; i < a->len; i++) {
		const double r =
		    g_array_index(a, double, i) / MAX(g_array_index(b, double, i), 1e-6);
		g_array_append_val(ratios, r);
	}
	return percentile(ratios, 50);
}

static void
print_measure(char name, const struct measure *m)
{
	printf("%c_wall=%.6f %c_wall99=%.6f %c_cpu=%.6f %c_rss=%.0f\n", name,
	    percentile(m->wall, 50), name, percentile(m->wall, 99), name, percentile(m->cpu, 50),
	    name, percentile(m->rss, 50));
}

static struct measure
measure_new(void)
{
	return (struct measure){ g_array_new(FALSE, FALSE, sizeof(double)),
		g_array_new(FALSE, FALSE, sizeof(double)),
		g_array_new(FALSE, FALSE, sizeof(double)) };
}

static void
measure_clear(struct measure *m)
{
	g_array_unref(m->wall);
	g_array_unref(m->cpu);
	g_array_unref(m->rss);
}

int
main(int argc, char **argv)
{
	int runs = 5, warm = 1;
	g_auto(GStrv) commands = NULL;
	g_autoptr(GError) error = NULL;
	const GOptionEntry entries[] = {
		{ "runs", 0, 0, G_OPTION_ARG_INT, &runs, "How often each is measured (5)", "N" },
		{ "warm", 0, 0, G_OPTION_ARG_INT, &warm, "How often each is run before (1)", "N" },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &commands, NULL,
		    "COMMAND-A [COMMAND-B]" },
		G_OPTION_ENTRY_NULL,
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || commands == NULL ||
	    g_strv_length(commands) > 2 || runs < 1) {
		fprintf(stderr, "pair: %s\n",
		    error != NULL ? error->message : "wants one command or two");
		return 64;
	}
	const gboolean two = commands[1] != NULL;
	struct measure a = measure_new(), b = measure_new();
	for (int i = -warm; i < runs; i++) {
		run(commands[0], i < 0 ? NULL : &a);
		if (two)
			run(commands[1], i < 0 ? NULL : &b);
	}
	print_measure('a', &a);
	if (two) {
		print_measure('b', &b);
		printf("ratio=%.4f ratio_cpu=%.4f\n", ratio(a.wall, b.wall), ratio(a.cpu, b.cpu));
	}
	measure_clear(&a);
	measure_clear(&b);
	return 0;
}
