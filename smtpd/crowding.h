/*
 * crowding - limits of connections, over all workers of a service
 *
 * Checked when the client's address is known: when it was accepted, or after
 * the header of the PROXY protocol.
 */
#ifndef SMTPD_CROWDING_H
#define SMTPD_CROWDING_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

struct netaddr;
struct page;
struct server;

/* Whether it is the page of a worker of the same service. */
bool	crowding_sibling(const struct server *srv, const struct page *p);
/* No room for one more at all. */
bool	crowding_full(const struct server *srv);
/* No room for one more of this client, which counts as *client; 0: it has no
 * address. */
bool	crowding_client_full(const struct server *srv,
	    const struct netaddr *a, uint64_t *client);
/* The same of a user of a Unix socket. */
bool	crowding_user_full(const struct server *srv, uid_t uid,
	    uint64_t *client);
/* The session is another client's from now on; false: of too many. */
bool	crowding_move(const struct server *srv, uint64_t *client,
	    const struct netaddr *a);
void	crowding_add(uint64_t client, int n);

#endif
