/*
 * schedule_entry - recipients that are prepared
 *
 * One that waits stands in three lists: its queue's, by deadline and then in
 * the order of coming; its window's, by age; and if it has a deadline in the
 * heap of these.
 */
#include <string.h>

#include "schedule_private.h"

static struct slab_link *
sentry_link_of(const void *arg, uint32_t i)
{
	const struct schedule *s = arg;

	return &PART(s, entry, i)->alarm;
}

static bool
sentry_sooner(const void *arg, uint32_t a, uint32_t b)
{
	const struct schedule *s = arg;

	return PART(s, entry, a)->deadline_ms < PART(s, entry, b)->deadline_ms;
}

static const struct slab_heap_ops alarm_ops = { sentry_link_of,
	sentry_sooner };

/* The place before which it stands in its queue; 0: it is the last. */
static uint32_t
sentry_place(const struct schedule *s, const struct queue *q,
    const struct entry *e, bool first)
{
	uint32_t at;

	if (first) {
		at = q->head;
		while (at != 0 &&
		    PART(s, entry, at)->deadline_ms < e->deadline_ms)
			at = PART(s, entry, at)->next;
		return at;
	}
	at = q->tail;
	while (at != 0 && PART(s, entry, at)->deadline_ms > e->deadline_ms)
		at = PART(s, entry, at)->prev;
	return at == 0 ? q->head : PART(s, entry, at)->next;
}

/* first: before those with the same deadline. */
void
sentry_link(struct schedule *s, uint32_t ref, bool first)
{
	struct entry *e = PART(s, entry, ref);
	struct queue *q = PART(s, queue, e->queue);

	e->next = sentry_place(s, q, e, first);
	e->prev = e->next == 0 ? q->tail : PART(s, entry, e->next)->prev;
	if (e->next != 0)
		PART(s, entry, e->next)->prev = ref;
	else
		q->tail = ref;
	if (e->prev != 0)
		PART(s, entry, e->prev)->next = ref;
	else
		q->head = ref;
	e->state = ENTRY_WAITING;
	if (e->deadline_ms != INT64_MAX && e->deadline_ms > s->now) {
		slab_heap_add(&alarm_ops, s, &s->alarms, ref);
		e->alarmed = true;
	}
	window_enter(s, q->subqueue, ref);
	squeue_update(s, e->queue);
}

static void
sentry_calm(struct schedule *s, uint32_t ref)
{
	struct entry *e = PART(s, entry, ref);

	if (e->alarmed)
		slab_heap_drop(&alarm_ops, s, &s->alarms, ref);
	e->alarmed = false;
}

/* The caller updates the queue. */
void
sentry_unlink(struct schedule *s, uint32_t ref)
{
	struct entry *e = PART(s, entry, ref);
	struct queue *q = PART(s, queue, e->queue);

	if (e->next != 0)
		PART(s, entry, e->next)->prev = e->prev;
	else
		q->tail = e->prev;
	if (e->prev != 0)
		PART(s, entry, e->prev)->next = e->next;
	else
		q->head = e->next;
	e->next = e->prev = 0;
	sentry_calm(s, ref);
	window_leave(s, q->subqueue, ref);
}

void
sentry_send(struct schedule *s, uint32_t ref, uint16_t worker,
    unsigned candidate)
{
	struct entry *e = PART(s, entry, ref);

	e->state = ENTRY_SENDING;
	e->route = route_at(s, PART(s, queue, e->queue)->route)->number;
	e->worker = worker;
	e->candidate = (uint8_t)candidate;
	s->sending++;
	if (worker < SCHEDULE_WORKERS)
		s->worker[worker].sending++;
}

static void
sentry_unsend(struct schedule *s, struct entry *e)
{
	s->sending--;
	if (e->worker < SCHEDULE_WORKERS && s->worker[e->worker].sending > 0)
		s->worker[e->worker].sending--;
}

/* It stands in no list any more. */
void
sentry_free(struct schedule *s, uint32_t ref)
{
	struct entry *e = PART(s, entry, ref);
	uint32_t      queue = e->queue;
	struct action a = { .kind = SCHEDULE_ROOM };

	sname_drop(s, e->group);
	slab_give(&s->entries, ref);
	PART(s, queue, queue)->count--;
	squeue_release(s, queue);
	if (s->refused && s->waiting + s->sending <=
	    s->o.active_limit - (s->o.active_limit + 15) / 16) {
		s->refused = false;
		action_add(s, &a);
	}
}

void
sentry_alarms(struct schedule *s, int64_t now_ms)
{
	uint32_t ref;

	while ((ref = s->alarms) != 0 &&
	    PART(s, entry, ref)->deadline_ms <= now_ms) {
		struct action a = { .kind = SCHEDULE_DEADLINE, .ref = ref,
			.user = PART(s, entry, ref)->user };

		sentry_calm(s, ref);
		action_add(s, &a);
	}
}

/* ---- From outside ------------------------------------------------------- */

static uint32_t
sentry_group(struct schedule *s, const struct schedule_entry_in *in,
    const struct subqueue *w)
{
	struct { char kind[8]; struct schedule_group group; } key;

	if ((in->recipients != 0 ? in->recipients :
	    PART(s, transport_limits, w->transport)->recipients) <= 1)
		return 0;
	memset(&key, 0, sizeof(key));
	memcpy(key.kind, "\0group", 7);
	key.group = in->group;
	return sname_take(s, (struct str){ (char *)&key, sizeof(key) });
}

/* w: its sub-queue, 0 where there is none yet.  0: its queue is `known`, but
 * not there. */
static uint32_t
sentry_new(struct schedule *s, const struct schedule_entry_in *in, uint32_t w)
{
	bool	      known = in->known && in->candidate_count == 0;
	uint32_t      ref, queue = known ? squeue_known(s, in, w) : 0;
	struct entry *e;

	if (known && queue == 0)
		return 0;
	if (w == 0)
		w = window_take(s, &in->subqueue);
	ref = slab_take(&s->entries);
	e = PART(s, entry, ref);
	e->deadline_ms = in->deadline_ms != 0 ? in->deadline_ms : INT64_MAX;
	e->user = in->user;
	e->priority = in->priority != 0;
	e->group = sentry_group(s, in, PART(s, subqueue, w));
	e->queue = queue != 0 ? queue : squeue_of(s, in, w);
	PART(s, queue, e->queue)->count++;
	return ref;
}

static void
sentry_displace(struct schedule *s, uint32_t ref)
{
	struct entry   *e = PART(s, entry, ref);
	uint32_t	queue = e->queue;
	struct subqueue *w = PART(s, subqueue, PART(s, queue, queue)->subqueue);
	struct action	a = { .kind = SCHEDULE_DISPLACED, .ref = ref,
		.user = e->user };

	action_add(s, &a);
	sentry_unlink(s, ref);
	w->more = true;
	squeue_update(s, queue);
	sentry_free(s, ref);
}

schedule_ref
schedule_add(struct schedule *s, const struct schedule_entry_in *in,
    int64_t now_ms)
{
	uint32_t w = window_find(s, &in->subqueue), ref;
	bool	 young = in->priority != 0 && w != 0 &&
	    PART(s, subqueue, w)->oldest != 0;

	schedule_clock(s, now_ms);
	if (window_room(s, w, 0) == 0 && !young) {
		if (s->waiting + s->sending >= s->o.active_limit)
			s->refused = true;
		if (w != 0)
			PART(s, subqueue, w)->more = true;
		return SCHEDULE_FULL;
	}
	young = young && window_room(s, w, 0) == 0;
	ref = sentry_new(s, in, w);
	if (ref == 0)
		return SCHEDULE_UNKNOWN;
	if (young)
		sentry_displace(s, PART(s, subqueue, w)->youngest);
	sentry_link(s, ref, false);
	return ref;
}

schedule_ref
schedule_add_sending(struct schedule *s, const struct schedule_entry_in *in,
    uint16_t worker, int64_t now_ms)
{
	uint32_t ref;

	schedule_clock(s, now_ms);
	ref = sentry_new(s, in, window_find(s, &in->subqueue));
	if (ref == 0)
		return SCHEDULE_UNKNOWN;
	sentry_send(s, ref, worker, 0);
	return ref;
}

bool
schedule_remove(struct schedule *s, schedule_ref ref)
{
	uint32_t queue = PART(s, entry, ref)->queue;

	action_forget(s);
	if (PART(s, entry, ref)->state != ENTRY_WAITING)
		return false;
	sentry_unlink(s, ref);
	squeue_update(s, queue);
	sentry_free(s, ref);
	return true;
}

bool
schedule_priority(struct schedule *s, schedule_ref ref, int priority)
{
	struct entry *e = PART(s, entry, ref);
	uint32_t      queue = e->queue;

	action_forget(s);
	if (e->state != ENTRY_WAITING)
		return false;
	if (e->priority == (priority != 0))
		return true;
	sentry_unlink(s, ref);
	squeue_update(s, queue);
	e->priority = priority != 0;
	e->queue = squeue_twin(s, queue, e->priority);
	PART(s, queue, e->queue)->count++;
	sentry_link(s, ref, false);
	PART(s, queue, queue)->count--;
	squeue_release(s, queue);
	return true;
}

void
schedule_done(struct schedule *s, schedule_ref ref)
{
	action_forget(s);
	sentry_unsend(s, PART(s, entry, ref));
	sentry_free(s, ref);
}

void
schedule_again(struct schedule *s, schedule_ref ref)
{
	action_forget(s);
	sentry_unsend(s, PART(s, entry, ref));
	sentry_link(s, ref, true);
}

void
schedule_refund(struct schedule *s, schedule_ref ref)
{
	const struct entry *e = PART(s, entry, ref);
	const struct route *r = route_at(s, PART(s, queue, e->queue)->route);
	const uint32_t	   *c;

	action_forget(s);
	/* Where its queue was rerouted what was paid is gone. */
	if (e->route != r->number || e->candidate >= route_candidates(r))
		return;
	c = route_candidate(r, e->candidate);
	for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
		uint32_t	limiter = c[WAY_HEAD + k];
		struct limiter *l = PART(s, limiter, limiter);

		l->tat_ns = rate_give(limiter_limits(s, limiter), l->tat_ns,
		    s->now, 1);
		limiter_pass(s, limiter);
	}
}

uint64_t
schedule_user(const struct schedule *s, schedule_ref ref)
{
	return PART(s, entry, ref)->user;
}

bool
schedule_is_sending(const struct schedule *s, schedule_ref ref)
{
	return PART(s, entry, ref)->state == ENTRY_SENDING;
}
