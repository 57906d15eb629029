/*
 * Pretends to be Asterisk's AGI(): agi [-n NUMBER] [-N NAME] [-d DIALLED] [-e FILE | -q] PROGRAM ARGUMENT ...
 *
 * As res/res_agi.c does (launch_script, setup_env, run_agi): two pipes, fork, execv; the environment is written to the program's
 * standard input, its standard output is read to the end, and then the program itself is waited for. -e: the bytes of FILE are the
 * environment; -q: nothing is written. Prints "exit STATUS, N bytes" and ends with 0.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
fail(const char *what)
{
	perror(what);
	exit(2);
}

static void
say(int fd, const char *name, const char *value)
{
	dprintf(fd, "agi_%s: %s\n", name, value);
}

static void
say_file(int fd, const char *path)
{
	char piece[4096];
	FILE *file = fopen(path, "r");
	if (file == NULL)
		fail(path);
	for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
		if (write(fd, piece, n) != (ssize_t)n)
			break;
	fclose(file);
}

int
main(int argc, char **argv)
{
	const char *number = "79161234567", *name = "unknown", *dialled = "unknown", *file = NULL;
	bool quiet = false;
	int to[2], from[2], status, option;
	while ((option = getopt(argc, argv, "+n:N:d:e:q")) != -1) {
		switch (option) {
		case 'n': number = optarg; break;
		case 'N': name = optarg; break;
		case 'd': dialled = optarg; break;
		case 'e': file = optarg; break;
		case 'q': quiet = true; break;
		default: return 64;
		}
	}
	if (optind == argc)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	if (pipe(to) != 0 || pipe(from) != 0)
		fail("pipe");
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(to[0], 0);
		dup2(from[1], 1);
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		execv(argv[optind], argv + optind);
		_exit(1);
	}
	close(to[0]);
	close(from[1]);
	if (file != NULL) {
		say_file(to[1], file);
	} else if (!quiet) {
		say(to[1], "request", argv[optind]);
		say(to[1], "channel", "PJSIP/mango-00000000");
		say(to[1], "language", "en");
		say(to[1], "uniqueid", "1795397203.14");
		say(to[1], "callerid", number);
		say(to[1], "calleridname", name);
		say(to[1], "callingpres", "0");
		say(to[1], "dnid", dialled);
		say(to[1], "rdnis", "unknown");
		say(to[1], "enhanced", "0.0");
		dprintf(to[1], "\n");
	}
	char piece[4096];
	size_t bytes = 0;
	for (ssize_t n; (n = read(from[0], piece, sizeof piece)) > 0;)
		bytes += (size_t)n;
	waitpid(pid, &status, 0);
	/* Asterisk closes its ends only now. */
	close(to[1]);
	if (WIFEXITED(status))
		printf("exit %d, %zu bytes\n", WEXITSTATUS(status), bytes);
	else
		printf("signal %d\n", WTERMSIG(status));
	return 0;
}
