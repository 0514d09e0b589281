/*
 * model_route - what the model knows of routes: which candidate may be taken
 */
#ifndef TESTS_UNIT_SCHEDULE_MODEL_ROUTE_H
#define TESTS_UNIT_SCHEDULE_MODEL_ROUTE_H

#include <stdbool.h>

#include "schedule/schedule_limit.h"

enum { MROUTES = 16, MROUTE_PLAIN = 8, MROUTE_WAYS = 3, MROUTE_HOSTS = 3,
	MROUTE_LIMITERS = 6 };

/* A candidate; without limiters it is none. */
struct mroute_way {
	unsigned	limiters;	/* a bit for each */
	uint16_t	preference, order, weight;
	bool		closed;
	unsigned	host;		/* from 1 on; 0: none */
};

extern const struct mroute_way mroutes[MROUTES][MROUTE_WAYS];

/* A bit for each candidate that may be taken; barred: a bit for each host. */
unsigned	mroute_allowed(int route, unsigned barred, bool *all);
/* Limiters of all its candidates. */
unsigned	mroute_limiters(int route);
const char	*mroute_name(unsigned n);
struct str	mroute_host(unsigned host);

struct mroute_in {
	struct schedule_candidate  c[MROUTE_WAYS];
	struct schedule_limiter_in l[MROUTE_WAYS][MROUTE_LIMITERS];
	size_t			   count;
};

void		mroute_in(int route, const struct schedule_limiter_in *limiter,
		    struct mroute_in *in);

#endif
