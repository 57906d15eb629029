/* sync/convert: recordings of a real store and a real spool folder, from waiting to their links. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store/recordings.h"
#include "sync/audio.h"
#include "sync/convert.h"

#define CAPTURES "tests/captures/ast22/monitor"
#define DAY "2026/11/23"
#define KILLED "external-101-79167690245-20261123-014731-1795398451.459.wav"
#define KILLED_EMPTY "external-101-79167100097-20261123-014746-1795398466.2.wav"
#define SECOND G_GINT64_CONSTANT(1000000)

static char *top; /* of the repository */

struct place {
	char *path, *spool, *public, *secret, *database;
	struct recordings_settings settings;
	gint64 now;
};

/* Names and settings of a place below `path`, which is taken over. */
static void
place_at(struct place *place, char *path)
{
	place->path = path;
	place->spool = g_build_filename(place->path, "spool", NULL);
	place->public = g_build_filename(place->path, "public", NULL);
	place->secret = g_build_filename(place->path, "secret", NULL);
	place->database = g_build_filename(place->path, "celsync.db", NULL);
	place->settings = (struct recordings_settings){
		.spool = place->spool,
		.mp3_quality = 7,
		.stable = 30 * SECOND,
		.wait = 600 * SECOND,
		.publish_dir = place->public,
		.url = "https://x.example/r",
		.secret_file = place->secret,
	};
	place->now = g_get_real_time();
}

static void
place_init(struct place *place)
{
	g_autofree char *day = NULL;

	place_at(place, g_dir_make_tmp("celsync-convert-XXXXXX", NULL));
	day = g_build_filename(place->spool, DAY, NULL);
	g_assert_cmpint(g_mkdir_with_parents(day, 0755), ==, 0);
}

static void
place_free(struct place *place)
{
	g_free(place->path);
	g_free(place->spool);
	g_free(place->public);
	g_free(place->secret);
	g_free(place->database);
}

static void
place_clear(struct place *place)
{
	const char *arguments[] = { "rm", "-rf", place->path, NULL };

	g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	    NULL, NULL);
	place_free(place);
}

static store *
open_store(const struct place *place)
{
	g_autoptr(GError) error = NULL;
	store *db = store_open(place->database, STORE_WRITE, &error);

	g_assert_no_error(error);
	return db;
}

/* A recording that was wanted just now, of a call that has ended (or has not: ended 0). */
static void
want(const struct place *place, store *db, const char *callid, const char *path, gint64 ended)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *file = g_path_get_basename(path);
	gboolean added = FALSE;
	const struct recording recording = {
		.callid = (char *)callid,
		.file = file,
		.path = (char *)path,
		.call_ended = ended,
		.title = (char *)"101 – Иванов",
		.artist = (char *)"79161234567",
	};

	g_assert_true(store_begin(db, &error));
	g_assert_true(recordings_put(db, &recording, place->now, &added, &error));
	g_assert_true(added);
	g_assert_true(store_commit(db, &error));
	g_assert_no_error(error);
}

static char *
spooled(const struct place *place, const char *path)
{
	return g_build_filename(place->spool, path, NULL);
}

static void
copy_capture(const struct place *place, const char *name, const char *to)
{
	g_autofree char *from = g_build_filename(top, CAPTURES, DAY, name, NULL);
	g_autofree char *target = spooled(place, to);
	g_autofree char *data = NULL;
	gsize n;

	g_assert_true(g_file_get_contents(from, &data, &n, NULL));
	g_assert_true(g_file_set_contents(target, data, (gssize)n, NULL));
}

/* `seconds` of silence, 8 kHz; the header closed, or as a killed writer leaves it. */
static void
write_wav(const struct place *place, const char *path, guint seconds, gboolean closed)
{
	static const guint8 header[45] =
	    "RIFF....WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data....";
	const guint32 data = seconds * 16000;
	const guint32 sizes[2] = { GUINT32_TO_LE(closed ? data + 36 : 0),
		GUINT32_TO_LE(closed ? data : 0) };
	g_autofree guint8 *wav = g_malloc0(44 + data);
	g_autofree char *target = spooled(place, path);

	memcpy(wav, header, 44);
	memcpy(wav + 4, &sizes[0], 4);
	memcpy(wav + 40, &sizes[1], 4);
	g_assert_true(g_file_set_contents(target, (char *)wav, 44 + data, NULL));
}

static void
run(const struct place *place, store *db, gint64 after, struct convert_result *result)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(convert(db, &place->settings, place->now + after, NULL, result, &error));
	g_assert_no_error(error);
}

/* As run, and only numbers are of interest. */
static struct convert_result
converted(const struct place *place, store *db, gint64 after)
{
	struct convert_result result;

	run(place, db, after, &result);
	convert_result_clear(&result);
	return result;
}

static void
get(store *db, const char *callid, const char *file, struct recording *recording)
{
	g_autoptr(GError) error = NULL;
	gboolean found;

	g_assert_true(recordings_get(db, callid, file, recording, &found, &error));
	g_assert_true(found);
}

static void
assert_state(
    store *db, const char *callid, const char *file, enum recording_state state, const char *reason)
{
	struct recording recording;

	get(db, callid, file, &recording);
	g_assert_cmpstr(recording_state_name(recording.state), ==, recording_state_name(state));
	if (reason)
		g_assert_nonnull(strstr(recording.reason ? recording.reason : "", reason));
	recording_clear(&recording);
}

static void
assert_mp3(store *db, const char *callid, const char *file, const char *mp3, gint64 duration_ms)
{
	struct recording recording;

	get(db, callid, file, &recording);
	g_assert_cmpstr(recording_state_name(recording.state), ==, "done");
	g_assert_cmpstr(recording.mp3, ==, mp3);
	g_assert_cmpint(recording.duration_ms, ==, duration_ms);
	recording_clear(&recording);
}

static gint64
mp3_length(const struct place *place, const char *path)
{
	int dir = open(place->spool, O_RDONLY | O_DIRECTORY);
	g_autoptr(GError) error = NULL;
	gint64 duration = -1;

	audio_check_mp3(dir, path, &duration, &error);
	close(dir);
	g_assert_no_error(error);
	return duration;
}

/* The file behind a link; in these tests names need no unescaping but "+". */
static char *
behind(const struct place *place, const char *link)
{
	g_autofree char *tail = g_uri_unescape_string(link + strlen("https://x.example/r/"), NULL);

	return g_build_filename(place->public, tail, NULL);
}

/* The whole day of the capture: every sound an MP3 of the same length behind its link, every header none. */
static void
test_captures(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autofree char *day = g_build_filename(top, CAPTURES, DAY, NULL);
	g_autoptr(GDir) list = g_dir_open(day, 0, NULL);
	struct convert_result result;
	const char *name;

	place_init(&place);
	db = open_store(&place);
	while ((name = g_dir_read_name(list))) {
		g_autofree char *path = g_build_filename(DAY, name, NULL);

		copy_capture(&place, name, path);
		want(&place, db, "1.1", path, place.now);
	}
	/* The two whose writer was killed have to be quiet first. */
	result = converted(&place, db, 0);
	g_assert_cmpint(result.done, ==, 142);
	g_assert_cmpint(result.none, ==, 58);
	g_assert_cmpint(result.later, ==, 2);
	result = converted(&place, db, 60 * SECOND);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.none, ==, 1);
	g_assert_cmpint(result.later + result.failed + result.unwritable, ==, 0);
	assert_state(db, "1.1", KILLED, RECORDING_DONE, NULL);
	assert_state(db, "1.1", KILLED_EMPTY, RECORDING_NONE, "no audio");

	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) done = recordings_of(db, NULL, RECORDING_DONE, 1000, &error);
	g_assert_cmpint(done->len, ==, 143);
	for (guint i = 0; i < done->len; i++) {
		const struct recording *r = &g_array_index(done, struct recording, i);
		g_autofree char *public = behind(&place, r->link);
		g_autofree char *mp3 = spooled(&place, r->mp3);
		g_autofree char *wav = spooled(&place, r->path);
		struct stat one, other, original;

		g_assert_cmpint(g_stat(public, &one), ==, 0);
		g_assert_cmpint(g_stat(mp3, &other), ==, 0);
		g_assert_cmpint(g_stat(wav, &original), ==, 0);
		g_assert_cmpint(one.st_ino, ==, other.st_ino);
		g_assert_cmpint(r->source_size, ==, original.st_size);
		g_assert_cmpint(r->duration_ms, ==, (original.st_size - 44) / 16);
		g_assert_cmpstr(r->reason, ==, NULL);
	}

	/* Nothing is left to do, ever. */
	result = converted(&place, db, 3600 * SECOND);
	g_assert_cmpint(result.done + result.none + result.failed + result.later, ==, 0);
	place_clear(&place);
}

static void
test_missing(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	struct recording r;

	place_init(&place);
	db = open_store(&place);
	want(&place, db, "1.1", DAY "/late.wav", place.now);
	want(&place, db, "1.1", DAY "/never.wav", place.now);
	g_assert_cmpint(converted(&place, db, 0).later, ==, 2);
	get(db, "1.1", "late.wav", &r);
	g_assert_cmpint(r.state, ==, RECORDING_WAITING);
	g_assert_cmpint(r.not_before, >, place.now);
	g_assert_cmpint(r.not_before, <=, place.now + place.settings.stable);
	recording_clear(&r);
	g_assert_cmpint(converted(&place, db, 599 * SECOND).later, ==, 2);
	write_wav(&place, DAY "/late.wav", 2, TRUE);
	g_assert_cmpint(converted(&place, db, 600 * SECOND).none, ==, 1);
	assert_state(db, "1.1", "never.wav", RECORDING_NONE, "never came");
	assert_state(db, "1.1", "late.wav", RECORDING_DONE, NULL);
	place_clear(&place);
}

/* A closed header may be continued while the call goes on; an open one while somebody writes. */
static void
test_complete(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	write_wav(&place, DAY "/talking.wav", 2, TRUE);
	write_wav(&place, DAY "/open.wav", 2, FALSE);
	write_wav(&place, DAY "/header.wav", 0, FALSE);
	write_wav(&place, DAY "/ended.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/talking.wav", 0);
	want(&place, db, "1.1", DAY "/open.wav", place.now);
	want(&place, db, "1.1", DAY "/header.wav", place.now);
	want(&place, db, "1.1", DAY "/ended.wav", place.now);
	result = converted(&place, db, 0);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.later, ==, 3);
	assert_state(db, "1.1", "open.wav", RECORDING_WAITING, "still being written");
	result = converted(&place, db, 60 * SECOND);
	g_assert_cmpint(result.done, ==, 2);
	g_assert_cmpint(result.none, ==, 1);
	g_assert_cmpint(mp3_length(&place, DAY "/open.mp3"), ==, 2000);
	place_clear(&place);
}

/*
 * What somebody else made is the recording, as it is. One that is of no use, or shorter than the WAV beside it, stays as it
 * is, and ours gets another name.
 */
static void
test_foreign(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autofree char *made = NULL, *only = NULL, *both = NULL, *bad = NULL, *same = NULL,
			*gone = NULL, *data = NULL, *again = NULL, *garbage = NULL;
	gsize n, m;
	int dir;
	gint64 duration;

	place_init(&place);
	db = open_store(&place);
	made = spooled(&place, "made.mp3");
	only = spooled(&place, DAY "/only.mp3");
	both = spooled(&place, DAY "/both.mp3");
	bad = spooled(&place, DAY "/bad.mp3");
	same = spooled(&place, DAY "/same.mp3");
	gone = spooled(&place, DAY "/gone.mp3");
	/* An MP3 of 3 s without our mark: ours, its tag cut off. */
	write_wav(&place, "made.wav", 3, TRUE);
	dir = open(place.spool, O_RDONLY | O_DIRECTORY);
	g_assert_true(audio_encode(dir, "made.wav", "made.mp3", 9, NULL, NULL, &duration, NULL));
	close(dir);
	g_assert_true(g_file_get_contents(made, &data, &n, NULL));
	const gsize tag = 10 + ((gsize)(guint8)data[8] << 7 | (guint8)data[9]);
	g_assert_true(g_file_set_contents(only, data + tag, (gssize)(n - tag), NULL));
	g_assert_true(g_file_set_contents(both, data + tag, (gssize)(n - tag), NULL));
	g_assert_true(g_file_set_contents(
	    bad, "this is no MP3, whatever its name says, and it is long enough", -1, NULL));
	write_wav(&place, DAY "/both.wav", 5, TRUE);
	write_wav(&place, DAY "/bad.wav", 5, TRUE);
	write_wav(&place, DAY "/same.wav", 3, TRUE);
	g_assert_true(g_file_set_contents(same, data + tag, (gssize)(n - tag), NULL));
	g_assert_true(g_file_set_contents(gone, "this is no MP3, and no WAV is left", -1, NULL));
	want(&place, db, "1.1", DAY "/same.wav", place.now);
	want(&place, db, "1.1", DAY "/gone.wav", place.now);
	want(&place, db, "1.1", DAY "/only.wav", place.now);
	want(&place, db, "1.1", DAY "/both.wav", place.now);
	want(&place, db, "1.1", DAY "/bad.wav", place.now);
	want(&place, db, "1.2", DAY "/only.mp3", place.now);

	/* Fresh ones may still be written by whoever makes them. */
	g_assert_cmpint(converted(&place, db, 0).later, ==, 6);
	assert_state(db, "1.1", "only.wav", RECORDING_WAITING, "another program");
	struct convert_result result = converted(&place, db, 60 * SECOND);
	g_assert_cmpint(result.done, ==, 5);
	g_assert_cmpint(result.adopted, ==, 3);
	g_assert_cmpint(result.failed, ==, 1);
	g_assert_cmpint(result.audio_ms, ==, 10000);
	assert_state(db, "1.1", "gone.wav", RECORDING_FAILED, "not ours to replace");
	assert_mp3(db, "1.1", "only.wav", DAY "/only.mp3", 3000);
	assert_mp3(db, "1.1", "same.wav", DAY "/same.mp3", 3000);
	assert_mp3(db, "1.1", "both.wav", DAY "/both.wav.mp3", 5000);
	assert_mp3(db, "1.1", "bad.wav", DAY "/bad.wav.mp3", 5000);
	g_assert_true(g_file_get_contents(bad, &garbage, NULL, NULL));
	g_assert_true(g_str_has_prefix(garbage, "this is no MP3"));
	g_assert_true(g_file_get_contents(both, &again, &m, NULL));
	g_assert_cmpmem(again, m, data + tag, n - tag);
	place_clear(&place);
}

/* A run killed between the MP3 and its row; then the WAV grows. */
static void
test_ours(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *mp3 = NULL, *first_link = NULL;
	struct stat before, after;
	struct convert_result result;
	struct recording r;
	gint64 duration;

	place_init(&place);
	db = open_store(&place);
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	mp3 = spooled(&place, DAY "/a.mp3");
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	g_assert_true(store_begin(db, &error));
	g_autoptr(GArray) claimed = recordings_claim(db, place.now, 1, &error);
	g_assert_cmpint(claimed->len, ==, 1);
	g_assert_true(store_commit(db, &error));
	int dir = open(place.spool, O_RDONLY | O_DIRECTORY);
	g_assert_true(
	    audio_encode(dir, DAY "/a.wav", DAY "/a.mp3", 5, NULL, NULL, &duration, &error));
	close(dir);
	g_assert_cmpint(g_stat(mp3, &before), ==, 0);

	result = converted(&place, db, 0);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.adopted, ==, 1);
	g_assert_cmpint(g_stat(mp3, &after), ==, 0);
	g_assert_cmpint(after.st_ino, ==, before.st_ino);
	get(db, "1.1", "a.wav", &r);
	g_assert_cmpint(r.source_size, ==, 44 + 32000);
	first_link = g_strdup(r.link);

	/* It grew: that is noticed, and it is made anew behind the same link. */
	write_wav(&place, DAY "/a.wav", 4, TRUE);
	recording_clear(&r);
	result = converted(&place, db, 60 * SECOND);
	g_assert_cmpint(result.grown, ==, 1);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.adopted, ==, 0);
	g_assert_cmpint(result.audio_ms, ==, 4000);
	get(db, "1.1", "a.wav", &r);
	g_assert_cmpstr(r.link, ==, first_link);
	g_autofree char *public = behind(&place, r.link);
	g_assert_cmpint(g_stat(mp3, &after), ==, 0);
	g_assert_cmpint(g_stat(public, &before), ==, 0);
	g_assert_cmpint(after.st_ino, ==, before.st_ino);
	g_assert_cmpint(mp3_length(&place, DAY "/a.mp3"), ==, 4000);
	recording_clear(&r);

	/* For a day; what is as it was is left alone, and after that nothing is looked at. */
	for (int minute = 2; minute < 24 * 60; minute++) {
		result = converted(&place, db, minute * 60 * SECOND);
		g_assert_cmpint(result.grown + result.done, ==, 0);
		g_assert_cmpint(result.looked, <=, 1);
	}
	result = converted(&place, db, 24 * 3600 * SECOND);
	g_assert_cmpint(result.looked, ==, 1);
	result = converted(&place, db, 24 * 365 * 3600 * SECOND);
	g_assert_cmpint(result.looked, ==, 0);
	place_clear(&place);
}

/* x.wav and x.gsm would both be x.mp3: each keeps its own, whichever comes first. */
static void
test_same_stem(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autofree char *ulaw = NULL, *sound = g_malloc0(8000 * 7);
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	ulaw = spooled(&place, DAY "/x.ulaw");
	write_wav(&place, DAY "/x.wav", 2, TRUE);
	g_assert_true(g_file_set_contents(ulaw, sound, 8000 * 7, NULL));
	want(&place, db, "1.1", DAY "/x.wav", place.now);
	want(&place, db, "1.1", DAY "/x.ulaw", place.now);
	want(&place, db, "1.2", DAY "/x.ulaw", place.now);
	want(&place, db, "1.2", DAY "/x.gsm", place.now);
	result = converted(&place, db, 60 * SECOND);
	g_assert_cmpint(result.done, ==, 3);
	g_assert_cmpint(result.later, ==, 1);
	struct recording one, other;
	get(db, "1.1", "x.wav", &one);
	get(db, "1.1", "x.ulaw", &other);
	g_assert_cmpstr(one.mp3, !=, other.mp3);
	g_assert_cmpstr(one.link, !=, other.link);
	g_assert_cmpint(mp3_length(&place, one.mp3), ==, 2000);
	g_assert_cmpint(mp3_length(&place, other.mp3), ==, 7000);
	assert_mp3(db, "1.2", "x.ulaw", other.mp3, 7000);
	recording_clear(&one);
	recording_clear(&other);

	/* One of them grows. The third never came, and takes neither. */
	write_wav(&place, DAY "/x.wav", 3, TRUE);
	result = converted(&place, db, 700 * SECOND);
	g_assert_cmpint(result.grown, ==, 1);
	g_assert_cmpint(result.none, ==, 1);
	get(db, "1.1", "x.wav", &one);
	g_assert_cmpint(mp3_length(&place, one.mp3), ==, 3000);
	recording_clear(&one);
	get(db, "1.1", "x.ulaw", &other);
	g_assert_cmpint(mp3_length(&place, other.mp3), ==, 7000);
	recording_clear(&other);
	place_clear(&place);
}

/* Links end after link_days, and stay ended; the MP3s stay. */
static void
test_link_days(void)
{
	const gint64 day = 24 * 3600 * SECOND;
	struct place place;
	g_autoptr(store) db = NULL;
	struct recording r;

	place_init(&place);
	db = open_store(&place);
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	write_wav(&place, DAY "/b.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	g_assert_cmpint(converted(&place, db, 0).done, ==, 1);
	place.now += 2 * day;
	want(&place, db, "1.2", DAY "/b.wav", place.now);
	g_assert_cmpint(converted(&place, db, 0).done, ==, 1);
	get(db, "1.1", "a.wav", &r);
	g_autofree char *first = behind(&place, r.link);
	recording_clear(&r);
	get(db, "1.2", "b.wav", &r);
	g_autofree char *second = behind(&place, r.link);
	recording_clear(&r);

	g_assert_cmpint(converted(&place, db, 400 * day).ended, ==, 0);
	place.settings.link_days = 30;
	g_assert_cmpint(converted(&place, db, 27 * day).ended, ==, 0);
	/* A folder that cannot be written now is no reason to forget the link. */
	g_autofree char *away = g_strconcat(place.public, ".away", NULL);
	g_assert_cmpint(g_rename(place.public, away), ==, 0);
	struct convert_result result;
	run(&place, db, 29 * day, &result);
	g_assert_cmpint(result.ended, ==, 0);
	g_assert_cmpint(result.unwritable, ==, 1);
	g_assert_nonnull(strstr(result.words, place.public));
	convert_result_clear(&result);
	g_assert_cmpint(g_rename(away, place.public), ==, 0);

	g_assert_cmpint(converted(&place, db, 29 * day).ended, ==, 1);
	g_assert_false(g_file_test(first, G_FILE_TEST_EXISTS));
	g_assert_true(g_file_test(second, G_FILE_TEST_EXISTS));
	get(db, "1.1", "a.wav", &r);
	g_assert_cmpint(r.state, ==, RECORDING_DONE);
	g_assert_cmpstr(r.link, ==, NULL);
	g_assert_cmpint(mp3_length(&place, r.mp3), ==, 2000);
	recording_clear(&r);
	g_assert_cmpint(converted(&place, db, 31 * day).ended, ==, 1);
	g_assert_false(g_file_test(second, G_FILE_TEST_EXISTS));
	place_clear(&place);
}

/* A disk that is not mounted shows an empty folder: nothing is given up because of it. */
static void
test_deserted(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	g_autofree char *away = g_strconcat(place.spool, ".away", NULL);
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	write_wav(&place, DAY "/b.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	g_assert_cmpint(converted(&place, db, 0).done, ==, 1);
	want(&place, db, "1.1", DAY "/b.wav", place.now);
	g_assert_cmpint(g_rename(place.spool, away), ==, 0);
	g_assert_cmpint(g_mkdir(place.spool, 0755), ==, 0);
	run(&place, db, 3600 * SECOND, &result);
	g_assert_cmpint(result.none, ==, 0);
	g_assert_cmpint(result.unwritable, ==, 1);
	g_assert_nonnull(strstr(result.words, "mounted"));
	convert_result_clear(&result);
	g_assert_cmpint(g_rmdir(place.spool), ==, 0);
	g_assert_cmpint(g_rename(away, place.spool), ==, 0);
	g_assert_cmpint(converted(&place, db, 7200 * SECOND).done, ==, 1);

	/* But not for ever: somebody may have cleared it for good. */
	want(&place, db, "1.2", DAY "/c.wav", place.now);
	g_assert_cmpint(g_rename(place.spool, away), ==, 0);
	g_assert_cmpint(g_mkdir(place.spool, 0755), ==, 0);
	g_assert_cmpint(converted(&place, db, 6 * 24 * 3600 * SECOND).none, ==, 0);
	g_assert_cmpint(converted(&place, db, 8 * 24 * 3600 * SECOND).none, ==, 1);
	g_assert_cmpint(g_rmdir(place.spool), ==, 0);
	g_assert_cmpint(g_rename(away, place.spool), ==, 0);
	place_clear(&place);
}

/* Closed and quiet, but somebody has it open for writing: later, though not for ever. */
static void
test_writer(void)
{
	struct place place;
	g_autoptr(store) db = NULL;

	place_init(&place);
	db = open_store(&place);
	g_autofree char *path = spooled(&place, DAY "/a.wav");
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	const int fd = open(path, O_WRONLY | O_APPEND);
	g_assert_cmpint(converted(&place, db, 0).later, ==, 1);
	assert_state(db, "1.1", "a.wav", RECORDING_WAITING, "open for writing");
	g_assert_cmpint(converted(&place, db, 60 * SECOND).later, ==, 1);
	g_assert_cmpint(converted(&place, db, 700 * SECOND).done, ==, 1);
	close(fd);
	place_clear(&place);
}

/*
 * A WAV that was removed after its conversion, and then another file of that name, as a recording stopped and started
 * again would leave it: the MP3 of the first is not made anew from the second.
 */
static void
test_after_removal(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autoptr(GError) error = NULL;
	struct recording r;

	place_init(&place);
	db = open_store(&place);
	g_autofree char *wav = spooled(&place, DAY "/a.wav");
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	g_assert_cmpint(converted(&place, db, 0).done, ==, 1);
	get(db, "1.1", "a.wav", &r);
	r.wav_gone = place.now;
	g_assert_true(
	    store_begin(db, &error) && recordings_keep(db, &r, &error) && store_commit(db, &error));
	recording_clear(&r);
	g_unlink(wav);
	write_wav(&place, DAY "/a.wav", 5, TRUE);
	g_assert_cmpint(converted(&place, db, 60 * SECOND).grown, ==, 0);
	/* Nor by way of another call that wants the same file. */
	want(&place, db, "1.2", DAY "/a.wav", place.now);
	g_assert_cmpint(converted(&place, db, 60 * SECOND).done, ==, 1);
	assert_mp3(db, "1.1", "a.wav", DAY "/a.mp3", 2000);
	assert_mp3(db, "1.2", "a.wav", DAY "/a.wav.mp3", 5000);
	g_assert_cmpint(mp3_length(&place, DAY "/a.mp3"), ==, 2000);
	place_clear(&place);
}

/* A conference: one file, several calls, one MP3, a link for each. */
static void
test_shared(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autoptr(GHashTable) links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	write_wav(&place, DAY "/conf.wav", 20, TRUE);
	for (int i = 0; i < 8; i++) {
		g_autofree char *callid = g_strdup_printf("1.%d", i);

		want(&place, db, callid, DAY "/conf.wav", place.now);
	}
	result = converted(&place, db, 0);
	g_assert_cmpint(result.done, ==, 8);
	g_assert_cmpint(result.adopted, ==, 7);
	g_assert_cmpint(result.audio_ms, ==, 20000);
	for (int i = 0; i < 8; i++) {
		g_autofree char *callid = g_strdup_printf("1.%d", i);
		struct recording r;

		get(db, callid, "conf.wav", &r);
		g_autofree char *public = behind(&place, r.link);
		g_assert_true(g_file_test(public, G_FILE_TEST_IS_REGULAR));
		g_assert_true(g_hash_table_add(links, g_strdup(r.link)));
		recording_clear(&r);
	}
	place_clear(&place);
}

static void
test_broken(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autofree char *garbage = NULL, *folder = NULL, *link = NULL, *g722 = NULL;
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	garbage = spooled(&place, DAY "/garbage.wav");
	folder = spooled(&place, DAY "/folder.wav");
	link = spooled(&place, DAY "/link.wav");
	g722 = spooled(&place, DAY "/a.g722");
	g_assert_true(g_file_set_contents(
	    garbage, "garbage garbage garbage garbage garbage garbage", -1, NULL));
	g_assert_true(
	    g_file_set_contents(g722, "garbage garbage garbage garbage garbage garbage", -1, NULL));
	g_assert_cmpint(g_mkdir(folder, 0755), ==, 0);
	g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
	write_wav(&place, DAY "/good.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/garbage.wav", place.now);
	want(&place, db, "1.1", DAY "/folder.wav", place.now);
	want(&place, db, "1.1", DAY "/link.wav", place.now);
	want(&place, db, "1.1", DAY "/a.g722", place.now);
	want(&place, db, "1.1", "../../etc/passwd", place.now);
	want(&place, db, "1.1", DAY "/good.wav", place.now);

	run(&place, db, 60 * SECOND, &result);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.failed, ==, 5);
	g_assert_nonnull(result.words);
	convert_result_clear(&result);
	assert_state(db, "1.1", "garbage.wav", RECORDING_FAILED, "not audio");
	assert_state(db, "1.1", "folder.wav", RECORDING_FAILED, "regular file");
	assert_state(db, "1.1", "link.wav", RECORDING_FAILED, "Symbolic links");
	assert_state(db, "1.1", "a.g722", RECORDING_FAILED, "g722");
	assert_state(db, "1.1", "passwd", RECORDING_FAILED, "cannot be opened");
	assert_state(db, "1.1", "good.wav", RECORDING_DONE, NULL);
	place_clear(&place);
}

/* What is not the recording's fault does not cost it. */
static void
test_unwritable(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autoptr(GError) error = NULL;
	struct convert_result result;

	place_init(&place);
	db = open_store(&place);
	write_wav(&place, DAY "/a.wav", 2, TRUE);
	want(&place, db, "1.1", DAY "/a.wav", place.now);
	g_assert_true(g_file_set_contents(place.public, "in the way", -1, NULL));
	run(&place, db, 0, &result);
	g_assert_cmpint(result.later, ==, 1);
	g_assert_cmpint(result.unwritable, ==, 1);
	g_assert_nonnull(strstr(result.words, place.public));
	convert_result_clear(&result);
	assert_state(db, "1.1", "a.wav", RECORDING_WAITING, place.public);
	g_unlink(place.public);
	result = converted(&place, db, 3600 * SECOND);
	g_assert_cmpint(result.done, ==, 1);
	g_assert_cmpint(result.adopted, ==, 1);

	/* Without a spool folder nothing can be said of any recording. */
	want(&place, db, "1.2", DAY "/b.wav", place.now);
	place.settings.spool = "/nonexistent/spool";
	g_assert_false(
	    convert(db, &place.settings, place.now + 7200 * SECOND, NULL, &result, &error));
	g_assert_error(error, AUDIO_ERROR, AUDIO_ERROR_MISSING);
	g_assert_nonnull(strstr(error->message, "/nonexistent/spool"));
	assert_state(db, "1.2", "b.wav", RECORDING_WAITING, NULL);
	place_clear(&place);
}

static void
test_stop(void)
{
	struct place place;
	g_autoptr(store) db = NULL;
	g_autoptr(GError) error = NULL;
	volatile gint stop = 1;
	struct convert_result result;
	gint64 counts[RECORDING_STATES];

	place_init(&place);
	place.settings.publish_dir = place.settings.url = NULL;
	db = open_store(&place);
	for (int i = 0; i < 5; i++) {
		g_autofree char *path = g_strdup_printf(DAY "/%d.wav", i);

		write_wav(&place, path, 2, TRUE);
		want(&place, db, "1.1", path, place.now);
	}
	g_assert_true(convert(db, &place.settings, place.now, &stop, &result, &error));
	g_assert_true(result.stopped);
	g_assert_cmpint(result.done + result.later, ==, 0);
	g_assert_true(recordings_counts(db, counts, &error));
	g_assert_cmpint(counts[RECORDING_WAITING], ==, 5);
	result = converted(&place, db, 0);
	g_assert_cmpint(result.done, ==, 5);
	g_assert_false(result.stopped);

	/* No publish_dir: no link, and nothing is made for one. */
	struct recording r;
	get(db, "1.1", "0.wav", &r);
	g_assert_cmpstr(r.link, ==, NULL);
	g_assert_cmpstr(r.mp3, ==, DAY "/0.mp3");
	g_assert_false(g_file_test(place.secret, G_FILE_TEST_EXISTS));
	recording_clear(&r);
	place_clear(&place);
}

/*
 * Killed at any moment: the next run finds what is whole and makes the rest. Runs are killed
 * later and later until one ends by itself.
 */
static void
test_killed(void)
{
	enum {
		FILES = 6
	};
	int killed = 0;
	/* The name behind it: what is executed by the link itself is valgrind, where the test runs in it. */
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);

	for (guint delay = 0;; delay = delay * 3 / 2 + 1000) {
		struct place place;
		gint64 counts[RECORDING_STATES];
		int status;

		place_init(&place);
		{
			g_autoptr(store) db = open_store(&place);

			for (int i = 0; i < FILES; i++) {
				g_autofree char *path = g_strdup_printf(DAY "/%d.wav", i);

				write_wav(&place, path, 20, TRUE);
				want(&place, db, "1.1", path, place.now);
			}
		}
		const pid_t child = fork();
		if (child == 0) {
			execl(self, "convert", "--run", place.path, NULL);
			_exit(127);
		}
		g_usleep(delay);
		kill(child, SIGKILL);
		g_assert_cmpint(waitpid(child, &status, 0), ==, child);

		g_autoptr(store) db = open_store(&place);
		struct convert_result result = converted(&place, db, 0);
		g_assert_cmpint(result.failed + result.none + result.later, ==, 0);
		g_assert_true(recordings_counts(db, counts, NULL));
		g_assert_cmpint(counts[RECORDING_DONE], ==, FILES);
		for (int i = 0; i < FILES; i++) {
			g_autofree char *path = g_strdup_printf(DAY "/%d.mp3", i);

			g_assert_cmpint(mp3_length(&place, path), ==, 20000);
		}
		/* WAVs and MP3s, no half ones. */
		g_autofree char *folder = spooled(&place, DAY);
		g_autoptr(GDir) list = g_dir_open(folder, 0, NULL);
		int files = 0;
		while (g_dir_read_name(list))
			files++;
		g_assert_cmpint(files, ==, 2 * FILES);
		place_clear(&place);
		killed += WIFSIGNALED(status);
		if (!WIFSIGNALED(status)) {
			g_assert_cmpint(WEXITSTATUS(status), ==, 0);
			break;
		}
	}
	g_assert_cmpint(killed, >, 3);
}

/* The run that test_killed kills: a process of its own. */
static int
run_alone(const char *path)
{
	struct place place;
	struct convert_result result;
	g_autoptr(store) db = NULL;
	gboolean ok;

	place_at(&place, g_strdup(path));
	db = store_open(place.database, STORE_WRITE, NULL);
	ok = db && convert(db, &place.settings, place.now, NULL, &result, NULL);
	place_free(&place);
	return ok ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const char *given = g_getenv("CELSYNC_TOP");
	int result;

	if (argc == 3 && strcmp(argv[1], "--run") == 0)
		return run_alone(argv[2]);

	/* An MP3 that others may not read is not linked but copied, with other rights. */
	umask(022);
	g_test_init(&argc, &argv, NULL);
	top = g_strdup(given ? given : ".");
	g_test_add_func("/convert/captures", test_captures);
	g_test_add_func("/convert/missing", test_missing);
	g_test_add_func("/convert/complete", test_complete);
	g_test_add_func("/convert/foreign", test_foreign);
	g_test_add_func("/convert/ours", test_ours);
	g_test_add_func("/convert/shared", test_shared);
	g_test_add_func("/convert/same-stem", test_same_stem);
	g_test_add_func("/convert/link-days", test_link_days);
	g_test_add_func("/convert/deserted", test_deserted);
	g_test_add_func("/convert/writer", test_writer);
	g_test_add_func("/convert/after-removal", test_after_removal);
	g_test_add_func("/convert/broken", test_broken);
	g_test_add_func("/convert/unwritable", test_unwritable);
	g_test_add_func("/convert/stop", test_stop);
	g_test_add_func("/convert/killed", test_killed);
	result = g_test_run();
	g_free(top);
	return result;
}
