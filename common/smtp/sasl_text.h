/*
 * sasl_text - the lines of AUTH (RFC 4954): base64, and PLAIN's message
 *
 * Ownership  the caller's buffers; they hold secrets: sasl_wipe() them.
 * Failure    -1: not base64 to the letter, too long, or no such message.
 * Process    pure.
 */
#ifndef SMTP_SASL_TEXT_H
#define SMTP_SASL_TEXT_H

#include "base/buf.h"
#include "base/str.h"

#define SASL_LINE_MAX	12288	/* RFC 4954 4 */

void	sasl_encode(struct buf *line, struct str s);
/* "=" is an empty response. */
int	sasl_decode(struct buf *out, struct str text);
void	sasl_wipe(struct buf *b);

/* What PLAIN's message says (RFC 4616), views of it. */
struct sasl_plain {
	struct str	authorization;	/* as whom to act; empty: not said */
	struct str	username;
	struct str	password;
};

/* [authzid] NUL authcid NUL password. */
int	sasl_plain(struct str message, struct sasl_plain *p);

#endif
