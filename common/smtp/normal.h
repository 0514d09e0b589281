/*
 * normal - bare CR and bare LF become CRLF
 *
 * For services whose clients are known to send such lines; what ends a
 * message was decided before (data.h).  Any cut gives the same result.
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
	bool	cr;		/* one was seen, and is not passed on yet */
	void	(*out)(void *arg, struct str piece);
	void	*arg;
};

void	smtp_normal_add(struct smtp_normal *n, struct str in);
/* After the last byte. */
void	smtp_normal_end(struct smtp_normal *n);

#endif
