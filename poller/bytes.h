/*
 * Short texts of known length, compared in place: what stands in every row (an id, a name, a time) is seldom longer than a
 * few words, and a call of memcmp costs more than the comparison.
 */
#ifndef CELSYNC_BYTES_H
#define CELSYNC_BYTES_H

#include <glib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline guint64
bytes_8(const char *at)
{
	guint64 word;
	memcpy(&word, at, 8);
	return word;
}

static inline guint32
bytes_4(const char *at)
{
	guint32 word;
	memcpy(&word, at, 4);
	return word;
}

/* Are these 16 bytes the same? */
static inline gboolean
bytes_same_16(const char *a, const char *b)
{
#ifdef __SSE2__
	const __m128i x = _mm_loadu_si128((const __m128i *)a),
		      y = _mm_loadu_si128((const __m128i *)b);
	return _mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) == 0xffff;
#else
	return ((bytes_8(a) ^ bytes_8(b)) | (bytes_8(a + 8) ^ bytes_8(b + 8))) == 0;
#endif
}

/*
 * Are these n bytes the same? Both have n bytes, any number of them. The last piece may overlap the one before, so that
 * what is of one length class takes no loop and one decision.
 */
static inline gboolean
bytes_same(const char *a, const char *b, gsize n)
{
	if (n >= 16) {
		for (gsize at = 16; G_UNLIKELY(at + 16 < n); at += 16) {
			if (!bytes_same_16(a + at, b + at))
				return FALSE;
		}
		return bytes_same_16(a, b) & bytes_same_16(a + (n - 16), b + (n - 16));
	}
	if (n >= 8)
		return ((bytes_8(a) ^ bytes_8(b)) |
			   (bytes_8(a + (n - 8)) ^ bytes_8(b + (n - 8)))) == 0;
	if (n >= 4)
		return ((bytes_4(a) ^ bytes_4(b)) |
			   (bytes_4(a + (n - 4)) ^ bytes_4(b + (n - 4)))) == 0;
	if (n >= 2) {
		guint16 x, y;
		memcpy(&x, a, 2);
		memcpy(&y, b, 2);
		return ((x ^ y) | (a[n - 1] ^ b[n - 1])) == 0;
	}
	return n == 0 || *a == *b;
}

/* The same for texts of mostly 8 to 16 bytes, as ids are: one decision less. */
static inline gboolean
bytes_same_id(const char *a, const char *b, gsize n)
{
	if (G_LIKELY(n - 8 <= 8))
		return ((bytes_8(a) ^ bytes_8(b)) |
			   (bytes_8(a + (n - 8)) ^ bytes_8(b + (n - 8)))) == 0;
	return bytes_same(a, b, n);
}

/* Copies n bytes that do not overlap; as with bytes_same(), the last piece may overlap the one before. */
static inline void
bytes_copy(char *to, const char *from, gsize n)
{
#ifdef __SSE2__
	if (n >= 16 && n <= 256) {
		const __m128i last = _mm_loadu_si128((const __m128i *)(from + (n - 16)));
		for (gsize at = 0; at + 16 < n; at += 16)
			_mm_storeu_si128(
			    (__m128i *)(to + at), _mm_loadu_si128((const __m128i *)(from + at)));
		_mm_storeu_si128((__m128i *)(to + (n - 16)), last);
		return;
	}
#endif
	if (n >= 8 && n <= 16) {
		const guint64 first = bytes_8(from), last = bytes_8(from + (n - 8));
		memcpy(to, &first, 8);
		memcpy(to + (n - 8), &last, 8);
	} else if (n >= 2 && n <= 4) {
		guint16 first, last;
		memcpy(&first, from, 2);
		memcpy(&last, from + (n - 2), 2);
		memcpy(to, &first, 2);
		memcpy(to + (n - 2), &last, 2);
	} else {
		memcpy(to, from, n);
	}
}

static inline gboolean
bytes_equal(const char *a, gsize a_len, const char *b, gsize b_len)
{
	return a_len == b_len && bytes_same(a, b, a_len);
}

/* Is one of these n bytes this one? */
static inline gboolean
bytes_have(const char *text, gsize n, char wanted)
{
	const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101), highs = ones << 7,
		      mask = ones * (guint8)wanted;
	if (n < 8) {
		for (gsize at = 0; at < n; at++) {
			if (text[at] == wanted)
				return TRUE;
		}
		return FALSE;
	}
	guint64 found = 0;
#ifdef __SSE2__
	if (n >= 16) {
		const __m128i all = _mm_set1_epi8(wanted);
		int same = 0;
		for (gsize at = 0; at + 16 < n; at += 16)
			same |= _mm_movemask_epi8(
			    _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(text + at)), all));
		same |= _mm_movemask_epi8(
		    _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(text + (n - 16))), all));
		return same != 0;
	}
#endif
	for (gsize at = 0; at + 8 < n; at += 8) {
		const guint64 word = bytes_8(text + at) ^ mask;
		found |= (word - ones) & ~word & highs;
	}
	const guint64 last = bytes_8(text + (n - 8)) ^ mask;
	return (found | ((last - ones) & ~last & highs)) != 0;
}

/* The number that these 4 to 8 digits make; -1: something else stands among them. */
static inline gint64
bytes_number(const char *text, gsize n)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
	const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);
	const guint shift = (guint)(8 * (8 - n));
	/* Right-aligned, the two halves may overlap; what is left in front counts as zeros. */
	guint64 word = (guint64)bytes_4(text) << shift | (guint64)bytes_4(text + (n - 4)) << 32;
	const guint64 there = ~(guint64)0 << shift, zeros = 0x30 * ones & there;
	if (((word & 0xf0 * ones) ^ zeros) | (((word + (6 * ones & there)) & 0xf0 * ones) ^ zeros))
		return -1;
	word &= 0x0f * ones;
	word = (word * 10 + (word >> 8)) & G_GUINT64_CONSTANT(0x00ff00ff00ff00ff);
	word = (word * 100 + (word >> 16)) & G_GUINT64_CONSTANT(0x0000ffff0000ffff);
	return (gint64)((word * 10000 + (word >> 32)) & 0xffffffff);
#else
	gint64 number = 0;
	for (gsize at = 0; at < n; at++) {
		if (!g_ascii_isdigit(text[at]))
			return -1;
		number = number * 10 + (text[at] - '0');
	}
	return number;
#endif
}

#endif
