/*
 * book_walk - all entries of the book, in the order in which they lie
 *
 * Ownership  what fn() is shown holds until it returns.
 * Failure    -1 with *e: the disk or the index did not read, or fn() said so.
 * Process    reads only; part of the book (book.h).
 */
#ifndef SPOOL_BOOK_WALK_H
#define SPOOL_BOOK_WALK_H

#include "book.h"

/*
 * Shows living entries from a cursor on, in the order in which they lie, at
 * most `most` looked at; *cursor is where to go on.  1: these were the last.
 * fn() may not change the book; it says 1 if this one is enough for now.
 * Who goes on where the last call stopped pays for no entry twice; what is
 * kept for that, of one batch, goes with its end, or by book_walk_end().
 */
struct book_cursor {
	uint64_t	segment;	/* 0, 0, 0: from the start */
	uint64_t	offset;		/* of a batch */
	uint64_t	shown;		/* entries of it that were */
};
typedef int	book_walk_fn(void *arg, const struct spool_id *id,
		    const struct book_entry *entry,
		    const struct spool_entry *accepted);
int	book_walk(struct book *b, struct book_cursor *cursor, size_t most,
	    book_walk_fn *fn, void *arg, struct err *e);
void	book_walk_end(struct book *b);

#endif
