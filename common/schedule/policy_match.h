/*
 * policy_match - what of policy.cf applies to a candidate
 *
 * What a value is, is found out once for each value, and what applies to
 * values of the same kind once for all of them: what a pickup costs depends
 * on how many policies apply to it, not on how many there are.
 *
 * A limiter's name is the policy's id with its tuple: equal names are one
 * limiter, also after a reload that left the policy's fields alone.
 *
 * Ownership  policy_matcher_new() gives, policy_matcher_free() takes and
 *            clears; policies and live are borrowed.  A match holds until the
 *            next call of the same matcher, or a change of what it is of.
 * Failure    none.
 * Process    pure; now_ms is policy_live's clock.
 */
#ifndef SCHEDULE_POLICY_MATCH_H
#define SCHEDULE_POLICY_MATCH_H

#include "policy_live.h"

/* A policy whose fields all have a value. */
struct policy_applied {
	const struct policy	*policy;
	const struct policy_limits *said;	/* the policy's, or an if's */
	struct str		 name;		/* of its limiter */
	struct schedule_limits	 limits;	/* with dynamic ones on them */
	bool			 stop;
	/* Those that match, oldest first. */
	const struct policy_dynamic *const *dynamic;
	size_t			 dynamic_count;
};

struct policy_match {
	const struct policy_applied *applied;	/* in the file's order */
	size_t			 count;
	const struct policy_delivery *delivery;	/* NULL: none */
	const struct policy_suspension *suspension;	/* NULL: none */
};

struct policy_matcher_stats {
	uint64_t	matches;
	uint64_t	values;		/* that were looked into */
	uint64_t	plans;		/* that were made */
};

struct policy_matcher;

/* p and live may be NULL: nothing applies. */
struct policy_matcher *policy_matcher_new(struct policies *p,
	    struct policy_live *live);
void	policy_matcher_free(struct policy_matcher **m);
/* Other policies; live was told before. */
void	policy_matcher_reload(struct policy_matcher *m, struct policies *p);
void	policy_match(struct policy_matcher *m, const struct policy_values *v,
	    int64_t now_ms, struct policy_match *out);
void	policy_matcher_stats(const struct policy_matcher *m,
	    struct policy_matcher_stats *s);

/*
 * For schedule.h: the transport's own limiter, if it is given, then of each
 * policy that limits anything.  More than SCHEDULE_LIMITERS do not fit: *left
 * says how many are not in the list.  How many are.
 */
size_t	policy_match_limiters(const struct policy_match *match,
	    const struct schedule_limiter_in *transport,
	    struct schedule_limiter_in in[SCHEDULE_LIMITERS], size_t *left);
/* A value as limiters' names have it: without blanks. */
void	policy_name_value(struct buf *out, struct str value);
/* The properties as scripts see them: the static ones, with dynamic ones
 * over them.  false: there is none at that place. */
bool	policy_applied_property(const struct policy_applied *a, size_t i,
	    struct policy_property *out);
/* The i-th tag: the static one, then the dynamic ones'; none: no more. */
struct str policy_applied_tag(const struct policy_applied *a, size_t i);

#endif
