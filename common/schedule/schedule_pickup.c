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
	bool		 barred;
	uint32_t	 pool_hash, conn;
	struct conn_key	 key;
	uint32_t	 blocker;	/* a limiter; 0: it may go */
};

/* The connection that it could use. */
static void
pickup_find(struct schedule *s, const struct queue *q, struct pickup_way *w)
{
	w->key = (struct conn_key){ q->digest,
	    PART(s, subqueue, q->subqueue)->name[0],
	    w->candidate[WAY_NAME] };
	w->pool_hash = conn_hash(&w->key);
	w->conn = conn_idle_for(s, conn_pool(s, &w->key), w->candidate);
}

/* A limiter that is full of connections without use has one of them closed:
 * who needs the slot waits for that. */
static void
pickup_look(struct schedule *s, struct pickup_way *w)
{
	const uint32_t *c = w->candidate;
	bool		connects = w->conn == 0 && !w->barred;

	for (uint32_t k = 0; k < c[WAY_COUNT] && w->blocker == 0; k++)
		if (limiter_room(s, c[WAY_HEAD + k], connects) !=
		    SCHEDULE_WAIT_TURN)
			w->blocker = c[WAY_HEAD + k];
	if (w->blocker != 0 || w->conn != 0)
		return;
	for (uint32_t k = 0; k < c[WAY_COUNT]; k++)
		if (limiter_is_full(s, c[WAY_HEAD + k])) {
			conn_evict(s, c[WAY_HEAD + k]);
			w->blocker = c[WAY_HEAD + k];
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
	uint32_t most = route_recipients(route_at(s, q->route));
	uint32_t room = worker_room(s, worker);

	if (most == 0)
		most = PART(s, transport_limits, sub->transport)->recipients;
	if (PART(s, entry, q->head)->group == 0 || most < 1)
		most = 1;
	if (most > room)
		most = room;
	for (uint32_t k = 0; k < w->candidate[WAY_COUNT]; k++) {
		uint32_t limiter = w->candidate[WAY_HEAD + k];

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
	for (uint32_t k = 0; k < w->candidate[WAY_COUNT]; k++) {
		uint32_t	limiter = w->candidate[WAY_HEAD + k];
		struct limiter *l = PART(s, limiter, limiter);

		l->tat_ns = rate_take(limiter_limits(s, limiter), l->tat_ns,
		    s->now, count);
	}
}

static void
pickup_go(struct schedule *s, uint32_t queue, const struct pickup_way *w,
    struct schedule_pickup *p)
{
	p->candidate = w->n;
	p->digest = PART(s, queue, queue)->digest;
	p->barred = w->barred;
	p->may_connect = w->conn == 0;
	p->worker = w->conn != 0 ? PART(s, conn, w->conn)->worker :
	    worker_choose(s, w->pool_hash);
	pickup_entries(s, queue, w, p);
	pickup_pay(s, w, (uint32_t)p->count);
	p->conn = w->conn;
	if (w->conn != 0)
		conn_use(s, w->conn, w->candidate);
	else
		p->conn = conn_new(s, &w->key, w->candidate, p->worker,
		    !w->barred);
	PART(s, conn, p->conn)->queue = queue;
	squeue_turn(s, queue);
	squeue_pass(s, queue);
	s->pickups++;
}

/* Nothing of it may go: it waits, one limiter for each candidate. */
static void
pickup_park(struct schedule *s, uint32_t class, uint32_t queue,
    const struct choice *c, const uint32_t *blocker)
{
	const struct route *r = route_at(s, PART(s, queue, queue)->route);

	if (c->count > 0 && PART(s, limiter, blocker[0])->owner == queue) {
		squeue_park(s, queue, blocker[0]);
		squeue_pass(s, queue);
		return;
	}
	class_park(s, class);
	for (uint32_t n = 0; n < c->count; n++)
		limiter_wait(s, blocker[n], class, true);
	choose_watch(s, r, c, class);
	squeue_pass(s, queue);
}

static void
pickup_way(struct schedule *s, uint32_t queue, const struct choice *c,
    uint32_t at, struct pickup_way *w)
{
	*w = (struct pickup_way){ c->way[at], .n = c->n[at],
		.barred = c->barred };
	pickup_find(s, PART(s, queue, queue), w);
}

static bool
pickup_try(struct schedule *s, uint32_t class, struct schedule_pickup *p)
{
	uint32_t	  queue = lane_first(s, class);
	uint32_t	  blocker[SCHEDULE_CANDIDATES];
	struct choice	  c;
	struct pickup_way w;

	s->tries++;
	choose_list(s, route_at(s, PART(s, queue, queue)->route), &c);
	for (uint32_t at = 0; at < c.count; at++) {
		if (at + 1 < c.count)
			choose_draw(s, &c, at);
		pickup_way(s, queue, &c, at, &w);
		pickup_look(s, &w);
		if (w.blocker == 0) {
			lane_turn(s, class);
			pickup_go(s, queue, &w, p);
			return true;
		}
		blocker[at] = w.blocker;
	}
	pickup_park(s, class, queue, &c, blocker);
	return false;
}

enum pickup_heat { PICKUP_COLD, PICKUP_WAITS, PICKUP_GOES };

/* By a connection of any of the candidates that it may go to. */
static enum pickup_heat
pickup_idle(struct schedule *s, uint32_t queue, struct pickup_way *w)
{
	const struct queue *q = PART(s, queue, queue);
	enum pickup_heat    heat = PICKUP_COLD;
	struct choice	    c;

	if (q->count == 0 || q->head == 0 || squeue_is_stale(s, queue))
		return PICKUP_COLD;
	choose_list(s, route_at(s, q->route), &c);
	for (uint32_t at = 0; at < c.count; at++) {
		pickup_way(s, queue, &c, at, w);
		if (w->conn == 0)
			continue;
		pickup_look(s, w);
		if (w->blocker == 0)
			return PICKUP_GOES;
		heat = PICKUP_WAITS;
	}
	return heat;
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
		struct pickup_way w;
		enum pickup_heat  heat = pickup_idle(s, queue, &w);

		if (heat == PICKUP_WAITS) {
			n++;
			continue;
		}
		s->hot[n] = s->hot[--s->hot_count];
		if (heat == PICKUP_GOES) {
			pickup_go(s, queue, &w, p);
			return true;
		}
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
	bool more;

	schedule_clock(s, now_ms);
	sentry_alarms(s, s->now);
	more = s->wakes != 0 && !host_wake(s);
	if (pickup_worker(s)) {
		for (int priority = 1; priority >= 0; priority--)
			while (s->heap[priority] != 0)
				if (pickup_try(s, s->heap[priority], p))
					return true;
		if (pickup_hot(s, p))
			return true;
	}
	*wake_ms = more ? s->now : wheel_next(&s->wheel);
	if (s->barred != 0 && PART(s, host, s->barred)->until_ms < *wake_ms)
		*wake_ms = PART(s, host, s->barred)->until_ms;
	if (s->alarms != 0 &&
	    PART(s, entry, s->alarms)->deadline_ms < *wake_ms)
		*wake_ms = PART(s, entry, s->alarms)->deadline_ms;
	return false;
}
