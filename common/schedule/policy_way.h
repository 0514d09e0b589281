/*
 * policy_way - hops as the scheduler's candidates, with all that limits them
 *
 *	policy_ways_begin(), policy_ways_add() for each hop, policy_ways_end()
 *
 * Ownership  a policy_ways is the caller's storage, zeroed to begin with,
 *            policy_ways_fini() at the end; texts of hops are borrowed.
 *            Candidates hold until the next policy_ways_begin().
 * Failure    none.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_WAY_H
#define SCHEDULE_POLICY_WAY_H

#include "policy_match.h"
#include "schedule.h"
#include "transport.h"

/* Where an attempt may go, in words. */
struct policy_hop {
	struct str	name;		/* connections of the same are alike */
	struct str	host;		/* the address with its port */
	struct str	localip, remoteip, remotemx;
	uint16_t	preference, order, weight;
};

struct policy_ways {
	struct schedule_candidate	candidate[SCHEDULE_CANDIDATES];
	struct schedule_limiter_in	limiter[SCHEDULE_CANDIDATES]
					    [SCHEDULE_LIMITERS];
	size_t				name_at[SCHEDULE_CANDIDATES]
					    [SCHEDULE_LIMITERS];
	size_t				count;
	struct buf			names;
};

/* All that policies may ask for. */
struct policy_values policy_hop_values(const struct schedule_subqueue *q,
	    struct str grouping, const struct policy_hop *h);

void	policy_ways_begin(struct policy_ways *w);
/* At most SCHEDULE_CANDIDATES; the transport's limiter binds each. */
void	policy_ways_add(struct policy_ways *w, struct policy_matcher *m,
	    const struct policy_values *v, const struct policy_hop *h,
	    const struct schedule_limiter_in *transport, int64_t now_ms);
/* The candidates; w->count says how many. */
const struct schedule_candidate *policy_ways_end(struct policy_ways *w);
void	policy_ways_fini(struct policy_ways *w);

/* A transport's own limiter, as schedule_transport() names it; the name is
 * put into label. */
struct schedule_limiter_in policy_way_transport(const struct transport *t,
	    struct buf *label);

#endif
