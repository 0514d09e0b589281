/*
 * text - words of strangers, made fit to stand in a notification
 *
 * What servers, senders and scripts say becomes one line: a control, a
 * direction of writing, a line end each become a blank.  Lines are folded
 * where there are blanks, and cut where a line would be too long for mail.
 *
 * Ownership  the caller's buf.
 * Failure    none.
 * Process    pure; linear.
 */
#ifndef DSN_TEXT_H
#define DSN_TEXT_H

#include "base/buf.h"
#include "base/str.h"

/* As UTF-8: U+FFFD for bytes that mean nothing. */
void	text_clean(struct buf *out, struct str s);
/* As ASCII: \x{HEX} for other characters (RFC 6533 3). */
void	text_ascii(struct buf *out, struct str s);
/* A line of a body, clean; those that follow are indented by so much. */
void	text_wrap(struct buf *out, struct str line, size_t indent);
/* "name: value", clean, of message/delivery-status; nothing where there is no
 * value. */
void	text_field(struct buf *out, const char *name, struct str value);

#endif
