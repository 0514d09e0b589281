/*
 * front - what stands before a session: the header of the PROXY protocol
 *
 * From proxy_protocol_hosts a connection must begin with one; it is read
 * without touching a byte behind it, and then the session is opened.  From
 * others nothing is read.
 *
 * Ownership  front_open() takes the descriptor; what waits for its header
 *            counts as a session.
 */
#ifndef SMTPD_FRONT_H
#define SMTPD_FRONT_H

#include <stdbool.h>

struct netaddr;
struct server;

/* False: no header is expected from this peer, the caller opens. */
bool	front_open(struct server *srv, int fd, const struct netaddr *peer);
/* Closes all that wait for a header. */
void	front_close_all(struct server *srv);

#endif
