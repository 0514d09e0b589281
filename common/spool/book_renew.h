/*
 * book_renew - the journal's own compaction
 *
 * Files of the journal go from its front, and one that holds a STATE of an
 * entry that waits for a month, or the end of one whose segment stays, would
 * keep all that came later.  When the journal is much longer than what of it
 * is alive, the records of its front that are needed are told again at its
 * end; then nobody needs the front any more, and it goes as any other does,
 * with a later checkpoint.
 *
 * Failure    -1 with *e; what was told again by then is right, and the rest
 *            is tried again by the next call.
 * Process    a slice reads the disk, and syncs nothing.
 */
#ifndef SPOOL_BOOK_RENEW_H
#define SPOOL_BOOK_RENEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "entry.h"
#include "state.h"

struct book;

struct book_renew {
	uint64_t	at;		/* where a record begins; 0: anew */
	uint64_t	turn;		/* the bucket whose turn it is, + 1; 0:
					 * none */
	uint64_t	passed;		/* buckets before it had their turn */
	uint64_t	seen;		/* the journal's end then; 0: never */
	uint64_t	credit;		/* bytes that may be told again */
	uint64_t	mean;		/* 64 times the size of a record */
	bool		kept;		/* something of it is to stay there */
};

/* A slice of it: 1: there may be more to do; 0: there is nothing, or no room
 * for it. */
int	book_renew(struct book *b, struct err *e);
/* Is it so long that this is not to wait for idle time? */
bool	book_renew_wastes(struct book *b);

/* ---- Of the book's other parts ------------------------------------------- */
/* A STATE, DONE or GONE of so many bytes was noted. */
void	book_renew_weigh(struct book *b, uint64_t size);
/* book_journal.c: tells again of an entry that has ended: 1: nobody needs to
 * know. */
int	book_gone(struct book *b, const struct spool_id *id,
	    const struct entry_state *done, struct err *e);

#endif
