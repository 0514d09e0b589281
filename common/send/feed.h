/*
 * feed - what a transaction gives to its stream: commands, body, end
 *
 * The stream pulls from it (struct source), so that commands, body and end
 * leave together and nothing of the body is copied.  The feed knows where in
 * its bytes the end of the message begins: the dot, or the LAST command.
 * Before it shows that place it asks whether the client is still there, and,
 * where in_step is set, whether the connection has nothing left to read: a
 * reply that no command is waiting for would be taken for the verdict.
 *
 * Ownership  the caller's storage; feed_init(), feed_fini().  Borrows body
 *            and request.
 * Failure    feed_peek(): -1 when the client has left (feed->gone), the
 *            body can't be read (feed->unreadable) or a reply came that was
 *            not due (feed->out_of_step).
 * Process    pure but for the call backs.
 */
#ifndef SEND_FEED_H
#define SEND_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "send/request.h"
#include "smtp/stuff.h"

#define FEED_NO_END	UINT64_MAX

struct feed {
	const struct send_request	*req;
	struct buf			 cmd;		/* not yet given */
	struct smtp_stuff		 stuff;
	struct str			 tail;		/* after the body */
	uint64_t			 body_left;
	bool				 stuffing;
	bool				 gone;
	bool				 out_of_step;
	/* NULL: it need not be asked. */
	bool				(*in_step)(void *arg);
	void				*in_step_arg;
	bool				 unreadable;
	bool				 end_out;	/* TLS has some of it */
	uint64_t			 given;		/* bytes so far */
	uint64_t			 end_at;	/* where the end is */
};

void	feed_init(struct feed *f);
void	feed_fini(struct feed *f);
/* Starts a transaction; memory is kept. */
void	feed_reset(struct feed *f, const struct send_request *req);
/* What is added to cmd from here on ends the message. */
void	feed_end_here(struct feed *f);
/* The body goes out after the commands: as BDAT has it, or as DATA has it,
 * with dots stuffed where needed and the final dot. */
void	feed_body_raw(struct feed *f);
void	feed_body_data(struct feed *f);
bool	feed_empty(const struct feed *f);
/* Has the stream, which took `sent` bytes of this transaction, a byte of
 * the end? */
bool	feed_end_given(const struct feed *f, uint64_t sent);

int	feed_peek(struct feed *f, struct iovec *iov, int max);
void	feed_advance(struct feed *f, size_t n);

#endif
