/*
 * schedule_window - sub-queues with their windows, and what is to be done
 *
 * A window counts what waits; what is being sent has left it.  When it has
 * half its room again and there is more on disk, REFILL is said, once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule_private.h"

static bool
window_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;

	return memcmp(PART(s, subqueue, i)->name, key,
	    4 * sizeof(uint32_t)) == 0;
}

/* A text that no name has is no sub-queue's. */
static bool
window_key(const struct schedule *s, const struct schedule_subqueue *q,
    uint32_t key[4])
{
	const struct str *text[] = { &q->transportid, &q->recipientdomain,
	    &q->tenantid, &q->jobid };

	for (int n = 0; n < 4; n++) {
		key[n] = sname_find(s, *text[n]);
		if (key[n] == 0 && text[n]->len > 0)
			return false;
	}
	return true;
}

uint32_t
window_find(const struct schedule *s, const struct schedule_subqueue *q)
{
	uint32_t key[4];

	if (!window_key(s, q, key))
		return 0;
	return slab_index_find(&s->by_subqueue, slab_hash(key, 4),
	    window_same, s, key);
}

uint32_t
window_take(struct schedule *s, const struct schedule_subqueue *q)
{
	uint32_t	 i = window_find(s, q);
	struct subqueue *w;

	if (i != 0)
		return i;
	i = slab_take(&s->subqueues);
	w = PART(s, subqueue, i);
	w->name[0] = sname_take(s, q->transportid);
	w->name[1] = sname_take(s, q->recipientdomain);
	w->name[2] = sname_take(s, q->tenantid);
	w->name[3] = sname_take(s, q->jobid);
	w->transport = transport_take(s, w->name[0]);
	slab_index_add(&s->by_subqueue, slab_hash(w->name, 4), i);
	return i;
}

void
window_release(struct schedule *s, uint32_t i)
{
	struct subqueue *w = PART(s, subqueue, i);

	if (w->queues > 0)
		return;
	slab_index_drop(&s->by_subqueue, slab_hash(w->name, 4), i);
	for (int n = 0; n < 4; n++)
		sname_drop(s, w->name[n]);
	slab_give(&s->subqueues, i);
}

/* Twice what may go at once has a place. */
static uint32_t
window_size(const struct schedule *s, const struct subqueue *w)
{
	uint32_t two = 2 * PART(s, transport_limits, w->transport)->recipients;

	return two > s->o.active_window ? two : s->o.active_window;
}

/* 0: a sub-queue that is not there yet. */
uint32_t
window_room(const struct schedule *s, uint32_t i, int priority)
{
	uint32_t active = s->waiting + s->sending, room = s->o.active_window;
	uint32_t all = active < s->o.active_limit ?
	    s->o.active_limit - active : 0, used, young = 0;

	if (i != 0) {
		const struct subqueue *w = PART(s, subqueue, i);

		used = w->waiting[0] + w->waiting[1];
		room = window_size(s, w);
		room = used < room ? room - used : 0;
		young = priority != 0 ? w->waiting[0] : 0;
	}
	return (room < all ? room : all) + young;
}

static void
window_refill(struct schedule *s, uint32_t i)
{
	struct subqueue *w = PART(s, subqueue, i);
	struct action	 a = { .kind = SCHEDULE_REFILL };

	if (!w->more || w->waiting[0] + w->waiting[1] >
	    window_size(s, w) / 2)
		return;
	w->more = false;
	for (int n = 0; n < 4; n++)
		a.name[n] = sname_ref(s, w->name[n]);
	action_add(s, &a);
}

void
schedule_more(struct schedule *s, const struct schedule_subqueue *q)
{
	struct action a = { .kind = SCHEDULE_REFILL };
	uint32_t      i = window_find(s, q);

	if (i != 0) {
		PART(s, subqueue, i)->more = true;
		window_refill(s, i);
		return;
	}
	a.name[0] = sname_take(s, q->transportid);
	a.name[1] = sname_take(s, q->recipientdomain);
	a.name[2] = sname_take(s, q->tenantid);
	a.name[3] = sname_take(s, q->jobid);
	action_add(s, &a);
}

uint32_t
schedule_room(struct schedule *s, const struct schedule_subqueue *q,
    int priority)
{
	return window_room(s, window_find(s, q), priority);
}

void
window_enter(struct schedule *s, uint32_t i, uint32_t ref)
{
	struct subqueue *w = PART(s, subqueue, i);
	struct entry	*e = PART(s, entry, ref);

	w->waiting[e->priority]++;
	s->waiting++;
	if (e->priority != 0)
		return;
	e->older = w->youngest;
	e->younger = 0;
	if (w->youngest != 0)
		PART(s, entry, w->youngest)->younger = ref;
	else
		w->oldest = ref;
	w->youngest = ref;
}

void
window_leave(struct schedule *s, uint32_t i, uint32_t ref)
{
	struct subqueue *w = PART(s, subqueue, i);
	struct entry	*e = PART(s, entry, ref);

	w->waiting[e->priority]--;
	s->waiting--;
	if (e->priority == 0) {
		if (e->older != 0)
			PART(s, entry, e->older)->younger = e->younger;
		else
			w->oldest = e->younger;
		if (e->younger != 0)
			PART(s, entry, e->younger)->older = e->older;
		else
			w->youngest = e->older;
		e->older = e->younger = 0;
	}
	window_refill(s, i);
}

/* ---- What is to be done ------------------------------------------------- */

void
action_add(struct schedule *s, const struct action *a)
{
	if (s->action_count == s->action_size) {
		uint32_t       size = s->action_size ? s->action_size * 2 : 64;
		struct action *ring = xcalloc(size, sizeof(*ring));

		for (uint32_t n = 0; n < s->action_count; n++)
			ring[n] = s->actions[(s->action_first + n) &
			    (s->action_size - 1)];
		free(s->actions);
		s->actions = ring;
		s->action_first = 0;
		s->action_size = size;
	}
	s->actions[(s->action_first + s->action_count++) &
	    (s->action_size - 1)] = *a;
}

/* Names of the one that was shown. */
void
action_forget(struct schedule *s)
{
	for (int n = 0; n < 4; n++) {
		sname_drop(s, s->shown[n]);
		s->shown[n] = 0;
	}
}

/* The entry may have gone since. */
static bool
action_is_stale(const struct schedule *s, const struct action *a)
{
	const struct entry *e = PART(s, entry, a->ref);

	return a->kind == SCHEDULE_DEADLINE &&
	    (e->state != ENTRY_WAITING || e->user != a->user);
}

static void
action_shift(struct schedule *s)
{
	s->action_first = (s->action_first + 1) & (s->action_size - 1);
	s->action_count--;
}

bool
schedule_action(struct schedule *s, int64_t now_ms, struct schedule_action *a)
{
	const struct action *top;

	action_forget(s);
	sentry_alarms(s, now_ms);
	while (s->action_count > 0 &&
	    action_is_stale(s, &s->actions[s->action_first]))
		action_shift(s);
	if (s->action_count == 0)
		return false;
	top = &s->actions[s->action_first];
	*a = (struct schedule_action){ .kind = top->kind, .ref = top->ref,
		.user = top->user, .conn = top->conn, .worker = top->worker,
		.subqueue = { sname_text(s, top->name[0]),
		sname_text(s, top->name[1]), sname_text(s, top->name[2]),
		sname_text(s, top->name[3]) } };
	memcpy(s->shown, top->name, sizeof(s->shown));
	action_shift(s);
	return true;
}
