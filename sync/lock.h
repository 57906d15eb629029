/*
 * One run at a time: locks `read` (a pass over the source) and `deliver` (sending), each a flock on
 * a file beside the store (STORE.read.lock, STORE.deliver.lock).
 *
 * The kernel drops the lock with the process, however it ends. The file stays: removing it would let
 * two runs hold locks on two files of one name.
 */
#ifndef CELSYNC_LOCK_H
#define CELSYNC_LOCK_H

#include <glib.h>

enum lock_outcome {
	LOCK_TAKEN,
	LOCK_BUSY,  /* another run holds it: exit 75, silently unless -v */
	LOCK_FAILED /* the file cannot be made or locked; the error says why (G_FILE_ERROR) */
};

typedef struct run_lock run_lock;

/* Never waits. `name` is "read" or "deliver"; *lock is set with LOCK_TAKEN only. */
enum lock_outcome
lock_take(const char *store_path, const char *name, run_lock **lock, GError **error);
void lock_release(run_lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(run_lock, lock_release)

#endif
