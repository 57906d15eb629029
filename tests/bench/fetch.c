/*
 * The yardstick for everything that reads the tables: fetches the columns celsync reads, all rows of cel in order of id and the
 * rows of cdr by uniqueid in blocks, and throws them away.
 *
 *   fetch [--overlap] SOCKET DATABASE
 *
 * Without --overlap there is one question after another: the plain loop one would write. With it a block of cdr is asked
 * for on a second connection and read when the next one is full, as celsync does: that is the best a reader can do.
 */
#include <mysql.h>

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 400

static const char cel_columns[] = "`id`,`eventtype`,`eventtime`,`uniqueid`,`linkedid`,`channame`,`"
				  "cid_name`,`cid_num`,`exten`,`appname`,`appdata`,`peer`,"
				  "`userdeftype`,`extra`";
static const char cdr_columns[] =
    "`uniqueid`,`calldate`,`linkedid`,`sequence`,`duration`,`billsec`,`src`,`dst`,"
    "`channel`,`dstchannel`,`lastdata`,`disposition`,`did`,`recordingfile`";

struct fetch {
	MYSQL *cel, *cdr;
	gboolean overlap, sent;
	GString *sql;
	guint ids;
	guint64 cel_rows, cdr_rows;
};

static G_GNUC_NORETURN void
give_up(MYSQL *mysql)
{
	fprintf(stderr, "fetch: %s\n", mysql_error(mysql));
	exit(1);
}

static MYSQL *
connect_to(const char *socket, const char *database)
{
	MYSQL *mysql = mysql_init(NULL);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(mysql, NULL, "root", NULL, database, 0, socket, 0) == NULL)
		give_up(mysql);
	return mysql;
}

static void
read_block(struct fetch *f)
{
	if (!f->sent)
		return;
	f->sent = FALSE;
	MYSQL_RES *result = NULL;
	if (mysql_read_query_result(f->cdr) == 0)
		result = mysql_use_result(f->cdr);
	if (result == NULL)
		give_up(f->cdr);
	while (mysql_fetch_row(result) != NULL)
		f->cdr_rows++;
	mysql_free_result(result);
}

static void
ask_block(struct fetch *f)
{
	read_block(f);
	if (f->ids == 0)
		return;
	g_string_append(f->sql, ") ORDER BY `uniqueid`, `sequence`");
	if (mysql_send_query(f->cdr, f->sql->str, f->sql->len) != 0)
		give_up(f->cdr);
	f->sent = TRUE;
	f->ids = 0;
	if (!f->overlap)
		read_block(f);
}

static void
add_id(struct fetch *f, const char *uniqueid)
{
	if (f->ids++ == 0)
		g_string_printf(f->sql, "SELECT %s FROM `cdr` WHERE `uniqueid` IN (", cdr_columns);
	g_string_append_printf(f->sql, "%s'%s'", f->ids > 1 ? "," : "", uniqueid);
	if (f->ids == BLOCK)
		ask_block(f);
}

int
main(int argc, char **argv)
{
	struct fetch f = { .overlap = argc == 4 && strcmp(argv[1], "--overlap") == 0 };
	if (argc != (f.overlap ? 4 : 3)) {
		fprintf(stderr, "usage: fetch [--overlap] SOCKET DATABASE\n");
		return 64;
	}
	f.cel = connect_to(argv[argc - 2], argv[argc - 1]);
	f.cdr = connect_to(argv[argc - 2], argv[argc - 1]);
	f.sql = g_string_new(NULL);
	g_autofree char *sql = g_strdup_printf("SELECT %s FROM `cel` ORDER BY `id`", cel_columns);
	MYSQL_RES *result = NULL;
	if (mysql_query(f.cel, sql) == 0)
		result = mysql_use_result(f.cel);
	if (result == NULL)
		give_up(f.cel);
	MYSQL_ROW row;
	for (; (row = mysql_fetch_row(result)) != NULL; f.cel_rows++) {
		if (strcmp(row[1], "CHAN_START") == 0)
			add_id(&f, row[3]);
	}
	if (mysql_errno(f.cel) != 0)
		give_up(f.cel);
	mysql_free_result(result);
	ask_block(&f);
	read_block(&f);
	mysql_close(f.cel);
	mysql_close(f.cdr);
	g_string_free(f.sql, TRUE);
	printf("%" G_GUINT64_FORMAT " rows of cel, %" G_GUINT64_FORMAT " of cdr\n", f.cel_rows,
	    f.cdr_rows);
	return 0;
}
