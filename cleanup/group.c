/*
 * Group commit: one write and one sync for all that wait.
 *
 * What makes groups is that a sync takes time, in which others come, and that
 * the next one is put off until as many wait as gather.h says, or GATHER_MS
 * have passed.
 */
#include "base/fatal.h"
#include "base/clock.h"
#include "base/log.h"
#include "ipc/channel.h"
#include "spool/spare.h"
#include "store/store.h"

#include "cleanup.h"

#define GATHER_MS	1
#define PREPARE_MS	2	/* between pieces of what is made ahead */
#define PREPARE_CALM_MS	50	/* the same, where it is far ahead */
#define PREPARE_PIECES	4	/* at once, else */
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
		in->doubtful = !ok;
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
group_prepare_later(void)
{
	timer_start(&cleanup.prepare, spool_writer_behind(cleanup.writer) ?
	    PREPARE_MS : PREPARE_CALM_MS);
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

	timer_stop(&cleanup.gathering);
	cleanup.overdue = false;
	group_stage(&staged);
	if (TAILQ_EMPTY(&staged))
		return;
	staged_bytes = spool_writer_staged(cleanup.writer);
	rc = spool_writer_commit(cleanup.writer, &e);
	group_counts(waiting - cleanup.waiting, clock_mono_us() - began);
	gather_note(&cleanup.gather, loop_now_ms(cleanup.worker->loop),
	    waiting - cleanup.waiting);
	if (rc == -1) {
		COUNT(store_failures);
		LOG(EV_STORE_FAILED, NULL, LOG_STR("reason", e.text));
	}
	group_tell(&staged, rc == 0, e.text);
	if (rc == 0) {
		group_hint();
		large_settle();
	}
	space_took(staged_bytes);
	if (!TAILQ_EMPTY(&cleanup.group))
		loop_defer(cleanup.worker->loop, &cleanup.turn);
	if (!cleanup.prepare.armed)
		group_prepare_later();
}

/* At the end of a turn, when all sockets were read. */
static void
group_turn(void *arg)
{
	(void)arg;
	if (TAILQ_EMPTY(&cleanup.group))
		return;
	if (cleanup.overdue ||
	    cleanup.waiting >= gather_wanted(&cleanup.gather))
		group_commit();
	else if (!cleanup.gathering.armed)
		timer_start(&cleanup.gathering, GATHER_MS);
}

static void
group_overdue(void *arg)
{
	(void)arg;
	cleanup.overdue = true;
	group_turn(NULL);
}

/* Pieces of the segment ahead or of a spare, while nothing waits: one, or some
 * if they are needed soon. */
static void
group_prepare(void *arg)
{
	bool	more;
	int	n = 0;

	(void)arg;
	if (!TAILQ_EMPTY(&cleanup.group)) {
		group_prepare_later();
		return;
	}
	do {
		more = space_ample() &&
		    spool_writer_prepare(cleanup.writer) == 1;
		if (more)
			space_took(SPARE_PIECE);
	} while (more && ++n < PREPARE_PIECES &&
	    spool_writer_behind(cleanup.writer));
	if (more)
		group_prepare_later();
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
	timer_init(&cleanup.gathering, l, group_overdue, NULL);
	timer_init(&cleanup.prepare, l, group_prepare, NULL);
	timer_start(&cleanup.prepare, PREPARE_MS);
}
