/*
 * xtext - the encoding of ENVID and ORCPT (RFC 3461 section 4)
 *
 * Ownership  the caller's buf.
 * Failure    -1: not xtext; out is as it was.
 * Process    pure.
 */
#ifndef SMTP_XTEXT_H
#define SMTP_XTEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

bool	smtp_xtext_ok(struct str s);
int	smtp_xtext_decode(struct buf *out, struct str s);
void	smtp_xtext_encode(struct buf *out, struct str s);

#endif
