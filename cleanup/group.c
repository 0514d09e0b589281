/*
 * Group commit: one write and one sync for all that wait.
 *
 * What makes groups is that a sync takes time, in which others come.  Where
 * several sessions are at work, those that were answered together come again
 * about together: the next sync is put off until half as many wait as there
 * were in the largest group of late, or GATHER_MS have passed.  A lone session
 * has been alone in its groups, and never waits.
 */
#include "base/fatal.h"
#include "base/clock.h"
#include "base/log.h"
#include "ipc/channel.h"
#include "store/store.h"

#include "cleanup.h"

#define GATHER_MS	1
#define SPAN_MS		50
#define PREPARE_MS	2	/* between two pieces of a spare */
#define GROUP_BYTES	(8ULL << 20)	/* so much is enough for a group */

static void
group_counts(size_t transactions, int64_t took_us)
{
	COUNT(store_groups);
	board_add(COUNTER_store_transactions, (int64_t)transactions);
	board_observe(HISTOGRAM_store_commit, took_us / 1000);
}

void
group_hint(void)
{
	struct spool_place	end = spool_writer_durable(cleanup.writer);

	if (cleanup.qmgr != NULL)
		CHANNEL_SEND(cleanup.qmgr, HINT, -1,
		    { .segment = end.segment, .durable = end.offset });
}

void
group_remove(struct intake *in)
{
	if (!in->grouped)
		return;
	TAILQ_REMOVE(&cleanup.group, in, group);
	cleanup.waiting -= in->ended;
	in->grouped = false;
}

/*
 * The largest group of late: of this span of time and the one before.  A span
 * is short, so that a session that has come to be alone is soon told at once
 * again.
 */
static void
group_remember(size_t transactions)
{
	int64_t	now = loop_now_ms(cleanup.worker->loop);

	if (now - cleanup.span_ms >= SPAN_MS) {
		cleanup.before = now - cleanup.span_ms < 2 * SPAN_MS ?
		    cleanup.now : 0;
		cleanup.now = 0;
		cleanup.span_ms = now;
	}
	if (transactions > cleanup.now)
		cleanup.now = transactions;
	cleanup.recent = cleanup.now > cleanup.before ? cleanup.now :
	    cleanup.before;
}

/* Those that can't be staged now stay; those that never can are told. */
static void
group_stage(struct intakes *staged)
{
	struct intake	*in, *next;
	struct err	 e;
	int		 rc;

	TAILQ_INIT(staged);
	TAILQ_FOREACH_SAFE(in, &cleanup.group, group, next) {
		if (spool_writer_staged(cleanup.writer) > GROUP_BYTES)
			break;
		if ((rc = spool_writer_stage(cleanup.writer, in->draft,
		    &e)) == 1)
			continue;
		group_remove(in);
		if (rc == -1)
			intake_answer(in, STORE_TEMPORARY, e.text);
		else
			TAILQ_INSERT_TAIL(staged, in, group);
	}
}

static void
group_tell(struct intakes *staged, bool ok, const char *why)
{
	struct intake	*in;

	while ((in = TAILQ_FIRST(staged)) != NULL) {
		TAILQ_REMOVE(staged, in, group);
		if (!ok)
			intake_answer(in, STORE_TEMPORARY, why);
		else if (in->ended) {
			in->durable = true;
			intake_answer(in, STORE_DURABLE, "");
		} else
			intake_release(in, in->held);
	}
}

static void
group_commit(void)
{
	struct intakes	staged;
	struct err	e;
	int64_t		began = clock_mono_us();
	size_t		waiting = cleanup.waiting;
	uint64_t	staged_bytes;
	int		rc;

	timer_stop(&cleanup.gather);
	cleanup.overdue = false;
	group_stage(&staged);
	if (TAILQ_EMPTY(&staged))
		return;
	staged_bytes = spool_writer_staged(cleanup.writer);
	rc = spool_writer_commit(cleanup.writer, &e);
	group_counts(waiting - cleanup.waiting, clock_mono_us() - began);
	group_remember(waiting - cleanup.waiting);
	if (rc == -1) {
		COUNT(store_failures);
		LOG(EV_STORE_FAILED, NULL, LOG_STR("reason", e.text));
	}
	group_tell(&staged, rc == 0, e.text);
	if (rc == 0)
		group_hint();
	space_took(staged_bytes);
	if (!TAILQ_EMPTY(&cleanup.group))
		loop_defer(cleanup.worker->loop, &cleanup.turn);
	if (!cleanup.prepare.armed)
		timer_start(&cleanup.prepare, PREPARE_MS);
}

/* At the end of a turn, when all sockets were read. */
static void
group_turn(void *arg)
{
	(void)arg;
	if (TAILQ_EMPTY(&cleanup.group))
		return;
	if (cleanup.recent < 2 || cleanup.overdue ||
	    cleanup.waiting * 2 >= cleanup.recent)
		group_commit();
	else if (!cleanup.gather.armed)
		timer_start(&cleanup.gather, GATHER_MS);
}

static void
group_overdue(void *arg)
{
	(void)arg;
	cleanup.overdue = true;
	group_turn(NULL);
}

/* A piece of a spare segment, while nothing waits. */
static void
group_prepare(void *arg)
{
	(void)arg;
	if (!TAILQ_EMPTY(&cleanup.group) ||
	    spool_writer_prepare(cleanup.writer) == 1)
		timer_start(&cleanup.prepare, PREPARE_MS);
}

void
group_add(struct intake *in)
{
	if (!in->grouped) {
		TAILQ_INSERT_TAIL(&cleanup.group, in, group);
		in->grouped = true;
		cleanup.waiting += in->ended;
	}
	loop_defer(cleanup.worker->loop, &cleanup.turn);
}

void
group_start(void)
{
	struct loop	*l = cleanup.worker->loop;

	TAILQ_INIT(&cleanup.group);
	task_init(&cleanup.turn, group_turn, NULL);
	timer_init(&cleanup.gather, l, group_overdue, NULL);
	timer_init(&cleanup.prepare, l, group_prepare, NULL);
	timer_start(&cleanup.prepare, PREPARE_MS);
}
