#!/bin/sh
# sql/embed.sh FILE.sql ... : prints the C table behind sql/sql.h. Comment lines (--) are left out.
# Sorted without ".sql", as sql_text() searches: "a-b.sql" comes before "a.sql", "a-b" after "a".
set -eu
export LC_ALL=C
echo '/* made by sql/embed.sh */'
echo '#include "sql/sql.h"'
echo '#include <stdio.h>'
echo '#include <stdlib.h>'
echo '#include <string.h>'
echo 'const struct sql_statement sql_statements[] = {'
for f in $(printf '%s\n' "$@" | sed 's/\.sql$//' | sort); do
	printf '\t{"%s",\n' "${f#sql/}"
	# A ? is written \? because C17 knows trigraphs.
	sed -e '/^[[:space:]]*--/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/\t "/' \
	    -e 's/$/\\n"/' "$f.sql"
	printf '\t},\n'
done
cat <<'C'
	{NULL, NULL}
};

static int
compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct sql_statement *)element)->name);
}

const char *
sql_text(const char *name)
{
	const size_t n = sizeof sql_statements / sizeof *sql_statements - 1;
	const struct sql_statement *s = bsearch(name, sql_statements, n, sizeof *sql_statements, compare);
	if (s == NULL) {
		fprintf(stderr, "no SQL statement is named %s\n", name);
		abort();
	}
	return s->text;
}
C
