/*
 * word - encoded words in header fields (RFC 2047)
 *
 * word_decode() reads them as UTF-8; white space between two of them goes,
 * and words of one charset are joined before they are read, so that a
 * character cut in two is whole again.  What is no encoded word, or has a
 * charset that is not known, stays as it is.  Words are taken wherever they
 * stand, in quoted strings too: senders put them there.
 *
 * word_encode() folds a value for the field of that name at 78 columns, and
 * makes encoded words of what is not ASCII.  In fields of addresses only
 * what stands in names is encoded, addresses are left.  ASCII stays as it
 * is, encoded words that the value has already too.
 *
 * Failure    word_decode(): none, and at most three times as many bytes.
 *            word_encode(): -1 with *e for controls other than TAB; its
 *            result goes through field_build(), which knows the limits.
 * Process    pure, linear in the value.
 */
#ifndef MIME_WORD_H
#define MIME_WORD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define WORD_COLUMNS	78	/* 76 where there are encoded words */
#define WORD_MAX	75	/* of one encoded word */

/* The value without folds (field_unfold()). */
void	word_decode(struct str value, struct buf *out);
enum word_encoding { WORD_Q, WORD_B };	/* RFC 2047 4 */

/* Folds in the value are taken out first. */
int	word_encode(struct str name, struct str value, enum word_encoding how,
	    struct buf *out, struct err *e);

#endif
