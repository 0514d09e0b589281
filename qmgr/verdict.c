/*
 * Verdicts of deliver workers, into the book.
 *
 * An end is told SAFE once it is with the kernel: what is lost of it can only
 * mean a second delivery.  It is synced all the same soon after: where the
 * power goes, that is how much is delivered again.  Everything else is told
 * after a sync; those of some milliseconds share one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uuid.h"

#include "dsn/order.h"

#include "bounces.h"
#include "delivery.h"
#include "teller.h"

#define VERDICT_SYNC_MS		5
#define VERDICT_LAZY_MS		50
#define VERDICT_LAZY_MAX_MS	1000
#define VERDICT_SHARE		10	/* of the time at most is for that */
#define VERDICT_AGAIN_MS	1000
#define VERDICT_WRONG_MS	300000
#define VERDICT_FAR_MS		(10 * 365 * 86400000LL)

static struct {
	struct worker	*worker;
	struct task	 write;
	struct timer	 sync;
	struct timer	 lazy;
	int64_t		 lazy_ms;
	struct job_list	 written;	/* to be told SAFE after a write */
	struct job_list	 synced;	/* and after a sync */
} verdicts = {
	.written = TAILQ_HEAD_INITIALIZER(verdicts.written),
	.synced = TAILQ_HEAD_INITIALIZER(verdicts.synced),
};

/* ---- SAFE ---------------------------------------------------------------- */

static void
verdict_settle(struct job_list *list)
{
	struct job	*j;

	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, turn);
		j->settling = false;
		job_settle(j);
	}
}

static void
verdict_failed(const struct err *e)
{
	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e->text));
	COUNT(queue_errors);
	timer_start(&verdicts.sync, VERDICT_AGAIN_MS);
}

static void
verdict_write(void *arg)
{
	struct err	e;

	(void)arg;
	if (keeper_book() == NULL)
		return;
	if (book_write(keeper_book(), &e) == -1)
		verdict_failed(&e);
	else
		verdict_settle(&verdicts.written);
}

static void
verdict_sync(void *arg)
{
	struct err	e;

	(void)arg;
	if (keeper_book() == NULL)
		return;
	if (book_sync(keeper_book(), &e) == -1) {
		verdict_failed(&e);
		return;
	}
	verdict_settle(&verdicts.written);
	verdict_settle(&verdicts.synced);
	bounces_synced();
}

/* Where the disk is slow, more ends share a sync; but one that stood still
 * once is no reason to leave many of them to the next power cut. */
static void
verdict_lazy(void *arg)
{
	int64_t	began = clock_mono_ms(), share;

	verdict_sync(arg);
	share = (clock_mono_ms() - began) * VERDICT_SHARE;
	if (share > VERDICT_LAZY_MAX_MS)
		share = VERDICT_LAZY_MAX_MS;
	verdicts.lazy_ms = share > VERDICT_LAZY_MS ? share : VERDICT_LAZY_MS;
}

void
verdict_settle_later(struct job *j)
{
	/* More of it may come: agent.c looks at READY. */
	if (!j->agent->ready)
		return;
	j->settling = true;
	if (!j->sync) {
		TAILQ_INSERT_TAIL(&verdicts.written, j, turn);
		loop_defer(verdicts.worker->loop, &verdicts.write);
		if (!verdicts.lazy.armed)
			timer_start(&verdicts.lazy, verdicts.lazy_ms);
		return;
	}
	if (TAILQ_EMPTY(&verdicts.synced))
		timer_start(&verdicts.sync, VERDICT_SYNC_MS);
	TAILQ_INSERT_TAIL(&verdicts.synced, j, turn);
}

void
verdict_forget(struct job *j)
{
	if (j->settling)
		TAILQ_REMOVE(j->sync ? &verdicts.synced : &verdicts.written, j,
		    turn);
	j->settling = false;
}

/* ---- What a state may say ------------------------------------------------ */

/* What the worker says, over what there is.  Texts are of both. */
static void
verdict_over(struct entry_state *s, const struct entry_state *said)
{
	uint64_t	changed = said->changed;

	if ((changed & STATE_CHANGED_PRIORITY) != 0)
		s->priority = said->priority;
	if ((changed & STATE_CHANGED_TRANSPORT) != 0)
		s->transportid = said->transportid;
	if ((changed & STATE_CHANGED_TENANT) != 0)
		s->tenantid = said->tenantid;
	if ((changed & STATE_CHANGED_JOB) != 0)
		s->jobid = said->jobid;
	if ((changed & STATE_CHANGED_METADATA) != 0)
		s->metadata = said->metadata;
	if ((changed & STATE_CHANGED_QUOTAS) != 0)
		s->quotas = said->quotas;
	s->changed |= changed;
	s->fate = 0;
	s->forced = said->forced;
	s->retry = said->retry;
	s->notified = said->notified;
	s->reason = said->reason;
	s->remotemx = said->remotemx;
	s->remoteip = said->remoteip;
	s->localip = said->localip;
	s->grouping = said->grouping;
}

static bool
verdict_fits(const struct entry_state *said)
{
	const uint64_t	known = STATE_CHANGED_PRIORITY |
			    STATE_CHANGED_TRANSPORT | STATE_CHANGED_TENANT |
			    STATE_CHANGED_JOB | STATE_CHANGED_METADATA |
			    STATE_CHANGED_QUOTAS;

	return (said->changed & ~known) == 0 &&
	    ((said->changed & STATE_CHANGED_TRANSPORT) == 0 ||
	    outlets_find(said->transportid) != NULL);
}

static void
verdict_time(struct entry_state *s, uint64_t due_ms)
{
	uint64_t	now = (uint64_t)keeper_queue_ms();

	if (due_ms <= now)
		due_ms = now + 1;
	if (due_ms > now + VERDICT_FAR_MS)
		due_ms = now + VERDICT_FAR_MS;
	s->due_ms = due_ms;
}

/* ---- Each ---------------------------------------------------------------- */

/* Its sender is told first; if nobody is there who could, it is looked at
 * again at its next attempt. */
static int
verdict_tells(const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	int	rc;

	s->after_ms = 0;
	if (s->bounce_action == ENTRY_ACTION_DELAYED)
		s->after_ms = s->due_ms;
	if (s->after_ms == 0 || teller_any())
		s->due_ms = (uint64_t)keeper_queue_ms();
	s->state = STATE_BOUNCING;
	if ((rc = book_change(keeper_book(), id, s, e)) == 0)
		bounces_new(id);
	return rc;
}

static int
verdict_change(const struct spool_id *id, enum job_verdict verdict,
    const struct entry_state *said, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc;
	s.state = verdict == JOB_DEFER ? STATE_DEFER : STATE_HOLD;
	s.wanted = verdict == JOB_HOLD;
	if (verdict_fits(said)) {
		verdict_over(&s, said);
		verdict_time(&s, said->due_ms);
	} else {
		s.state = STATE_DEFER;
		s.reason = STR("a worker's verdict has changes that can't "
		    "be");
		verdict_time(&s, (uint64_t)keeper_queue_ms() +
		    VERDICT_WRONG_MS);
	}
	/* It has not been told of an earlier delay. */
	if (s.state == STATE_DEFER && s.bounce_action != 0)
		return verdict_tells(id, &s, e);
	if ((rc = book_change(keeper_book(), id, &s, e)) == 0 &&
	    s.state == STATE_DEFER)
		pump_deferred((int64_t)s.due_ms);
	return rc;
}

/* ---- Whose sender is told ------------------------------------------------ */

/* What the order says is what the verdict says. */
static bool
verdict_order_fits(enum job_verdict verdict, const struct dsn_order *o)
{
	switch (verdict) {
	case JOB_DONE:
		return o->action == ENTRY_ACTION_DELIVERED ||
		    o->action == ENTRY_ACTION_RELAYED;
	case JOB_DEFER:
		return o->action == ENTRY_ACTION_DELAYED;
	default:
		return o->action == ENTRY_ACTION_FAILED;
	}
}

/* One delay is told of at a time: an order that waits goes first. */
static int
verdict_tell(const struct spool_id *id, enum job_verdict verdict,
    const struct entry_state *said, struct err *e)
{
	struct dsn_order	o;
	struct entry_state	s;
	unsigned char		txn[SPOOL_TXN_SIZE];
	int			rc;

	if (dsn_order_get(&o, said->order, e) == -1 ||
	    uuid_parse(o.id.p, o.id.len, txn) == -1 ||
	    !verdict_order_fits(verdict, &o))
		return verdict_change(id, verdict == JOB_DEFER ? JOB_DEFER :
		    JOB_HOLD, said, e);
	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc;
	/* It was told of this delay before, and its worker does not know. */
	if (!verdict_fits(said) || (s.bounce_action == 0 && str_eq(
	    s.bounce_txn, (struct str){ (char *)txn, sizeof txn })))
		return verdict_change(id, verdict, said, e);
	verdict_over(&s, said);
	if (verdict != JOB_DEFER || s.bounce_action == 0) {
		s.bounce_txn = (struct str){ (char *)txn, sizeof txn };
		s.bounce_action = o.action;
		s.order = said->order;
		s.order_tries = s.order_strikes = 0;
	}
	verdict_time(&s, said->due_ms);
	COUNT(queue_bounces);
	return verdict_tells(id, &s, e);
}

/* 0; 1: there is no such entry; -1 with *e. */
static int
verdict_note(const struct spool_id *id, enum job_verdict verdict,
    const struct entry_state *said, struct err *e)
{
	if (said->order.len > 0 && verdict != JOB_HOLD &&
	    verdict != JOB_DELETE)
		return verdict_tell(id, verdict, said, e);
	switch (verdict) {
	case JOB_DONE:
		COUNT(queue_delivered);
		return book_done(keeper_book(), id, SPOOL_END_DELIVERED, e);
	case JOB_DELETE:
		COUNT(queue_deleted);
		return book_done(keeper_book(), id, SPOOL_END_DELETED, e);
	case JOB_DEFER:
		COUNT(queue_deferrals);
		return verdict_change(id, verdict, said, e);
	default:
		/* A bounce without its order is no honest worker's. */
		COUNT(queue_holds);
		return verdict_change(id, JOB_HOLD, said, e);
	}
}

/* At once, the first time; a worker that gives it back for ever is not asked
 * for ever.  Of one that is in no queue nothing is left that could say so: it
 * is prepared anew, say. */
static void
verdict_again(struct job *j, struct active *a, const struct spool_id *id)
{
	struct err	e;
	bool		rests = (a->again || a->apart) &&
			    !j->agent->draining;

	(void)book_started(keeper_book(), id, 0, &e);
	schedule_refund(delivery_schedule(), a->ref);
	a->again = true;
	if (!rests) {
		job_return(j, a);
		return;
	}
	job_judged(j, a);
	if (verdict_defer(id, VERDICT_AGAIN_MS, "its worker gave it back",
	    &e) == -1)
		verdict_failed(&e);
}

int
verdict_take(struct job *j, struct active *a, enum job_verdict verdict,
    struct str state)
{
	struct entry_state	said;
	struct spool_id		id, whose;
	struct err		e;

	spool_id_get(&id, a->key);
	if (verdict < JOB_DONE || verdict > JOB_AGAIN ||
	    state_get(&whose, &said, state, &e) == -1 ||
	    !spool_id_same(&id, &whose))
		return -1;
	if (verdict == JOB_AGAIN) {
		verdict_again(j, a, &id);
		return 0;
	}
	if (verdict != JOB_DONE || said.order.len > 0)
		j->sync = true;
	if (verdict_note(&id, verdict, &said, &e) == -1) {
		/* It comes again, and says it again. */
		verdict_failed(&e);
		agent_lose(j->agent);
		return 0;
	}
	job_judged(j, a);
	keeper_changed();
	return 0;
}

int
verdict_defer(const struct spool_id *id, int64_t wait_ms, const char *reason,
    struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc == -1 ? -1 : 0;
	s.state = STATE_DEFER;
	s.reason = str_of(reason);
	verdict_time(&s, (uint64_t)(keeper_queue_ms() + wait_ms));
	if (book_change(keeper_book(), id, &s, e) == -1)
		return -1;
	pump_deferred((int64_t)s.due_ms);
	keeper_changed();
	return 0;
}

void
verdict_prepare(struct worker *w)
{
	verdicts.worker = w;
	task_init(&verdicts.write, verdict_write, NULL);
	timer_init(&verdicts.sync, w->loop, verdict_sync, NULL);
	timer_init(&verdicts.lazy, w->loop, verdict_lazy, NULL);
	verdicts.lazy_ms = VERDICT_LAZY_MS;
}

void
verdict_close(void)
{
	timer_stop(&verdicts.sync);
	timer_stop(&verdicts.lazy);
	TAILQ_INIT(&verdicts.written);
	TAILQ_INIT(&verdicts.synced);
}
