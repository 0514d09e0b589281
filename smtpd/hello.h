/*
 * hello - HELO, EHLO and LHLO
 *
 * Ownership  part of a session; hello_fini() at its end.
 */
#ifndef SMTPD_HELLO_H
#define SMTPD_HELLO_H

struct session;
struct smtp_command;

struct hello {
	unsigned	 offered;	/* bits of smtp/ext.h */
	char		*host;		/* while the hook runs */
	const char	*verb;		/* likewise */
};

void	session_hello(struct session *s, struct smtp_command *c);
void	hello_fini(struct hello *h);

#endif
