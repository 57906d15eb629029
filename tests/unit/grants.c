/* SHOW GRANTS, as MariaDB 10.11 and MySQL 8 write it. */
#include "poller/grants.h"

#define USAGE                                                                                      \
	"GRANT USAGE ON *.* TO `celsync`@`localhost` IDENTIFIED BY PASSWORD "                      \
	"'*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'"
#define CEL "GRANT SELECT ON `asteriskcdrdb`.`cel` TO `celsync`@`localhost`"
#define CDR "GRANT SELECT ON `asteriskcdrdb`.`cdr` TO `celsync`@`localhost`"
#define CDR_UPDATE                                                                                 \
	"GRANT SELECT, UPDATE (`recordingfile`) ON `asteriskcdrdb`.`cdr` TO `celsync`@`localhost`"

/* `lines` end with NULL. */
static void
grants(const char *const *lines, gboolean update_cdr, const char *excess, gboolean may_update)
{
	struct grants_needed needed = { .database = "asteriskcdrdb",
		.cel_table = "cel",
		.cdr_table = "cdr",
		.update_cdr = update_cdr };
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	for (; *lines != NULL; lines++)
		g_ptr_array_add(list, (gpointer)*lines);
	struct grants got = grants_read(list, &needed);
	g_ptr_array_add(got.excess, NULL);
	g_autofree char *text = g_strjoinv("; ", (char **)got.excess->pdata);
	g_assert_cmpstr(text, ==, excess);
	g_assert_cmpint(got.may_update, ==, may_update);
	grants_clear(&got);
}
#define GRANTS(update_cdr, excess, may_update, ...)                                                \
	grants((const char *const[]){ __VA_ARGS__, NULL }, update_cdr, excess, may_update)

static void
test_enough(void)
{
	GRANTS(FALSE, "", FALSE, USAGE, CEL, CDR);
	GRANTS(TRUE, "", TRUE, USAGE, CEL, CDR_UPDATE);
	GRANTS(TRUE, "", TRUE, USAGE, CEL, CDR_UPDATE,
	    "GRANT SELECT, UPDATE (`recordingfile`) ON `asteriskcdrdb`.`transient_cdr` TO "
	    "`celsync`@`localhost`");
	GRANTS(FALSE, "", FALSE, USAGE,
	    "GRANT SELECT (`id`, `uniqueid`) ON `asteriskcdrdb`.`cel` TO `celsync`@`localhost`",
	    CDR);
}

static void
test_too_much(void)
{
	GRANTS(FALSE, "UPDATE (recordingfile) on asteriskcdrdb.cdr", TRUE, USAGE, CEL, CDR_UPDATE);
	GRANTS(FALSE, "SELECT on asteriskcdrdb.*", FALSE,
	    "GRANT SELECT ON `asteriskcdrdb`.* TO `x`@`%`");
	GRANTS(FALSE, "ALL PRIVILEGES on *.*; GRANT OPTION on *.*", TRUE,
	    "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA unix_socket WITH "
	    "GRANT OPTION");
	GRANTS(FALSE, "INSERT on asteriskcdrdb.cdr; DELETE on asteriskcdrdb.cdr", FALSE,
	    "GRANT SELECT, INSERT, DELETE ON `asteriskcdrdb`.`cdr` TO `x`@`%`");
	GRANTS(TRUE, "UPDATE on asteriskcdrdb.cdr", TRUE,
	    "GRANT SELECT, UPDATE ON `asteriskcdrdb`.`cdr` TO `x`@`%`");
	GRANTS(TRUE, "UPDATE (dst, recordingfile) on asteriskcdrdb.cdr", FALSE,
	    "GRANT SELECT, UPDATE (`dst`, `recordingfile`) ON `asteriskcdrdb`.`cdr` TO `x`@`%`");
	GRANTS(FALSE, "SELECT on asterisk.users", FALSE, CEL, CDR,
	    "GRANT SELECT ON `asterisk`.`users` TO `x`@`%`");
	GRANTS(FALSE, "the role readers", FALSE, "GRANT `readers` TO `x`@`%`", USAGE);
}

static void
test_odd(void)
{
	GRANTS(FALSE, "", FALSE, "", "SET DEFAULT ROLE `x` FOR `y`@`%`", "GRANT ",
	    "GRANT SELECT ON `a`.`b`");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/grants/enough", test_enough);
	g_test_add_func("/grants/too_much", test_too_much);
	g_test_add_func("/grants/odd", test_odd);
	return g_test_run();
}
