/*
 * book_started - attempts that have begun
 *
 * The record is not durable, but outlives this process once book_write() was
 * called; a change or an end of the entry takes it back.  `worker` is whoever
 * makes the attempt, 0 nobody.
 *
 * Failure    -1 with *e.
 */
#ifndef SPOOL_BOOK_STARTED_H
#define SPOOL_BOOK_STARTED_H

#include "book.h"

int	book_started(struct book *b, const struct spool_id *id,
	    uint64_t worker, struct err *e);
int	book_write(struct book *b, struct err *e);
/* fn() may take back the one that it is shown. */
void	book_started_walk(struct book *b, void (*fn)(void *arg,
	    const struct spool_id *id, uint64_t worker), void *arg);

#endif
