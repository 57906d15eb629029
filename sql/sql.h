/*
 * The statements of sql/, one a file, embedded at build time by sql/embed.sh as a table sorted by name.
 * A statement's name is its path below sql/ without ".sql": "store/outbox/put".
 */
#ifndef CELSYNC_SQL_H
#define CELSYNC_SQL_H

struct sql_statement {
	const char *name, *text;
};

/* Ends with name NULL. */
extern const struct sql_statement sql_statements[];

/* The text of one statement; aborts when there is none of that name: that is a programming error. */
const char *sql_text(const char *name);

#endif
