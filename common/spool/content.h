/*
 * content - a message as its recipient gets it: the body with the edits
 *
 * Ownership  content_open() fills the caller's storage, content_close() gives
 *            back what it holds.  Disk and segment's file are borrowed.  A
 *            piece holds until the next call.
 * Failure    -1 with *e: damaged on the disk, or the disk does not read.
 * Process    reads a piece at a time.
 */
#ifndef SPOOL_CONTENT_H
#define SPOOL_CONTENT_H

#include "base/buf.h"
#include "base/err.h"
#include "disk.h"
#include "edits.h"
#include "spool_id.h"

/* Where an entry's message lies. */
struct content_place {
	struct spool_id	 id;
	uint64_t	 segment;
	uint64_t	 body;		/* offset of BODY or FILE */
	uint64_t	 edits;		/* offset, or 0: as it was received */
};

struct content {
	struct disk_file *file;		/* the body is in */
	struct disk_file *own;		/* which is this one, or NULL */
	uint64_t	 at;		/* offset of its first byte */
	uint64_t	 size;		/* of the body */
	struct buf	 edits;
	struct buf	 piece;
	struct edits_walk walk;
	struct edits_piece run;		/* what is left of it */
};

int		content_open(struct content *c, struct disk *disk,
		    struct disk_file *segment,
		    const struct content_place *place, struct err *e);
void		content_close(struct content *c);
/* Of the message, edits counted. */
uint64_t	content_size(const struct content *c);
/* 0; 1: that was all; -1 with *e. */
int		content_next(struct content *c, struct str *piece,
		    struct err *e);

#endif
