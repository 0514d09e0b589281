/*
 * journal_reader - the records of one file of the journal, in order
 *
 * Ownership  its caller's, who opens and closes the file and frees `bytes`.
 * Failure    -1 with *e.
 * Process    reads only.
 */
#ifndef SPOOL_JOURNAL_READER_H
#define SPOOL_JOURNAL_READER_H

#include "journal.h"
#include "journal_file.h"

struct journal_reader {
	struct disk_file *file;
	struct journal_file of;
	struct buf	  bytes;	/* from `position` on */
	uint64_t	  position;
	uint64_t	  limit;	/* of positions */
};

/* The next record, whose payload holds until the next call: 0; 1: no whole one
 * follows; -1. */
int	journal_reader_next(struct journal_reader *r,
	    struct journal_record *record, struct err *e);
/* All from r->position on, which is then where they end: 0, or -1. */
int	journal_reader_all(struct journal_reader *r,
	    const struct journal_calls *calls, struct err *e);

#endif
