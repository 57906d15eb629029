/* The database user of celsync's own: there already, or made by the database's administrator. */
#ifndef CELSYNC_INIT_USER_H
#define CELSYNC_INIT_USER_H

#include "poller/pbx_database.h"

enum init_user {
	INIT_USER_THERE, /* its login works */
	INIT_USER_MADE,
	INIT_USER_MISSING /* *error says why */
};

/* As the service will log in; its strings outlive the call. */
enum init_user init_user_find(const struct source_config *login, GError **error);

/*
 * Makes it as `admin` (user and password of another login to the same server; NULL: root without a password, which MariaDB lets the
 * machine's root do).
 */
enum init_user init_user_make(const struct source_config *login, const char *admin,
    const char *admin_password, gboolean update_cdr, GError **error);

/* The statements, where nobody here may run them; free with g_free. */
char *init_user_sql(const struct source_config *login, gboolean update_cdr);

/* 144 bits as letters and digits; free with g_free. */
char *init_user_password(void);

#endif
