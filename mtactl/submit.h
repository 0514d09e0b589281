/*
 * submit - a message given to the service, over its Unix socket
 *
 * The end of DATA is given only when all of a message is there; whatever
 * breaks before leaves the service with nothing.  Of several recipients all
 * are taken, or the message is not sent.
 *
 * Failure    an exit code of sysexits(3) other than EX_OK, with *e.
 */
#ifndef MTACTL_SUBMIT_H
#define MTACTL_SUBMIT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct letter;

struct submit_mail {
	const char	*sender;	/* "" the null sender */
	char		**rcpt;
	size_t		 rcpts;
	const struct letter *letter;
	const char	*notify;	/* of RFC 3461, or NULL: not said */
	const char	*ret;
	const char	*envid;
	bool		 says_8bit;	/* -B 8BITMIME */
};

int	submit_mail(const char *path, const struct submit_mail *m,
	    struct err *e);
/* SMTP on standard input and output: all is handed on, both ways. */
int	submit_relay(const char *path, struct err *e);

#endif
