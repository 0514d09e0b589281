/*
 * xtext - the encodings of ENVID and ORCPT (RFC 3461 section 4, RFC 6533)
 *
 * Ownership  the caller's buf.
 * Failure    -1: not xtext; out is as it was.
 * Process    pure.
 */
#ifndef BASE_XTEXT_H
#define BASE_XTEXT_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

bool	xtext_ok(struct str s);
/* It is xtext, of printable ASCII and spaces: what the parameters of DSN may
 * hold. */
bool	xtext_printable(struct str s);
/*
 * An address of type utf-8 (RFC 6533 3): characters that stand for themselves
 * and \x{HEX} for those that may not.  With utf8 it may hold UTF-8, and '+'.
 */
bool	unitext_ok(struct str s, bool utf8);
int	xtext_decode(struct buf *out, struct str s);
void	xtext_encode(struct buf *out, struct str s);

#endif
