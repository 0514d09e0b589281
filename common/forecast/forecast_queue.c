/*
 * What waits: in the scheduler, or where a sub-queue's window has no room
 * behind it, in the order of coming, as on disk.
 */
#include <string.h>

#include "forecast_run.h"

static struct schedule_subqueue
fqueue_names(const struct frun *r, const struct fqueue *q)
{
	const struct str	*name = r->f->name;

	return (struct schedule_subqueue){ name[q->key[KEY_TRANSPORT]],
	    name[q->key[KEY_DOMAIN]], name[q->key[KEY_TENANT]],
	    name[q->key[KEY_JOB]] };
}

static struct str
fqueue_grouping(struct frun *r, const struct schedule_subqueue *q,
    const struct froute *to)
{
	struct policy_hop	h;
	struct policy_values	v;

	if (r->group_fields == 0)
		return STR_NONE;
	h = flist_hop(to->list, 0);
	v = policy_hop_values(q, STR_NONE, &h);
	return policies_grouping(r->o->policies, &v);
}

const struct schedule_candidate *
fqueue_candidates(struct frun *r, const struct schedule_subqueue *q,
    struct str grouping, const struct froute *to)
{
	struct schedule_limiter_in	transport;
	struct policy_hop		h;
	struct policy_values		v;
	size_t				n;

	transport = policy_way_transport(to->transport, &r->label);
	policy_ways_begin(&r->ways);
	for (n = 0; n < to->list->hops.count; n++) {
		h = flist_hop(to->list, n);
		v = policy_hop_values(q, grouping, &h);
		policy_ways_add(&r->ways, r->matcher, &v, &h, &transport,
		    r->now_ms);
	}
	return policy_ways_end(&r->ways);
}

/* False: it stays on disk, as it were. */
bool
fqueue_add(struct frun *r, uint32_t i, struct fqueue *q)
{
	struct fentry			*e = fentry_at(r->f, i);
	struct schedule_entry_in	 in = { .priority = e->priority,
					    .user = i, .known = true };

	in.subqueue = fqueue_names(r, q);
	in.digest = q->route->list->digest;
	memcpy(in.group.transaction, e->txn, sizeof e->txn);
	in.grouping = fqueue_grouping(r, &in.subqueue, q->route);
	e->ref = schedule_add(r->s, &in, r->now_ms);
	if (e->ref == (schedule_ref)SCHEDULE_UNKNOWN) {
		in.known = false;
		in.candidates = fqueue_candidates(r, &in.subqueue, in.grouping,
		    q->route);
		in.candidate_count = r->ways.count;
		e->ref = schedule_add(r->s, &in, r->now_ms);
	}
	if (e->ref != SCHEDULE_FULL)
		q->shown = i;
	return e->ref != SCHEDULE_FULL;
}

/* ---- The rest ------------------------------------------------------------ */

void
fqueue_leave(struct frun *r, uint32_t i, struct fqueue *q)
{
	fentry_at(r->f, i)->next = 0;
	if (q->rest == 0)
		q->rest = i;
	else
		fentry_at(r->f, q->rest_last)->next = i;
	q->rest_last = i;
}

void
fqueue_refill(struct frun *r, struct fqueue *q)
{
	uint32_t	i, next;

	for (i = q->rest; i != 0; i = next) {
		next = fentry_at(r->f, i)->next;
		if (!fqueue_add(r, i, q))
			return;
		q->rest = next;
	}
}

struct fqueue *
fqueue_named(struct frun *r, const struct schedule_subqueue *q)
{
	const uint32_t	key[4] = {
		[KEY_TRANSPORT] = fname_take(r->f, q->transportid),
		[KEY_DOMAIN] = fname_take(r->f, q->recipientdomain),
		[KEY_TENANT] = fname_take(r->f, q->tenantid),
		[KEY_JOB] = fname_take(r->f, q->jobid),
	};

	return fqueue_take(r->f, key);
}

/* All was full, and is not any more. */
void
fqueues_refill(struct frun *r)
{
	uint32_t	n;

	for (n = 0; n < r->f->queue_count; n++)
		fqueue_refill(r, r->f->queue[n]);
}
