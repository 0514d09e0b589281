/*
 * lease - which of many things have a time to live
 *
 * Who needs room gives up what is over first, then what was not used for
 * longest.  A thing without a lease is in neither list.
 *
 * Ownership  the caller's storage; a lease is dropped before its thing goes.
 * Failure    none.
 * Process    pure; time is passed in.
 */
#ifndef SHARE_LEASE_H
#define SHARE_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

struct lease {
	RB_ENTRY(lease)		 by_end;
	TAILQ_ENTRY(lease)	 by_use;
	int64_t			 ends_ms;
	bool			 held;		/* false: there is none */
};

struct leases {
	RB_HEAD(lease_tree, lease)	 ends;
	TAILQ_HEAD(lease_queue, lease)	 uses;	/* the last one at the end */
};

void		 leases_init(struct leases *ls);
/* Begins, or begins anew. */
void		 lease_take(struct leases *ls, struct lease *l,
		    int64_t ends_ms);
void		 lease_drop(struct leases *ls, struct lease *l);
void		 lease_use(struct leases *ls, struct lease *l);
/* A lease whose end has come, or NULL if there is none. */
struct lease	*lease_over(struct leases *ls, int64_t now_ms);
/* The one that was not used for longest, or NULL. */
struct lease	*lease_idle(struct leases *ls);

#endif
