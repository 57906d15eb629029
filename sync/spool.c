#include "sync/spool.h"

#include <string.h>

/* From the right: what stands before the date may hold anything, "-" included. */
#define NAME_PATTERN "-(\\d{8})-(\\d{6})-([^-]*-)?(\\d+\\.\\d+)\\.(\\w+)$"

const char *
spool_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *
spool_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? g_strndup(path, (gsize)(slash - path)) : g_strdup(".");
}

GDateTime *
spool_name_time(const char *path, GTimeZone *zone)
{
	static GRegex *pattern;
	static gsize once;
	g_autoptr(GMatchInfo) match = NULL;
	g_autofree char *date = NULL, *time = NULL;
	guint32 day, clock;

	if (g_once_init_enter(&once)) {
		pattern = g_regex_new(NAME_PATTERN, G_REGEX_OPTIMIZE, 0, NULL);
		g_once_init_leave(&once, 1);
	}
	if (!g_regex_match(pattern, spool_base_name(path), 0, &match))
		return NULL;
	date = g_match_info_fetch(match, 1);
	time = g_match_info_fetch(match, 2);
	day = (guint32)g_ascii_strtoull(date, NULL, 10);
	clock = (guint32)g_ascii_strtoull(time, NULL, 10);
	return g_date_time_new(zone, (int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100),
	    (int)(clock / 10000), (int)(clock / 100 % 100), clock % 100);
}

/* Copies a path without its empty parts and "."; `to` has room for n + 1 bytes. */
static void
squeeze(char *to, const char *path, gsize n)
{
	const char *end = path + n;
	char *at = to;

	while (path < end) {
		const char *slash = memchr(path, '/', (gsize)(end - path));
		gsize length = (gsize)((slash ? slash : end) - path);

		if (length > 0 && !(length == 1 && *path == '.')) {
			if (at > to)
				*at++ = '/';
			memmove(at, path, length);
			at += length;
		}
		path += length + 1;
	}
	*at = '\0';
}

static gboolean
climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")) != NULL; at++)
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return TRUE;
	return FALSE;
}

/* What was said, without its empty parts; NULL where it can be no path. */
static char *
clean(const char *said)
{
	gsize n = strcspn(said, ",");
	g_autofree char *path = NULL;

	if (n == 0 || said[n - 1] == '/' || !g_utf8_validate(said, (gssize)n, NULL))
		return NULL;
	for (gsize i = 0; i < n; i++)
		if (g_ascii_iscntrl(said[i]))
			return NULL;
	path = g_malloc(n + 1);
	squeeze(path, said, n);
	/* Hidden names are those of our own temporary files. */
	if (*path == '\0' || climbs(path) || *spool_base_name(path) == '.')
		return NULL;
	return g_steal_pointer(&path);
}

/* What follows the spool folder; NULL: the path lies elsewhere. */
static const char *
beneath(const char *path, const char *spool)
{
	gsize n = strlen(spool);
	g_autofree char *folder = g_malloc(n + 1);

	squeeze(folder, spool, n);
	n = strlen(folder);
	return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* The last four parts; NULL: there are fewer. */
static const char *
last_four(const char *path)
{
	int parts = 0;

	for (const char *at = path + strlen(path); at > path; at--)
		if (at[-1] == '/' && ++parts == 4)
			return at;
	return parts == 3 ? path : NULL;
}

/* YYYY/MM/DD/ */
static gboolean
is_dated(const char *path)
{
	static const char form[] = "0000/00/00/";

	for (gsize i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? !g_ascii_isdigit(path[i]) : path[i] != form[i])
			return FALSE;
	return TRUE;
}

char *
spool_path(const char *spool, const char *said)
{
	g_autofree char *path = said ? clean(said) : NULL, *folder = NULL;
	g_autoptr(GTimeZone) zone = NULL;
	g_autoptr(GDateTime) time = NULL;
	const char *rest, *name;

	if (!path)
		return NULL;
	if (*said != '/' && strchr(path, '/'))
		return g_steal_pointer(&path);
	rest = *said == '/' ? beneath(path, spool) : NULL;
	if (rest)
		return g_strdup(rest);
	rest = last_four(path);
	if (rest && is_dated(rest))
		return g_strdup(rest);
	/* No clock is asked: the date stands in the name as it does in the folder. */
	name = spool_base_name(path);
	zone = g_time_zone_new_utc();
	time = spool_name_time(name, zone);
	if (!time)
		return g_strdup(name);
	folder = g_date_time_format(time, "%Y/%m/%d");
	return g_strconcat(folder, "/", name, NULL);
}

/* Where the extension begins, dot included; an extension begins with a letter, as a uniqueid's end does not. */
static gsize
stem_length(const char *path)
{
	const char *dot = strrchr(spool_base_name(path), '.');

	return dot && dot > spool_base_name(path) && g_ascii_isalpha(dot[1]) ? (gsize)(dot - path)
	                                                                     : strlen(path);
}

char *
spool_mp3_path(const char *path)
{
	return g_strdup_printf("%.*s.mp3", (int)stem_length(path), path);
}

char *
spool_mp3_other(const char *path)
{
	return g_strconcat(path, ".mp3", NULL);
}

const char *
spool_extension(const char *path)
{
	const char *end = path + stem_length(path);

	return *end ? end + 1 : end;
}
