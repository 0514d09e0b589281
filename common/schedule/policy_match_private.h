/*
 * policy_match_private - what is known of values and of their combinations
 */
#ifndef SCHEDULE_POLICY_MATCH_PRIVATE_H
#define SCHEDULE_POLICY_MATCH_PRIVATE_H

#include "policy_live_private.h"
#include "policy_match.h"

/* Predicates that values have in common; each set of them once. */
struct match_profile {
	struct hmap_entry	 entry;		/* kind: the field */
	uint32_t		 number;	/* from 1, over all fields */
	const uint32_t		*id;
	size_t			 count;
};

/* A value of a field. */
struct match_value {
	struct hmap_entry	 entry;		/* kind: the field */
	struct str		 shown;		/* as it is compared */
	const struct match_profile *profile;
};

struct plan_policy {
	const struct policy	*policy;
	const struct policy_limits *said;
	const struct policy_set	*rolled[POLICY_FIELDS];
};

/* What applies to values of these profiles. */
struct match_plan {
	struct hmap_entry	 entry;
	struct plan_policy	*policies;	/* in the file's order */
	size_t			 count;
	const struct policy_delivery *delivery;
	const struct policy_suspension **suspensions;
	size_t			 suspension_count;
};

struct policy_matcher {
	struct policies		*p;
	struct policy_live	*live;
	uint64_t		 seen[2];	/* generations */
	struct arena		 arena;
	struct hmap		 values, profiles, plans;
	uint32_t		 profile_count;
	struct rules_hits	 hits;
	/* For the match that is asked for: */
	const struct match_value *v[POLICY_FIELDS];
	unsigned		 have;
	struct policy_applied	*applied;
	size_t			*name_at;
	const struct policy_dynamic **dynamic;
	size_t			 applied_cap, dynamic_cap, dynamic_count;
	struct buf		 names;
	const struct policy_if	**best;		/* by policy, for a plan */
	struct policy_matcher_stats stats;
};

/* For the values in m->v. */
const struct match_plan *match_plan(struct policy_matcher *m);

#endif
