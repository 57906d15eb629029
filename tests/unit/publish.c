/* sync/publish: keys, the secret, and folders on a real disk. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "sync/publish.h"

#define NAME "out-*101#-+7916-Иванов Ы-20261123-012550-1795397150.0.mp3"
#define SECRET "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct place {
	char *top, *spool, *secret, *public;
	int dir;
};

static void
place_init(struct place *place)
{
	place->top = g_dir_make_tmp("celsync-publish-XXXXXX", NULL);
	place->spool = g_build_filename(place->top, "spool", NULL);
	place->secret = g_build_filename(place->top, "secret", NULL);
	place->public = g_build_filename(place->top, "public", NULL);
	g_mkdir(place->spool, 0755);
	place->dir = open(place->spool, O_RDONLY | O_DIRECTORY);
	g_assert_cmpint(place->dir, >=, 0);
}

static void
place_clear(struct place *place)
{
	const char *arguments[] = { "rm", "-rf", place->top, NULL };

	close(place->dir);
	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	    NULL, NULL);
	g_free(place->top);
	g_free(place->spool);
	g_free(place->secret);
	g_free(place->public);
}

static void
write_mp3(const struct place *place, const char *text)
{
	g_autofree char *path = g_build_filename(place->spool, NAME, NULL);

	/* g_file_set_contents renames: a new file each time, as the encoder makes one. */
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_chmod(path, 0644);
}

static publisher *
open_publisher(const struct place *place, const char *url)
{
	g_autoptr(GError) error = NULL;
	publisher *p = publisher_open(place->public, url, place->secret, &error);

	g_assert_no_error(error);
	return p;
}

/* The file behind a link. */
static char *
behind(const struct place *place, const char *link)
{
	g_autofree char *tail = g_uri_unescape_string(link + strlen("https://x.example/r/"), NULL);

	return g_build_filename(place->public, tail, NULL);
}

static void
test_key(void)
{
	struct place place;

	place_init(&place);
	g_assert_true(g_file_set_contents(place.secret, SECRET "\n", -1, NULL));
	g_chmod(place.secret, 0600);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	g_autofree char *link = publisher_link(p, "1795397150.0", NAME);

	/* printf '%s' "1795397150.0/NAME" | openssl dgst -sha256 -hmac SECRET */
	g_assert_cmpstr(link, ==,
	    "https://x.example/r/7680204587d4042af2615004189a45bc/"
	    "out-%2A101%23-%2B7916-%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2%20%D0%AB-20261123-012550-"
	    "1795397150.0.mp3");
	g_autofree char *other = publisher_link(p, "1795397150.1", NAME);
	g_assert_cmpstr(link, !=, other);
	/* No folder until something is published. */
	g_assert_false(g_file_test(place.public, G_FILE_TEST_EXISTS));
	place_clear(&place);
}

static void
test_secret_made(void)
{
	struct place place;
	struct stat there;
	g_autofree char *text = NULL;

	place_init(&place);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r/");
	g_assert_cmpint(g_stat(place.secret, &there), ==, 0);
	g_assert_cmpint(there.st_mode & 07777, ==, 0600);
	g_assert_true(g_file_get_contents(place.secret, &text, NULL, NULL));
	g_assert_cmpint(strlen(text), ==, 65);
	g_assert_cmpint(strspn(text, "0123456789abcdef"), ==, 64);

	/* Opened again, it is the same. */
	g_autoptr(publisher) q = open_publisher(&place, "https://x.example/r");
	g_autofree char *first = publisher_link(p, "1.1", "a.mp3");
	g_autofree char *second = publisher_link(q, "1.1", "a.mp3");
	g_assert_cmpstr(first, ==, second);
	place_clear(&place);
}

/* Many processes make the secret at once: all must come to the same link. */
static void
test_secret_race(void)
{
	enum {
		PROCESSES = 16,
		ROUNDS = 10
	};
	struct place place;

	place_init(&place);
	for (int round = 0; round < ROUNDS; round++) {
		int start[2], answers[2];
		g_autofree char *expected = NULL;
		char got[128];

		g_assert_cmpint(pipe(start), ==, 0);
		g_assert_cmpint(pipe(answers), ==, 0);
		for (int i = 0; i < PROCESSES; i++) {
			if (fork() == 0) {
				char byte;

				close(start[1]);
				/* Everybody goes when the parent closes its end. */
				if (read(start[0], &byte, 1) != 0)
					_exit(1);
				publisher *p =
				    publisher_open(place.public, "u", place.secret, NULL);
				char *link = p ? publisher_link(p, "1.1", "a.mp3") : NULL;

				memset(got, 0, sizeof got);
				g_strlcpy(got, link ? link : "none", sizeof got);
				_exit(write(answers[1], got, sizeof got) == sizeof got ? 0 : 1);
			}
		}
		close(start[0]);
		close(start[1]);
		for (int i = 0; i < PROCESSES; i++) {
			int status;

			g_assert_cmpint(read(answers[0], got, sizeof got), ==, sizeof got);
			g_assert_cmpstr(got, !=, "none");
			if (!expected)
				expected = g_strdup(got);
			g_assert_cmpstr(got, ==, expected);
			g_assert_cmpint(wait(&status), >, 0);
			g_assert_cmpint(status, ==, 0);
		}
		close(answers[0]);
		close(answers[1]);
		g_assert_cmpint(g_unlink(place.secret), ==, 0);
	}
	/* No temporary file is left. */
	g_autoptr(GDir) dir = g_dir_open(place.top, 0, NULL);
	const char *name;
	while ((name = g_dir_read_name(dir)))
		g_assert_cmpstr(name, ==, "spool");
	place_clear(&place);
}

static void
refuse_secret(const struct place *place, const char *text, mode_t mode, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents(place->secret, text, -1, NULL));
	g_chmod(place->secret, mode);
	g_assert_null(publisher_open(place->public, "https://x.example", place->secret, &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_SECRET);
	g_assert_nonnull(strstr(error->message, words));
	g_assert_nonnull(strstr(error->message, place->secret));
	g_assert_null(strstr(error->message, "0001020304"));
}

static void
test_secret_refused(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;

	place_init(&place);
	refuse_secret(&place, SECRET "\n", 0640, "chmod 600");
	refuse_secret(&place, SECRET "\n", 0604, "chmod 600");
	refuse_secret(&place, "", 0600, "64 hex digits");
	refuse_secret(&place, "0001020304\n", 0600, "64 hex digits");
	refuse_secret(&place, SECRET "00\n", 0600, "64 hex digits");
	g_autofree char *nowhere = g_build_filename(place.top, "no", "such", "secret", NULL);
	g_assert_null(publisher_open(place.public, "https://x.example", nowhere, &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_SECRET);
	place_clear(&place);
}

static void
test_publish(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree char *spooled = NULL, *contents = NULL;
	struct stat there, first, again;
	mode_t mask = umask(077);

	place_init(&place);
	spooled = g_build_filename(place.spool, NAME, NULL);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	write_mp3(&place, "one");
	g_autofree char *link = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_autofree char *wanted = publisher_link(p, "1.1", NAME);
	g_assert_cmpstr(link, ==, wanted);

	/* A hard link, in a folder that a web server may enter whatever the umask. */
	g_autofree char *file = behind(&place, link);
	g_autofree char *folder = g_path_get_dirname(file);
	g_assert_cmpint(g_stat(file, &first), ==, 0);
	g_assert_cmpint(g_stat(spooled, &there), ==, 0);
	g_assert_cmpint(first.st_ino, ==, there.st_ino);
	g_assert_cmpint(g_stat(folder, &there), ==, 0);
	g_assert_cmpint(there.st_mode & 07777, ==, 0755);

	/* Again: nothing changes. */
	g_autofree char *second = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(second, ==, link);
	g_assert_cmpint(g_stat(file, &again), ==, 0);
	g_assert_cmpint(again.st_ino, ==, first.st_ino);
	g_assert_cmpint(again.st_nlink, ==, 2);

	/* Made anew: the link stays and shows the new one; a killed run's leftover is no obstacle. */
	g_autofree char *leftover = g_strdup_printf("%s/.%s.celsync-tmp", folder, NAME);
	g_assert_true(g_file_set_contents(leftover, "half", -1, NULL));
	write_mp3(&place, "two two");
	g_autofree char *third = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(third, ==, link);
	g_assert_true(g_file_get_contents(file, &contents, NULL, NULL));
	g_assert_cmpstr(contents, ==, "two two");
	g_assert_false(g_file_test(leftover, G_FILE_TEST_EXISTS));
	umask(mask);
	place_clear(&place);
}

/* /dev/shm is another file system than the temporary folder nearly everywhere. */
static void
test_copy(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree char *contents = NULL, *shm = NULL;
	struct stat here, there, again;

	place_init(&place);
	shm = g_strdup("/dev/shm/celsync-publish-XXXXXX");
	if (!g_mkdtemp(shm) || g_stat(shm, &there) < 0 || g_stat(place.top, &here) < 0 ||
	    here.st_dev == there.st_dev) {
		g_test_skip("no second file system to write to");
		place_clear(&place);
		return;
	}
	g_free(place.public);
	place.public = g_build_filename(shm, "public", NULL);
	write_mp3(&place, "one");
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	g_autofree char *link = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_autofree char *file = behind(&place, link);
	g_assert_true(g_file_get_contents(file, &contents, NULL, NULL));
	g_assert_cmpstr(contents, ==, "one");
	g_assert_cmpint(g_stat(file, &there), ==, 0);
	g_assert_cmpint(there.st_mode & 07777, ==, 0644);
	g_autofree char *second = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_cmpstr(second, ==, link);
	g_assert_cmpint(g_stat(file, &again), ==, 0);
	g_assert_cmpint(again.st_ino, ==, there.st_ino);
	const char *arguments[] = { "rm", "-rf", shm, NULL };
	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	    NULL, NULL);
	place_clear(&place);
}

/* Asterisk may write 0640: then the web server gets a copy that it may read, and the MP3 stays as it is. */
static void
test_not_for_everyone(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree char *spooled = NULL;
	struct stat there, mp3, again;

	place_init(&place);
	spooled = g_build_filename(place.spool, NAME, NULL);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	write_mp3(&place, "one");
	g_assert_cmpint(chmod(spooled, 0640), ==, 0);
	g_assert_false(publisher_works(p, place.dir, NAME, "1.1"));
	g_autofree char *link = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_autofree char *file = behind(&place, link);
	g_assert_cmpint(g_stat(file, &there), ==, 0);
	g_assert_cmpint(g_stat(spooled, &mp3), ==, 0);
	g_assert_cmpint(there.st_ino, !=, mp3.st_ino);
	g_assert_cmpint(there.st_mode & 07777, ==, 0644);
	g_assert_cmpint(mp3.st_mode & 07777, ==, 0640);
	g_assert_true(publisher_works(p, place.dir, NAME, "1.1"));
	g_autofree char *second = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_cmpstr(second, ==, link);
	g_assert_cmpint(g_stat(file, &again), ==, 0);
	g_assert_cmpint(again.st_ino, ==, there.st_ino);

	/* One that the web server could not read any more is put there anew. */
	g_assert_cmpint(chmod(file, 0600), ==, 0);
	g_assert_false(publisher_works(p, place.dir, NAME, "1.1"));
	g_autofree char *third = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(third, ==, link);
	g_assert_true(publisher_works(p, place.dir, NAME, "1.1"));
	place_clear(&place);
}

static void
test_remove(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree char *spooled = NULL;

	place_init(&place);
	spooled = g_build_filename(place.spool, NAME, NULL);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	write_mp3(&place, "one");
	g_autofree char *link = publisher_publish(p, place.dir, NAME, "1.1", &error);
	g_autofree char *other = publisher_publish(p, place.dir, NAME, "1.2", &error);
	g_autofree char *file = behind(&place, link), *stays = behind(&place, other);
	g_autofree char *folder = g_path_get_dirname(file);
	g_assert_true(publisher_remove(p, "1.1", NAME, &error));
	g_assert_no_error(error);
	g_assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(stays, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(spooled, G_FILE_TEST_EXISTS));
	/* Again, as after a run that was killed in between. */
	g_assert_true(publisher_remove(p, "1.1", NAME, &error));
	/* A folder that is not there at all is another matter: its disk may be missing. */
	g_free(place.public);
	place.public = g_build_filename(place.top, "elsewhere", NULL);
	g_autoptr(publisher) lost = open_publisher(&place, "https://x.example/r");
	g_assert_false(publisher_remove(lost, "1.2", NAME, &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_WRITE);
	place_clear(&place);
}

static void
test_publish_fails(void)
{
	struct place place;
	g_autoptr(GError) error = NULL;
	g_autofree char *outside = NULL, *symlinked = NULL;

	place_init(&place);
	g_autoptr(publisher) p = open_publisher(&place, "https://x.example/r");
	g_assert_null(publisher_publish(p, place.dir, "none.mp3", "1.1", &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_WRITE);
	g_clear_error(&error);

	/* Nothing outside the spool gets a link, by dots or by a symbolic link. */
	outside = g_build_filename(place.top, "outside.mp3", NULL);
	symlinked = g_build_filename(place.spool, "link.mp3", NULL);
	g_assert_true(g_file_set_contents(outside, "x", -1, NULL));
	g_assert_cmpint(symlink(outside, symlinked), ==, 0);
	g_assert_null(publisher_publish(p, place.dir, "../outside.mp3", "1.1", &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_WRITE);
	g_clear_error(&error);
	g_assert_null(publisher_publish(p, place.dir, "link.mp3", "1.1", &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_WRITE);
	g_clear_error(&error);

	/* publish_dir is a file. */
	write_mp3(&place, "one");
	g_assert_true(g_file_set_contents(place.public, "x", -1, NULL));
	g_assert_null(publisher_publish(p, place.dir, NAME, "1.1", &error));
	g_assert_error(error, PUBLISH_ERROR, PUBLISH_ERROR_WRITE);
	g_assert_nonnull(strstr(error->message, place.public));
	place_clear(&place);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/publish/key", test_key);
	g_test_add_func("/publish/secret-made", test_secret_made);
	g_test_add_func("/publish/secret-race", test_secret_race);
	g_test_add_func("/publish/secret-refused", test_secret_refused);
	g_test_add_func("/publish/publish", test_publish);
	g_test_add_func("/publish/copy", test_copy);
	g_test_add_func("/publish/not-for-everyone", test_not_for_everyone);
	g_test_add_func("/publish/remove", test_remove);
	g_test_add_func("/publish/fails", test_publish_fails);
	return g_test_run();
}
