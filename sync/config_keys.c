/*
 * The one table of keys. A new key is a line here and a member of struct config; the sample file
 * (cron/celsync.conf.sample) and the manual page are tested against it.
 */
#include "sync/config.h"

#include <stddef.h>

#define AT(member) offsetof(struct config, member)
#define DAY 86400.0
#define YEAR (366 * DAY)

/* clang-format off */
static const struct config_key keys[] = {
	{ "source", "driver", "mariadb", CONFIG_CHOICE, AT(source.open.driver), .choices = "mariadb|sqlite",
	  .help = "Where Asterisk writes its records: a MariaDB or MySQL server, or its own SQLite files." },
	{ "source", "host", "localhost", CONFIG_TEXT, AT(source.open.host),
	  .help = "The database server; localhost means its socket." },
	{ "source", "port", "0", CONFIG_COUNT, AT(source.open.port), .max = 65535,
	  .help = "Its port; 0 is the usual one." },
	{ "source", "socket", NULL, CONFIG_PATH, AT(source.open.socket),
	  .help = "Its socket, where that is not in the usual place." },
	{ "source", "user", NULL, CONFIG_TEXT, AT(source.open.user),
	  .help = "The database user; SELECT on the two tables is all it needs." },
	{ "source", "password", NULL, CONFIG_SECRET, AT(source.open.password), .secret = TRUE,
	  .help = "Its password. Better kept in a file of its own: password_file." },
	{ "source", "password_file", NULL, CONFIG_PATH, AT(source.password_file),
	  .help = "A file that holds nothing but the password; others must not be able to read it." },
	{ "source", "database", "asteriskcdrdb", CONFIG_TEXT, AT(source.open.database),
	  .help = "The database that holds both tables." },
	{ "source", "cel_table", "cel", CONFIG_TEXT, AT(source.open.cel_table),
	  .help = "The table of channel events." },
	{ "source", "cdr_table", "cdr", CONFIG_TEXT, AT(source.open.cdr_table),
	  .help = "The table of call detail records." },
	{ "source", "tls", "off", CONFIG_CHOICE, AT(source.open.tls), .choices = "off|on|verify",
	  .help = "Encrypt the connection: on encrypts, verify also checks the server's certificate and name." },
	{ "source", "tls_ca", NULL, CONFIG_PATH, AT(source.open.tls_ca),
	  .help = "The certificates to check it against (PEM); without it the system's." },
	{ "source", "timeout", "30 s", CONFIG_SECONDS, AT(source.open.timeout), .min = 1, .max = 3600,
	  .help = "How long connecting, reading, or one statement may take." },
	{ "source", "path", NULL, CONFIG_PATH, AT(source.open.path),
	  .help = "With driver = sqlite: the file with the cel table, usually /var/log/asterisk/master.db." },
	{ "source", "cdr_path", NULL, CONFIG_PATH, AT(source.open.cdr_path),
	  .help = "With driver = sqlite: the file with the cdr table, where that is another one." },
	{ "source", "timezone", "auto", CONFIG_ZONE, AT(source.timezone),
	  .help = "The clock the tables are written in: auto finds out; local, utc or Area/City say it." },
	{ "source", "start", "now", CONFIG_START, AT(source.start_text),
	  .help = "What the first run begins with: now, all, or a time (2025-11-23 10:00). Older calls: celsync backfill." },
	{ "source", "settle", "5 s", CONFIG_DURATION, AT(source.settle), .max = 3600,
	  .help = "How old a row must be before it is relied on." },
	{ "source", "gap_wait", "10 min", CONFIG_DURATION, AT(source.gap_wait), .max = DAY,
	  .help = "How long missing row ids are asked for again: rows may be committed late." },
	{ "source", "grace", "60 s", CONFIG_DURATION, AT(source.grace), .min = 1, .max = DAY,
	  .help = "How long a call waits for rows that are missing once something says it has ended." },
	{ "source", "stale", "6 h", CONFIG_DURATION, AT(source.stale), .min = 60, .max = 30 * DAY,
	  .help = "A call of which nothing was heard for so long has ended." },
	{ "source", "interval", "2 s", CONFIG_DURATION, AT(source.interval), .min = 0.1, .max = 3600,
	  .help = "Time between the passes of celsync watch." },

	{ "pbx", "name", NULL, CONFIG_WORD, AT(pbx.name),
	  .help = "Prefix of this PBX's call ids, where several PBXs report to one PlanFix account." },
	{ "pbx", "extension", "^[1-9][0-9]{1,4}$", CONFIG_REGEX, AT(pbx.extension),
	  .help = "What an employee's number looks like (regular expression)." },
	{ "pbx", "trunk", NULL, CONFIG_SET, AT(pbx.trunk),
	  .help = "The trunks, as in the channel names: mango; or PJSIP/mango. Lists take ; or , between items." },
	{ "pbx", "alias", NULL, CONFIG_PAIRS, AT(pbx.alias),
	  .help = "Numbers that are another extension's device: 9101 => 101; 9102 => 102." },
	{ "pbx", "employees", NULL, CONFIG_SET, AT(pbx.employees),
	  .help = "The extensions PlanFix knows; others are warned of, because PlanFix drops them silently." },
	{ "pbx", "skip_ext", NULL, CONFIG_SET, AT(pbx.skip_ext),
	  .help = "Extensions whose calls are not reported." },
	{ "pbx", "skip_did", NULL, CONFIG_SET, AT(pbx.skip_did),
	  .help = "Outside numbers of this PBX whose calls are not reported." },
	{ "pbx", "internal", "skip", CONFIG_CHOICE, AT(pbx.internal), .choices = "skip|send",
	  .help = "Calls between employees: left out, or sent." },
	{ "pbx", "anonymous", NULL, CONFIG_NUMBER, AT(pbx.anonymous),
	  .help = "The number to report for a client who hides theirs; without it such calls are skipped." },
	{ "pbx", "default_ext", NULL, CONFIG_WORD, AT(pbx.default_ext),
	  .help = "The employee who gets a missed call for which no phone rang." },
	{ "pbx", "rewrite", "^\\+ =>", CONFIG_REWRITE, AT(pbx.rewrite),
	  .help = "How numbers become what PlanFix expects, rules with ; between: ^8(\\d{10})$ => 7$1; ^\\+ =>" },

	{ "planfix", "url", NULL, CONFIG_URL, AT(planfix.url),
	  .help = "The address from PlanFix's telephony settings: https://ACCOUNT.planfix.ru/tel/api/" },
	{ "planfix", "token", NULL, CONFIG_SECRET, AT(planfix.token), .secret = TRUE,
	  .help = "The key from the same page. Better kept in a file of its own: token_file." },
	{ "planfix", "token_file", NULL, CONFIG_PATH, AT(planfix.token_file),
	  .help = "A file that holds nothing but the token; others must not be able to read it." },
	{ "planfix", "ca_file", NULL, CONFIG_PATH, AT(planfix.ca_file),
	  .help = "Certificates to check PlanFix's against (PEM), instead of the system's." },
	{ "planfix", "rate", "5", CONFIG_RATE, AT(planfix.rate), .max = 10000,
	  .help = "Requests a second; 0 is no limit." },
	{ "planfix", "connections", "4", CONFIG_COUNT, AT(planfix.connections), .min = 1, .max = 64,
	  .help = "Requests under way at the same time." },
	{ "planfix", "timeout", "10 s", CONFIG_DURATION, AT(planfix.timeout), .min = 1, .max = 300,
	  .help = "How long one request may take." },
	{ "planfix", "give_up", "7 d", CONFIG_DURATION, AT(planfix.give_up), .min = 60, .max = YEAR,
	  .help = "How long an event is tried while PlanFix cannot take it." },
	{ "planfix", "announce", "hook", CONFIG_CHOICE, AT(planfix.announce), .choices = "hook|poll|off",
	  .help = "Who opens the window of a call in progress: the dialplan's hook, each pass, or nobody." },
	{ "planfix", "popup_max_age", "120 s", CONFIG_DURATION, AT(planfix.popup_max_age), .min = 1, .max = DAY,
	  .help = "No window is opened later than this, and one whose call is nowhere to be found is closed." },
	{ "planfix", "unknown", "resend", CONFIG_CHOICE, AT(planfix.unknown), .choices = "resend|hold",
	  .help = "An event whose answer was lost: resend (may arrive twice), or hold until celsync replay." },
	{ "planfix", "data_*", NULL, CONFIG_TEMPLATES, AT(planfix.data),
	  .help = "Text for the analytics field of that name in PlanFix: data_call_start = {call_start}" },

	{ "recordings", "spool", "/var/spool/asterisk/monitor", CONFIG_PATH, AT(recordings.spool),
	  .help = "Where Asterisk puts its recordings." },
	{ "recordings", "mp3_quality", "7", CONFIG_COUNT, AT(recordings.mp3_quality), .max = 9,
	  .help = "Care of the encoder: 0 is the most thorough, 9 the fastest." },
	{ "recordings", "wav", "keep", CONFIG_CHOICE, AT(recordings.wav), .choices = "keep|delete",
	  .help = "What becomes of the original once its MP3 has been verified." },
	{ "recordings", "update_cdr", "no", CONFIG_SWITCH, AT(recordings.update_cdr),
	  .help = "Write the MP3's name into cdr.recordingfile (the database user needs UPDATE on that column)." },
	{ "recordings", "stable", "30 s", CONFIG_DURATION, AT(recordings.stable), .min = 1, .max = 3600,
	  .help = "How long a recording must not have grown to count as complete." },
	{ "recordings", "wait", "10 min", CONFIG_DURATION, AT(recordings.wait), .max = DAY,
	  .help = "How long a recording is waited for before there is none." },
	{ "recordings", "publish_dir", NULL, CONFIG_PATH, AT(recordings.publish_dir),
	  .help = "The web server's folder for recordings; without it and url no link is ever made." },
	{ "recordings", "url", NULL, CONFIG_LINK, AT(recordings.url),
	  .help = "The public address of publish_dir." },
	{ "recordings", "secret_file", "/var/lib/celsync/secret", CONFIG_PATH, AT(recordings.secret_file),
	  .help = "The key of the links that nobody can guess; made on first use." },
	{ "recordings", "link_days", "0", CONFIG_COUNT, AT(recordings.link_days), .max = 36500,
	  .help = "Links are removed after so many days; 0: never." },

	{ "store", "path", "/var/lib/celsync/celsync.db", CONFIG_PATH, AT(store.path),
	  .help = "The file that remembers what was read and sent." },
	{ "store", "keep_days", "90", CONFIG_COUNT, AT(store.keep_days), .min = 1, .max = 36500,
	  .help = "Numbers, names and requests are forgotten after so many days." },

	{ "log", "level", "info", CONFIG_CHOICE, AT(log.level), .choices = "error|warning|info|debug",
	  .help = "How much is logged." },
	{ .section = NULL },
};
/* clang-format on */

const struct config_key *
config_keys(void)
{
	return keys;
}

const char *const config_placeholders[] = { "call_start", "answered_at", "wait", "talk", "rang",
	"queue", "did", "transferred_from", "who_hung_up", "voicemail", "pbx", NULL };
