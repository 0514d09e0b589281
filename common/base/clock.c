/*
 * Both times come from clock_gettime(), in microseconds.
 */
#include <time.h>

#include "clock.h"
#include "fatal.h"

static int64_t
clock_us(clockid_t id)
{
	struct timespec	ts;

	if (clock_gettime(id, &ts) == -1)
		panic("clock_gettime");
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

int64_t
clock_wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}
