/* What tells one set of CDR rows from another: the sum of their CRC-32. */
#include "poller/bytes.h"
#include "poller/source.h"

/* CRC-32 as ISO 3309 has it, and MariaDB's CRC32(): tables[n] is what a byte does to the sum of the n bytes behind it. */
static guint32 crc32_tables[8][256];

static void
make_crc32_tables(void)
{
	for (guint32 i = 0; i < 256; i++) {
		guint32 crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
		crc32_tables[0][i] = crc;
	}
	for (guint n = 1; n < G_N_ELEMENTS(crc32_tables); n++) {
		for (guint32 i = 0; i < 256; i++) {
			const guint32 before = crc32_tables[n - 1][i];
			crc32_tables[n][i] = before >> 8 ^ crc32_tables[0][before & 255];
		}
	}
}

static guint32
crc32_of(const char *text, gsize n)
{
	static gsize made;
	if (g_once_init_enter(&made)) {
		make_crc32_tables();
		g_once_init_leave(&made, 1);
	}
	guint32 crc = ~(guint32)0;
	/* A line a byte: a loop would cost as much as the look-ups. */
	for (; n >= 8; n -= 8, text += 8) {
		const guint64 word = GUINT64_FROM_LE(bytes_8(text)) ^ crc;
		crc = crc32_tables[7][word & 255] ^ crc32_tables[6][(word >> 8) & 255] ^
		      crc32_tables[5][(word >> 16) & 255] ^ crc32_tables[4][(word >> 24) & 255] ^
		      crc32_tables[3][(word >> 32) & 255] ^ crc32_tables[2][(word >> 40) & 255] ^
		      crc32_tables[1][(word >> 48) & 255] ^ crc32_tables[0][word >> 56];
	}
	for (; n > 0; n--, text++)
		crc = crc >> 8 ^ crc32_tables[0][(crc ^ (guint8)*text) & 255];
	return ~crc;
}

void
source_sum_add(struct source_sum *sum, const char *uniqueid, gsize len)
{
	sum->count++;
	sum->check += crc32_of(uniqueid, len);
}
