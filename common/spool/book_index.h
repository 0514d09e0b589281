/*
 * book_index - nodes, which are what memory knows of entries, and the index
 *
 * The part of book_private.h that book_index.c answers for.
 */
#ifndef SPOOL_BOOK_INDEX_H
#define SPOOL_BOOK_INDEX_H

#include "book_private.h"

struct book_node *book_node_find(struct book *b, const struct spool_id *id);
struct book_node *book_node_make(struct book *b, const struct spool_id *id,
	    unsigned int flags);
/* It gets those flags in place of its own, and the list they name. */
void	book_node_turn(struct book *b, struct book_node *n,
	    unsigned int flags);
void	book_node_free(struct book *b, struct book_node *n);
/* Where the book knows of the entry: 0; 1: nowhere. */
int	book_find(struct book *b, const struct spool_id *id,
	    struct book_entry *entry, struct err *e);
int	book_index_has(struct book *b, const struct spool_id *id,
	    struct book_entry *entry, struct err *e);
/* What waits goes into the index, after the journal has it; the other one
 * tells it how far it is also where nothing waits. */
int	book_flush(struct book *b, struct err *e);
int	book_flush_mark(struct book *b, struct err *e);
/* Some of what is in memory alone is to be in the index. */
void	book_spill(struct book *b);
void	book_value_put(unsigned char out[KV_VALUE_MAX], size_t *len,
	    const struct book_entry *entry);
int	book_value_get(struct book_entry *entry, struct str value);
/* Entries of the index from start.key on: 1: there are more; 0: no. */
int	book_index_walk(struct book *b, size_t most, int (*fn)(void *arg,
	    const struct spool_id *id, const struct book_entry *entry),
	    void *arg, struct err *e);

#endif
