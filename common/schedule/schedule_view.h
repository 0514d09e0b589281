/*
 * schedule_view - limits that change, and what the scheduler knows
 *
 * Process    pure; see schedule.h.
 */
#ifndef SCHEDULE_SCHEDULE_VIEW_H
#define SCHEDULE_SCHEDULE_VIEW_H

#include "schedule.h"

/* Of a limiter that is there: new limits, with what is counted kept. */
bool	schedule_limit(struct schedule *s, struct str name,
	    const struct schedule_limits *limits, int64_t now_ms);

enum schedule_wait {
	SCHEDULE_WAIT_TURN,		/* it may go, others are before it */
	SCHEDULE_WAIT_SENDING,		/* it is being sent */
	SCHEDULE_WAIT_CONCURRENCY, SCHEDULE_WAIT_RATE,
	SCHEDULE_WAIT_CONNECT,		/* connectinterval */
	SCHEDULE_WAIT_WORKER,		/* all have enough */
};

struct schedule_reason {
	enum schedule_wait	 why;
	struct str		 limiter;	/* STR_NONE: none */
	int64_t			 room_ms;	/* when; INT64_MAX: unknown */
};

void	schedule_explain(struct schedule *s, schedule_ref ref,
	    int64_t now_ms, struct schedule_reason *r);

struct schedule_stats {
	uint32_t	waiting, sending;	/* entries */
	uint32_t	subqueues, queues, classes, limiters, names;
	uint32_t	connections, idle;
	uint64_t	pickups;
	uint64_t	visits;		/* of limiters, by all pickups */
	uint64_t	tries;		/* of classes and queues */
	uint64_t	bytes;		/* all that is allocated */
};

void	schedule_stats(const struct schedule *s, struct schedule_stats *st);

#endif
