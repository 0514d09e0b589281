/*
 * schedule_rate - tokens, as one number that stands in a limiter
 *
 * Process    pure.
 */
#ifndef SCHEDULE_SCHEDULE_RATE_H
#define SCHEDULE_SCHEDULE_RATE_H

#include "schedule_limit.h"

/* As if nothing was there at start_ms. */
int64_t		rate_cold(const struct schedule_limits *l, int64_t start_ms);
/* How many are there now, at most `most`. */
uint32_t	rate_tokens(const struct schedule_limits *l, int64_t tat_ns,
		    int64_t now_ms, uint32_t most);
int64_t		rate_take(const struct schedule_limits *l, int64_t tat_ns,
		    int64_t now_ms, uint32_t count);
int64_t		rate_give(const struct schedule_limits *l, int64_t tat_ns,
		    int64_t now_ms, uint32_t count);
/* When one is there, if none is taken before. */
int64_t		rate_when(const struct schedule_limits *l, int64_t tat_ns,
		    int64_t now_ms);
/* The same for other limits: what was taken stays taken, and no more is there
 * than the new limits allow. */
int64_t		rate_convert(const struct schedule_limits *from,
		    const struct schedule_limits *to, int64_t tat_ns,
		    int64_t now_ms);
/* When nothing is left of what was taken. */
int64_t		rate_full(const struct schedule_limits *l, int64_t tat_ns);
/* The other way round: nothing will be left in so many milliseconds.  Of a
 * window it is not known how much was taken of it: all. */
int64_t		rate_until(const struct schedule_limits *l, int64_t full_ms,
		    int64_t now_ms);

#endif
