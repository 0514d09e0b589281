/*
 * schedule_limiter - what is counted against limits, and who waits for it
 *
 * A limiter lives while a queue or a connection uses it, and after that until
 * nothing is left of the tokens that were taken.
 *
 * I1  Where a limiter has room and somebody waits for it, one who waited is
 *     among those that may go and has not been tried since.  Whoever is tried
 *     calls limiter_pass() for each of his limiters afterwards, so that one
 *     wake-up at a time is enough.
 *     A stale one that is woken does not count: it does not go, so the next
 *     one is woken, too; after some of them the timer goes on with it.
 * I2  Where somebody waits for time to pass, the limiter's timer is set.
 */
#include <string.h>

#include "schedule_private.h"

enum { LIMITER_STALE = 64 };	/* stale ones that are woken at a time */

static bool
limits_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule	     *s = arg;
	const struct schedule_limits *a = &PART(s, limits, i)->l, *b = key;

	return a->concurrency == b->concurrency &&
	    a->rate.thousandths == b->rate.thousandths &&
	    a->rate.per_ms == b->rate.per_ms &&
	    a->algorithm == b->algorithm &&
	    a->connectinterval_ms == b->connectinterval_ms;
}

static uint32_t
limits_hash(const struct schedule_limits *l)
{
	uint32_t word[] = { l->concurrency, (uint32_t)l->rate.thousandths,
	    (uint32_t)l->rate.per_ms, l->algorithm, l->connectinterval_ms };

	return slab_hash(word, sizeof(word) / sizeof(*word));
}

/* A rate without a time is none. */
static uint32_t
limits_take(struct schedule *s, const struct schedule_limits *in)
{
	struct schedule_limits l = *in;
	uint32_t	       i, hash;

	if (l.rate.thousandths == 0 || l.rate.per_ms <= 0)
		l.rate = (struct transport_rate){ 0 };
	hash = limits_hash(&l);
	i = slab_index_find(&s->by_limits, hash, limits_same, s, &l);
	if (i == 0) {
		i = slab_take(&s->limits);
		PART(s, limits, i)->l = l;
		slab_index_add(&s->by_limits, hash, i);
	}
	PART(s, limits, i)->refs++;
	return i;
}

static void
limits_drop(struct schedule *s, uint32_t i)
{
	struct limits *l = PART(s, limits, i);

	if (--l->refs > 0)
		return;
	slab_index_drop(&s->by_limits, limits_hash(&l->l), i);
	slab_give(&s->limits, i);
}

static bool
limiter_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;

	return PART(s, limiter, i)->name == *(const uint32_t *)key;
}

uint32_t
limiter_find(const struct schedule *s, struct str text)
{
	uint32_t name = sname_find(s, text);

	if (name == 0)
		return 0;
	return slab_index_find(&s->by_limiter, slab_hash(&name, 1),
	    limiter_same, s, &name);
}

uint32_t
limiter_take(struct schedule *s, struct str text,
    const struct schedule_limits *in)
{
	uint32_t	i = limiter_find(s, text);
	struct limiter *l;

	if (i != 0)
		return i;
	i = slab_take(&s->limiters);
	l = PART(s, limiter, i);
	l->name = sname_take(s, text);
	l->limits = limits_take(s, in);
	l->tat_ns = s->o.cold ? rate_cold(limiter_limits(s, i),
	    s->o.start_ms) : INT64_MIN / 2;
	l->connect_ms = INT64_MIN;
	slab_index_add(&s->by_limiter, slab_hash(&l->name, 1), i);
	return i;
}

const struct schedule_limits *
limiter_limits(const struct schedule *s, uint32_t limiter)
{
	return &PART(s, limits, PART(s, limiter, limiter)->limits)->l;
}

void
limiter_set(struct schedule *s, uint32_t limiter,
    const struct schedule_limits *in)
{
	struct limiter *l = PART(s, limiter, limiter);
	uint32_t	old = l->limits;

	l->limits = limits_take(s, in);
	if (l->limits != old)
		l->tat_ns = rate_convert(&PART(s, limits, old)->l,
		    limiter_limits(s, limiter), l->tat_ns, s->now);
	limits_drop(s, old);
	limiter_pass(s, limiter);
	limiter_release(s, limiter);	/* it may be as new already */
}

/* Nobody names it and nothing is held: it goes as soon as it is as new. */
void
limiter_release(struct schedule *s, uint32_t limiter)
{
	struct limiter *l = PART(s, limiter, limiter);
	int64_t		until;

	if (l->users > 0 || l->busy > 0 || l->idle > 0)
		return;
	until = rate_full(limiter_limits(s, limiter), l->tat_ns);
	if (until < l->connect_ms)
		until = l->connect_ms;
	if (until > s->now) {
		wheel_set(&s->wheel, limiter, until);
		return;
	}
	wheel_drop(&s->wheel, limiter);
	slab_index_drop(&s->by_limiter, slab_hash(&l->name, 1), limiter);
	limits_drop(s, l->limits);
	sname_drop(s, l->name);
	slab_give(&s->limiters, limiter);
}

/* All its slots are taken, idle connections included. */
bool
limiter_is_full(const struct schedule *s, uint32_t limiter)
{
	const struct limiter *l = PART(s, limiter, limiter);
	uint32_t	      most = limiter_limits(s, limiter)->concurrency;

	return most != 0 && l->busy + l->idle >= most;
}

enum schedule_wait
limiter_room(struct schedule *s, uint32_t limiter, bool connect)
{
	const struct limiter	     *l = PART(s, limiter, limiter);
	const struct schedule_limits *m = limiter_limits(s, limiter);

	s->visits++;
	if (m->concurrency != 0 && l->busy >= m->concurrency)
		return SCHEDULE_WAIT_CONCURRENCY;
	if (rate_tokens(m, l->tat_ns, s->now, 1) == 0)
		return SCHEDULE_WAIT_RATE;
	if (connect && l->connect_ms > s->now)
		return SCHEDULE_WAIT_CONNECT;
	return SCHEDULE_WAIT_TURN;
}

void
limiter_connect(struct schedule *s, uint32_t limiter)
{
	struct limiter *l = PART(s, limiter, limiter);
	int64_t		next = s->now +
	    limiter_limits(s, limiter)->connectinterval_ms;

	if (l->connect_ms < next)
		l->connect_ms = next;
}

/* ---- Who waits ---------------------------------------------------------- */

static void
limiter_timer(struct schedule *s, uint32_t limiter, enum schedule_wait why)
{
	const struct limiter *l = PART(s, limiter, limiter);

	if (why == SCHEDULE_WAIT_RATE)
		wheel_set(&s->wheel, limiter, rate_when(
		    limiter_limits(s, limiter), l->tat_ns, s->now));
	else if (why == SCHEDULE_WAIT_CONNECT)
		wheel_set(&s->wheel, limiter, l->connect_ms);
}

void
limiter_wait(struct schedule *s, uint32_t limiter, uint32_t who,
    bool is_class)
{
	uint32_t     i = slab_take(&s->waits), *waits;
	struct wait *w = PART(s, wait, i);

	waits = is_class ? &PART(s, class, who)->waits :
	    &PART(s, queue, who)->waits;
	w->limiter = limiter;
	w->who = who;
	w->is_class = is_class;
	w->priority = is_class ? PART(s, class, who)->priority :
	    PART(s, queue, who)->priority;
	w->beside = *waits;
	*waits = i;
	PART_RING_ADD(s, wait, &PART(s, limiter, limiter)->waits[w->priority],
	    i);
}

/* The list on which it stands: its first changes when that one leaves. */
static uint32_t *
limiter_ring(struct schedule *s, uint32_t i)
{
	const struct wait *w = PART(s, wait, i);
	struct host	  *h;

	if (!w->is_host)
		return &PART(s, limiter, w->limiter)->waits[w->priority];
	h = PART(s, host, w->limiter);
	return h->woken == i ? &h->woken : &h->waits;
}

void
limiter_unwait(struct schedule *s, uint32_t *waits)
{
	while (*waits != 0) {
		uint32_t     i = *waits;
		struct wait *w = PART(s, wait, i);

		PART_RING_DROP(s, wait, limiter_ring(s, i), i);
		*waits = w->beside;
		slab_give(&s->waits, i);
	}
}

/* An idle connection can make room, but only one at a time is asked to. */
static bool
limiter_can(const struct schedule *s, uint32_t limiter)
{
	const struct limiter *l = PART(s, limiter, limiter);

	return !limiter_is_full(s, limiter) ||
	    (l->idle > 0 && l->evicting == 0);
}

/* true: it may go. */
static bool
limiter_wake(struct schedule *s, uint32_t i)
{
	uint32_t who = PART(s, wait, i)->who;

	if (PART(s, wait, i)->is_class) {
		class_wake(s, who);
		return PART(s, class, who)->generation == s->generation;
	}
	squeue_wake(s, who);
	return !squeue_is_stale(s, who);
}

static void
limiter_pass_on(struct schedule *s, uint32_t limiter)
{
	struct limiter	  *l = PART(s, limiter, limiter);
	enum schedule_wait why;
	uint32_t	   i;

	for (int n = 0; (i = l->waits[1] ? l->waits[1] : l->waits[0]) != 0;
	    n++) {
		why = limiter_room(s, limiter, true);
		s->visits--;		/* nobody was tried */
		if (why != SCHEDULE_WAIT_TURN)
			limiter_timer(s, limiter, why);
		else if (n == LIMITER_STALE)
			wheel_set(&s->wheel, limiter, s->now + 1);
		if (why != SCHEDULE_WAIT_TURN || n == LIMITER_STALE ||
		    !limiter_can(s, limiter) || limiter_wake(s, i))
			return;
	}
}

void
limiter_pass(struct schedule *s, uint32_t limiter)
{
	const struct limiter *l = PART(s, limiter, limiter);

	if (l->waits[0] != 0 || l->waits[1] != 0)
		limiter_pass_on(s, limiter);
}

void
limiter_timers(struct schedule *s)
{
	uint32_t i;

	while ((i = wheel_due(&s->wheel, s->now)) != 0) {
		limiter_pass(s, i);
		limiter_release(s, i);
	}
}

/* As somebody finds it who would connect. */
enum schedule_wait
limiter_why(struct schedule *s, uint32_t limiter, int64_t *room_ms)
{
	const struct limiter *l = PART(s, limiter, limiter);
	enum schedule_wait    why = limiter_room(s, limiter, true);

	s->visits--;
	if (why == SCHEDULE_WAIT_TURN && limiter_is_full(s, limiter) &&
	    l->evicting > 0)
		why = SCHEDULE_WAIT_CONCURRENCY;
	*room_ms = INT64_MAX;
	if (why == SCHEDULE_WAIT_RATE)
		*room_ms = rate_when(limiter_limits(s, limiter), l->tat_ns,
		    s->now);
	else if (why == SCHEDULE_WAIT_CONNECT)
		*room_ms = l->connect_ms;
	return why;
}
