/*
 * schedule_route - lists of candidates with their limiters, each list once
 *
 * A route is words: the number of candidates (above it, how many recipients go
 * together, if that is its own), then of each those of
 * schedule_way.h, and its limiters.  Names and hosts are the route's; a
 * limiter lives longer than the route, by the queues that are counted in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule_private.h"

enum { ROUTE_SOME = 4 };	/* candidates that need no allocation */
enum { ROUTE_SHIFT = 16, ROUTE_COUNT = (1 << ROUTE_SHIFT) - 1 };

struct route_key {
	const uint32_t	*word;
	uint32_t	 len;
};

const struct route *
route_at(const struct schedule *s, uint32_t route)
{
	return *(struct route **)slab_at(&s->routes, route);
}

static bool
route_same(const void *arg, uint32_t i, const void *key)
{
	const struct route     *r = route_at(arg, i);
	const struct route_key *k = key;

	return r->len == k->len &&
	    memcmp(r->word, k->word, k->len * sizeof(*k->word)) == 0;
}

uint32_t
route_candidates(const struct route *r)
{
	return r->word[0] & ROUTE_COUNT;
}

uint32_t
route_recipients(const struct route *r)
{
	return r->word[0] >> ROUTE_SHIFT;
}

const uint32_t *
way_next(const uint32_t *c)
{
	return c + WAY_HEAD + c[WAY_COUNT];
}

const uint32_t *
route_candidate(const struct route *r, uint32_t n)
{
	const uint32_t *c = r->word + 1;

	while (n-- > 0)
		c = way_next(c);
	return c;
}

static uint32_t
route_new(struct schedule *s, const struct route_key *key, uint32_t hash)
{
	uint32_t      i = slab_take(&s->routes);
	size_t	      size = sizeof(struct route) + key->len *
	    sizeof(*key->word);
	struct route *r = xmalloc(size);

	*r = (struct route){ .hash = hash, .len = key->len,
		.number = ++s->routed };
	memcpy(r->word, key->word, key->len * sizeof(*key->word));
	s->extra_bytes += size;
	*(struct route **)slab_at(&s->routes, i) = r;
	slab_index_add(&s->by_route, hash, i);
	return i;
}

uint32_t
route_take(struct schedule *s, const uint32_t *word, uint32_t len)
{
	struct route_key key = { word, len };
	uint32_t	 hash = slab_hash(word, len), i;
	const uint32_t	*c = word + 1;

	i = slab_index_find(&s->by_route, hash, route_same, s, &key);
	if (i == 0) {
		i = route_new(s, &key, hash);
		for (uint32_t n = 0; n < (word[0] & ROUTE_COUNT); n++,
		    c = way_next(c)) {
			sname_ref(s, c[WAY_NAME]);
			host_ref(s, c[WAY_HOST]);
		}
	}
	(*(struct route **)slab_at(&s->routes, i))->refs++;
	return i;
}

/* What the candidates name. */
static void
route_drop_names(struct schedule *s, const uint32_t *word)
{
	const uint32_t *c = word + 1;

	for (uint32_t n = 0; n < (word[0] & ROUTE_COUNT); n++,
		    c = way_next(c)) {
		sname_drop(s, c[WAY_NAME]);
		host_drop(s, c[WAY_HOST]);
	}
}

void
route_drop(struct schedule *s, uint32_t route)
{
	struct route *r = *(struct route **)slab_at(&s->routes, route);

	if (--r->refs > 0)
		return;
	slab_index_drop(&s->by_route, r->hash, route);
	route_drop_names(s, r->word);
	s->extra_bytes -= sizeof(*r) + r->len * sizeof(*r->word);
	free(r);
	slab_give(&s->routes, route);
}

static uint32_t
route_default(struct schedule *s, const struct schedule_entry_in *in)
{
	uint32_t name = sname_take(s, in->subqueue.transportid);
	uint32_t t = transport_take(s, name);
	uint32_t word[1 + WAY_HEAD + 1] = { 1 }, *c = word + 1;

	sname_drop(s, name);
	c[WAY_WEIGHT] = 1;
	c[WAY_COUNT] = PART(s, transport_limits, t)->limiter != 0;
	c[WAY_HEAD] = PART(s, transport_limits, t)->limiter;
	return route_take(s, word, 1 + WAY_HEAD + c[WAY_COUNT]);
}

/* No limiter twice: it would be paid twice. */
static uint32_t
route_add_limiters(struct schedule *s, const struct schedule_candidate *c,
    uint32_t *word)
{
	uint32_t count = 0;

	for (size_t n = 0; n < c->limiter_count && n < SCHEDULE_LIMITERS;
	    n++) {
		uint32_t i = limiter_take(s, c->limiters[n].name,
		    &c->limiters[n].limits), k = 0;

		while (k < count && word[k] != i)
			k++;
		if (k == count)
			word[count++] = i;
	}
	return count;
}

static void
route_add(struct schedule *s, const struct schedule_candidate *in,
    uint32_t *c)
{
	c[WAY_NAME] = sname_take(s, in->name);
	c[WAY_RANK] = (uint32_t)in->preference << 16 | in->order;
	c[WAY_HOST] = host_take(s, in->host);
	c[WAY_WEIGHT] = (in->weight == 0 ? 1u : in->weight) |
	    (in->closed ? WAY_CLOSED : 0);
	c[WAY_COUNT] = route_add_limiters(s, in, c + WAY_HEAD);
}

uint32_t
route_of(struct schedule *s, const struct schedule_entry_in *in)
{
	uint32_t  some[1 + ROUTE_SOME * (WAY_HEAD + SCHEDULE_LIMITERS)];
	size_t	  count = in->candidate_count;
	uint32_t *word = some, *c, route;

	if (in->candidates == NULL || count == 0)
		return route_default(s, in);
	if (count > SCHEDULE_CANDIDATES)
		count = SCHEDULE_CANDIDATES;
	if (count > ROUTE_SOME)
		word = xmalloc((1 + count * (WAY_HEAD + SCHEDULE_LIMITERS)) *
		    sizeof(*word));
	word[0] = (uint32_t)count | (uint32_t)in->recipients << ROUTE_SHIFT;
	c = word + 1;
	for (size_t n = 0; n < count; n++, c += WAY_HEAD + c[WAY_COUNT])
		route_add(s, &in->candidates[n], c);
	route = route_take(s, word, (uint32_t)(c - word));
	route_drop_names(s, word);
	if (word != some)
		free(word);
	return route;
}

void
route_pass(struct schedule *s, uint32_t route)
{
	const struct route *r = route_at(s, route);
	const uint32_t	   *c = route_candidate(r, 0);

	for (uint32_t n = 0; n < route_candidates(r); n++, c = way_next(c))
		for (uint32_t k = 0; k < c[WAY_COUNT]; k++)
			limiter_pass(s, c[WAY_HEAD + k]);
}
