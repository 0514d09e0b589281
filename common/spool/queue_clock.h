/*
 * queue_clock - the time by which mail ages
 *
 * It is moved by the monotonic clock, and at a start by what the wall clock
 * says has passed since it was last noted, at most an hour: a clock that is
 * set forward or back by years makes no mail expire, and none wait for years.
 * Milliseconds since the first start of the spool, and an hour more.
 *
 * Process  pure; the clocks are the caller's.
 */
#ifndef SPOOL_QUEUE_CLOCK_H
#define SPOOL_QUEUE_CLOCK_H

#include <stdint.h>

#define QUEUE_CLOCK_STEP_MS	(60 * 60 * 1000LL)

struct queue_clock {
	int64_t	now_ms;		/* of the queue clock, at mono_ms */
	int64_t	mono_ms;
	int64_t	wall_ms;	/* when it was noted: what to compare with
				 * at the next start */
};

/* noted_ms, noted_wall_ms: what was written last; 0, 0: a new spool. */
void	queue_clock_start(struct queue_clock *c, int64_t noted_ms,
	    int64_t noted_wall_ms, int64_t mono_ms, int64_t wall_ms);
int64_t	queue_clock_now(struct queue_clock *c, int64_t mono_ms,
	    int64_t wall_ms);
/* The wall clock's time for a time of the queue clock, for people. */
int64_t	queue_clock_wall(const struct queue_clock *c, int64_t queue_ms);

#endif
