/*
 * session_client - the client's end of fuzz_smtp_session, in clear or in TLS
 */
#ifndef TESTS_SESSION_CLIENT_H
#define TESTS_SESSION_CLIENT_H

#include <openssl/ssl.h>

#include "base/buf.h"

struct client_end {
	int	 fd;		/* -1: gone */
	SSL	*ssl;		/* NULL: in clear */
	bool	 shaking;	/* no byte is read but by the handshake */
	bool	 closed;	/* by smtpd */
};

/* Adds what there is to got; true if anything has happened. */
bool	client_end_read(struct client_end *c, struct buf *got);
/* How many of n bytes were taken, or -1. */
long	client_end_send(struct client_end *c, const char *p, size_t n);
/* Begins TLS; then steps, 1 when it is done, 0 to go on, -1. */
void	client_end_tls(struct client_end *c);
int	client_end_step(struct client_end *c);
/* Sends no more. */
void	client_end_finish(struct client_end *c);
void	client_end_close(struct client_end *c);

#endif
