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
#ifndef DELIVER_HOPS_H
#define DELIVER_HOPS_H

#include "job/nexthop.h"

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

/* In which family's favour it is decided is the caller's; how many there are.
 * No source: the system chooses. */
size_t	hops_make(const struct hop_address *a, size_t count,
	    const struct hop_source *s, size_t sources,
	    struct nexthop out[NEXTHOPS_MAX]);

#endif
