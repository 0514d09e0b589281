/*
 * xclient - a client that speaks for another one (Postfix's XCLIENT)
 */
#ifndef SMTPD_XCLIENT_H
#define SMTPD_XCLIENT_H

#include <stdbool.h>

struct session;
struct smtp_command;

/* What XCLIENT said, and is not a fact of $connection by itself. */
struct spoken_for {
	char	*helo;		/* takes the place of the next HELO's name */
	bool	 smtp;		/* that is no EHLO */
	bool	 named;		/* the name was given: none is asked for */
	bool	 allowed;	/* this client may use it */
};

/* What EHLO offers to those who may. */
#define XCLIENT_OFFER							\
	"XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"

/* At the session's beginning: may it? */
void	xclient_begin(struct session *s);
void	session_xclient(struct session *s, struct smtp_command *c);
void	xclient_fini(struct spoken_for *x);

#endif
