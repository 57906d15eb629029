/*
 * The configuration: one INI file, one table of keys.
 *
 * The table in config_keys.c is the only list of keys: parser, `check`, sample file and the manual
 * page's test all read it. Unknown sections and keys, impossible values, and a file with secrets that
 * others can read are errors; the message names the file, its line, the section and key, and its
 * second line says what to do. No message contains a secret.
 *
 * Where it is looked for: -c FILE, else $CELSYNC_CONFIG, else /etc/celsync/celsync.conf.
 * Secrets: a value in the file, a file of their own (token_file, password_file), or a systemd
 * credential ($CREDENTIALS_DIRECTORY/token, …/password), in this order.
 */
#ifndef CELSYNC_CONFIG_H
#define CELSYNC_CONFIG_H

#include "poller/call.h"
#include "poller/source.h"

#define CONFIG_ERROR (config_error_quark())
GQuark config_error_quark(void);
enum config_error {
	CONFIG_ERROR_FILE, /* missing, unreadable, not an INI file */
	CONFIG_ERROR_MODE, /* a secret that others can read */
	CONFIG_ERROR_KEY,  /* unknown section or key */
	CONFIG_ERROR_VALUE /* missing, impossible */
};

enum announce {
	ANNOUNCE_HOOK,
	ANNOUNCE_POLL,
	ANNOUNCE_OFF
};
enum unknown_policy {
	UNKNOWN_RESEND,
	UNKNOWN_HOLD
};
enum wav_policy {
	WAV_KEEP,
	WAV_DELETE
};
enum start_kind {
	START_NOW,
	START_ALL,
	START_TIME
};
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Durations are microseconds unless said otherwise. Everything is owned by the configuration. */
struct source_settings {
	struct source_config open;
	const char *password_file;
	const char *timezone;   /* "auto", "local", "utc" or Area/City */
	const char *start_text; /* as written */
	enum start_kind start;
	gint64 start_time; /* µs UTC, with START_TIME */
	gint64 settle, gap_wait, grace, stale, interval;
};

struct planfix_settings {
	const char *url; /* https, or http on a loopback address; NULL only when nothing is sent */
	const char *token; /* secret; NULL only when nothing is sent */
	const char *token_file;
	const char *ca_file;
	double rate; /* requests per second, 0: no limit */
	guint connections;
	gint64 timeout, give_up, popup_max_age;
	enum announce announce;
	enum unknown_policy unknown;
	GHashTable *data; /* NAME -> template, from the keys data_NAME */
};

struct recordings_settings {
	const char *spool;
	int mp3_quality; /* 0 best … 9 fastest, as libmp3lame counts */
	enum wav_policy wav;
	gboolean update_cdr;
	gint64 stable, wait;
	const char *publish_dir, *url; /* both or neither */
	const char *secret_file;
	guint link_days; /* 0: for ever */
};

struct config {
	char *file; /* the file it came from */
	struct source_settings source;
	struct call_rules pbx;
	struct planfix_settings planfix;
	struct recordings_settings recordings;
	struct {
		const char *path;
		guint keep_days;
	} store;
	struct {
		enum log_level level;
	} log;
	GPtrArray *warnings; /* char *: what is allowed but deserves a word (e.g. trunk is empty) */
	struct config_memory *memory; /* everything above lives here */
};

/* What a command needs: `calls` wants no token, so a missing one is an error only where it is used. */
enum config_need {
	CONFIG_NEEDS_SOURCE = 1,
	CONFIG_NEEDS_PLANFIX = 2,
	CONFIG_NEEDS_STORE = 4
};

/* file NULL: looked for as said above. */
struct config *config_load(const char *file, guint needs, GError **error);
void config_free(struct config *config);

/* What a key's value is, and what it becomes in struct config. */
enum config_type {
	CONFIG_TEXT, /* const char * */
	CONFIG_WORD, /* const char *: letters, digits, . _ - */
	CONFIG_PATH, /* const char *: absolute */
	CONFIG_SECRET, /* const char *: the secret itself, or, for *_file, the path of a file with it */
	CONFIG_NUMBER,   /* const char *: a phone number */
	CONFIG_COUNT,    /* guint */
	CONFIG_RATE,     /* double */
	CONFIG_SWITCH,   /* gboolean */
	CONFIG_CHOICE,   /* an enum: one of `choices`, in their order */
	CONFIG_DURATION, /* gint64, microseconds */
	CONFIG_SECONDS,  /* guint: a duration in whole seconds */
	CONFIG_SET,      /* GHashTable *, a set of strings */
	CONFIG_PAIRS,    /* GHashTable *, string => string */
	CONFIG_REGEX,    /* GRegex * */
	CONFIG_REWRITE,  /* const number_rewrite * */
	CONFIG_ZONE,     /* const char *: auto, local, utc, or a zone that is known here */
	CONFIG_START, /* const char *; start and start_time are worked out when the zone is known */
	CONFIG_URL,   /* const char *: https, or http on a loopback address */
	CONFIG_LINK,  /* const char *: http or https */
	CONFIG_TEMPLATES, /* GHashTable *, NAME => template, one entry a key of the family */
};

/* The table of keys, for check, the sample and the tests; ends with section NULL. */
struct config_key {
	const char *section, *key; /* key "data_*" stands for a family */
	const char *fallback;      /* as it would be written in the file; NULL: none */
	enum config_type type;
	gsize offset;        /* where in struct config it goes */
	const char *choices; /* of CONFIG_CHOICE: "hook|poll|off" */
	double min, max;     /* of numbers; of durations in seconds */
	gboolean secret;     /* its value never stands in a message */
	const char *help;    /* one line */
};
const struct config_key *config_keys(void);

/* The words that {…} in a data_NAME template may be; ends with NULL. */
extern const char *const config_placeholders[];

/* "500 ms", "5 s", "10 min", "6 h", "7 d", "120" (seconds) -> microseconds. */
gboolean config_parse_duration(const char *text, gint64 *us, GError **error);
/*
 * "2025-11-23", "2025-11-23 10:00[:00]" in the zone given, or RFC 3339 with Z or an offset -> µs UTC.
 * tz NULL: the machine's zone.
 */
gboolean config_parse_time(const char *text, GTimeZone *tz, gint64 *us, GError **error);

#endif
