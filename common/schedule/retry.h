/*
 * retry - when a recipient is tried again, and when it is given up
 *
 * Times are of the queue's clock.  The n-th delay is step n of the
 * transport's `retry`, the last of which repeats; a last attempt is made at
 * the moment when the age is reached.
 *
 * Process    pure.
 */
#ifndef SCHEDULE_RETRY_H
#define SCHEDULE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "transport_option.h"

struct retry_entry {
	int64_t		created_ms;	/* when it was queued */
	int		retry;		/* counted attempts before this one */
	bool		null_sender;
	/* `useful_until`; 0: none.  by_return: RFC 2852's mode R. */
	int64_t		deadline_ms;
	bool		by_return;
	bool		deadline_told;
};

struct retry_verdict {
	bool		expired;	/* no further attempt by schedule */
	bool		late;		/* mode R: deadline passed (5.4.7) */
	int64_t		due_ms;		/* of the next, if there is one */
	bool		notify;		/* a delay notice is due by step */
	bool		notify_deadline; /* mode N: DELIVERBY passed */
};

/* When its age is reached. */
int64_t	retry_expiry(const struct transport_options *o,
	    const struct retry_entry *e);
/* As a hook sees it while the verdict is made. */
bool	retry_expired(const struct transport_options *o,
	    const struct retry_entry *e, int64_t now_ms);
/*
 * After a temporary failure at now_ms.  random: any number, decides the
 * jitter.  The caller counts retry up afterwards.
 */
struct retry_verdict retry_temporary(const struct transport_options *o,
	    const struct retry_entry *e, int64_t now_ms, uint64_t random);
/* The delay behind this attempt by the schedule alone. */
int64_t	retry_wait(const struct transport_options *o,
	    const struct retry_entry *e, uint64_t random);
/* The time that a verdict chose, limited by expiry and deadline. */
int64_t	retry_due(const struct transport_options *o,
	    const struct retry_entry *e, int64_t now_ms, int64_t chosen_ms);
/* What is due since an hour or more past its expiry and never started goes
 * to post-delivery alone. */
bool	retry_too_late(const struct transport_options *o,
	    const struct retry_entry *e, int64_t now_ms);

#endif
