/*
 * model - a naive scheduler that judges the real one
 *
 * Limiters are numbers, a route is a row of `mroutes`.  A queue is known by
 * its kind (the digest), domain, tenant and priority; what it has is a route,
 * of a generation.  Connections are closed at once when an eviction is asked
 * for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_private.h"

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

/* ---- What happens ------------------------------------------------------- */

static void
model_candidates(const struct model *m, int route, struct mroute_in *in)
{
	struct schedule_limiter_in l[LIMITERS];

	for (int n = 0; n < LIMITERS; n++)
		l[n] = (struct schedule_limiter_in){ str_of(m->name[n]),
			m->l[n].l };
	mroute_in(route, l, in);
}

static void
model_in(const struct model *m, int n, const struct m_entry *e,
    struct schedule_entry_in *in)
{
	*in = (struct schedule_entry_in){ .subqueue = { STR("t"),
		str_of(mroute_name((unsigned)e->domain)),
		str_of(mroute_name((unsigned)e->tenant)),
		STR_NONE }, .priority = e->priority,
		.digest = (uint64_t)e->kind, .user = (uint64_t)n + 1 };
	in->group.edits = (uint64_t)e->group;
	if (e->group == 3)
		in->deadline_ms = m->now + 1000 * (n % 7 + 1);
}

/* With candidates, those that it has or others; or `known`: how says. */
static schedule_ref
model_add_entry(struct model *m, int n, unsigned how)
{
	struct m_entry		*e = &m->e[n];
	struct m_queue		*q = model_queue(m, e);
	struct mroute_in	 route;
	struct schedule_entry_in in;
	schedule_ref		 ref;
	bool			 there = model_is_there(m, e);

	model_in(m, n, e, &in);
	in.known = how % 8 < 3;
	if (in.known) {
		ref = schedule_add(m->s, &in, m->now);
		if ((ref != SCHEDULE_UNKNOWN) !=
		    (there && !model_is_stale(m, e)))
			model_fault(m, "known or not");
		return ref;
	}
	if (!there)
		q->route = e->kind;
	if (how % 8 == 3)
		q->route = (int)(how >> 3) % MROUTES;
	q->generation = m->generation;
	model_candidates(m, q->route, &route);
	in.candidates = route.c;
	in.candidate_count = route.count;
	return schedule_add(m->s, &in, m->now);
}

static void
model_add(struct model *m)
{
	unsigned	b = model_byte(m), k = model_byte(m);
	unsigned	how = model_byte(m);
	struct m_entry *e;
	int		n = 0;

	while (n < ENTRIES && m->e[n].state != IN_NONE)
		n++;
	if (n == ENTRIES)
		return;
	e = &m->e[n];
	*e = (struct m_entry){ .kind = b % KINDS, .domain = (b >> 3) % NAMES,
		.tenant = k % NAMES, .priority = (k >> 2) % 4 == 0,
		.group = (k >> 4) % 4 };
	e->ref = model_add_entry(m, n, how);
	if (e->ref == SCHEDULE_FULL)
		model_fault(m, "no room");
	if (e->ref != SCHEDULE_UNKNOWN)
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
	struct mroute_in	 route;
	struct schedule_entry_in in;
	struct m_entry		 e = { .kind = (int)(b % KINDS) };
	struct m_conn		*c = &m->c[model_conn(m, 0)];

	model_in(m, 0, &e, &in);
	model_candidates(m, e.kind, &route);
	in.candidates = route.c;
	in.candidate_count = route.count;
	*c = (struct m_conn){ .started = true, .busy = true, .kind = e.kind,
		.holds = mroutes[e.kind][0].limiters };
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

/* The other queue may be there, with another route. */
static void
model_priority(struct model *m, struct m_entry *e)
{
	struct m_queue q = *model_queue(m, e);

	e->state = IN_NONE;
	e->priority = !e->priority;
	if (!model_is_there(m, e))
		*model_queue(m, e) = q;
	e->state = IN_WAITING;
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
			model_priority(m, e);
	}
}

/* All that waits in that queue is taken out, or it gets a route. */
static void
model_reroute(struct model *m, const struct schedule_stale *st, unsigned how)
{
	struct m_entry	*first = model_entry(m, st->ref);
	struct m_queue	*q = model_queue(m, first);
	struct mroute_in route;
	schedule_ref	 ref;

	if (first->state != IN_WAITING || !model_is_stale(m, first))
		model_fault(m, "a queue that is not stale");
	if (how % 8 == 7) {
		while ((ref = schedule_first(m->s, st->queue)) != 0) {
			model_entry(m, ref)->state = IN_NONE;
			if (!schedule_remove(m->s, ref))
				model_fault(m, "removed");
		}
		return;
	}
	if (how % 8 < 5)
		q->route = (int)(how >> 3) % MROUTES;
	q->generation = m->generation;
	model_candidates(m, q->route, &route);
	schedule_reroute(m->s, st->queue, route.c, route.count);
}

/* plain: all, and to routes over which they go at last. */
static void
model_sweep(struct model *m, unsigned count, bool plain)
{
	struct schedule_stale st;

	for (; plain || count > 0; count--) {
		if (!schedule_stale(m->s, &st))
			break;
		model_reroute(m, &st, plain ? count % MROUTE_PLAIN << 3 :
		    model_byte(m));
	}
	for (int n = 0; n < ENTRIES && (plain || count > 0); n++)
		if (m->e[n].state == IN_WAITING &&
		    model_is_stale(m, &m->e[n]))
			model_fault(m, "a stale queue is forgotten");
}

static void
model_renew(struct model *m)
{
	schedule_renew(m->s);
	m->generation++;
}

static void
model_bar(struct model *m, unsigned b)
{
	unsigned host = 1 + b % MROUTE_HOSTS;

	if (b >> 5 == 0) {
		schedule_unbar(m->s);
		memset(m->until, 0, sizeof(m->until));
	} else {
		m->until[host] = m->now + (b >> 2) * 20;
		schedule_bar(m->s, mroute_host(host), m->until[host]);
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
		if (op & 128)
			model_sweep(m, model_byte(m) % 16, false);
		break;
	case 13:
		if (op >> 6 == 3)
			model_renew(m);
		else if (op >> 6 == 2)
			model_bar(m, model_byte(m));
		else
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

	model_renew(m);
	model_sweep(m, 0, true);
	do {
		wake = model_settle(m);
		model_sweep(m, 0, true);	/* of what is sent again */
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
	schedule_unbar(m->s);
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
