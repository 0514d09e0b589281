/*
 * strip - fields of one name taken out of a message that passes by
 *
 * For a service that may not take a client's word for a field.  The value of
 * a field of another name is noted on the way.  Only CRLF ends a line; any cut
 * of the bytes gives the same.
 *
 * Ownership  the caller's storage: drop, note, out and arg set, the rest
 *            zeroed; mime_strip_fini() ends it.  Pieces hold during their
 *            call back.
 * Failure    none.
 * Process    pure.
 */
#ifndef MIME_STRIP_H
#define MIME_STRIP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

#define MIME_STRIP_NOTE	4096	/* bytes of a value that are noted */

struct mime_strip {
	struct str	 drop;		/* name of the fields that go */
	struct str	 note;		/* name of the one that is noted */
	void		(*out)(void *arg, struct str piece);
	void		*arg;

	enum { STRIP_NONE, STRIP_NAME, STRIP_PASS, STRIP_NOTED, STRIP_DROP,
		STRIP_BODY } state;
	bool		 within;	/* a line has begun */
	struct buf	 held;		/* a name that may be `drop` */
	struct buf	 value;		/* of `note`, with its folds */
	unsigned	 noted;		/* fields of that name */
	bool		 last_cr;
};

void	mime_strip_add(struct mime_strip *s, struct str bytes);
/* After the last byte: what was held goes out. */
void	mime_strip_end(struct mime_strip *s);
void	mime_strip_fini(struct mime_strip *s);
/* The value of the one field of that name; STR_NONE: there is none, or there
 * are several, or it is longer than MIME_STRIP_NOTE. */
struct str mime_strip_noted(const struct mime_strip *s);

#endif
