/*
 * Each wait is twice the one before, up to the longest.
 */
#include "backoff.h"

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
