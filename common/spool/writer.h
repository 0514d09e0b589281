/*
 * writer - the one that appends to segments
 *
 * What is staged goes into one batch, one write and one sync: group commit.
 * A transaction is durable when spool_writer_commit() has returned 0 with its
 * end staged, and not before.  See writer.c for what happens at a start and
 * after an error.
 *
 * Ownership  spool_writer_open() gives, spool_writer_close() takes and
 *            clears.  The disk stays the caller's.  Drafts are borrowed from
 *            stage to commit.
 * Failure    0, or -1 with *e.  After a failed commit nothing that was staged
 *            exists, and no draft of which a part was written before can be
 *            ended; the next commit begins a new segment.
 * Process    blocks in commit; one writer a spool, by a lock.
 */
#ifndef SPOOL_WRITER_H
#define SPOOL_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "disk.h"
#include "draft.h"

struct spool_writer;

/* Spare segments that a writer keeps ready. */
#define WRITER_SPARES	2

struct spool_writer_counts {
	uint64_t	batches;
	uint64_t	transactions;
	uint64_t	entries;
	uint64_t	bytes;		/* written, heads and padding too */
	uint64_t	segments;
	uint64_t	again;		/* of them, in files of older ones */
	uint64_t	failures;	/* of a write or a sync */
};

/* Recovers what an earlier writer left.  segment_size: 0 for SEGMENT_SIZE. */
int	spool_writer_open(struct spool_writer **w, struct disk *disk,
	    uint64_t segment_size, struct err *e);
void	spool_writer_close(struct spool_writer **w);

/* Is it durable already, in this segment or one of the last? */
bool	spool_writer_has(const struct spool_writer *w,
	    const struct spool_id *id);
/*
 * What of the draft is complete goes into the next batch; 0.  1: not now,
 * since it is large and the segment is full, or the batch is; a later one takes
 * it.  -1: a part of it was written to a segment that has ended.
 */
int	spool_writer_stage(struct spool_writer *w, struct spool_draft *d,
	    struct err *e);
uint64_t spool_writer_staged(const struct spool_writer *w);	/* bytes */
int	spool_writer_commit(struct spool_writer *w, struct err *e);
/* A draft of which parts may be written is given up. */
void	spool_writer_forget(struct spool_writer *w, struct spool_draft *d);

/* All before this place is durable. */
struct spool_place spool_writer_durable(const struct spool_writer *w);
/* The file that is written to; valid until the next commit. */
struct disk_file *spool_writer_file(const struct spool_writer *w);
/*
 * Fills a piece of what is ahead in a segment that was no spare, or makes one
 * of a spare, a millisecond's work: 1 while there is more to do, 0 when all is
 * there, -1: the disk has no room for it.
 */
int	spool_writer_prepare(struct spool_writer *w);
/* Will batches need more soon than is there, so that the next piece should not
 * wait?  Else they need the disk more than pieces do. */
bool	spool_writer_behind(const struct spool_writer *w);
const struct spool_writer_counts *
	spool_writer_counts(const struct spool_writer *w);

#endif
