#include "sync/nearest.h"

#include <string.h>

/* Longer words are nobody's slip of the finger: they are far from everything. */
#define WORD_MAX 40

guint
nearest_distance(const char *a, const char *b)
{
	gsize m = strlen(a), n = strlen(b);
	guint before[WORD_MAX + 1], above[WORD_MAX + 1], row[WORD_MAX + 1];

	if (m > WORD_MAX || n > WORD_MAX)
		return G_MAXUINT;
	for (gsize j = 0; j <= n; j++)
		above[j] = before[j] = (guint)j;
	for (gsize i = 1; i <= m; i++) {
		row[0] = (guint)i;
		for (gsize j = 1; j <= n; j++) {
			guint best = above[j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, above[j] + 1);
			best = MIN(best, row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, before[j - 2] + 1);
			row[j] = best;
		}
		memcpy(before, above, sizeof(before));
		memcpy(above, row, (n + 1) * sizeof(row[0]));
	}
	return above[n];
}

const char *
nearest_word(const char *word, const char *const *words, gsize n)
{
	const char *best = NULL;
	guint limit = (guint)MIN(3, (strlen(word) + 2) / 3);

	for (gsize i = 0; i < n; i++) {
		guint distance = nearest_distance(word, words[i]);

		if (distance > limit || (best && distance == limit))
			continue;
		best = words[i];
		limit = distance;
	}
	return best;
}
