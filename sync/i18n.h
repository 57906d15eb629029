/*
 * Messages in the language of whoever reads them: gettext, with catalogues that are found beside the program. What is for programs
 * (JSON, CSV, log facts, exit codes, states and results) is the same in every language, and so are numbers.
 *
 * _("…") and N_("…") of <glib/gi18n.h> mark a text; log_say() translates its format itself, as `tell` of `check` and `say` of `show` do
 * (the Makefile's POT_KEYWORDS). Formats hold PRId64, never G_GINT64_FORMAT: xgettext cannot expand GLib's macros.
 */
#ifndef CELSYNC_I18N_H
#define CELSYNC_I18N_H

#define I18N_DOMAIN "celsync"

/* Once, before the first message and before any thread. */
void i18n_init(void);

#endif
