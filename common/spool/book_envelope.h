/*
 * book_envelope - an entry as it was accepted, and where its message lies
 *
 * Ownership  texts hold until the next call, or as long as the caller's bytes.
 * Failure    1: there is no such entry; -1 with *e.
 */
#ifndef SPOOL_BOOK_ENVELOPE_H
#define SPOOL_BOOK_ENVELOPE_H

#include "base/buf.h"
#include "book.h"

struct book_envelope {
	struct spool_entry entry;
	uint64_t	segment;
	uint64_t	body;		/* offset of BODY or FILE */
	uint64_t	edits;		/* offset, or 0 */
};
int	book_envelope(struct book *b, const struct spool_id *id,
	    struct book_envelope *envelope, struct err *e);
/* The same, with the caller's bytes, as long as whose its texts hold. */
int	book_envelope_in(struct book *b, const struct spool_id *id,
	    struct book_envelope *envelope, struct buf *bytes, struct err *e);
/* Is the body in a file of its own (body_file.h)? */
int	book_own_file(struct book *b, const struct book_envelope *envelope,
	    bool *own, struct err *e);

#endif
