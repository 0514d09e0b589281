/*
 * recover - where the last segment of a writer that is gone ends
 *
 * Ownership  ids is the caller's.
 * Failure    -1 with *e: the disk does not work.
 * Process    blocks.
 */
#ifndef SPOOL_RECOVER_H
#define SPOOL_RECOVER_H

#include "base/err.h"
#include "disk.h"
#include "idset.h"
#include "segment.h"

struct recovered {
	uint64_t	id;		/* the newest segment; 0: none */
	uint64_t	end;		/* where it ends */
	uint64_t	greatest;	/* id of any file, void ones too */
};

/* The newest segment is synced, and its end is where what is on the medium
 * ends; ids gets the transactions of it and of the one before it. */
int	recover_writer(struct disk *disk, struct recovered *r,
	    struct idset *ids, struct err *e);
/*
 * Reads the head of the segment of that id: 0.  1: it has none and no batch
 * either, it never came to be.  -1 with *e: the disk, or a format that this
 * version does not know.  A head that is damaged while there are batches is
 * given as one that knows of no segment before it.
 */
int	recover_head(struct disk *disk, uint64_t id, struct segment *s,
	    struct err *e);

/* Where what is whole in that segment ends, by what it reads as. */
int	recover_end(struct disk_file *f, uint64_t id, uint64_t *end,
	    struct err *e);

#endif
