/*
 * relay - a proxy for tests of the client, in a process of its own
 *
 *	RELAY_SOCKS	SOCKS5, and then what it is asked to connect to
 *	RELAY_REFUSED	SOCKS5, says "connection refused"
 *	RELAY_HEADER	reads a PROXY header, connects from its source, which
 *			must be 127.0.0.7, to its destination
 *	RELAY_BABBLES	says what is no SOCKS
 *	RELAY_HANGS	takes the connection and says nothing
 *	RELAY_CLOSES	takes the connection and closes it
 *
 * Ownership  relay_stop() ends the process.
 */
#ifndef TESTS_RELAY_H
#define TESTS_RELAY_H

#include <sys/types.h>

#include <stdint.h>

enum relay { RELAY_SOCKS, RELAY_REFUSED, RELAY_HEADER, RELAY_BABBLES,
	RELAY_HANGS, RELAY_CLOSES };

pid_t	relay_start(enum relay kind, uint16_t *port);
void	relay_stop(pid_t pid);

#endif
