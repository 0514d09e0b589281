/*
 * The run.  Time goes from one event to the next: a recipient comes, is due
 * again, an attempt ends, an idle connection is closed, the scheduler or a
 * window of a policy has something to say, or a look is taken at who waits.
 * After each the scheduler is asked what may go, as qmgr(8) does.
 *
 * What an attempt costs beyond its own time (a turn: words between qmgr and
 * its worker) is part of it here.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "job/job.h"
#include "schedule/schedule_conn.h"
#include "schedule/schedule_renew.h"

#include "forecast_run.h"

#define RUN_IDLE_MS	(INT64_C(35) * 86400 * 1000)	/* nothing goes */
#define RUN_END_MS	INT64_C(8800000000000)	/* of the scheduler's clock */
#define RUN_PROGRESS	4096

/* ---- What goes ----------------------------------------------------------- */

/* Its turn has come: it waits for the scheduler, or where there is nowhere
 * to go its attempt says so. */
static void
frun_due(struct frun *r, uint32_t i)
{
	struct fentry		*e = fentry_at(r->f, i);
	const struct fattempt	*a = fattempt_at(r->f, e->at);
	struct fqueue		*q = r->f->queue[e->queue];
	struct fjob		*j;
	uint32_t		 job;

	froute_make(r->f, q->route);
	if ((a->flags & ATTEMPT_APART) == 0 && q->route->list != NULL) {
		fwaits_add(r, i);
		/* What waits on disk comes before it. */
		if ((q->rest != 0 && e->priority == 0) || !fqueue_add(r, i, q))
			fqueue_leave(r, i, q);
		return;
	}
	job = slab_take(&r->jobs);
	j = slab_at(&r->jobs, job);
	j->first = i;
	e->ref = e->next = 0;
	fevents_add(&r->events, r->now_ms + a->ms, EVENT_END, job, 0);
}

static struct fconn *
frun_conn(struct frun *r, schedule_conn conn)
{
	size_t	size = r->conn_size > 0 ? r->conn_size : 256;

	while (size <= conn)
		size *= 2;
	if (size > r->conn_size) {
		r->conn = xreallocarray(r->conn, size, sizeof *r->conn);
		memset(r->conn + r->conn_size, 0, (size - r->conn_size) *
		    sizeof *r->conn);
		r->conn_size = size;
	}
	return &r->conn[conn];
}

/* As long as it took, but for what its connection cost then and now. */
static int64_t
frun_takes(const struct froute *to, const struct fattempt *a, bool opens)
{
	int64_t	ms = a->ms, open_ms;

	open_ms = to->opens > 0 ? (int64_t)(to->open_ms / to->opens) : 0;
	if ((a->flags & ATTEMPT_DEAD) != 0)
		return ms;
	if (opens && (a->flags & ATTEMPT_OPENED) == 0)
		return ms + open_ms;
	if (!opens && (a->flags & ATTEMPT_OPENED) != 0)
		return ms - a->open_ms;
	return ms;
}

static void
frun_pick(struct frun *r, const struct schedule_pickup *p)
{
	struct fconn	*c = frun_conn(r, p->conn);
	uint32_t	 job = slab_take(&r->jobs), i = 0;
	struct fjob	*j = slab_at(&r->jobs, job);
	struct fentry	*e;
	int64_t		 ms = 0, one;
	size_t		 n;

	for (n = 0; n < p->count; n++) {
		i = (uint32_t)schedule_user(r->s, p->refs[n]);
		e = fentry_at(r->f, i);
		fwaits_drop(r, i);
		e->next = j->first;
		j->first = i;
		j->route = r->f->queue[e->queue]->route;
		one = frun_takes(j->route, fattempt_at(r->f, e->at),
		    p->may_connect);
		if (one > ms)
			ms = one;
	}
	if (p->may_connect) {
		c->opened_ms = r->now_ms;
		c->uses = 0;
		c->transport = j->route->transport;
	}
	c->uses++;
	c->stamp++;
	j->conn = p->conn;
	j->hop = p->candidate;
	r->picked_ms = r->now_ms;
	fevents_add(&r->events, r->now_ms + r->turn_ms + ms, EVENT_END, job,
	    0);
}

/* ---- What ends ----------------------------------------------------------- */

static void
frun_judge(struct frun *r, struct fentry *e, uint32_t i)
{
	const struct fattempt	*a = fattempt_at(r->f, e->at);

	if (e->ref != 0)
		schedule_done(r->s, e->ref);
	e->ref = 0;
	r->done++;
	r->last_ms = r->now_ms;
	if (a->next == 0) {
		e->over_ms = r->now_ms;
		return;
	}
	e->at = a->next;
	fevents_add(&r->events, r->now_ms + a->delay_ms, EVENT_DUE, i, 0);
}

static void
frun_close(struct frun *r, schedule_conn conn)
{
	r->conn[conn].stamp++;
	schedule_connection_closed(r->s, conn, r->now_ms);
}

/* Kept as the transport says. */
static void
frun_rest(struct frun *r, schedule_conn conn)
{
	struct fconn			*c = &r->conn[conn];
	const struct transport_options	*o = &c->transport->options;

	if (!o->pooling || (int64_t)c->uses >= o->pooling_transactions ||
	    r->now_ms - c->opened_ms >= o->pooling_lifetime) {
		frun_close(r, conn);
		return;
	}
	schedule_connection_idle(r->s, conn, r->now_ms);
	fevents_add(&r->events, r->now_ms + o->pooling_timeout, EVENT_IDLE,
	    conn, c->stamp);
}

/* A host that nobody could reach is passed over, as qmgr does. */
static void
frun_bar(struct frun *r, const struct fjob *j)
{
	int64_t	ms = j->route->transport->options.dead_host;

	if (ms > 0)
		schedule_bar(r->s, j->route->list->texts.of[j->hop].host,
		    r->now_ms + ms - ms / 8);
}

static void
frun_end(struct frun *r, uint32_t job)
{
	struct fjob	 j = *(struct fjob *)slab_at(&r->jobs, job);
	struct fentry	*e;
	uint32_t	 i, next, flags = 0;

	slab_give(&r->jobs, job);
	for (i = j.first; i != 0; i = next) {
		e = fentry_at(r->f, i);
		next = e->next;
		flags |= fattempt_at(r->f, e->at)->flags;
		frun_judge(r, e, i);
	}
	if (j.conn == 0)
		return;
	if ((flags & ATTEMPT_DEAD) != 0)
		frun_bar(r, &j);
	if ((flags & ATTEMPT_BROKEN) != 0)
		frun_close(r, j.conn);
	else
		frun_rest(r, j.conn);
}

static void
frun_event(struct frun *r, const struct fevent *e)
{
	switch ((enum fevent_kind)e->kind) {
	case EVENT_DUE:
		frun_due(r, e->id);
		break;
	case EVENT_END:
		frun_end(r, e->id);
		break;
	case EVENT_IDLE:
		if (r->conn[e->id].stamp == e->stamp)
			frun_close(r, e->id);
		break;
	}
}

/* ---- The scheduler ------------------------------------------------------- */

static bool
frun_actions(struct frun *r)
{
	struct schedule_action	a;
	bool			any = false;

	for (; schedule_action(r->s, r->now_ms, &a); any = true)
		switch (a.kind) {
		case SCHEDULE_REFILL:
			fqueue_refill(r, fqueue_named(r, &a.subqueue));
			break;
		case SCHEDULE_ROOM:
			fqueues_refill(r);
			break;
		case SCHEDULE_DISPLACED:
			fentry_at(r->f, (uint32_t)a.user)->ref = 0;
			fqueue_leave(r, (uint32_t)a.user, r->f->queue[
			    fentry_at(r->f, (uint32_t)a.user)->queue]);
			break;
		case SCHEDULE_EVICT:
			frun_close(r, a.conn);
			break;
		case SCHEDULE_DEADLINE:
			break;
		}
	return any;
}

static void
frun_sweep(struct frun *r)
{
	const struct schedule_candidate	*c;
	struct schedule_stale		 st;
	const struct fentry		*e;
	const struct froute		*to;

	while (schedule_stale(r->s, &st)) {
		e = fentry_at(r->f, (uint32_t)schedule_user(r->s, st.ref));
		to = r->f->queue[e->queue]->route;
		c = fqueue_candidates(r, &st.subqueue, st.grouping, to);
		schedule_reroute(r->s, st.queue, c, r->ways.count);
	}
}

static void
frun_turn(struct frun *r)
{
	struct schedule_pickup	p;

	(void)frun_actions(r);
	do {
		frun_sweep(r);
		while (schedule_next(r->s, r->now_ms, &p, &r->wake_ms))
			frun_pick(r, &p);
	} while (frun_actions(r));
}

/* Suspensions come and go by local time. */
static void
frun_windows(struct frun *r)
{
	time_t		t = (time_t)(r->now_ms / 1000);
	int64_t		local_s, next_s;
	struct tm	tm;

	if (localtime_r(&t, &tm) == NULL)
		return;
	local_s = (int64_t)t + tm.tm_gmtoff;
	next_s = policies_windows(r->o->policies, local_s);
	r->windows_ms = next_s == INT64_MAX ? INT64_MAX :
	    ((int64_t)t + next_s - local_s) * 1000;
	if (r->windows_ms <= r->now_ms)
		r->windows_ms = r->now_ms + 1000;
	schedule_renew(r->s);
}

/* ---- The clock ----------------------------------------------------------- */

/* When it is there to be delivered. */
static int64_t
frun_comes(const struct frun *r, const struct fentry *e)
{
	const struct fattempt	*a = fattempt_at(r->f, e->first);
	int64_t			 ms = e->came_ms + r->coming_ms;

	if (e->old)
		ms = a->end_ms - a->ms;
	return ms > r->start_ms ? ms : r->start_ms;
}

struct fcome {
	int64_t		at_ms;
	uint32_t	entry;
};

static int
frun_sooner(const void *a, const void *b)
{
	const struct fcome	*x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void
frun_order(struct frun *r)
{
	struct forecast	*f = r->f;
	struct fentry	*e;
	uint32_t	 i;

	r->come = xcalloc((size_t)f->entries.count + 1, sizeof *r->come);
	for (i = 1; i < f->entries.top; i++) {
		e = fentry_at(f, i);
		e->at = e->first;
		e->over_ms = 0;
		if (f->queue[e->queue]->route == NULL) {
			f->report.nowhere++;
			continue;
		}
		r->come[r->come_count++] = (struct fcome){ frun_comes(r, e),
		    i };
	}
	qsort(r->come, r->come_count, sizeof *r->come, frun_sooner);
}

static int64_t
frun_least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something happens next; INT64_MAX: nothing does. */
static int64_t
frun_next(struct frun *r)
{
	int64_t	t = fevents_first(&r->events);

	if (r->now_ms > RUN_END_MS)
		return INT64_MAX;
	if (r->come_at < r->come_count)
		t = frun_least(t, r->come[r->come_at].at_ms);
	if (r->waiting_count == 0)
		return t;
	t = frun_least(t, r->wake_ms);
	t = frun_least(t, r->windows_ms);
	if (t == INT64_MAX || t - r->picked_ms > RUN_IDLE_MS)
		return INT64_MAX;
	if (r->look_ms <= r->now_ms)
		r->look_ms = r->now_ms + r->step_ms;
	return frun_least(t, r->look_ms);
}

static bool
frun_step(struct frun *r)
{
	struct fevent	e;
	int64_t		t = frun_next(r);

	if (t == INT64_MAX)
		return false;
	if (t > r->now_ms)
		r->now_ms = t;
	if (r->waiting_count > 0 && r->now_ms >= r->look_ms)
		fwaits_look(r);
	if (r->now_ms >= r->windows_ms)
		frun_windows(r);
	while (r->come_at < r->come_count &&
	    r->come[r->come_at].at_ms <= r->now_ms)
		frun_due(r, r->come[r->come_at++].entry);
	while (fevents_first(&r->events) <= r->now_ms) {
		e = fevents_take(&r->events);
		frun_event(r, &e);
	}
	frun_turn(r);
	return true;
}

/* ---- All of it ----------------------------------------------------------- */

/* Those that waited least before their first attempt tell how long a message
 * is under way to qmgr. */
static void
frun_times(struct frun *r)
{
	r->turn_ms = fturn(r->f);
	r->coming_ms = ftimes_least(&r->f->coming);
	r->coming_ms = r->coming_ms > r->turn_ms ?
	    r->coming_ms - r->turn_ms : 0;
	r->f->report.turn_ms = r->turn_ms;
}

static void
frun_transports(struct frun *r)
{
	const struct forecast		*f = r->f;
	const struct transport		*t;
	struct schedule_limits		 limits;
	int64_t				 recipients;
	size_t				 i;

	for (i = 0; i < transports_count(f->transports); i++) {
		t = transports_at(f->transports, i);
		limits = policy_way_transport(t, &r->label).limits;
		recipients = t->options.recipients;
		schedule_transport(r->s, t->id, &limits,
		    recipients < JOB_ENTRIES_MAX ? (uint32_t)recipients :
		    JOB_ENTRIES_MAX);
	}
}

static void
frun_begin(struct frun *r)
{
	struct forecast		*f = r->f;
	struct schedule_options	 so = { .active_limit = r->o->active_limit,
				    .active_window = r->o->active_window,
				    .cold = f->open_ms > 0,
				    .seed = r->o->seed };

	r->start_ms = f->open_ms > f->first_ms ? f->open_ms : f->first_ms;
	so.start_ms = f->open_ms > 0 ? f->open_ms : r->start_ms;
	r->now_ms = r->picked_ms = r->last_ms = r->start_ms;
	r->wake_ms = INT64_MAX;
	r->windows_ms = 0;
	r->step_ms = (f->last_ms - f->first_ms) / WAIT_LOOKS + 1;
	r->random = r->o->seed | 1;
	hmap_init(&r->waits);
	slab_init(&r->jobs, sizeof(struct fjob));
	r->s = schedule_new(&so);
	schedule_worker_add(r->s, 0, r->o->in_flight);
	r->matcher = policy_matcher_new(r->o->policies, NULL);
	r->group_fields = policies_group_fields(r->o->policies);
	frun_times(r);
	frun_transports(r);
	frun_order(r);
}

static void
frun_fini(struct frun *r)
{
	schedule_free(&r->s);
	policy_matcher_free(&r->matcher);
	policy_ways_fini(&r->ways);
	slab_fini(&r->jobs);
	hmap_fini(&r->waits);
	free(r->events.heap);
	free(r->conn);
	free(r->come);
	free(r->waiting);
	buf_free(&r->label);
}

int
forecast_run(struct forecast *f, const struct forecast_options *o,
    struct err *e)
{
	struct frun	*r;
	uint64_t	 steps = 0;

	if (f->attempt_count == 0)
		return err_set(e, "no delivery is told of");
	r = xcalloc(1, sizeof *r);
	r->f = f;
	r->o = o;
	frun_begin(r);
	while (frun_step(r))
		if (o->progress != NULL && steps++ % RUN_PROGRESS == 0)
			o->progress(o->arg, r->done, f->attempt_count);
	f->report.stuck = r->waiting_count;
	f->report.simulated_ms = r->last_ms - f->first_ms;
	fwaits_report(r);
	frun_fini(r);
	free(r);
	freport_make(f);
	return 0;
}
