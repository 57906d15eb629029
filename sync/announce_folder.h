/*
 * The folder through which `announce` and the passes meet: "announce", beside the store. `announce` never opens the store, so
 * whatever holds that up delays no window.
 *
 *   TIME-RANDOM.new                     dropped (temporary name, rename) before anything is sent; its writer holds a flock on it
 *   TIME-RANDOM.sent .failed .unknown   the same file when all is over, named after its worst outcome
 *   slot.00 … slot.31                   each is locked by one `announce` that is alive
 *   dropped                             how many found no slot since a pass last asked
 *
 * What stands in a file: sync/announcement.h. Files are not forced to the disk: nobody waits for one at a ringing phone, and after a
 * power cut the calls come from the tables. A pass reads the files in the order of their names and removes them once their
 * content is committed; a .new file whose lock is free belonged to a program that is gone. The kernel drops a lock with its
 * process, however it ends.
 */
#ifndef CELSYNC_ANNOUNCE_FOLDER_H
#define CELSYNC_ANNOUNCE_FOLDER_H

#include "sync/announcement.h"

#define ANNOUNCE_SLOTS 32

/* The folder that belongs to a store. Free with g_free. */
char *announce_folder(const char *store_path);

/* The side of `announce`. */

enum announce_slot {
	ANNOUNCE_SLOT_TAKEN, /* held until this process ends */
	ANNOUNCE_SLOT_NONE,  /* counted as dropped */
	ANNOUNCE_SLOT_FAILED
};
/* Makes the folder (0700) where there is none. Never waits. */
enum announce_slot announce_take_slot(const char *folder, GError **error);

typedef struct announce_file announce_file;
/* NULL: error. Close it with announce_finish(). */
announce_file *
announce_drop(const char *folder, const struct announcement *announcement, GError **error);
/* What came of one employee's window; written at once. */
gboolean announce_note(announce_file *file, const char *ext, enum announced outcome, gint64 status,
    const char *answer, GError **error);
/* Gives the file its last name; NULL is nothing to do. */
void announce_finish(announce_file *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(announce_file, announce_finish)

/* The side of a pass. */

/* At most `most` names, the oldest first; empty where there is no folder. Sweeps what writers left half done. NULL: error. */
GPtrArray *announce_list(const char *folder, guint most, GError **error);

enum announce_read {
	ANNOUNCE_READ,      /* *announcement is whole, and nobody writes to it any more */
	ANNOUNCE_UNDER_WAY, /* *announcement is whole, outcomes are still to come */
	ANNOUNCE_GONE,      /* it got another name meanwhile */
	ANNOUNCE_BROKEN     /* it is none */
};
enum announce_read
announce_read(const char *folder, const char *name, struct announcement *announcement);
void announce_remove(const char *folder, const char *name);

/* How many were dropped since this was last asked. */
gint64 announce_dropped(const char *folder);

#endif
