/*
 * book_bounce - entries whose sender is being told
 *
 * One that ended in a way that its sender is told of is BOUNCING until the
 * notification lies in the spool, under the identity that the entry's state
 * names (bounce_txn): then it is taken, and the entry ends, or goes on where it
 * was only delayed.
 *
 * Failure    -1 with *e.
 */
#ifndef SPOOL_BOOK_BOUNCE_H
#define SPOOL_BOOK_BOUNCE_H

#include "book_wait.h"

/* As book_due(), of those that are BOUNCING. */
int	book_bouncing(struct book *b, struct book_look *look, int64_t until,
	    struct err *e);
/*
 * The notification is there, and is the parent's: 0; it is not, or one of them
 * is not there: 1.  It counts when book_sync() has returned 0, and until then
 * the notification may not be sent.  The note of it is before that of the
 * parent: of a parent that has ended the notification is always known.
 */
int	book_take(struct book *b, const struct spool_id *child,
	    const struct spool_id *parent, struct err *e);
/*
 * The parent still waits for that notification, taken or not: 1; it does not,
 * or is not there: 0.  A stop between the two notes leaves it so: sent before
 * it is taken once more, its identity would have ended, and the parent would
 * wait for ever.
 */
int	book_awaited(struct book *b, const struct spool_id *child,
	    const struct spool_id *parent, struct err *e);
/* A parent that was only delayed goes on as if nobody had to be told of it; *s
 * is its state. */
int	book_untold(struct book *b, const struct spool_id *id,
	    struct entry_state *s, struct err *e);

#endif
