/*
 * book_corrupt - what becomes of what is damaged in the spool
 *
 * RENAME	a copy is kept in the folder "corrupt" of what is given up
 * IGNORE	it is told of, and nothing is given up
 * REMOVE	it is given up
 *
 * The part of the book that book_corrupt.c answers for.
 */
#ifndef SPOOL_BOOK_CORRUPT_H
#define SPOOL_BOOK_CORRUPT_H

#include <stdint.h>

#include "base/err.h"
#include "spool_id.h"

struct book;

enum book_corrupt {
	BOOK_CORRUPT_RENAME, BOOK_CORRUPT_IGNORE, BOOK_CORRUPT_REMOVE
};

/* From now on. */
void	book_corrupt(struct book *b, enum book_corrupt how);

/* ---- For the book's other parts ------------------------------------------ */
void	book_tell_damage(struct book *b, const char *what);
/* Copies are made where the options say so; 0, or -1 after it was told. */
int	book_corrupt_segment(struct book *b, uint64_t segment, uint64_t from,
	    uint64_t end);
void	book_corrupt_journal(struct book *b, uint64_t from);
void	book_corrupt_checkpoint(struct book *b, const char *name);
/* -1 with *e; the entry has come to its end, unless it is to stay. */
int	book_corrupt_entry(struct book *b, const struct spool_id *id,
	    const struct spool_place *place, struct err *e);

#endif
