/*
 * edits - a list of changes over a body that stays as it came
 *
 * Each change puts bytes where `count` bytes of the body began at `start`.
 * They rise and do not overlap, so that a message is written by one walk over
 * both.  Entries of one transaction that look the same share one list.
 *
 * Ownership  what is read points into the bytes it was read from.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SPOOL_EDITS_H
#define SPOOL_EDITS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct spool_edit {
	uint64_t	start;
	uint64_t	count;
	struct str	data;
};

/* A piece of the message as it is after the edits: bytes of its own, or a
 * run of the body. */
struct edits_piece {
	struct str	data;		/* empty: of the body */
	uint64_t	start;
	uint64_t	count;
};

struct edits_walk {
	struct str	rest;		/* edits to come */
	uint64_t	at;		/* of the body, so far */
	uint64_t	size;		/* of the body */
	struct spool_edit next;
	bool		has_next;
};

void	edits_add(struct buf *out, const struct spool_edit *edit);
/* Sound, rising, and all within a body of that size. */
int	edits_check(struct str edits, uint64_t body_size, struct err *e);
/* The size of the message that they make. */
uint64_t edits_size(struct str edits, uint64_t body_size);

/* edits: checked, or empty. */
void	edits_begin(struct edits_walk *w, struct str edits,
	    uint64_t body_size);
/* The next piece, never an empty one: 0, or -1 at the end. */
int	edits_next(struct edits_walk *w, struct edits_piece *piece);

#endif
