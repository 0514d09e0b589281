/*
 * took - how long each of many things took: the parts of it
 *
 * Process  pure.
 */
#ifndef TESTS_TOOLS_TOOK_H
#define TESTS_TOOLS_TOOK_H

#include <stdint.h>
#include <stdlib.h>

static int
took_by_value(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Before took_part(). */
static void
took_sort(uint32_t *us, long count)
{
	qsort(us, (size_t)count, sizeof *us, took_by_value);
}

/* That part of them took no longer. */
static uint32_t
took_part(const uint32_t *us, long count, double part)
{
	long	n = (long)((double)count * part);

	return us[n < count ? n : count - 1];
}

#endif
