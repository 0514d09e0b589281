/*
 * Preparing.  Jobs of their own, a bounded number at a time; nothing is noted
 * in the journal, so that what is lost with a worker or with qmgr is prepared
 * again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/wire.h"
#include "ipc/channel.h"

#include "hopset.h"
#include "prepare.h"

#define PREPARE_KIND		1
#define PREPARE_WAIT_MAX	1000	/* entries before their hook */
#define PREPARE_JOBS_MAX	500	/* in it, at a worker */

/* What a hook left. */
struct prepared {
	struct hmap_entry	 hash;
	uint32_t		 self;		/* the entry's */
	int64_t			 until_ms;
	bool			 tenant, job;	/* it said these */
	struct buf		 bytes;		/* context, tenant, job */
	size_t			 context_len, tenant_len;
};

static struct {
	struct worker		*worker;
	struct active_list	 waiting;
	uint32_t		 waiters;
	bool			 refused;
	struct hmap		 prepared;
	size_t			 context_bytes;
	struct buf		 bytes, text;
} prepare = { .waiting = TAILQ_HEAD_INITIALIZER(prepare.waiting) };

bool
prepare_wanted(void)
{
	return prepare.worker != NULL &&
	    prepare.worker->params.hook_predelivery[0] != '\0';
}

/* ---- What is kept -------------------------------------------------------- */

static struct prepared *
prepared_of(const struct active *a)
{
	return (struct prepared *)hmap_find(&prepare.prepared, PREPARE_KIND,
	    (struct str){ (const char *)&a->self, sizeof a->self });
}

static void
prepared_free(struct prepared *p)
{
	prepare.context_bytes -= p->bytes.len;
	hmap_remove(&prepare.prepared, &p->hash);
	buf_free(&p->bytes);
	free(p);
}

static void
prepared_new(struct active *a, const struct ipc_DELIVER_PREPARED *m,
    int64_t until_ms)
{
	struct prepared	*p = xcalloc(1, sizeof *p);

	p->self = a->self;
	p->until_ms = until_ms;
	p->tenant = (m->changed & STATE_CHANGED_TENANT) != 0;
	p->job = (m->changed & STATE_CHANGED_JOB) != 0;
	buf_add_str(&p->bytes, m->context);
	p->context_len = m->context.len;
	buf_add_text(&p->bytes, m->tenantid);
	p->tenant_len = p->bytes.len - p->context_len;
	buf_add_text(&p->bytes, m->jobid);
	prepare.context_bytes += p->bytes.len;
	p->hash.key = (const char *)&p->self;
	p->hash.len = sizeof p->self;
	p->hash.kind = PREPARE_KIND;
	hmap_insert(&prepare.prepared, &p->hash);
	a->prepared = true;
}

/* Who was refused comes again, if there is room. */
static void
prepare_freed(void)
{
	if (!prepare.refused || !prepare_has_room())
		return;
	prepare.refused = false;
	pump_unfill_all();
}

void
prepare_forget(struct active *a)
{
	prepared_free(prepared_of(a));
	a->prepared = false;
	prepare_freed();
}

void
prepare_over(const struct active *a, struct schedule_subqueue *q)
{
	struct prepared	*p = prepared_of(a);
	const char	*all = buf_data(&p->bytes);
	size_t		 at = p->context_len;

	if (p->tenant)
		q->tenantid = (struct str){ all + at, p->tenant_len };
	at += p->tenant_len;
	if (p->job)
		q->jobid = (struct str){ all + at, p->bytes.len - at };
}

struct str
prepare_context(const struct active *a)
{
	struct prepared	*p = a->prepared ? prepared_of(a) : NULL;

	return p == NULL ? STR_NONE :
	    (struct str){ buf_data(&p->bytes), p->context_len };
}

bool
prepare_holds(const struct active *a)
{
	return prepared_of(a)->until_ms > delivery_now();
}

/* ---- Who waits ----------------------------------------------------------- */

bool
prepare_has_room(void)
{
	if (prepare.waiters < PREPARE_WAIT_MAX && prepare.context_bytes <
	    (size_t)prepare.worker->params.queue_context_memory)
		return true;
	prepare.refused = true;
	return false;
}

void
prepare_wait(struct active *a)
{
	a->prepares = true;
	prepare.waiters++;
	TAILQ_INSERT_TAIL(&prepare.waiting, a, link);
	dispatch_kick();
}

void
prepare_leave(struct active *a)
{
	a->prepares = false;
	prepare.waiters--;
	TAILQ_REMOVE(&prepare.waiting, a, link);
}

bool
prepare_waits(void)
{
	return !TAILQ_EMPTY(&prepare.waiting);
}

static bool
prepare_describe(struct active *a, struct schedule_entry_in *in)
{
	struct book_envelope	envelope;
	struct entry_state	state;
	struct spool_id		id;
	struct err		e;

	spool_id_get(&id, a->key);
	return active_entry(&id, &envelope, &state, &prepare.bytes,
	    &e) == 0 && active_describe(in, &prepare.text, &id,
	    &envelope.entry) == 0;
}

void
prepare_dispatch(struct job_list *list)
{
	struct schedule_entry_in in;
	struct active		*a;
	struct agent		*agent;
	struct job		*j;
	bool			 any = false;

	while ((a = TAILQ_FIRST(&prepare.waiting)) != NULL &&
	    (agent = agent_idle()) != NULL &&
	    agent->job_count < PREPARE_JOBS_MAX) {
		any = true;
		prepare_leave(a);
		/* It does not read, or its transport is gone. */
		if (!prepare_describe(a, &in)) {
			active_anew(a);
			continue;
		}
		active_apart(a, &in);
		j = job_new(agent, JOB_PREPARE, 0);
		job_add(j, a);
		TAILQ_INSERT_TAIL(list, j, turn);
	}
	if (any)
		prepare_freed();
}

/* ---- Answers ------------------------------------------------------------- */

/* Where it goes is known: into the scheduler. */
static void
prepare_go(struct active *a, const struct ipc_DELIVER_PREPARED *m,
    uint32_t hopset, uint32_t ttl_s)
{
	struct book_envelope	envelope;
	struct entry_state	state;
	struct spool_id		id;
	struct err		e;

	spool_id_get(&id, a->key);
	if (ttl_s < NEXTHOPS_TTL_MIN_S)
		ttl_s = NEXTHOPS_TTL_MIN_S;
	prepared_new(a, m, delivery_now() + (int64_t)ttl_s * 1000);
	if (active_entry(&id, &envelope, &state, &prepare.bytes, &e) != 0 ||
	    outlets_find(envelope.entry.transportid) == NULL) {
		hopset_drop(hopset);
		active_anew(a);
		return;
	}
	if (active_go(a, &envelope.entry, hopset) == ACTIVE_FULL &&
	    book_wait(keeper_book(), &id, &e) == -1)
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
	dispatch_kick();
}

int
prepare_on_prepared(struct agent *agent, struct rbuf *r)
{
	struct ipc_DELIVER_PREPARED m;
	struct spool_id		 id;
	struct active		*a;
	struct job		*j;
	uint32_t		 hopset, ttl_s = 0;

	if (ipc_get_DELIVER_PREPARED(r, &m) == -1 ||
	    m.id.len != SPOOL_ID_SIZE || m.recipients > JOB_ENTRIES_MAX ||
	    m.context.len > JOB_CARRIED_MAX || m.try.len > JOB_TRY_MAX)
		return -1;
	spool_id_get(&id, (const unsigned char *)m.id.p);
	if ((j = job_find(agent, m.job)) == NULL || j->kind != JOB_PREPARE ||
	    (a = active_find(&id)) == NULL || a->job != j)
		return -1;
	hopset = hopset_take(m.hops, m.try, (uint16_t)m.recipients, &ttl_s);
	if (hopset == 0)
		return -1;
	job_release(j, a);
	job_free(j);
	prepare_go(a, &m, hopset, ttl_s);
	return 0;
}

/* ---- Start --------------------------------------------------------------- */

void
prepare_prepare(struct worker *w)
{
	prepare.worker = w;
}

void
prepare_open(void)
{
	hmap_init(&prepare.prepared);
}

static void
prepare_free_one(void *arg, struct hmap_entry *e)
{
	(void)arg;
	prepared_free((struct prepared *)e);
}

void
prepare_close(void)
{
	hmap_walk(&prepare.prepared, prepare.prepared.size, prepare_free_one,
	    NULL);
	hmap_fini(&prepare.prepared);
	TAILQ_INIT(&prepare.waiting);
	prepare.waiters = 0;
	prepare.refused = false;
	buf_free(&prepare.bytes);
	buf_free(&prepare.text);
}
