/*
 * schedule_parts - the scheduler's state, and what its files do for each other
 *
 * Included by schedule_private.h alone.
 */
#ifndef SCHEDULE_SCHEDULE_PARTS_H
#define SCHEDULE_SCHEDULE_PARTS_H

enum { SCHEDULE_NAME_SHORT = 20 };	/* as most are */
struct schedule_name {
	uint32_t	refs, hash, len;
	char		text[SCHEDULE_NAME_SHORT]; /* or a pointer */
};

/* Candidates with their limiters, as words; see schedule_route.c. */
struct route {
	uint32_t	refs, hash;
	uint32_t	len;
	uint32_t	number;		/* no other has had it */
	uint32_t	word[];
};

struct worker {
	uint32_t	limit, sending;
	bool		there, drains;
};

struct action {
	enum schedule_action_kind kind;
	uint32_t	ref, conn, name[4];
	uint64_t	user;
	uint16_t	worker;
};

enum { SCHEDULE_WORKERS = 1024, SCHEDULE_HOT = 256 };

struct schedule {
	struct schedule_options	 o;
	int64_t			 now;
	uint64_t		 secret[2];
	uint64_t		 stamp;
	uint32_t		 turn;
	struct slab		 entries, queues, limiters, limits, waits;
	struct slab		 classes, lanes, tenants, subqueues;
	struct slab		 transports, conns, holds, pools, hosts;
	struct slab		 names, routes;		/* these: pointers */
	struct slab_index	 by_queue, by_limiter, by_limits, by_class;
	struct slab_index	 by_lane, by_tenant, by_subqueue;
	struct slab_index	 by_transport, by_pool, by_host;
	struct slab_index	 by_name, by_route;
	uint32_t		 heap[2];	/* classes, by priority */
	uint32_t		 old[2];	/* those that are stale */
	uint16_t		 generation;
	uint32_t		 swept;		/* queues below it */
	uint32_t		 routed;	/* routes there were */
	uint32_t		 barred, bars;	/* hosts, by the end */
	uint32_t		 wakes;		/* hosts that wake some */
	uint64_t		 random;
	uint32_t		 alarms;	/* entries, by deadline */
	struct wheel		 wheel;
	struct worker		 worker[SCHEDULE_WORKERS];
	uint32_t		 workers;	/* slots below it are used */
	uint32_t		 waiting, sending, idle;
	bool			 refused;	/* by active_limit */
	struct action		*actions;	/* a ring */
	uint32_t		 action_first, action_count, action_size;
	uint32_t		 shown[4];	/* names of the last action */
	uint32_t		*refs;		/* of the last pickup */
	uint32_t		 refs_size;
	uint32_t		 hot[SCHEDULE_HOT], hot_count;
	uint64_t		 pickups, visits, tries, extra_bytes;
};

#define PART(s, kind, i)	((struct kind *)slab_at(&(s)->SLAB_##kind, i))
#define SLAB_schedule_name	names
#define SLAB_entry		entries
#define SLAB_queue		queues
#define SLAB_limiter		limiters
#define SLAB_limits		limits
#define SLAB_wait		waits
#define SLAB_class		classes
#define SLAB_lane		lanes
#define SLAB_tenant		tenants
#define SLAB_subqueue		subqueues
#define SLAB_transport_limits	transports
#define SLAB_conn		conns
#define SLAB_hold		holds
#define SLAB_pool		pools
#define SLAB_host		hosts

#include "schedule_way.h"

/* Limiters. */
uint32_t	limiter_take(struct schedule *s, struct str name,
		    const struct schedule_limits *l);
const struct schedule_limits *limiter_limits(const struct schedule *s,
		    uint32_t limiter);
void		limiter_set(struct schedule *s, uint32_t limiter,
		    const struct schedule_limits *l);
uint32_t	limiter_find(const struct schedule *s, struct str name);
void		limiter_release(struct schedule *s, uint32_t limiter);
/* SCHEDULE_WAIT_TURN: it has room. */
enum schedule_wait limiter_room(struct schedule *s, uint32_t limiter,
		    bool connect);
bool		limiter_is_full(const struct schedule *s, uint32_t limiter);
/* A connect begins: the next one not before its interval. */
void		limiter_connect(struct schedule *s, uint32_t limiter);
void		limiter_wait(struct schedule *s, uint32_t limiter,
		    uint32_t who, bool is_class);
void		limiter_unwait(struct schedule *s, uint32_t *waits);
/* One of those that wait may try, if there is room. */
void		limiter_pass(struct schedule *s, uint32_t limiter);
void		limiter_timers(struct schedule *s);

/* Virtual queues, and their places among those that may go. */
uint32_t	squeue_of(struct schedule *s,
		    const struct schedule_entry_in *in, uint32_t subqueue);
/* 0: it is not there, or stale. */
uint32_t	squeue_known(const struct schedule *s,
		    const struct schedule_entry_in *in, uint32_t subqueue);
bool		squeue_is_stale(const struct schedule *s, uint32_t queue);
/* Takes the route. */
void		squeue_reroute(struct schedule *s, uint32_t queue,
		    uint32_t route);
uint32_t	squeue_twin(struct schedule *s, uint32_t queue, int priority);
void		squeue_release(struct schedule *s, uint32_t queue);
/* Its first entry has changed, or whether it may go. */
void		squeue_update(struct schedule *s, uint32_t queue);
void		squeue_share(struct schedule *s, uint32_t queue);
void		squeue_wake(struct schedule *s, uint32_t queue);
void		squeue_park(struct schedule *s, uint32_t queue,
		    uint32_t limiter);
void		squeue_turn(struct schedule *s, uint32_t queue);
void		squeue_pass(struct schedule *s, uint32_t queue);

uint32_t	class_of(struct schedule *s, uint32_t route,
		    const struct queue *q);
void		class_renew(struct schedule *s);
void		class_release(struct schedule *s, uint32_t class);
void		class_wake(struct schedule *s, uint32_t class);
void		class_park(struct schedule *s, uint32_t class);
void		lane_enter(struct schedule *s, uint32_t queue);
void		lane_leave(struct schedule *s, uint32_t queue);
void		lane_rekey(struct schedule *s, uint32_t queue);
uint32_t	lane_first(struct schedule *s, uint32_t class);
void		lane_turn(struct schedule *s, uint32_t class);

#include "schedule_flow.h"

#endif
