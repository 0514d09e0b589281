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
/* Who has it; 0: nobody. */
uint64_t book_started_by(struct book *b, const struct spool_id *id);
/* Those of a worker are nobody's any more; the ids are shown to fn(). */
void	book_started_clear(struct book *b, uint64_t worker,
	    void (*fn)(void *arg, const struct spool_id *id), void *arg);
void	book_started_walk(struct book *b, void (*fn)(void *arg,
	    const struct spool_id *id, uint64_t worker), void *arg);

#endif
