/* The announce folder, and how a pass takes it into the store; windows whose call is nowhere. */
#include "store/announced.h"
#include "store/windows.h"
#include "sync/announce_folder.h"
#include "sync/announcements.h"
#include "tests/unit/store_scratch.h"

#include <unistd.h>
#include <utime.h>

#define S ((gint64)G_USEC_PER_SEC)
#define NOW (1795397203 * S)

static struct announcement
ringing(gint64 at, const char *linkedid, const char *uniqueid, const char *exts)
{
	const struct call_rules rules = { .name = NULL };
	struct announcement a;
	g_autofree char *facts =
	    g_strdup_printf("direction in\next %s\nlinkedid %s\nuniqueid %s\ndid 74951110101\n"
			    "callerid 79161234567\n",
		exts, linkedid, uniqueid);
	g_assert_null(announcement_of_facts(facts, &rules, at, &a));
	return a;
}

/* A store with a folder beside it. */
struct place {
	struct scratch s;
	char *folder;
	struct config config;
};

static void
place_open(struct place *p)
{
	*p = (struct place){ .config = { .planfix = { .popup_max_age = 120 * S } } };
	scratch_open(&p->s);
	p->config.store.path = p->s.path;
	p->folder = announce_folder(p->s.path);
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(announce_take_slot(p->folder, &error), ==, ANNOUNCE_SLOT_TAKEN);
	g_assert_no_error(error);
}

static void
empty(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_assert_cmpint(g_remove(path), ==, 0);
	}
	g_dir_close(dir);
}

static void
place_close(struct place *p)
{
	empty(p->folder);
	g_assert_cmpint(g_rmdir(p->folder), ==, 0);
	g_clear_pointer(&p->folder, g_free);
	scratch_close(&p->s);
}

static guint
files(struct place *p)
{
	g_autoptr(GPtrArray) names = announce_list(p->folder, 100, NULL);
	return names->len;
}

static announce_file *
drop(struct place *p, gint64 at, const char *linkedid, const char *exts)
{
	g_autoptr(GError) error = NULL;
	struct announcement a = ringing(at, linkedid, "1795397203.99", exts);
	announce_file *file = announce_drop(p->folder, &a, &error);
	g_assert_no_error(error);
	announcement_clear(&a);
	return file;
}

static void
outcome(announce_file *file, const char *ext, enum announced is, gint64 status)
{
	g_assert_true(announce_note(file, ext, is, status, "words", NULL));
}

static void
announced(struct place *p, gint64 at, const char *linkedid, const char *ext, enum announced is,
    gint64 status)
{
	announce_file *file = drop(p, at, linkedid, ext);
	outcome(file, ext, is, status);
	announce_finish(file);
}

static void
take(struct place *p, gint64 now)
{
	g_autoptr(GError) error = NULL;
	g_assert_true(announcements_take(p->s.db, &p->config, now, &error));
	g_assert_no_error(error);
}

static void
assert_rows(struct place *p, const char *sql, const char *wanted)
{
	g_autofree char *got = scratch_shell(p->s.path, sql);
	g_assert_cmpstr(got, ==, wanted);
}
#define WINDOWS                                                                                    \
	"select callid, ext, n, opened_by, opened, closed_as from windows order by callid, ext, n"
#define REQUESTS                                                                                   \
	"select ext, event, n, state, status, answer, lost, created, expires from outbox order "   \
	"by id"
#define T0 "1795397203000000"

static void
test_taken(void)
{
	struct place p;
	place_open(&p);
	announce_file *file = drop(&p, NOW, "1795397203.14", "101-102-103");
	outcome(file, "101", ANNOUNCED_SENT, 200);
	outcome(file, "102", ANNOUNCED_FAILED, 400);
	outcome(file, "103", ANNOUNCED_UNKNOWN, 0);
	announce_finish(file);
	g_autoptr(GPtrArray) names = announce_list(p.folder, 100, NULL);
	g_assert_cmpuint(names->len, ==, 1);
	g_assert_true(g_str_has_suffix(names->pdata[0], ".unknown"));
	take(&p, NOW + S);
	g_assert_cmpuint(files(&p), ==, 0);
	assert_rows(
	    &p, WINDOWS, "1795397203.14|101|0|hook|" T0 "|\n1795397203.14|103|0|hook|" T0 "|");
	assert_rows(&p, REQUESTS,
	    "101|INCOMING|0|sent|200|words|0|" T0 "|1795397323000000\n"
	    "102|INCOMING|0|rejected|400|words|0|" T0 "|1795397323000000\n"
	    "103|INCOMING|0|unknown|0|words|1|" T0 "|1795397323000000");
	assert_rows(&p, "select id, callid from announced order by id",
	    "1795397203.14|1795397203.14\n1795397203.99|1795397203.14");

	/* Found by either id, where there is a window. */
	const char *const ids[] = { "1.1", "1795397203.99", NULL };
	g_autofree char *callid = NULL, *none = NULL;
	g_assert_true(announced_as(p.s.db, ids, "101", &callid, NULL));
	g_assert_cmpstr(callid, ==, "1795397203.14");
	g_assert_true(announced_as(p.s.db, ids, "102", &none, NULL));
	g_assert_null(none);

	/* What PlanFix did not get in time and never saw: expired; a later try that succeeds opens the window. */
	announced(&p, NOW + 2 * S, "1795397205.1", "104", ANNOUNCED_FAILED, 503);
	take(&p, NOW + 3 * S);
	assert_rows(&p, "select state, n from outbox where ext = 104", "expired|0");
	announced(&p, NOW + 4 * S, "1795397205.1", "104", ANNOUNCED_SENT, 200);
	take(&p, NOW + 5 * S);
	assert_rows(&p, "select state, n, status from outbox where ext = 104", "sent|0|200");
	assert_rows(&p, "select n, opened from windows where ext = 104", "0|1795397207000000");
	place_close(&p);
}

static void
test_twice(void)
{
	struct place p;
	place_open(&p);
	announced(&p, NOW, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	announced(&p, NOW + S, "1795397203.15", "101", ANNOUNCED_SENT, 200);
	g_autofree char *copy = g_strconcat(p.folder, ".copy", NULL);
	const char *const save[] = { "cp", "-r", p.folder, copy, NULL };
	const char *const restore[] = { "cp", "-rT", copy, p.folder, NULL };
	const char *const drop_copy[] = { "rm", "-rf", copy, NULL };
	g_assert_true(g_spawn_sync(
	    NULL, (char **)save, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	take(&p, NOW + 2 * S);
	g_autofree char *windows = scratch_shell(p.s.path, WINDOWS);
	g_autofree char *requests = scratch_shell(p.s.path, REQUESTS);
	/* The program was killed between commit and removal. */
	g_assert_true(g_spawn_sync(
	    NULL, (char **)restore, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	g_assert_cmpuint(files(&p), ==, 2);
	take(&p, NOW + 3 * S);
	g_assert_cmpuint(files(&p), ==, 0);
	assert_rows(&p, WINDOWS, windows);
	assert_rows(&p, REQUESTS, requests);
	g_assert_true(g_spawn_sync(NULL, (char **)drop_copy, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
	    NULL, NULL, NULL, NULL));
	place_close(&p);
}

static void
test_rings_again(void)
{
	struct place p;
	place_open(&p);
	announced(&p, NOW, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	announced(&p, NOW + 15 * S, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	take(&p, NOW + 16 * S);
	assert_rows(&p, WINDOWS, "1795397203.14|101|0|hook|" T0 "|");
	/* Closed early: then the phone rings once more, and that was before we knew. */
	scratch_run(
	    p.s.path, "update windows set closed_as = 'Cancelled', closed = 1795397223000000");
	announced(&p, NOW + 19 * S, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	take(&p, NOW + 21 * S);
	assert_rows(&p, "select count(*) from windows", "1");
	announced(&p, NOW + 30 * S, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	take(&p, NOW + 31 * S);
	assert_rows(&p, WINDOWS,
	    "1795397203.14|101|0|hook|" T0 "|Cancelled\n"
	    "1795397203.14|101|1|hook|1795397233000000|");
	assert_rows(&p, "select n, state from outbox order by n", "0|sent\n1|sent");
	place_close(&p);
}

/* A pass comes while `announce` waits for PlanFix; then that one ends, or is gone. */
static void
test_under_way(void)
{
	struct place p;
	place_open(&p);
	announce_file *file = drop(&p, NOW, "1795397203.14", "101-102");
	outcome(file, "101", ANNOUNCED_SENT, 200);
	take(&p, NOW + S);
	g_assert_cmpuint(files(&p), ==, 1);
	/* The windows are known, so that an end of the call closes them. */
	assert_rows(
	    &p, WINDOWS, "1795397203.14|101|0|hook|" T0 "|\n1795397203.14|102|0|hook|" T0 "|");
	assert_rows(&p, "select ext, state from outbox", "101|sent");
	outcome(file, "102", ANNOUNCED_FAILED, 0);
	announce_finish(file);
	take(&p, NOW + 2 * S);
	g_assert_cmpuint(files(&p), ==, 0);
	assert_rows(&p, WINDOWS, "1795397203.14|101|0|hook|" T0 "|\n1795397203.14|102|0||0|");
	assert_rows(&p, "select ext, state from outbox", "101|sent\n102|expired");

	/* Its writer was killed: the lock is free, the name is as it was. */
	g_autofree char *path =
	    g_build_filename(p.folder, "00001795397213000000-0badcafe.new", NULL);
	struct announcement a = ringing(NOW + 10 * S, "1795397213.1", "1795397213.1", "105");
	g_autofree char *text = announcement_text(&a);
	announcement_clear(&a);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	take(&p, NOW + 11 * S);
	g_assert_cmpuint(files(&p), ==, 0);
	assert_rows(&p, "select ext, state, lost from outbox where ext = 105", "105|unknown|1");
	assert_rows(&p, "select ext, opened_by from windows where ext = 105", "105|hook");
	place_close(&p);
}

static void
test_broken(void)
{
	struct place p;
	place_open(&p);
	g_autofree char *cut = g_build_filename(p.folder, "1.sent", NULL);
	g_autofree char *link = g_build_filename(p.folder, "2.sent", NULL);
	g_autofree char *big = g_build_filename(p.folder, "3.sent", NULL);
	g_autofree char *half = g_build_filename(p.folder, ".4.tmp", NULL);
	g_autofree char *many = g_strnfill(100000, 'x');
	g_assert_true(g_file_set_contents(cut, "celsync announcement 1\nat 1\n", -1, NULL));
	g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
	g_assert_true(g_file_set_contents(big, many, -1, NULL));
	g_assert_true(g_file_set_contents(half, "", -1, NULL));
	announced(&p, NOW, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	take(&p, NOW + S);
	g_assert_cmpuint(files(&p), ==, 0);
	assert_rows(&p, "select ext from windows", "101");
	/* It may be that somebody is writing it; a minute later nobody is. */
	g_assert_true(g_file_test(half, G_FILE_TEST_EXISTS));
	struct utimbuf old = { 1, 1 };
	g_assert_cmpint(g_utime(half, &old), ==, 0);
	take(&p, NOW + S);
	g_assert_false(g_file_test(half, G_FILE_TEST_EXISTS));
	place_close(&p);
}

static void
test_dropped(void)
{
	struct place p;
	place_open(&p);
	g_assert_cmpint(announce_dropped(p.folder), ==, 0);
	/* A lock belongs to the open file, not to the process: so one process can fill all slots. */
	for (int i = 1; i < ANNOUNCE_SLOTS; i++)
		g_assert_cmpint(announce_take_slot(p.folder, NULL), ==, ANNOUNCE_SLOT_TAKEN);
	for (int i = 0; i < 12; i++)
		g_assert_cmpint(announce_take_slot(p.folder, NULL), ==, ANNOUNCE_SLOT_NONE);
	g_assert_cmpint(announce_dropped(p.folder), ==, 12);
	g_assert_cmpint(announce_dropped(p.folder), ==, 0);
	place_close(&p);
}

/* No folder is nothing to do. */
static void
test_no_folder(void)
{
	struct scratch s;
	scratch_open(&s);
	struct config config = { .store = { .path = s.path } };
	g_assert_true(announcements_take(s.db, &config, NOW, NULL));
	g_assert_true(announcements_close(s.db, &config, NOW, NULL));
	scratch_close(&s);
}

static void
test_lost(void)
{
	struct place p;
	place_open(&p);
	announced(&p, NOW, "1795397203.14", "101", ANNOUNCED_SENT, 200);
	announced(&p, NOW, "1795397203.50", "102", ANNOUNCED_SENT, 200);
	announced(&p, NOW + 100 * S, "1795397303.1", "103", ANNOUNCED_SENT, 200);
	take(&p, NOW + 101 * S);
	/* Known to be going on, be it by the channel's own id. */
	scratch_run(p.s.path,
	    "delete from announced where id = '1795397203.99' and callid <> '1795397203.50';"
	    "insert into open_call values ('1795397203.99', 'g', 1, 1, 1)");
	g_autoptr(GError) error = NULL;
	g_assert_true(announcements_close(p.s.db, &p.config, NOW + 121 * S, &error));
	g_assert_no_error(error);
	assert_rows(&p, "select ext, closed_as, closed, final from windows order by ext",
	    "101|Missed|1795397324000000|0\n102||0|0\n103||0|0");
	assert_rows(&p,
	    "select callid, ext, event, n, rank, state, expires, body from outbox where rank = 2",
	    "1795397203.14|101|COMPLETED|0|2|ready|0|cmd=event&type=in&event=COMPLETED&"
	    "phone=79161234567&diversion=74951110101&ext=101&callid=1795397203.14&duration=0&"
	    "status=Missed");
	/* Once. */
	g_assert_true(announcements_close(p.s.db, &p.config, NOW + 122 * S, &error));
	assert_rows(&p, "select count(*) from outbox where rank = 2", "1");
	scratch_run(p.s.path, "delete from open_call");
	g_assert_true(announcements_close(p.s.db, &p.config, NOW + 300 * S, &error));
	assert_rows(&p, "select ext, closed_as from windows order by ext",
	    "101|Missed\n102|Missed\n103|Missed");
	place_close(&p);
}

static void
test_lost_outgoing(void)
{
	struct place p;
	place_open(&p);
	const struct call_rules rules = { .name = NULL };
	struct announcement a;
	g_assert_null(announcement_of_facts(
	    "direction out\next 101\nlinkedid 1795397203.14\nuniqueid 1.1\nnumber 89161234567\n",
	    &rules, NOW, &a));
	announce_file *file = announce_drop(p.folder, &a, NULL);
	announcement_clear(&a);
	outcome(file, "101", ANNOUNCED_SENT, 200);
	announce_finish(file);
	take(&p, NOW + S);
	assert_rows(&p, "select event from outbox", "OUTGOING");
	g_assert_true(announcements_close(p.s.db, &p.config, NOW + 200 * S, NULL));
	assert_rows(&p, "select body from outbox where rank = 2",
	    "cmd=event&type=out&event=COMPLETED&phone=89161234567&ext=101&callid=1795397203.14&"
	    "duration=0&status=NoAnswer");
	place_close(&p);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/announcements/taken", test_taken);
	g_test_add_func("/announcements/twice", test_twice);
	g_test_add_func("/announcements/rings_again", test_rings_again);
	g_test_add_func("/announcements/under_way", test_under_way);
	g_test_add_func("/announcements/broken", test_broken);
	g_test_add_func("/announcements/dropped", test_dropped);
	g_test_add_func("/announcements/no_folder", test_no_folder);
	g_test_add_func("/announcements/lost", test_lost);
	g_test_add_func("/announcements/lost_outgoing", test_lost_outgoing);
	return g_test_run();
}
