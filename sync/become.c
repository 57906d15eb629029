#include "sync/become.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

enum become
become_owner(const char *folder, char **name)
{
	struct stat st;
	*name = NULL;
	if (stat(folder, &st) != 0 || st.st_uid == 0)
		return BECOME_NOBODY;
	/* There is one thread. */
	// cppcheck-suppress getpwuidCalled
	const struct passwd *user = getpwuid(st.st_uid);
	if (user == NULL)
		return BECOME_NOBODY;
	*name = g_strdup(user->pw_name);
	/* The groups first: afterwards the right to is gone. */
	gboolean ok = initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
	              setuid(user->pw_uid) == 0;
	return ok ? BECOME_DONE : BECOME_FAILED;
}
