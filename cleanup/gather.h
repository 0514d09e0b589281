/*
 * gather - how many transactions a sync waits for
 *
 * A sync costs the same for one and for many.  Where several sessions are at
 * work, those that were answered together come again about together; a sync
 * that begins with the first of them leaves the others to the next one.  So it
 * is put off until half as many wait as there were in the largest group of
 * late: one half is synced while the other comes, and neither disk nor
 * processors stand still (to wait for four fifths cost 6% of the rate at fifty
 * sessions, and won nothing at ten).  Sessions that come each for itself are
 * alone in most groups, and nobody is waited for.
 *
 * Process  pure.
 */
#ifndef CLEANUP_GATHER_H
#define CLEANUP_GATHER_H

#include <stddef.h>
#include <stdint.h>

/* Groups of a span of time. */
struct gather_span {
	size_t	groups, transactions, largest;
};

struct gather {
	struct gather_span now, before;
	int64_t		   began_ms;	/* of the span that is under way */
};

/* A group of so many was synced; parts of a long one count when it ends. */
void	gather_note(struct gather *g, int64_t now_ms, size_t transactions);
/* Of this many or more the next group is to be; 0: nobody is waited for. */
size_t	gather_wanted(const struct gather *g);

#endif
