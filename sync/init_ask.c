#include "sync/init_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

gboolean
init_ask_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

char *
init_ask(const char *question, gboolean secret)
{
	struct termios before, silent;
	char *line = NULL;
	size_t size = 0;
	gboolean hidden = secret && tcgetattr(STDIN_FILENO, &before) == 0;
	if (hidden) {
		silent = before;
		silent.c_lflag &= (tcflag_t)~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	fprintf(stderr, "%s: ", question);
	fflush(stderr);
	ssize_t n = getline(&line, &size, stdin);
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	char *answer = n > 0 ? g_strstrip(g_strdup(line)) : NULL;
	free(line);
	if (answer != NULL && *answer == '\0')
		g_clear_pointer(&answer, g_free);
	return answer;
}
