/*
 * reader - the transactions of a segment, in the order of their commits
 *
 * Only what has a COMMIT is shown, entry by entry; memory does not grow with
 * the number of entries.  A reader may go on where it stopped, once more has
 * become durable.
 *
 * Ownership  the file is borrowed.  What a callback is shown holds until it
 *            returns.
 * Failure    -1 with *e: the disk did not read, or a callback said -1.
 *            Damage is passed over, told to `damage`, and counted.
 * Process    reads only.
 */
#ifndef SPOOL_READER_H
#define SPOOL_READER_H

#include "entry.h"
#include "scan.h"

struct reader_entry {
	struct spool_id	 id;
	struct spool_place place;
	uint64_t	 body;		/* offset of its BODY or FILE */
	uint64_t	 edits;		/* offset of its EDITS, or 0 */
	struct spool_entry entry;
	struct str	 bytes;		/* the entry as it lies there */
};

struct reader_calls {
	int	(*entry)(void *arg, const struct reader_entry *entry);
	/* A list of edits, before the entries; may be NULL. */
	int	(*edits)(void *arg, struct str list);
	/* After the last entry of a transaction; may be NULL. */
	int	(*commit)(void *arg, const struct spool_id *txn,
		    uint32_t entries);
	/* All of a batch was shown; may be NULL. */
	void	(*batch)(void *arg);
	/* Something is not what it was when it was written; may be NULL. */
	void	(*damage)(void *arg, const struct spool_place *place,
		    const char *what);
	void	*arg;
};

struct reader_span {
	struct disk_file *file;
	uint64_t	segment;
	uint64_t	from;		/* where a batch begins; 0: the first */
	uint64_t	end;		/* nothing is read from here on */
	uint32_t	batches;	/* at most so many; 0: all */
	uint32_t	entries;	/* no batch after so many; 0: all */
};

/*
 * The same in steps, a record each: 1: there is more; 0: that was all.  What
 * the file gets longer by meanwhile is not read.
 *
 * Ownership  reader_new() gives, reader_free() takes and clears.
 */
struct reader;
struct reader *reader_new(const struct reader_span *span,
	    const struct reader_calls *calls);
int	reader_step(struct reader *r, struct err *e);
/* After a batch, or the end: where to go on. */
uint64_t reader_at(const struct reader *r);
void	reader_free(struct reader **r);

/* *upto is where to go on; after -1 that is the batch in which it failed,
 * which is shown again from its first entry. */
int	reader_run(const struct reader_span *span,
	    const struct reader_calls *calls, uint64_t *upto, struct err *e);

#endif
