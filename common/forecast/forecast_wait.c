/*
 * Who waits is counted exactly; what for is asked of some, drawn by lot, at
 * each look: all of them would be asked too often.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "forecast_run.h"

#define WAIT_DRAWS	32

void
fwaits_add(struct frun *r, uint32_t entry)
{
	if (r->waiting_count == r->waiting_cap) {
		r->waiting_cap = r->waiting_cap == 0 ? 1024 :
		    r->waiting_cap * 2;
		r->waiting = xreallocarray(r->waiting, r->waiting_cap,
		    sizeof *r->waiting);
	}
	fentry_at(r->f, entry)->place = (uint32_t)r->waiting_count;
	r->waiting[r->waiting_count++] = entry;
}

void
fwaits_drop(struct frun *r, uint32_t entry)
{
	uint32_t	place = fentry_at(r->f, entry)->place;
	uint32_t	last = r->waiting[--r->waiting_count];

	r->waiting[place] = last;
	fentry_at(r->f, last)->place = place;
}

/* By the name of the limiter; what has none by what it is. */
static struct fwait *
fwaits_of(struct frun *r, const struct schedule_reason *why)
{
	uint32_t	 kind = (uint32_t)why->why + 16;
	struct fwait	*w;

	w = (struct fwait *)hmap_find(&r->waits, kind, why->limiter);
	if (w != NULL)
		return w;
	w = arena_alloc(&r->f->arena, sizeof *w);
	w->why = why->why;
	w->limiter = arena_str(&r->f->arena, why->limiter);
	w->hash.key = w->limiter.p;
	w->hash.len = (uint32_t)w->limiter.len;
	w->hash.kind = kind;
	hmap_insert(&r->waits, &w->hash);
	return w;
}

/* What one waits for that the scheduler has not got is what another one of
 * its sub-queue does. */
static bool
fwaits_ask(struct frun *r, uint32_t i, struct schedule_reason *why)
{
	const struct fentry	*e = fentry_at(r->f, i);

	if (e->ref == 0) {
		e = fentry_at(r->f, r->f->queue[e->queue]->shown);
		if (e->ref == 0)
			return false;
	}
	schedule_explain(r->s, e->ref, r->now_ms, why);
	return why->why != SCHEDULE_WAIT_SENDING;
}

void
fwaits_look(struct frun *r)
{
	size_t			n, draws = WAIT_DRAWS;
	double			each;
	struct schedule_reason	why;
	uint32_t		entry;

	if (draws > r->waiting_count)
		draws = r->waiting_count;
	each = (double)r->step_ms * (double)r->waiting_count / (double)draws;
	for (n = 0; n < draws; n++) {
		r->random = r->random * UINT64_C(6364136223846793005) +
		    UINT64_C(1442695040888963407);
		entry = draws == r->waiting_count ? r->waiting[n] :
		    r->waiting[(r->random >> 33) % r->waiting_count];
		if (!fwaits_ask(r, entry, &why))
			why = (struct schedule_reason){
			    .why = SCHEDULE_WAIT_TURN, .limiter = STR("") };
		fwaits_of(r, &why)->ms += each;
	}
	if (++r->looks % (2 * WAIT_LOOKS) == 0)
		r->step_ms *= 2;
	r->look_ms = r->now_ms + r->step_ms;
}

static void
fwaits_tell(void *arg, struct hmap_entry *e)
{
	struct forecast_report	*p = arg;
	const struct fwait	*w = (const struct fwait *)e;

	p->waits[p->wait_count++] = (struct forecast_wait){ w->why,
	    w->limiter, w->ms / 1000 };
	p->waited_s += w->ms / 1000;
}

static int
fwaits_longer(const void *a, const void *b)
{
	const struct forecast_wait	*x = a, *y = b;

	return x->seconds > y->seconds ? -1 : x->seconds < y->seconds;
}

void
fwaits_report(struct frun *r)
{
	struct forecast_report	*p = &r->f->report;

	p->waits = xcalloc(r->waits.count + 1, sizeof *p->waits);
	hmap_walk(&r->waits, r->waits.size, fwaits_tell, p);
	qsort(p->waits, p->wait_count, sizeof *p->waits, fwaits_longer);
}
