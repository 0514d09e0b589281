/*
 * locks - named locks, each with a line of those who wait
 *
 * Who waits longest is next.  An owner (a connection) has any number of
 * claims, each with an id of its own; when it leaves, all of them go.  Before
 * locks_open() claims only wait, and those who held a lock of an earlier
 * life of this service say so with locks_hold().
 *
 * Ownership  locks_new() gives, locks_free() takes and clears; an owner is
 *            in the caller's storage and must leave before that goes.
 * Failure    enum locks_rc.
 * Process    pure: no I/O, no time.  granted() is called from inside
 *            locks_drop(), locks_leave() and locks_open(), and may call
 *            nothing here.
 */
#ifndef SHARE_LOCKS_H
#define SHARE_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/str.h"

struct claim;
struct locks;

struct lock_owner {
	LIST_HEAD(, claim)	 claims;
};

enum locks_rc {
	LOCKS_GRANTED,
	LOCKS_WAITS,		/* granted() will tell */
	LOCKS_FULL,		/* too many claims */
	LOCKS_TWICE,		/* that id is in use, or the lock is held */
};

#define LOCKS_CLAIMS_MAX	200000

typedef void	locks_granted_fn(void *arg, struct lock_owner *o,
		    uint64_t id);

struct locks	*locks_new(locks_granted_fn *granted, void *arg);
void		 locks_free(struct locks **l);
void		 locks_open(struct locks *l);
size_t		 locks_count(const struct locks *l);
/* What all of it takes, and what one more claim takes at most. */
size_t		 locks_bytes(const struct locks *l);
size_t		 locks_cost(struct str name);

void		 lock_owner_init(struct lock_owner *o);
enum locks_rc	 locks_claim(struct locks *l, struct lock_owner *o,
		    uint64_t id, struct str name);
enum locks_rc	 locks_hold(struct locks *l, struct lock_owner *o,
		    uint64_t id, struct str name);
/* The claim is over, whether it waits or holds; unknown ids do nothing. */
void		 locks_drop(struct locks *l, struct lock_owner *o,
		    uint64_t id);
void		 locks_leave(struct locks *l, struct lock_owner *o);

#endif
