/*
 * patience - what a client's errors cost it
 *
 * Errors count since the last message that was taken; refused recipients
 * count for their transaction, and once more, as one error, if that comes to
 * nothing.  From half of a limit on each reply to an error is held back for
 * smtpd_error_delay, during which nothing is read; at the limit the session
 * ends with 421.
 */
#ifndef SMTPD_PATIENCE_H
#define SMTPD_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct session;

struct patience {
	struct buf	held;		/* a reply that is held back */
	bool		holding;	/* keep what is written now */
	uint32_t	errors;		/* of the whole session */
	uint32_t	strikes;	/* since a message was taken */
};

/* Around the reply to an error: patience_error() before it is written,
 * patience_after() behind it; s may be closing then. */
void	patience_error(struct session *s);
void	patience_after(struct session *s, bool close);
/* Keeps the bytes of a reply; false: they may leave now. */
bool	patience_hold(struct session *s, struct str reply);
/* Writes what was held back; the session goes on with what it did before. */
void	patience_end(struct session *s);
/* A message was taken, and a transaction is about to be destroyed. */
void	patience_message_taken(struct session *s);
void	patience_transaction_over(struct session *s);
void	patience_fini(struct patience *p);

#endif
