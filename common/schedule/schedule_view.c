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
static void
view_way(struct schedule *s, const uint32_t *c, struct schedule_reason *r)
{
	for (uint32_t k = 0; k < c[WAY_COUNT]; k++) {
		r->why = limiter_why(s, c[WAY_HEAD + k], &r->room_ms);
		if (r->why == SCHEDULE_WAIT_TURN)
			continue;
		r->limiter = sname_text(s,
		    PART(s, limiter, c[WAY_HEAD + k])->name);
		return;
	}
	*r = (struct schedule_reason){ .why = SCHEDULE_WAIT_TURN,
		.room_ms = s->now };
}

static void
view_workers(const struct schedule *s, struct schedule_reason *r)
{
	if (r->why != SCHEDULE_WAIT_TURN)
		return;
	for (uint32_t n = 0; n < s->workers; n++)
		if (worker_room(s, (uint16_t)n) > 0)
			return;
	r->why = SCHEDULE_WAIT_WORKER;
	r->room_ms = INT64_MAX;
}

static const struct route *
view_route(const struct schedule *s, schedule_ref ref)
{
	return route_at(s, PART(s, queue, PART(s, entry, ref)->queue)->route);
}

/* Of several candidates the last one's reason is shown. */
void
schedule_explain(struct schedule *s, schedule_ref ref, int64_t now_ms,
    struct schedule_reason *r)
{
	struct choice c;

	schedule_clock(s, now_ms);
	*r = (struct schedule_reason){ .why = SCHEDULE_WAIT_SENDING,
		.room_ms = INT64_MAX };
	if (PART(s, entry, ref)->state == ENTRY_SENDING)
		return;
	r->why = SCHEDULE_WAIT_CLOSED;
	choose_list(s, view_route(s, ref), &c);
	for (uint32_t n = 0; n < c.count &&
	    (n == 0 || r->why != SCHEDULE_WAIT_TURN); n++)
		view_way(s, c.way[n], r);
	view_workers(s, r);
}

bool
schedule_explain_candidate(struct schedule *s, schedule_ref ref,
    unsigned candidate, int64_t now_ms, struct schedule_reason *r)
{
	const struct entry *e = PART(s, entry, ref);
	const struct route *route = view_route(s, ref);
	const uint32_t	   *c;
	struct choice	    choice;

	schedule_clock(s, now_ms);
	if (candidate >= route_candidates(route))
		return false;
	*r = (struct schedule_reason){ .why = SCHEDULE_WAIT_SENDING,
		.room_ms = INT64_MAX };
	if (e->state == ENTRY_SENDING)
		return true;
	c = route_candidate(route, candidate);
	choose_list(s, route, &choice);
	if ((c[WAY_WEIGHT] & WAY_CLOSED) != 0) {
		r->why = SCHEDULE_WAIT_CLOSED;
	} else if (!choice.barred && host_is_barred(s, c[WAY_HOST])) {
		r->why = SCHEDULE_WAIT_BARRED;
		r->room_ms = PART(s, host, c[WAY_HOST])->until_ms;
	} else {
		view_way(s, c, r);
		view_workers(s, r);
	}
	return true;
}

static uint64_t
view_bytes(const struct schedule *s)
{
	const struct slab *slab[] = { &s->entries, &s->queues, &s->limiters,
		&s->limits, &s->waits, &s->classes, &s->lanes, &s->tenants,
		&s->subqueues, &s->transports, &s->conns, &s->holds,
		&s->pools, &s->hosts, &s->names, &s->routes };
	const struct slab_index *index[] = { &s->by_queue, &s->by_limiter,
		&s->by_limits, &s->by_class, &s->by_lane, &s->by_tenant,
		&s->by_subqueue, &s->by_transport, &s->by_pool, &s->by_host,
		&s->by_name, &s->by_route };
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
