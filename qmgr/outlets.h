/*
 * outlets - transports as they hold, each with a number
 *
 * Ownership  A route holds until the next outlets_load().
 */
#ifndef QMGR_OUTLETS_H
#define QMGR_OUTLETS_H

#include "schedule/policy_way.h"

#include "delivery.h"

struct outlet {
	struct hmap_entry	 hash, by_number;
	uint64_t		 number;	/* changes with it */
	const struct transport	*transport;
	struct buf		 text;
	struct buf		 label;		/* its limiter's name */
	struct schedule_limiter_in limiter;	/* its own limits */
};

void	outlets_load(void);
const struct outlet *outlets_find(struct str transportid);
/* The least age at which any of them gives up. */
int64_t	outlets_least_age(void);
const struct outlet *outlets_numbered(uint64_t number);

#endif
