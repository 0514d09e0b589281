/*
 * Preferences one after the other.  Of one, in rounds: each address takes one
 * source a round, and they begin at equal distances, so that few rounds show
 * all sources.  Where the order of sources counts, nobody begins
 * later: the first round is the first source's.
 */
#include "hops.h"

enum { HOPS_WORSE = 4 };	/* part of what is left that is kept for worse
				 * preferences */
enum { HOPS_SECOND = 1024 };	/* added to the order of a host's second
				 * family: more than there are sources */

struct making {
	const struct hop_address	*a;	/* of one preference */
	size_t				 count;
	const struct hop_source		*s;
	size_t				 sources;
	struct nexthop			*out;
	size_t				 made, room;
};

static bool
hops_ordered(const struct making *m)
{
	size_t	i;

	for (i = 1; i < m->sources; i++)
		if (m->s[i].order != m->s[0].order)
			return true;
	return false;
}

static int
hops_family(const struct netaddr *a)
{
	return a->u.sa.sa_family;
}

/* The n-th source of the family of the place-th address, which begins with
 * one of its own; NULL: it has no more. */
static const struct hop_source *
hops_source(const struct making *m, size_t place, size_t n, bool ordered)
{
	const struct netaddr	*to = &m->a[place].address;

	size_t	i, of = 0;

	for (i = 0; i < m->sources; i++)
		of += hops_family(&m->s[i].address) == hops_family(to);
	if (n >= of)
		return NULL;
	if (!ordered)
		n = (n + place * of / m->count) % of;
	for (i = 0; i < m->sources; i++)
		if (hops_family(&m->s[i].address) == hops_family(to) &&
		    n-- == 0)
			break;
	return &m->s[i];
}

static void
hops_add(struct making *m, const struct hop_address *a,
    const struct hop_source *s)
{
	struct nexthop	*h = &m->out[m->made++];

	*h = (struct nexthop){ .preference = a->preference, .mx = a->mx,
	    .address = a->address, .secure = a->secure, .weight = 1,
	    .order = a->second ? HOPS_SECOND : 0 };
	if (s == NULL)
		return;
	h->source = s->address;
	h->source_id = s->id;
	h->helo = s->helo;
	h->order = (uint16_t)(h->order + s->order);
	h->weight = s->weight;
}

/* One round; false: nobody has a source left. */
static bool
hops_round(struct making *m, size_t round, bool ordered)
{
	const struct hop_source	*s;
	size_t			 i, before = m->made;

	for (i = 0; i < m->count && m->made < m->room; i++) {
		s = hops_source(m, i, round, ordered);
		if (s != NULL || (m->sources == 0 && round == 0) ||
		    (round == 0 && hops_family(&m->a[i].address) == AF_UNIX))
			hops_add(m, &m->a[i], s);
	}
	return m->made > before;
}

size_t
hops_make(const struct hop_address *a, size_t count,
    const struct hop_source *s, size_t sources,
    struct nexthop out[NEXTHOPS_MAX])
{
	struct making	m = { .s = s, .sources = sources, .out = out };
	bool		ordered = hops_ordered(&m);
	size_t		worse, kept, round;

	for (; count > 0; a += m.count, count -= m.count) {
		m.a = a;
		for (m.count = 1; m.count < count &&
		    a[m.count].preference == a->preference; m.count++)
			;
		worse = count - m.count;
		kept = (NEXTHOPS_MAX - m.made) / HOPS_WORSE;
		m.room = NEXTHOPS_MAX - (worse < kept ? worse : kept);
		for (round = 0; hops_round(&m, round, ordered); round++)
			;
	}
	return m.made;
}

size_t
hops_add_source(struct hop_source *s, size_t count,
    const struct hop_source *from, struct hop_source *known, bool strict)
{
	if (known != NULL && known->weight < UINT16_MAX)
		known->weight++;
	if (known != NULL || count == HOP_SOURCES_MAX)
		return count;
	s[count] = *from;
	s[count].weight = 1;
	if (strict)
		s[count].order = (uint16_t)count;
	return count + 1;
}
