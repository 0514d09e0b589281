/*
 * model - a naive scheduler that judges the real one
 *
 * Limiters are numbers, a route is a row of `ways`: a set of limiters for
 * each of its candidates.  Tokens are counted by the same arithmetic
 * (schedule_rate.h) and, apart from it, by a log of when they were taken.
 * Connections are closed at once when an eviction is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "schedule/schedule_conn.h"
#include "schedule/schedule_rate.h"
#include "schedule/schedule_view.h"

enum { LIMITERS = 6, WAYS = 8, ENTRIES = 96, CONNS = 256, LOG = 4096,
	NAMES = 3 };
enum { IN_NONE, IN_WAITING, IN_SENDING };

struct m_entry {
	int		state, way, domain, tenant, priority, group;
	schedule_ref	ref;
	int		conn;
};

struct m_conn {
	schedule_conn	conn;		/* 0: none */
	bool		idle, started, busy;
	int		way, candidate;
	unsigned	holds;
};

struct m_limiter {
	struct schedule_limits	l;
	int64_t			tat, connect;
	int64_t			log[LOG];	/* when tokens were taken */
	int			logged;
	int			before;		/* by former limits */
};

struct model {
	struct schedule		*s;
	const uint8_t		*byte;
	size_t			 count;
	unsigned		 number;
	int64_t			 now;
	struct m_entry		 e[ENTRIES];
	struct m_conn		 c[CONNS];
	struct m_limiter	 l[LIMITERS];
	char			 name[LIMITERS][16];
};

/* Limiters by candidate; 0 ends them. */
static const unsigned ways[WAYS][3] = {
	{ 1 }, { 1 | 2 }, { 1 | 4 | 8 }, { 8 | 16 }, { 1 | 8, 2 | 8 },
	{ 4, 16, 32 }, { 1 | 2 | 4 | 32 }, { 32 },
};
static const char *const names[NAMES] = { "a", "b", "c" };

static void
model_fault(const struct model *m, const char *what)
{
	fprintf(stderr, "model: history %u: %s, %zu bytes before the end\n",
	    m->number, what, m->count);
	abort();
}

static unsigned
model_byte(struct model *m)
{
	if (m->count == 0)
		return 0;
	m->count--;
	return *m->byte++;
}

static void
model_limits(struct model *m, struct m_limiter *l)
{
	static const struct transport_rate rate[] = { { 0, 0 }, { 0, 0 },
		{ 1000, 1000 }, { 5000, 1000 }, { 3000, 10000 },
		{ 20000, 1000 }, { 500, 1000 }, { 2500, 1000 } };
	unsigned b = model_byte(m), k = model_byte(m);

	l->l = (struct schedule_limits){ .concurrency = b % 5,
		.rate = rate[(b >> 3) % 8], .algorithm = (k >> 3) % 3,
		.connectinterval_ms = k % 8 == 0 ? 300 : 0 };
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

static bool
model_may_go(const struct model *m, const struct m_entry *e, bool clean)
{
	for (int n = 0; n < 3 && ways[e->way][n] != 0; n++)
		if (model_room(m, ways[e->way][n], clean))
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

static void
model_connect(const struct model *m, struct m_limiter *l)
{
	if (l->connect < m->now + l->l.connectinterval_ms)
		l->connect = m->now + l->l.connectinterval_ms;
}

/* ---- Pickups ------------------------------------------------------------ */

static struct m_entry *
model_entry(struct model *m, schedule_ref ref)
{
	uint64_t user = schedule_user(m->s, ref);

	if (user < 1 || user > ENTRIES || m->e[user - 1].ref != ref)
		model_fault(m, "an entry that is not there");
	return &m->e[user - 1];
}

static int
model_conn(struct model *m, schedule_conn conn)
{
	for (int n = 0; n < CONNS; n++)
		if (m->c[n].conn == conn)
			return n;
	model_fault(m, "a connection that is not there");
	return 0;
}

static void
model_judge(struct model *m, const struct schedule_pickup *p)
{
	struct m_entry *first = model_entry(m, p->refs[0]);
	unsigned	limiters = ways[first->way][p->candidate];

	if (p->count < 1 || p->count > 4)
		model_fault(m, "too many recipients");
	for (int n = 0; n < ENTRIES && first->priority == 0; n++)
		if (m->e[n].state == IN_WAITING && m->e[n].priority == 1 &&
		    model_may_go(m, &m->e[n], true))
			model_fault(m, "priority 1 was passed by");
	for (int n = 0; n < LIMITERS && p->may_connect; n++) {
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
	    (int)p->candidate || c->way != first->way))
		model_fault(m, "a connection of another sort");
	held = p->may_connect ? 0 : c->holds;
	*c = (struct m_conn){ .conn = p->conn, .busy = true,
		.way = first->way, .candidate = (int)p->candidate,
		.holds = ways[first->way][p->candidate] };
	model_check_held(m, c->holds & ~held);
	for (size_t n = 0; n < p->count; n++) {
		e = model_entry(m, p->refs[n]);
		if (e->state != IN_WAITING || e->way != first->way ||
		    e->domain != first->domain ||
		    e->tenant != first->tenant || e->group != first->group)
			model_fault(m, "entries of several sorts");
		e->state = IN_SENDING;
		e->conn = conn;
	}
}

static void
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
		for (int k = 0; k < 3 && m->e[n].state != IN_NONE; k++)
			used |= ways[m->e[n].way][k];
	for (int n = 0; n < CONNS; n++)
		if (m->c[n].conn != 0)
			used |= m->c[n].holds;
	for (int n = 0; n < LIMITERS; n++)
		if (!(used >> n & 1) && m->l[n].connect <= m->now &&
		    rate_full(&m->l[n].l, m->l[n].tat) <= m->now)
			model_forget(&m->l[n]);
}

static bool
model_same(const struct schedule_limits *a, const struct schedule_limits *b)
{
	return a->concurrency == b->concurrency &&
	    a->rate.thousandths == b->rate.thousandths &&
	    a->rate.per_ms == b->rate.per_ms && a->algorithm == b->algorithm &&
	    a->connectinterval_ms == b->connectinterval_ms;
}

/* All that may go goes, what is to be evicted is closed.  The answer is when
 * to ask again. */
static int64_t
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

/* ---- What happens ------------------------------------------------------- */

static size_t
model_candidates(const struct model *m, int way,
    struct schedule_candidate candidate[3],
    struct schedule_limiter_in limiter[3][LIMITERS])
{
	size_t count = 0;

	for (; count < 3 && ways[way][count] != 0; count++) {
		struct schedule_candidate *c = &candidate[count];

		*c = (struct schedule_candidate){ .preference = 10,
			.name = str_of(names[count]),
			.limiters = limiter[count] };
		for (int n = 0; n < LIMITERS; n++)
			if (ways[way][count] >> n & 1)
				limiter[count][c->limiter_count++] =
				    (struct schedule_limiter_in){
				    str_of(m->name[n]), m->l[n].l };
	}
	return count;
}

static void
model_in(const struct model *m, int n, const struct m_entry *e,
    struct schedule_entry_in *in)
{
	*in = (struct schedule_entry_in){ .subqueue = { STR("t"),
		str_of(names[e->domain]), str_of(names[e->tenant]),
		STR_NONE }, .priority = e->priority,
		.digest = (uint64_t)e->way, .user = (uint64_t)n + 1 };
	in->group.edits = (uint64_t)e->group;
	if (e->group == 3)
		in->deadline_ms = m->now + 1000 * (n % 7 + 1);
}

static void
model_add(struct model *m)
{
	struct schedule_candidate  candidate[3];
	struct schedule_limiter_in limiter[3][LIMITERS];
	struct schedule_entry_in   in;
	unsigned		   b = model_byte(m), k = model_byte(m);
	struct m_entry		  *e;
	int			   n = 0;

	while (n < ENTRIES && m->e[n].state != IN_NONE)
		n++;
	if (n == ENTRIES)
		return;
	e = &m->e[n];
	*e = (struct m_entry){ .way = b % WAYS, .domain = (b >> 3) % NAMES,
		.tenant = k % NAMES, .priority = (k >> 2) % 4 == 0,
		.group = (k >> 4) % 4 };
	model_in(m, n, e, &in);
	in.candidates = candidate;
	in.candidate_count = model_candidates(m, e->way, candidate, limiter);
	e->ref = schedule_add(m->s, &in, m->now);
	if (e->ref == 0)
		model_fault(m, "no room");
	e->state = IN_WAITING;
}

static void
model_end_entry(struct model *m, struct m_entry *e, unsigned how)
{
	if (how == 3) {
		schedule_again(m->s, e->ref);
		e->state = IN_WAITING;
	} else {
		schedule_done(m->s, e->ref);
		e->state = IN_NONE;
	}
	e->conn = -1;
}

/* An attempt is over: closed, kept, kept, tried again. */
static void
model_end(struct model *m, int conn, unsigned how)
{
	struct m_conn *c = &m->c[conn];

	if (how == 1 || how == 2) {
		schedule_connection_idle(m->s, c->conn, m->now);
		c->idle = true;
		c->busy = false;
	} else {
		schedule_connection_closed(m->s, c->conn, m->now);
		c->conn = 0;
	}
	for (int n = 0; n < ENTRIES; n++)
		if (m->e[n].state == IN_SENDING && m->e[n].conn == conn)
			model_end_entry(m, &m->e[n], how);
}

static void
model_started(struct model *m, unsigned b)
{
	struct schedule_candidate  candidate[3];
	struct schedule_limiter_in limiter[3][LIMITERS];
	struct schedule_entry_in   in;
	struct m_entry		   e = { .way = (int)(b % WAYS) };
	struct m_conn		  *c = &m->c[model_conn(m, 0)];

	model_in(m, 0, &e, &in);
	in.candidates = candidate;
	in.candidate_count = model_candidates(m, e.way, candidate, limiter);
	*c = (struct m_conn){ .started = true, .busy = true, .way = e.way,
		.holds = ways[e.way][0] };
	c->conn = schedule_started(m->s, &in, 0, SCHEDULE_NOBODY);
	for (int n = 0; n < LIMITERS; n++)
		if (c->holds >> n & 1)
			model_connect(m, &m->l[n]);
}

static void
model_change(struct model *m, unsigned n)
{
	struct m_limiter      *l = &m->l[n % LIMITERS];
	struct schedule_limits old = l->l;
	int		       kept = l->logged - l->before;

	model_limits(m, l);
	if (!schedule_limit(m->s, str_of(m->name[n % LIMITERS]), &l->l,
	    m->now)) {
		model_forget(l);
	} else if (!model_same(&old, &l->l)) {
		l->tat = rate_convert(&old, &l->l, l->tat, m->now);
		if (old.rate.thousandths == 0 || l->l.rate.thousandths == 0)
			kept = 0;
		/* What was taken two changes ago is not known any more. */
		memmove(l->log, l->log + (l->logged - kept),
		    (size_t)kept * sizeof(*l->log));
		l->logged = l->before = kept;
	}
}

static void
model_by_hand(struct model *m, unsigned b)
{
	struct m_entry *e = &m->e[b % ENTRIES];
	bool		waits = e->state == IN_WAITING;

	if (e->state == IN_NONE)
		return;
	if (b & 1) {
		if (schedule_remove(m->s, e->ref) != waits)
			model_fault(m, "removed");
		if (waits)
			e->state = IN_NONE;
	} else {
		if (schedule_priority(m->s, e->ref, !e->priority) != waits)
			model_fault(m, "priority");
		if (waits)
			e->priority = !e->priority;
	}
}

static void
model_step(struct model *m)
{
	unsigned op = model_byte(m), how = op >> 4 & 3, b;

	switch (op % 16) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		model_add(m);
		break;
	case 6: case 7: case 8: case 9: case 10:
		b = model_byte(m);
		for (int n = 0; n < CONNS; n++) {
			int conn = (int)(b + (unsigned)n) % CONNS;

			if (m->c[conn].conn == 0 || m->c[conn].idle)
				continue;
			model_end(m, conn, m->c[conn].started ? 0 : how);
			break;
		}
		break;
	case 11: case 12:
		m->now += 1 + (int64_t)model_byte(m) * (op >> 4 & 7);
		break;
	case 13:
		model_by_hand(m, model_byte(m));
		break;
	case 14:
		b = model_byte(m);
		if (op & 16)
			model_started(m, b);
		else
			model_change(m, b);
		break;
	case 15:
		b = model_byte(m) % CONNS;
		if (m->c[b].conn != 0 && m->c[b].idle)
			model_end(m, (int)b, 0);
		break;
	}
}

/* Whatever waits comes to go, and nothing is left. */
static void
model_drain(struct model *m)
{
	struct schedule_stats st;
	int		      left, busy;
	int64_t		      wake;

	do {
		wake = model_settle(m);
		left = busy = 0;
		for (int n = 0; n < CONNS; n++)
			if (m->c[n].conn != 0) {
				model_end(m, n, m->c[n].busy &&
				    !m->c[n].started && n % 3 == 0);
				busy++;
			}
		for (int n = 0; n < ENTRIES; n++)
			left += m->e[n].state != IN_NONE;
		if (left > 0 && busy == 0) {
			if (wake <= m->now || wake == INT64_MAX)
				model_fault(m, "an entry is forgotten");
			m->now = wake;
		}
	} while (left > 0);
	for (int n = 0; n < CONNS; n++)
		if (m->c[n].conn != 0)
			model_end(m, n, 0);
	m->now += 100000;
	model_settle(m);
	schedule_stats(m->s, &st);
	if (st.waiting + st.sending + st.queues + st.classes + st.limiters +
	    st.connections + st.subqueues != 1 || st.names != 2)
		model_fault(m, "something is left");
}

void
schedule_model_run(unsigned number, const uint8_t *byte, size_t count)
{
	struct schedule_options o = { .active_limit = 1000,
		.start_ms = 5000000 };
	struct schedule_limits	none = { 0 };
	struct model	       *m = calloc(1, sizeof(*m));
	if (m == NULL)
		abort();
	m->s = schedule_new(&o);
	m->byte = byte;
	m->count = count;
	m->number = number;
	m->now = o.start_ms;
	schedule_worker_add(m->s, 3, 1000);
	schedule_transport(m->s, STR("t"), &none, 4);
	for (int n = 0; n < LIMITERS; n++) {
		snprintf(m->name[n], sizeof(m->name[n]), "L%d", n);
		model_limits(m, &m->l[n]);
		m->l[n].tat = INT64_MIN / 2;
		m->l[n].connect = INT64_MIN;
	}
	while (m->count > 0) {
		model_step(m);
		model_settle(m);
	}
	model_drain(m);
	schedule_free(&m->s);
	free(m);
}
