/*
 * What the scheduler picks up becomes jobs.
 *
 * Of a turn's jobs the journal has STARTED first, and all of it is with the
 * kernel before the first frame leaves: who asks this process's successor
 * finds who has what.
 */
#include "base/fatal.h"
#include "base/log.h"

#include "bucket.h"
#include "delivery.h"
#include "policies.h"
#include "prepare.h"

#define DISPATCH_TURN		256	/* pickups */
#define DISPATCH_FAILED_MS	1000
#define DISPATCH_AWAIT_MS	20

static struct {
	struct worker	*worker;
	struct task	 task;
	struct timer	 wake;
	struct active_list after;	/* no attempt is made of them */
	bool		 failed;	/* the journal does not take it */
} dispatch = { .after = TAILQ_HEAD_INITIALIZER(dispatch.after) };

void
dispatch_kick(void)
{
	if (!dispatch.failed)
		loop_defer(dispatch.worker->loop, &dispatch.task);
}

/* ---- What the scheduler asks for ----------------------------------------- */

static void
dispatch_displaced(struct active *a)
{
	struct spool_id	id;
	struct err	e;

	spool_id_get(&id, a->key);
	active_drop(a);
	if (book_wait(keeper_book(), &id, &e) == -1)
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
}

void
dispatch_after(struct active *a)
{
	TAILQ_INSERT_TAIL(&dispatch.after, a, link);
	dispatch_kick();
}

static void
dispatch_deadline(struct active *a)
{
	struct spool_id	id;

	spool_id_get(&id, a->key);
	if (active_remove(a))
		pump_late(&id);
}

static void
dispatch_actions(void)
{
	struct schedule_action	a;

	while (schedule_action(delivery_schedule(), delivery_now(), &a)) {
		switch (a.kind) {
		case SCHEDULE_REFILL:
			pump_refill(&a.subqueue);
			break;
		case SCHEDULE_ROOM:
			pump_room();
			break;
		case SCHEDULE_DISPLACED:
			dispatch_displaced((struct active *)(uintptr_t)a.user);
			break;
		case SCHEDULE_EVICT:
			lease_evict(a.conn);
			break;
		case SCHEDULE_DEADLINE:
			dispatch_deadline((struct active *)(uintptr_t)a.user);
			break;
		}
	}
}

/* ---- Pickups ------------------------------------------------------------- */

void
dispatch_entry(struct job *j, struct active *a)
{
	struct spool_id	id;
	struct err	e;

	spool_id_get(&id, a->key);
	job_add(j, a);
	(void)book_started(keeper_book(), &id, (uint64_t)j->agent->pid, &e);
}

static void
dispatch_pick(const struct schedule_pickup *p, struct job_list *list)
{
	struct agent	*agent = agent_at(p->worker);
	struct job	*j = job_new(agent, JOB_ATTEMPT, 0);
	struct lease	*l = p->may_connect ? lease_new(agent, p->conn, 0) :
			    lease_of_conn(p->conn);
	struct active	*a;
	size_t		 i;

	if (l == NULL)
		fatal("a pickup for a connection that is nobody's");
	j->lease = l->number;
	j->uses = ++l->uses;
	j->connects = p->may_connect;
	j->barred = p->barred;
	for (i = 0; i < p->count; i++) {
		a = (struct active *)(uintptr_t)schedule_user(
		    delivery_schedule(), p->refs[i]);
		if (i == 0)
			job_route(j, a->place, p->candidate);
		dispatch_entry(j, a);
	}
	TAILQ_INSERT_TAIL(list, j, turn);
}

static void
dispatch_afters(struct job_list *list)
{
	struct agent	*agent;
	struct active	*a;
	struct job	*j;

	while ((a = TAILQ_FIRST(&dispatch.after)) != NULL &&
	    (agent = agent_idle()) != NULL) {
		TAILQ_REMOVE(&dispatch.after, a, link);
		/* Hops, but no hop: an attempt says why. */
		j = job_new(agent, a->place != 0 ? JOB_ATTEMPT : JOB_AFTER,
		    0);
		job_route(j, a->place, 0);
		dispatch_entry(j, a);
		TAILQ_INSERT_TAIL(list, j, turn);
	}
}

/* ---- Turns --------------------------------------------------------------- */

static void
dispatch_undo(struct job_list *list)
{
	struct job	*j;

	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, turn);
		job_undo(j);
	}
}

static void
dispatch_fail(void)
{
	COUNT(queue_errors);
	dispatch.failed = true;
	timer_start(&dispatch.wake, DISPATCH_FAILED_MS);
}

static void
dispatch_send(struct job_list *list)
{
	struct job	*j;
	struct err	 e;
	int		 rc;

	if (TAILQ_EMPTY(list))
		return;
	if (book_write(keeper_book(), &e) == -1) {
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
		dispatch_undo(list);
		dispatch_fail();
		return;
	}
	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, turn);
		rc = j->agent->channel == NULL ? 1 : job_send(j);
		if (rc != 0)
			job_undo(j);
		else {
			if (j->kind == JOB_ATTEMPT)
				COUNT(queue_attempts);
			agent_given(j->agent);
		}
		if (rc == -1)
			dispatch_fail();
	}
	/* The frames leave at the end of this turn. */
	bucket_write();
}

static void
dispatch_turn(void *arg)
{
	struct schedule_pickup	p;
	struct job_list		list = TAILQ_HEAD_INITIALIZER(list);
	int64_t			wake = INT64_MAX, wait;
	bool			stale;
	int			n = 0;

	(void)arg;
	if (delivery_schedule() == NULL || dispatch.failed ||
	    !book_hinted(keeper_book()))
		return;
	if (delivery_awaits()) {
		timer_start(&dispatch.wake, DISPATCH_AWAIT_MS);
		return;
	}
	dispatch_actions();
	stale = policies_sweep();
	dispatch_afters(&list);
	prepare_dispatch(&list);
	poison_dispatch(&list);
	while (n < DISPATCH_TURN && schedule_next(delivery_schedule(),
	    delivery_now(), &p, &wake)) {
		dispatch_pick(&p, &list);
		n++;
	}
	dispatch_send(&list);
	dispatch_actions();
	if (dispatch.failed)
		return;
	wait = n == DISPATCH_TURN || stale ? 0 : wake - delivery_now();
	if (wait <= 60000)
		timer_start(&dispatch.wake, wait > 0 ? wait : 0);
}

static void
dispatch_wake(void *arg)
{
	(void)arg;
	dispatch.failed = false;
	dispatch_kick();
}

void
dispatch_prepare(struct worker *w)
{
	dispatch.worker = w;
	task_init(&dispatch.task, dispatch_turn, NULL);
	timer_init(&dispatch.wake, w->loop, dispatch_wake, NULL);
}

void
dispatch_close(void)
{
	timer_stop(&dispatch.wake);
	TAILQ_INIT(&dispatch.after);
	dispatch.failed = false;
}
