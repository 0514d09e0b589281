#include <stdint.h>
#include <stdlib.h>

#include "clock.h"
#include "uuid.h"

static void
uuid_format(const unsigned char b[16], char out[UUID_TEXT])
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
	uuid_format(b, out);
}

void
uuid_v7(char out[UUID_TEXT])
{
	unsigned char	b[16];
	uint64_t	ms = (uint64_t)clock_wall_us() / 1000;
	int		i;

	arc4random_buf(b, sizeof b);
	for (i = 5; i >= 0; i--) {
		b[i] = ms & 0xff;
		ms >>= 8;
	}
	uuid_version(b, 7);
	uuid_format(b, out);
}
