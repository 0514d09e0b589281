/*
 * schedule_pickup - the next that goes
 *
 * The class with the oldest turn is tried.  It goes, or it parks on what is in
 * its way (one limiter for each candidate), or its first queue parks on a
 * limiter of its own; then the next one is tried.  Whoever was tried passes
 * on what room there is at his limiters (I1 in schedule_limiter.c), so nobody
 * waits for what nobody uses.
 */
#include "base/mem.h"
#include "schedule_private.h"

enum { PICKUP_HOT = 8 };	/* queues with a connection that are tried */

/* One candidate of a queue, looked at. */
struct pickup_way {
	const uint32_t	*candidate;
	uint32_t	 n;
	uint32_t	 pool_hash, conn;
	struct conn_key	 key;
	uint32_t	 blocker;	/* a limiter; 0: it may go */
};

/* The connection that it could use. */
static void
pickup_find(struct schedule *s, const struct queue *q, struct pickup_way *w)
{
	w->key = (struct conn_key){ q->digest,
	    PART(s, subqueue, q->subqueue)->name[0], w->candidate[0] };
	w->pool_hash = conn_hash(&w->key);
	w->conn = conn_idle_for(s, conn_pool(s, &w->key), w->candidate);
}

/* A limiter that is full of connections without use has one of them closed:
 * who needs the slot waits for that. */
static void
pickup_look(struct schedule *s, struct pickup_way *w)
{
	const uint32_t *c = w->candidate;

	for (uint32_t k = 0; k < c[2] && w->blocker == 0; k++)
		if (limiter_room(s, c[3 + k], w->conn == 0) !=
		    SCHEDULE_WAIT_TURN)
			w->blocker = c[3 + k];
	if (w->blocker != 0 || w->conn != 0)
		return;
	for (uint32_t k = 0; k < c[2]; k++)
		if (limiter_is_full(s, c[3 + k])) {
			conn_evict(s, c[3 + k]);
			w->blocker = c[3 + k];
		}
}

static void
pickup_reserve(struct schedule *s, uint32_t count)
{
	if (count <= s->refs_size)
		return;
	s->refs = xreallocarray(s->refs, count, sizeof(*s->refs));
	s->refs_size = count;
}

/* How many may go together: as many as pay, and as the worker takes. */
static uint32_t
pickup_most(struct schedule *s, const struct queue *q,
    const struct pickup_way *w, uint16_t worker)
{
	const struct subqueue *sub = PART(s, subqueue, q->subqueue);
	uint32_t most = PART(s, transport_limits, sub->transport)->recipients;
	uint32_t room = worker_room(s, worker);

	if (PART(s, entry, q->head)->group == 0 || most < 1)
		most = 1;
	if (most > room)
		most = room;
	for (uint32_t k = 0; k < w->candidate[2]; k++) {
		uint32_t limiter = w->candidate[3 + k];

		most = rate_tokens(limiter_limits(s, limiter),
		    PART(s, limiter, limiter)->tat_ns, s->now, most);
	}
	return most;
}

static void
pickup_entries(struct schedule *s, uint32_t queue, const struct pickup_way *w,
    struct schedule_pickup *p)
{
	const struct queue *q = PART(s, queue, queue);
	uint32_t	    most = pickup_most(s, q, w, p->worker), next;
	uint32_t	    group = PART(s, entry, q->head)->group;

	pickup_reserve(s, most);
	p->count = 0;
	for (uint32_t i = q->head; i != 0 && p->count < most; i = next) {
		next = PART(s, entry, i)->next;
		if (p->count > 0 && PART(s, entry, i)->group != group)
			continue;
		s->refs[p->count++] = i;
		sentry_unlink(s, i);
		sentry_send(s, i, p->worker, w->n);
	}
	p->refs = s->refs;
}

static void
pickup_pay(struct schedule *s, const struct pickup_way *w, uint32_t count)
{
	for (uint32_t k = 0; k < w->candidate[2]; k++) {
		struct limiter *l = PART(s, limiter, w->candidate[3 + k]);

		l->tat_ns = rate_take(limiter_limits(s, w->candidate[3 + k]),
		    l->tat_ns, s->now, count);
	}
}

static void
pickup_go(struct schedule *s, uint32_t queue, const struct pickup_way *w,
    struct schedule_pickup *p)
{
	p->candidate = w->n;
	p->may_connect = w->conn == 0;
	p->worker = w->conn != 0 ? PART(s, conn, w->conn)->worker :
	    worker_choose(s, w->pool_hash);
	pickup_entries(s, queue, w, p);
	pickup_pay(s, w, (uint32_t)p->count);
	p->conn = w->conn;
	if (w->conn != 0)
		conn_use(s, w->conn, w->candidate);
	else
		p->conn = conn_new(s, &w->key, w->candidate, p->worker);
	PART(s, conn, p->conn)->queue = queue;
	squeue_turn(s, queue);
	squeue_pass(s, queue);
	s->pickups++;
}

/* Nothing of it may go: it waits, one limiter for each candidate. */
static void
pickup_park(struct schedule *s, uint32_t class, uint32_t queue,
    const uint32_t *blocker, uint32_t count)
{
	if (PART(s, limiter, blocker[0])->owner == queue) {
		squeue_park(s, queue, blocker[0]);
		squeue_pass(s, queue);
		return;
	}
	class_park(s, class);
	for (uint32_t n = 0; n < count; n++)
		limiter_wait(s, blocker[n], class, true);
	squeue_pass(s, queue);
}

static uint32_t
pickup_preference(const struct route *r)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t n = 0; n < route_candidates(r); n++)
		if (route_candidate(r, n)[1] < best)
			best = route_candidate(r, n)[1];
	return best;
}

static bool
pickup_try(struct schedule *s, uint32_t class, struct schedule_pickup *p)
{
	uint32_t	    queue = lane_first(s, class), count = 0;
	uint32_t	    blocker[SCHEDULE_CANDIDATES];
	const struct queue *q = PART(s, queue, queue);
	const struct route *r = route_at(s, q->route);
	uint32_t	    best = pickup_preference(r);

	s->tries++;
	for (uint32_t n = 0; n < route_candidates(r); n++) {
		struct pickup_way w = { route_candidate(r, n), .n = n };

		if (w.candidate[1] != best)
			continue;
		pickup_find(s, q, &w);
		pickup_look(s, &w);
		if (w.blocker == 0) {
			lane_turn(s, class);
			pickup_go(s, queue, &w, p);
			return true;
		}
		blocker[count++] = w.blocker;
	}
	pickup_park(s, class, queue, blocker, count);
	return false;
}

/*
 * A connection that is there needs no `connectinterval`: a queue whose class
 * waits for that may still use it.
 */
static bool
pickup_hot(struct schedule *s, struct schedule_pickup *p)
{
	for (uint32_t n = 0, looks = 0; n < s->hot_count &&
	    looks < PICKUP_HOT; looks++) {
		uint32_t	  queue = s->hot[n];
		struct queue	 *q = PART(s, queue, queue);
		struct pickup_way w = { 0 };

		if (q->count > 0 && q->head != 0) {
			w.candidate = route_candidate(route_at(s, q->route),
			    0);
			pickup_find(s, q, &w);
		}
		if (w.conn == 0) {
			s->hot[n] = s->hot[--s->hot_count];
			continue;
		}
		pickup_look(s, &w);
		if (w.blocker == 0) {
			s->hot[n] = s->hot[--s->hot_count];
			pickup_go(s, queue, &w, p);
			return true;
		}
		n++;
	}
	return false;
}

static bool
pickup_worker(const struct schedule *s)
{
	for (uint32_t n = 0; n < s->workers; n++)
		if (worker_room(s, (uint16_t)n) > 0)
			return true;
	return false;
}

bool
schedule_next(struct schedule *s, int64_t now_ms, struct schedule_pickup *p,
    int64_t *wake_ms)
{
	schedule_clock(s, now_ms);
	sentry_alarms(s, s->now);
	if (pickup_worker(s)) {
		for (int priority = 1; priority >= 0; priority--)
			while (s->heap[priority] != 0)
				if (pickup_try(s, s->heap[priority], p))
					return true;
		if (pickup_hot(s, p))
			return true;
	}
	*wake_ms = wheel_next(&s->wheel);
	if (s->alarms != 0 &&
	    PART(s, entry, s->alarms)->deadline_ms < *wake_ms)
		*wake_ms = PART(s, entry, s->alarms)->deadline_ms;
	return false;
}
