/*
 * bytes - whole numbers at fixed places of a block, most significant byte
 * first
 *
 * For the heads of segments, batches and records, which have one size; what
 * has none is written by base/wire.h.
 */
#ifndef SPOOL_BYTES_H
#define SPOOL_BYTES_H

#include <stdint.h>

static inline void
bytes_put(unsigned char *p, uint64_t value, int size)
{
	int	i;

	for (i = size - 1; i >= 0; i--) {
		p[i] = (unsigned char)value;
		value >>= 8;
	}
}

static inline uint64_t
bytes_get(const unsigned char *p, int size)
{
	uint64_t	value = 0;
	int		i;

	for (i = 0; i < size; i++)
		value = value << 8 | p[i];
	return value;
}

#endif
