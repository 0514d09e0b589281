/*
 * qp - quoted-printable (RFC 2045 6.7)
 *
 * CRLF ends a line and stays; all else that is not printable ASCII is written
 * as =HEX, a bare CR or LF too, and so is a blank before the end of a line.
 * Lines have at most 76 columns.
 *
 * Ownership  the caller's buf.
 * Failure    none.
 * Process    pure; linear.
 */
#ifndef MIME_QP_H
#define MIME_QP_H

#include "base/buf.h"
#include "base/str.h"

void	qp_encode(struct buf *out, struct str bytes);
/* Can it go as it is: ASCII without NUL, lines that end in CRLF and have at
 * most 998 bytes?  With eight: other bytes, too. */
bool	qp_not_needed(struct str bytes, bool eight);

#endif
