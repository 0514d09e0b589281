/*
 * trial - what a Try() asked for as jobs name it, by a number of qmgr's
 *
 * Ownership  trials are numbered things (numbered.h).
 * Failure    trial_add(): -1, no honest qmgr says so.  Its text is another
 *            worker's, which qmgr does not read: `wrong`, if it is nothing.
 * Process    no I/O.
 */
#ifndef DELIVER_TRIAL_H
#define DELIVER_TRIAL_H

#include "outbound/wish.h"

#include "numbered.h"

struct trial {
	struct numbered	 numbered;	/* first */
	struct buf	 bytes;
	struct wish	 wish;		/* its texts are in bytes */
	bool		 wrong;		/* no honest worker asks for that */
};

int		 trial_add(uint64_t number, struct str text);
struct trial	*trial_take(uint64_t number);
void		 trial_give(struct trial **t);

#endif
