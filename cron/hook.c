/*
 * celsync-hook: an AGI program that tells celsync of a ringing phone and never holds the call.
 *
 *   AGI(celsync-hook,in,EXTENSIONS,LINKEDID,UNIQUEID,DID)
 *   AGI(celsync-hook,out,EXTENSION,LINKEDID,UNIQUEID,DID,NUMBER)
 *
 * EXTENSIONS are separated by "-"; DID may be empty. Asterisk's AGI() waits until this program has ended and every copy of its
 * standard output is closed (res/res_agi.c, run_agi). So standard output goes to /dev/null before anything is started, and what
 * takes time happens in a grandchild: it reads the AGI environment from the pipe, which it inherits, and becomes
 * `celsync announce` with the facts on its standard input. Exit status 0 whatever happens.
 *
 * Until the first fork nothing waits for anybody, so there is no time limit: on a machine so busy that one is reached, the window would
 * be lost for no gain.
 *
 * Asterisk starts AGI programs without a shell, and so does this one; no part of a path or of the environment comes from outside.
 */
#include "cron/agi.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef HOOK_PROGRAM
#define HOOK_PROGRAM "/usr/bin/celsync" /* the package's; the Makefile says another PREFIX */
#endif

#define READ_MOST_MS 1000 /* in the grandchild: nobody waits for it */
#define ALIVE_MOST_S 20   /* announce has a limit of its own; this is for a disk that hangs */
#define NICE 5            /* of what the hook starts; setpriority(2) */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

struct facts {
	const char *direction, *linkedid, *uniqueid, *did, *number;
	char extensions[1024];
};

static void
end_now(int number)
{
	(void)number;
	_exit(0);
}

static bool
made_of(const char *text, const char *set, size_t most)
{
	size_t n = strlen(text);
	return n <= most && strspn(text, set) == n;
}

/* A uniqueid may be anything the originator chose (AMI, ARI), but it has no spaces. */
static bool
is_id(const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	return n > 0 && n <= 150;
}

/* Members that are no extensions are left out: "89161234567#" is somebody's mobile phone. */
static void
keep_extensions(char *out, size_t size, const char *list)
{
	size_t used = 0;
	for (size_t n; *list != '\0'; list += n + (list[n] == '-')) {
		n = strcspn(list, "-");
		if (n == 0 || n > 20 || strspn(list, DIGITS) < n || used + n + 2 > size)
			continue;
		if (used > 0)
			out[used++] = '-';
		memcpy(out + used, list, n);
		used += n;
	}
	out[used] = '\0';
}

static bool
read_arguments(struct facts *facts, int argc, char **argv)
{
	if (argc < 5)
		return false;
	facts->direction = argv[1];
	facts->linkedid = argv[3];
	facts->uniqueid = argv[4];
	facts->did = argc > 5 ? argv[5] : "";
	facts->number = argc > 6 ? argv[6] : "";
	/* Without an extension there is no employee: a forward through the trunk has no AMPUSER. */
	keep_extensions(facts->extensions, sizeof facts->extensions, argv[2]);
	bool out = strcmp(facts->direction, "out") == 0;
	return (out || strcmp(facts->direction, "in") == 0) && facts->extensions[0] != '\0' &&
	       is_id(facts->linkedid) && is_id(facts->uniqueid) &&
	       made_of(facts->did, DIGITS LETTERS "+*#", 60) &&
	       made_of(facts->number, DIGITS "+*#", 60) && out == (facts->number[0] != '\0');
}

static long
milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
read_environment(struct agi *agi)
{
	enum agi_state state = AGI_MORE;
	long until = milliseconds() + READ_MOST_MS;
	while (state == AGI_MORE) {
		char piece[4096];
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		long left = until - milliseconds();
		if (left <= 0 || poll(&in, 1, (int)left) <= 0)
			return false;
		ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
		if (n <= 0)
			return false;
		state = agi_take(agi, piece, (size_t)n);
	}
	return state == AGI_END;
}

/* A pipe holds this much without anybody reading. */
static bool
put_on_stdin(const struct facts *facts, const struct agi *agi)
{
	char text[PIPE_BUF];
	int ends[2];
	int n = snprintf(text, sizeof text,
	    "direction %s\next %s\nlinkedid %s\nuniqueid %s\ndid %s\nnumber %s\ncallerid %s\n"
	    "callername %s\ndialled %s\n",
	    facts->direction, facts->extensions, facts->linkedid, facts->uniqueid, facts->did,
	    facts->number, agi->number, agi->name, agi->dialled);
	if (n < 0 || (size_t)n >= sizeof text || pipe(ends) != 0)
		return false;
	return write(ends[1], text, (size_t)n) == n && dup2(ends[0], STDIN_FILENO) >= 0;
}

static void
close_above_stderr(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
		return;
#endif
	struct rlimit limit;
	rlim_t most = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
	for (int fd = 3; fd < 65536 && (rlim_t)fd < most; fd++)
		close(fd);
}

static void
become_announce(const struct facts *facts)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGCHLD, SIGALRM };
	char *argv[] = { (char *)HOOK_PROGRAM, (char *)"announce", NULL };
	char *environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"LANG=C.UTF-8", NULL };
	struct agi agi = { .known = 0 };
	sigset_t none;

	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!read_environment(&agi) || !put_on_stdin(facts, &agi) || chdir("/") != 0)
		return;
	close_above_stderr();
	umask(077);
	/* Calls go first: a burst of announcements must not hold the dialplan up. */
	if (getpriority(PRIO_PROCESS, 0) < NICE)
		setpriority(PRIO_PROCESS, 0, NICE);
	alarm(ALIVE_MOST_S); /* goes on through execve() */
	execve(argv[0], argv, environment);
}

int
main(int argc, char **argv)
{
	static struct facts facts;

	signal(SIGHUP, end_now); /* the channel hung up */
	if (!read_arguments(&facts, argc, argv))
		return 0;
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return 0;
	if (fork() != 0)
		_exit(0);
	/* A session of its own, and nobody who leads it. */
	setsid();
	if (fork() == 0)
		become_announce(&facts);
	_exit(0);
}
