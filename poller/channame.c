#include "poller/channame.h"

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

void
channame_parse(const char *name, struct channame *parts)
{
	gsize n = strlen(name);
	/* After a masquerade the name of what is left is marked so. */
	if (n > 0 && name[n - 1] == '>' && g_str_has_suffix(name, "<ZOMBIE>"))
		n -= strlen("<ZOMBIE>");
	*parts = (struct channame){
		.kind = CHANNAME_ENDPOINT, .peer = name, .peer_len = n, .base_len = n
	};
	const char *slash = memchr(name, '/', n);
	if (slash == NULL)
		return;
	gsize tech = (gsize)(slash - name);
	if (n > 2 && name[n - 2] == ';' && (name[n - 1] == '1' || name[n - 1] == '2')) {
		parts->half = name[n - 1] - '0';
		n -= 2;
	}
	parts->base_len = n;
	parts->peer = slash + 1;
	parts->peer_len = without_suffix(parts->peer, n - tech - 1);
	if (tech == 5 && memcmp(name, "Local", 5) == 0) {
		parts->kind = CHANNAME_LOCAL;
		const char *at = memchr(parts->peer, '@', parts->peer_len);
		if (at != NULL)
			parts->peer_len = (gsize)(at - parts->peer);
	} else if (is_plumbing(name, tech)) {
		parts->kind = CHANNAME_PLUMBING;
	}
	/* DAHDI/i1/79161234567-1: the peer is the span. */
	if (parts->kind == CHANNAME_ENDPOINT) {
		const char *inner = memchr(parts->peer, '/', parts->peer_len);
		if (inner != NULL)
			parts->peer_len = (gsize)(inner - parts->peer);
	}
}
