/*
 * Fail-over.  The connection's place moves to the next hop's limiters when
 * these have room; until then the attempt waits, looked at some times a
 * second, and not for ever.
 */
#include <string.h>

#include "ipc/channel.h"
#include "schedule/schedule_renew.h"

#include "failover.h"
#include "hopset.h"
#include "policies.h"
#include "told.h"

#define FAILOVER_LOOK_MS	20
#define FAILOVER_LOOKS		64	/* jobs that one look is at */
#define FAILOVER_WAIT_MS	60000
#define FAILOVER_DEAD_MAX_MS	86400000

static struct {
	struct job_list	 waiting;	/* in turn */
	struct timer	 look;
	struct buf	 bytes, text;
} failover = { .waiting = TAILQ_HEAD_INITIALIZER(failover.waiting) };

static void
failover_answer(struct job *j, uint32_t hop, bool ok, uint64_t row,
    struct str policy)
{
	if (j->agent->channel != NULL)
		CHANNEL_SEND(j->agent->channel, DELIVER_NEXT_ANSWER, -1,
		    { .job = j->number, .hop = hop, .ok = ok, .row = row,
		    .policy = policy });
}

/* 1: it goes on; 0: there is no room; -1: it can't. */
static int
failover_move(struct job *j)
{
	struct active			*a = TAILQ_FIRST(&j->entries);
	struct lease			*l = lease_find(j->agent, j->lease);
	const struct hopset		*h = hopset_at(j->hopset);
	const struct schedule_candidate	*c;
	struct book_envelope		 envelope;
	struct entry_state		 state;
	struct schedule_subqueue	 q;
	struct spool_id			 id;
	struct str			 grouping, text = STR_NONE;
	uint64_t			 row;
	struct err			 e;

	if (a == NULL || l == NULL)
		return -1;
	spool_id_get(&id, a->key);
	if (active_entry(&id, &envelope, &state, &failover.bytes, &e) != 0 ||
	    outlets_find(envelope.entry.transportid) == NULL)
		return -1;
	active_subqueue(a, &q, &failover.text, &envelope.entry);
	grouping = policies_grouping_of(&q, h);
	c = policies_candidate_at(&q, grouping, h, j->next_hop);
	if (c->closed || !schedule_failover(delivery_schedule(), l->conn, c,
	    j->left, delivery_now()))
		return 0;
	policies_paid(&q, grouping, h, j->next_hop);
	row = policies_row(&q, grouping, h, j->next_hop, &text);
	if (row != 0)
		told_tell(j->agent, TOLD_ROW, row, text);
	failover_answer(j, j->next_hop, true, row, job_policy(&q, grouping, h,
	    j->next_hop));
	return 1;
}

void
failover_forget(struct job *j)
{
	if (j->failing)
		TAILQ_REMOVE(&failover.waiting, j, failover);
	j->failing = false;
}

static void
failover_wait(struct job *j)
{
	j->failing = true;
	TAILQ_INSERT_TAIL(&failover.waiting, j, failover);
	timer_start(&failover.look, FAILOVER_LOOK_MS);
}

static void
failover_try(struct job *j)
{
	int	moved;

	failover_forget(j);
	if (j->agent->channel == NULL)
		return;			/* it asks again */
	moved = failover_move(j);
	if (moved == 0 && delivery_now() < j->failing_until_ms)
		failover_wait(j);
	else if (moved != 1)
		failover_answer(j, j->next_hop, false, 0, STR_NONE);
}

static void
failover_look(void *arg)
{
	struct job	*j, *last = TAILQ_LAST(&failover.waiting, job_list);
	int		 n;

	(void)arg;
	for (n = 0; n < FAILOVER_LOOKS &&
	    (j = TAILQ_FIRST(&failover.waiting)) != NULL; n++) {
		failover_try(j);
		if (j == last)
			break;
	}
	if (!TAILQ_EMPTY(&failover.waiting))
		timer_start(&failover.look, FAILOVER_LOOK_MS);
}

int
failover_on_next(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_NEXT	 m;
	struct job		*j;

	if (ipc_get_DELIVER_NEXT(r, &m) == -1)
		return -1;
	/* Its verdicts may have met the question. */
	if ((j = job_find(a, m.job)) == NULL)
		return 0;
	/* Of a qmgr before this one it has hops that are not known here. */
	if (j->hopset == 0) {
		failover_answer(j, m.hop, false, 0, STR_NONE);
		return 0;
	}
	/* Nothing of it is kept: the job may wait, and outlives this
	 * connection. */
	if (m.hop >= hopset_at(j->hopset)->hops.count)
		return -1;
	j->next_hop = m.hop;
	if (!j->failing)
		j->failing_until_ms = delivery_now() + FAILOVER_WAIT_MS;
	failover_try(j);
	return 0;
}

/* A worker says it of hosts that it was sent to, not of any. */
static bool
failover_goes_to(const struct job *j, struct str address)
{
	const struct hopset	*h;
	size_t			 i;

	if (j == NULL || j->hopset == 0)
		return false;
	h = hopset_at(j->hopset);
	for (i = 0; i < h->hops.count; i++)
		if (str_eq(h->texts.of[i].host, address))
			return true;
	return false;
}

int
failover_on_dead(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_DEAD	m;

	if (ipc_get_DELIVER_DEAD(r, &m) == -1)
		return -1;
	/* Or it is of a job of a qmgr before this one. */
	if (!failover_goes_to(job_find(a, m.job), str_of(m.address)))
		return 0;
	if (m.ms > FAILOVER_DEAD_MAX_MS)
		m.ms = FAILOVER_DEAD_MAX_MS;
	/* A retry after that time, with its jitter, is not in vain. */
	schedule_bar(delivery_schedule(), str_of(m.address),
	    delivery_now() + (int64_t)(m.ms - m.ms / 8));
	return 0;
}

void
failover_prepare(struct worker *w)
{
	timer_init(&failover.look, w->loop, failover_look, NULL);
}
