/*
 * Each wait is twice the one before, up to the longest.
 */
#include "backoff.h"

int64_t
backoff_wait(int64_t first_ms, int64_t most_ms, unsigned int tries)
{
	int64_t	wait = first_ms;

	while (tries-- > 0 && wait < most_ms)
		wait *= 2;
	return wait < most_ms ? wait : most_ms;
}

void
backoff_init(struct backoff *b, struct loop *l, void (*fn)(void *arg),
    void *arg)
{
	timer_init(&b->timer, l, fn, arg);
	backoff_reset(b);
}

void
backoff_fini(struct backoff *b)
{
	timer_fini(&b->timer);
}

void
backoff_later(struct backoff *b)
{
	timer_start(&b->timer, b->wait_ms);
	b->wait_ms = b->wait_ms * 2 < BACKOFF_MAX_MS ? b->wait_ms * 2 :
	    BACKOFF_MAX_MS;
}

void
backoff_reset(struct backoff *b)
{
	b->wait_ms = BACKOFF_MS;
}
