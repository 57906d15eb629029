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

/* The parts of what was said; NULL where one of them must not be. */
static GPtrArray *
split(const char *said)
{
	g_autofree char *path = g_strndup(said, strcspn(said, ","));
	g_auto(GStrv) all = g_strsplit(path, "/", -1);
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

	if (!g_utf8_validate(path, -1, NULL) || g_str_has_suffix(path, "/"))
		return NULL;
	for (const char *p = path; *p; p++)
		if (g_ascii_iscntrl(*p))
			return NULL;
	for (char **part = all; *part; part++) {
		if (strcmp(*part, "..") == 0)
			return NULL;
		if (**part && strcmp(*part, ".") != 0)
			g_ptr_array_add(parts, g_strdup(*part));
	}
	/* Hidden names are those of our own temporary files. */
	if (parts->len == 0 || *(const char *)parts->pdata[parts->len - 1] == '.')
		return NULL;
	return g_steal_pointer(&parts);
}

static char *
join(const GPtrArray *parts, guint from)
{
	g_autoptr(GString) path = g_string_new(parts->pdata[from]);

	for (guint i = from + 1; i < parts->len; i++)
		g_string_append_printf(path, "/%s", (const char *)parts->pdata[i]);
	return g_string_free(g_steal_pointer(&path), FALSE);
}

/* How many parts of the path are the spool folder's; 0: it lies elsewhere. */
static guint
prefix(const GPtrArray *parts, const char *spool)
{
	g_auto(GStrv) all = g_strsplit(spool, "/", -1);
	guint n = 0;

	for (char **part = all; *part; part++) {
		if (!**part || strcmp(*part, ".") == 0)
			continue;
		if (n >= parts->len || strcmp(*part, parts->pdata[n]) != 0)
			return 0;
		n++;
	}
	return n < parts->len ? n : 0;
}

static gboolean
digits(const char *text, gsize n)
{
	return strlen(text) == n && strspn(text, "0123456789") == n;
}

char *
spool_path(const char *spool, const char *said)
{
	g_autoptr(GPtrArray) parts = said ? split(said) : NULL;
	g_autoptr(GTimeZone) zone = NULL;
	g_autoptr(GDateTime) time = NULL;
	g_autofree char *folder = NULL;
	const char *name;
	guint skip;

	if (!parts)
		return NULL;
	skip = *said == '/' ? prefix(parts, spool) : 0;
	if (skip > 0 || (*said != '/' && parts->len > 1))
		return join(parts, skip);
	if (parts->len > 3 && digits(parts->pdata[parts->len - 4], 4) &&
	    digits(parts->pdata[parts->len - 3], 2) && digits(parts->pdata[parts->len - 2], 2))
		return join(parts, parts->len - 4);
	/* No clock is asked: the date stands in the name as it does in the folder. */
	name = parts->pdata[parts->len - 1];
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
