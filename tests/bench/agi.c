/* The least an AGI program can do: reads what Asterisk tells it, up to the empty line, and ends. */
#include <stdio.h>

int
main(void)
{
	char line[1024];
	while (fgets(line, sizeof line, stdin) != NULL && line[0] != '\n')
		;
	return 0;
}
