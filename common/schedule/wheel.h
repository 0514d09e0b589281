/*
 * wheel - timers in a hierarchy of slots
 *
 * Four levels of 256 slots, the lowest of a millisecond each.  A timer stands
 * in its thing; setting and dropping one is a change of links.  None comes
 * before its time, and all whose time has come are handed out.
 *
 * Process    pure; time does not go back.
 */
#ifndef SCHEDULE_WHEEL_H
#define SCHEDULE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_LEVELS = 4, WHEEL_SLOTS = 256 };

struct wheel_timer {
	uint32_t	next;
	uint32_t	prev;		/* 0: it is not set */
	uint32_t	due;		/* low bits of its milliseconds */
};

struct wheel {
	int64_t		 now;		/* all before were handed out */
	uint32_t	 count;
	uint32_t	 slot[WHEEL_LEVELS][WHEEL_SLOTS];
	uint64_t	 used[WHEEL_LEVELS][WHEEL_SLOTS / 64];
	struct wheel_timer *(*timer)(const void *arg, uint32_t i);
	const void	*arg;
};

void		 wheel_init(struct wheel *w, int64_t now,
		    struct wheel_timer *(*timer)(const void *arg, uint32_t i),
		    const void *arg);
/* It may be set already.  What is due later than in 24 days comes then. */
void		 wheel_set(struct wheel *w, uint32_t i, int64_t due);
void		 wheel_drop(struct wheel *w, uint32_t i);
bool		 wheel_is_set(const struct wheel *w, uint32_t i);
/* One that is due, and is not set any more; 0: there is none. */
uint32_t	 wheel_due(struct wheel *w, int64_t now);
/* When to ask again; never later than the next is due.  INT64_MAX: none. */
int64_t		 wheel_next(const struct wheel *w);

#endif
