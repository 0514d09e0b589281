/*
 * Entries that end their workers.
 *
 * One whose worker died by a signal while it worked on it gets a strike.  With
 * one it runs where nothing else does; with three it is held.
 */
#include <stdlib.h>

#include "base/log.h"

#include "delivery.h"

#define POISON_STRIKES	3
#define POISON_WAIT_MS	60000

static struct {
	struct active_list	 waiting;
	struct agent		*agent;		/* that is emptied, or has it */
	struct job		*job;
} poison = { .waiting = TAILQ_HEAD_INITIALIZER(poison.waiting) };

void
poison_strike(const struct spool_id *id)
{
	struct entry_state	s;
	char			text[SPOOL_ID_TEXT];
	struct err		e;

	if (book_state(keeper_book(), id, &s, &e) != 0)
		return;
	s.strikes++;
	spool_id_text(text, id);
	LOG(EV_QUEUE_POISON, NULL, LOG_STR("queue", text),
	    LOG_NUM("strikes", (int64_t)s.strikes));
	s.state = s.strikes < POISON_STRIKES ? STATE_DEFER : STATE_HOLD;
	s.reason = s.state == STATE_DEFER ? STR("its worker died") :
	    STR("its worker died three times");
	s.due_ms = (uint64_t)(keeper_queue_ms() + POISON_WAIT_MS *
	    (int64_t)s.strikes);
	if (book_change(keeper_book(), id, &s, &e) == -1 ||
	    book_sync(keeper_book(), &e) == -1)
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
	pump_deferred((int64_t)s.due_ms);
}

void
poison_wait(struct active *a)
{
	TAILQ_INSERT_TAIL(&poison.waiting, a, link);
	dispatch_kick();
}

static void
poison_release(void)
{
	struct agent	*a = poison.agent;

	poison.agent = NULL;
	if (a == NULL)
		return;
	a->alone = false;
	agent_update(a);
}

void
poison_agent_over(const struct agent *a)
{
	if (poison.agent == a)
		poison_release();
}

void
poison_job_over(const struct job *j)
{
	if (poison.job != j)
		return;
	poison.job = NULL;
	poison_release();
}

/* A worker is emptied first. */
static bool
poison_place(void)
{
	if (poison.agent == NULL) {
		if ((poison.agent = agent_idle()) == NULL)
			return false;
		poison.agent->alone = true;
		agent_update(poison.agent);
	}
	return poison.agent->job_count == 0 && poison.agent->ready;
}

/* Its hook is asked alone, too. */
static void
poison_prepare(struct active *a)
{
	poison.job = job_new(poison.agent, JOB_PREPARE, 0);
	job_add(poison.job, a);
}

static void
poison_attempt(struct active *a)
{
	struct schedule_entry_in in = { .digest = 0 };
	struct book_envelope	 envelope;
	struct entry_state	 state;
	struct buf		 bytes = BUF_INIT, text = BUF_INIT;
	struct lease		*l;
	struct spool_id		 id;
	struct err		 e;

	spool_id_get(&id, a->key);
	if (active_entry(&id, &envelope, &state, &bytes, &e) == 0)
		active_limited(a, &in, &text, &envelope.entry);
	l = lease_new(poison.agent, schedule_started(delivery_schedule(), &in,
	    0, poison.agent->slot), 0);
	buf_free(&bytes);
	buf_free(&text);
	poison.job = job_new(poison.agent, JOB_ATTEMPT, 0);
	job_route(poison.job, a->place, 0);
	poison.job->connects = true;
	poison.job->lease = l->number;
	poison.job->uses = l->uses = 1;
	dispatch_entry(poison.job, a);
}

void
poison_dispatch(struct job_list *list)
{
	struct active	*a = TAILQ_FIRST(&poison.waiting);

	if (a == NULL || poison.job != NULL || !poison_place())
		return;
	TAILQ_REMOVE(&poison.waiting, a, link);
	if (a->place == 0)
		poison_prepare(a);
	else
		poison_attempt(a);
	TAILQ_INSERT_TAIL(list, poison.job, turn);
}

void
poison_close(void)
{
	TAILQ_INIT(&poison.waiting);
	poison.agent = NULL;
	poison.job = NULL;
}
