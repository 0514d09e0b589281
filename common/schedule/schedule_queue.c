/*
 * schedule_queue - virtual queues: entries that could take one connection
 *
 *	EMPTY   nothing waits (all of it is being sent)
 *	READY   in its class, as far as its own limiters say
 *	PARKED  on a limiter of its own
 *
 * A limiter is a queue's own while no other queue has it.  A queue with one
 * candidate waits for its own limiters alone, and its class is of the shared
 * ones.  With the second queue a limiter becomes shared, and stays so: the
 * first queue changes its class.  Where there are several candidates, all
 * their limiters count as shared.
 *
 * A queue is found without its route, which it has and which may change: then
 * it leaves its class and its limiters for those of the new one.
 */
#include <string.h>

#include "schedule_private.h"

struct squeue_key {
	uint64_t	digest;
	uint32_t	subqueue, grouping, priority;
};

static bool
squeue_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule	*s = arg;
	const struct queue	*q = PART(s, queue, i);
	const struct squeue_key *k = key;

	return q->subqueue == k->subqueue && q->grouping == k->grouping &&
	    q->digest == k->digest && q->priority == k->priority;
}

static uint32_t
squeue_hash(const struct squeue_key *k)
{
	uint32_t word[] = { k->subqueue, k->grouping, k->priority,
	    (uint32_t)k->digest, (uint32_t)(k->digest >> 32) };

	return slab_hash(word, sizeof(word) / sizeof(*word));
}

/* Its class: of what is not its own. */
static void
squeue_join(struct schedule *s, uint32_t queue)
{
	struct queue	   *q = PART(s, queue, queue);
	const struct route *r = route_at(s, q->route);
	const uint32_t	   *c = route_candidate(r, 0);
	uint32_t	    word[1 + WAY_HEAD + SCHEDULE_LIMITERS];
	uint32_t	    len = 1 + WAY_HEAD, route;

	if (route_candidates(r) == 1) {
		word[0] = 1;
		memcpy(word + 1, c, WAY_HEAD * sizeof(*c));
		for (uint32_t k = 0; k < c[WAY_COUNT]; k++)
			if (PART(s, limiter, c[WAY_HEAD + k])->owner != queue)
				word[len++] = c[WAY_HEAD + k];
		word[1 + WAY_COUNT] = len - 1 - WAY_HEAD;
		route = route_take(s, word, len);
	} else {
		route = route_take(s, r->word, r->len);
	}
	q->class = class_of(s, route, q);
}

/* One more user of every limiter of its route, at each place that it has. */
static void
squeue_count(struct schedule *s, uint32_t queue)
{
	const struct route *r = route_at(s, PART(s, queue, queue)->route);
	const uint32_t	   *c = route_candidate(r, 0);

	for (uint32_t n = 0; n < route_candidates(r); n++, c = way_next(c))
		for (uint32_t k = 0; k < c[WAY_COUNT]; k++)
			PART(s, limiter, c[WAY_HEAD + k])->users++;
}

/* What nobody else uses becomes its own; what another one owned is shared from
 * now on. */
static void
squeue_own(struct schedule *s, uint32_t queue)
{
	const struct route *r = route_at(s, PART(s, queue, queue)->route);
	const uint32_t	   *c = route_candidate(r, 0);
	bool		    alone = route_candidates(r) == 1;

	for (uint32_t n = 0; n < route_candidates(r); n++, c = way_next(c))
		for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
			struct limiter *l = PART(s, limiter, c[WAY_HEAD + k]);

			if (l->users == 1 && alone)
				l->owner = queue;
			else if (l->owner != 0)
				squeue_share(s, l->owner);
		}
}

static void
squeue_forget(struct schedule *s, uint32_t route, uint32_t queue)
{
	const struct route *r = route_at(s, route);
	const uint32_t	   *c = route_candidate(r, 0);

	for (uint32_t n = 0; n < route_candidates(r); n++, c = way_next(c))
		for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
			struct limiter *l = PART(s, limiter, c[WAY_HEAD + k]);

			if (l->owner == queue)
				l->owner = 0;
			if (--l->users == 0)
				limiter_release(s, c[WAY_HEAD + k]);
		}
}

static uint32_t
squeue_new(struct schedule *s, const struct squeue_key *k, uint32_t route,
    uint16_t generation)
{
	uint32_t      i = slab_take(&s->queues);
	struct queue *q = PART(s, queue, i);

	q->digest = k->digest;
	q->subqueue = k->subqueue;
	q->grouping = sname_ref(s, k->grouping);
	q->route = route;
	q->generation = generation;
	q->priority = (uint8_t)k->priority;
	PART(s, subqueue, q->subqueue)->queues++;
	slab_index_add(&s->by_queue, squeue_hash(k), i);
	squeue_count(s, i);
	squeue_own(s, i);
	squeue_join(s, i);
	return i;
}

bool
squeue_is_stale(const struct schedule *s, uint32_t queue)
{
	return PART(s, queue, queue)->generation != s->generation;
}

static uint32_t
squeue_find(const struct schedule *s, const struct squeue_key *k)
{
	return slab_index_find(&s->by_queue, squeue_hash(k), squeue_same, s,
	    k);
}

uint32_t
squeue_known(const struct schedule *s, const struct schedule_entry_in *in,
    uint32_t subqueue)
{
	struct squeue_key k = { in->digest, subqueue,
	    sname_find(s, in->grouping), in->priority != 0 };
	uint32_t	  i;

	if (subqueue == 0 || (k.grouping == 0 && in->grouping.len > 0))
		return 0;
	i = squeue_find(s, &k);
	return i == 0 || squeue_is_stale(s, i) ? 0 : i;
}

uint32_t
squeue_of(struct schedule *s, const struct schedule_entry_in *in,
    uint32_t subqueue)
{
	struct squeue_key k = { in->digest, subqueue,
	    sname_take(s, in->grouping), in->priority != 0 };
	uint32_t i = squeue_find(s, &k), route = route_of(s, in);

	if (i != 0)
		squeue_reroute(s, i, route);
	else
		i = squeue_new(s, &k, route, s->generation);
	sname_drop(s, k.grouping);
	return i;
}

/* It has the route of the other, as old as it is there. */
uint32_t
squeue_twin(struct schedule *s, uint32_t queue, int priority)
{
	const struct queue *q = PART(s, queue, queue);
	struct squeue_key   k = { q->digest, q->subqueue, q->grouping,
	    (uint32_t)priority };
	const struct route *r = route_at(s, q->route);
	uint32_t	    i = squeue_find(s, &k);

	if (i != 0)
		return i;
	return squeue_new(s, &k, route_take(s, r->word, r->len),
	    q->generation);
}

/* It has memory only while it has an entry. */
void
squeue_release(struct schedule *s, uint32_t queue)
{
	struct queue	 *q = PART(s, queue, queue);
	struct squeue_key k = { q->digest, q->subqueue, q->grouping,
	    q->priority };
	uint32_t	  subqueue = q->subqueue;

	if (q->count > 0)
		return;
	assert(q->state == QUEUE_EMPTY);
	slab_index_drop(&s->by_queue, squeue_hash(&k), queue);
	class_release(s, q->class);
	squeue_forget(s, q->route, queue);
	route_drop(s, q->route);
	sname_drop(s, q->grouping);
	slab_give(&s->queues, queue);
	PART(s, subqueue, subqueue)->queues--;
	window_release(s, subqueue);
}

/* The first limiter of its own that has no room, or 0. */
static uint32_t
squeue_blocker(struct schedule *s, uint32_t queue)
{
	const struct route *r = route_at(s, PART(s, queue, queue)->route);
	const uint32_t	   *c = route_candidate(r, 0);

	for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
		uint32_t limiter = c[WAY_HEAD + k];

		if (PART(s, limiter, limiter)->owner == queue &&
		    limiter_room(s, limiter, false) != SCHEDULE_WAIT_TURN)
			return limiter;
	}
	return 0;
}

/* Into its class, or onto a limiter of its own.  A stale one waits for nothing
 * but another route. */
static void
squeue_enter(struct schedule *s, uint32_t queue)
{
	uint32_t limiter = squeue_is_stale(s, queue) ? 0 :
	    squeue_blocker(s, queue);

	if (limiter != 0)
		squeue_park(s, queue, limiter);
	else
		lane_enter(s, queue);
}

static void
squeue_leave(struct schedule *s, uint32_t queue)
{
	struct queue *q = PART(s, queue, queue);

	if (q->state == QUEUE_READY)
		lane_leave(s, queue);
	limiter_unwait(s, &q->waits);
	q->state = QUEUE_EMPTY;
}

void
squeue_update(struct schedule *s, uint32_t queue)
{
	struct queue *q = PART(s, queue, queue);

	if (q->head == 0)
		squeue_leave(s, queue);
	else if (q->state == QUEUE_EMPTY)
		squeue_enter(s, queue);
	else if (q->state == QUEUE_READY)
		lane_rekey(s, queue);
}

void
squeue_park(struct schedule *s, uint32_t queue, uint32_t limiter)
{
	squeue_leave(s, queue);
	PART(s, queue, queue)->state = QUEUE_PARKED;
	limiter_wait(s, limiter, queue, false);
	limiter_pass(s, limiter);
}

void
squeue_wake(struct schedule *s, uint32_t queue)
{
	squeue_leave(s, queue);
	squeue_update(s, queue);
}

/* Some of its entries went. */
void
squeue_turn(struct schedule *s, uint32_t queue)
{
	struct queue *q = PART(s, queue, queue);
	uint32_t      limiter;

	if (q->head != 0 && q->state == QUEUE_READY &&
	    (limiter = squeue_blocker(s, queue)) != 0)
		squeue_park(s, queue, limiter);
	else
		squeue_update(s, queue);
}

/* One of its limiters has got another user. */
void
squeue_share(struct schedule *s, uint32_t queue)
{
	struct queue	   *q = PART(s, queue, queue);
	const uint32_t	   *c = route_candidate(route_at(s, q->route), 0);
	uint32_t	    class = q->class;

	squeue_leave(s, queue);
	for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
		struct limiter *l = PART(s, limiter, c[WAY_HEAD + k]);

		if (l->owner == queue && l->users > 1)
			l->owner = 0;
	}
	squeue_join(s, queue);
	class_release(s, class);
	squeue_update(s, queue);
}

/*
 * The new limiters are counted before the old ones are forgotten, so that one
 * that stands in both routes keeps what is counted.  The queue waits nowhere
 * meanwhile, and its class is gone if this was the last queue of it.
 */
void
squeue_reroute(struct schedule *s, uint32_t queue, uint32_t route)
{
	struct queue *q = PART(s, queue, queue);
	uint32_t      old = q->route;

	if (old == route && !squeue_is_stale(s, queue)) {
		route_drop(s, route);		/* the queue has it */
		return;
	}
	squeue_leave(s, queue);
	class_release(s, q->class);
	q->route = route;
	q->generation = s->generation;
	squeue_count(s, queue);
	squeue_forget(s, old, queue);
	route_drop(s, old);
	squeue_own(s, queue);
	squeue_join(s, queue);
	squeue_update(s, queue);
}

void
squeue_pass(struct schedule *s, uint32_t queue)
{
	route_pass(s, PART(s, queue, queue)->route);
}
