/*
 * hops - addresses of hosts with addresses of ours: what a route is made of
 *
 * Each address can be connected to from each source of its family.  Where that
 * makes more than a route may have, the best preference has most of the room,
 * and of its pairs those are taken that show every address and every source.
 *
 * Ownership  the caller's; texts are borrowed.
 * Failure    none.
 * Process    pure.
 */
#ifndef JOB_HOPS_H
#define JOB_HOPS_H

#include "nexthop.h"

/* Of a host.  Sorted by preference. */
struct hop_address {
	uint16_t	preference;
	struct str	mx;
	struct netaddr	address;
	bool		secure;
	bool		second;		/* the host has one of the family that
					 * is preferred */
};

/* Of ours. */
struct hop_source {
	struct netaddr	address;
	struct str	id, helo;
	uint16_t	order, weight;
};

enum { HOP_SOURCES_MAX = 256 };

/* One more, of so many (at most HOP_SOURCES_MAX); how many there are then.
 * known: it is that one again, and weighs more.  strict: their order
 * counts. */
size_t	hops_add_source(struct hop_source *s, size_t count,
	    const struct hop_source *from, struct hop_source *known,
	    bool strict);
/* In which family's favour it is decided is the caller's; how many there are.
 * No source: the system chooses. */
size_t	hops_make(const struct hop_address *a, size_t count,
	    const struct hop_source *s, size_t sources,
	    struct nexthop out[NEXTHOPS_MAX]);

#endif
