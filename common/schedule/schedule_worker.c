/*
 * schedule_worker - which worker an attempt goes to
 *
 * Rendezvous hashing: each worker's claim to a pool of connections is a hash
 * of both, the highest wins, so that one destination's attempts meet where
 * its connections are, and few of them move when a worker comes or goes.  The
 * load is bounded: a worker with more than five quarters of its share is
 * passed by, so that one big destination uses all of them.
 */
#include "schedule_private.h"

void
schedule_worker_add(struct schedule *s, uint16_t slot, uint32_t in_flight)
{
	action_forget(s);
	if (slot >= SCHEDULE_WORKERS)
		return;
	s->worker[slot].there = true;
	s->worker[slot].drains = false;
	s->worker[slot].limit = in_flight;
	if (slot >= s->workers)
		s->workers = slot + 1u;
}

void
schedule_worker_drain(struct schedule *s, uint16_t slot)
{
	action_forget(s);
	if (slot < SCHEDULE_WORKERS)
		s->worker[slot].drains = true;
}

void
schedule_worker_remove(struct schedule *s, uint16_t slot)
{
	action_forget(s);
	if (slot >= SCHEDULE_WORKERS)
		return;
	s->worker[slot].there = false;
	for (uint32_t i = 1; i < s->conns.top; i++)
		if (PART(s, conn, i)->pool != 0 &&
		    PART(s, conn, i)->worker == slot)
			schedule_connection_closed(s, i, s->now);
}

uint32_t
worker_room(const struct schedule *s, uint16_t slot)
{
	const struct worker *w;

	if (slot >= SCHEDULE_WORKERS)
		return 0;
	w = &s->worker[slot];
	if (!w->there || w->drains || w->sending >= w->limit)
		return 0;
	return w->limit - w->sending;
}

/* A worker's fair share of all that is sent, and a quarter more. */
static uint32_t
worker_share(const struct schedule *s)
{
	uint32_t there = 0;

	for (uint32_t n = 0; n < s->workers; n++)
		there += s->worker[n].there && !s->worker[n].drains;
	if (there == 0)
		return 0;
	return (uint32_t)((5 * ((uint64_t)s->sending + 1) + 4 * there - 1) /
	    (4 * there));
}

uint16_t
worker_choose(const struct schedule *s, uint32_t pool_hash)
{
	uint32_t share = worker_share(s), best = 0, claim;
	uint16_t chosen = SCHEDULE_NOBODY;
	bool	 within = false, fits;

	for (uint32_t n = 0; n < s->workers; n++) {
		uint32_t word[] = { pool_hash, n };

		if (worker_room(s, (uint16_t)n) == 0)
			continue;
		fits = s->worker[n].sending < share;
		claim = slab_hash(word, 2);
		if (chosen == SCHEDULE_NOBODY || fits > within ||
		    (fits == within && claim > best)) {
			chosen = (uint16_t)n;
			best = claim;
			within = fits;
		}
	}
	return chosen;
}
