/*
 * routes - transports as they hold, each with a number
 *
 * Ownership  A route holds until the next routes_load().
 */
#ifndef QMGR_ROUTES_H
#define QMGR_ROUTES_H

#include "delivery.h"

struct route {
	struct hmap_entry	 hash;
	uint64_t		 number;	/* changes with it */
	const struct transport	*transport;
	struct buf		 text;
};

void	routes_load(void);
/* Does one of them have this number? */
bool	routes_has(uint64_t number);
const struct route *routes_find(struct str transportid);

#endif
