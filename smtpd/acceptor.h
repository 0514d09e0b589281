/*
 * acceptor - takes connections from the shared listening sockets
 *
 * Workers share the sockets.  One that holds more than 1.1 times the mean of
 * its siblings and 32 above it leaves the next ones to them, for 100 ms at
 * the most; so does one that has no descriptor left.
 *
 * Ownership  acceptor_new() gives, acceptor_free() closes the sockets.
 */
#ifndef SMTPD_ACCEPTOR_H
#define SMTPD_ACCEPTOR_H

struct acceptor;
struct server;

struct acceptor	*acceptor_new(struct server *srv);
void		 acceptor_free(struct acceptor **a);

#endif
