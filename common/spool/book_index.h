/*
 * book_index - nodes, which are what memory knows of entries, and the index
 *
 * The part of book_private.h that book_index.c answers for.
 */
#ifndef SPOOL_BOOK_INDEX_H
#define SPOOL_BOOK_INDEX_H

#include "book_private.h"

/* Its number is the layout's: another one's index is made anew. */
#define BOOK_IDENTITY	"i2"

struct book_node *book_node_find(struct book *b, const struct spool_id *id);
/* It is of an entry that is there. */
bool	book_node_lives(const struct book_node *n);
struct book_node *book_node_make(struct book *b, const struct spool_id *id,
	    unsigned int flags);
/* It gets those flags in place of its own, and the list they name. */
void	book_node_turn(struct book *b, struct book_node *n,
	    unsigned int flags);
void	book_node_free(struct book *b, struct book_node *n);
/* It has no room: it is to be found in the index. */
void	book_node_wait(struct book *b, struct book_node *n);
/* It is CHANGED now: when it must be in the index. */
void	book_pending_add(struct book *b, const struct book_entry *entry);
/* Where the book knows of the entry: 0; 1: nowhere. */
int	book_find(struct book *b, const struct spool_id *id,
	    struct book_entry *entry, struct err *e);
int	book_index_has(struct book *b, const struct spool_id *id,
	    struct book_entry *entry, struct err *e);
/* Does the index have any entry of that transaction that lives?  0; 1: none. */
int	book_index_txn(struct book *b, const struct spool_id *txn,
	    struct err *e);
/* The number of the sub-queue of such an entry. */
uint64_t book_queue_of(struct book *b, const struct spool_entry *entry);
/* The index's further key of an entry, by which it is found when it is due or
 * when there is room: its length, 0 where there is none. */
size_t	book_wait_key(unsigned char key[KV_KEY_MAX],
	    const unsigned char id[SPOOL_ID_SIZE],
	    const struct book_entry *entry);
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
