/*
 * policies - policy.cf as it holds, and what it says of a virtual queue
 *
 * Ownership  candidates and texts hold until the next call.
 * Failure    policies_load(): what does not compile is logged, and what was
 *            before goes on.
 */
#ifndef QMGR_POLICIES_H
#define QMGR_POLICIES_H

#include "schedule/policy_live.h"
#include "schedule/policy_match.h"

#include "hopset.h"

void	policies_prepare(struct worker *w);
void	policies_open(void);
void	policies_close(void);
void	policies_load(void);
/* "list/ID": its file is another one. */
void	policies_relist(const char *name);

struct str policies_grouping_of(const struct schedule_subqueue *q,
	    const struct hopset *h);
/* Where mail of this sub-queue may go, with all that limits it there. */
const struct schedule_candidate *policies_candidates(
	    const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, size_t *count);
/* Is it suspended wherever it goes: by what is known of it before its hops? */
bool	policies_suspend(const struct schedule_subqueue *q,
	    struct policy_match *m);
/* The same of one hop alone. */
const struct schedule_candidate *policies_candidate_at(
	    const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, unsigned hop);
/* What a connection counts against that a worker had before this qmgr: of the
 * values that it tells (policy_values_put()).  -1: no honest worker says so. */
int	policies_started(struct schedule_entry_in *in, struct str transportid,
	    struct str fields);
/* What a delivery row says of that hop: its number for workers, with *text; or
 * 0. */
uint64_t policies_row(const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, unsigned hop, struct str *text);
/* All that policies may ask for of that hop. */
struct policy_values policies_values(const struct schedule_subqueue *q,
	    struct str grouping, const struct hopset *h, unsigned hop);
/* What applies to that hop, for whoever shows it. */
void	policies_match(const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, unsigned hop, struct policy_match *m);

/* The same of any values. */
void	policies_match_values(const struct policy_values *v,
	    struct policy_match *m);

/* Limiters of that policy, with these values, have full buckets again: how
 * many. */
uint64_t policies_refill(struct str policy, const struct policy_values *v);

/* An attempt by that hop has paid. */
void	policies_paid(const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, unsigned hop);

/* Some queues are told what they have now; true: there are more. */
bool	policies_sweep(void);

/* Dynamic ones have changed: limits of one policy, or what goes at all. */
void	policies_changed(void);
struct policy_live *policies_live(void);
struct policies	*policies_all(void);

#endif
