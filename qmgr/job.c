/*
 * Jobs: what a deliver worker has in hand.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "spool/body_file.h"
#include "spool/disk_real.h"
#include "spool/scan.h"

#include "delivery.h"
#include "failover.h"
#include "hopset.h"
#include "policies.h"
#include "policy_rows.h"
#include "prepare.h"
#include "route.h"
#include "told.h"

#define JOB_UNREAD_MS	60000
#define JOB_NOWHERE_MS	300000

/* Of jobs.bytes. */
struct job_part {
	size_t	state, entry, end;
};

static struct {
	struct hmap	jobs;		/* by worker and number */
	uint64_t	next;
	struct buf	bytes, record, text, policy;
	struct job_part	*part;
} jobs;

void
job_open(void)
{
	hmap_init(&jobs.jobs);
	arc4random_buf(&jobs.next, sizeof jobs.next);
	jobs.next >>= 1;
}

void
job_close(void)
{
	hmap_fini(&jobs.jobs);
	buf_free(&jobs.bytes);
	buf_free(&jobs.record);
	buf_free(&jobs.text);
	buf_free(&jobs.policy);
	free(jobs.part);
	jobs.part = NULL;
}

struct job *
job_new(struct agent *a, enum job_kind kind, uint64_t number)
{
	struct job	*j = xcalloc(1, sizeof *j);

	while (number == 0)
		if (job_find(a, ++jobs.next) == NULL)
			number = jobs.next;
	j->number = number;
	j->kind = kind;
	j->agent = a;
	TAILQ_INIT(&j->entries);
	j->hash.key = (const char *)&j->number;
	j->hash.len = sizeof j->number;
	j->hash.kind = a->slot;
	hmap_insert(&jobs.jobs, &j->hash);
	TAILQ_INSERT_TAIL(&a->jobs, j, link);
	a->job_count++;
	return j;
}

struct job *
job_find(const struct agent *a, uint64_t number)
{
	return (struct job *)hmap_find(&jobs.jobs, a->slot,
	    (struct str){ (char *)&number, sizeof number });
}

void
job_add(struct job *j, struct active *a)
{
	a->job = j;
	active_found(a);
	TAILQ_INSERT_TAIL(&j->entries, a, link);
	j->count++;
	j->left++;
}

void
job_route(struct job *j, uint32_t hopset, uint32_t hop)
{
	if (hopset != 0)
		hopset_ref(hopset);
	if (j->hopset != 0)
		hopset_drop(j->hopset);
	j->hopset = hopset;
	j->hop = hop;
}

void
job_free(struct job *j)
{
	struct active	*a;

	failover_forget(j);

	while ((a = TAILQ_FIRST(&j->entries)) != NULL) {
		TAILQ_REMOVE(&j->entries, a, link);
		a->job = NULL;
	}
	verdict_forget(j);
	poison_job_over(j);
	if (j->segment != 0)
		lend_give(j->agent, j->segment);
	TAILQ_REMOVE(&j->agent->jobs, j, link);
	j->agent->job_count--;
	/* Some wait for a worker that has less to do, or nothing. */
	if (j->agent->job_count == 0 || prepare_waits())
		dispatch_kick();
	hmap_remove(&jobs.jobs, &j->hash);
	job_route(j, 0, 0);
	free(j);
}

static void
job_take_back(struct job *j, struct active *a)
{
	struct spool_id	id;
	struct err	e;

	TAILQ_REMOVE(&j->entries, a, link);
	a->job = NULL;
	j->count--;
	j->left--;
	spool_id_get(&id, a->key);
	(void)book_started(keeper_book(), &id, 0, &e);
	if (a->apart) {
		/* The scheduler does not know it as one that waits. */
		schedule_done(delivery_schedule(), a->ref);
		active_drop(a);
		pump_one(&id);
	} else
		schedule_again(delivery_schedule(), a->ref);
}

void
job_return(struct job *j, struct active *a)
{
	job_take_back(j, a);
	dispatch_kick();
	if (j->left == 0)
		verdict_settle_later(j);
}

void
job_undo(struct job *j)
{
	struct active	*a;
	struct lease	*l;

	while ((a = TAILQ_FIRST(&j->entries)) != NULL) {
		schedule_refund(delivery_schedule(), a->ref);
		job_take_back(j, a);
	}
	/* A connection that was there before is where it was. */
	if ((l = lease_find(j->agent, j->lease)) != NULL) {
		l->uses--;
		lease_event(l, j->connects ? LEASE_CLOSED : LEASE_RESTS);
	}
	job_free(j);
}

/* It is in memory no more; the book knows when it is due. */
void
job_leave(struct job *j, struct active *a)
{
	TAILQ_REMOVE(&j->entries, a, link);
	j->count--;
	j->left--;
	schedule_done(delivery_schedule(), a->ref);
	active_drop(a);
}

void
job_release(struct job *j, struct active *a)
{
	TAILQ_REMOVE(&j->entries, a, link);
	a->job = NULL;
	j->count--;
	j->left--;
	schedule_done(delivery_schedule(), a->ref);
}

/* ---- Its frames ---------------------------------------------------------- */

/* The body's own file, if it has one. */
static int
job_file(const struct job *j, const struct book_envelope *envelope,
    struct disk_file **f, struct err *e)
{
	char		name[DISK_NAME_MAX];
	struct spool_id	id;
	bool		own;

	if (book_own_file(keeper_book(), envelope, &own, e) == -1)
		return -1;
	if (!own)
		return 0;
	spool_id_get(&id, TAILQ_FIRST(&j->entries)->key);
	body_file_name(name, &id);
	return disk_open(keeper_disk(), name, DISK_READ, f) == 0 ? 0 :
	    err_errno(e, "%s", name);
}

struct str
job_policy(const struct schedule_subqueue *q, struct str grouping,
    const struct hopset *h, uint32_t hop)
{
	struct str	text = STR_NONE;

	if (delivery_worker()->params.hook_postdelivery[0] == '\0' ||
	    hop >= h->hops.count)
		return text;
	buf_clear(&jobs.policy);
	policy_rows_pickup(&jobs.policy, q, grouping, h, hop);
	if (jobs.policy.len <= JOB_POLICY_MAX)
		text = buf_str(&jobs.policy);
	return text;
}

/* Hops and rows by their numbers, which its worker is told first. */
static void
job_send_route(struct job *j, const struct spool_entry *entry,
    struct ipc_DELIVER_JOB *m)
{
	const struct hopset		*h;
	struct schedule_subqueue	 q;
	struct str			 grouping, text = STR_NONE;

	if (j->hopset == 0)
		return;
	h = hopset_at(j->hopset);
	told_tell(j->agent, TOLD_ROUTE, h->number, h->bytes);
	if (h->try_number != 0)
		told_tell(j->agent, TOLD_TRY, h->try_number, h->try);
	m->route = h->number;
	m->try = h->try_number;
	m->hop = j->hop;
	m->barred = j->barred;
	active_subqueue(TAILQ_FIRST(&j->entries), &q, &jobs.text, entry);
	grouping = policies_grouping_of(&q, h);
	if (grouping.len > 0 && grouping.len < sizeof m->grouping)
		memcpy(m->grouping, grouping.p, grouping.len);
	policies_paid(&q, grouping, h, j->hop);
	m->policy = job_policy(&q, grouping, h, j->hop);
	m->row = policies_row(&q, grouping, h, j->hop, &text);
	if (m->row != 0)
		told_tell(j->agent, TOLD_ROW, m->row, text);
}

/* The first entry says where the message lies: it is the same for all. */
static int
job_send_head(struct job *j, const struct book_envelope *envelope,
    struct err *e)
{
	struct ipc_DELIVER_JOB	 m = { .job = j->number,
				    .kind = (uint32_t)j->kind,
				    .segment = envelope->segment,
				    .body = envelope->body,
				    .edits = envelope->edits,
				    .entries = j->count };
	const struct outlet	*r = outlets_find(envelope->entry.transportid);
	struct disk_file	*own = NULL;
	int			 rc;

	if (r == NULL)
		return err_set(e, "its transport is not in transport.cf");
	if (job_file(j, envelope, &own, e) == -1)
		return -1;
	if ((rc = lend_take(j->agent, envelope->segment, e)) != 0) {
		disk_close(&own);
		return rc;
	}
	j->segment = envelope->segment;
	told_tell(j->agent, TOLD_TRANSPORT, r->number, buf_str(&r->text));
	job_send_route(j, &envelope->entry, &m);
	m.transport = r->number;
	m.lease = j->lease;
	m.uses = j->uses;
	m.now_ms = (uint64_t)keeper_queue_ms();
	m.file = own != NULL;
	CHANNEL_PUT(j->agent->channel, DELIVER_JOB, -1, &m);
	if (own != NULL)
		CHANNEL_SEND(j->agent->channel, DELIVER_JOB_FILE,
		    disk_real_fd(own), { .job = j->number });
	disk_close(&own);
	return 0;
}

/* An entry as its frame has it, in jobs.bytes. */
static int
job_pack(struct job_part *part, const struct active *a,
    struct book_envelope *envelope, struct err *e)
{
	struct entry_state	state;
	struct spool_id		id;
	int			rc;

	spool_id_get(&id, a->key);
	rc = active_entry(&id, envelope, &state, &jobs.record, e);
	if (rc != 0)
		return rc == 1 ? err_set(e, "the entry is not there") : -1;
	/* The entry says these as they are now, and an order is no matter of a
	 * worker's: with them a state could be longer than its frame. */
	state.metadata = state.quotas = state.order = STR_NONE;
	part->state = jobs.bytes.len;
	if (state_put(&jobs.bytes, &id, &state, e) == -1)
		return -1;
	part->entry = jobs.bytes.len;
	if (spool_entry_put(&jobs.bytes, &envelope->entry, e) == -1)
		return -1;
	part->end = jobs.bytes.len;
	return 0;
}

/* It can't be sent, which says nothing of others: they must not wait for it.
 * It leaves its job, and is looked at again when some time has passed. */
static void
job_put_off(struct job *j, struct active *a, int64_t wait_ms, const char *why)
{
	struct spool_id	id;
	struct err	e;

	LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", why));
	COUNT(queue_errors);
	spool_id_get(&id, a->key);
	job_leave(j, a);
	(void)book_started(keeper_book(), &id, 0, &e);
	if (verdict_defer(&id, wait_ms, why, &e) == -1) {
		LOG(EV_QUEUE_ERROR, NULL, LOG_STR("reason", e.text));
		pump_again();
	}
}

/* Mail for it goes elsewhere by now, or nobody knows: its entries are added
 * anew.  No connection was made. */
static bool
job_moved(struct job *j, const struct spool_entry *entry)
{
	const struct outlet	*o = outlets_find(entry->transportid);
	struct schedule_subqueue q;
	struct active		*a;
	struct route		*r;
	struct spool_id		 id;
	struct err		 e;

	if (j->hopset == 0 || j->kind != JOB_ATTEMPT)
		return false;
	a = TAILQ_FIRST(&j->entries);
	active_subqueue(a, &q, &jobs.text, entry);
	if (a->prepared ? prepare_holds(a) :
	    route_hops(o, q.recipientdomain, &r) == j->hopset)
		return false;
	while ((a = TAILQ_FIRST(&j->entries)) != NULL) {
		spool_id_get(&id, a->key);
		schedule_refund(delivery_schedule(), a->ref);
		job_leave(j, a);
		(void)book_started(keeper_book(), &id, 0, &e);
		pump_one(&id);
	}
	return true;
}

/* What its worker would not take at a time.  Entries may be long, and a
 * script's context. */
static bool
job_is_long(size_t contexts)
{
	return jobs.bytes.len + contexts > JOB_BYTES_MAX / 2;
}

/* Which of its entries do not read, or are gone, leave it.  *envelope is of one
 * that stays. */
static int
job_pack_all(struct job *j, struct book_envelope *envelope, struct err *e)
{
	struct entry_state	 state;
	struct active		*a, *next;
	struct spool_id		 id;
	size_t			 contexts = 0;
	uint32_t		 n = 0;
	bool			 last = false;

	buf_clear(&jobs.bytes);
	jobs.part = xreallocarray(jobs.part, j->count, sizeof *jobs.part);
	TAILQ_FOREACH_SAFE(a, &j->entries, link, next) {
		if (job_is_long(contexts)) {
			schedule_refund(delivery_schedule(), a->ref);
			job_take_back(j, a);
			continue;
		}
		last = false;
		if (job_pack(&jobs.part[n], a, envelope, e) == -1)
			job_put_off(j, a, JOB_UNREAD_MS, e->text);
		else if (outlets_find(envelope->entry.transportid) == NULL)
			job_put_off(j, a, JOB_NOWHERE_MS, "its transport is "
			    "not in transport.cf");
		else {
			n++;
			last = true;
			contexts += prepare_context(a).len;
		}
	}
	if (n == 0)
		return -1;
	/* One that left had the buffer that the texts are in. */
	spool_id_get(&id, TAILQ_FIRST(&j->entries)->key);
	if (!last && active_entry(&id, envelope, &state, &jobs.record,
	    e) != 0) {
		while ((a = TAILQ_FIRST(&j->entries)) != NULL)
			job_put_off(j, a, JOB_UNREAD_MS, "it read, and does "
			    "not any more");
		return -1;
	}
	return job_moved(j, &envelope->entry) ? -1 : 0;
}

int
job_send(struct job *j)
{
	const struct job_part	*p;
	struct book_envelope	 envelope;
	struct active		*a;
	struct err		 e;
	const char		*bytes;
	int			 rc;

	if (job_pack_all(j, &envelope, &e) == -1)
		return 1;
	rc = job_send_head(j, &envelope, &e);
	if (rc == -1) {
		while ((a = TAILQ_FIRST(&j->entries)) != NULL)
			job_put_off(j, a, JOB_UNREAD_MS, e.text);
		return 1;
	}
	if (rc != 0)
		return rc;
	p = jobs.part;
	bytes = buf_data(&jobs.bytes);
	TAILQ_FOREACH(a, &j->entries, link) {
		CHANNEL_SEND(j->agent->channel, DELIVER_JOB_ENTRY, -1, {
		    .job = j->number,
		    .id = { (const char *)a->key, SPOOL_ID_SIZE },
		    .state = { bytes + p->state, p->entry - p->state },
		    .entry = { bytes + p->entry, p->end - p->entry },
		    .context = prepare_context(a) });
		p++;
	}
	return 0;
}

/* ---- Its end ------------------------------------------------------------- */

void
job_judged(struct job *j, struct active *a)
{
	job_leave(j, a);
	dispatch_kick();
	if (j->left == 0)
		verdict_settle_later(j);
}

void
job_settle(struct job *j)
{
	if (j->agent->channel != NULL)
		CHANNEL_SEND(j->agent->channel, DELIVER_SAFE, -1,
		    { .job = j->number });
	job_free(j);
}
