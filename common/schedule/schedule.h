/*
 * schedule - what of the queue goes next, and when
 *
 * Entries come in, pickups come out.  The caller tells of all that happens,
 * and of the time: now_ms is any clock that does not go back.  After whatever
 * it tells, it asks schedule_next() until there is none, and does what
 * schedule_action() says until there is none.
 *
 *	add -> WAITING -> next -> SENDING -> done: it is gone
 *	                              '----> again: it waits as before
 *
 * An entry belongs to a sub-queue (transport, domain, tenant, job), which has
 * a window of so many entries; what has no room stays on disk, and REFILL
 * asks for it.  A pickup takes a token per recipient of every limiter of its
 * candidate, and a slot of each for its connection.  The slots are the
 * connection's until it is closed; one that is idle is used again, or evicted
 * where another needs its slot.
 *
 * Connections, workers: schedule_conn.h; candidates that change:
 * schedule_renew.h; what is known: schedule_view.h.
 *
 * Ownership  text is borrowed for the call; text in answers until the next
 *            call that changes anything.  schedule_free() takes and clears.
 * Failure    none but for what is said: memory is bound by active_limit.
 * Process    pure; neither clock nor I/O.
 */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "schedule_limit.h"

/* Handles; 0 is none.  One that was given back may be given out again. */
typedef uint32_t schedule_ref;		/* an entry */
typedef uint32_t schedule_conn;		/* a connection */
struct schedule;

struct schedule_options {
	uint32_t	active_limit;		/* 0: 100000 */
	uint32_t	active_window;		/* of a sub-queue; 0: 100 */
	/* What began before us is unknown: limiters begin empty. */
	bool		cold;
	int64_t		start_ms;
	uint64_t	seed;			/* of draws; 0: any */
};

/* What is known before routing. */
struct schedule_subqueue {
	struct str	transportid, recipientdomain, tenantid, jobid;
};

/* Entries of the same go together, up to the transport's `recipients`. */
struct schedule_group {
	uint8_t		transaction[16];
	uint64_t	edits;
	uint64_t	digest;		/* of sender, DSN mode ... */
};

struct schedule_entry_in {
	struct schedule_subqueue subqueue;
	struct str		 grouping;
	/* Of all else that shapes an attempt: connections are used again only
	 * where transport, digest and candidate are the same. */
	uint64_t		 digest;
	int			 priority;	/* 0 or 1: before all of 0 */
	int64_t			 deadline_ms;	/* useful_until; 0: none */
	struct schedule_group	 group;
	uint64_t		 user;		/* the caller's own */
	uint16_t		 recipients;	/* 0: as the transport */
	/* NULL: one, whose only limiter is the transport's; or if `known`,
	 * those that its queue has.  The newest ones hold for all of it. */
	const struct schedule_candidate *candidates;
	size_t			 candidate_count;
	bool			 known;
};
/* No refs: there is no room; its queue is `known`, but not there or stale. */
enum { SCHEDULE_FULL = 0, SCHEDULE_UNKNOWN = 0x7fffffff };
enum { SCHEDULE_NOBODY = 0xffff };	/* no worker */
struct schedule *schedule_new(const struct schedule_options *o);
void	schedule_free(struct schedule **s);

/* A transport's own limiter, and how many recipients go together; again
 * after a reload: what is counted stays. */
void	schedule_transport(struct schedule *s, struct str id,
	    const struct schedule_limits *limits, uint32_t recipients);

/* ---- Entries ------------------------------------------------------------ */

/* How many more of that priority schedule_add() would take.  A priority 1
 * entry may displace one of 0: that is in the number. */
uint32_t schedule_room(struct schedule *s, const struct schedule_subqueue *q,
	    int priority);
/* SCHEDULE_FULL: it stays on disk; and this sub-queue has more, as after
 * schedule_more(). */
schedule_ref schedule_add(struct schedule *s,
	    const struct schedule_entry_in *in, int64_t now_ms);
/* There is more on disk: REFILL when half of the window is free. */
void	schedule_more(struct schedule *s, const struct schedule_subqueue *q);
/* Held, deleted by hand ...: false if it is being sent. */
bool	schedule_remove(struct schedule *s, schedule_ref ref);
/* From the next pickup on; false if it is being sent. */
bool	schedule_priority(struct schedule *s, schedule_ref ref, int priority);
/* A SENDING entry leaves, whatever became of it. */
void	schedule_done(struct schedule *s, schedule_ref ref);
/* It was not tried: it waits again, before others of its queue. */
void	schedule_again(struct schedule *s, schedule_ref ref);
/* No SYN left: its tokens come back.  Before done or again. */
void	schedule_refund(struct schedule *s, schedule_ref ref);

/* ---- Pickups ------------------------------------------------------------ */

struct schedule_pickup {
	const schedule_ref	*refs;		/* until the next call */
	size_t			 count;
	unsigned		 candidate;	/* its place in the list */
	/* true: this one is to be opened; false: it is there, and idle. */
	bool			 may_connect;
	schedule_conn		 conn;
	uint16_t		 worker;	/* slot */
	uint64_t		 digest;	/* its virtual queue's */
	bool			 barred;	/* all its hosts are */
};
/* true: *p goes now, its entries are SENDING.  false: nothing may go before
 * *wake_ms (INT64_MAX: before something else happens). */
bool	schedule_next(struct schedule *s, int64_t now_ms,
	    struct schedule_pickup *p, int64_t *wake_ms);
enum schedule_action_kind {
	SCHEDULE_REFILL,	/* subqueue: its window has room again */
	SCHEDULE_ROOM,		/* active_limit does, after a refusal */
	SCHEDULE_DISPLACED,	/* ref, user: back to disk; ref is gone */
	SCHEDULE_EVICT,		/* worker closes conn, then tells of it */
	SCHEDULE_DEADLINE,	/* ref, user: passed while it waits; once */
};

struct schedule_action {
	enum schedule_action_kind kind;
	schedule_ref		 ref;
	uint64_t		 user;
	schedule_conn		 conn;
	uint16_t		 worker;
	struct schedule_subqueue subqueue;
};
bool	schedule_action(struct schedule *s, int64_t now_ms,
	    struct schedule_action *a);

#endif
