/*
 * compose - the header of a notification, and its signature
 *
 * Failure    none: a field that can't be built is left out.
 * Process    pure.
 */
#ifndef DSN_COMPOSE_H
#define DSN_COMPOSE_H

#include "facts.h"

/* Appends it, without the empty line; does it hold UTF-8? */
bool	compose_header(struct buf *out, const struct facts *f,
	    struct str boundary, bool eight);
/* Puts a DKIM-Signature before it, where one is ordered: 0, or -1 with *e, and
 * it is as it was. */
int	compose_sign(struct buf *message,
	    const struct notification_request *rq, struct err *e);
/* Lines that end in CR, LF or both end in CRLF. */
void	compose_lines(struct buf *out, struct str text);
bool	compose_holds(struct str text, struct str part);

#endif
