/*
 * original - the message that a notification tells of, as far as it goes along
 *
 * Ownership  the caller's storage: original_read(), original_fini().
 * Failure    none: what does not read, or has no header that could be one, is
 *            `unreadable`.
 * Process    reads through the caller's function; keeps the header, and the
 *            whole only where it is wanted and small enough.
 */
#ifndef DSN_ORIGINAL_H
#define DSN_ORIGINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* 0: a piece; 1: that was all; -1 with *e. */
typedef int	original_fn(void *arg, struct str *piece, struct err *e);

struct header;

struct original {
	struct header	*header;	/* NULL: unreadable */
	struct buf	 whole;		/* empty: not kept */
	bool		 unreadable;
	struct err	 err;		/* why */
};

/* whole_max: 0: the header alone.  next NULL: there is no message. */
void	original_read(struct original *o, original_fn *next, void *arg,
	    uint64_t whole_max);
void	original_fini(struct original *o);
/* The value of its first field of that name, decoded, on one clean line. */
void	original_value(const struct original *o, struct str name,
	    struct buf *out);
/* Its Message-ID, if it could stand in another header; else STR_NONE. */
struct str original_message_id(const struct original *o);
/* Appends the fields, whole ones, up to so many bytes. */
void	original_header(const struct original *o, uint64_t max,
	    struct buf *out);

#endif
