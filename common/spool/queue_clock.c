/*
 * Queue time is wall and monotonic time, with every step kept in bounds.
 */
#include "queue_clock.h"

void
queue_clock_start(struct queue_clock *c, int64_t noted_ms,
    int64_t noted_wall_ms, int64_t mono_ms, int64_t wall_ms)
{
	int64_t	passed = wall_ms - noted_wall_ms;

	if (noted_ms == 0)
		passed = QUEUE_CLOCK_STEP_MS;	/* it never shows 0 */
	if (passed < 0)
		passed = 0;
	if (passed > QUEUE_CLOCK_STEP_MS)
		passed = QUEUE_CLOCK_STEP_MS;
	c->now_ms = noted_ms + passed;
	c->mono_ms = mono_ms;
	c->wall_ms = wall_ms;
}

int64_t
queue_clock_now(struct queue_clock *c, int64_t mono_ms, int64_t wall_ms)
{
	if (mono_ms > c->mono_ms) {
		c->now_ms += mono_ms - c->mono_ms;
		c->mono_ms = mono_ms;
	}
	c->wall_ms = wall_ms;
	return c->now_ms;
}

int64_t
queue_clock_wall(const struct queue_clock *c, int64_t queue_ms)
{
	return c->wall_ms + (queue_ms - c->now_ms);
}
