/*
 * xclient - a client that speaks for another one (Postfix's XCLIENT)
 */
#ifndef SMTPD_XCLIENT_H
#define SMTPD_XCLIENT_H

#include "session.h"

/* What EHLO offers to those who may. */
#define XCLIENT_OFFER							\
	"XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"

void	session_xclient(struct session *s, struct smtp_command *c);

#endif
