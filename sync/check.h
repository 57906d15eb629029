/*
 * celsync check: is everything as it must be? A table of checks, each of which tells one fact or several: ✓ well, ! deserves a
 * look, ✗ wrong; below ! and ✗ stands what to do. Nothing of the PBX's or of celsync's is changed: what a check writes (an MP3, a file
 * behind a link) it removes again.
 */
#ifndef CELSYNC_CHECK_H
#define CELSYNC_CHECK_H

#include "sync/app.h"

enum check_mark {
	CHECK_WELL,
	CHECK_LOOK,
	CHECK_WRONG
};

struct check_report {
	const char *
	    root; /* where Asterisk's and the system's files are looked for; "" is the machine itself */
	gboolean json; /* an object a fact on stdout; else lines for people */
	guint wrongs;
	/* What one check finds for another. */
	source *source; /* open while the database is looked at; NULL: not */
	GBytes *mp3;    /* that was made and verified; NULL: none */
};

/* Tells one fact. `what` names the check; the first line of the text is the fact, the others are the remedy. */
void check_tell(struct check_report *report, enum check_mark mark, const char *what,
    const char *format, ...) G_GNUC_PRINTF(4, 5);

/* access() answers for the user who runs the check. FALSE: told as wrong, with `remedy`. */
gboolean check_folder(struct check_report *report, const char *what, const char *path, int rights,
    const char *remedy);

typedef void (*check_function)(struct check_report *report, const struct config *config);

void check_permissions(struct check_report *report, const struct config *config);
void check_source(struct check_report *report, const struct config *config);
void check_rights(struct check_report *report, const struct config *config);
void check_freshness(struct check_report *report, const struct config *config);
void check_zone(struct check_report *report, const struct config *config);
void check_indexes(struct check_report *report, const struct config *config);
void check_recordings(struct check_report *report, const struct config *config);
void check_mp3(struct check_report *report, const struct config *config);
void check_links(struct check_report *report, const struct config *config);
void check_store(struct check_report *report, const struct config *config);
void check_hook(struct check_report *report, const struct config *config);
void check_timer(struct check_report *report, const struct config *config);
void check_versions(struct check_report *report, const struct config *config);
void check_planfix(struct check_report *report, const struct config *config);

/*
 * Loads the configuration and runs them all, as the user the store belongs to where root asks: root may do everything, which would
 * prove nothing. That change is for good. Returns an exit code.
 */
int check_run(struct app *app, const char *root, gboolean json);

#endif
