/*
 * schedule_class - virtual queues that share their limiters, and their order
 *
 * A class has the destinations that could go as far as their own limiters say,
 * oldest turn first; a destination has a ring of tenants, a tenant a heap of
 * queues by deadline, then by turn.  Of all classes that are not parked the
 * one whose first destination is the oldest is tried: as if all stood in one
 * line, without those that can't go.
 */
#include "schedule_private.h"

static struct slab_link *
class_link(const void *arg, uint32_t i)
{
	const struct schedule *s = arg;

	return &PART(s, class, i)->link;
}

static bool
class_less(const void *arg, uint32_t a, uint32_t b)
{
	const struct schedule *s = arg;

	return PART(s, class, a)->stamp < PART(s, class, b)->stamp;
}

static const struct slab_heap_ops class_ops = { class_link, class_less };

/* Its hash is of the first two alone: generations are numbered anew. */
struct class_key {
	uint32_t	route, priority, generation;
};

static bool
class_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule  *s = arg;
	const struct class     *c = PART(s, class, i);
	const struct class_key *k = key;

	return c->route == k->route && c->priority == k->priority &&
	    c->generation == k->generation;
}

uint32_t
class_of(struct schedule *s, uint32_t route, const struct queue *q)
{
	struct class_key key = { route, q->priority, q->generation };
	uint32_t	 hash = slab_hash((uint32_t *)&key, 2), i;
	struct class	*c;

	i = slab_index_find(&s->by_class, hash, class_same, s, &key);
	if (i == 0) {
		i = slab_take(&s->classes);
		c = PART(s, class, i);
		c->route = route;
		c->priority = q->priority;
		c->generation = q->generation;
		slab_index_add(&s->by_class, hash, i);
	} else {
		route_drop(s, route);		/* the class has it */
	}
	PART(s, class, i)->queues++;
	return i;
}

/* The line in which it stands while it may go, or could. */
static uint32_t *
class_line(struct schedule *s, const struct class *c)
{
	return c->generation == s->generation ? &s->heap[c->priority] :
	    &s->old[c->priority];
}

/* The present generation is about to end. */
void
class_renew(struct schedule *s)
{
	for (int priority = 0; priority < 2; priority++)
		slab_heap_join(&class_ops, s, &s->old[priority],
		    &s->heap[priority]);
}

static void
class_remove(struct schedule *s, uint32_t class)
{
	struct class *c = PART(s, class, class);

	if (c->state == QUEUE_READY)
		slab_heap_drop(&class_ops, s, class_line(s, c), class);
	limiter_unwait(s, &c->waits);
	c->state = QUEUE_EMPTY;
}

void
class_release(struct schedule *s, uint32_t class)
{
	struct class	*c = PART(s, class, class);
	struct class_key key = { c->route, c->priority, c->generation };

	if (--c->queues > 0)
		return;
	assert(c->first == 0);
	class_remove(s, class);
	slab_index_drop(&s->by_class, slab_hash((uint32_t *)&key, 2), class);
	route_drop(s, c->route);
	slab_give(&s->classes, class);
}

/* Its first destination has changed. */
static void
class_update(struct schedule *s, uint32_t class)
{
	struct class *c = PART(s, class, class);
	uint8_t	      state = c->state;

	if (c->first == 0) {
		class_remove(s, class);
		if (state == QUEUE_READY)
			route_pass(s, c->route);
		return;
	}
	if (state == QUEUE_PARKED)
		return;
	if (state == QUEUE_READY)
		slab_heap_drop(&class_ops, s, class_line(s, c), class);
	c->stamp = PART(s, lane, c->first)->stamp;
	c->state = QUEUE_READY;
	slab_heap_add(&class_ops, s, class_line(s, c), class);
}

void
class_wake(struct schedule *s, uint32_t class)
{
	class_remove(s, class);
	class_update(s, class);
}

/* It waits for the limiters that its caller adds. */
void
class_park(struct schedule *s, uint32_t class)
{
	class_remove(s, class);
	PART(s, class, class)->state = QUEUE_PARKED;
}

/* ---- Destinations and tenants ------------------------------------------- */

static struct slab_link *
lane_queue_link(const void *arg, uint32_t i)
{
	const struct schedule *s = arg;

	return &PART(s, queue, i)->link;
}

static bool
lane_queue_less(const void *arg, uint32_t a, uint32_t b)
{
	const struct schedule *s = arg;
	const struct queue    *x = PART(s, queue, a), *y = PART(s, queue, b);
	int64_t		       dx = PART(s, entry, x->head)->deadline_ms;
	int64_t		       dy = PART(s, entry, y->head)->deadline_ms;

	return dx != dy ? dx < dy : (int32_t)(x->turn - y->turn) < 0;
}

static const struct slab_heap_ops queue_ops = { lane_queue_link,
	lane_queue_less };

static bool
lane_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;
	const struct lane     *l = PART(s, lane, i);
	const uint32_t	      *k = key;

	return l->class == k[0] && l->transport == k[1] && l->domain == k[2];
}

static bool
tenant_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;
	const struct tenant   *t = PART(s, tenant, i);
	const uint32_t	      *k = key;

	return t->lane == k[0] && t->name == k[1];
}

static void
lane_append(struct schedule *s, uint32_t lane)
{
	struct lane  *l = PART(s, lane, lane);
	struct class *c = PART(s, class, l->class);

	l->stamp = ++s->stamp;
	l->next = 0;
	l->prev = c->last;
	if (c->last != 0)
		PART(s, lane, c->last)->next = lane;
	else
		c->first = lane;
	c->last = lane;
}

static void
lane_unlink(struct schedule *s, uint32_t lane)
{
	struct lane  *l = PART(s, lane, lane);
	struct class *c = PART(s, class, l->class);

	if (l->next != 0)
		PART(s, lane, l->next)->prev = l->prev;
	else
		c->last = l->prev;
	if (l->prev != 0)
		PART(s, lane, l->prev)->next = l->next;
	else
		c->first = l->next;
}

static uint32_t
lane_take(struct schedule *s, const struct queue *q)
{
	const struct subqueue *sub = PART(s, subqueue, q->subqueue);
	uint32_t	       key[] = { q->class, sub->name[0],
	    sub->name[1] };
	uint32_t	       hash = slab_hash(key, 3), i;
	struct lane	      *l;

	i = slab_index_find(&s->by_lane, hash, lane_same, s, key);
	if (i != 0)
		return i;
	i = slab_take(&s->lanes);
	l = PART(s, lane, i);
	l->class = key[0];
	l->transport = key[1];
	l->domain = key[2];
	slab_index_add(&s->by_lane, hash, i);
	lane_append(s, i);
	return i;
}

static uint32_t
tenant_take(struct schedule *s, uint32_t lane, uint32_t name)
{
	uint32_t       key[] = { lane, name }, hash = slab_hash(key, 2), i;
	struct tenant *t;

	i = slab_index_find(&s->by_tenant, hash, tenant_same, s, key);
	if (i != 0)
		return i;
	i = slab_take(&s->tenants);
	t = PART(s, tenant, i);
	t->lane = lane;
	t->name = name;
	slab_index_add(&s->by_tenant, hash, i);
	PART_RING_ADD(s, tenant, &PART(s, lane, lane)->tenants, i);
	return i;
}

static void
tenant_free(struct schedule *s, uint32_t i)
{
	struct tenant *t = PART(s, tenant, i);
	uint32_t       key[] = { t->lane, t->name };

	slab_index_drop(&s->by_tenant, slab_hash(key, 2), i);
	PART_RING_DROP(s, tenant, &PART(s, lane, t->lane)->tenants, i);
	slab_give(&s->tenants, i);
}

void
lane_enter(struct schedule *s, uint32_t queue)
{
	struct queue *q = PART(s, queue, queue);
	uint32_t      lane = lane_take(s, q);

	q->tenant = tenant_take(s, lane,
	    PART(s, subqueue, q->subqueue)->name[2]);
	q->turn = ++s->turn;
	slab_heap_add(&queue_ops, s, &PART(s, tenant, q->tenant)->queues,
	    queue);
	q->state = QUEUE_READY;
	/* A stale class does not wait: it is shown by where it stands. */
	if (PART(s, class, q->class)->state == QUEUE_EMPTY)
		class_update(s, q->class);
	else if (PART(s, class, q->class)->state == QUEUE_PARKED &&
	    squeue_is_stale(s, queue))
		class_wake(s, q->class);
}

void
lane_leave(struct schedule *s, uint32_t queue)
{
	struct queue  *q = PART(s, queue, queue);
	struct tenant *t = PART(s, tenant, q->tenant);
	uint32_t       lane = t->lane, key[3];
	struct lane   *l = PART(s, lane, lane);
	bool	       first = PART(s, class, q->class)->first == lane;

	slab_heap_drop(&queue_ops, s, &t->queues, queue);
	if (t->queues == 0)
		tenant_free(s, q->tenant);
	q->tenant = 0;
	q->state = QUEUE_EMPTY;
	if (l->tenants != 0)
		return;
	key[0] = l->class;
	key[1] = l->transport;
	key[2] = l->domain;
	lane_unlink(s, lane);
	slab_index_drop(&s->by_lane, slab_hash(key, 3), lane);
	slab_give(&s->lanes, lane);
	if (first)
		class_update(s, q->class);
}

/* Its first entry is another one. */
void
lane_rekey(struct schedule *s, uint32_t queue)
{
	uint32_t *heap = &PART(s, tenant,
	    PART(s, queue, queue)->tenant)->queues;

	slab_heap_drop(&queue_ops, s, heap, queue);
	slab_heap_add(&queue_ops, s, heap, queue);
}

/* The queue whose turn it is. */
uint32_t
lane_first(struct schedule *s, uint32_t class)
{
	const struct lane *l = PART(s, lane, PART(s, class, class)->first);

	return PART(s, tenant, l->tenants)->queues;
}

/* The first destination had its turn, and in it the tenant, and his queue. */
void
lane_turn(struct schedule *s, uint32_t class)
{
	uint32_t       lane = PART(s, class, class)->first, queue;
	struct lane   *l = PART(s, lane, lane);
	struct tenant *t = PART(s, tenant, l->tenants);

	queue = t->queues;
	slab_heap_drop(&queue_ops, s, &t->queues, queue);
	PART(s, queue, queue)->turn = ++s->turn;
	slab_heap_add(&queue_ops, s, &t->queues, queue);
	l->tenants = t->ring.next;
	lane_unlink(s, lane);
	lane_append(s, lane);
	class_update(s, class);
}
