/*
 * body - the bytes of one message, in memory or in an unlinked file
 *
 * A message is kept in memory up to a limit, and all of a worker's messages
 * up to a total; beyond either it goes to a file without a name, which the
 * system frees when the worker is gone, however it ends.  Nothing is synced:
 * no message in a body has been acknowledged.
 *
 * Ownership  body_new() gives, body_free() takes and clears; a cursor borrows
 *            the body.
 * Failure    0, or -1 with *e: the message can't be kept and is to be
 *            answered with a temporary failure.
 */
#ifndef BODY_BODY_H
#define BODY_BODY_H

#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/str.h"

/* What the bodies of a worker share. */
struct body_store {
	uint64_t	 message_limit;	/* bytes of one body in memory */
	uint64_t	 total_limit;	/* bytes of all bodies in memory */
	uint64_t	 used;
	int		 directory;	/* borrowed; where files are made */
};

struct body;

struct body	*body_new(struct body_store *store);
void		 body_free(struct body **b);
int		 body_add(struct body *b, struct str bytes, struct err *e);
uint64_t	 body_size(const struct body *b);

/* The file that has all of it, which stays the body's; it is written to one
 * now where it is in memory. */
int		 body_file(struct body *b, struct err *e);

/* Reads from the start; several may read one body. */
struct body_cursor {
	const struct body	*body;
	const void		*chunk;		/* in memory: where it is */
	size_t			 offset;	/* in chunk, or in window */
	uint64_t		 done;		/* bytes passed */
	char			*window;	/* of a file; owned */
	size_t			 window_len;
};

void	body_cursor_init(struct body_cursor *c, const struct body *b);
void	body_cursor_fini(struct body_cursor *c);
/* Fills at most max pieces, valid until the next call; 0 at the end, -1 when
 * the file can't be read. */
int	body_peek(struct body_cursor *c, struct iovec *iov, int max);
void	body_advance(struct body_cursor *c, size_t n);

#endif
