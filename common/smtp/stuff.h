/*
 * stuff - a message as DATA sends it: dots put before lines that begin with
 * one, and the end
 *
 * Pieces point into the message or at a constant dot: nothing is copied.
 *
 * Ownership  the caller's storage, zeroed to start.
 * Failure    none.
 * Process    pure.
 */
#ifndef SMTP_STUFF_H
#define SMTP_STUFF_H

#include <stdbool.h>

#include "base/str.h"

struct smtp_stuff {
	enum { SMTP_STUFF_START, SMTP_STUFF_DOTTED, SMTP_STUFF_TEXT,
		SMTP_STUFF_CR } state;
};

/* The next piece to send of *in, which moves on; false when in is empty. */
bool	smtp_stuff_next(struct smtp_stuff *st, struct str *in,
	    struct str *piece);
/* What ends a message of that many bytes: ".CRLF", CRLF before it if the
 * message has bytes and the last are not CRLF. */
struct str smtp_stuff_end(bool empty, bool ends_crlf);

#endif
