/*
 * dkim_canon - what a DKIM signature is made over (RFC 6376 3.4)
 *
 * A body comes in any cut and leaves in pieces, a field of the header is
 * whole.  Only CRLF ends a line; a body that does not end so is given one.
 *
 * Ownership  the caller's storage: kind, out and arg set, the rest zeroed.
 *            Pieces hold during their call back.
 * Failure    none.
 * Process    pure; any cut of the bytes gives the same.
 */
#ifndef MIME_DKIM_CANON_H
#define MIME_DKIM_CANON_H

#include "mime/field.h"

#define DKIM_BODY_PIECE	4096

enum dkim_canon { DKIM_RELAXED, DKIM_SIMPLE };

struct dkim_body {
	enum dkim_canon	 kind;
	void		(*out)(void *arg, struct str piece);
	void		*arg;

	char		 piece[DKIM_BODY_PIECE];
	size_t		 len;
	uint64_t	 ends;		/* CRLFs that something must follow */
	bool		 cr;		/* of CRLF, or not */
	bool		 blank;		/* relaxed: white space came */
	bool		 begun;		/* something else than ends came */
};

void		 dkim_body_add(struct dkim_body *b, struct str bytes);
void		 dkim_body_end(struct dkim_body *b);
/* With its CRLF, which is added where the field has none. */
void		 dkim_canon_field(struct buf *out, enum dkim_canon kind,
		    struct field f);
const char	*dkim_canon_name(enum dkim_canon kind);

#endif
