/*
 * backoff - a timer for what is tried again, ever more seldom
 *
 * From a hundredth of a second to a quarter: for who comes back to a service
 * of the same instance, which is there again soon.
 *
 * Ownership  the caller's storage, from backoff_init() to backoff_fini().
 * Failure    none.
 */
#ifndef EVENT_BACKOFF_H
#define EVENT_BACKOFF_H

#include "loop.h"

#define BACKOFF_MS	10
#define BACKOFF_MAX_MS	250

struct backoff {
	struct timer	timer;
	int64_t		wait_ms;	/* the next time */
};

void	backoff_init(struct backoff *b, struct loop *l,
	    void (*fn)(void *arg), void *arg);
void	backoff_fini(struct backoff *b);
/* fn is called when this wait is over; the next one is twice as long. */
void	backoff_later(struct backoff *b);
/* It went well: the next wait is the shortest again. */
void	backoff_reset(struct backoff *b);
/* The wait of who counts tries himself, since they outlive him: the first one
 * before any, then twice the one before, up to the longest. */
int64_t	backoff_wait(int64_t first_ms, int64_t most_ms, unsigned int tries);

#endif
