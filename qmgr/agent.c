/*
 * Deliver workers.  A process is known by its pid from its first connection
 * to the day that master says it is gone; between two connections (qmgr was
 * started again, or a frame made no sense) its jobs stay its own.
 *
 *	connect, HELLO, (HELD | LEASED | VERDICT)*, READY	then jobs
 *
 * What it has in hand and does not name before READY never came to it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"

#include "delivery.h"
#include "failover.h"
#include "live.h"
#include "policies.h"
#include "prepare.h"
#include "quota.h"
#include "route.h"
#include "told.h"
#include "trace.h"

#define AGENT_IN_FLIGHT_MAX	100000
#define AGENT_QUEUED_MAX	(8U << 20)	/* bytes that it has not read */
#define AGENT_FDS_MAX		64		/* of bodies' own files, too */
#define AGENT_SLOTS		1024
#define AGENT_SAID_MAX		200000

static struct {
	TAILQ_HEAD(, agent)	 agents;
	struct agent		*slot[AGENT_SLOTS];
} agents = { .agents = TAILQ_HEAD_INITIALIZER(agents.agents) };

/* ---- Who there is -------------------------------------------------------- */

struct agent *
agent_at(uint16_t slot)
{
	return slot < AGENT_SLOTS ?
	    agents.slot[slot] : NULL;
}

static struct agent *
agent_find(pid_t pid)
{
	struct agent	*a;

	TAILQ_FOREACH(a, &agents.agents, link)
		if (a->pid == pid)
			return a;
	return NULL;
}

void
agents_each(void (*fn)(void *arg, struct agent *a), void *arg)
{
	struct agent	*a;

	TAILQ_FOREACH(a, &agents.agents, link)
		fn(arg, a);
}

bool
agent_is_ready(pid_t pid)
{
	const struct agent	*a = agent_find(pid);

	return a != NULL && a->ready;
}

struct agent *
agent_idle(void)
{
	struct agent	*a, *best = NULL;

	TAILQ_FOREACH(a, &agents.agents, link)
		if (a->ready && !a->draining && !a->alone && !a->full &&
		    !a->starved && (best == NULL ||
		    a->job_count < best->job_count))
			best = a;
	return best;
}

static struct agent *
agent_new(pid_t pid)
{
	struct agent	*a;
	uint16_t	 slot = 0;

	while (slot < AGENT_SLOTS &&
	    agents.slot[slot] != NULL)
		slot++;
	if (slot == AGENT_SLOTS)
		return NULL;
	a = xcalloc(1, sizeof *a);
	a->pid = pid;
	a->slot = slot;
	TAILQ_INIT(&a->jobs);
	hmap_init(&a->known);
	agents.slot[slot] = a;
	TAILQ_INSERT_TAIL(&agents.agents, a, link);
	return a;
}

/* Its descriptors and what it was told are its connection's. */
static void
agent_away(struct agent *a)
{
	channel_free(&a->channel);
	a->greeted = a->ready = a->full = a->draining = a->starved = false;
	trace_agent_away(a);
	route_agent_away(a);
	if (delivery_schedule() != NULL)
		agent_update(a);
	a->lent_count = 0;
	told_forget(a);
	free(a->said);
	a->said = NULL;
	a->said_count = 0;
}

static void
agent_free(struct agent *a)
{
	poison_agent_over(a);
	hmap_fini(&a->known);
	agents.slot[a->slot] = NULL;
	TAILQ_REMOVE(&agents.agents, a, link);
	free(a);
}

/* May it have more? */
void
agent_update(struct agent *a)
{
	if (a->ready && !a->draining && !a->full && !a->starved && !a->alone)
		schedule_worker_add(delivery_schedule(), a->slot,
		    a->in_flight);
	else
		schedule_worker_drain(delivery_schedule(), a->slot);
	dispatch_kick();
}

void
agent_given(struct agent *a)
{
	if (a->full || (channel_queued(a->channel) <= AGENT_QUEUED_MAX &&
	    channel_queued_fds(a->channel) <= AGENT_FDS_MAX))
		return;
	a->full = true;
	agent_update(a);
	channel_await_room(a->channel);
}

static void
agent_on_room(void *arg)
{
	struct agent	*a = arg;

	a->full = false;
	agent_update(a);
}

/* ---- Before READY -------------------------------------------------------- */

static int
agent_on_hello(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_HELLO	m;
	struct job			*j;
	struct active			*e;

	if (a->greeted || ipc_get_DELIVER_HELLO(r, &m) == -1 ||
	    m.table_hash != ipc_table_hash() || m.in_flight == 0 ||
	    m.in_flight > AGENT_IN_FLIGHT_MAX)
		return -1;
	a->greeted = true;
	a->in_flight = m.in_flight;
	TAILQ_FOREACH(j, &a->jobs, link) {
		j->segment = 0;		/* it was lent over the one before */
		TAILQ_FOREACH(e, &j->entries, link)
			e->named = false;
	}
	lease_unname(a);
	return 0;
}

/* The job of an entry that is this worker's since before this qmgr; NULL:
 * there is no such thing. */
static struct job *
agent_job(struct agent *a, uint64_t number, const struct spool_id *id)
{
	struct active	*e = active_find(id);
	struct job	*j = job_find(a, number);

	if (e == NULL || (e->job != NULL && e->job != j) ||
	    (e->job == NULL && e->awaits != a->pid))
		return NULL;
	if (e->job == NULL) {
		if (j == NULL)
			j = job_new(a, JOB_ATTEMPT, number);
		job_add(j, e);
	}
	e->named = true;
	return j;
}

static int
agent_on_held(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_HELD	m;
	struct spool_id		id;
	struct job		*j;

	if (a->ready || ipc_get_DELIVER_HELD(r, &m) == -1 ||
	    m.id.len != SPOOL_ID_SIZE)
		return -1;
	spool_id_get(&id, (const unsigned char *)m.id.p);
	if ((j = agent_job(a, m.job, &id)) != NULL)
		j->lease = m.lease;
	return 0;
}

static int
agent_on_leased(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_LEASED	m;
	struct schedule_entry_in	in;
	struct lease			*l;

	if (a->ready || ipc_get_DELIVER_LEASED(r, &m) == -1 || m.lease == 0)
		return -1;
	l = lease_find(a, m.lease);
	/* No more of them than jobs, those of connections that rest twice; of
	 * a transport that is gone they limit nothing. */
	if (l == NULL && ++a->leased > 2 * a->in_flight)
		return -1;
	if (l == NULL && outlets_find(str_of(m.transportid)) == NULL)
		return 0;
	if (l == NULL) {
		if (policies_started(&in, str_of(m.transportid),
		    m.fields) == -1)
			return -1;
		l = lease_new(a, schedule_started(delivery_schedule(), &in, 0,
		    a->slot), m.lease);
	}
	/* A job that was sent and is not counted went with the connection. */
	l->uses = m.uses;
	l->named = true;
	l->rests = m.idle != 0;
	return 0;
}

/* Entries of its jobs that it did not name wait again; a job of which it
 * named none is one that it does not know, and that is not told SAFE.  One
 * whose verdicts all came before READY is over now: not before, since each
 * of them might have been the last. */
static void
agent_sift_jobs(struct agent *a)
{
	struct active	*e, *next;
	struct job	*j, *after;
	uint32_t	 had;

	TAILQ_FOREACH_SAFE(j, &a->jobs, link, after) {
		had = j->left;
		TAILQ_FOREACH_SAFE(e, &j->entries, link, next)
			if (!e->named)
				job_return(j, e);
		if (had > 0 && j->left == 0)
			job_free(j);
		else if (had == 0 && !j->settling)
			verdict_settle_later(j);
	}
}

/* Verdicts of jobs that are over: they are in the journal. */
static int
agent_answer_said(struct agent *a)
{
	struct err	e;
	size_t		i;

	if (a->said_count > 0 && book_sync(keeper_book(), &e) == -1) {
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
		return -1;
	}
	for (i = 0; i < a->said_count; i++)
		if (job_find(a, a->said[i]) == NULL)
			CHANNEL_SEND(a->channel, DELIVER_SAFE, -1,
			    { .job = a->said[i] });
	free(a->said);
	a->said = NULL;
	a->said_count = 0;
	return 0;
}

static int
agent_on_ready(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_READY	m;

	if (a->ready || ipc_get_DELIVER_READY(r, &m) == -1 ||
	    agent_answer_said(a) == -1)
		return -1;
	a->ready = true;
	a->leased = 0;
	trace_agent_ready(a);
	agent_sift_jobs(a);
	agent_release(a->pid);
	lease_sift(a);
	agent_update(a);
	route_agent_ready();
	return 0;
}

/* ---- Its work ------------------------------------------------------------ */

static void
agent_note_said(struct agent *a, uint64_t job)
{
	/* Verdicts of one job follow each other; it is told SAFE once. */
	if (a->said_count > 0 && a->said[a->said_count - 1] == job)
		return;
	if ((a->said_count & (a->said_count + 1)) == 0 || a->said == NULL)
		a->said = xreallocarray(a->said, (a->said_count + 1) * 2,
		    sizeof(*a->said));
	a->said[a->said_count++] = job;
}

static int
agent_on_verdict(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_VERDICT	m;
	struct active			*e;
	struct spool_id			 id;
	struct job			*j;

	if (ipc_get_DELIVER_VERDICT(r, &m) == -1 || m.id.len != SPOOL_ID_SIZE)
		return -1;
	spool_id_get(&id, (const unsigned char *)m.id.p);
	if (!a->ready) {
		if (a->said_count == AGENT_SAID_MAX)
			return -1;
		agent_note_said(a, m.job);
		j = agent_job(a, m.job, &id);
		if (j == NULL)
			return 0;	/* it is in the journal */
	} else if ((j = job_find(a, m.job)) == NULL)
		return -1;
	e = active_find(&id);
	if (e == NULL || e->job != j)
		return -1;
	return verdict_take(j, e, (enum job_verdict)m.verdict, m.state);
}

/* One that is older than the last job with it is passed over. */
static int
agent_on_lease(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_LEASE	 m;
	struct lease			*l;

	if (ipc_get_DELIVER_LEASE(r, &m) == -1 ||
	    (m.event != LEASE_RESTS && m.event != LEASE_CLOSED))
		return -1;
	l = lease_find(a, m.lease);
	if (l != NULL && l->uses == m.uses)
		lease_event(l, (enum lease_event)m.event);
	return 0;
}

static int
agent_on_drain(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_DRAIN	m;

	if (ipc_get_DELIVER_DRAIN(r, &m) == -1)
		return -1;
	a->draining = true;
	agent_update(a);
	return 0;
}

static int
agent_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct live_asker	 who;
	struct agent		*a = arg;

	(void)fd;
	if (type == IPC_DELIVER_HELLO)
		return agent_on_hello(a, r);
	if (!a->greeted)
		return -1;
	switch (type) {
	case IPC_DELIVER_HELD:
		return agent_on_held(a, r);
	case IPC_DELIVER_LEASED:
		return agent_on_leased(a, r);
	case IPC_DELIVER_READY:
		return agent_on_ready(a, r);
	case IPC_DELIVER_VERDICT:
		return agent_on_verdict(a, r);
	case IPC_DELIVER_LEASE:
		return agent_on_lease(a, r);
	case IPC_DELIVER_DRAIN:
		return agent_on_drain(a, r);
	case IPC_DELIVER_TRACED:
		return trace_on_line(a, r);
	case IPC_DELIVER_HOPS:
		return route_on_hops(a, r);
	case IPC_DELIVER_PREPARED:
		return prepare_on_prepared(a, r);
	case IPC_DELIVER_NEXT:
		return failover_on_next(a, r);
	case IPC_DELIVER_DEAD:
		return failover_on_dead(a, r);
	case IPC_LIVE_ADD:
	case IPC_LIVE_DELETE:
		who = (struct live_asker){ a->channel, IPC_DELIVER, 0 };
		return type == IPC_LIVE_ADD ? live_on_add(&who, r) :
		    live_on_delete(&who, r);
	case IPC_QUOTA_ASK:
		return quota_on_ask(a->channel, r);
	default:
		return -1;
	}
}

static void
agent_on_end(void *arg)
{
	agent_away(arg);
}

void
agent_lose(struct agent *a)
{
	agent_away(a);
}

/* The queue has to be open: until then it comes again. */
void
agent_accept(int fd, pid_t pid)
{
	static const struct channel_ops	 ops = { .on_frame = agent_on_frame,
	    .on_end = agent_on_end, .on_room = agent_on_room };
	struct agent			*a = agent_find(pid);

	if (delivery_schedule() == NULL || !book_hinted(keeper_book()) ||
	    (a == NULL && (a = agent_new(pid)) == NULL)) {
		(void)close(fd);
		return;
	}
	agent_away(a);
	a->channel = channel_new(delivery_worker()->loop, fd, IPC_QMGR,
	    IPC_DELIVER, &ops, a);
}

/* ---- Its end ------------------------------------------------------------- */

static void
agent_release_entry(void *arg, const struct spool_id *id, uint64_t worker)
{
	struct active	*e;
	struct err	 why;

	if (worker != *(uint64_t *)arg || ((e = active_find(id)) != NULL &&
	    e->job != NULL))
		return;
	(void)book_started(keeper_book(), id, 0, &why);
	if (e == NULL || e->awaits == 0)
		return;
	active_found(e);
	schedule_done(delivery_schedule(), e->ref);
	active_drop(e);
	pump_one(id);
}

void
agent_release(pid_t pid)
{
	uint64_t	worker = (uint64_t)pid;

	book_started_walk(keeper_book(), agent_release_entry, &worker);
}

/* Its page says which entry it was; it may be one that it never had, if the
 * worker was taken over: nothing of another's is touched. */
static void
agent_strike(pid_t pid, struct str culprit)
{
	struct spool_id	 id;
	struct active	*e;

	if (culprit.len != SPOOL_ID_SIZE)
		return;
	spool_id_get(&id, (const unsigned char *)culprit.p);
	e = active_find(&id);
	if (e == NULL || pid != (e->job != NULL ? e->job->agent->pid :
	    e->awaits))
		return;
	if (e->job != NULL)
		job_leave(e->job, e);
	else {
		active_found(e);
		schedule_done(delivery_schedule(), e->ref);
		active_drop(e);
	}
	poison_strike(&id);
}

void
agent_gone(pid_t pid, int signal, struct str culprit)
{
	struct agent	*a = agent_find(pid);
	struct job	*j;

	if (delivery_schedule() == NULL)
		return;
	if (signal != 0 && signal != SIGTERM)
		agent_strike(pid, culprit);
	if (a != NULL) {
		agent_away(a);
		schedule_worker_remove(delivery_schedule(), a->slot);
		lease_forget_all(a);
		while ((j = TAILQ_FIRST(&a->jobs)) != NULL)
			job_undo(j);
		agent_free(a);
	}
	agent_release(pid);
	dispatch_kick();
}

void
agent_close(void)
{
	struct agent	*a;
	struct job	*j;

	while ((a = TAILQ_FIRST(&agents.agents)) != NULL) {
		while ((j = TAILQ_FIRST(&a->jobs)) != NULL)
			job_free(j);
		agent_away(a);
		agent_free(a);
	}
}
