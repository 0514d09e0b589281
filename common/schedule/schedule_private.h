/*
 * schedule_private - what the scheduler is made of
 *
 * How these hang together is written in schedule.c.
 */
#ifndef SCHEDULE_SCHEDULE_PRIVATE_H
#define SCHEDULE_SCHEDULE_PRIVATE_H

#include <assert.h>

#include "base/hmap.h"
#include "schedule_conn.h"
#include "schedule_rate.h"
#include "schedule_view.h"
#include "slab.h"
#include "wheel.h"

enum entry_state { ENTRY_FREE, ENTRY_WAITING, ENTRY_SENDING };

struct entry {
	int64_t			deadline_ms;	/* INT64_MAX: none */
	uint64_t		user;
	uint32_t		queue;
	uint32_t		next, prev;	/* waiting, by deadline */
	uint32_t		younger, older;	/* of its window */
	uint32_t		group;		/* a name; 0: goes alone */
	struct slab_link	alarm;		/* in the heap of deadlines */
	uint16_t		worker;
	uint8_t			state, priority;
	uint8_t			candidate;
	bool			alarmed;	/* it is in the heap */
	uint32_t		route;		/* its number, as it went */
};
static_assert(sizeof(struct entry) == 64, "an entry's size");

enum queue_state { QUEUE_EMPTY, QUEUE_READY, QUEUE_PARKED };

struct queue {
	uint64_t		digest;
	uint32_t		subqueue, grouping, route, class;
	uint32_t		head, tail;	/* entries that wait */
	uint32_t		count;		/* all entries */
	struct slab_link	link;		/* among those of its tenant */
	uint32_t		tenant, turn;
	uint32_t		waits;
	uint8_t			priority, state;
	uint16_t		generation;	/* schedule_renew.c */
};
static_assert(sizeof(struct queue) == 64, "a virtual queue's size");

struct limiter {
	uint32_t		name, limits;
	uint32_t		users;		/* queues and transports */
	uint32_t		owner;		/* the one queue; 0: shared */
	uint32_t		busy : 24, evicting : 8; /* all not idle */
	uint32_t		idle;
	int64_t			tat_ns;		/* see schedule_rate.c */
	int64_t			connect_ms;	/* the next may connect */
	uint32_t		waits[2];	/* by priority */
	struct wheel_timer	timer;
	uint32_t		idles;		/* its oldest hold */
};
static_assert(sizeof(struct limiter) == 64, "a limiter's size");

/* Limits that are equal are one. */
struct limits {
	struct schedule_limits	l;
	uint32_t		refs;
};

/* A queue or a class on a limiter's list, or a class on a host's. */
struct wait {
	uint32_t		limiter, who;
	struct slab_ring	ring;		/* on its limiter */
	uint32_t		beside;		/* on its next candidate's */
	bool			is_class, is_host;
	uint8_t			priority;
};

/* Queues that share their limiters. */
struct class {
	uint64_t		stamp;		/* its oldest lane's */
	uint32_t		route;		/* without own limiters */
	uint32_t		queues;
	uint32_t		first, last;	/* lanes */
	struct slab_link	link;		/* among those that may go */
	uint32_t		waits;
	uint8_t			priority, state;	/* queue_state */
	uint16_t		generation;
};

/* A destination that has ready queues in a class, and a tenant in it. */
struct lane {
	uint64_t		stamp;
	uint32_t		class, transport, domain;
	uint32_t		next, prev;
	uint32_t		tenants;	/* a ring */
};

struct tenant {
	uint32_t		lane, name;
	struct slab_ring	ring;		/* in its lane */
	uint32_t		queues;		/* a heap */
};

struct subqueue {
	uint32_t		name[4];	/* transport, domain ... */
	uint32_t		transport;
	uint32_t		queues;
	uint32_t		waiting[2];	/* by priority */
	uint32_t		oldest, youngest; /* of priority 0 */
	bool			more;
};

struct transport_limits {
	uint32_t		name, limiter, recipients;
};

enum conn_state { CONN_BUSY, CONN_IDLE, CONN_EVICTING };

struct conn {
	uint32_t		next, prev;	/* idle ones of the pool */
	uint32_t		pool, holds;
	uint32_t		queue;		/* that used it last */
	uint16_t		worker;
	uint8_t			state;
};

struct hold {
	uint32_t		conn, limiter, beside;
	struct slab_ring	ring;		/* idle ones of the limiter */
};

struct pool {
	uint64_t		digest;
	uint32_t		transport, candidate;
	uint32_t		conns, idle;
};

#include "schedule_parts.h"

#define PART_RING_ADD(s, kind, first, i)				\
	slab_ring_add(&(s)->SLAB_##kind, offsetof(struct kind, ring), first, i)
#define PART_RING_DROP(s, kind, first, i)				\
	slab_ring_drop(&(s)->SLAB_##kind, offsetof(struct kind, ring), first, i)

#endif
