/*
 * book_wait - what waits for an attempt, in the order in which it is made
 *
 * A sub-queue is what is known of entries before they are routed: transport,
 * recipient's domain, tenant and job; it has a number.
 *
 * An entry that was just read is in memory alone, and its reader schedules it;
 * it is found here once it is deferred, or was put back by book_wait(), and
 * after a start.
 *
 * Ownership  the caller's storage.
 * Failure    -1 with *e; fn() stops a walk with -1.
 * Process    a walk reads the index; fn() may look at the book and change it.
 */
#ifndef SPOOL_BOOK_WAIT_H
#define SPOOL_BOOK_WAIT_H

#include "book.h"

struct book_queue {
	struct str	transportid, recipientdomain, tenantid, jobid;
};
uint64_t book_queue_number(struct book *b, const struct book_queue *q);

typedef int	book_wait_fn(void *arg, const struct spool_id *id,
		    const struct book_entry *entry);

struct book_look {
	unsigned char	 at[KV_KEY_MAX];	/* from where on */
	size_t		 at_len;		/* 0: from the start */
	size_t		 most;			/* shown, at least */
	book_wait_fn	*fn;
	void		*arg;
	int64_t		 next_ms;		/* book_due() */
};

/* Those deferred until the queue clock says `until`, by due.  0: there may be
 * more; 1: none before look->next_ms. */
int	book_due(struct book *b, struct book_look *look, int64_t until,
	    struct err *e);
/* Those of one sub-queue that wait, urgent ones first, then by due.  0: there
 * may be more; 1: these were the last. */
int	book_ready(struct book *b, struct book_look *look, uint64_t queue,
	    struct err *e);
/* The next sub-queue after *queue in which something waits: 0; 1: none. */
int	book_ready_queue(struct book *b, uint64_t *queue, struct err *e);
/* It is due, and there is no room for it: it is found by book_ready(). */
int	book_wait(struct book *b, const struct spool_id *id, struct err *e);

#endif
