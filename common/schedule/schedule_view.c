/*
 * schedule_view - what the scheduler knows, for those who ask
 *
 * A reason is worked out when it is asked for; nothing is kept for it.
 */
#include "schedule_private.h"

bool
schedule_limit(struct schedule *s, struct str name,
    const struct schedule_limits *limits, int64_t now_ms)
{
	uint32_t limiter;

	schedule_clock(s, now_ms);
	limiter = limiter_find(s, name);
	if (limiter == 0)
		return false;
	limiter_set(s, limiter, limits);
	return true;
}

/* The first limiter of a candidate that has no room, as a reason. */
static bool
view_candidate(struct schedule *s, const uint32_t *c,
    struct schedule_reason *r)
{
	for (uint32_t k = 0; k < c[2]; k++) {
		const struct limiter *l = PART(s, limiter, c[3 + k]);
		enum schedule_wait    why = limiter_room(s, c[3 + k], true);

		if (why == SCHEDULE_WAIT_TURN &&
		    limiter_is_full(s, c[3 + k]) && l->evicting > 0)
			why = SCHEDULE_WAIT_CONCURRENCY;
		if (why == SCHEDULE_WAIT_TURN)
			continue;
		r->why = why;
		r->limiter = sname_text(s, l->name);
		if (why == SCHEDULE_WAIT_RATE)
			r->room_ms = rate_when(limiter_limits(s, c[3 + k]),
			    l->tat_ns, s->now);
		else if (why == SCHEDULE_WAIT_CONNECT)
			r->room_ms = l->connect_ms;
		return true;
	}
	return false;
}

static bool
view_workers(const struct schedule *s)
{
	for (uint32_t n = 0; n < s->workers; n++)
		if (worker_room(s, (uint16_t)n) > 0)
			return true;
	return false;
}

/* Of several candidates the last one's reason is shown. */
void
schedule_explain(struct schedule *s, schedule_ref ref, int64_t now_ms,
    struct schedule_reason *r)
{
	const struct entry *e = PART(s, entry, ref);
	const struct route *route = route_at(s,
	    PART(s, queue, e->queue)->route);
	uint64_t	    visits;

	schedule_clock(s, now_ms);
	*r = (struct schedule_reason){ .why = SCHEDULE_WAIT_SENDING,
		.room_ms = INT64_MAX };
	if (e->state == ENTRY_SENDING)
		return;
	visits = s->visits;
	for (uint32_t n = 0; n < route_candidates(route); n++)
		if (!view_candidate(s, route_candidate(route, n), r)) {
			*r = (struct schedule_reason){
				.why = SCHEDULE_WAIT_TURN, .room_ms = s->now };
			break;
		}
	if (r->why == SCHEDULE_WAIT_TURN && !view_workers(s)) {
		r->why = SCHEDULE_WAIT_WORKER;
		r->room_ms = INT64_MAX;
	}
	s->visits = visits;
}

static uint64_t
view_bytes(const struct schedule *s)
{
	const struct slab *slab[] = { &s->entries, &s->queues, &s->limiters,
		&s->limits, &s->waits, &s->classes, &s->lanes, &s->tenants,
		&s->subqueues, &s->transports, &s->conns, &s->holds,
		&s->pools, &s->names, &s->routes };
	const struct slab_index *index[] = { &s->by_queue, &s->by_limiter,
		&s->by_limits, &s->by_class, &s->by_lane, &s->by_tenant,
		&s->by_subqueue, &s->by_transport, &s->by_pool, &s->by_name,
		&s->by_route };
	uint64_t bytes = sizeof(*s) + s->extra_bytes +
	    s->action_size * sizeof(*s->actions) +
	    s->refs_size * sizeof(*s->refs);

	for (size_t n = 0; n < sizeof(slab) / sizeof(*slab); n++)
		bytes += slab_bytes(slab[n]);
	for (size_t n = 0; n < sizeof(index) / sizeof(*index); n++)
		bytes += index[n]->size * sizeof(*index[n]->slot);
	return bytes;
}

void
schedule_stats(const struct schedule *s, struct schedule_stats *st)
{
	*st = (struct schedule_stats){
		.waiting = s->waiting, .sending = s->sending,
		.subqueues = s->subqueues.count, .queues = s->queues.count,
		.classes = s->classes.count, .limiters = s->limiters.count,
		.names = s->names.count, .connections = s->conns.count,
		.idle = s->idle, .pickups = s->pickups, .visits = s->visits,
		.tries = s->tries, .bytes = view_bytes(s),
	};
}
