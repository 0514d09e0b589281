/*
 * schedule_conn - connections, and the slots that they hold
 *
 *	BUSY      an attempt uses it (or it is being opened)
 *	IDLE      its worker keeps it; what it holds can be had
 *	EVICTING  its worker was told to close it; what it holds can't be had
 *
 * A slot is a limiter's `busy` or `idle`, by the state; a hold is the link
 * between the two.  What the other side sees is the sum.
 */
#include "schedule_private.h"

enum { CONN_LOOK = 8 };		/* idle ones that are looked at */

static bool
pool_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;
	const struct pool     *p = PART(s, pool, i);
	const struct conn_key *k = key;

	return p->digest == k->digest && p->transport == k->transport &&
	    p->candidate == k->candidate;
}

uint32_t
conn_hash(const struct conn_key *k)
{
	uint32_t word[] = { k->transport, k->candidate,
	    (uint32_t)k->digest, (uint32_t)(k->digest >> 32) };

	return slab_hash(word, sizeof(word) / sizeof(*word));
}

uint32_t
conn_pool(const struct schedule *s, const struct conn_key *k)
{
	return slab_index_find(&s->by_pool, conn_hash(k), pool_same, s, k);
}

static uint32_t
pool_take(struct schedule *s, const struct conn_key *k)
{
	uint32_t     i = conn_pool(s, k);
	struct pool *p;

	if (i != 0)
		return i;
	i = slab_take(&s->pools);
	p = PART(s, pool, i);
	p->digest = k->digest;
	p->transport = sname_ref(s, k->transport);
	p->candidate = sname_ref(s, k->candidate);
	slab_index_add(&s->by_pool, conn_hash(k), i);
	return i;
}

static void
pool_release(struct schedule *s, uint32_t i)
{
	struct pool    *p = PART(s, pool, i);
	struct conn_key k = { p->digest, p->transport, p->candidate };

	if (--p->conns > 0)
		return;
	slab_index_drop(&s->by_pool, conn_hash(&k), i);
	sname_drop(s, p->transport);
	sname_drop(s, p->candidate);
	slab_give(&s->pools, i);
}

/* It goes to another candidate now, and so is in another pool. */
static void
conn_rename(struct schedule *s, uint32_t conn, uint32_t candidate)
{
	struct conn	  *c = PART(s, conn, conn);
	const struct pool *p = PART(s, pool, c->pool);
	struct conn_key	   k = { p->digest, p->transport, candidate };
	uint32_t	   pool = pool_take(s, &k);

	PART(s, pool, pool)->conns++;
	pool_release(s, c->pool);
	c->pool = pool;
}

/* ---- Holds -------------------------------------------------------------- */

static void
hold_add(struct schedule *s, uint32_t conn, uint32_t limiter)
{
	uint32_t     i = slab_take(&s->holds);
	struct hold *h = PART(s, hold, i);

	h->conn = conn;
	h->limiter = limiter;
	h->beside = PART(s, conn, conn)->holds;
	PART(s, conn, conn)->holds = i;
	PART(s, limiter, limiter)->busy++;
}

static void
hold_idle(struct schedule *s, uint32_t i)
{
	struct limiter *l = PART(s, limiter, PART(s, hold, i)->limiter);

	l->busy--;
	l->idle++;
	PART_RING_ADD(s, hold, &l->idles, i);
}

static void
hold_busy(struct schedule *s, uint32_t i)
{
	struct limiter *l = PART(s, limiter, PART(s, hold, i)->limiter);

	l->idle--;
	l->busy++;
	PART_RING_DROP(s, hold, &l->idles, i);
}

/* Its slot is free for another; the limiter may be gone afterwards. */
static void
hold_end(struct schedule *s, uint32_t limiter)
{
	limiter_pass(s, limiter);
	limiter_release(s, limiter);
}

static bool
conn_holds(const struct schedule *s, uint32_t conn, uint32_t limiter)
{
	uint32_t i = PART(s, conn, conn)->holds;

	while (i != 0 && PART(s, hold, i)->limiter != limiter)
		i = PART(s, hold, i)->beside;
	return i != 0;
}

static bool
conn_names(const uint32_t *candidate, uint32_t limiter)
{
	for (uint32_t k = 0; k < candidate[WAY_COUNT]; k++)
		if (candidate[WAY_HEAD + k] == limiter)
			return true;
	return false;
}

/* A busy one holds that candidate's limiters from now on, and no others. */
static void
conn_move(struct schedule *s, uint32_t conn, const uint32_t *candidate)
{
	uint32_t *at = &PART(s, conn, conn)->holds, limiter, i;

	for (uint32_t k = 0; k < candidate[WAY_COUNT]; k++)
		if (!conn_holds(s, conn, candidate[WAY_HEAD + k]))
			hold_add(s, conn, candidate[WAY_HEAD + k]);
	while ((i = *at) != 0) {
		limiter = PART(s, hold, i)->limiter;
		if (conn_names(candidate, limiter)) {
			at = &PART(s, hold, i)->beside;
			continue;
		}
		*at = PART(s, hold, i)->beside;
		slab_give(&s->holds, i);
		PART(s, limiter, limiter)->busy--;
		hold_end(s, limiter);
	}
}

/* ---- Their lives -------------------------------------------------------- */

uint32_t
conn_new(struct schedule *s, const struct conn_key *k,
    const uint32_t *candidate, uint16_t worker, bool connects)
{
	uint32_t conn = slab_take(&s->conns), pool = pool_take(s, k);

	PART(s, conn, conn)->pool = pool;
	PART(s, conn, conn)->worker = worker;
	PART(s, pool, pool)->conns++;
	for (uint32_t n = 0; n < candidate[WAY_COUNT]; n++) {
		uint32_t limiter = candidate[WAY_HEAD + n];

		hold_add(s, conn, limiter);
		if (connects)
			limiter_connect(s, limiter);
	}
	return conn;
}

static void
conn_pool_leave(struct schedule *s, uint32_t conn)
{
	struct conn *c = PART(s, conn, conn);

	if (c->next != 0)
		PART(s, conn, c->next)->prev = c->prev;
	if (c->prev != 0)
		PART(s, conn, c->prev)->next = c->next;
	else
		PART(s, pool, c->pool)->idle = c->next;
	c->next = c->prev = 0;
	s->idle--;
	for (uint32_t i = c->holds; i != 0; i = PART(s, hold, i)->beside)
		hold_busy(s, i);
}

uint32_t
conn_idle_for(struct schedule *s, uint32_t pool, const uint32_t *candidate)
{
	uint32_t conn = pool == 0 ? 0 : PART(s, pool, pool)->idle;

	for (int n = 0; conn != 0 && n < CONN_LOOK;
	    conn = PART(s, conn, conn)->next, n++) {
		uint32_t k = 0;

		if (worker_room(s, PART(s, conn, conn)->worker) == 0)
			continue;
		while (k < candidate[WAY_COUNT] &&
		    (!limiter_is_full(s, candidate[WAY_HEAD + k]) ||
		    conn_holds(s, conn, candidate[WAY_HEAD + k])))
			k++;
		if (k == candidate[WAY_COUNT])
			return conn;
	}
	return 0;
}

void
conn_use(struct schedule *s, uint32_t conn, const uint32_t *candidate)
{
	conn_pool_leave(s, conn);
	PART(s, conn, conn)->state = CONN_BUSY;
	conn_move(s, conn, candidate);
}

void
conn_evict(struct schedule *s, uint32_t limiter)
{
	struct limiter *l = PART(s, limiter, limiter);
	struct action	a = { .kind = SCHEDULE_EVICT };
	struct conn    *c;

	if (l->idles == 0 || l->evicting != 0)
		return;
	a.conn = PART(s, hold, l->idles)->conn;
	c = PART(s, conn, a.conn);
	a.worker = c->worker;
	conn_pool_leave(s, a.conn);
	c->state = CONN_EVICTING;
	for (uint32_t i = c->holds; i != 0; i = PART(s, hold, i)->beside)
		PART(s, limiter, PART(s, hold, i)->limiter)->evicting++;
	action_add(s, &a);
}

static void
conn_hot(struct schedule *s, uint32_t queue)
{
	if (queue == 0 || PART(s, queue, queue)->head == 0 ||
	    s->hot_count == SCHEDULE_HOT)
		return;
	for (uint32_t n = 0; n < s->hot_count; n++)
		if (s->hot[n] == queue)
			return;
	s->hot[s->hot_count++] = queue;
}

void
schedule_connection_idle(struct schedule *s, schedule_conn conn,
    int64_t now_ms)
{
	struct conn *c = PART(s, conn, conn);
	struct pool *p = PART(s, pool, c->pool);

	schedule_clock(s, now_ms);
	if (c->state != CONN_BUSY)
		return;
	c->state = CONN_IDLE;
	c->next = p->idle;
	if (p->idle != 0)
		PART(s, conn, p->idle)->prev = conn;
	p->idle = conn;
	s->idle++;
	for (uint32_t i = c->holds; i != 0; i = PART(s, hold, i)->beside)
		hold_idle(s, i);
	for (uint32_t i = c->holds; i != 0; i = PART(s, hold, i)->beside)
		limiter_pass(s, PART(s, hold, i)->limiter);
	conn_hot(s, c->queue);
}

void
schedule_connection_closed(struct schedule *s, schedule_conn conn,
    int64_t now_ms)
{
	struct conn *c = PART(s, conn, conn);
	uint32_t     i, next;

	schedule_clock(s, now_ms);
	if (c->state == CONN_IDLE)
		conn_pool_leave(s, conn);
	for (i = c->holds; i != 0; i = PART(s, hold, i)->beside) {
		struct limiter *l = PART(s, limiter,
		    PART(s, hold, i)->limiter);

		l->busy--;
		if (c->state == CONN_EVICTING)
			l->evicting--;
	}
	for (i = c->holds; i != 0; i = next) {
		next = PART(s, hold, i)->beside;
		hold_end(s, PART(s, hold, i)->limiter);
		slab_give(&s->holds, i);
	}
	pool_release(s, c->pool);
	slab_give(&s->conns, conn);
}

/* ---- What was there before, and fail-over ------------------------------- */

static void
conn_route_end(struct schedule *s, uint32_t route)
{
	const struct route *r = route_at(s, route);
	uint32_t	    limiter[SCHEDULE_LIMITERS], count;

	/* One candidate's at a time: a limiter goes but once. */
	for (uint32_t n = 0; n < route_candidates(r); n++) {
		const uint32_t *c = route_candidate(r, n);

		count = c[WAY_COUNT];
		for (uint32_t k = 0; k < count; k++)
			limiter[k] = c[WAY_HEAD + k];
		for (uint32_t k = 0; k < count; k++)
			if (PART(s, limiter, limiter[k])->limits != 0)
				limiter_release(s, limiter[k]);
	}
	route_drop(s, route);
}

schedule_conn
schedule_started(struct schedule *s, const struct schedule_entry_in *in,
    unsigned candidate, uint16_t worker)
{
	uint32_t	    route = route_of(s, in), conn;
	const struct route *r = route_at(s, route);
	const uint32_t	   *c;
	struct conn_key	    k = { .digest = in->digest };

	action_forget(s);
	c = route_candidate(r, candidate < route_candidates(r) ? candidate : 0);
	k.transport = sname_take(s, in->subqueue.transportid);
	k.candidate = c[WAY_NAME];
	conn = conn_new(s, &k, c, worker, true);
	sname_drop(s, k.transport);
	conn_route_end(s, route);
	return conn;
}

void
schedule_started_over(struct schedule *s, schedule_conn conn, int64_t now_ms)
{
	schedule_connection_closed(s, conn, now_ms);
}

/* What a candidate needs that conn does not hold: has it all room? */
static bool
conn_may_move(struct schedule *s, uint32_t conn, const uint32_t *c,
    uint32_t recipients)
{
	for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
		struct limiter *l = PART(s, limiter, c[WAY_HEAD + k]);

		if (l->connect_ms > s->now)
			return false;
		if (conn_holds(s, conn, c[WAY_HEAD + k]))
			continue;
		if (limiter_is_full(s, c[WAY_HEAD + k]))
			conn_evict(s, c[WAY_HEAD + k]);
		if (limiter_is_full(s, c[WAY_HEAD + k]) ||
		    rate_tokens(limiter_limits(s, c[WAY_HEAD + k]), l->tat_ns,
		    s->now, recipients) < recipients)
			return false;
	}
	return true;
}

bool
schedule_failover(struct schedule *s, schedule_conn conn,
    const struct schedule_candidate *to, uint32_t recipients, int64_t now_ms)
{
	struct schedule_entry_in in = { .candidates = to,
		.candidate_count = 1 };
	uint32_t		 route;
	const uint32_t		*c;
	bool			 may;

	schedule_clock(s, now_ms);
	route = route_of(s, &in);
	c = route_candidate(route_at(s, route), 0);
	may = PART(s, conn, conn)->state == CONN_BUSY &&
	    conn_may_move(s, conn, c, recipients);
	for (uint32_t k = 0; may && k < c[WAY_COUNT]; k++) {
		uint32_t		      limiter = c[WAY_HEAD + k];
		struct limiter		     *l = PART(s, limiter, limiter);
		const struct schedule_limits *m = limiter_limits(s, limiter);

		if (!conn_holds(s, conn, limiter))
			l->tat_ns = rate_take(m, l->tat_ns, s->now,
			    recipients);
		limiter_connect(s, limiter);
	}
	if (may)
		conn_move(s, conn, c);
	if (may)
		conn_rename(s, conn, c[WAY_NAME]);
	conn_route_end(s, route);
	return may;
}
