/* Questions on a terminal. */
#ifndef CELSYNC_INIT_ASK_H
#define CELSYNC_INIT_ASK_H

#include <glib.h>

/* TRUE: somebody is there to answer. */
gboolean init_ask_possible(void);

/* One line from standard input, asked for on stderr, without blanks around it; NULL: there was none. `secret`: not echoed. Free with g_free. */
char *init_ask(const char *question, gboolean secret);

#endif
