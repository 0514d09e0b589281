/*
 * way - a route as jobs name it, by a number of qmgr's: hops to go to, or why
 * there are none
 *
 * Ownership  ways are numbered things (numbered.h).
 * Failure    way_add(): -1, no honest qmgr says so.
 * Process    no I/O.
 */
#ifndef DELIVER_WAY_H
#define DELIVER_WAY_H

#include "job/nexthop.h"

#include "numbered.h"

struct way {
	struct numbered	 numbered;	/* first */
	struct buf	 bytes;
	struct nexthops	 hops;		/* their texts are in bytes */
};

int		 way_add(uint64_t number, struct str hops);
struct way	*way_take(uint64_t number);
void		 way_give(struct way **w);

#endif
