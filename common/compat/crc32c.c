/*
 * CRC32C: the SSE 4.2 instruction where there is one, else eight tables that
 * take eight bytes a step.
 */
#include <stdbool.h>
#include <string.h>

#include "crc32c.h"

#define CRC32C_REFLECTED	0x82f63b78U

static uint32_t	crc32c_table[8][256];

static void
crc32c_make(void)
{
	uint32_t	c, n, k;

	for (n = 0; n < 256; n++) {
		c = n;
		for (k = 0; k < 8; k++)
			c = (c & 1) != 0 ? c >> 1 ^ CRC32C_REFLECTED : c >> 1;
		crc32c_table[0][n] = c;
	}
	for (n = 0; n < 256; n++) {
		c = crc32c_table[0][n];
		for (k = 1; k < 8; k++) {
			c = crc32c_table[0][c & 0xff] ^ c >> 8;
			crc32c_table[k][n] = c;
		}
	}
}

static uint32_t
crc32c_word(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

uint32_t
crc32c_portable(uint32_t crc, const void *data, size_t n)
{
	const unsigned char	*p = data;
	uint32_t		 low, high;

	if (crc32c_table[0][1] == 0)
		crc32c_make();
	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8) {
		low = crc ^ crc32c_word(p);
		high = crc32c_word(p + 4);
		crc = crc32c_table[7][low & 0xff] ^
		    crc32c_table[6][low >> 8 & 0xff] ^
		    crc32c_table[5][low >> 16 & 0xff] ^
		    crc32c_table[4][low >> 24] ^
		    crc32c_table[3][high & 0xff] ^
		    crc32c_table[2][high >> 8 & 0xff] ^
		    crc32c_table[1][high >> 16 & 0xff] ^
		    crc32c_table[0][high >> 24];
	}
	for (; n > 0; n--, p++)
		crc = crc32c_table[0][(crc ^ *p) & 0xff] ^ crc >> 8;
	return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t
crc32c_sse(uint32_t crc, const void *data, size_t n)
{
	const unsigned char	*p = data;
	uint64_t		 c = ~crc, word;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, sizeof word);
		c = __builtin_ia32_crc32di(c, word);
	}
	for (; n > 0; n--, p++)
		c = __builtin_ia32_crc32qi((uint32_t)c, *p);
	return ~(uint32_t)c;
}

static bool
crc32c_helped(void)
{
	static int	known = -1;

	if (known == -1)
		known = __builtin_cpu_supports("sse4.2") != 0;
	return known == 1;
}

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return crc32c_helped() ? crc32c_sse(crc, p, n) :
	    crc32c_portable(crc, p, n);
}

#else

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return crc32c_portable(crc, p, n);
}

#endif
