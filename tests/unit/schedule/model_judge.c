/*
 * model_judge - what the model says of what the scheduler does
 *
 * Tokens are counted by the same arithmetic (schedule_rate.h) and, apart from
 * it, by a log of when they were taken.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model_private.h"

void
model_fault(const struct model *m, const char *what)
{
	fprintf(stderr, "model: history %u: %s, %zu bytes before the end\n",
	    m->number, what, m->count);
	abort();
}

struct m_queue *
model_queue(struct model *m, const struct m_entry *e)
{
	return &m->q[e->kind][e->domain][e->tenant][e->priority];
}

static bool
model_same_queue(const struct m_entry *a, const struct m_entry *b)
{
	return a->kind == b->kind && a->domain == b->domain &&
	    a->tenant == b->tenant && a->priority == b->priority;
}

bool
model_is_there(const struct model *m, const struct m_entry *e)
{
	for (int n = 0; n < ENTRIES; n++)
		if (m->e[n].state != IN_NONE && model_same_queue(&m->e[n], e))
			return true;
	return false;
}

bool
model_is_stale(struct model *m, const struct m_entry *e)
{
	return model_queue(m, e)->generation != m->generation;
}

/* The candidates of its queue that may be taken. */
static unsigned
model_allowed(struct model *m, const struct m_entry *e, bool *all)
{
	unsigned barred = 0;

	for (int n = 1; n <= MROUTE_HOSTS; n++)
		barred |= (unsigned)(m->until[n] > m->now) << n;
	return mroute_allowed(model_queue(m, e)->route, barred, all);
}

/* ---- What holds --------------------------------------------------------- */

static unsigned
model_held(const struct model *m, int limiter, bool idle_too)
{
	unsigned held = 0;

	for (int n = 0; n < CONNS; n++)
		held += m->c[n].conn != 0 && (idle_too || !m->c[n].idle) &&
		    (m->c[n].holds >> limiter & 1);
	return held;
}

/* clean: without an eviction, and with a new connection. */
static bool
model_room(const struct model *m, unsigned limiters, bool clean)
{
	for (int n = 0; n < LIMITERS; n++) {
		const struct m_limiter *l = &m->l[n];

		if (!(limiters >> n & 1))
			continue;
		if ((l->l.concurrency != 0 &&
		    model_held(m, n, clean) >= l->l.concurrency) ||
		    rate_tokens(&l->l, l->tat, m->now, 1) == 0 ||
		    l->connect > m->now)
			return false;
	}
	return true;
}

/* One that is barred need not wait to connect, but may. */
static bool
model_may_go(struct model *m, const struct m_entry *e, bool clean)
{
	const struct mroute_way *w = mroutes[model_queue(m, e)->route];
	bool			 all;
	unsigned		 allowed = model_allowed(m, e, &all);

	for (int n = 0; n < MROUTE_WAYS && !model_is_stale(m, e); n++)
		if ((allowed >> n & 1) && model_room(m, w[n].limiters, clean))
			return true;
	return false;
}

/* n + 1 in any window, 2n, or n in an aligned one; there what was taken by
 * former limits counts, too. */
static void
model_log(struct model *m, struct m_limiter *l)
{
	int64_t	 length = l->l.rate.per_ms, most;
	int	 inside = 0, before = 0;
	int64_t	 n = (int64_t)(l->l.rate.thousandths / 1000);
	bool	 window = l->l.algorithm == SCHEDULE_FIXEDWINDOW;

	if (l->l.rate.thousandths == 0 || l->logged == LOG)
		return;
	l->log[l->logged++] = m->now;
	if (l->l.rate.thousandths % 1000 != 0)
		return;
	for (int k = window ? 0 : l->before; k < l->logged; k++) {
		if (window ? l->log[k] / length != m->now / length :
		    l->log[k] <= m->now - length)
			continue;
		inside++;
		before += k < l->before;
	}
	most = l->l.algorithm == SCHEDULE_SPREAD ? n + 1 :
	    window ? n : 2 * n;
	if (inside > most && inside > before)
		model_fault(m, "a rate is exceeded");
}

static void
model_pay(struct model *m, unsigned limiters, uint32_t count)
{
	for (int n = 0; n < LIMITERS; n++) {
		struct m_limiter *l = &m->l[n];

		if (!(limiters >> n & 1))
			continue;
		if (rate_tokens(&l->l, l->tat, m->now, count) < count)
			model_fault(m, "tokens that were not there");
		l->tat = rate_take(&l->l, l->tat, m->now, count);
		for (uint32_t k = 0; k < count; k++)
			model_log(m, l);
	}
}

static void
model_check_held(const struct model *m, unsigned limiters)
{
	for (int n = 0; n < LIMITERS; n++)
		if ((limiters >> n & 1) && m->l[n].l.concurrency != 0 &&
		    model_held(m, n, true) > m->l[n].l.concurrency)
			model_fault(m, "too many connections");
}

void
model_connect(const struct model *m, struct m_limiter *l)
{
	if (l->connect < m->now + l->l.connectinterval_ms)
		l->connect = m->now + l->l.connectinterval_ms;
}

/* ---- Pickups ------------------------------------------------------------ */

struct m_entry *
model_entry(struct model *m, schedule_ref ref)
{
	uint64_t user = schedule_user(m->s, ref);

	if (user < 1 || user > ENTRIES || m->e[user - 1].ref != ref)
		model_fault(m, "an entry that is not there");
	return &m->e[user - 1];
}

int
model_conn(struct model *m, schedule_conn conn)
{
	for (int n = 0; n < CONNS; n++)
		if (m->c[n].conn == conn)
			return n;
	model_fault(m, "a connection that is not there");
	return 0;
}

/* Not a worse one than there is. */
static void
model_judge_choice(struct model *m, const struct m_entry *first,
    const struct schedule_pickup *p)
{
	const struct mroute_way *w = mroutes[model_queue(m, first)->route];
	bool			 all;
	unsigned		 allowed = model_allowed(m, first, &all);

	if (model_is_stale(m, first))
		model_fault(m, "a stale queue goes");
	if (!(allowed >> p->candidate & 1) || p->barred != all)
		model_fault(m, "a candidate that is not to be taken");
	for (int n = 0; n < MROUTE_WAYS; n++)
		if ((allowed >> n & 1) &&
		    w[n].order < w[p->candidate].order &&
		    model_room(m, w[n].limiters, true))
			model_fault(m, "order was passed by");
	if (p->digest != (uint64_t)first->kind)
		model_fault(m, "another digest");
}

static void
model_judge(struct model *m, const struct schedule_pickup *p)
{
	struct m_entry *first = model_entry(m, p->refs[0]);
	unsigned	limiters = mroutes[model_queue(m, first)->route]
	    [p->candidate].limiters;

	if (p->count < 1 || p->count > 4)
		model_fault(m, "too many recipients");
	model_judge_choice(m, first, p);
	for (int n = 0; n < ENTRIES && first->priority == 0; n++)
		if (m->e[n].state == IN_WAITING && m->e[n].priority == 1 &&
		    model_may_go(m, &m->e[n], true))
			model_fault(m, "priority 1 was passed by");
	for (int n = 0; n < LIMITERS && p->may_connect && !p->barred; n++) {
		if (!(limiters >> n & 1))
			continue;
		if (m->l[n].connect > m->now)
			model_fault(m, "connected too early");
		model_connect(m, &m->l[n]);
	}
	model_pay(m, limiters, (uint32_t)p->count);
}

static void
model_pickup(struct model *m, const struct schedule_pickup *p)
{
	struct m_entry *first = model_entry(m, p->refs[0]), *e;
	int		conn = p->may_connect ? model_conn(m, 0) :
	    model_conn(m, p->conn);
	struct m_conn  *c = &m->c[conn];
	unsigned	held;

	model_judge(m, p);
	if (!p->may_connect && (!c->idle || c->candidate !=
	    (int)p->candidate || c->kind != first->kind))
		model_fault(m, "a connection of another sort");
	held = p->may_connect ? 0 : c->holds;
	*c = (struct m_conn){ .conn = p->conn, .busy = true,
		.kind = first->kind, .candidate = (int)p->candidate,
		.holds = mroutes[model_queue(m, first)->route]
		[p->candidate].limiters };
	model_check_held(m, c->holds & ~held);
	for (size_t n = 0; n < p->count; n++) {
		e = model_entry(m, p->refs[n]);
		if (e->state != IN_WAITING || e->kind != first->kind ||
		    e->domain != first->domain ||
		    e->tenant != first->tenant || e->group != first->group)
			model_fault(m, "entries of several sorts");
		e->state = IN_SENDING;
		e->conn = conn;
	}
}

void
model_forget(struct m_limiter *l)
{
	l->tat = INT64_MIN / 2;
	l->connect = INT64_MIN;
	l->logged = l->before = 0;
}

/* A limiter that nobody uses goes as soon as it is as new. */
static void
model_forget_unused(struct model *m)
{
	unsigned used = 0;

	for (int n = 0; n < ENTRIES; n++)
		if (m->e[n].state != IN_NONE)
			used |= mroute_limiters(
			    model_queue(m, &m->e[n])->route);
	for (int n = 0; n < CONNS; n++)
		if (m->c[n].conn != 0)
			used |= m->c[n].holds;
	for (int n = 0; n < LIMITERS; n++)
		if (!(used >> n & 1) && m->l[n].connect <= m->now &&
		    rate_full(&m->l[n].l, m->l[n].tat) <= m->now)
			model_forget(&m->l[n]);
}

bool
model_same(const struct schedule_limits *a, const struct schedule_limits *b)
{
	return a->concurrency == b->concurrency &&
	    a->rate.thousandths == b->rate.thousandths &&
	    a->rate.per_ms == b->rate.per_ms && a->algorithm == b->algorithm &&
	    a->connectinterval_ms == b->connectinterval_ms;
}

int64_t
model_settle(struct model *m)
{
	struct schedule_pickup p;
	struct schedule_action a;
	int64_t		       wake;
	bool		       again;

	do {
		again = false;
		while (schedule_next(m->s, m->now, &p, &wake))
			model_pickup(m, &p);
		while (schedule_action(m->s, m->now, &a)) {
			int n;

			if (a.kind != SCHEDULE_EVICT)
				continue;
			n = model_conn(m, a.conn);
			if (!m->c[n].idle)
				model_fault(m, "evicted while in use");
			schedule_connection_closed(m->s, a.conn, m->now);
			m->c[n].conn = 0;
			again = true;
		}
	} while (again);
	for (int n = 0; n < ENTRIES; n++)
		if (m->e[n].state == IN_WAITING &&
		    model_may_go(m, &m->e[n], false))
			model_fault(m, "idle while an entry may go");
	model_forget_unused(m);
	return wake;
}
