/*
 * acceptor - takes connections from the shared listening sockets
 *
 * Workers share the sockets.  One that holds more than 1.1 times the mean of
 * its siblings and 32 above it leaves the next ones to them, for 100 ms at
 * the most; so does one that has no descriptor left.  One that holds more
 * than the mean and one above it leaves each for a millisecond: few sessions
 * that are busy are to be many workers' load, and who is not asleep takes all.
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
