#include "sync/init_user.h"

#include <string.h>
#include <sys/random.h>

enum init_user
init_user_find(const struct source_config *login, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(source) db = source_open(login, &failed);
	/* Who is let in and then finds no table is let in. */
	if (db != NULL || g_error_matches(failed, SOURCE_ERROR, SOURCE_ERROR_SCHEMA))
		return INIT_USER_THERE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return INIT_USER_MISSING;
}

static gboolean
is_here(const struct source_config *login)
{
	return login->socket != NULL || login->host == NULL ||
	       strcmp(login->host, "localhost") == 0 || strcmp(login->host, "127.0.0.1") == 0 ||
	       strcmp(login->host, "::1") == 0;
}

static struct pbx_user
user_of(const struct source_config *login, const char *host, gboolean update_cdr)
{
	return (struct pbx_user){ .name = login->user,
		.host = host,
		.password = login->password,
		.database = login->database,
		.cel_table = login->cel_table,
		.cdr_table = login->cdr_table,
		.update_cdr = update_cdr };
}

char *
init_user_sql(const struct source_config *login, gboolean update_cdr)
{
	struct pbx_user user = user_of(login, is_here(login) ? "localhost" : "%", update_cdr);
	return pbx_user_sql(&user);
}

enum init_user
init_user_make(const struct source_config *login, const char *admin, const char *admin_password,
    gboolean update_cdr, GError **error)
{
	struct source_config config = *login;
	config.user = admin != NULL ? admin : "root";
	config.password = admin_password;
	g_autoptr(pbx_database) db = pbx_database_open(&config, error);
	/* As the server sees us: the account must be for that machine. */
	g_autofree char *host = db != NULL ? pbx_database_we_come_from(db, error) : NULL;
	if (host == NULL)
		return INIT_USER_MISSING;
	struct pbx_user user = user_of(login, host, update_cdr);
	return pbx_user_make(db, &user, error) ? INIT_USER_MADE : INIT_USER_MISSING;
}

char *
init_user_password(void)
{
	guint8 bytes[18];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		g_error("no random numbers");
	char *text = g_base64_encode(bytes, sizeof(bytes));
	/* No quoting anywhere, whoever copies it. */
	for (char *p = text; *p != '\0'; p++)
		if (*p == '+' || *p == '/')
			*p = *p == '+' ? 'p' : 's';
	return text;
}
