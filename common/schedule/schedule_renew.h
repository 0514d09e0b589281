/*
 * schedule_renew - what candidates there are, and their limits, may change
 *
 * Policies are others after a reload, or for a time; where mail goes may be
 * elsewhere.  schedule_renew() says that all may be other now: from then on no
 * virtual queue goes before its caller has said what it has.
 *
 * Process    pure; see schedule.h.
 */
#ifndef SCHEDULE_SCHEDULE_RENEW_H
#define SCHEDULE_SCHEDULE_RENEW_H

#include "schedule.h"

typedef uint32_t schedule_vq;	/* a virtual queue, for this moment */

void	schedule_renew(struct schedule *s);

struct schedule_stale {
	schedule_vq		 queue;
	struct schedule_subqueue subqueue;
	struct str		 grouping;
	uint64_t		 digest;
	/* One of its entries, whose user knows more. */
	schedule_ref		 ref;
};

/* One that schedule_renew() is about and that has entries waiting: first those
 * whose turn it is; false: there is none.  Each answer costs the same. */
bool	schedule_stale(struct schedule *s, struct schedule_stale *st);
void	schedule_reroute(struct schedule *s, schedule_vq queue,
	    const struct schedule_candidate *candidates, size_t count);
/* An entry of this queue that waits, 0: there is none; for whoever takes them
 * out, since mail for it goes elsewhere now. */
schedule_ref schedule_first(const struct schedule *s, schedule_vq queue);

/* Hosts of that name are passed over until then. */
void	schedule_bar(struct schedule *s, struct str host, int64_t until_ms);
void	schedule_unbar(struct schedule *s);	/* all */

#endif
