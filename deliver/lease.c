/*
 * Invariants:
 *
 * I1  A grant that is HELD, OPEN, IDLE or LEAVING is the `grant` of its owner;
 *     one that is ASKED and has no answer is the `waiting` of its owner.
 * I2  Every lease has a job, a grant, or both; so there are never more
 *     connections than leases.
 *
 * What the engine tells is answered with frames at once; what needs the engine
 * again (an answer, an eviction) is done by a task.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hmap.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "job/job.h"

#include "course.h"
#include "deliver.h"
#include "job.h"
#include "lease.h"
#include "mailroom.h"

#define LEASE_KIND	1

struct lease {
	struct hmap_entry	 entry;		/* first */
	TAILQ_ENTRY(lease)	 link;		/* to be served */
	uint64_t		 number;
	char			 transportid[64];
	uint32_t		 uses;
	bool			 busy;		/* a job has it */
	bool			 rested;	/* told so, of this use */
	bool			 queued;
	struct grant		*grant;
	struct grant		*waiting;
	struct buf		 fields;	/* policy_values_put()'s */
};

static struct {
	struct hmap		table;
	TAILQ_HEAD(, lease)	queue;
	struct task		task;
} leases;

static void	leases_serve(void *arg);

void
leases_init(void)
{
	hmap_init(&leases.table);
	TAILQ_INIT(&leases.queue);
	task_init(&leases.task, leases_serve, NULL);
}

static void
lease_free(struct lease *l)
{
	if (l->queued)
		TAILQ_REMOVE(&leases.queue, l, link);
	hmap_remove(&leases.table, &l->entry);
	buf_free(&l->fields);
	board_add(COUNTER_delivery_leases, -1);
	free(l);
}

static void
lease_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	lease_free((struct lease *)e);
}

void
leases_fini(void)
{
	hmap_walk(&leases.table, leases.table.size, lease_free_entry, NULL);
	hmap_fini(&leases.table);
	loop_cancel(deliver.loop, &leases.task);
}

static struct lease *
lease_find(uint64_t number)
{
	return (struct lease *)hmap_find(&leases.table, LEASE_KIND,
	    (struct str){ (const char *)&number, sizeof number });
}

/* ---- What qmgr is told --------------------------------------------------- */

static void
lease_tell(const struct lease *l, enum lease_event event)
{
	struct channel	*c = mailroom_channel();

	if (c != NULL)
		CHANNEL_SEND(c, DELIVER_LEASE, -1, { .lease = l->number,
		    .uses = l->uses, .event = (uint32_t)event });
}

static bool
lease_idle(const struct lease *l)
{
	return !l->busy && l->grant != NULL && l->grant->state == GRANT_IDLE;
}

/* Something of it has changed.  idle: its grant is about to be so. */
static void
lease_settle(struct lease *l, bool idle)
{
	if (l->busy || l->waiting != NULL)
		return;
	if (l->grant == NULL) {
		lease_tell(l, LEASE_CLOSED);
		lease_free(l);
	} else if ((idle || lease_idle(l)) && !l->rested) {
		l->rested = true;
		lease_tell(l, LEASE_RESTS);
	}
}

static void
lease_tell_one(void *arg, struct hmap_entry *entry)
{
	struct lease			*l = (struct lease *)entry;
	struct ipc_DELIVER_LEASED	 m = { .lease = l->number,
					    .uses = l->uses,
					    .idle = lease_idle(l),
					    .fields = buf_str(&l->fields) };

	(void)strlcpy(m.transportid, l->transportid, sizeof m.transportid);
	l->rested = m.idle != 0;
	CHANNEL_PUT((struct channel *)arg, DELIVER_LEASED, -1, &m);
}

void
lease_tell_all(struct channel *c)
{
	hmap_walk(&leases.table, leases.table.size, lease_tell_one, c);
}

/* ---- Jobs ---------------------------------------------------------------- */

static struct lease *
lease_new(uint64_t number, struct str transportid)
{
	struct lease	*l = xcalloc(1, sizeof *l);
	size_t		 n = transportid.len;

	l->number = number;
	if (n >= sizeof l->transportid)
		n = sizeof l->transportid - 1;
	memcpy(l->transportid, transportid.p, n);
	l->entry.key = (const char *)&l->number;
	l->entry.len = sizeof l->number;
	l->entry.kind = LEASE_KIND;
	hmap_insert(&leases.table, &l->entry);
	board_add(COUNTER_delivery_leases, 1);
	return l;
}

struct lease *
lease_join(uint64_t number, uint32_t uses, struct str transportid)
{
	struct lease	*l = lease_find(number);

	if (l != NULL && l->busy)
		return NULL;
	if (l == NULL)
		l = lease_new(number, transportid);
	l->busy = true;
	l->rested = false;
	l->uses = uses != 0 ? uses : l->uses + 1;
	return l;
}

void
lease_leave(struct lease **lp)
{
	struct lease	*l = *lp;

	if (l == NULL)
		return;
	*lp = NULL;
	l->busy = false;
	lease_settle(l, false);
}

/* One that was used again since is not what qmgr means; one that its transport
 * keeps stays until its time has passed. */
void
lease_evict(uint64_t number, uint32_t uses)
{
	struct lease	*l = lease_find(number);

	if (l != NULL && l->uses == uses && lease_idle(l) &&
	    !l->grant->backend->keep.fixed)
		grant_evict(l->grant);
}

void
lease_note(struct lease *l, const struct policy_values *v)
{
	if (l == NULL)
		return;
	buf_clear(&l->fields);
	if (policy_values_put(&l->fields, v) == -1)
		buf_clear(&l->fields);
}

uint64_t
lease_number(const struct lease *l)
{
	return l != NULL ? l->number : 0;
}

/* ---- The engine ---------------------------------------------------------- */

static void
lease_queue(struct lease *l)
{
	if (l->waiting == NULL || l->queued)
		return;
	l->queued = true;
	TAILQ_INSERT_TAIL(&leases.queue, l, link);
	loop_defer(deliver.loop, &leases.task);
}

/* It has qmgr's leave to go on.  Its own place is kept meanwhile, as the grant
 * that asks; if an idle connection fits, that comes in its place. */
static void
lease_go_on(struct lease *l, struct grant *g)
{
	struct job	*j = g->asker;

	l->waiting = NULL;
	if (course_changed(j))
		grant_change(g, j->backend);
	else if (!grant_reuse(g))
		grant_answer(g, true);
}

static void
lease_pass(struct lease *l, struct grant *g)
{
	l->waiting = NULL;
	if (l->grant == NULL)
		l->grant = g;
	if (l->grant == g)
		grant_skip(g);
	else
		grant_answer(g, false);
}

static void
lease_serve(struct lease *l)
{
	struct grant		*g = l->waiting;
	enum course_leave	 leave;

	if (g == NULL ||
	    (leave = course_leave(g->asker, g)) == COURSE_WAIT)
		return;
	if (leave == COURSE_PASS) {
		lease_pass(l, g);
		return;
	}
	if (l->grant == NULL)
		l->grant = g;
	if (l->grant == g)
		lease_go_on(l, g);
	else if (l->grant->state == GRANT_IDLE && !grant_reuse(g) &&
	    l->grant != NULL)
		grant_evict(l->grant);
}

void
lease_resume(struct lease *l)
{
	if (l != NULL)
		lease_queue(l);
}

static void
leases_serve(void *arg)
{
	struct lease	*l;

	(void)arg;
	while ((l = TAILQ_FIRST(&leases.queue)) != NULL) {
		TAILQ_REMOVE(&leases.queue, l, link);
		l->queued = false;
		lease_serve(l);
	}
}

static enum grant_answer
lease_on_ask(void *arg, struct grant *g)
{
	const struct job	*j = g->asker;
	struct lease		*l = j->lease;

	(void)arg;
	if (l == NULL)
		return GRANT_NO;
	g->owner = l;
	if (course_leave(g->asker, g) == COURSE_GO &&
	    (l->grant == NULL || l->grant == g)) {
		l->grant = g;
		return GRANT_YES;
	}
	l->waiting = g;
	lease_queue(l);
	return GRANT_LATER;
}

/* A job takes an idle connection: if that goes by another's lease, the two
 * change what they have. */
static void
lease_used(struct lease *l, struct grant *g)
{
	const struct job	*j = g->asker;
	struct lease		*own = j->lease;

	if (own == l || own == NULL)
		return;
	l->grant = own->grant;
	if (l->grant != NULL)
		l->grant->owner = l;
	own->grant = g;
	g->owner = own;
	lease_queue(l);
	lease_settle(l, false);
}

static void
lease_lost(struct lease *l, struct grant *g)
{
	g->owner = NULL;
	if (l->waiting == g)
		l->waiting = NULL;
	if (l->grant == g)
		l->grant = NULL;
	lease_queue(l);
	lease_settle(l, false);
}

static void
lease_on_told(void *arg, struct grant *g, enum grant_event ev)
{
	struct lease	*l = g->owner;

	(void)arg;
	/* Its state is what it was before. */
	if (ev == GRANT_RESTS)
		board_add(COUNTER_delivery_idle, 1);
	else if (g->state == GRANT_IDLE)
		board_add(COUNTER_delivery_idle, -1);
	if (l == NULL)
		return;
	switch (ev) {
	case GRANT_USED:
		lease_used(l, g);
		break;
	case GRANT_RESTS:
		lease_queue(l);
		lease_settle(l, true);
		break;
	case GRANT_DROPPED:
	case GRANT_CLOSED:
		lease_lost(l, g);
		break;
	case GRANT_OPENED:
	case GRANT_BACK:
	case GRANT_LEAVES:
		break;
	}
}

struct granter
lease_granter(void)
{
	return (struct granter){ .ask = lease_on_ask,
	    .told = lease_on_told };
}
