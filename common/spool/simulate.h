/*
 * simulate - the spool over a disk that fails, held against what was promised
 *
 * Transactions are stored, entries held, released, deferred and ended, while
 * calls of the disk fail, the processes are killed and the power goes.  After
 * each cut, before anything else:
 *
 *	what was acknowledged is there, once, with the body it had;
 *	what was not may be there, once;
 *	a change that was confirmed has happened; one that was not may have;
 *	the counts are those of what is there;
 *	an index that is made anew finds the same.
 *
 * Ownership  nothing is kept.
 * Failure    -1 with *e: a promise that was broken, with the seed and the cut
 *            that show it again.
 * Process    pure: disk, index and clocks are its own.
 */
#ifndef SPOOL_SIMULATE_H
#define SPOOL_SIMULATE_H

#include <stdint.h>

#include "base/err.h"

struct simulate_options {
	uint64_t	cuts;
	uint64_t	seed;
	/* After each life of some cuts; may be NULL. */
	void	(*progress)(void *arg, uint64_t done, uint64_t all);
	void	*arg;
};

struct simulate_report {
	uint64_t	cuts;
	uint64_t	power_cuts;	/* the others are kills */
	uint64_t	transactions;
	uint64_t	acknowledged;
	uint64_t	changes;	/* confirmed */
	uint64_t	rebuilds;	/* of the index */
	uint64_t	tables;		/* of segments, written and used */
	uint64_t	renewed;	/* records of the journal */
	uint64_t	again;		/* segments in files of older ones */
	uint64_t	faults[8];	/* met, by enum disk_fault */
};

int	spool_simulate(const struct simulate_options *options,
	    struct simulate_report *report, struct err *e);

#endif
