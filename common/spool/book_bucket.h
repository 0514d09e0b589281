/*
 * book_bucket - a run of the journal of fixed size: who needs it
 *
 * Included by book_private.h alone.
 */
#ifndef SPOOL_BOOK_BUCKET_H
#define SPOOL_BOOK_BUCKET_H

#include <stddef.h>
#include <stdint.h>

struct book;

struct book_bucket {
	uint64_t	number;		/* position / its size */
	uint64_t	pins;		/* last STATEs of living entries */
	uint64_t	*segments;	/* whose entries end in it */
	size_t		segment_count;
};
#define BOOK_BUCKET	(4ULL << 20)	/* usually */

struct book_bucket *book_bucket_of(struct book *b, uint64_t position);
/* For a bucket of the checkpoint. */
void	book_bucket_segment(struct book_bucket *bucket, uint64_t segment);
/* The position before which nobody needs the journal. */
uint64_t book_journal_needed(struct book *b);

#endif
