/*
 * schedule_route - lists of candidates with their limiters, each list once
 *
 * A route is words: the number of candidates, then of each its name, its
 * preference, how many limiters it has, and these.  Names are the route's; a
 * limiter lives longer than the route, by the queues that are counted in it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "schedule_private.h"

enum { ROUTE_HEAD = 3 };	/* words before a candidate's limiters */

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
	return r->word[0];
}

const uint32_t *
route_candidate(const struct route *r, uint32_t n)
{
	const uint32_t *word = r->word + 1;

	while (n-- > 0)
		word += ROUTE_HEAD + word[2];
	return word;
}

uint32_t
route_take(struct schedule *s, const uint32_t *word, uint32_t len)
{
	struct route_key key = { word, len };
	uint32_t	 hash = slab_hash(word, len), i;
	struct route	*r;

	i = slab_index_find(&s->by_route, hash, route_same, s, &key);
	if (i == 0) {
		r = xmalloc(sizeof(*r) + len * sizeof(*word));
		*r = (struct route){ .hash = hash, .len = len };
		memcpy(r->word, word, len * sizeof(*word));
		s->extra_bytes += sizeof(*r) + len * sizeof(*word);
		i = slab_take(&s->routes);
		*(struct route **)slab_at(&s->routes, i) = r;
		slab_index_add(&s->by_route, hash, i);
		for (uint32_t n = 0; n < word[0]; n++)
			sname_ref(s, route_candidate(r, n)[0]);
	}
	(*(struct route **)slab_at(&s->routes, i))->refs++;
	return i;
}

void
route_drop(struct schedule *s, uint32_t route)
{
	struct route *r = *(struct route **)slab_at(&s->routes, route);

	if (--r->refs > 0)
		return;
	slab_index_drop(&s->by_route, r->hash, route);
	for (uint32_t n = 0; n < r->word[0]; n++)
		sname_drop(s, route_candidate(r, n)[0]);
	s->extra_bytes -= sizeof(*r) + r->len * sizeof(*r->word);
	free(r);
	slab_give(&s->routes, route);
}

static uint32_t
route_default(struct schedule *s, const struct schedule_entry_in *in)
{
	uint32_t name = sname_take(s, in->subqueue.transportid);
	uint32_t t = transport_take(s, name), word[ROUTE_HEAD + 2] = { 1 };

	sname_drop(s, name);
	word[3] = PART(s, transport_limits, t)->limiter != 0;
	word[4] = PART(s, transport_limits, t)->limiter;
	return route_take(s, word, ROUTE_HEAD + 1 + word[3]);
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

uint32_t
route_of(struct schedule *s, const struct schedule_entry_in *in)
{
	size_t	  n, count = in->candidate_count;
	uint32_t *word, len = 1, route, names = 0;

	if (in->candidates == NULL || count == 0)
		return route_default(s, in);
	if (count > SCHEDULE_CANDIDATES)
		count = SCHEDULE_CANDIDATES;
	word = xmalloc((1 + count * (ROUTE_HEAD + SCHEDULE_LIMITERS)) *
	    sizeof(*word));
	word[0] = (uint32_t)count;
	for (n = 0; n < count; n++) {
		const struct schedule_candidate *c = &in->candidates[n];

		word[len] = sname_take(s, c->name);
		word[len + 1] = c->preference;
		word[len + 2] = route_add_limiters(s, c,
		    word + len + ROUTE_HEAD);
		len += ROUTE_HEAD + word[len + 2];
	}
	route = route_take(s, word, len);
	for (n = 0, names = 1; n < count; n++) {
		sname_drop(s, word[names]);
		names += ROUTE_HEAD + word[names + 2];
	}
	free(word);
	return route;
}

void
route_pass(struct schedule *s, uint32_t route)
{
	const struct route *r = route_at(s, route);

	for (uint32_t n = 0; n < route_candidates(r); n++) {
		const uint32_t *c = route_candidate(r, n);

		for (uint32_t k = 0; k < c[2]; k++)
			limiter_pass(s, c[3 + k]);
	}
}
