/*
 * schedule_meter - limiters as they are seen, and their buckets over a restart
 *
 * What is shown is worked out when it is asked for.  Who waits is counted one
 * by one, and so no further than METER_WAITING; so are connections, of which no
 * limiter has a list.
 */
#include "schedule_private.h"

enum { METER_WAITING = 10000, METER_CONNS = 100000 };

static uint32_t
meter_waiting(const struct schedule *s, const struct limiter *l)
{
	uint32_t count = 0, i;

	for (int priority = 0; priority < 2; priority++) {
		i = l->waits[priority];
		while (i != 0 && count < METER_WAITING) {
			count++;
			i = PART(s, wait, i)->ring.next;
			if (i == l->waits[priority])
				break;
		}
	}
	return count;
}

static uint32_t
meter_tokens(const struct schedule *s, const struct schedule_limits *m,
    const struct limiter *l)
{
	uint64_t most = (m->rate.thousandths + 999) / 1000;

	return rate_tokens(m, l->tat_ns, s->now,
	    most < UINT32_MAX ? (uint32_t)most : UINT32_MAX);
}

static void
meter_show(struct schedule *s, uint32_t i, struct schedule_limiter_view *v)
{
	const struct limiter	     *l = PART(s, limiter, i);
	const struct schedule_limits *m = limiter_limits(s, i);

	*v = (struct schedule_limiter_view){ .name = sname_text(s, l->name),
		.limits = *m, .busy = l->busy, .idle = l->idle,
		.waiting = meter_waiting(s, l),
		.tokens = meter_tokens(s, m, l) };
	if (limiter_why(s, i, &v->room_ms) == SCHEDULE_WAIT_TURN)
		v->room_ms = 0;
}

bool
schedule_limiter_find(struct schedule *s, struct str name, int64_t now_ms,
    struct schedule_limiter_view *v)
{
	uint32_t i;

	schedule_clock(s, now_ms);
	i = limiter_find(s, name);
	if (i != 0)
		meter_show(s, i, v);
	return i != 0;
}

bool
schedule_limiter_next(struct schedule *s, uint32_t *at, int64_t now_ms,
    struct schedule_limiter_view *v)
{
	schedule_clock(s, now_ms);
	while (++*at < s->limiters.top)
		if (PART(s, limiter, *at)->limits != 0) {
			meter_show(s, *at, v);
			return true;
		}
	*at = s->limiters.top - 1;
	return false;
}

static bool
meter_holds(const struct schedule *s, uint32_t conn, uint32_t limiter)
{
	uint32_t i = PART(s, conn, conn)->holds;

	while (i != 0 && PART(s, hold, i)->limiter != limiter)
		i = PART(s, hold, i)->beside;
	return i != 0;
}

bool
schedule_holder_next(struct schedule *s, struct str limiter, uint32_t *at,
    schedule_conn *conn)
{
	uint32_t l = limiter_find(s, limiter);

	while (l != 0 && ++*at < s->conns.top && *at < METER_CONNS)
		if (meter_holds(s, *at, l)) {
			*conn = *at;
			return true;
		}
	return false;
}

bool
schedule_refill(struct schedule *s, struct str name, int64_t now_ms)
{
	uint32_t i;

	schedule_clock(s, now_ms);
	i = limiter_find(s, name);
	if (i == 0)
		return false;
	PART(s, limiter, i)->tat_ns = INT64_MIN / 2;
	PART(s, limiter, i)->connect_ms = INT64_MIN;
	limiter_pass(s, i);
	limiter_release(s, i);
	return true;
}

bool
schedule_bucket(struct schedule *s, struct str name, int64_t now_ms,
    int64_t *full_ms)
{
	uint32_t i;
	int64_t	 full;

	schedule_clock(s, now_ms);
	i = limiter_find(s, name);
	if (i == 0)
		return false;
	full = rate_full(limiter_limits(s, i), PART(s, limiter, i)->tat_ns);
	*full_ms = full > s->now ? full - s->now : 0;
	return true;
}

/* What is known is no less than what is counted already. */
void
schedule_bucket_set(struct schedule *s, struct str name,
    const struct schedule_limits *limits, int64_t full_ms, int64_t now_ms)
{
	uint32_t	i;
	struct limiter *l;
	int64_t		tat_ns;
	bool		was;

	schedule_clock(s, now_ms);
	if (full_ms <= 0)
		return;
	was = limiter_find(s, name) != 0;
	i = limiter_take(s, name, limits);
	l = PART(s, limiter, i);
	tat_ns = rate_until(limiter_limits(s, i), full_ms, s->now);
	if (!was || l->tat_ns < tat_ns)
		l->tat_ns = tat_ns;
	limiter_release(s, i);
}
