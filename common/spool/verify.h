/*
 * verify - every byte of a spool, read and held against its checksums
 *
 * Nothing is changed.  It may run beside the daemons: what is written
 * meanwhile may be missed.
 *
 * Ownership  nothing is kept.
 * Failure    -1 with *e: the disk, a format that is not known, or a callback
 *            that said so.
 * Process    blocks.
 */
#ifndef SPOOL_VERIFY_H
#define SPOOL_VERIFY_H

#include "disk.h"
#include "reader.h"

struct verify_report {
	uint64_t	segments;
	uint64_t	bytes;		/* of them, to their ends */
	uint64_t	transactions;
	uint64_t	entries;	/* that were stored, ended or not */
	uint64_t	bodies;
	uint64_t	tables;		/* of segments */
	uint64_t	damaged;
};

struct verify_calls {
	/* One that was stored; its body is whole.  May be NULL. */
	int	(*entry)(void *arg, const struct reader_entry *entry,
		    struct disk_file *segment);
	void	(*damage)(void *arg, const char *what);
	void	(*progress)(void *arg, uint64_t done, uint64_t all);
	void	*arg;
};

int	spool_verify(struct disk *disk, const struct verify_calls *calls,
	    struct verify_report *report, struct err *e);

#endif
