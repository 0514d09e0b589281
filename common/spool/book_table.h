/*
 * book_table - tables of sealed segments, written and used
 *
 * The part of the book that book_table.c answers for.
 */
#ifndef SPOOL_BOOK_TABLE_H
#define SPOOL_BOOK_TABLE_H

#include "table.h"

struct book;
struct book_segment;

/* Of a segment, as far as is known. */
enum book_table {
	BOOK_TABLE_NONE,
	BOOK_TABLE_THERE,
	BOOK_TABLE_NEVER	/* its segment is damaged: it is read through */
};

/*
 * A slice of writing the table of a segment that came to its end at least
 * settled_ms ago and of which most still lives: 1: there is more to do.
 */
int	book_tables(struct book *b, int64_t settled_ms, struct err *e);

/* ---- For the book's other parts ------------------------------------------ */

struct book_tables {
	struct table_writer writer;
	struct disk_file *file;		/* of the segment that is read */
	uint64_t	at;		/* up to where */
	bool		damaged;
	struct table_reader reader;	/* at a start */
};

void	book_tables_fini(struct book *b);
/* Which there are; those of segments that are gone go. */
int	book_tables_list(struct book *b, struct err *e);
/* A slice of reading the segment by its table: 1; 0: it has none that could
 * be used; -1. */
int	book_table_read(struct book *b, struct book_segment *s,
	    struct err *e);
/* Takes the segment's end from its table, if there is one. */
bool	book_table_end_of(struct book *b, struct book_segment *s);
/* The segment goes. */
void	book_table_drop(struct book *b, const struct book_segment *s);

#endif
