/*
 * xtext - the encoding of ENVID and ORCPT (RFC 3461 section 4)
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
int	xtext_decode(struct buf *out, struct str s);
void	xtext_encode(struct buf *out, struct str s);

#endif
