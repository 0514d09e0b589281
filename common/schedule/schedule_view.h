/*
 * schedule_view - limits that change, and what the scheduler knows
 *
 * Process    pure; see schedule.h.
 */
#ifndef SCHEDULE_SCHEDULE_VIEW_H
#define SCHEDULE_SCHEDULE_VIEW_H

#include "schedule.h"

uint64_t schedule_user(const struct schedule *s, schedule_ref ref);
bool	schedule_is_sending(const struct schedule *s, schedule_ref ref);

/* Of a limiter that is there: new limits, with what is counted kept. */
bool	schedule_limit(struct schedule *s, struct str name,
	    const struct schedule_limits *limits, int64_t now_ms);

enum schedule_wait {
	SCHEDULE_WAIT_TURN,		/* it may go, others are before it */
	SCHEDULE_WAIT_SENDING,		/* it is being sent */
	SCHEDULE_WAIT_CONCURRENCY, SCHEDULE_WAIT_RATE,
	SCHEDULE_WAIT_CONNECT,		/* connectinterval */
	SCHEDULE_WAIT_WORKER,		/* all have enough */
	SCHEDULE_WAIT_CLOSED,		/* it is suspended */
	SCHEDULE_WAIT_BARRED,		/* the host can't be reached */
};

struct schedule_reason {
	enum schedule_wait	 why;
	struct str		 limiter;	/* STR_NONE: none */
	int64_t			 room_ms;	/* when; INT64_MAX: unknown */
};

void	schedule_explain(struct schedule *s, schedule_ref ref,
	    int64_t now_ms, struct schedule_reason *r);

/* The same of one of its candidates; false: there is none of that number. */
bool	schedule_explain_candidate(struct schedule *s, schedule_ref ref,
	    unsigned candidate, int64_t now_ms, struct schedule_reason *r);

/* A limiter, and what is counted against it now. */
struct schedule_limiter_view {
	struct str		 name;
	struct schedule_limits	 limits;
	uint32_t		 busy, idle;	/* connections */
	uint32_t		 waiting;	/* queues and classes; as far
						 * as it counts, 10000 */
	uint32_t		 tokens;	/* now, at most a window's;
						 * without a rate none */
	int64_t			 room_ms;	/* when there is room; 0: now;
						 * INT64_MAX: unknown */
};

bool	schedule_limiter_find(struct schedule *s, struct str name,
	    int64_t now_ms, struct schedule_limiter_view *v);
/* The next one; *at begins with 0.  Those that come or go meanwhile may be
 * shown or not. */
bool	schedule_limiter_next(struct schedule *s, uint32_t *at,
	    int64_t now_ms, struct schedule_limiter_view *v);
/* A connection that counts against a limiter, the next one; *at begins with 0.
 * false: there are no more among the first 100000. */
bool	schedule_holder_next(struct schedule *s, struct str limiter,
	    uint32_t *at, schedule_conn *conn);
/* Its bucket is full again, its connectinterval over. */
bool	schedule_refill(struct schedule *s, struct str name, int64_t now_ms);

/* Buckets over a restart: in how many milliseconds all that was taken of its
 * rate is there again.  A limiter that is set before anybody has it is kept
 * until its bucket is full. */
bool	schedule_bucket(struct schedule *s, struct str name, int64_t now_ms,
	    int64_t *full_ms);
void	schedule_bucket_set(struct schedule *s, struct str name,
	    const struct schedule_limits *limits, int64_t full_ms,
	    int64_t now_ms);

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
