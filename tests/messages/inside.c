/*
 * Messages that no run of the program brings about at will: faults of the program itself, races, sounds no PBX records, causes no carrier
 * here sends. Each is provoked by calling the function that makes it, and printed as a user would meet it. Run by
 * tests/run/messages_inside.sh, once in each language; its lists are inside.en.txt and inside.ru.txt.
 *
 *	inside FOLDER: an empty folder, for files.
 */
#include "poller/cdr_update.h"
#include "store/outbox.h"
#include "store/recordings.h"
#include "store/store.h"
#include "sync/audio.h"
#include "sync/http.h"
#include "sync/i18n.h"
#include "sync/late_facts.h"
#include "sync/library.h"
#include "sync/pbx.h"
#include "sync/progress.h"
#include "sync/show.h"
#include "sync/words.h"
#include "tests/scene/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
title(const char *words)
{
	printf("\n== %s\n", words);
}

/* As the program would say it; it must have been an error. */
static void
said(gboolean done, GError **error)
{
	g_assert_false(done);
	g_assert_nonnull(*error);
	g_auto(GStrv) lines = g_strsplit((*error)->message, "\n", -1);
	for (int i = 0; lines[i] != NULL; i++)
		printf("%s%s\n", i == 0 ? "celsync: " : "  ", lines[i]);
	g_clear_error(error);
}

/* The store. */

static gint64
put_request(store *db)
{
	g_autoptr(GError) error = NULL;
	const struct outbox_new item = { .callid = "1.1",
		.ext = "101",
		.event = "COMPLETED",
		.rank = OUTBOX_COMPLETED,
		.priority = OUTBOX_LIVE,
		.body = "cmd=event" };
	gboolean added;
	outbox_put(db, &item, 1, &added, &error);
	g_assert_no_error(error);
	return store_last_id(db);
}

static void
store_faults(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(store) db = store_open("celsync.db", STORE_WRITE, &error);
	g_assert_no_error(error);
	g_assert_true(store_begin(db, NULL));
	const gint64 id = put_request(db);
	const struct outbox_outcome sent = { .to = OUTBOX_SENT, .status = 200 };
	title("store: a request that goes a way there is not");
	said(outbox_move(db, id, OUTBOX_READY, &sent, 1, &error), &error);
	title("store: a request that another run has moved");
	said(outbox_move(db, id, OUTBOX_SENDING, &sent, 1, &error), &error);
	struct recording recording = {
		.callid = (char *)"1.1", .file = (char *)"a.wav", .path = (char *)"a.wav"
	};
	gboolean added;
	g_assert_true(recordings_put(db, &recording, 1, &added, NULL));
	recording.id = store_last_id(db);
	recording.state = RECORDING_DONE;
	title("store: a recording that goes a way there is not");
	said(recordings_move(db, &recording, RECORDING_WAITING, &error), &error);
	title("store: a recording that another run has moved");
	said(recordings_move(db, &recording, RECORDING_CONVERTING, &error), &error);
	store_rollback(db);
	title("store: on a file system without a shared memory");
	said(store_open(":memory:", STORE_WRITE, &error) != NULL, &error);
	title("store: in a folder that takes no files");
	said(store_open("/proc/self/celsync.db", STORE_WRITE, &error) != NULL, &error);
}

/* The source. */

static void
source_faults(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *top = g_strdup(g_getenv("CELSYNC_TOP"));
	g_autofree char *path = g_build_filename(
	    top != NULL ? top : ".", "tests", "captures", "ast22", "master.db", NULL);
	const struct source_config config = { .driver = SOURCE_SQLITE, .path = path };
	source *from = source_open(&config, &error);
	g_assert_no_error(error);
	const char *ids[SOURCE_IDS_MAX + 1];
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		ids[i] = "1795397158.2";
	struct cel_row row;
	title("source: faults of this program");
	said(source_ask_cdr(from, ids, G_N_ELEMENTS(ids), &error), &error);
	g_assert_true(source_ask_cdr(from, ids, 1, NULL));
	said(source_ask_cdr(from, ids, 1, &error), &error);
	said(source_answer_cel(from, &row, &error) >= 0, &error);
	source_close(from);
	title("source: names of recordings in SQLite");
	said(cdr_update_open(&config, &error) != NULL, &error);
}

/* Audio. */

static void
put_file(const char *name, const void *data, gsize n)
{
	g_assert_true(g_file_set_contents(name, data, (gssize)n, NULL));
}

/* A WAV of so many channels and hertz, with a second of silence or without. */
static void
put_wav(const char *name, guint16 channels, guint32 rate, guint32 seconds)
{
	GByteArray *wav = g_byte_array_new();
	const guint32 data = rate * 2 * channels * seconds, size = data + 36, sixteen = 16,
		      bytes = rate * 2 * channels;
	const guint16 pcm = 1, block = (guint16)(channels * 2), bits = 16;
	g_byte_array_append(wav, (const guint8 *)"RIFF", 4);
	g_byte_array_append(wav, (const guint8 *)&size, 4);
	g_byte_array_append(wav, (const guint8 *)"WAVEfmt ", 8);
	g_byte_array_append(wav, (const guint8 *)&sixteen, 4);
	g_byte_array_append(wav, (const guint8 *)&pcm, 2);
	g_byte_array_append(wav, (const guint8 *)&channels, 2);
	g_byte_array_append(wav, (const guint8 *)&rate, 4);
	g_byte_array_append(wav, (const guint8 *)&bytes, 4);
	g_byte_array_append(wav, (const guint8 *)&block, 2);
	g_byte_array_append(wav, (const guint8 *)&bits, 2);
	g_byte_array_append(wav, (const guint8 *)"data", 4);
	g_byte_array_append(wav, (const guint8 *)&data, 4);
	g_byte_array_set_size(wav, 44 + data);
	memset(wav->data + 44, 0, data);
	put_file(name, wav->data, wav->len);
	g_byte_array_unref(wav);
}

static void
encode(int dir, const char *from, const char *to, const volatile gint *cancel)
{
	g_autoptr(GError) error = NULL;
	const struct audio_tags tags = { .title = "1.1" };
	gint64 ms;
	said(audio_encode(dir, from, to, 5, &tags, cancel, &ms, &error), &error);
}

static void
audio_faults(int dir)
{
	g_autoptr(GError) error = NULL;
	static const guint8 frame[] = { 0xff, 0xfb, 0x90, 0x00 };
	gint64 ms;
	volatile gint stop = 1;
	title("audio: six channels");
	put_wav("six.wav", 6, 8000, 1);
	encode(dir, "six.wav", "six.mp3", NULL);
	title("audio: a header alone");
	put_wav("empty.wav", 1, 8000, 0);
	encode(dir, "empty.wav", "empty.mp3", NULL);
	title("audio: a format nobody here can read");
	static const char frames[100] = "more than a header";
	put_file("one.g729", frames, sizeof frames);
	encode(dir, "one.g729", "one.mp3", NULL);
	title("audio: a header without what it should hold");
	static const char torn[100] = "RIFF\x5c\0\0\0WAVELIST\x50\0\0\0abcd";
	put_file("torn.wav", torn, sizeof torn);
	encode(dir, "torn.wav", "torn.mp3", NULL);
	title("audio: a file that is not there");
	encode(dir, "nowhere.wav", "nowhere.mp3", NULL);
	title("audio: what cannot be opened");
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket.wav" };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
	encode(dir, "socket.wav", "socket.mp3", NULL);
	close(fd);
	put_wav("good.wav", 1, 8000, 2);
	title("audio: stopped");
	encode(dir, "good.wav", "good.mp3", &stop);
	title("audio: a folder that is not there");
	encode(dir, "good.wav", "nowhere/good.mp3", NULL);
	title("audio: another run is at it");
	const int held = open(".good.mp3.celsync-tmp", O_RDWR | O_CREAT, 0600);
	g_assert_cmpint(flock(held, LOCK_EX), ==, 0);
	encode(dir, "good.wav", "good.mp3", NULL);
	close(held);
	title("audio: a WAV by the name of an MP3");
	put_wav("wav.mp3", 1, 8000, 1);
	said(audio_check_mp3(dir, "wav.mp3", &ms, &error), &error);
	title("audio: an MP3 without sound");
	put_file("frame.mp3", frame, sizeof frame);
	said(audio_check_mp3(dir, "frame.mp3", &ms, &error), &error);
}

/* HTTP. */

static void
http_faults(void)
{
	g_autoptr(GError) error = NULL;
	const struct http_config config = {
		.url = "http://127.0.0.1:1/", .connections = 1, .timeout = 3 * SECOND
	};
	g_autoptr(http) client = http_open(&config, &error);
	g_assert_no_error(error);
	title("PlanFix: more requests than connections");
	g_assert_true(http_post(client, 1, "a=b", &error));
	said(http_post(client, 2, "a=b", &error), &error);
}

/* A zone that was there when the configuration was read. */
static void
zone_fault(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = g_canonicalize_filename("celsync.conf", NULL);
	static const char text[] = "[source]\ndriver = sqlite\npath = /nowhere.db\n";
	put_file(path, text, strlen(text));
	g_chmod(path, 0600);
	struct config *config = config_load(path, 0, &error);
	g_assert_no_error(error);
	struct pbx pbx;
	const char *was = config->source.timezone;
	config->source.timezone = "Europe/Gone";
	title("a time zone that was taken away");
	said(pbx_open(&pbx, config, &error), &error);
	config->source.timezone = was;
	config_free(config);
}

/* Progress. */

static void
progress_lines(void)
{
	const gint64 from = G_GINT64_CONSTANT(1735689600) * SECOND, day = 86400 * SECOND;
	title("progress of a backfill");
	struct progress *p = progress_new(stdout, FALSE, from, from + 100 * day, 0);
	progress_reading(p, 11 * SECOND, from + 10 * day, 500, 700);
	progress_reading(p, 22 * SECOND * 60, from + 20 * day, 1000, 1400);
	progress_reading(p, 33 * SECOND * 3600, from + 30 * day, 1500, 2100);
	progress_sending(p, 33 * SECOND * 3600 + 1, 0, 2100);
	progress_sending(p, 33 * SECOND * 3600 + 30 * SECOND, 100, 2100);
	progress_free(p);
}

/* What `show` tells. */

static struct timeline *
timeline_of(scene *s, const struct call *call)
{
	for (guint i = 0; i < s->timelines->len; i++) {
		struct timeline *t = s->timelines->pdata[i];
		for (guint j = 0; j < t->n_lanes; j++)
			if (strcmp(t->lanes[j].channel->uniqueid, call->linkedid) == 0)
				return t;
	}
	g_assert_not_reached();
}

static GPtrArray *
show_lines(scene *s, struct call *call, struct show *show)
{
	g_autoptr(GTimeZone) tz = g_time_zone_new_utc();
	const struct draw_style style = { .width = 80, .utf8 = TRUE, .tz = tz };
	g_autoptr(tracks) of = tracks_new(call, timeline_of(s, call), &s->rules);
	show->call = call;
	show->calls = s->calls;
	show->tracks = of;
	if (show->bodies == NULL)
		show->no_store = "…";
	return show_text(show, &style);
}

static void
print_lines(const GPtrArray *lines, guint from, guint until)
{
	for (guint i = from; i < MIN(until, lines->len); i++)
		printf("%s\n", (const char *)lines->pdata[i]);
}

/* One channel a cause. */
static void
causes(void)
{
	static const int all[] = { 0, 1, 3, 16, 17, 18, 19, 20, 21, 22, 23, 26, 27, 28, 31, 34, 38,
		41, 42, 44, 50, 52, 54, 57, 58, 88, 102, 127, 99 };
	g_autoptr(GString) rows =
	    g_string_new("0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_string_append_printf(rows,
		    "1 CHAN_START PJSIP/%u-1 id=1.%u lid=0.1 num=%u\n2 HANGUP PJSIP/%u-1 "
		    "cause=%d\n",
		    101 + i, 2 + i, 101 + i, 101 + i, all[i]);
	g_string_append(rows, "9 HANGUP PJSIP/mango-1 cause=16\n");
	g_autoptr(scene) s = scene_new();
	s->rules.trunk = scene_set(s, "mango");
	scene_rows(s, rows->str);
	scene_build(s);
	struct show show = { 0 };
	g_autoptr(GPtrArray) lines = show_lines(s, scene_call(s, "0.1"), &show);
	title("show: why channels were hung up");
	for (guint i = 0; i < lines->len; i++)
		if (strstr(lines->pdata[i], "12:28:22: ") != NULL)
			printf("%s\n", (const char *)lines->pdata[i]);
}

static struct call *
simple(scene *s)
{
	s->rules.trunk = scene_set(s, "mango");
	scene_rows(s,
	    "0 CHAN_START PJSIP/mango-1 id=0.1 num=79161112233 exten=74950001122\n"
	    "1 CHAN_START PJSIP/101-1 id=1.2 lid=0.1 num=101\n"
	    "4 ANSWER PJSIP/101-1\n4 ANSWER PJSIP/mango-1\n"
	    "4 BRIDGE_ENTER PJSIP/101-1 bridge=b1\n4 BRIDGE_ENTER PJSIP/mango-1 bridge=b1\n"
	    "9 BRIDGE_EXIT PJSIP/101-1 bridge=b1\n9 BRIDGE_EXIT PJSIP/mango-1 bridge=b1\n"
	    "9 HANGUP PJSIP/101-1 cause=16\n9 HANGUP PJSIP/mango-1 cause=16\n");
	scene_build(s);
	return scene_call(s, "0.1");
}

static void
facts(void)
{
	g_autoptr(scene) s = scene_new();
	struct call *call = simple(s);
	static const enum settled settled[] = { SETTLED_OPEN, SETTLED_GRACE, SETTLED_RESTART,
		SETTLED_STALE };
	for (guint i = 0; i < G_N_ELEMENTS(settled); i++) {
		struct show show = { 0 };
		call->settled = settled[i];
		call->basis = "cdr";
		g_autoptr(GPtrArray) lines = show_lines(s, call, &show);
		title("show: how it came to its end");
		print_lines(lines, 0, 10);
	}
	call->settled = SETTLED_ENDED;
	call->basis = "cel";
	static const char *const skips[] = { "internal", "no extension", "no number", "excluded",
		"before start" };
	title("show: why nothing was told");
	for (guint i = 0; i < G_N_ELEMENTS(skips); i++)
		printf("%s\n", words_skip(skips[i]));
	static const char *const notes[] = {
		"Asterisk restarted during the call; its end was not written",
		"more rows than are looked at for one call: the rest was left out",
		"the client's number is unknown; sent as 70000000000",
		"101 transferred the call to an unknown extension",
		"101 transferred the call to 102", "101 transferred the call after asking",
		"CDR says answered for 12 s, but by CEL nobody was connected with the client",
		"CDR has no answered record, but by CEL the client was connected for 12 s",
		"its phone had no channel"
	};
	title("show: notes");
	for (guint i = 0; i < G_N_ELEMENTS(notes); i++) {
		g_autofree char *note = words_note(notes[i]);
		printf("%s\n", note);
	}
	static const char *const late[] = { "101 was told Missed, but it was Success",
		"101 was told 0 s of talk, but it was 56 s",
		"101 was told the number 74951234567, but it was 79161234567",
		"102 was not told: Cancelled, 0 s of talk",
		"it was told, but it is to be skipped: excluded" };
	title("report: facts that came too late");
	for (guint i = 0; i < G_N_ELEMENTS(late); i++) {
		g_autofree char *note = words_note(late[i]);
		printf(_("    too late: %s"), note);
		putchar('\n');
	}
}

static void
requests(void)
{
	g_autoptr(scene) s = scene_new();
	struct call *call = simple(s);
	g_autoptr(GArray) items = g_array_new(FALSE, TRUE, sizeof(struct outbox_item));
	g_autoptr(GArray) tries = g_array_new(FALSE, TRUE, sizeof(struct attempt));
	g_autoptr(GPtrArray) bodies = g_ptr_array_new();
	const struct outbox_item item = { .id = 1,
		.state = OUTBOX_READY,
		.callid = (char *)"1763900900.9",
		.ext = (char *)"101",
		.event = (char *)"COMPLETED",
		.changed = 1763900910 * SECOND,
		.attempts = 1,
		.status = 503,
		.answer = (char *)"Maintenance" };
	const struct attempt attempt = { .item = 1,
		.n = 1,
		.at = 1763900910 * SECOND,
		.state = OUTBOX_READY,
		.status = 503,
		.answer = (char *)"Maintenance" };
	g_array_append_val(items, item);
	g_array_append_val(tries, attempt);
	g_ptr_array_add(bodies, (gpointer) "cmd=event");
	struct show show = { .requests = items, .attempts = tries, .bodies = bodies };
	g_autoptr(GPtrArray) lines = show_lines(s, call, &show);
	title("show: a request that is to be tried again, by another name of the call");
	print_lines(lines, lines->len - 5, lines->len);
}

/* Libraries that are loaded when first needed. */
static void
library_faults(void)
{
	static const char *const names[] = { "no_such_function", NULL };
	gpointer functions[1];
	g_autoptr(GError) error = NULL;
	struct library missing = { .file = "libnothing.so.9",
		.package = "libnothing9",
		.names = names,
		.functions = functions };
	struct library old = {
		.file = "libm.so.6", .package = "libc6", .names = names, .functions = functions
	};
	title("a library that is missing");
	said(library_need(&missing, &error), &error);
	title("a library that is too old");
	said(library_need(&old, &error), &error);
}

int
main(int argc, char **argv)
{
	g_assert_cmpint(argc, ==, 2);
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *tests = g_path_get_dirname(self);
	g_autofree char *catalogues = g_build_filename(tests, "..", "locale", NULL);
	/* The program's own way looks beside the program. */
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	bindtextdomain(I18N_DOMAIN, catalogues);
	bind_textdomain_codeset(I18N_DOMAIN, "UTF-8");
	textdomain(I18N_DOMAIN);
	g_assert_cmpint(chdir(argv[1]), ==, 0);
	const int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(dir, >=, 0);
	store_faults();
	library_faults();
	source_faults();
	audio_faults(dir);
	http_faults();
	zone_fault();
	progress_lines();
	causes();
	facts();
	requests();
	close(dir);
	return fflush(stdout) == 0 ? 0 : 1;
}
