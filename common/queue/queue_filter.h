/*
 * queue_filter - which entries of the queue are meant
 *
 * A filter is a set of terms, each the name of a field (queue_field.def) and
 * what its value is to be.  Of several terms for one field one must hold, of
 * all fields that have any each.
 *
 *	text	as it is, * for any run of bytes, \ before what is meant itself
 *	number	5, =5, >5, >=5, <5, <=5, or 5..10
 *
 * Ownership  queue_filter_new() gives, queue_filter_free() takes and clears.
 * Failure    -1 with *e: why this is no term.
 * Process    pure.
 */
#ifndef QUEUE_QUEUE_FILTER_H
#define QUEUE_QUEUE_FILTER_H

#include "base/buf.h"
#include "base/err.h"
#include "queue_row.h"

/* No more terms, and none longer. */
#define QUEUE_FILTER_MAX	1000
#define QUEUE_VALUE_MAX		1024

struct queue_filter;

struct queue_filter	*queue_filter_new(void);
void	queue_filter_free(struct queue_filter **f);
int	queue_filter_add(struct queue_filter *f, struct str name,
	    struct str value, struct err *e);
bool	queue_filter_any(const struct queue_filter *f);	/* has it terms? */
/* The ids that it names, if each is that of one entry; 0: walk. */
size_t	queue_filter_ids(const struct queue_filter *f);
void	queue_filter_id(const struct queue_filter *f, size_t i,
	    struct spool_id *id);
/* False: what the index has (id, entry and the two clocks of the row) is
 * enough to know that it is not meant. */
bool	queue_filter_early(const struct queue_filter *f,
	    const struct queue_row *r);
bool	queue_filter_match(const struct queue_filter *f,
	    const struct queue_row *r);
/* The i'th term as it was added; false: there is none. */
bool	queue_filter_term(const struct queue_filter *f, size_t i,
	    struct str *name, struct str *value);
/* As it would be typed, for logs. */
void	queue_filter_text(const struct queue_filter *f, struct buf *out);

#endif
