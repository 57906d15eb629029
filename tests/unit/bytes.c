/* Short texts compared, searched and copied in place, of every length, against what libc says; each in a piece of memory of just its size. */
#include "poller/bytes.h"

#define LONGEST 300

static char *
random_bytes(gsize n)
{
	char *bytes = g_malloc(n > 0 ? n : 1);
	for (gsize i = 0; i < n; i++)
		bytes[i] = (char)g_test_rand_int_range(0, 256);
	return bytes;
}

static void
test_same(void)
{
	for (gsize n = 0; n <= LONGEST; n++) {
		g_autofree char *a = random_bytes(n), *b = g_memdup2(a, n);
		g_assert_true(bytes_same(a, n > 0 ? b : a, n));
		g_assert_true(bytes_same_id(a, n > 0 ? b : a, n));
		for (gsize i = 0; i < n; i++) {
			b[i] ^= (char)(1 << g_test_rand_int_range(0, 8));
			g_assert_false(bytes_same(a, b, n));
			g_assert_false(bytes_same_id(a, b, n));
			b[i] = a[i];
		}
		g_assert_true(bytes_equal(a, n, n > 0 ? b : a, n));
		g_assert_false(bytes_equal(a, n, a, n + 1));
	}
}

static void
test_have(void)
{
	for (gsize n = 0; n <= LONGEST; n++) {
		g_autofree char *bytes = random_bytes(n);
		for (gsize i = 0; i < n; i++) {
			if (bytes[i] == '\0')
				bytes[i] = (char)0x80;
		}
		g_assert_false(bytes_have(bytes, n, '\0'));
		for (gsize i = 0; i < n; i++) {
			const char kept = bytes[i];
			bytes[i] = '\0';
			g_assert_true(bytes_have(bytes, n, '\0'));
			bytes[i] = kept;
		}
	}
}

/* Not a byte beyond its end is written. */
static void
test_copy(void)
{
	for (gsize n = 0; n <= LONGEST; n++) {
		g_autofree char *from = random_bytes(n), *to = g_malloc0(n + 1);
		to[n] = 'x';
		bytes_copy(to, from, n);
		g_assert_cmpmem(to, n, from, n);
		g_assert_true(to[n] == 'x');
	}
}

static void
test_number(void)
{
	for (gsize n = 4; n <= 8; n++) {
		g_autofree char *text = g_malloc(n);
		for (gsize i = 0; i < n; i++)
			text[i] = (char)g_test_rand_int_range('0', '9' + 1);
		g_autofree char *string = g_strndup(text, n);
		g_assert_cmpint(bytes_number(text, n), ==, g_ascii_strtoll(string, NULL, 10));
		for (gsize i = 0; i < n; i++) {
			const char kept = text[i];
			for (int c = 0; c < 256; c++) {
				text[i] = (char)c;
				if (!g_ascii_isdigit(c))
					g_assert_cmpint(bytes_number(text, n), ==, -1);
			}
			text[i] = kept;
		}
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/bytes/same", test_same);
	g_test_add_func("/bytes/have", test_have);
	g_test_add_func("/bytes/copy", test_copy);
	g_test_add_func("/bytes/number", test_number);
	return g_test_run();
}
