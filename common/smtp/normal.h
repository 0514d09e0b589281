/*
 * normal - the bytes of a message, with what is wrong in them mended
 *
 * On wish bare CR and bare LF become CRLF, and NUL is taken out: for services
 * whose clients are known to send such bytes.  What ends a message was
 * decided before (data.h).  Any cut gives the same result.  NUL goes first:
 * a CR and an LF that it stood between are a line's end then.
 *
 * Ownership  pieces hold during their call back.
 * Failure    none.
 * Process    pure.
 */
#ifndef SMTP_NORMAL_H
#define SMTP_NORMAL_H

#include <stdbool.h>

#include "base/str.h"

struct smtp_normal {
	bool	lines;		/* bare CR and LF become CRLF */
	bool	nul;		/* NUL is taken out */
	bool	cr;		/* a CR was seen, and is not passed on yet */
	void	(*out)(void *arg, struct str piece);
	void	*arg;
};

void	smtp_normal_add(struct smtp_normal *n, struct str in);
/* After the last byte. */
void	smtp_normal_end(struct smtp_normal *n);

#endif
