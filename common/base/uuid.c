/*
 * Identifiers, random (version 4) and by time (version 7, RFC 9562 5.7).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "uuid.h"

void
uuid_text(const unsigned char b[UUID_SIZE], char out[UUID_TEXT])
{
	static const char	 hex[] = "0123456789abcdef";
	int			 i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[b[i] >> 4];
		*out++ = hex[b[i] & 15];
	}
	*out = '\0';
}

static void
uuid_version(unsigned char b[16], int version)
{
	b[6] = (unsigned char)((b[6] & 0x0f) | version << 4);
	b[8] = (b[8] & 0x3f) | 0x80;
}

void
uuid_v4(char out[UUID_TEXT])
{
	unsigned char	b[16];

	arc4random_buf(b, sizeof b);
	uuid_version(b, 4);
	uuid_text(b, out);
}

/*
 * The time in milliseconds, then twelve bits that count within it, then
 * random ones.  A clock that is set back does not bring old ids again: then
 * the count goes on from where it was (RFC 9562 6.2, method 1).
 */
void
uuid_v7_bytes(unsigned char b[UUID_SIZE])
{
	static uint64_t	last;		/* milliseconds << 12 | count */
	uint64_t	now = ((uint64_t)clock_wall_us() / 1000) << 12;
	uint64_t	ms;
	int		i;

	arc4random_buf(b, UUID_SIZE);
	/* Half of the counts are left, to be counted through. */
	now |= (uint64_t)(b[6] & 0x07) << 8 | b[7];
	last = now > last ? now : last + 1;
	ms = last >> 12;
	for (i = 5; i >= 0; i--) {
		b[i] = ms & 0xff;
		ms >>= 8;
	}
	b[6] = (unsigned char)(last >> 8 & 0x0f);
	b[7] = (unsigned char)last;
	uuid_version(b, 7);
}

void
uuid_v7(char out[UUID_TEXT])
{
	unsigned char	b[UUID_SIZE];

	uuid_v7_bytes(b);
	uuid_text(b, out);
}

static int
uuid_nibble(char c)
{
	static const char	 digits[] = "0123456789abcdef";
	const char		*at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

int
uuid_parse(const char *p, size_t len, unsigned char out[UUID_SIZE])
{
	size_t	i, n = 0;
	int	high, low;

	if (len != UUID_TEXT - 1)
		return -1;
	for (i = 0; i < len; i += 2) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (p[i++] != '-')
				return -1;
		}
		high = uuid_nibble(p[i]);
		low = uuid_nibble(p[i + 1]);
		if (high == -1 || low == -1)
			return -1;
		out[n++] = (unsigned char)(high << 4 | low);
	}
	return 0;
}
