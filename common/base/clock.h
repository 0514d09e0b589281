/*
 * clock - the two times a mail system needs
 *
 * clock_mono_*  only moves forward; for ages, timeouts, durations.
 * clock_wall_*  what a calendar shows; for logs and headers.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t	clock_mono_us(void);
int64_t	clock_mono_ms(void);
int64_t	clock_wall_us(void);

#endif
