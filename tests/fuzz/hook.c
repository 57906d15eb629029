/*
 * Fuzz target: any arguments and any AGI environment for celsync-hook (libFuzzer). The input is the arguments, each ended by a zero byte, six
 * at most, and then the environment.
 *
 * Beside not crashing: what is handed to `celsync announce` is nine lines, each with its own key, whatever the values try to be; the
 * extensions are digits between "-", ids have no spaces, the numbers of arguments have only what numbers have.
 */
#define HOOK_PROGRAM "/nonexistent"
int hook_main(int argc, char **argv);
#define main hook_main
#include "cron/hook.c"
#undef main
#include "cron/agi.c" /* the hook stands in no archive: it links nothing but libc */

#include <stdint.h>

#define ARGUMENTS 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
need(int holds)
{
	if (!holds)
		abort();
}

static void
check_facts(const struct facts *facts)
{
	static const char digits[] = DIGITS "-";
	need(strspn(facts->extensions, digits) == strlen(facts->extensions));
	need(facts->extensions[0] != '-' && strstr(facts->extensions, "--") == NULL);
	need(strlen(facts->linkedid) <= 150 && strpbrk(facts->linkedid, " \n\r\t") == NULL);
	need(strlen(facts->uniqueid) <= 150 && strpbrk(facts->uniqueid, " \n\r\t") == NULL);
	need(strspn(facts->did, DIGITS LETTERS "+*#") == strlen(facts->did));
	need(strspn(facts->number, DIGITS "+*#") == strlen(facts->number));
}

/* Standard input is what celsync would read; closes all but the first three descriptors. */
static void
check_stdin(void)
{
	static const char *const keys[] = { "direction ", "ext ", "linkedid ", "uniqueid ", "did ",
		"number ", "callerid ", "callername ", "dialled " };
	static char text[PIPE_BUF + 1];
	close_above_stderr();
	ssize_t n = read(STDIN_FILENO, text, PIPE_BUF);
	need(n > 0 && text[n - 1] == '\n');
	text[n] = '\0';
	char *line = text;
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
		need(strncmp(line, keys[i], strlen(keys[i])) == 0);
		line = strchr(line, '\n');
		need(line != NULL);
		line++;
	}
	need(*line == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct facts facts;
	char *argv[ARGUMENTS + 2] = { (char *)"celsync-hook" };
	int argc = 1;
	const uint8_t *end;
	while (argc <= ARGUMENTS && (end = memchr(data, '\0', size)) != NULL) {
		argv[argc++] = strdup((const char *)data);
		size -= (size_t)(end + 1 - data);
		data = end + 1;
	}
	struct agi agi = { .known = 0 };
	if (read_arguments(&facts, argc, argv)) {
		check_facts(&facts);
		agi_take(&agi, (const char *)data, size);
		if (put_on_stdin(&facts, &agi))
			check_stdin();
	}
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return 0;
}
