/*
 * schedule_choose - which of its candidates a queue goes to
 *
 * Those with the best preference among the candidates that are not barred (or
 * among all, if all are).  Of these the closed ones are left out, but they do
 * not make room for a worse preference: where all are closed the list is
 * empty, and its queue waits for nothing but another route, or a bar.
 *
 * The list is in the order of `order`.  Among equals the one that is drawn
 * stands first; nothing is drawn before it is that order's turn.
 */
#include "schedule_private.h"

static bool
choose_passes(const struct schedule *s, const uint32_t *way)
{
	return s->bars > 0 && host_is_barred(s, way[WAY_HOST]);
}

static uint32_t
choose_preference(const struct schedule *s, const struct route *r,
    bool *barred)
{
	uint32_t	best = UINT32_MAX, any = UINT32_MAX, preference;
	const uint32_t *way = route_candidate(r, 0);

	for (uint32_t n = 0; n < route_candidates(r); n++) {
		preference = WAY_PREFERENCE(way);
		if (preference < any)
			any = preference;
		if (preference < best && !choose_passes(s, way))
			best = preference;
		way = way_next(way);
	}
	*barred = best == UINT32_MAX;
	return *barred ? any : best;
}

/* After all that have the same order or a lower one. */
static void
choose_insert(struct choice *c, const uint32_t *way, uint32_t n)
{
	uint32_t at = c->count++;

	for (; at > 0 && c->way[at - 1][WAY_RANK] > way[WAY_RANK]; at--) {
		c->way[at] = c->way[at - 1];
		c->n[at] = c->n[at - 1];
	}
	c->way[at] = way;
	c->n[at] = (uint8_t)n;
}

/* The usual case: there is no choice. */
static void
choose_only(const struct schedule *s, const uint32_t *way, struct choice *c)
{
	c->way[0] = way;
	c->n[0] = 0;
	c->count = (way[WAY_WEIGHT] & WAY_CLOSED) == 0;
	c->preference = WAY_PREFERENCE(way);
	c->barred = choose_passes(s, way);
}

void
choose_list(const struct schedule *s, const struct route *r,
    struct choice *c)
{
	const uint32_t *way = route_candidate(r, 0);

	if (route_candidates(r) == 1) {
		choose_only(s, way, c);
		return;
	}
	c->count = 0;
	c->preference = choose_preference(s, r, &c->barred);
	for (uint32_t n = 0; n < route_candidates(r); n++) {
		if (WAY_PREFERENCE(way) == c->preference &&
		    (way[WAY_WEIGHT] & WAY_CLOSED) == 0 &&
		    (c->barred || !choose_passes(s, way)))
			choose_insert(c, way, n);
		way = way_next(way);
	}
}

/* splitmix64: any seed will do, and each has all numbers once. */
static uint64_t
choose_random(struct schedule *s)
{
	uint64_t z = s->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void
choose_draw(struct schedule *s, struct choice *c, uint32_t at)
{
	uint32_t	rank = c->way[at][WAY_RANK], all = 0, end = at, take;
	const uint32_t *way;
	uint8_t		n;

	for (; end < c->count && c->way[end][WAY_RANK] == rank; end++)
		all += c->way[end][WAY_WEIGHT];
	if (end - at < 2)
		return;
	take = (uint32_t)((choose_random(s) >> 32) * all >> 32);
	for (end = at; take >= c->way[end][WAY_WEIGHT]; end++)
		take -= c->way[end][WAY_WEIGHT];
	way = c->way[end];
	n = c->n[end];
	c->way[end] = c->way[at];
	c->n[end] = c->n[at];
	c->way[at] = way;
	c->n[at] = n;
}

/* A single candidate is taken anyhow.  Of worse ones than the best a bar
 * changes nothing.  Candidates of one host mostly stand side by side. */
void
choose_watch(struct schedule *s, const struct route *r,
    const struct choice *c, uint32_t class)
{
	const uint32_t *way = route_candidate(r, 0);
	uint32_t	last = 0;

	if (route_candidates(r) == 1)
		return;
	for (uint32_t n = 0; n < route_candidates(r); n++) {
		if (way[WAY_HOST] != last && (c->barred ||
		    WAY_PREFERENCE(way) <= c->preference)) {
			last = way[WAY_HOST];
			if (last != 0)
				host_wait(s, last, class);
		}
		way = way_next(way);
	}
}
