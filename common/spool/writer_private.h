/*
 * writer_private - a writer's state, for its two files
 */
#ifndef SPOOL_WRITER_PRIVATE_H
#define SPOOL_WRITER_PRIVATE_H

#include "base/buf.h"
#include "draft_private.h"
#include "idset.h"
#include "segment.h"
#include "spare.h"
#include "writer.h"

struct spool_writer {
	struct disk	 *disk;
	struct disk_file *lock;
	struct spares	  spares;
	uint64_t	  segment_size;

	/* The segment that is written to; file NULL: a new one is due. */
	struct disk_file *file;
	struct segment	  segment;
	uint64_t	  end;		/* durable up to here */
	uint64_t	  filled;	/* its blocks are there up to here */
	uint32_t	  next_txn;
	uint32_t	  partial;	/* drafts of which parts are in it */
	uint64_t	  greatest;	/* id of any segment so far */

	struct idset	  ids;
	struct spool_writer_counts counts;

	/* The batch that is being put together. */
	struct spool_draft **staged;
	size_t		  staged_count, staged_cap;
	uint64_t	  front_size, body_size;
	struct iovec	 *iov;
	size_t		  iov_cap;
	unsigned char	  head[BATCH_HEAD];
};

/* writer_place.c: the batch laid out at w->end: its pieces in w->iov, how
 * many returned, its size in *size. */
int	writer_place(struct spool_writer *w, uint64_t *size);
/* It is durable: drafts keep where they are, and lose what was written. */
void	writer_placed(struct spool_writer *w);

/* writer.c: what is staged goes into the file that is open. */
int	spool_writer_write(struct spool_writer *w, struct err *e);

#endif
