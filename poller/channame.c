#include "poller/channame.h"

#include "poller/bytes.h"

#include <string.h>

/*
 * Technologies that never are a person's phone. Asterisk: main/bridge_basic.c, res_parking, app_confbridge
 * (CBAnn, CBRec), main/core_local.c, res_stasis (Announcer, Recorder, Snoop), main/pbx.c (AsyncGoto),
 * main/dial.c and bridge code (Surrogate), main/message.c (Message).
 */
static const struct technology {
	const char *name;
	gsize length;
} plumbing[] = {
#define TECHNOLOGY(name)                                                                           \
	{                                                                                          \
		name, sizeof(name) - 1                                                             \
	}
	TECHNOLOGY("Announcer"),
	TECHNOLOGY("AsyncGoto"),
	TECHNOLOGY("Bridge"),
	TECHNOLOGY("CBAnn"),
	TECHNOLOGY("CBRec"),
	TECHNOLOGY("ConfBridgeRecorder"),
	TECHNOLOGY("Message"),
	TECHNOLOGY("MulticastRTP"),
	TECHNOLOGY("Parked"),
	TECHNOLOGY("Parking"),
	TECHNOLOGY("Recorder"),
	TECHNOLOGY("Snoop"),
	TECHNOLOGY("Surrogate"),
	TECHNOLOGY("UnicastRTP"),
	TECHNOLOGY("Bridge_Surrogate"),
	TECHNOLOGY("ParkingAnn"),
	TECHNOLOGY("Transfered"),
	TECHNOLOGY("Audiosocket"),
	TECHNOLOGY("Voicemail"),
#undef TECHNOLOGY
};

/* Of the names above, by their first letter: bit n is set where one has this length. */
static const guint32 lengths[26] = {
	['a' - 'a'] = 1 << 9 | 1 << 11,
	['b' - 'a'] = 1 << 6 | 1 << 16,
	['c' - 'a'] = 1 << 5 | 1 << 18,
	['m' - 'a'] = 1 << 7 | 1 << 12,
	['p' - 'a'] = 1 << 6 | 1 << 7 | 1 << 10,
	['r' - 'a'] = 1 << 8,
	['s' - 'a'] = 1 << 5 | 1 << 9,
	['t' - 'a'] = 1 << 10,
	['u' - 'a'] = 1 << 10,
	['v' - 'a'] = 1 << 9,
};

static gboolean
is_plumbing(const char *technology, gsize n)
{
	const unsigned letter = (unsigned)((technology[0] | 0x20) - 'a');
	if (n == 0 || n > 31 || letter >= G_N_ELEMENTS(lengths) ||
	    ((lengths[letter] >> n) & 1) == 0)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(plumbing); i++) {
		if (plumbing[i].length == n &&
		    (plumbing[i].name[0] | 0x20) == (technology[0] | 0x20) &&
		    g_ascii_strncasecmp(plumbing[i].name, technology, n) == 0)
			return TRUE;
	}
	return FALSE;
}

/* The suffix Asterisk adds: -%08x for most technologies, -%d for IAX2, -1 for DAHDI. */
static gsize
without_suffix(const char *text, gsize n)
{
	gsize i = n;
	while (i > 0 && g_ascii_isxdigit(text[i - 1]))
		i--;
	return i > 1 && i < n && text[i - 1] == '-' ? i - 1 : n;
}

/* Every byte of a word. */
#define EACH(byte) (G_GUINT64_CONSTANT(0x0101010101010101) * (byte))

/* Are these eight hex digits, as Asterisk writes them? A sum has the high bit of a byte where that is the bound or above. */
static inline gboolean
are_hex(guint64 word)
{
	const guint64 digit = (word + EACH(0x80 - '0')) & ~(word + EACH(0x7f - '9'));
	const guint64 letter = (word + EACH(0x80 - 'a')) & ~(word + EACH(0x7f - 'f'));
	return ((digit | letter) & ~word & EACH(0x80)) == EACH(0x80);
}

/* Out of line: the others need no registers saved for a call. */
static void G_GNUC_NO_INLINE
cut_context(struct channame *parts)
{
	const char *at = memchr(parts->peer, '@', parts->peer_len);
	if (at != NULL)
		parts->peer_len = (guint32)(at - parts->peer);
}

/*
 * "PJSIP/101-0000001a" and "Local/101@from-queue-00000006;1", as nearly all names are: a peer without another slash, eight hex
 * digits. FALSE: it may be one of the others, or `len` is not that of the text.
 */
static inline gboolean
parse_plain(const char *name, gsize len, struct channame *parts)
{
	gsize begin = 6;
	if (len < 14)
		return FALSE;
	parts->kind = CHANNAME_ENDPOINT;
	if (memcmp(name, "PJSIP/", 6) != 0) {
		if (memcmp(name, "Local/", 6) == 0)
			parts->kind = CHANNAME_LOCAL;
		else if (memcmp(name, "SIP/", 4) == 0)
			begin = 4;
		else
			return FALSE;
	}
	parts->half = 0;
	if (name[len - 2] == ';' && (name[len - 1] == '1' || name[len - 1] == '2')) {
		parts->half = name[len - 1] - '0';
		len -= 2;
	}
	const gsize end = len - 9;
	if (begin >= end || name[end] != '-' || !are_hex(bytes_8(name + end + 1)))
		return FALSE;
	/* Neither a slash nor NUL: what is added has the high bit where there is neither. A word may have some of the suffix. */
	guint64 plain = EACH(0x80);
	for (gsize at = begin; at < end; at += 8) {
		const guint64 word = bytes_8(name + at) & EACH(0x7f);
		plain &= (word + EACH(0x7f)) & ((word ^ EACH('/')) + EACH(0x7f));
	}
	if (plain != EACH(0x80))
		return FALSE;
	parts->peer = name + begin;
	parts->peer_len = (guint32)(end - begin);
	parts->base_len = (guint32)len;
	if (parts->kind == CHANNAME_LOCAL)
		cut_context(parts);
	return TRUE;
}

void
channame_parse_n(const char *name, gsize len, struct channame *parts)
{
	if (!parse_plain(name, len, parts))
		channame_parse(name, parts);
}

void
channame_parse(const char *name, struct channame *parts)
{
	gsize n = strlen(name);
	/* After a masquerade the name of what is left is marked so. */
	if (n > 0 && name[n - 1] == '>' && g_str_has_suffix(name, "<ZOMBIE>"))
		n -= strlen("<ZOMBIE>");
	*parts = (struct channame){ .kind = CHANNAME_ENDPOINT,
		.peer = name,
		.peer_len = (guint32)n,
		.base_len = (guint32)n };
	const char *slash = memchr(name, '/', n);
	if (slash == NULL)
		return;
	gsize tech = (gsize)(slash - name);
	if (n > 2 && name[n - 2] == ';' && (name[n - 1] == '1' || name[n - 1] == '2')) {
		parts->half = name[n - 1] - '0';
		n -= 2;
	}
	parts->base_len = (guint32)n;
	parts->peer = slash + 1;
	parts->peer_len = (guint32)without_suffix(parts->peer, n - tech - 1);
	if (tech == 5 && memcmp(name, "Local", 5) == 0) {
		parts->kind = CHANNAME_LOCAL;
		const char *at = memchr(parts->peer, '@', parts->peer_len);
		if (at != NULL)
			parts->peer_len = (guint32)(at - parts->peer);
	} else if (is_plumbing(name, tech)) {
		parts->kind = CHANNAME_PLUMBING;
	}
	/* DAHDI/i1/79161234567-1: the peer is the span. */
	if (parts->kind == CHANNAME_ENDPOINT) {
		const char *inner = memchr(parts->peer, '/', parts->peer_len);
		if (inner != NULL)
			parts->peer_len = (guint32)(inner - parts->peer);
	}
}
