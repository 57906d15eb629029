/*
 * "Did you mean": the known word that a mistyped one is nearest to. Pure.
 */
#ifndef CELSYNC_NEAREST_H
#define CELSYNC_NEAREST_H

#include <glib.h>

/*
 * Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string
 * alignment distance), bytewise.
 */
guint nearest_distance(const char *a, const char *b);

/* The nearest of n words, borrowed; NULL when none is near (a third of the letters, at most 3). */
const char *nearest_word(const char *word, const char *const *words, gsize n);

#endif
