/* Who is sending. A pid alone names nobody: it is used again, after a restart of the machine above all. */
#include "store/outbox.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static gboolean
read_boot(char boot[40], GError **error)
{
	g_autofree char *text = NULL;
	if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, error)) {
		g_prefix_error(error, _("the machine's boot id cannot be read: "));
		return FALSE;
	}
	g_strlcpy(boot, g_strstrip(text), 40);
	return TRUE;
}

/* Fields 3 (state) and 22 (starttime) of /proc/PID/stat: proc(5). The name before them may hold anything. */
static gboolean
read_stat(gint64 pid, char *state, gint64 *start, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/%" G_GINT64_FORMAT "/stat", pid);
	g_autofree char *text = NULL;
	if (!g_file_get_contents(path, &text, NULL, error))
		return FALSE;
	const char *behind_name = strrchr(text, ')');
	g_auto(GStrv) fields = g_strsplit(behind_name != NULL ? behind_name : "", " ", -1);
	if (g_strv_length(fields) < 21) {
		g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
		    _("%s: has no start time\nThis program needs Linux's /proc."), path);
		return FALSE;
	}
	*state = fields[1][0];
	*start = g_ascii_strtoll(fields[20], NULL, 10);
	return TRUE;
}

gboolean
outbox_owner_self(struct outbox_owner *owner, GError **error)
{
	char state;
	owner->pid = getpid();
	return read_boot(owner->boot, error) && read_stat(owner->pid, &state, &owner->start, error);
}

gboolean
outbox_owner_alive(const struct outbox_owner *owner)
{
	char boot[40], state;
	gint64 start;
	if (read_boot(boot, NULL) && strcmp(boot, owner->boot) != 0)
		return FALSE;
	if (kill((pid_t)owner->pid, 0) != 0 && errno == ESRCH)
		return FALSE;
	/* It is there, but may be hidden from this user (hidepid): then its lease decides. */
	if (!read_stat(owner->pid, &state, &start, NULL))
		return TRUE;
	return start == owner->start && state != 'Z' && state != 'X';
}
