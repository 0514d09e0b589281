/*
 * scan - a segment read from batch to batch
 *
 * Of a batch the front is in memory: its EDITS, ENTRY and COMMIT records.
 *
 * Ownership  the file is borrowed; scan_fini() gives back what is held.  A
 *            payload holds until the next scan_batch().
 * Failure    -1 with *e: the disk did not read.  What is damaged is passed
 *            over and counted.
 * Process    reads only.
 */
#ifndef SPOOL_SCAN_H
#define SPOOL_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "disk.h"
#include "record.h"
#include "segment.h"

/* No writer makes a longer one: it is damage. */
#define SCAN_FRONT_MAX	(16U << 20)

struct scan {
	struct disk_file *file;		/* borrowed */
	uint64_t	 segment;
	uint64_t	 end;		/* nothing is read from here on */
	uint64_t	 at;		/* where the next batch begins */
	bool		 headed;	/* the segment's head was looked at */
	bool		 bound;		/* its secret is known: */
	uint64_t	 secret;
	struct batch	 batch;		/* the one that is being read */
	uint64_t	 batch_at;
	struct buf	 front;		/* its head and front */
	uint64_t	 front_at;	/* next record, from batch_at */
	uint64_t	 durable;	/* the greatest durable_upto seen */
	uint64_t	 damaged;	/* records and batches passed over */
	uint64_t	 gap;		/* where no batch began, if one came
					 * later; else 0 */
};

struct scan_record {
	struct record	 record;
	struct spool_place place;
	struct str	 payload;
};

void	scan_init(struct scan *s, struct disk_file *file, uint64_t segment,
	    uint64_t from, uint64_t end);
void	scan_fini(struct scan *s);
/* The next batch: 0; 1: there is none before the end; -1 with *e. */
int	scan_batch(struct scan *s, struct err *e);
/* The next record of the batch's front: 0; 1: no more. */
int	scan_record(struct scan *s, struct scan_record *r);
/* Whether all records of the batch are whole, the bodies too:
 * 1, 0, or -1 with *e. */
int	scan_whole(struct scan *s, struct err *e);
/* Reads the record at that place: 0; 1: it is damaged; -1 with *e. */
int	scan_record_at(struct disk_file *f, const struct spool_place *place,
	    struct record *r, struct buf *payload, struct err *e);

#endif
